"""Two keys were one project: the events of the one are sent again under the other, and the key is superseded.

Each keeps its source and id, so what an importer sends again under the new key is a duplicate, and the day on which it was known:
where it said none it says when it was recorded. Registrations stay where they are; what they name becomes aliases and ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from steppe.cli.merges.log_records import SOURCE, Envelope, Identity, SubjectRecords, event_of, identity, name_of
from steppe.cli.merges.merge_plan import MergePlan, MergeRefusedError, without_nothing
from steppe.contracts.envelope import read_timestamp

_STAY = frozenset({"project.registered", "project.amended", "project.superseded"})
_NAMING = ("target", "part_of", "renews", "amends", "ends", "repeats")
_SET_BY_INGEST = ("time", "recordedtime")
Registration = Mapping[str, Any]
"""What the API says of a project: name, aliases, ids, parts."""


def merge_projects(
    old: SubjectRecords, new: SubjectRecords, reason: str, registrations: tuple[Registration, Registration]
) -> MergePlan:
    """What makes `old` and `new` one; nothing where they are. What came under the old key since is sent again, too.

    `registrations` are those of both, in this order. Raises MergeRefusedError.
    """
    plan = MergePlan(_prefix(old, new), reason)
    _refuse_superseded(old, new)
    if not registrations[1]["name"]:
        raise MergeRefusedError(f"{new.subject} is not registered; register it first, or merge it into {old.subject}")
    marker = (SOURCE, f"{plan.prefix}amended")
    merged_at = None if (amended := new.get(marker)) is None else amended["recordedtime"]
    if amended is None:
        plan.events.append(event_of(new.subject, marker[1], "project.amended", _both_named(old, *registrations)))
        if lost := _not_taken_over(*registrations):
            plan.remarks.append(f"of the registration of {old.subject} is not taken over: {', '.join(lost)}")
    else:
        plan.ensure(new, amended)
    copies = _copies(old, new, merged_at)
    said_by_both = sum(1 for copy in copies.values() if copy is None)
    if said_by_both:
        plan.remarks.append(f"{said_by_both} events that both keys have are left as they are")
    for copy in copies.values():
        if copy is not None:
            plan.ensure(new, copy)
    superseded = event_of(
        old.subject, f"{plan.prefix}superseded", "project.superseded", {"by": [new.subject], "reason": reason}
    )
    plan.ensure(old, old.get(identity(superseded)) or superseded)
    return plan


def undo_merge(old: SubjectRecords, new: SubjectRecords, reason: str) -> MergePlan:
    """What gives `old` its key back, and takes its events from `new`. Raises MergeRefusedError when they were not merged so."""
    plan = MergePlan(_prefix(old, new), reason)
    marker = (SOURCE, f"{plan.prefix}amended")
    if (amended := new.get(marker)) is None:
        raise MergeRefusedError(f"{old.subject} was not merged into {new.subject} by this command")
    for copy in _copies(old, new, amended["recordedtime"]).values():
        # Without what they are about, corrections say nothing.
        if copy is not None and not str(name_of(copy)).startswith("event."):
            plan.take_back(new, identity(copy))
    plan.take_back(new, marker)
    plan.take_back(old, (SOURCE, f"{plan.prefix}superseded"))
    return plan


def _prefix(old: SubjectRecords, new: SubjectRecords) -> str:
    return f"merge:{old.subject}:{new.subject}:"


def _refuse_superseded(old: SubjectRecords, new: SubjectRecords) -> None:
    for event in new.effective():
        if event.kind.name == "project.superseded":
            raise MergeRefusedError(f"{new.subject} is superseded by {', '.join(event.data['by'])}; merge into that")
    others = {
        key for event in old.effective() if event.kind.name == "project.superseded" for key in event.data["by"]
    } - {new.subject}
    if others:
        raise MergeRefusedError(f"{old.subject} is superseded by {', '.join(sorted(others))} already")


def _copies(old: SubjectRecords, new: SubjectRecords, merged_at: str | None) -> dict[Identity, Envelope | None]:
    """The events of the old key as they are sent under the new one; None for those that the new one has of its own.

    What it has of its own came before `merged_at`, or, where that is None, is all that it has.
    """
    stay = {identity(envelope) for envelope in old if name_of(envelope) in _STAY}
    ids: dict[Identity, Identity] = {}
    copies: dict[Identity, Envelope | None] = {}
    for envelope in sorted(old, key=lambda envelope: str(name_of(envelope)).startswith("event.")):
        which = identity(envelope)
        if which in stay:
            continue
        copy = _moved(envelope, new.subject)
        existing = new.get(which)
        if existing is not None and (merged_at is None or _is_before(existing, merged_at)):
            if (existing["type"], existing["data"]) == (copy["type"], copy["data"]):
                copies[which] = None
                continue
            copy = {**copy, "id": f"{which[1]}~{old.subject}"}
        ids[which] = identity(copy)
        copies[which] = copy
    while beside := [which for which, copy in copies.items() if not _is_about_a_copy(copy, ids)]:
        for which in beside:
            del ids[which], copies[which]
    return {which: _about_the_copies(copy, ids) for which, copy in copies.items()}


def _moved(envelope: Envelope, subject: str) -> Envelope:
    data = dict(envelope["data"])
    data.setdefault("reported", str(envelope["recordedtime"])[:10])
    return {
        **{name: value for name, value in envelope.items() if name not in _SET_BY_INGEST},
        "subject": subject,
        "data": data,
    }


def _is_before(envelope: Envelope, moment: str) -> bool:
    recorded, other = read_timestamp(envelope["recordedtime"]), read_timestamp(moment)
    return recorded is not None and other is not None and recorded < other


def _is_about_a_copy(copy: Envelope | None, ids: Mapping[Identity, Identity]) -> bool:
    """Whether it is no correction, or one of an event that is sent again; those of other corrections among them."""
    if copy is None or not str(name_of(copy)).startswith("event."):
        return True
    target = copy["data"]["target"]
    return (target["source"], target["id"]) in ids


def _about_the_copies(copy: Envelope | None, ids: Mapping[Identity, Identity]) -> Envelope | None:
    if copy is None:
        return None
    data = dict(copy["data"])
    for name in _NAMING:
        named = data.get(name)
        if isinstance(named, dict) and (moved := ids.get((named.get("source", ""), named.get("id", "")))) is not None:
            data[name] = {**named, "source": moved[0], "id": moved[1]}
    return {**copy, "data": data}


def _both_named(old: SubjectRecords, left: Registration, right: Registration) -> dict[str, object]:
    names = [{"name": left["name"]}] if left["name"] else []
    key = [{"name": old.subject}] if old.subject not in (left["name"], right["name"]) else []
    return without_nothing(
        {
            "aliases": _union("name", right["aliases"], names, left["aliases"], key),
            "ids": _union("id", right["ids"], left["ids"]),
            "parts": _union("part", right["parts"], left["parts"]),
        }
    )


def _union(by: str, *lists: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    entries: dict[Any, Mapping[str, Any]] = {}
    for entry in (entry for entries_of in lists for entry in entries_of):
        entries.setdefault(entry[by], {name: value for name, value in entry.items() if value is not None})
    return list(entries.values())


def _not_taken_over(left: Registration, right: Registration) -> list[str]:
    fields = ("country", "countries", "sector", "kind", "commodities", "place", "capacity", "required_legs")
    return [name for name in fields if left.get(name) and left.get(name) != right.get(name)]
