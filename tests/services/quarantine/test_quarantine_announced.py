"""Who learns of quarantined records: readers of the API, at every position, and subscribers of the topic, once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import asyncpg
import httpx

from services.projector.projection.decode import decode_record
from services.projector.projection.deduplicate import classify
from services.projector.projection.quarantine_entries import Skip, Stage
from services.projector.projection.quarantine_policy import HEADER
from steppe.cli.commands.migrate import ensure_topic
from steppe.contracts.topics import QUARANTINE
from steppe.log.records import Record, fingerprint
from steppe.release import RELEASE
from tests.services.api.reading_api import get, refused
from tests.services.projector.projection import QUICK, event, until_covered
from tests.services.publisher.published import Topics, records_of
from tests.services.quarantine.quarantining import Worked
from tests.stack import PARTITIONS, Service

VICTIM = "deep-lead-mine"
HEADERS = (("h", b"\x00\xff"), ("h", b"again"))


async def test_readers_see_that_a_project_is_held_and_what_waits(worked: Worked, client: httpx.AsyncClient) -> None:
    await worked.send(event("a", VICTIM), event("o", "other-mine"))
    await worked.apply()
    place, *_ = await worked.send((VICTIM.encode(), b"broken", ()), event("b", VICTIM), event("c", VICTIM))
    await worked.send((b"never-seen", b"broken", ()), event("d", "never-seen"))
    await worked.apply()
    items = (await get(client, "/v1/projects"))["items"]
    assert {item["key"]: item["quarantined"] for item in items} == {VICTIM: True, "other-mine": False}
    detail = await get(client, f"/v1/projects/{VICTIM}")
    assert (detail["quarantined"], detail["held_events"]) == (True, 2)
    entries = (await get(client, f"/v1/projects/{VICTIM}/timeline"))["items"]
    assert [(entry["id"], entry["state"]) for entry in entries] == [("a", "folded"), ("b", "held"), ("c", "held")]
    problem = await refused(client, "/v1/projects/never-seen", 404, "not-found")
    assert "its events wait in quarantine" in problem["detail"]
    table = await client.get("/v1/projects", params={"format": "csv"})
    assert "quarantined" in table.text.splitlines()[0].split(",")
    totals = (await get(client, "/v1/status"))["totals"]
    assert {name: totals[name] for name in ("quarantined", "held", "parked", "conflicts", "unknown")} == {
        "quarantined": 2, "held": 3, "parked": 0, "conflicts": 0, "unknown": 0,
    }  # fmt: skip
    assert place[0] in range(4)


async def test_an_answer_changes_with_an_action_at_the_same_position_of_the_log(
    worked: Worked, client: httpx.AsyncClient
) -> None:
    place, _ = await worked.send((VICTIM.encode(), b"broken", ()), event("one", VICTIM, reported="2022-04-01"))
    await worked.apply()
    past = {"known_at": "2024-01-01"}
    before = await client.get("/v1/projects")
    assert before.json()["items"] == (await get(client, "/v1/projects", **past))["items"] == []
    await worked.skip(place)
    held = {"If-None-Match": before.headers["etag"]}
    after = await client.get("/v1/projects", headers=held)
    assert (after.status_code, after.headers["steppe-position"]) == (200, before.headers["steppe-position"])
    assert [item["key"] for item in after.json()["items"]] == [VICTIM]
    assert [item["key"] for item in (await get(client, "/v1/projects", **past))["items"]] == [VICTIM]


async def test_corrections_that_wait_for_their_target_are_counted_until_it_comes(
    worked: Worked, client: httpx.AsyncClient
) -> None:
    target = {"source": "/desk/test", "id": "late"}
    await worked.send(
        event("c1", VICTIM, "event.retracted", target=target),
        event("c2", VICTIM, "event.retracted", target={"source": "/desk/test", "id": "never"}),
        event("new", VICTIM, type="steppe.memorandum.signed.v99"),
        event("late", VICTIM),
        event("late", VICTIM, note="another content"),
        event("other", VICTIM),
    )
    await worked.apply(1)
    totals = (await get(client, "/v1/status"))["totals"]
    assert (totals["parked"], totals["unknown"], totals["conflicts"], totals["quarantined"]) == (1, 1, 1, 0)
    assert (await get(client, f"/v1/projects/{VICTIM}"))["quarantined"] is False
    await worked.verified()


def test_a_skip_is_about_one_record_and_not_about_what_lies_there_in_another_log() -> None:
    broken = Record(0, 7, 1, VICTIM.encode(), b"broken")
    skips = {(0, 7): Skip(Stage.DECODE, "no event", fingerprint(broken))}
    (same,) = classify([decode_record(broken, 1)], skips=skips).quarantined
    (other,) = classify(
        [decode_record(Record(0, 7, 1, VICTIM.encode(), b"broken otherwise"), 1)], skips=skips
    ).quarantined
    assert (same.skipped, other.skipped) == (True, False)


async def until_nothing_waits(connection: asyncpg.Connection, seconds: float = 40) -> None:
    """Until the outbox is empty."""
    deadline = time.monotonic() + seconds
    while await connection.fetchval("SELECT count(*) FROM steppe.outbox"):
        assert time.monotonic() < deadline, "records wait in the outbox"
        await asyncio.sleep(0.05)


async def test_each_record_is_published_once_with_its_bytes_and_why_also_after_a_crash_and_a_rebuild(
    worked: Worked, start: Callable[..., Service]
) -> None:
    """Killed between the commit and the publication: the topic is not there yet, so nothing can have gone out."""
    topics = Topics.of(worked.stack.kafka, worked.topic)
    await topics.create()
    own = f"{QUARANTINE.name}.later.{worked.topic.rpartition('.')[2]}"
    settings: dict[str, Any] = {**QUICK, **topics.settings, "STEPPE_QUARANTINE_TOPIC": own}
    other = event("one", VICTIM, note="another content")
    places = await worked.send(
        event("one", VICTIM), (other[0], other[1], HEADERS), (VICTIM.encode(), b"x" * 1_000_000, HEADERS),
        event("waits", VICTIM), (b"tombstone", None, ()),
    )  # fmt: skip
    killed = start("projector", **settings)
    await until_covered(worked.owner, dict(sorted(places)), killed)
    killed.kill()
    assert await worked.owner.fetchval("SELECT count(*) FROM steppe.outbox WHERE topic = $1", QUARANTINE.name) == 3
    await ensure_topic(worked.stack.kafka, QUARANTINE, PARTITIONS, name=own)
    service = start("projector", **settings)
    await until_nothing_waits(worked.owner)
    by_key = {record.key: record for record in await records_of(worked.stack.kafka, own)}
    records = await records_of(worked.stack.kafka, own)
    assert sorted((record.key, len(record.value or b"")) for record in records) == sorted(
        [(other[0], len(other[1] or b"")), (VICTIM.encode(), 1_000_000), (b"tombstone", 0)]
    )
    assert by_key[b"tombstone"].value is None
    (broken,) = [record for record in records if record.value == b"x" * 1_000_000]
    assert list(broken.headers[:2]) == list(HEADERS)
    header_texts = {name.removeprefix(HEADER): value.decode() for name, value in broken.headers[2:]}
    assert (header_texts["topic"], header_texts["partition"], header_texts["offset"]) == (
        worked.topic,
        *map(str, places[2]),
    )
    assert (header_texts["stage"], header_texts["release"]) == ("decode", RELEASE)
    assert header_texts["reason"] and header_texts["at"].endswith("Z")
    service.stop()
    await worked.afresh(1)
    again = start("projector", **settings)
    await until_nothing_waits(worked.owner)
    await worked.send((VICTIM.encode(), b"the last", ()))
    last = await worked.send((VICTIM.encode(), b"really the last", ()))
    await until_covered(worked.owner, dict(last), again)
    await until_nothing_waits(worked.owner)
    values = [record.value for record in await records_of(worked.stack.kafka, own)]
    assert len(values) == 5, "what was published before is not published again"


async def test_what_a_retry_changes_is_announced_with_the_event_as_its_cause(
    worked: Worked, start: Callable[..., Service]
) -> None:
    topics = Topics.of(worked.stack.kafka, worked.topic)
    await topics.create()
    place, _ = await worked.send((VICTIM.encode(), b"broken", ()), event("paper", VICTIM))
    service = start("projector", **QUICK, **topics.settings)
    await until_covered(worked.owner, dict([place]), service)
    query = "SELECT count(*) FROM steppe.announced_until"
    deadline = time.monotonic() + 30
    while not await worked.owner.fetchval(query):
        assert time.monotonic() < deadline, "nothing was announced"
        await asyncio.sleep(0.05)
    assert await worked.owner.fetchval("SELECT count(*) FROM steppe.flag_transition") == 0
    await worked.skip(place)
    transitions = "SELECT transition, cause, events FROM steppe.flag_transition WHERE flag = 'memorandum-only'"
    while not await worked.owner.fetchval("SELECT count(*) FROM steppe.flag_transition"):
        assert time.monotonic() < deadline, "the skip was not announced"
        await asyncio.sleep(0.05)
    (row,) = await worked.owner.fetch(transitions)
    assert (row["transition"], row["cause"], row["events"]) == ("raised", "event", ["/desk/test#paper"])
