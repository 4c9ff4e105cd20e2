"""Where answers compute what takes long: beside the event loop, which goes on answering others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from anyio import to_process

_P = ParamSpec("_P")
_T = TypeVar("_T")


async def in_process(function: Callable[..., _T], *arguments: object) -> _T:
    """The function's value, computed in another process, which is ended when nobody waits for it any more.

    For seconds of work: function and arguments are pickled. A process that is done is used again.
    """
    return await to_process.run_sync(function, *arguments, cancellable=True)


async def in_thread(function: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
    """The function's value, computed in a thread. For fractions of a second: it goes on when nobody waits any more."""
    return await asyncio.to_thread(function, *arguments, **named)
