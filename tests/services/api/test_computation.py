"""Computing in another process: nothing of it is done on the event loop, and it ends with whoever waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable

import psutil
import pytest
from starlette.types import Message, Receive, Scope, Send

from services.api.app import ComputesForCaller
from services.api.computation import COMPUTES_FOR, in_process, in_thread
from services.api.problems import COMPUTATION_ENDED
from steppe.http.problems import Refusal

_SECONDS_MAX = 60.0


@pytest.fixture(autouse=True)
async def _none_is_idle() -> AsyncIterator[None]:
    """A test begins without a process: what is idle ends when it is found dead."""
    for process in computing():
        process.kill()
        process.wait(_SECONDS_MAX)
    yield


def computing() -> list[psutil.Process]:
    """The computing processes of this one."""
    processes = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended just now
            # Other children are the broker and the database of the tests.
            if child.status() != psutil.STATUS_ZOMBIE and any("computing_process" in word for word in child.cmdline()):
                processes.append(child)
    return processes


async def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


async def test_the_value_comes_back_and_the_process_is_used_again() -> None:
    first = await in_process(os.getpid)
    assert first != os.getpid()
    assert await in_process(os.getpid) == first


async def test_what_is_raised_there_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        await in_process(divmod, 1, 0)
    assert await in_process(divmod, 7, 2) == (3, 1)


async def test_what_is_printed_there_does_not_disturb_the_answer() -> None:
    assert await in_process(_said, "x" * 100_000) == 100_000
    assert await in_process(os.write, 1, b"\n") == 1


def _said(text: str) -> int:
    print(text)  # noqa: T201
    return len(text)


class Pickled:
    """Remembers in which thread it was pickled or unpickled."""

    threads: set[int] = set()  # noqa: RUF012  # of the class, because a copy comes back

    def __getstate__(self) -> dict[str, int]:
        self.threads.add(threading.get_ident())
        return {"something": 1}

    def __setstate__(self, state: dict[str, int]) -> None:
        self.threads.add(threading.get_ident())


def the_same(value: Pickled) -> Pickled:
    return value


async def test_the_loop_pickles_neither_the_arguments_nor_the_value() -> None:
    Pickled.threads.clear()
    await in_process(the_same, Pickled())
    assert Pickled.threads and threading.get_ident() not in Pickled.threads


async def test_who_goes_away_ends_the_process_before_the_next_one_starts() -> None:
    """Also while it starts: nobody who asks and hangs up again and again has more than one."""
    for pause in (0.0, 0.001, 0.01, 0.03, 0.1, 0.3):
        waiting = asyncio.create_task(in_process(time.sleep, 3600))
        await asyncio.sleep(pause)
        assert len(computing()) <= 1
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            async with asyncio.timeout(_SECONDS_MAX):
                await waiting
        assert computing() == [], pause


async def test_a_process_that_the_system_ends_is_told_and_the_next_call_has_another() -> None:
    answering = asyncio.create_task(in_process(time.sleep, 3600))
    await until(lambda: len(computing()) == 1)
    os.kill(computing()[0].pid, signal.SIGKILL)
    with pytest.raises(Refusal) as refusal:
        await answering
    assert refusal.value.problem is COMPUTATION_ENDED
    idle = await in_process(os.getpid)
    os.kill(idle, signal.SIGKILL)
    await until(lambda: computing() == [])
    assert await in_process(os.getpid) != idle


async def test_only_a_few_processes_are_kept_for_the_next_call() -> None:
    pids = await asyncio.gather(*(in_process(_process_id_after, 0.5) for _ in range(5)))
    assert len(set(pids)) == 5
    await until(lambda: len(computing()) <= 2)


def _process_id_after(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def hold(started: list[str], caller: str, until_set: threading.Event) -> None:
    started.append(caller)
    assert until_set.wait(_SECONDS_MAX)


async def in_thread_for(caller: str, started: list[str], until_set: threading.Event) -> None:
    COMPUTES_FOR.set(caller)
    await in_thread(hold, started, caller, until_set)


async def test_whoever_asks_much_has_one_thread_and_another_caller_the_next() -> None:
    started: list[str] = []
    over = threading.Event()
    tasks = [asyncio.create_task(in_thread_for("a", started, over)) for _ in range(20)]
    await until(lambda: started == ["a"])
    tasks.append(asyncio.create_task(in_thread_for("b", started, over)))
    await until(lambda: started == ["a", "b"])
    over.set()
    await asyncio.gather(*tasks)


async def test_a_thread_that_nobody_waits_for_keeps_the_turn_of_its_caller() -> None:
    started: list[str] = []
    over = threading.Event()
    tasks = [asyncio.create_task(in_thread_for("a", started, over)) for _ in range(5)]
    await until(lambda: started == ["a"])
    for task in tasks:
        task.cancel()
    tasks.append(asyncio.create_task(in_thread_for("a", started, over)))
    tasks.append(asyncio.create_task(in_thread_for("b", started, over)))
    await until(lambda: started == ["a", "b"])
    over.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes] == [True] * 5 + [False] * 2
    assert started == ["a", "b", "a"]


async def test_what_an_answer_computes_counts_for_whoever_asked() -> None:
    asked: list[str] = []

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(COMPUTES_FOR.get())

    async def nothing(*_: Message) -> Message:
        return {}

    for address in ("192.0.2.1", "192.0.2.2"):
        scope = {"type": "http", "client": (address, 1), "headers": []}
        await asyncio.create_task(ComputesForCaller(answer)(scope, nothing, nothing))  # type: ignore[arg-type]
    assert asked == ["192.0.2.1", "192.0.2.2"]
