"""A release that cannot fold some events: whom it holds, what stands, and what the next release makes of it.

The defects are put into what the fold, compiled or not, asks of every event, so that the worker, a rebuild and `verify` have them alike.
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from services.projector.commands import verify as verifying
from services.projector.rebuild.pipeline import rebuild
from steppe.database.read_model import market_judgement
from steppe.domain.events.event import Event
from steppe.domain.markets import rivalry
from tests.services.projector.projection import Message, event
from tests.services.quarantine.quarantining import Worked, ids, neighbours
from tests.services.rebuild.rebuilding import settings_of

VICTIM = "deep-lead-mine"


@pytest.fixture
def defect(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Events with the note `unfoldable` cannot be folded, until it is undone."""
    order: Any = inspect.getattr_static(Event, "order")

    def defective(one: Event) -> Any:
        if one.data.get("note") == "unfoldable":
            raise ArithmeticError("this release cannot fold it")
        return order.fget(one)

    monkeypatch.setattr(Event, "order", property(defective))
    return monkeypatch


def around_a_defect() -> list[Message]:
    """Some events of a project and its neighbours, one of which cannot be folded."""
    one, two = neighbours(VICTIM, 2)
    return [
        event("b0", VICTIM), event("o0", one), event("b1", VICTIM, occurred="2022-05-01"),
        event("bad", VICTIM, occurred="2022-06-01", note="unfoldable"), event("o1", two),
        event("a0", VICTIM, occurred="2022-07-01"), event("a1", VICTIM, occurred="2021-07-01"), event("o2", one),
        event("far", "somewhere-else"),
    ]  # fmt: skip


async def test_a_defect_of_the_fold_holds_its_project_alone_and_the_next_release_folds_what_waited(
    worked: Worked, defect: pytest.MonkeyPatch
) -> None:
    *_, (partition, _) = places = await worked.send(*around_a_defect())
    bad = places[3]
    for size in (500, 4, 3, 1):
        await worked.afresh(size)
        await worked.verified()
        held = {"b0": "folded", "b1": "folded", "bad": "held", "a0": "held", "a1": "held"}
        assert await worked.states(VICTIM) == held
        assert await worked.stages(VICTIM) == [("fold", "open"), ("held", "open"), ("held", "open")]
        others = [*neighbours(VICTIM, 2), "somewhere-else"]
        assert [ids(await worked.states(other), "folded") for other in others] == [["o0", "o2"], ["o1"], ["far"]]
        project = await worked.owner.fetchrow("SELECT event_count FROM project WHERE project = $1", VICTIM)
        assert project is not None
        assert project["event_count"] == 2, "its rows stand as they stood"
    reason = await worked.owner.fetchval("SELECT reason FROM quarantine WHERE stage = 'fold'")
    assert reason == "ArithmeticError: this release cannot fold it"
    assert await worked.retry(bad) == [reason]
    await worked.verified()
    defect.undo()
    assert await worked.retry(bad) == ["folded"]
    await worked.verified()
    assert set((await worked.states(VICTIM)).values()) == {"folded"}
    assert await worked.owner.fetchval("SELECT event_count FROM project WHERE project = $1", VICTIM) == 5
    assert partition in range(4)


async def test_what_cannot_be_folded_can_be_skipped_and_keeps_its_name(
    worked: Worked, defect: pytest.MonkeyPatch
) -> None:
    bad = (await worked.send(*around_a_defect()))[3]
    await worked.apply()
    assert await worked.skip(bad) == ["skipped"]
    await worked.send(event("bad", VICTIM, occurred="2022-06-01", note="unfoldable"), event("bad", VICTIM, note="new"))
    await worked.apply()
    expected = {"b0": "folded", "b1": "folded", "bad": "skipped", "a0": "folded", "a1": "folded"}
    for size in (500, 1):
        assert await worked.states(VICTIM) == expected
        assert await worked.stages(VICTIM) == [("fold", "skipped"), ("conflict", "open")]
        await worked.verified()
        await worked.afresh(size)
    defect.undo()
    await worked.afresh(2)
    assert await worked.states(VICTIM) == expected, (
        "what was given up stays given up, whatever a later release can fold"
    )
    await worked.verified()


