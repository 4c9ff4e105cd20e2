"""Writes announcements in the caller's transaction: the feed, what was announced, and the outbox.

The caller decides what is announced, and holds `locks.ANNOUNCING`, so that ids become visible in order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import msgspec

from steppe.contracts.announcements import CloudEvent, Transition, project_event, transition_event
from steppe.contracts.codec import STRUCTURED
from steppe.contracts.topics import FLAGS, PROJECTS, Topic
from steppe.database import sql
from steppe.database.read_model.market_causes import FLAGS_OF_MARKETS, read_causes
from steppe.database.read_model.projection_rows import Row, copy, document
from steppe.database.read_model.stored_documents import project_on_day
from steppe.database.read_model.stored_events import encoded_headers
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.states import Flag
from steppe.release import EDITION

if TYPE_CHECKING:
    from steppe.database.connection import Connection

STATEMENTS = sql.load("announcements")
CHANNEL = "steppe_transition"

Key = tuple[str, str, str]

_TRANSITION = (
    "project", "deal", "flag", "transition", "severity_before", "severity", "on_day", "cause", "rule_version", "change_id",
    "event_id", "country", "events", "document", "backfill",
)  # fmt: skip
_OUTBOX = ("topic", "key", "value", "headers")
_HEADERS = encoded_headers([("content-type", STRUCTURED.encode())])
_NO_HEADERS = encoded_headers([])
_PROJECTS_BETWEEN_PAUSES = 20
_encode = msgspec.json.Encoder().encode
_flag = msgspec.json.Decoder(Flag)


def flag_of(text: str | None) -> Flag | None:
    """The flag of a stored document."""
    return None if text is None else _flag.decode(text)


async def no_pause() -> None:
    """For those who give way to nobody."""


def new_event_id() -> UUID:
    """The id of an announcement, which stays with it."""
    return uuid4()


async def announce_transitions(
    connection: Connection,
    transitions: Sequence[Transition],
    clocks: Sequence[str | None],
    on: date,
    change_id: int | None = None,
) -> None:
    """Announce these transitions, all `on` one day: write the feed, store what was announced, and fill the outbox.

    `clocks` has for each the stored form of the clock that says so, None where the flag is gone. `change_id`: the change of the rules that caused them.
    """
    if not transitions:
        return
    documents = [
        None if transition.flag_state is None else document(transition.flag_state) for transition in transitions
    ]
    rows: list[Row] = [
        (
            transition.project, transition.deal or "", transition.flag, transition.transition, transition.severity_before, transition.severity, transition.on,
            transition.cause, transition.rule_version, change_id, transition.event_id, transition.country, list(transition.events), text,
            transition.backfill,
        )
        for transition, text in zip(transitions, documents, strict=True)
    ]  # fmt: skip
    await copy(connection, "flag_transition", _TRANSITION, rows, schema="steppe")
    numbered = await connection.fetch(
        *STATEMENTS["transitions_of_events"](event_ids=[transition.event_id for transition in transitions])
    )
    by_id = {transition.event_id: transition for transition in transitions}
    records = [
        _record(FLAGS, transition_event(row["transition_id"], row["found_at"], by_id[row["event_id"]]))
        for row in numbered
    ]
    await put_in_outbox(connection, records)
    await connection.execute(
        *STATEMENTS["store_announced_flags"](
            projects=[transition.project for transition in transitions],
            deals=[transition.deal or "" for transition in transitions],
            flags=[transition.flag for transition in transitions],
            severities=[transition.severity for transition in transitions],
            documents=[
                text if transition.severity else None for transition, text in zip(transitions, documents, strict=True)
            ],
            clocks=list(clocks),
            day=on,
        ),
    )
    await connection.execute(*STATEMENTS["notify_transition"](transition_id=str(numbered[-1]["transition_id"])))


async def announce_projects(
    connection: Connection,
    day: date,
    rules: Rules,
    projects: Iterable[str] | None,
    rows_max: int = 500,
    pause: Callable[[], Awaitable[None]] = no_pause,
) -> int:
    """Announce each of these projects (None: of all) whose state on this day differs from the announced one; how many they are.

    `rules` are those by which they are judged. `pause` is awaited before each piece of some milliseconds.
    One that is gone is announced by a record without value, which takes the one before out of the compacted topic.
    """
    wanted = None if projects is None else sorted(projects)
    gone = await connection.fetch(*STATEMENTS["forget_gone_projects"](day=day, projects=wanted))
    await put_in_outbox(connection, [(PROJECTS.name, row["project"].encode(), None, _NO_HEADERS) for row in gone])
    announced, after = len(gone), ""
    while True:
        page = await connection.fetch(
            *STATEMENTS["projects_standing"](day=day, projects=wanted, after=after, limit=rows_max)
        )
        if not page:
            return announced
        now = await connection.fetchval("SELECT now()")
        from_markets = {row["project"] for row in page if not FLAGS_OF_MARKETS.isdisjoint(row["names"])}
        rests_on = await read_causes(connection, from_markets, day, rules)
        records, hashes = [], {}
        for number, row in enumerate(page):
            if number % _PROJECTS_BETWEEN_PAUSES == 0:
                await pause()
            state = project_on_day(row)
            clocks = zip(row["deals"], row["names"], row["clocks"], strict=True)
            flags = [rests_on.flag_of_clock(row["project"], *clock) for clock in clocks]
            sha256 = _sha256(document(state), row["position"], flags)
            if sha256 == row["sha256"]:
                continue
            hashes[row["project"]] = sha256
            records.append(_record(PROJECTS, project_event(new_event_id(), now, state, flags, row["position"], day)))
        await put_in_outbox(connection, records)
        await connection.execute(
            *STATEMENTS["store_announced_projects"](projects=list(hashes), hashes=list(hashes.values()))
        )
        announced, after = announced + len(hashes), page[-1]["project"]


async def put_in_outbox(connection: Connection, records: Sequence[Row]) -> None:
    """Records on their way to Kafka: public name of the topic, key, value, encoded headers."""
    await copy(connection, "outbox", _OUTBOX, records, schema="steppe")


async def countries(connection: Connection, day: date, projects: Iterable[str]) -> Mapping[str, str | None]:
    """The country of each project on a day."""
    rows = await connection.fetch(*STATEMENTS["countries_of_projects"](day=day, projects=sorted(set(projects))))
    return {row["project"]: row["country"] for row in rows}


def _sha256(state: str, position: str, flags: Sequence[Flag]) -> bytes:
    """What a project says, but for ages, which grow by themselves; another edition of the domain page announces otherwise."""
    said = [str(EDITION), state, position, "\n".join(document(flag) for flag in flags)]
    return hashlib.sha256("\n".join(said).encode()).digest()


def _record(topic: Topic, event: CloudEvent) -> Row:
    return (topic.name, event["subject"].encode(), _encode(event), _HEADERS)
