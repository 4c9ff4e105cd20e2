"""Projects that are too large to be folded with their batch: their records wait until a fold beside the stream comes to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from services.projector.commands.verify import TABLES, verify
from services.projector.large_projects.late_fold import FoldedOtherwiseError, LateFold
from steppe.database import rule_versions
from steppe.database.read_model import rule_change
from steppe.domain.flags.flag_registry import RULES
from tests.services.projector.projection import (
    QUICK,
    Message,
    event,
    publish,
    until,
    until_covered,
    until_nothing_waits,
)
from tests.services.quarantine.quarantining import Worked, neighbours
from tests.stack import Database, Service, Stack

Start = Callable[..., Service]
LARGE = 20
HOT = "deep-lead-mine"


def memoranda(numbers: Iterable[int], project: str = HOT) -> list[Message]:
    """Events of a project, each on a day of its own, later ones before earlier ones."""
    return [
        event(
            f"memorandum-{number}",
            project,
            deal=f"deal-{number % 3}",
            occurred=f"20{10 + number * 7 % 13}-0{1 + number % 9}-11",
        )
        for number in numbers
    ]


@asynccontextmanager
async def paused_fold(worked: Worked) -> AsyncIterator[asyncio.Task[bool]]:
    """A fold that has read and folded, and writes once the context is left."""
    began, goes_on = asyncio.Event(), asyncio.Event()
    take = LateFold._take

    async def pause(*arguments: Any) -> Any:
        began.set()
        await goes_on.wait()
        return await take(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LateFold, "_take", pause)
        folding = asyncio.create_task(worked.fold_beside(HOT))
        await began.wait()
        yield folding
        goes_on.set()
        await folding


async def pending(worked: Worked) -> list[tuple[Any, ...]]:
    """What waits for its fold: project, where its batch began and ended, and how many records."""
    rows = await worked.owner.fetch(
        "SELECT project, first_offset, log_offset, records FROM pending_fold ORDER BY log_offset"
    )
    return [tuple(row) for row in rows]


async def stored_rows(worked: Worked) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    return {
        table: sorted(
            (tuple(row) for row in await worked.owner.fetch(f"SELECT {', '.join(columns)} FROM {table}")), key=repr
        )
        for table, columns in TABLES.items()
    }


async def verified(worked: Worked) -> int:
    """No row differs; how many projects wait."""
    verdict = await verify(worked.stack.kafka, worked.database.api, worked.topic)
    assert verdict.differences == []
    return verdict.waiting


async def test_records_of_a_large_project_are_left_and_its_neighbour_is_folded_meanwhile(
    worked: Worked,
) -> None:
    (neighbour,) = neighbours(HOT, 1)
    await worked.send(*memoranda(range(LARGE - 1)))
    async with worked.worker(projector_large_project_events_min=LARGE) as store:
        await worked.feed(store)
        assert await pending(worked) == [], "it is not large yet"
        await worked.send(*memoranda(range(LARGE, LARGE + 5)), event("one", neighbour))
        await worked.feed(store)
        assert store.fold_beside.is_set()
    assert await pending(worked) == [(HOT, 19, 24, 5)]
    assert await worked.owner.fetchval("SELECT count(*) FROM event WHERE subject = $1", HOT) == LARGE - 1
    counted = await worked.owner.fetch("SELECT project, event_count FROM project ORDER BY project")
    assert [tuple(row) for row in counted] == [(HOT, LARGE - 1), (neighbour, 1)]
    assert await verified(worked) == 1


async def test_a_fold_beside_the_stream_writes_what_a_fold_with_the_batch_would_have(worked: Worked) -> None:
    hot = [
        event("registered", HOT, "project.registered", name="Deep Lead", country="KZ", sector="mining", kind="deposit"),
        *memoranda(range(30)),
        event("won", HOT, "equity.agreed", deal="deal-1", occurred="2019-05-01"),
        event("off", HOT, "event.retracted", target={"source": "/desk/test", "id": "memorandum-3"}, reason="error"),
    ]
    others = [event(f"other-{number}", f"other-mine-{number % 4}") for number in range(12)]
    await worked.send(*hot[:20], *others[:6], *hot[20:], *others[6:])
    await worked.apply(7, projector_large_project_events_min=LARGE)
    assert [row[0] for row in await pending(worked)] == [HOT] * 3
    assert await worked.fold_beside(HOT)
    assert (await pending(worked), await verified(worked)) == ([], 0)
    assert not await worked.fold_beside(HOT), "nothing waits any more"
    late = await stored_rows(worked)
    await worked.afresh(7)
    assert await stored_rows(worked) == late


async def test_what_comes_while_a_large_project_is_folded_waits_for_the_next_fold(worked: Worked) -> None:
    await worked.send(*memoranda(range(LARGE)))
    settings = {"projector_large_project_events_min": LARGE}
    await worked.apply(**settings)
    (first,) = await pending(worked)
    async with paused_fold(worked):
        await worked.send(*memoranda(range(LARGE, LARGE + 3)))
        await worked.apply(**settings)
    assert await worked.owner.fetchval("SELECT event_count FROM project") == LARGE
    assert await pending(worked) == [(HOT, first[2] + 1, first[2] + 3, 3)]
    assert await verified(worked) == 1
    assert await worked.fold_beside(HOT)
    assert (await pending(worked), await verified(worked)) == ([], 0)


async def test_a_worker_folds_beside_its_stream_until_nothing_waits(
    stack: Stack, topic: str, database: Database, start: Start
) -> None:
    service = start("projector", STEPPE_PROJECTOR_LARGE_PROJECT_EVENTS_MIN=str(LARGE), **QUICK)
    reader = await asyncpg.connect(database.api)
    last = await publish(stack.kafka, topic, memoranda(range(60)))
    await until_covered(reader, last, service)
    await until_nothing_waits(reader, service)
    assert await reader.fetchval("SELECT event_count FROM project") == 60
    verdict = await verify(stack.kafka, database.api, topic)
    assert (verdict.differences, verdict.waiting) == ([], 0)
    await reader.close()


@pytest.mark.parametrize("step", ["late-folded", "late-before-commit", "late-after-commit"])
async def test_a_process_that_is_killed_while_it_folds_loses_and_repeats_nothing(
    stack: Stack, topic: str, database: Database, start: Start, step: str
) -> None:
    settings = {**QUICK, "STEPPE_PROJECTOR_LARGE_PROJECT_EVENTS_MIN": str(LARGE)}
    # Each process dies in its first fold, and the worker starts another; with the worker the last one goes, too.
    doomed = start("projector", **settings, STEPPE_TEST_FAILPOINT=f"{step}:kill:1")
    reader = await asyncpg.connect(database.api)
    last = await publish(stack.kafka, topic, memoranda(range(30)))
    await until_covered(reader, last, doomed)
    await until("a process died", lambda: f"failpoint {step}: kill" in doomed.log())
    await until("it is missed", lambda: "ended with exit code -9" in doomed.log())
    doomed.child.process.kill()
    worker = start("projector", **settings)
    last = await publish(stack.kafka, topic, memoranda(range(30, 40)))
    await until_covered(reader, last, worker)
    await until_nothing_waits(reader, worker)
    assert await reader.fetchval("SELECT event_count FROM project") == 40
    verdict = await verify(stack.kafka, database.api, topic)
    assert (verdict.differences, verdict.waiting) == ([], 0)
    await reader.close()


async def test_a_fold_begins_anew_when_an_operator_folds_the_project_meanwhile(worked: Worked) -> None:
    bad = (await worked.send(*memoranda(range(10)), (HOT.encode(), b"{", ()), *memoranda(range(10, 13))))[10]
    await worked.apply()
    await worked.send(*memoranda(range(13, 33)))
    await worked.apply(projector_large_project_events_min=LARGE)
    with pytest.raises(FoldedOtherwiseError):
        async with paused_fold(worked):
            assert await worked.skip(bad) == ["skipped"]
            assert await worked.owner.fetchval("SELECT event_count FROM project") == 13
            assert await verified(worked) == 1
    assert await worked.fold_beside(HOT)
    assert await worked.owner.fetchval("SELECT event_count FROM project") == 33
    assert await verified(worked) == 0


async def test_a_fold_begins_anew_when_other_rules_come_into_force_meanwhile(worked: Worked) -> None:
    await worked.send(*memoranda(range(30)))
    await worked.apply(projector_large_project_events_min=LARGE)
    await rule_versions.add(worked.owner, replace(RULES, version="another"), by="desk")
    with pytest.raises(FoldedOtherwiseError):
        async with paused_fold(worked):
            await rule_change.put_in_force(worked.owner, "another", by="desk")
    assert await worked.fold_beside(HOT)
    assert await worked.owner.fetchval("SELECT event_count FROM project") == 30
    rules = await worked.owner.fetch("SELECT DISTINCT document::jsonb ->> 'rule_version' AS version FROM flag_span")
    assert [row["version"] for row in rules] == ["another"]


async def test_records_of_a_large_project_that_are_no_events_are_quarantined_with_their_fold(worked: Worked) -> None:
    places = await worked.send(
        *memoranda(range(25)), (HOT.encode(), b"{", [("h", b"\x00\xff")]), *memoranda([3, 26, 27]),
        event("memorandum-4", HOT, note="another content"), event("one", neighbours(HOT, 1)[0]),
    )  # fmt: skip
    await worked.apply(9, projector_large_project_events_min=LARGE)
    assert await worked.owner.fetchval("SELECT count(*) FROM quarantine") == 0
    assert await verified(worked) == 1
    assert await worked.fold_beside(HOT)
    rows = await worked.owner.fetch("SELECT log_offset, stage FROM quarantine ORDER BY log_offset")
    assert [tuple(row) for row in rows] == [
        (places[25][1], "decode"), (places[27][1], "held"), (places[28][1], "held"), (places[29][1], "conflict"),
    ]  # fmt: skip
    assert await verified(worked) == 0
    await worked.send(*memoranda([28]))
    await worked.apply(projector_large_project_events_min=LARGE)
    await worked.fold_beside(HOT)
    assert await worked.owner.fetchval("SELECT count(*) FROM quarantine WHERE stage = 'held'") == 3
    assert await verified(worked) == 0


async def test_a_checkpoint_that_was_set_back_leaves_a_large_project_as_it_was(worked: Worked) -> None:
    await worked.send(*memoranda(range(30)), event("one", neighbours(HOT, 1)[0]))
    await worked.apply(projector_large_project_events_min=LARGE)
    await worked.fold_beside(HOT)
    before = await stored_rows(worked)
    await worked.owner.execute("UPDATE checkpoint SET next_offset = 0, last_record_sha256 = NULL")
    await worked.apply(projector_large_project_events_min=LARGE)
    assert await worked.fold_beside(HOT)
    assert await stored_rows(worked) == before
    await worked.send(*memoranda(range(30, 36)))
    await worked.apply(2, projector_large_project_events_min=LARGE)
    await worked.owner.execute("UPDATE checkpoint SET next_offset = next_offset - 20 WHERE next_offset > 20")
    await worked.owner.execute("UPDATE checkpoint SET last_record_sha256 = NULL")
    await worked.apply(50, projector_large_project_events_min=LARGE)
    assert await worked.fold_beside(HOT)
    assert (await pending(worked), await verified(worked)) == ([], 0)
    assert await worked.owner.fetchval("SELECT event_count FROM project WHERE project = $1", HOT) == 36
