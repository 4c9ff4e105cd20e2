"""Where answers compute what takes long: beside the event loop, which goes on answering others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from anyio import BrokenWorkerProcess, CapacityLimiter, to_process

from services.api.problems import COMPUTATION_ENDED
from steppe.http.problems import Refusal

log = logging.getLogger(__name__)

# The queues say how many of a kind run; anyio's own limit, the number of processors, would let one kind stop another.
_PROCESSES = CapacityLimiter(16)
_P = ParamSpec("_P")
_T = TypeVar("_T")


async def in_process(function: Callable[..., _T], *arguments: object) -> _T:
    """The function's value, computed in another process, which is ended when nobody waits for it any more.

    For seconds of work: function and arguments are pickled. A process that is done is used again. Raises Refusal when
    the process ends of itself, as one does that the system ends for want of memory.
    """
    try:
        # anyio does not end a process that is still starting when it is cancelled: only a started one is given work.
        await asyncio.shield(to_process.run_sync(_answer_nothing, limiter=_PROCESSES))
    except (BrokenWorkerProcess, OSError) as error:
        raise _ended(error) from error
    try:
        return await to_process.run_sync(function, *arguments, cancellable=True, limiter=_PROCESSES)
    except BrokenWorkerProcess as error:
        raise _ended(error) from error


def _ended(error: Exception) -> Refusal:
    log.error("a computing process ended before its answer", exc_info=error)
    detail = "The process that computed the answer ended before it. Retry; if that does not help, narrow the filters."
    return Refusal(COMPUTATION_ENDED, detail)


def _answer_nothing() -> None:
    pass


async def in_thread(function: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
    """The function's value, computed in a thread. For fractions of a second: it goes on when nobody waits any more."""
    return await asyncio.to_thread(function, *arguments, **named)
