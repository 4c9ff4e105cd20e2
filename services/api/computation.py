"""Where answers compute what takes long: beside the event loop, which goes on answering others.

Two threads compute at most, because each that does makes the loop wait for the interpreter. What takes longer than fractions of a
second is the work of another process.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Any, ParamSpec, TypeVar

from services.api.computing_process import Outcome
from services.api.problems import COMPUTATION_ENDED
from services.api.work_queue import WorkQueue
from steppe.http.problems import Refusal

log = logging.getLogger(__name__)

_P = ParamSpec("_P")
_Stored = TypeVar("_Stored")
_T = TypeVar("_T")

COMPUTES_FOR: ContextVar[str] = ContextVar("COMPUTES_FOR", default="")
"""For which caller this task answers: callers take turns in the threads."""

# Of so many rows (events, deals, flags) it takes milliseconds to make an answer, and of so many a thread is enough.
_ROWS_AT_ONCE = 100
_ROWS_IN_THREAD_MAX = 300
_THREADS = 2
_threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="answers")
_turns_in_threads = WorkQueue(
    "answers", at_once=_THREADS, waiting_max=sys.maxsize, waiting_of_one_max=sys.maxsize
)  # how much one may ask at once is for the limits of open requests

_IDLE_MAX = 2
_idle: list[_Process] = []
# Of their own, because each waits for as long as its process computes. The queues say how many do.
_exchanges = ThreadPoolExecutor(max_workers=64, thread_name_prefix="computing")


async def in_process(function: Callable[..., _T], *arguments: object) -> _T:
    """The function's value, computed in another process, which has ended by the time that a caller who is cancelled goes on.

    For seconds of work, in the turn of a queue, which bounds how many processes there are. Function, arguments and value are
    pickled, beside the event loop too. A process that is done is used again. Raises what the function raises, and Refusal when
    the process ends of itself, as one does that the system ends for want of memory.
    """
    process = _idle_process() or _Process()
    loop = asyncio.get_running_loop()
    computing = loop.run_in_executor(_exchanges, process.compute, function, arguments)
    try:
        returned, value = await asyncio.shield(computing)
    except asyncio.CancelledError:
        process.kill()
        with suppress(_EndedError):
            await computing  # so that a turn lasts as long as its process
        await loop.run_in_executor(_exchanges, process.close)
        raise
    except _EndedError as error:
        log.error("a computing process ended before its answer", exc_info=error)
        detail = (
            "The process that computed the answer ended before it. Retry; if that does not help, narrow the filters."
        )
        raise Refusal(COMPUTATION_ENDED, detail) from error
    if len(_idle) < _IDLE_MAX:
        _idle.append(process)
    else:
        await loop.run_in_executor(_exchanges, process.close)
    if not returned:
        raise value
    result: _T = value
    return result


async def in_thread(function: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
    """The function's value, computed in a thread, in a turn of the caller that this task answers.

    For fractions of a second: it goes on when nobody waits any more, and the turn with it. One caller has one thread at a time.
    """
    return await _in_turn(partial(function, *arguments, **named), first=False)


async def _in_turn(call: Callable[[], _T], *, first: bool) -> _T:
    async with _turns_in_threads.turn(COMPUTES_FOR.get(), first=first):
        computing = asyncio.get_running_loop().run_in_executor(_threads, partial(copy_context().run, call))
        try:
            return await asyncio.shield(computing)
        except asyncio.CancelledError:
            with suppress(Exception):
                await computing
            raise


async def by_size(rows: int, function: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
    """The function's value, computed at once where it is of few rows, which takes milliseconds, else in a thread.

    So nobody waits for a turn for the sake of a small page; and who does, perhaps with a connection to the database in hand, waits
    before what the caller asked to be computed without one.
    """
    if rows <= _ROWS_AT_ONCE:
        return function(*arguments, **named)
    return await _in_turn(partial(function, *arguments, **named), first=True)


async def computed(
    queue: WorkQueue, rows: int, function: Callable[[_Stored], _T], stored: _Stored, *, folds: bool = False
) -> _T:
    """What a function makes of so many stored rows: in a thread, of many in another process, in a turn of the queue.

    `folds`: it folds a project again many times, or compares all rows, which takes long of few of them, too. Raises Refusal as the queue and the process
    do.
    """
    if rows <= _ROWS_IN_THREAD_MAX and not folds:
        return await in_thread(function, stored)
    async with queue.turn(COMPUTES_FOR.get()):
        return await in_process(function, stored)


class _EndedError(Exception):
    """A process ended before its outcome."""


class _Process:
    """One computing process, started with its first call. While a thread computes, others may `kill` it and nothing else."""

    def __init__(self) -> None:
        self._started: subprocess.Popen[bytes] | None = None
        self._killed = False

    def compute(self, function: Callable[..., Any], arguments: tuple[object, ...]) -> Outcome:
        """Whether the function returned, and what it returned or raised. Raises _EndedError."""
        call = pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL)
        try:
            if self._started is None:
                self._started = _start()
            if self._killed:  # while it started
                self._started.kill()
            assert self._started.stdin is not None and self._started.stdout is not None, "both are pipes"
            self._started.stdin.write(call)
            self._started.stdin.flush()
            outcome: Outcome = pickle.load(self._started.stdout)  # noqa: S301  # from a process of our own
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self.kill()
            self.close()
            raise _EndedError from error
        return outcome

    @property
    def is_running(self) -> bool:
        """Whether it can compute again."""
        return self._started is not None and self._started.poll() is None

    def kill(self) -> None:
        """End it at once, or as soon as it has started."""
        self._killed = True
        if self._started is not None:
            self._started.kill()

    def close(self) -> None:
        """Wait until it has ended, killing it if it was idle."""
        if self._started is None:
            return
        self._started.kill()
        for pipe in (self._started.stdin, self._started.stdout):
            if pipe is not None:
                with suppress(OSError):  # a call that was not sent whole
                    pipe.close()
        self._started.wait()


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "services.api.computing_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def _idle_process() -> _Process | None:
    while _idle:
        process = _idle.pop()
        if process.is_running:
            return process
        process.close()
    return None


@atexit.register
def _end_idle() -> None:
    while _idle:
        _idle.pop().close()
