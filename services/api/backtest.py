"""POST /v1/backtest: history under other thresholds (domain page, section 6). Reads; keeps nothing.

Judging everything twice takes seconds of processor, so it runs beside the event loop, one back-test at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from services.api import parameters, stored, tables, values
from services.api.answers import CSV, JSON, service_of
from services.api.problems import UNPROCESSABLE, RefusalError
from services.api.reading import Snapshot
from services.api.rule_choice import rules_named
from steppe.domain.backtest import FLAGS, Backtest, backtest
from steppe.domain.events import Event
from steppe.domain.history import EVER
from steppe.domain.portfolio import Portfolio, portfolio
from steppe.domain.rule_document import RuleDocumentError, rules_from
from steppe.domain.rules import Rules

router = APIRouter(tags=["rules"])

_BODY_BYTES_MAX = 200_000
_FIELDS = (
    "rules",
    "version",
    "against",
    "flags",
    "from",
    "to",
    "known_at",
    "known_by",
    "project",
    "country",
    "commodity",
)
_COLUMNS = (
    "flag",
    "severity",
    "project",
    "deal",
    "raised_on",
    "raised_before_on",
    "days_earlier",
    "outcome",
    "outcome_on",
)
_EXAMPLE = {"rules": {"values": {"memorandum-only.stagnant": 18}}, "flags": ["memorandum-only"], "from": "2015-01-01"}
_DESCRIBED = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "rules": {"type": "object", "description": "Thresholds to try: values, overrides; what is left out is as in `against`."},
                        "version": {"type": "string", "description": "Or a stored version to try."},
                        "against": {"type": "string", "description": "The version to compare with. Default: the one in force."},
                        "flags": {"type": "array", "items": {"enum": list(FLAGS)}, "description": "Default: memorandum-only."},
                        "from": {"type": "string", "format": "date", "description": "Only what would have been raised from this day on."},
                        "to": {"type": "string", "format": "date", "description": "The last day that is looked at. Default: today (UTC), or the day of known_at."},
                        "known_at": {"type": "string", "description": "Only what was known by then: an instant, or a day, meaning its end (UTC)."},
                        "known_by": {"enum": ["reported", "recorded"]},
                        "project": {"type": "array", "items": {"type": "string"}},
                        "country": {"type": "array", "items": {"type": "string"}},
                        "commodity": {"type": "array", "items": {"type": "string"}},
                    },
                },
                "example": _EXAMPLE,
            }
        },
    },
    "parameters": [parameters.PARAMETERS["format"].described()],
}  # fmt: skip

_one_at_a_time = asyncio.Semaphore(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A back-test that was understood; the rules are not chosen yet."""

    rules: Mapping[str, Any] | None
    version: str | None
    against: str | None
    flags: tuple[str, ...]
    first_day: date
    last_day: date
    known_at: datetime | None
    recorded: bool
    only: Mapping[str, tuple[str, ...]]


@router.post("/v1/backtest", openapi_extra=_DESCRIBED)
async def back_test(request: Request) -> Response:
    """Which flags other thresholds would have raised, how much earlier, and how often the deal bound anyway.

    Both versions judge the record as it is known at one instant (default: now): a back-test looks with hindsight.
    """
    asked = _asked(await _body(request))
    shape = parameters.read(request, ("format",)).format
    async with _one_at_a_time:
        async with service_of(request).reader.snapshot() as snapshot:
            against = await rules_named(snapshot, asked.against)
            tried = await _tried(snapshot, asked, against)
            events = await _events(snapshot)
            position = snapshot.position
        found = await asyncio.to_thread(_judge, events, asked, against, tried)
    items = [asdict(warned) for warned in found.warnings]
    headers = {"Steppe-Position": position, "Cache-Control": "no-store"}
    if shape == "csv":
        return Response(tables.csv_of(items, _COLUMNS), headers=headers, media_type=CSV)
    body = {
        "version": tried.version,
        "against": against.version,
        "changed": _changed(against, tried),
        "from": None if asked.first_day == EVER else asked.first_day,
        "to": asked.last_day,
        "summary": [asdict(score) for score in found.scores],
        "items": items,
        "position": position,
    }
    return Response(msgspec.json.encode(body), headers=headers, media_type=JSON)


def _judge(events: list[Event], asked: _Asked, against: Rules, tried: Rules) -> Backtest:
    before = portfolio(events, asked.known_at, recorded=asked.recorded, rules=against)
    after = portfolio(events, asked.known_at, recorded=asked.recorded, rules=tried)
    return backtest(
        _only(before, asked), _only(after, asked), flags=asked.flags, first_day=asked.first_day, last_day=asked.last_day
    )


