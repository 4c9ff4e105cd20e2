"""What the publisher announces, beside a real database: each change of a flag once, with its day and its cause.

Days are given to it; the log is written as the projector would. Whether it reaches Kafka is told in test_publishing.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import asyncpg
import pytest
from jsonschema import Draft202012Validator

from services.projector.publisher.flag_diff import Announcer
from services.projector.publisher.publisher import today as utc_today
from steppe.contracts.generate.announced_schema import flag_schema, project_schema
from steppe.database import rule_versions
from steppe.database.read_model import rule_change
from steppe.database.read_model.flag_rows import flag_of_clock
from steppe.database.read_model.projection_rows import document
from steppe.database.reset import empty
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.rules.rule_document import rules_from
from tests.services.api.reading_api import SOURCE, Log, event, memorandum, registered
from tests.stack import Database

EVE = date(2023, 2, 28)
WATCH = date(2023, 3, 1)
STAGNANT = date(2024, 3, 1)
DEAD = date(2025, 3, 1)
LATER = date(2025, 6, 1)

Told = tuple[str, str, str, str | None, str | None, date, str]


class Desk:
    """A leader that looks on the days it is given, and what it tells of memorandum-only, displaced and crowded."""

    def __init__(self, connection: asyncpg.Connection, topic: str) -> None:
        self.connection = connection
        self._topic = topic
        self._announcer = Announcer(topic)
        self._seen = 0

    def restarted(self) -> None:
        """Another leader that remembers nothing."""
        self._announcer = Announcer(self._topic)

    async def look(self, day: date, ends: dict[int, int] | None = None) -> list[Told] | None:
        """What is told now; None while behind."""
        if await self._announcer.announce(self.connection, day, ends or {}) is None:
            return None
        rows = await self.rows()
        new = [row for row in rows if row["transition_id"] > self._seen]
        self._seen = max([self._seen, *(row["transition_id"] for row in rows)])
        return [
            (
                row["project"], row["flag"], row["transition"], row["severity_before"], row["severity"], row["on_day"],
                row["cause"],
            )
            for row in new
        ]  # fmt: skip

    async def rows(self) -> list[Any]:
        """All that was told of these flags."""
        return await self.connection.fetch(
            "SELECT * FROM steppe.flag_transition WHERE flag IN ('memorandum-only', 'displaced', 'crowded')"
            " ORDER BY transition_id"
        )

    async def outbox(self, topic: str) -> list[dict[str, Any]]:
        """The CloudEvents that wait for the broker, each under the key of its project."""
        rows = await self.connection.fetch(
            "SELECT key, value FROM steppe.outbox WHERE topic = $1 ORDER BY outbox_id", topic
        )
        events = [(row["key"].decode(), json.loads(row["value"])) for row in rows]
        assert all(key == event["subject"] for key, event in events)
        schema = {"steppe.flags.v1": flag_schema, "steppe.projects.v1": project_schema}[topic]()
        for _, told in events:
            Draft202012Validator(schema).validate(told)
        return [event for _, event in events]


@pytest.fixture
async def desk(database: Database, topic: str) -> AsyncIterator[Desk]:
    connection = await asyncpg.connect(database.projector)
    yield Desk(connection, topic)
    await connection.close()


def paper(key: str = "north", investor: str = "alpha", occurred: str = "2022-03-01", **data: Any) -> dict[str, Any]:
    return memorandum(key, occurred, investor, f"{key}-paper", **data)


def about(name: str, key: str, id: str, target: str, /, **data: Any) -> dict[str, Any]:
    return event(f"event.{name}", key, id, target={"source": SOURCE, "id": target}, **data)


def bound(key: str, investor: str, occurred: str) -> dict[str, Any]:
    parties = [{"party": investor, "role": "investor"}]
    return event("equity.closed", key, f"{key}-{investor}-closed", occurred=occurred, parties=parties)


async def test_a_flag_is_announced_on_its_day_though_nothing_arrives_and_once(log: Log, desk: Desk) -> None:
    await log.append(registered("north"), paper())
    assert await desk.look(EVE) == []
    raised = [("north", "memorandum-only", "raised", None, "watch", WATCH, "day")]
    assert await desk.look(WATCH) == raised
    assert await desk.look(WATCH) == []
    desk.restarted()
    assert await desk.look(WATCH) == []
    assert await desk.look(date(2023, 4, 1)) == []


async def test_what_changed_while_no_publisher_ran_is_announced_with_its_own_days(log: Log, desk: Desk) -> None:
    await log.append(registered("north"), paper())
    await desk.look(EVE)
    desk.restarted()
    assert await desk.look(LATER) == [
        ("north", "memorandum-only", "raised", None, "watch", WATCH, "day"),
        ("north", "memorandum-only", "escalated", "watch", "stagnant", STAGNANT, "day"),
        ("north", "memorandum-only", "escalated", "stagnant", "presumed-dead", DEAD, "day"),
    ]
    ons = [row["on_day"] for row in await desk.connection.fetch("SELECT on_day FROM steppe.flag_transition ORDER BY 1")]
    assert ons == sorted(ons)


async def test_the_first_pass_raises_every_flag_that_is_up_once_and_says_since_when(log: Log, desk: Desk) -> None:
    await log.append(registered("north"), paper())
    assert await desk.look(LATER) == [("north", "memorandum-only", "raised", None, "presumed-dead", LATER, "event")]
    announced = [one for one in await desk.outbox("steppe.flags.v1") if one["data"]["flag"] == "memorandum-only"]
    assert [(one["type"], one["data"]["since"]) for one in announced] == [("steppe.flag.raised.v1", DEAD.isoformat())]
    assert announced[0]["data"]["standing"]["severity"] == "presumed-dead"
    assert announced[0]["data"]["country"] == "KZ"


async def test_a_late_event_raises_a_flag_as_of_the_day_that_was_announced_last(log: Log, desk: Desk) -> None:
    await log.append(registered("north"))
    await desk.look(LATER)
    await log.append(paper())
    assert await desk.look(LATER) == [("north", "memorandum-only", "raised", None, "presumed-dead", LATER, "event")]
    (row,) = await desk.rows()
    assert row["events"] == [f"{SOURCE}#north-paper"]


async def test_nothing_is_announced_while_the_read_model_is_behind_the_log(log: Log, desk: Desk) -> None:
    await log.append(registered("north"), paper())
    await desk.look(EVE)
    ends = {row["partition"]: row["next_offset"] for row in await desk.connection.fetch("SELECT * FROM checkpoint")}
    (behind,) = [partition for partition, end in ends.items() if end]
    assert await desk.look(STAGNANT, {**ends, behind: ends[behind] + 1}) is None
    await log.append(bound("north", "alpha", "2023-01-10"))
    assert await desk.look(STAGNANT, {**ends, behind: ends[behind] + 1}) == []
    assert await desk.rows() == []


async def test_binding_clears_a_flag(log: Log, desk: Desk) -> None:
    await log.append(registered("north"), paper())
    await desk.look(STAGNANT)
    await log.append(bound("north", "alpha", "2024-02-01"))
    assert await desk.look(STAGNANT) == [
        ("north", "memorandum-only", "cleared", "stagnant", None, STAGNANT, "event"),
    ]
    assert (await desk.rows())[-1]["events"] == [f"{SOURCE}#north-alpha-closed"]


async def test_retracting_what_a_flag_rests_on_revokes_it(log: Log, desk: Desk) -> None:
    await log.append(registered("north"), paper())
    await desk.look(STAGNANT)
    await log.append(about("retracted", "north", "undo", "north-paper"))
    gone = ("north", "memorandum-only", "revoked", "stagnant", None, STAGNANT, "correction")
    assert await desk.look(STAGNANT) == [gone]
    assert (await desk.rows())[-1]["events"] == [f"{SOURCE}#undo"]
    (told,) = [one for one in await desk.outbox("steppe.flags.v1") if one["type"] == "steppe.flag.revoked.v1" and one["data"]["flag"] == "memorandum-only"]  # fmt: skip
    assert told["data"]["standing"] is None
    assert "taken back" in told["data"]["sentence"]
    await log.append(about("retracted", "north", "undo-undo", "undo"))
    again = ("north", "memorandum-only", "raised", None, "stagnant", STAGNANT, "correction")
    assert await desk.look(STAGNANT) == [again]


async def test_reclassifying_or_correcting_away_revokes_and_moving_a_date_eases(log: Log, desk: Desk) -> None:
    await log.append(
        registered("north"),
        paper(),
        registered("south"),
        paper("south", "beta"),
        registered("west"),
        paper("west", "c"),
    )
    await desk.look(STAGNANT)
    await log.append(
        about("corrected", "north", "moved", "north-paper", changes={"occurred": "2022-06-01"}),
        about("corrected", "south", "moved-far", "south-paper", changes={"occurred": "2023-12-01"}),
        about("reclassified", "west", "other", "west-paper", name="intent.announced", changes={"kind": "talks"}),
    )
    assert await desk.look(STAGNANT) == [
        ("north", "memorandum-only", "eased", "stagnant", "watch", STAGNANT, "correction"),
        ("south", "memorandum-only", "revoked", "stagnant", None, STAGNANT, "correction"),
        ("west", "memorandum-only", "revoked", "stagnant", None, STAGNANT, "correction"),
    ]


async def test_retracting_a_binding_raises_and_does_not_revoke(log: Log, desk: Desk) -> None:
    await log.append(registered("north"), paper(), bound("north", "alpha", "2022-06-01"))
    await desk.look(STAGNANT)
    await log.append(about("retracted", "north", "undo", "north-alpha-closed"))
    assert await desk.look(STAGNANT) == [
        ("north", "memorandum-only", "raised", None, "stagnant", STAGNANT, "correction"),
    ]


async def test_a_rivals_win_displaces_and_its_retraction_revokes(log: Log, desk: Desk) -> None:
    await log.append(registered("north"), paper(), registered("east"))
    await desk.look(EVE)
    await log.append(bound("east", "rival", "2022-09-01"))
    assert await desk.look(EVE) == [("north", "displaced", "raised", None, "alert", EVE, "event")]
    assert (await desk.rows())[-1]["events"] == [f"{SOURCE}#east-rival-closed"]
    await log.append(about("retracted", "east", "undo", "east-rival-closed"))
    assert await desk.look(EVE) == [("north", "displaced", "revoked", "alert", None, EVE, "correction")]


async def test_a_rival_that_gives_up_its_win_clears(log: Log, desk: Desk) -> None:
    await log.append(registered("north"), paper(), registered("east"), bound("east", "rival", "2022-09-01"))
    await desk.look(EVE)
    parties = [{"party": "rival", "role": "investor"}]
    await log.append(event("equity.exited", "east", "leaves", occurred="2023-01-05", parties=parties))
    assert await desk.look(EVE) == [("north", "displaced", "cleared", "alert", None, EVE, "event")]


async def test_what_displaced_later_is_remembered_though_nothing_was_told_of_it(log: Log, desk: Desk) -> None:
    async def displaced() -> list[Told]:
        return [told for told in await desk.look(EVE) or () if told[1] == "displaced"]

    await log.append(registered("north"), paper(), registered("east"), bound("east", "rival", "2022-09-01"))
    await log.append(registered("south"))
    await desk.look(EVE)
    await log.append(bound("south", "other", "2022-10-01"))
    assert await displaced() == [], "it is displaced already"
    parties = [{"party": "rival", "role": "investor"}]
    await log.append(event("equity.exited", "east", "leaves", occurred="2023-01-05", parties=parties))
    assert await displaced() == [], "the other still holds what it won"
    await log.append(about("retracted", "south", "undo", "south-other-closed"))
    assert await displaced() == [("north", "displaced", "revoked", "alert", None, EVE, "correction")]


async def test_the_state_of_a_project_tells_what_its_flags_rest_on_when_others_join_and_when_their_time_is_over(
    log: Log, desk: Desk
) -> None:
    async def resting() -> dict[str, tuple[int, list[str]]]:
        announced = [one for one in await desk.outbox("steppe.projects.v1") if one["subject"] == "north"]
        flags = [flag for flag in announced[-1]["data"]["flags"] if flag["flag"] in ("displaced", "crowded")]
        return {flag["flag"]: (len(flag["evidence"]), flag["groups"]) for flag in flags}

    await log.append(registered("north"), paper())
    for key, group, occurred in (("east", "one", "2022-09-01"), ("south", "two", "2022-09-10")):
        await log.append(registered(key), bound(key, group, occurred))
    await desk.look(EVE)
    assert await resting() == {"displaced": (2, ["one", "two"]), "crowded": (2, ["one", "two"])}
    await log.append(registered("west"), bound("west", "three", "2022-09-20"))
    assert await desk.look(EVE) == []
    three = (3, ["one", "three", "two"])
    assert await resting() == {"displaced": three, "crowded": three}
    await desk.look(date(2024, 9, 1))
    assert await resting() == {"displaced": three, "crowded": three}
    assert await desk.look(date(2024, 9, 2)) == []
    assert await resting() == {"displaced": three, "crowded": (2, ["three", "two"])}


async def put(connection: asyncpg.Connection, document: dict[str, Any]) -> int:
    rules = rules_from(document, RULES)
    await rule_versions.add(connection, rules, by="desk")
    return len((await rule_change.put_in_force(connection, rules.version, by="desk")).differences)


async def test_other_rules_tell_through_the_same_outbox_and_nothing_twice(log: Log, desk: Desk) -> None:
    today = utc_today()
    await log.append(registered("north"), paper())
    await desk.look(today)
    before = await desk.outbox("steppe.flags.v1")
    assert await put(
        desk.connection, {"version": "mild-1", "values": {"memorandum-only.presumed-dead": 600}, "overrides": []}
    )
    announced = (await desk.outbox("steppe.flags.v1"))[len(before) :]
    eased = [one for one in announced if one["data"]["flag"] == "memorandum-only"]
    assert [(one["type"], one["data"]["cause"], one["data"]["rule_version"]) for one in eased] == [
        ("steppe.flag.eased.v1", "rules", "mild-1")
    ]
    assert [one[2] for one in (await desk.look(today)) or ()] == ["eased"], "it is in the feed once"
    assert len(await desk.outbox("steppe.flags.v1")) == len(before) + len(announced)


async def test_rules_that_change_before_an_event_was_announced_leave_it_to_the_publisher(log: Log, desk: Desk) -> None:
    today = utc_today()
    await log.append(registered("north"))
    await desk.look(today)
    await log.append(paper())
    await put(desk.connection, {"version": "mild-1", "values": {"memorandum-only.presumed-dead": 600}, "overrides": []})
    assert await desk.look(today) == [("north", "memorandum-only", "raised", None, "stagnant", today, "event")]


async def test_a_rebuild_with_equal_content_is_silent(log: Log, desk: Desk) -> None:
    events = [registered("north"), paper(), registered("east"), bound("east", "rival", "2022-09-01")]
    await log.append(*events)
    await desk.look(STAGNANT)
    results = await desk.connection.fetchval("SELECT count(*) FROM steppe.flag_transition")
    waiting = await desk.connection.fetchval("SELECT count(*) FROM steppe.outbox")
    ends = {row["partition"]: row["next_offset"] for row in await desk.connection.fetch("SELECT * FROM checkpoint")}
    await empty(desk.connection)
    assert await desk.look(STAGNANT, ends) is None
    for one in events:
        await log.append(one)
        await desk.look(STAGNANT, ends)
    assert await desk.look(STAGNANT, ends) == []
    assert await desk.connection.fetchval("SELECT count(*) FROM steppe.flag_transition") == results
    assert await desk.connection.fetchval("SELECT count(*) FROM steppe.outbox") == waiting


async def test_what_is_announced_equals_the_read_model(log: Log, desk: Desk) -> None:
    """After any look the memory of what was told equals the spans of its day, however the days were reached."""
    await log.append(registered("north"), paper(), registered("east"), paper("east", "beta", "2022-05-20"))
    for day in (EVE, WATCH, date(2023, 5, 19), date(2023, 5, 21), LATER):
        await desk.look(day)
        stands = "SELECT project, deal, flag, document FROM flag_span WHERE valid_from <= $1 AND valid_to > $1"
        query = "SELECT project, deal, flag, clock, severity, document FROM steppe.announced_flag WHERE severity IS NOT NULL"
        rows = await desk.connection.fetch(stands, day)
        flags = {tuple(row): flag_of_clock(row["deal"], row["flag"], row["document"], day) for row in rows}
        assert {(*clock, flag.severity, document(flag)) for clock, flag in flags.items()} == {
            tuple(row) for row in await desk.connection.fetch(query)
        }


async def test_a_project_is_published_when_it_changes_and_not_because_ages_grow(log: Log, desk: Desk) -> None:
    await log.append(registered("north"), paper())
    await desk.look(WATCH)
    await desk.look(date(2023, 4, 15))
    (first,) = await desk.outbox("steppe.projects.v1")
    assert (first["type"], first["subject"]) == ("steppe.project.changed.v1", "north")
    assert (first["data"]["key"], first["data"]["as_of"], first["data"]["level"]) == (
        "north",
        "2023-03-01",
        "memorandum",
    )
    await log.append(bound("north", "alpha", "2023-04-01"))
    await desk.look(date(2023, 4, 15))
    _, second = await desk.outbox("steppe.projects.v1")
    assert second["data"]["level"] == "bound"
    assert second["id"] != first["id"]


async def test_every_deal_has_its_own_flag(log: Log, desk: Desk) -> None:
    await log.append(registered("north"), paper(), memorandum("north", "2022-05-01", "beta", "second"))
    await desk.look(EVE)
    await desk.look(date(2023, 5, 1))
    days_announced = [(row["deal"], row["on_day"]) for row in await desk.rows() if row["deal"]]
    assert days_announced == [("alpha", WATCH), ("beta", date(2023, 5, 1))]


async def test_a_superseded_project_goes_out_of_the_topic_with_its_flags_and_comes_back(log: Log, desk: Desk) -> None:
    await log.append(registered("north"), paper(), registered("east"), bound("east", "rival", "2022-09-01"))
    await desk.look(LATER)
    await log.append(event("project.superseded", "east", "merged", by=["north"], reason="one mine, two keys"))
    assert await desk.look(LATER) == [("north", "displaced", "cleared", "alert", None, LATER, "event")]
    waiting = "SELECT key, value FROM steppe.outbox WHERE topic = 'steppe.projects.v1' ORDER BY outbox_id DESC"
    assert (b"east", None) in [tuple(row) for row in await desk.connection.fetch(waiting)]
    stored = "SELECT superseded_by, superseded_reason, superseded_event, forums FROM project WHERE project = 'east'"
    row = await desk.connection.fetchrow(stored)
    assert row is not None and tuple(row) == (["north"], "one mine, two keys", f"{SOURCE}#merged", [])
    for table in ("project_span", "headline_span", "last_event_span", "deal_span", "flag_span", "co_investment_span"):
        assert await desk.connection.fetchval(f"SELECT count(*) FROM {table} WHERE project = 'east'") == 0
    await log.append(about("retracted", "east", "undo", "merged"))
    assert await desk.look(LATER) == [("north", "displaced", "raised", None, "alert", LATER, "correction")]
    assert await desk.connection.fetchval("SELECT superseded_by FROM project WHERE project = 'east'") is None
    assert {row["key"] for row in await desk.connection.fetch(waiting + " LIMIT 2")} == {b"north", b"east"}


async def test_what_is_judged_otherwise_though_nothing_was_applied_is_told_with_the_rules(log: Log, desk: Desk) -> None:
    await log.append(registered("north"), paper(), registered("east"), bound("east", "rival", "2022-09-01"))
    await desk.look(EVE)
    await desk.connection.execute("DELETE FROM flag_span WHERE flag = 'displaced'")  # as another release may judge
    desk.restarted()
    assert await desk.look(EVE) == [("north", "displaced", "cleared", "alert", None, EVE, "rules")]


async def test_what_waits_for_its_fold_is_announced_with_it_and_with_its_cause(log: Log, desk: Desk) -> None:
    large = replace(log, large_events_min=3)
    await log.append(registered("north"), paper())
    raised = [("north", "memorandum-only", "raised", None, "stagnant", STAGNANT, "event")]
    assert await desk.look(STAGNANT) == raised
    await large.append(about("retracted", "north", "north-off", "north-paper", reason="error"))
    await log.append(registered("south"), paper("south"))
    south = [("south", "memorandum-only", "raised", None, "stagnant", STAGNANT, "event")]
    assert (await desk.look(STAGNANT), await desk.look(STAGNANT)) == (south, [])
    await large.fold_beside("north")
    revoked = [("north", "memorandum-only", "revoked", "stagnant", None, STAGNANT, "correction")]
    assert (await desk.look(STAGNANT), await desk.look(STAGNANT)) == (revoked, [])


async def test_a_day_is_announced_once_what_was_acknowledged_before_it_is_folded(log: Log, desk: Desk) -> None:
    large = replace(log, large_events_min=3)
    await log.append(registered("north"), paper(), registered("south"), paper("south"))
    assert await desk.look(EVE) == []
    partition, _, offset = (await large.append(bound("north", "alpha", "2023-01-15"))).partition(":")
    ends = {int(partition): int(offset) + 1}
    assert await desk.look(WATCH, ends) == [], "who bound itself in time is not told to be late"
    await large.fold_beside("north")
    assert await desk.look(WATCH, ends) == [("south", "memorandum-only", "raised", None, "watch", WATCH, "day")]
    # What comes on the day itself keeps nobody waiting.
    await large.append(memorandum("north", "2023-02-01", "beta"))
    assert await desk.look(STAGNANT, ends) == [
        ("south", "memorandum-only", "escalated", "watch", "stagnant", STAGNANT, "day")
    ]
