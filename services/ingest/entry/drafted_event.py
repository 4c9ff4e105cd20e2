"""What a form says as an event that can be sent: a new one, or one that corrects, reclassifies or retracts another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from services.ingest.entry.form_texts import FormTexts, data_of, fields_of, reference, texts_of
from steppe.contracts.acceptance import Accepted, Refused, accept
from steppe.domain.events.validation import faults_of
from steppe.domain.events.vocabulary import EVENT_KINDS, EventKind, Field
from steppe.http.openapi_parts import FieldError

Mode = Literal["new", "correct", "reclassify", "retract"]
MODES: tuple[Mode, ...] = ("new", "correct", "reclassify", "retract")
_NAMES: Mapping[Mode, str] = {
    "correct": "event.corrected",
    "reclassify": "event.reclassified",
    "retract": "event.retracted",
}
OWN_FIELDS = ("reason", "reported", "evidence")
"""What a correction says of itself; everything else of the form is said of the event that it corrects."""
_NEVER_CORRECTED = "reported"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedEvent:
    """What a form says. `kind`: what happened; of a correction, the kind of the corrected event as it will be.

    `was`: the data of the event that is corrected, as it stands; None: nobody could be asked, and what is filled in is changed.
    """

    mode: Mode
    kind: EventKind
    subject: str
    source: str
    target: str
    data: Mapping[str, Any]
    own: Mapping[str, Any] = field(default_factory=dict)
    was: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """The name of the event that is sent."""
        return _NAMES.get(self.mode, self.kind.name)

    @property
    def envelope(self) -> dict[str, Any]:
        """The event as a sender gives it to ingest, which fills in the rest."""
        return {
            "source": self.source,
            "type": EVENT_KINDS[self.name].type,
            "subject": self.subject,
            "data": self._data(),
        }

    def _data(self) -> dict[str, Any]:
        if self.mode == "new":
            return dict(self.data)
        sent: dict[str, Any] = {"target": reference(self.target)}
        if self.mode == "reclassify":
            sent["name"] = self.kind.name
        if self.mode == "correct" or (self.mode == "reclassify" and self.changes):
            sent["changes"] = self.changes
        return {**sent, **self.own}

    @property
    def changes(self) -> dict[str, Any]:
        """The fields that are otherwise than they stand; None: it is taken out."""
        fields = [one for one in fields_of(self.kind.name) if one.name != _NEVER_CORRECTED]
        # As a form would say it: what no form can say, such as a list of nothing, is no difference.
        was = data_of(fields, FormTexts(texts_of(fields, self.was or {}, "data")), "data")
        return {one.name: self.data.get(one.name) for one in fields if self.data.get(one.name) != was.get(one.name)}

    def pairs(self) -> list[tuple[str, str]]:
        """The names and texts of a form that says the same, rows numbered from 0."""
        was = "" if self.was is None else msgspec.json.encode(self.was).decode()
        attributes = {
            "event": self.kind.name,
            "mode": self.mode,
            "subject": self.subject,
            "source": self.source,
            "target": self.target,
            "was": was,
        }
        return [
            *((name, text) for name, text in attributes.items() if text),
            *texts_of(fields_of(self.kind.name), self.data, "data"),
            *texts_of(own_fields(), self.own, "own"),
        ]

    @property
    def before(self) -> DraftedEvent:
        """The same event as it stands, without what the form changes."""
        fields = {one.name for one in fields_of(self.kind.name)}
        stands = {name: value for name, value in (self.was or {}).items() if name in fields}
        return replace(self, data=stands)

    def check(self) -> Accepted | list[FieldError]:
        """The event as it would be accepted now; else what is wrong, by the names of the form's fields."""
        verdict = accept(self.envelope, datetime.now(UTC))
        if isinstance(verdict, Refused):
            return self.named({"pointer": fault.pointer, "message": fault.message} for fault in verdict.errors)
        return self._faults_of_result() or verdict

    def _faults_of_result(self) -> list[FieldError]:
        """What would be wrong in the corrected event, of what the form changes: the fold would refuse the correction."""
        if self.mode not in ("correct", "reclassify") or self.was is None:
            return []
        today = datetime.now(UTC).date()
        faults = faults_of(self.kind.name, {**self.data}, today)
        return self.named(
            {"pointer": fault.pointer, "message": fault.message}
            for fault in faults
            if fault.pointer.split("/")[2:3]
            and (fault.pointer.split("/")[2] in self.changes or self.mode == "reclassify")
        )

    def named(self, errors: Iterable[FieldError]) -> list[FieldError]:
        """The same errors with the name of the form's field as their pointer."""
        return [{"pointer": self._field_name(error["pointer"]), "message": error["message"]} for error in errors]

    def _field_name(self, pointer: str) -> str:
        parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
        if self.mode != "new" and parts[:2] == ["data", "changes"]:
            parts = ["data", *parts[2:]]
        elif self.mode != "new" and len(parts) > 1 and parts[1] in OWN_FIELDS and parts[0] == "data":
            parts = ["own", *parts[1:]]
        return ".".join(parts)


def own_fields() -> Sequence[Field]:
    """The fields that a correction has of its own."""
    by_name = {field.name: field for field in fields_of("event.corrected")}
    return [by_name[name] for name in OWN_FIELDS]


def read_draft(texts: FormTexts, source: str) -> DraftedEvent | None:
    """What the form says; None where it does not say yet what happened. `source`: where the form names none."""
    mode = texts.one("mode") or "new"
    kind = EVENT_KINDS.get(texts.one("event"))
    if kind is None or mode not in MODES or (kind.is_correction and mode != "retract"):
        return None
    was = _was(texts.one("was"))
    subject, data = texts.one("subject"), data_of(fields_of(kind.name), texts, "data")
    if mode == "retract":
        data = dict(was or {})
    family = kind.name.partition(".")[0]
    if mode == "new" and family in ("party", "forum") and isinstance(data.get(family), str):
        subject = f"{family}:{data[family]}"
    return DraftedEvent(
        mode=mode,
        kind=kind,
        subject=subject,
        source=texts.one("source") or source,
        target=texts.one("target"),
        data=data,
        own=data_of(own_fields(), texts, "own") if mode != "new" else {},
        was=was,
    )


def draft_of_entry(mode: Mode, name: str, entry: Mapping[str, Any], *, subject: str, source: str) -> DraftedEvent:
    """The form's draft that corrects, reclassifies (as `name`) or retracts the event of a timeline's entry, nothing changed yet."""
    stands = dict(entry["data"])
    for change in entry["corrections"]:
        if change["field"] != "name":  # which the entry has as corrected
            stands[change["field"]] = change["after"]
    was = {field: value for field, value in stands.items() if value is not None}
    fields = {field.name for field in fields_of(name)}
    return DraftedEvent(
        mode=mode,
        kind=EVENT_KINDS[name],
        subject=subject,
        source=source,
        target=str(entry["event"]),
        data={field: value for field, value in was.items() if field in fields},
        was=was,
    )


def _was(text: str) -> Mapping[str, Any] | None:
    try:
        value = msgspec.json.decode(text) if text else None
    except msgspec.DecodeError:  # somebody changed it by hand: as if nobody had been asked
        return None
    return value if isinstance(value, dict) else None
