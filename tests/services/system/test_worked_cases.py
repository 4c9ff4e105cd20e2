"""The worked cases of the domain page hold through the running system: the log, the projector, Postgres and the API.

All cases stand in one log, each in a namespace of its own, and are asked over HTTP. tests/domain/test_cases.py asks the
pure core the same.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from random import Random
from typing import Any

import asyncpg
import httpx

from services.projector.quarantine.actions import QuarantineActions
from services.projector.quarantine.refold import Operator
from steppe.database import rule_versions
from tests.domain.cases import CASES, Case, check, in_own_namespace, rules_of
from tests.services.api.case_answers import answers
from tests.services.ingest.ingest_client import LINES, IngestClient, lines
from tests.services.projector.projection import QUICK, Message, publish, until_covered
from tests.stack import Database, Service, Stack

Envelope = dict[str, Any]
Refused = Collection[tuple[str, str]]
"""Subject and reference of what did not get as far as a timeline."""

_WRITTEN_AT_ONCE = 80
_LATEST_KNOWN_AT = max(question["known_at"] for case in CASES.values() for question in case["questions"])
# Its second registration gives one field only, as a log may hold it; ingest requires all fields of a registration.
_NOT_FOR_THE_DOOR = "a-second-registration-amends"
# What it refuses, for want of a field or for a code that nobody assigned, readers of a log accept.
_ONLY_FOR_THE_DOOR = {"what-a-row-must-say", "codes-are-codes"}
# Fields that ingest requires and that the cases, which are about something else, leave out.
_TOLD_AT_THE_DOOR: dict[str, dict[str, Any]] = {
    "steppe.hold.placed.v1": {"reason": "sanctions"},
    "steppe.intent.announced.v1": {"kind": "talks"},
    "steppe.loan.signed.v1": {"lender_kind": "commercial"},
    "steppe.memorandum.signed.v1": {"instrument": "mou"},
    "steppe.offtake.signed.v1": {"commodity": "ore"},
    "steppe.party.registered.v1": {"home_country": "KZ", "kind": "company"},
}


async def test_the_cases_come_out_of_the_log_whatever_its_order(
    stack: Stack, topic: str, database: Database, start: Callable[..., Service]
) -> None:
    """As a log holds them, with `recordedtime`; shuffled, some of them twice. What no reader can read is set aside, and
    given up by an operator, so that nobody waits for it."""
    seed = int(os.environ.get("STEPPE_TEST_SEED") or secrets.randbelow(1_000_000))
    print(f"STEPPE_TEST_SEED={seed} writes the same log again")  # noqa: T201
    cases = _of_one_log({name: case for name, case in CASES.items() if name not in _ONLY_FOR_THE_DOOR})
    written = _shuffled([event for case in cases.values() for event in case["events"]], Random(seed))
    projector, api = start("projector", **QUICK), start("api")
    connection = await asyncpg.connect(database.owner)
    try:
        for first in range(0, len(written), _WRITTEN_AT_ONCE):
            last = await publish(stack.kafka, topic, map(_record, written[first : first + _WRITTEN_AT_ONCE]))
            await until_covered(connection, last, projector)
        await _store_rules(connection, cases)
        set_aside = await _give_up(connection, topic)
    finally:
        await connection.close()
    await _ask(api, cases, {_identity(event) for event in set_aside}, _as_asked_and_as_read_now)


async def test_the_cases_come_out_of_what_was_sent(database: Database, start: Callable[..., Service]) -> None:
    """Through ingest, which sets `recordedtime` itself and refuses what it can see."""
    cases = _of_one_log({name: case for name, case in CASES.items() if _may_be_sent(name, case)})
    projector, ingest, api = start("projector", **QUICK), IngestClient(start("ingest").address), start("api")
    refused: set[tuple[str, str]] = set()
    last: dict[int, int] = {}
    for title, case in cases.items():
        defaults = {} if title in _ONLY_FOR_THE_DOOR else _TOLD_AT_THE_DOOR
        sent = [_as_sent(event, defaults.get(event["type"], {})) for event in case["events"]]
        answer = ingest.post(lines(sent), LINES, "?on_error=continue").json()
        expected = {name for question in case["questions"] for name in question["expect"].get("refused_ids", ())}
        at_the_door = {_identity(case["events"][rejected["index"]]) for rejected in answer["rejected"]}
        assert {reference for _, reference in at_the_door} <= expected, (title, answer["rejected"])
        refused |= at_the_door
        for partition, _, offset in (place.partition(":") for place in answer["position"].split(",")):
            last[int(partition)] = max(int(offset), last.get(int(partition), -1))
    connection = await asyncpg.connect(database.owner)
    try:
        await until_covered(connection, last, projector)
        await _store_rules(connection, cases)
    finally:
        await connection.close()
    await _ask(api, cases, refused, _as_asked_or_now)


async def _give_up(connection: asyncpg.Connection, topic: str) -> list[Envelope]:
    """Skip every record that is no event; returns what they say."""
    rows = await connection.fetch("SELECT partition, log_offset, value FROM quarantine WHERE stage = 'decode'")
    quarantine = await QuarantineActions.of(connection, topic, Operator(name="desk", reason="no reader can read it"))
    await quarantine.skip([(row["partition"], row["log_offset"]) for row in rows])
    assert await connection.fetchval("SELECT count(*) FROM quarantine WHERE stage = 'held'") == 0
    return [json.loads(row["value"]) for row in rows]


def _of_one_log(cases: dict[str, Case]) -> dict[str, Case]:
    return {name: in_own_namespace(case, f"c{number:02}-") for number, (name, case) in enumerate(cases.items())}


def _identity(event: Envelope) -> tuple[str, str]:
    return event["subject"], f"{event['source']}#{event['id']}"


def _shuffled(events: list[Envelope], chance: Random) -> list[Envelope]:
    """In any order, every fourth twice; but what bears the same name stays in order, since the first of it stands."""
    bearers: dict[tuple[str, str], list[Envelope]] = {}
    for event in [*events, *chance.sample(events, len(events) // 4)]:
        bearers.setdefault(_identity(event), []).append(event)
    names = [name for name, borne in bearers.items() for _ in borne]
    chance.shuffle(names)
    return [bearers[name].pop(0) for name in names]


def _record(envelope: Envelope) -> Message:
    return envelope["subject"].encode(), json.dumps(envelope).encode(), ()


def _may_be_sent(name: str, case: Case) -> bool:
    """Not what depends on the day on which somebody recorded it, which ingest says itself."""
    flags = [flag["flag"] for question in case["questions"] for flag in question["expect"].get("flags", ())]
    return name != _NOT_FOR_THE_DOOR and "unchecked" not in flags


def _as_sent(envelope: Envelope, defaults: Mapping[str, Any]) -> Envelope:
    """With what ingest requires; a project is there from the day on which the case registered it."""
    said = {field: value for field, value in envelope.items() if field != "recordedtime"}
    if envelope["type"] == "steppe.project.registered.v1":
        defaults = {**defaults, "reported": envelope["recordedtime"][:10]}
    return {**said, "data": {**defaults, **envelope["data"]}}


async def _store_rules(connection: asyncpg.Connection, cases: dict[str, Case]) -> None:
    for name, case in cases.items():
        if "rules" in case:
            await rule_versions.add(connection, rules_of(case, name), by="tests")


Knowledges = Callable[[Case, Case], list[dict[str, str]]]
"""What is asked of a case's question: the parameters `known_at` and `known_by`, or none of them."""


