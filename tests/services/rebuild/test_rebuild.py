"""A rebuild beside the active read model: the same rows, switched to at once, and everything that can come between."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import asyncpg
import pytest

from services.projector.commands.verify import verify
from services.projector.publisher.flag_diff import Announcer
from services.projector.rebuild.rebuild_progress import STAGES
from steppe.database import locks
from tests.faults.load import troubled_messages
from tests.services.projector.projection import QUICK, Message, event, log_ends, publish, until_covered
from tests.services.projector.test_projector_markets import portfolio_of_messages
from tests.services.quarantine.quarantining import Worked
from tests.services.rebuild.rebuilding import ran, settings_of, started
from tests.stack import Database, Service, Stack

Start = Callable[..., Service]
# After the first of several parts.
IN_THE_MIDDLE = {"fold": "rebuild-part:kill:fold", "judge": "rebuild-part:kill:judge"}


@pytest.fixture
async def reader(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection with the rights of the api."""
    connection = await asyncpg.connect(database.api)
    yield connection
    await connection.close()


def everything() -> list[Message]:
    """Rivals, parents, corrections, repeats, contradictions, broken records, unknown types."""
    chance = random.Random(11)
    made = portfolio_of_messages(chance, 300) + troubled_messages(chance, 0, 700, 40)
    made += [
        event("new", type="steppe.memorandum.signed.v99"),
        event("f1", "forum:summit", "forum.held", forum="summit", name="Summit", occurred="2023"),
        event("no-such-day", occurred="2023-02-30"),
        event("told-twice"),
        event("told-twice", note="otherwise"),
    ]
    return made + chance.sample(made, 30)


async def state_of(connection: asyncpg.Connection) -> dict[str, str]:
    return {row["schema_name"]: row["state"] for row in await connection.fetch("SELECT * FROM steppe.read_model")}


async def test_what_is_rebuilt_equals_a_fold_of_the_log_and_what_the_workers_made(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start
) -> None:
    last = await publish(stack.kafka, topic, everything())
    service = start("projector", **QUICK)
    await until_covered(reader, last, service)
    answer = json.loads(ran(settings_of(stack, database, topic), "--json"))
    assert answer["flipped"] is True
    assert answer["parity"]["differences"] == []
    assert answer["parity"]["compared"] == answer["parity"]["projects"] > 40
    counts = {count["table"]: (count["living"], count["built"]) for count in answer["parity"]["counts"]}
    assert all(living == built for living, built in counts.values()), counts
    assert min(counts[table][0] for table in ("event", "conflict", "quarantine", "flag_span", "forum")) > 0
    assert await state_of(reader) == {"rm_v1": "previous", "rm_v2": "living"}
    verdict = await verify(stack.kafka, database.api, topic)
    assert (verdict.differences, verdict.behind) == ([], 0)
    later = await publish(stack.kafka, topic, [event("later", "deposit-1")])
    again = await asyncpg.connect(database.api)
    await until_covered(again, later, service)
    await again.close()
    assert service.child.alive
    assert (await verify(stack.kafka, database.api, topic)).differences == []


async def test_a_flip_announces_nothing_again_and_what_is_new_once(worked: Worked) -> None:
    settings, day = settings_of(worked.stack, worked.database, worked.topic), date(2026, 1, 1)
    connection = await asyncpg.connect(worked.database.projector)

    async def told() -> int | None:
        return await Announcer(worked.topic).announce(connection, day, await log_ends(worked.stack.kafka, worked.topic))

    await worked.send(*everything())
    await worked.apply()
    assert (await told() or 0) > 40
    waiting = await connection.fetchval("SELECT count(*) FROM steppe.outbox")
    ran(settings)
    assert await told() == 0, "the same events say the same"
    assert await connection.fetchval("SELECT count(*) FROM steppe.outbox") == waiting
    assert await connection.fetchval("SELECT schema_name FROM steppe.announced_until") == "rm_v2"
    await worked.send(event("news", "mine-of-news", occurred="2020-01-01"))
    await worked.apply()
    news = [await told(), await told()]
    newest = "SELECT project FROM steppe.flag_transition ORDER BY transition_id DESC LIMIT $1"
    assert {row["project"] for row in await connection.fetch(newest, news[0])} == {"mine-of-news"}
    assert news[1] == 0
    await connection.close()


async def test_a_rebuild_without_a_worker_catches_up_by_itself_and_one_that_may_not_flip_waits(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection
) -> None:
    settings = settings_of(stack, database, topic)
    await publish(stack.kafka, topic, everything())
    assert "is complete; rm_v1 is still active" in ran(settings, "--no-flip")
    assert await state_of(reader) == {"rm_v1": "living", "rm_v2": "building"}
    await publish(stack.kafka, topic, [event("later", "deposit-1"), event("much-later", "new-mine")])
    assert "rm_v2 is active" in ran(settings)
    verdict = await verify(stack.kafka, database.api, topic)
    assert (verdict.differences, verdict.behind) == ([], 0)
    assert verdict.records == sum((await log_ends(stack.kafka, topic)).values())


