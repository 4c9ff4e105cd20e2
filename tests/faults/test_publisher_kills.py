"""Two workers are killed in turn while events come in and one of them announces; afterwards each flag's story is whole.

Whole: every transition goes on from the one before, the last one says what stands, and all are in the topic under their id.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import asyncpg

from tests.faults.load import troubled_messages
from tests.faults.sizes import seeded
from tests.services.projector.projection import QUICK, log_ends, publish, until_covered
from tests.services.publisher.published import Topics, until_sent
from tests.stack import Database, Service, Stack

KILLS = 6
EVENTS = 900
PROJECTS = 90


async def test_every_transition_is_announced_once_and_reaches_the_topic_however_often_the_leader_is_killed(
    stack: Stack, topic: str, database: Database, start: Callable[..., Service]
) -> None:
    chance = seeded()
    topics = Topics.of(stack.kafka, topic)
    await topics.create()
    workers = [start("projector", **QUICK, **topics.settings) for _ in range(2)]
    connection = await asyncpg.connect(database.api)
    share = EVENTS // KILLS
    for number in range(KILLS):
        before = await connection.fetchval(_LOOKED)
        await publish(stack.kafka, topic, troubled_messages(chance, number * share, share, PROJECTS))
        deadline = time.monotonic() + 120
        while await connection.fetchval(_LOOKED) == before:
            said = "\n".join(worker.log()[-3000:] for worker in workers)
            assert time.monotonic() < deadline, f"nobody announced after {number} kills\n{said}"
            await asyncio.sleep(0.05)
        await asyncio.sleep(chance.random() * 0.5)
        # Mostly the one that announces, so that it is in the middle of something.
        leads = [worker for worker in workers if "announces from now on" in worker.log()]
        victim = leads[0] if leads and chance.random() < 0.8 else workers[0]
        victim.kill()
        workers.remove(victim)
        workers.append(start("projector", **QUICK, **topics.settings))
    ends = await log_ends(stack.kafka, topic)
    await until_covered(connection, {partition: end - 1 for partition, end in ends.items()}, workers[-1], seconds=90)
    deadline = time.monotonic() + 60
    while await connection.fetch(_TOLD_OTHERWISE, datetime.now(UTC).date()):
        assert time.monotonic() < deadline, "what was told never became what stands"
        await asyncio.sleep(0.1)
    await until_sent(connection, lambda told: told > 0, seconds=60)

    story: dict[tuple[str, str, str], str | None] = {}
    rows = await connection.fetch("SELECT * FROM steppe.flag_transition ORDER BY transition_id")
    for row in rows:
        key = (row["project"], row["deal"], row["flag"])
        assert row["severity_before"] == story.get(key), row
        assert row["severity"] != row["severity_before"], row
        story[key] = row["severity"]
    sent = await topics.read(topics.flags)
    assert {one["id"] for one in sent} == {str(row["event_id"]) for row in rows}
    seen: dict[str, list[int]] = {}
    for one in sent:
        ids = seen.setdefault(one["subject"], [])
        if one["data"]["id"] not in ids:
            ids.append(one["data"]["id"])
    assert all(ids == sorted(ids) for ids in seen.values()), "without repeats a project's transitions are in order"
    await connection.close()
    sys.stdout.write(f"{len(rows)} transitions, {len(sent) - len(rows)} of them sent again\n")


_LOOKED = "SELECT announced_at FROM steppe.announced_until"
# Keys of which what was told last is not what stands on a day.
_TOLD_OTHERWISE = """
    SELECT project, deal, flag
    FROM (
        SELECT *, steppe.severity_on($1, notice_since, watch_since, stagnant_since, presumed_dead_since, alert_since) AS severity
        FROM flag_span
        WHERE valid_from <= $1 AND valid_to > $1
    ) AS stands
    FULL JOIN (SELECT * FROM steppe.announced_flag WHERE severity IS NOT NULL) AS told USING (project, deal, flag)
    WHERE stands.severity IS DISTINCT FROM told.severity
"""
