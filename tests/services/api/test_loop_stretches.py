"""No answer holds the event loop for long, whatever it is of: counted in calls, so that a busy machine changes nothing.

A stretch is what runs between two waits of the loop, when nobody else is answered. Threads and other processes are not counted.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import httpx
import pytest

from services.api.store import copy_rows
from tests.services.api.reading_api import SOURCE, Envelope, Log, event, memorandum, registered

# A few milliseconds. What is computed beside the loop takes from hundreds of thousands to millions.
_CALLS_MAX = 20_000
_PARENTS = 1_000
_PROJECTS = 600
_DEALS = 150
_EVENTS = 900
_PAPERS = 250


class Stretches:
    """The calls of the longest stretch."""

    def __init__(self) -> None:
        self.longest = 0
        self._calls = 0

    def begin(self) -> None:
        self._calls = 0

    def end(self) -> None:
        self.longest = max(self.longest, self._calls)

    def count(self, frame: FrameType, what: str, argument: Any) -> None:
        self._calls += 1


@contextmanager
def counted(patch: pytest.MonkeyPatch) -> Iterator[Stretches]:
    """Count the stretches of this thread's loop."""
    stretches = Stretches()
    run = asyncio.Handle._run

    def counting(handle: asyncio.Handle) -> None:
        stretches.begin()
        run(handle)
        stretches.end()

    with patch.context() as patched:
        patched.setattr(asyncio.Handle, "_run", counting)
        sys.setprofile(stretches.count)
        try:
            yield stretches
        finally:
            sys.setprofile(None)


def chain_of_parents() -> list[Envelope]:
    """Each party belongs to the next."""
    return [
        event(
            "party.registered", f"party:link-{number}", f"link-{number}", party=f"link-{number}", name=f"Link {number}",
            home_country="KZ", kind="company", parents=[{"party": f"link-{number + 1}"}],
        )
        for number in range(_PARENTS)
    ]  # fmt: skip


def many_projects() -> list[Envelope]:
    """Projects of one market with two investors each, of which one belongs to a long chain of parents."""
    return [
        envelope
        for number in range(_PROJECTS)
        for envelope in (
            registered(f"p{number}"),
            memorandum(f"p{number}", "2015-03-01", f"link-{number}"),
            memorandum(f"p{number}", "2016-03-01", f"partner-{number % 70}"),
        )
    ]


async def test_no_list_and_no_page_of_one_holds_the_loop(
    log: Log, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.append(*chain_of_parents(), *many_projects())
    paths = [
        "/", "/flags", "/flags.atom", "/map", "/v1/portfolio", "/v1/projects?limit=500", "/v1/deals?limit=500",
        "/v1/flags?limit=500", "/v1/flags?format=csv", "/v1/projects?format=csv", "/v1/parties?limit=500", "/v1/markets",
        "/v1/markets/KZ/tungsten", "/v1/markets/KZ/tungsten?limit=500", "/markets/KZ/tungsten", "/markets",
        "/parties/link-999", f"/v1/parties/link-{_PARENTS}", "/v1/projects?investor=link-500", "/projects/p1",
    ]  # fmt: skip
    assert await longest_stretches(client, monkeypatch, paths) == {}


def project_of_many_deals() -> list[Envelope]:
    """Each deal has a paper, and every third a share of the project, and money."""
    return [
        registered("deep"),
        *(
            memorandum("deep", f"20{10 + number % 9}-03-0{1 + number % 9}", f"deal-{number}")
            for number in range(_DEALS)
        ),
        *(
            event(
                "loan.signed", "deep", f"loan-{number}", occurred="2021-05-01", reported="2021-05-02",
                parties=[{"party": f"deal-{number}", "role": "investor"}],
                amount={"value": "10", "currency": "USD"},
            )
            for number in range(0, _DEALS, 3)
        ),
    ]  # fmt: skip


def project_of_many_events() -> list[Envelope]:
    """Papers of two deals, some of which were taken back or corrected."""
    return [
        registered("long"),
        *(
            memorandum(
                "long", f"{1990 + number // 40}-0{1 + number % 9}-{1 + number % 28:02}", f"deal-{number % 2}", f"m{number}"
            )
            for number in range(_EVENTS)
        ),
        *(
            event(
                "event.retracted", "long", f"r{number}", target={"source": SOURCE, "id": f"m{number * 7}"},
                reason="wrong", reported="2022-01-01",
            )
            for number in range(10)
        ),
    ]  # fmt: skip


def papers_of_a_forum() -> list[Envelope]:
    """Projects that signed at it, each with papers before and after."""
    forums = [
        event(
            "forum.held", f"forum:{slug}", slug, occurred=held, reported=held, forum=slug, name=slug.title(),
            place="Astana", countries=["KZ"],
        )
        for slug, held in (("summit", "2016-05-05"), ("later", "2018-05-05"))
    ]  # fmt: skip
    signed = [
        memorandum(
            f"f{number}", f"{year}-05-05", f"partner-{number % 70}", **({"forum": "summit"} if year == 2016 else {})
        )
        for number in range(_PAPERS)
        for year in range(2012, 2022, 2)
    ]
    return [*forums, *(registered(f"f{number}") for number in range(_PAPERS)), *signed]


async def test_no_project_holds_the_loop_however_much_there_is_of_it(
    log: Log, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.append(*project_of_many_deals(), *project_of_many_events())
    paths = [
        f"{path}{key}{more}"
        for key in ("deep", "long")
        for path, more in (
            ("/v1/projects/", ""), ("/v1/projects/", "?as_of=2015-01-01"), ("/v1/projects/", "/timeline?limit=500"),
            ("/v1/projects/", "/timeline?format=csv"), ("/projects/", ""), ("/projects/", "?as_of=2015-01-01&lang=ja"),
        )
    ]  # fmt: skip
    assert await longest_stretches(client, monkeypatch, paths) == {}


async def test_making_a_copy_of_what_was_known_then_does_not_hold_the_loop(
    log: Log, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.append(*many_projects(), *project_of_many_events())
    await client.get("/v1/projects?limit=1&known_at=2017-01-01")
    with counted(monkeypatch) as stretches:
        answer = await client.get("/v1/projects?limit=1&known_at=2018-01-01")
    assert answer.status_code == 200, answer.text
    assert stretches.longest <= _CALLS_MAX
    # Where there is more of it, other processes compute, and what they found is written here.
    monkeypatch.setattr(copy_rows, "_EVENTS_IN_THREAD_MAX", 0)
    with counted(monkeypatch) as stretches:
        answer = await client.get("/v1/projects?limit=1&known_at=2019-01-01")
    assert answer.status_code == 200, answer.text
    assert stretches.longest <= _CALLS_MAX


async def test_neither_a_scorecard_nor_the_record_holds_the_loop(
    log: Log, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.append(*papers_of_a_forum(), *project_of_many_events())
    paths = [
        "/v1/forums/summit/scorecard", "/forums/summit", "/forums/summit?beside=later", "/v1/retractions", "/v1/conflicts",
        "/v1/retractions?format=csv",
    ]  # fmt: skip
    assert await longest_stretches(client, monkeypatch, paths) == {}


async def longest_stretches(client: httpx.AsyncClient, patch: pytest.MonkeyPatch, paths: list[str]) -> dict[str, int]:
    """Of each answer that holds the loop for too long, how many calls."""
    longest = {}
    for path in paths:
        await client.get(path)  # what is cached, such as templates, is made once
        with counted(patch) as stretches:
            answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        longest[path] = stretches.longest
    return {path: calls for path, calls in longest.items() if calls > _CALLS_MAX}