def _as_asked_and_as_read_now(case: Case, question: Case) -> list[dict[str, str]]:
    """What was all known by then is asked of the live read model, too."""
    asked = [_as_asked(question)]
    return [*asked, {}] if all(event["recordedtime"] <= question["known_at"] for event in case["events"]) else asked


def _as_asked_or_now(_: Case, question: Case) -> list[dict[str, str]]:
    """What a case recorded last is known only now, when ingest records it."""
    return [{} if question["known_at"] == _LATEST_KNOWN_AT else _as_asked(question)]


def _as_asked(question: Case) -> dict[str, str]:
    return {name: question[name] for name in ("known_at", "known_by") if name in question}


async def _ask(api: Service, cases: dict[str, Case], refused: Refused, knowledges: Knowledges) -> None:
    """Every question of every case; all that is wrong is told at once."""
    questions = [(name, case, question) for name, case in cases.items() for question in case["questions"]]
    questions.sort(key=lambda one: (one[2]["known_at"], one[2].get("known_by", "")))  # each past is made once
    wrong = []
    async with httpx.AsyncClient(base_url=api.address, timeout=40) as client:
        for name, case, question in questions:
            rules = {"rules": name} if "rules" in case else {}
            for knowledge in knowledges(case, question):
                asked = {"as_of": question["as_of"], **knowledge, **rules}
                try:
                    await _ask_one(client, case, question["expect"], refused, asked)
                except (AssertionError, KeyError) as error:
                    wrong.append(f"{name} {asked}: {error!r}")
    assert not wrong, "\n".join([f"{len(wrong)} answers are wrong", *wrong])


async def _ask_one(
    client: httpx.AsyncClient, case: Case, expected: Case, refused: Refused, asked: dict[str, str]
) -> None:
    subjects = {event["subject"] for event in case["events"]}
    answer_given = await answers(
        client, sorted(subject for subject in subjects if ":" not in subject), expected, **asked
    )
    never_told = [reference for subject, reference in refused if subject in subjects]
    unheeded = {**answer_given.unheeded, "refused_ids": [*answer_given.unheeded.get("refused_ids", ()), *never_told]}
    check(expected, replace(answer_given, unheeded=unheeded))