async def test_two_workers_share_a_rebuild(
    stack: Stack, topic: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish(stack.kafka, topic, everything())
    monkeypatch.setenv("STEPPE_REBUILD_EVENTS_A_WORKER", "1")
    monkeypatch.setenv("STEPPE_REBUILD_EVENTS_A_PART", "100")
    ran(settings_of(stack, database, topic), "--workers", "2")
    assert (await verify(stack.kafka, database.api, topic)).differences == []


async def test_a_roll_back_ends_at_no_earlier_position_and_under_the_rules_in_force(
    stack: Stack, topic: str, database: Database, start: Start
) -> None:
    settings = settings_of(stack, database, topic)
    await publish(stack.kafka, topic, everything())
    ran(settings)
    last = await publish(stack.kafka, topic, [event("later", "deposit-1")])
    service = start("projector", **QUICK)
    reader = await asyncpg.connect(database.api)
    await until_covered(reader, last, service)
    operator = await asyncpg.connect(database.projector)
    await _another_version(operator)
    assert "rm_v1 is active again" in ran(settings, "--roll-back")
    assert await state_of(reader) == {"rm_v1": "living", "rm_v2": "previous"}
    connection = await asyncpg.connect(database.api)
    await until_covered(connection, last)
    versions = await connection.fetch("SELECT DISTINCT document::json->>'rule_version' AS version FROM flag_span")
    assert [row["version"] for row in versions] == ["strict"]
    assert "rm_v2 is active again" in ran(settings, "--roll-back")
    await operator.execute("UPDATE steppe.read_model SET flipped_at = now() - interval '2 minutes'")
    assert "rm_v1 is dropped" in ran(settings, "--drop-previous")
    assert "no previous read model" in ran(settings, "--roll-back", exits=1)
    for one in (reader, operator, connection):
        await one.close()


async def _another_version(operator: asyncpg.Connection) -> None:
    from steppe.database import rule_versions
    from steppe.database.read_model import rule_change
    from steppe.domain.flags.flag_registry import RULES
    from steppe.domain.rules.rule_document import rules_from

    rules = rules_from({"version": "strict", "values": {"memorandum-only.watch": 6}}, RULES)
    async with operator.transaction():
        await rule_versions.add(operator, rules, by="test")
    await rule_change.put_in_force(operator, "strict", by="test")


async def test_rules_that_change_during_a_rebuild_judge_all_of_it(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start
) -> None:
    last = await publish(stack.kafka, topic, everything())
    await until_covered(reader, last, start("projector", **QUICK), 60)
    settings = settings_of(stack, database, topic)
    ran(settings, "--no-flip")
    operator = await asyncpg.connect(database.projector)
    await _another_version(operator)
    await operator.close()
    told: dict[str, Any] = json.loads(ran(settings, "--json"))
    assert told["flipped"] is True
    both = await asyncpg.connect(database.api)
    differing = await both.fetch(
        "SELECT * FROM (TABLE rm_v1.flag_span EXCEPT TABLE rm_v2.flag_span) AS gone"
        " UNION ALL (TABLE rm_v2.flag_span EXCEPT TABLE rm_v1.flag_span)"
    )
    assert differing == []
    await both.close()


async def test_a_second_rebuild_is_refused_in_words_and_a_building_one_can_be_given_up(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection
) -> None:
    settings = settings_of(stack, database, topic)
    await publish(stack.kafka, topic, [event("one")])
    ran(settings, "--no-flip")
    assert "building" in ran(settings, "--status")
    connection = await asyncpg.connect(database.projector)
    assert await connection.fetchval("SELECT pg_try_advisory_lock($1)", locks.REBUILD)
    assert "Another rebuild is running" in ran(settings, exits=1)
    await connection.close()
    assert "rm_v2 is dropped" in ran(settings, "--abandon")
    assert await state_of(reader) == {"rm_v1": "living"}


@pytest.mark.parametrize(
    ("stage", "place"), [*((stage, f"rebuild:kill:{stage}") for stage in STAGES), *IN_THE_MIDDLE.items()]
)
async def test_a_rebuild_that_is_killed_goes_on_where_it_was(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, stage: str, place: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await publish(stack.kafka, topic, everything())
    monkeypatch.setenv("STEPPE_REBUILD_EVENTS_A_PART", "50")
    settings = settings_of(stack, database, topic)
    process = started(settings, STEPPE_TEST_FAILPOINT=place)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert await reader.fetchval("SELECT phase FROM steppe.rebuild") == stage
    assert await state_of(reader) == {"rm_v1": "living", "rm_v2": "building"}
    ran(settings)
    assert await state_of(reader) == {"rm_v1": "previous", "rm_v2": "living"}
    verdict = await verify(stack.kafka, database.api, topic)
    assert (verdict.differences, verdict.behind) == ([], 0)
