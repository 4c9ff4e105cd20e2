"""Whether ingest accepts an event into the log: every check of one event, step by step, in one place.

`accept` takes the steps in this order, and collects the faults of all of them:

1. the envelope is a JSON object; unset attributes get their default
2. `recordedtime`, which only a restoring sender may set
3. the attributes of CloudEvents (`envelope`)
4. `data` is an object and `type` is in the vocabulary; without both the checks end here
5. `subject` fits the type and the data (`envelope`)
6. `reported` is not after the day of recording; the fields of `data` and the rules between them (the domain's `validation`)
7. no reference to the event itself
8. without faults: id, canonical bytes and hash of the content, warnings

`fast_codec.accept_bytes` decides the plain events of a stream in one pass, with the same outcome, and hands over all others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from steppe.contracts import envelope as cloudevents
from steppe.contracts.codec import canonical_json, content_sha256, read_known_day
from steppe.contracts.envelope import Envelope
from steppe.domain.events.claims import Claim, claim_of
from steppe.domain.events.field_checks import is_slug
from steppe.domain.events.validation import Fault, faults_of, warnings_of
from steppe.domain.events.vocabulary import name_of_type

_NO_OBJECT = Fault("", "an event is a JSON object with the attributes of CloudEvents 1.0")
_NAMING_OTHERS = ("part_of", "renews", "amends", "ends", "repeats")
_REFERENCES = ("target", *_NAMING_OTHERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """An event as it goes to the log: `subject` is the record's key, `value` its value, in structured mode.

    `content_sha256` is the hash of everything but `time` and `recordedtime`: what deduplication compares. `parties` are the
    keys that `data.parties` names, in its order; `claim` is what it states of the money of a leg. `references` are the other
    events that it names, a correction's target apart: field, source, id.
    """

    subject: str
    value: bytes
    content_sha256: bytes
    source: str
    id: str
    name: str
    warnings: tuple[str, ...]
    parties: tuple[str, ...] = ()
    claim: Claim | None = None
    references: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why an event is not accepted; `id` as sent, if it was."""

    id: str | None
    errors: tuple[Fault, ...]


def accept(raw_envelope: object, recorded: datetime, *, may_restore: bool = False) -> Accepted | Refused:
    """Validate what a sender gave and fill what it may leave out; the same content always gives the same id and hash.

    `recorded` is the instant of acceptance, aware; a sender who `may_restore` may give an earlier one, and the event is
    validated as of then. Nothing is raised for any value that `codec.decode_json` returns.
    """
    if not isinstance(raw_envelope, dict):
        return Refused(id=None, errors=(_NO_OBJECT,))
    envelope = cloudevents.with_defaults(raw_envelope)
    given_id = envelope.get("id")
    refused_id = given_id[: cloudevents.ATTRIBUTE_LENGTH_MAX] if isinstance(given_id, str) else None
    faults: list[Fault] = []

    recorded = _take_recorded(envelope, recorded, faults, may_restore=may_restore)
    faults += cloudevents.attribute_faults({"id": "to be hashed", **envelope})
    faults += cloudevents.strict_attribute_faults(envelope)

    data, wire_type = envelope.get("data"), envelope.get("type")
    if not isinstance(data, dict):
        faults.append(Fault("/data", "data is missing or no object; give the fields of the event"))
    faults += cloudevents.type_faults(wire_type)
    name = name_of_type(wire_type) if isinstance(wire_type, str) else None
    if name is None or not isinstance(data, dict):
        return Refused(id=refused_id, errors=tuple(faults))
    faults += cloudevents.subject_faults(name, envelope.get("subject"), data)

    known_day, reported_faults = read_known_day(data, recorded)
    faults += reported_faults
    faults += faults_of(name, data, known_day)
    if given_id is not None:
        faults += _self_references(envelope, data)
    if name == "party.amended" and "party" not in data and not _is_party(envelope.get("subject")):
        faults.append(Fault("/subject", "subject is not party:<key>; name the party there, or give data.party"))
    if name == "project.superseded" and isinstance(data.get("by"), list) and envelope.get("subject") in data["by"]:
        faults.append(Fault("/data/by", "by is the project itself; name the ones that stand in its place"))

    if faults:
        return Refused(id=refused_id, errors=tuple(faults))
    return _accepted(envelope, name, data, recorded, known_day)


def _take_recorded(envelope: Envelope, now: datetime, faults: list[Fault], *, may_restore: bool) -> datetime:
    """Take `recordedtime` out of the envelope: the instant that a restoring sender gives, else now."""
    if "recordedtime" not in envelope:
        return now
    value = envelope.pop("recordedtime")
    instant = cloudevents.read_timestamp(value)
    if not may_restore:
        message = "recordedtime is ingest's to set; leave it out, data.reported says when it was known"
        faults.append(Fault("/recordedtime", f"{message} (a key with the scope log:restore may give it)"))
    elif instant is None:
        faults.append(Fault("/recordedtime", "recordedtime is an instant with its zone, as 2026-11-22T10:00:00Z"))
    elif instant > now:
        faults.append(
            Fault("/recordedtime", "recordedtime lies in the future; an event is restored as it was recorded")
        )
    else:
        return instant
    return now


def _self_references(envelope: Mapping[str, Any], data: Mapping[str, Any]) -> list[Fault]:
    own = {"source": envelope.get("source"), "id": envelope.get("id")}
    return [
        Fault(f"/data/{name}", f"{name} is the event itself; name another event")
        for name in _REFERENCES
        if data.get(name) == own
    ]


def _is_party(subject: object) -> bool:
    return isinstance(subject, str) and subject.startswith("party:") and is_slug(subject.removeprefix("party:"))


def _accepted(envelope: Envelope, name: str, data: Mapping[str, Any], recorded: datetime, known_day: date) -> Accepted:
    if "id" not in envelope:
        envelope["id"] = _id_of_content(envelope)
    recorded_text = cloudevents.write_timestamp(recorded)
    source, event_id, subject = envelope["source"], envelope["id"], envelope["subject"]
    return Accepted(
        subject=subject,
        value=canonical_json({"time": recorded_text, **envelope, "recordedtime": recorded_text}),
        content_sha256=content_sha256(envelope),
        source=source,
        id=event_id,
        name=name,
        warnings=tuple(warnings_of(name, data, known_day)),
        parties=tuple(party["party"] for party in data.get("parties", ())),
        claim=claim_of(name=name, source=source, id=event_id, subject=subject, data=data, known_day=known_day),
        references=tuple(
            (field, data[field]["source"], data[field]["id"]) for field in _NAMING_OTHERS if field in data
        ),
    )


def _id_of_content(envelope: Mapping[str, Any]) -> str:
    content = {name: envelope[name] for name in ("source", "type", "subject", "data")}
    return hashlib.sha256(canonical_json(content)).hexdigest()[:32]
