"""The request for a back-test: the body of POST /v1/backtest, read strictly, and its OpenAPI description.

Every fault is named with its place in the body.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypedDict

import msgspec
from fastapi import Request

from services.api.problems import did_you_mean
from services.api.web import parse_values
from steppe.contracts.field_types import Day, JsonObject, choice, doc
from steppe.contracts.type_schemas import fields
from steppe.domain.analysis.backtest import BACKTEST_FLAGS
from steppe.domain.values.states import BEGINNING
from steppe.http.problems import UNPROCESSABLE, Refusal

_BODY_BYTES_MAX = 200_000
_VALUES_MAX = 200
_OVERRIDES_MAX = 50  # each is looked at for every value that a rule is asked for
EXAMPLE = {"rules": {"values": {"memorandum-only.stagnant": 18}}, "flags": ["memorandum-only"], "from": "2015-01-01"}

BacktestBody = TypedDict(
    "BacktestBody",
    {
        "rules": Annotated[
            JsonObject, doc("Thresholds to try: values, at most 50 overrides; what is left out is as in `against`.")
        ],
        "version": Annotated[str, doc("Or a stored version to try.")],
        "against": Annotated[str, doc("The version to compare with. Default: the one in force.")],
        "flags": Annotated[
            list[Annotated[str, choice(*BACKTEST_FLAGS)]],
            doc("Default: those whose rules differ, else memorandum-only."),
        ],
        "from": Annotated[Day, doc("Only what would have been raised from this day on.")],
        "to": Annotated[Day, doc("The last day that is looked at. Default: today (UTC), or the day of known_at.")],
        "known_at": Annotated[str, doc("Only what was known by then: an instant, or a day, meaning its end (UTC).")],
        "known_by": Annotated[
            str, choice("reported", "recorded"), doc("When something counts as known, as at the other routes.")
        ],
        "project": Annotated[list[str], doc("Only these projects.")],
        "country": Annotated[list[str], doc("Only projects in these countries, ISO 3166-1 alpha-2.")],
        "commodity": Annotated[list[str], doc("Only projects with one of these commodities.")],
    },
    total=False,
)
BacktestBody.__doc__ = "What to try, and on what: either `rules` or `version` is named."
_FIELDS = tuple(fields(BacktestBody))


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestRequest:
    """A back-test that was understood; the rules are not chosen yet."""

    rules: Mapping[str, Any] | None
    version: str | None
    against: str | None
    flags: tuple[str, ...]
    first_day: date
    last_day: date
    known_at: datetime | None
    recorded: bool
    project_filters: Mapping[str, tuple[str, ...]]


async def parse_request(request: Request) -> BacktestRequest:
    """Read and validate the body. Raises Refusal with every fault."""
    return _parse(await _body(request))


async def _body(request: Request) -> JsonObject:
    text = bytearray()
    async for part in request.stream():
        text += part
        if len(text) > _BODY_BYTES_MAX:
            raise refusal([("", f"is longer than {_BODY_BYTES_MAX} bytes")])
    try:
        body = msgspec.json.decode(text or b"{}")
    except UnicodeDecodeError as error:
        raise refusal([("", f"is not UTF-8: byte {error.start} of a text; send JSON in UTF-8")]) from None
    except RecursionError:
        raise refusal(
            [("", "is nested too deeply; the deepest that is read is rules.overrides, a list of objects")]
        ) from None
    except msgspec.DecodeError as error:
        raise refusal([("", f"is not JSON: {error}")]) from None
    if not isinstance(body, dict):
        raise refusal([("", "must be an object, as in the example of /docs")])
    if too_long := list(_too_long(body)):
        raise refusal(too_long)
    return body


def _too_long(body: JsonObject) -> Iterator[tuple[str, str]]:
    """The lists and objects that hold more than is read, with their places."""
    rules = body.get("rules")
    parts = {f"/{field}": value for field, value in body.items() if field in _FIELDS}
    if isinstance(rules, dict):
        parts |= {f"/rules/{field}": rules[field] for field in ("values", "overrides") if field in rules}
    for pointer, part in {"": body, **parts}.items():
        most = _OVERRIDES_MAX if pointer == "/rules/overrides" else _VALUES_MAX
        if isinstance(part, list | dict) and len(part) > most:
            yield pointer, f"has {len(part):,} entries; a back-test takes at most {most}: split it into several"


def _parse(body: JsonObject) -> BacktestRequest:
    faults = [
        (f"/{field}", f"is not known; fields are {', '.join(_FIELDS)}.{did_you_mean(field, _FIELDS)}")
        for field in body
        if field not in _FIELDS
    ]
    rules = body.get("rules")
    if rules is not None and not isinstance(rules, dict):
        faults.append(("/rules", "must be an object with values and overrides"))
    if ("rules" in body) == ("version" in body):
        faults.append(
            ("", 'name what to try: either rules, as in {"rules": {"values": {"silent.watch": 12}}}, or version')
        )
    read = _Fields(body, faults)
    today = datetime.now(UTC).date()
    known_at = read.single("known_at", parse_values.knowledge)
    parsed = BacktestRequest(
        rules=rules,
        version=read.single("version", parse_values.text),
        against=read.single("against", parse_values.text),
        flags=read.many("flags", parse_values.one_of(tuple(BACKTEST_FLAGS))),
        first_day=read.single("from", parse_values.day) or BEGINNING,
        last_day=read.single("to", parse_values.day) or (known_at.date() if known_at else today),
        known_at=known_at,
        recorded=read.single("known_by", parse_values.one_of(("reported", "recorded"))) == "recorded",
        project_filters={
            field: values
            for field, reader in (
                ("project", parse_values.text),
                ("country", parse_values.country),
                ("commodity", parse_values.text),
            )
            if (values := read.many(field, reader))
        },
    )
    if not faults and parsed.first_day > parsed.last_day:
        faults.append(("/from", f"must not be after to, {parsed.last_day}"))
    if faults:
        raise refusal(faults)
    return parsed


@dataclass(frozen=True, slots=True)
class _Fields:
    """Reads fields of a body as query parameters are read, and collects what is wrong."""

    body: Mapping[str, Any]
    faults: list[tuple[str, str]]

    def single(self, field: str, reader: Any) -> Any:
        return None if field not in self.body else self._read(f"/{field}", self.body[field], reader)

    def many(self, field: str, reader: Any) -> tuple[Any, ...]:
        given = self.body.get(field, [])
        listed = given if isinstance(given, list) else [given]
        return tuple(self._read(f"/{field}/{number}", value, reader) for number, value in enumerate(listed))

    def _read(self, pointer: str, given: object, reader: Any) -> Any:
        if not isinstance(given, str):
            self.faults.append((pointer, "must be text"))
            return None
        try:
            return reader(given)
        except ValueError as error:
            self.faults.append((pointer, str(error)))
            return None


def refusal(faults: list[tuple[str, str]]) -> Refusal:
    """The problem that names each fault with its place."""
    errors = [{"pointer": pointer, "message": message} for pointer, message in faults]
    detail = "; ".join(f"{pointer or 'the body'} {message}" for pointer, message in faults[:3])
    return Refusal(UNPROCESSABLE, detail, errors=errors)