async def test_a_defect_that_a_later_correction_would_have_healed_is_believed_where_it_was_met(
    worked: Worked, defect: pytest.MonkeyPatch
) -> None:
    target = {"source": "/desk/test", "id": "bad"}
    await worked.send(
        event("a", VICTIM),
        event("bad", VICTIM, note="unfoldable"),
        event("taken", VICTIM, "event.retracted", target=target),
    )
    await worked.apply(1)
    assert await worked.states(VICTIM) == {"a": "folded", "bad": "held", "taken": "held"}
    await worked.verified()
    await worked.afresh(500)
    assert set((await worked.states(VICTIM)).values()) == {"folded"}
    await worked.verified()


async def test_a_rebuild_holds_skips_and_keeps_what_the_workers_do(worked: Worked, defect: pytest.MonkeyPatch) -> None:
    poisoned, given_up, doubtful = neighbours(VICTIM, 5)[2:]
    headers = (("content-type", b"application/cloudevents+json"), ("trace", b"\x00\xff"))
    *_, skipped, _ = await worked.send(
        *around_a_defect(),
        event("p0", poisoned), (poisoned.encode(), b"broken", headers), (event("p1", poisoned)[0], event("p1", poisoned)[1], headers),
        event("p1", poisoned), event("c", doubtful), (event("c", doubtful)[0], event("c", doubtful, note="other")[1], headers),
        event("waits", doubtful, "event.retracted", target={"source": "/desk/test", "id": "absent"}),
        event("g0", given_up), (given_up.encode(), b"broken", ()), event("g1", given_up),
    )  # fmt: skip
    await worked.apply(3)
    await worked.skip(skipped)
    before = await worked.verified()
    parked = "SELECT sum(corrections) FROM parked"
    assert await worked.owner.fetchval(parked) == 1
    done = await rebuild(
        settings_of(worked.stack, worked.database, worked.topic), workers=1, flip=True, report=lambda step: None
    )
    assert (done.flipped, done.parity.differences) == (True, ())
    counts = {count.table: (count.living, count.built) for count in done.parity.counts}
    assert all(living == built for living, built in counts.values()), counts
    after = await worked.verified()
    assert (after.rows, after.records) == (before.rows, before.records)
    assert await worked.owner.fetchval("SELECT count(*) FROM steppe.outbox WHERE topic = 'steppe.quarantine.v1'") == 4
    await worked.send(event("p2", poisoned), event("g2", given_up))
    await worked.apply()
    assert await worked.states(poisoned) == {"p0": "folded", "p1": "held", "p2": "held"}
    assert await worked.states(given_up) == {"g0": "folded", "g1": "folded", "g2": "folded"}
    await worked.verified()


async def test_what_was_skipped_meanwhile_holds_nobody_after_a_roll_back(
    worked: Worked,
) -> None:
    from services.projector.rebuild import roll_back

    settings = settings_of(worked.stack, worked.database, worked.topic)
    nobody, place, _ = await worked.send((b"?", b"broken", ()), (VICTIM.encode(), b"broken", ()), event("one", VICTIM))
    await worked.apply()
    await rebuild(settings, workers=1, flip=True, report=lambda step: None)
    await worked.skip(place, nobody)
    assert await worked.states(VICTIM) == {"one": "folded"}
    await roll_back.roll_back(settings)
    reopened = "SELECT count(*) FROM quarantine WHERE state = 'open'"
    assert await worked.owner.fetchval("SELECT schema_name FROM steppe.read_model WHERE state = 'living'") == "rm_v1"
    await worked.owner.execute("SET search_path = rm_v1")
    assert await worked.owner.fetchval(reopened) == 0
    assert await worked.states(VICTIM) == {"one": "folded"}
    await worked.verified()