def _only(found: Portfolio, asked: _Asked) -> Portfolio:
    """The projects that were asked for, judged among all."""
    if not asked.only:
        return found
    chosen = [project for project in found.histories if _matches(found, project, asked)]
    return Portfolio(
        records=found.records,
        histories={project: found.histories[project] for project in chosen},
        rivalries={project: found.rivalries[project] for project in chosen},
    )


def _matches(found: Portfolio, project: str, asked: _Asked) -> bool:
    state = found.judged(project, asked.last_day).project
    has: dict[str, set[str | None]] = {
        "project": {project},
        "country": {state.country},
        "commodity": set(state.commodities),
    }
    return all(has[field] & set(wanted) for field, wanted in asked.only.items())


async def _tried(snapshot: Snapshot, asked: _Asked, against: Rules) -> Rules:
    if asked.rules is None:
        return await rules_named(snapshot, asked.version)
    try:
        return rules_from({"version": "tried", **asked.rules}, against)
    except RuleDocumentError as error:
        raise _refusal([(f"/rules{fault.pointer}", fault.message) for fault in error.faults]) from error


async def _events(snapshot: Snapshot) -> list[Event]:
    events = []
    async for row in snapshot.each("api_events_that_fold"):
        event = stored.event(row)
        if event is not None:
            events.append(event)
    return events


async def _body(request: Request) -> dict[str, Any]:
    text = bytearray()
    async for part in request.stream():
        text += part
        if len(text) > _BODY_BYTES_MAX:
            raise _refusal([("", f"is longer than {_BODY_BYTES_MAX} bytes")])
    try:
        body = msgspec.json.decode(text or b"{}")
    except msgspec.DecodeError as error:
        raise _refusal([("", f"is not JSON: {error}")]) from None
    if not isinstance(body, dict):
        raise _refusal([("", "must be an object, as in the example of /docs")])
    return body


def _asked(body: dict[str, Any]) -> _Asked:
    faults = [(f"/{field}", f"is not known; fields are {', '.join(_FIELDS)}") for field in body if field not in _FIELDS]
    rules = body.get("rules")
    if rules is not None and not isinstance(rules, dict):
        faults.append(("/rules", "must be an object with values and overrides"))
    if ("rules" in body) == ("version" in body):
        faults.append(
            ("", 'name what to try: either rules, as in {"rules": {"values": {"silent.watch": 12}}}, or version')
        )
    read = _Fields(body, faults)
    today = datetime.now(UTC).date()
    known_at = read.one("known_at", values.knowledge)
    asked = _Asked(
        rules=rules,
        version=read.one("version", values.text),
        against=read.one("against", values.text),
        flags=read.many("flags", values.one_of(tuple(FLAGS))) or ("memorandum-only",),
        first_day=read.one("from", values.day) or EVER,
        last_day=read.one("to", values.day) or (known_at.date() if known_at else today),
        known_at=known_at,
        recorded=read.one("known_by", values.one_of(("reported", "recorded"))) == "recorded",
        only={
            field: found
            for field, reader in (("project", values.text), ("country", values.country), ("commodity", values.text))
            if (found := read.many(field, reader))
        },
    )
    if not faults and asked.first_day > asked.last_day:
        faults.append(("/from", f"must not be after to, {asked.last_day}"))
    if faults:
        raise _refusal(faults)
    return asked


@dataclass(frozen=True, slots=True)
class _Fields:
    """Reads fields of a body as query parameters are read, and collects what is wrong."""

    body: Mapping[str, Any]
    faults: list[tuple[str, str]]

    def one(self, field: str, reader: Any) -> Any:
        return None if field not in self.body else self._read(f"/{field}", self.body[field], reader)

    def many(self, field: str, reader: Any) -> tuple[Any, ...]:
        given = self.body.get(field, [])
        listed = given if isinstance(given, list) else [given]
        return tuple(self._read(f"/{field}/{number}", one, reader) for number, one in enumerate(listed))

    def _read(self, pointer: str, given: object, reader: Any) -> Any:
        if not isinstance(given, str):
            self.faults.append((pointer, "must be text"))
            return None
        try:
            return reader(given)
        except ValueError as error:
            self.faults.append((pointer, str(error)))
            return None


def _refusal(faults: list[tuple[str, str]]) -> RefusalError:
    errors = [{"pointer": pointer, "message": message} for pointer, message in faults]
    told = "; ".join(f"{pointer or 'the body'} {message}" for pointer, message in faults[:3])
    return RefusalError(UNPROCESSABLE, told, {"errors": errors})


def _changed(against: Rules, tried: Rules) -> dict[str, Any]:
    return {
        rule: {"before": against.values[rule], "tried": value}
        for rule, value in sorted(tried.values.items())
        if against.values[rule] != value
    }
