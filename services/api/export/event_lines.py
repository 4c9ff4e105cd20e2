"""Stored events as lines that ingest takes, and whom they name. Pure: no database, no HTTP."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from steppe.contracts.codec import envelope_of_record
from steppe.database.read_model.stored_events import headers_of

_attributes = msgspec.json.Decoder(dict[str, msgspec.Raw])


class NamedSubjects(NamedTuple):
    """The keys of parties and forums."""

    parties: set[str]
    forums: set[str]


def event_line(raw: str, headers: str | None, *, keep_recorded: bool) -> bytes:
    """The event of a stored record as one line of JSON: as it came but for spaces, attributes from headers (binary mode) among its own.

    Unless `keep_recorded`, the moment at which it was accepted, `recordedtime`, is left out: ingest sets it itself.
    """
    text = raw.encode()
    if headers is not None:
        text = msgspec.json.encode(envelope_of_record(text, headers_of(headers)))
    if not keep_recorded:
        attributes = _attributes.decode(text)
        attributes.pop("recordedtime", None)
        text = msgspec.json.encode(attributes)
    if b"\n" in text or b"\r" in text:  # a foreign producer's, over several lines
        text = msgspec.json.format(text, indent=-1)
    return text + b"\n"


def named_subjects(raw: str, headers: str | None) -> NamedSubjects:
    """Whom a stored record names, wherever in its data, in the changes of a correction too."""
    data = msgspec.json.decode(raw) if headers is None else envelope_of_record(raw.encode(), headers_of(headers))
    named = NamedSubjects(set(), set())
    _add(data.get("data"), named)
    return named


def _add(value: Any, named: NamedSubjects) -> None:
    if isinstance(value, dict):
        for field, keys in (("party", named.parties), ("forum", named.forums)):
            if isinstance(value.get(field), str):
                keys.add(value[field])
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            _add(inner, named)