async def test_a_market_that_cannot_be_judged_leaves_its_flags_as_they_stood_and_nobody_waits(
    worked: Worked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deposit(key: str) -> Message:
        what: dict[str, Any] = {
            "name": key,
            "country": "KZ",
            "sector": "mining",
            "kind": "deposit",
            "commodities": ["tungsten"],
        }
        return event(f"{key}-registered", key, "project.registered", **what)

    def rights(id: str, key: str, day: str, party: str) -> Message:
        parties = [{"party": party, "role": "investor"}]
        return event(id, key, "rights.granted", right="mining", occurred=day, parties=parties)

    await worked.send(
        deposit("north"), deposit("south"), event("n1", "north"),
        rights("s1", "south", "2022-09-01", "second-investor"),
    )  # fmt: skip
    await worked.apply()
    flags = "SELECT flag, valid_from, valid_to FROM flag_span WHERE project = 'north' AND flag = 'displaced' ORDER BY 2"
    stood = await worked.owner.fetch(flags)
    assert stood
    judged = rivalry.rivalry

    def defective(own: Any, *more: Any, **named: Any) -> Any:
        if own.project == "north":
            raise ArithmeticError("this release cannot judge it")
        return judged(own, *more, **named)

    monkeypatch.setattr(market_judgement, "rivalry", defective)
    monkeypatch.setattr(verifying, "rivalry", defective)
    await worked.send(
        event("n2", "north", occurred="2022-04-01"), rights("s2", "south", "2022-10-01", "third-investor")
    )
    await worked.apply(1)
    assert await worked.owner.fetch(flags) == stood
    assert await worked.states("north") == {"north-registered": "folded", "n1": "folded", "n2": "folded"}
    faults = await worked.owner.fetch("SELECT project, fault FROM standing WHERE fault IS NOT NULL")
    assert [tuple(row) for row in faults] == [("north", "ArithmeticError: this release cannot judge it")]
    await worked.verified()
    monkeypatch.undo()
    done = await worked.act(lambda quarantine: quarantine.retry_all("north"))
    assert [one.outcome for one in done] == ["folded"]
    assert await worked.owner.fetchval("SELECT count(*) FROM standing WHERE fault IS NOT NULL") == 0
    await worked.verified()


async def test_a_large_project_that_cannot_be_folded_stops_there_when_its_fold_comes_to_it(
    worked: Worked, defect: pytest.MonkeyPatch
) -> None:
    headers = [("traceparent", b"00-1f9e1c2c3d4e5f60718293a4b5c6d7e8-1122334455667788-01")]
    events = [event(f"b{number}", VICTIM, occurred=f"20{number + 10}-05-01") for number in range(8)]
    bad = event("bad", VICTIM, occurred="2019-06-01", note="unfoldable")
    places = await worked.send(*events, (*bad[:2], headers), event("a0", VICTIM), event("a1", VICTIM))
    for size in (500, 3):
        await worked.afresh(size, projector_large_project_events_min=5)
        await worked.owner.execute("DELETE FROM steppe.quarantine_publication")
        await worked.owner.execute("DELETE FROM steppe.outbox")
        waiting = await worked.owner.fetchval("SELECT sum(records) FROM pending_fold")
        assert waiting == (11 if size == 500 else 8)
        await worked.fold_beside(VICTIM)
        await worked.verified()
        assert ids(await worked.states(VICTIM), "held") == ["bad", "a0", "a1"]
        assert await worked.stages(VICTIM) == [("fold", "open"), ("held", "open"), ("held", "open")]
        assert await worked.owner.fetchval("SELECT event_count FROM project WHERE project = $1", VICTIM) == 8
        assert await worked.owner.fetchval("SELECT count(*) FROM steppe.outbox") == 1, "it is published"
    await worked.send(event("a2", VICTIM), event("o0", neighbours(VICTIM, 1)[0]))
    await worked.apply(projector_large_project_events_min=5)
    await worked.fold_beside(VICTIM)
    assert ids(await worked.states(VICTIM), "held") == ["bad", "a0", "a1", "a2"], "it holds its project and nobody else"
    assert await worked.owner.fetchval("SELECT count(*) FROM project") == 2
    await worked.verified()
    defect.undo()
    assert await worked.retry(places[8]) == ["folded"]
    await worked.verified()
    assert await worked.owner.fetchval("SELECT event_count FROM project WHERE project = $1", VICTIM) == 12
