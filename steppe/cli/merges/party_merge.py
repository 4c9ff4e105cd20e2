"""Two keys were one party: whatever names the one is corrected to name the other, and its registration is taken back.

The correction is known from now on, so what was known before stays as it was. The deals of both in one project become one, for
the key of a deal is that of who pursues it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from steppe.cli.merges.log_records import SOURCE, SubjectRecords, digest, event_of, identity
from steppe.cli.merges.merge_plan import MergePlan, MergeRefusedError, without_nothing
from steppe.domain.events.event import Event

_REGISTRY = ("party.registered", "party.amended")
_FIELDS = ("deal", "to", "parent")  # that hold the key of a party
KnownParty = Mapping[str, Any]
"""What the API says of a party: name, home_country, aliases, ids, lei, parents, registered."""


def prefix_of(old: str, new: str) -> str:
    """How the ids of all events begin that merge these two."""
    return f"merge:{old}:{new}:"


def merge_parties(
    old: str, new: str, records: Iterable[SubjectRecords], reason: str, known: tuple[KnownParty, KnownParty]
) -> MergePlan:
    """What makes the parties one; nothing where they are. `records` are those of all subjects that name the old one, and
    of both parties; `known` is what is known of both, in this order.
    """
    plan = MergePlan(prefix_of(old, new), reason)
    by_subject = {its.subject: its for its in records}
    left, right = known
    own = by_subject[f"party:{old}"]
    _merge_registrations(plan, own, by_subject[f"party:{new}"], left, right)
    names_stay = bool(right["name"])
    for its in by_subject.values():
        for event in its.effective():
            if its is own and event.kind.name in _REGISTRY:
                plan.take_back(its, (event.source, event.id))
            elif changes := _changes(event, old, new, names_stay=names_stay):
                target = {"source": event.source, "id": event.id}
                event_id = f"{plan.prefix}{digest(its.subject, target, changes)}"
                data = {"target": target, "changes": changes, "reason": reason}
                plan.ensure(its, event_of(its.subject, event_id, "event.corrected", data))
    return plan


def undo_merge(old: str, new: str, records: Iterable[SubjectRecords], reason: str) -> MergePlan:
    """What takes back all that a merge said. Raises MergeRefusedError when it said nothing."""
    plan = MergePlan(prefix_of(old, new), reason)
    is_merged = False
    for its in records:
        for envelope in its:
            if envelope["source"] == SOURCE and envelope["id"].startswith(plan.prefix):
                is_merged = True
                if not _undoes(its, envelope, plan.prefix):
                    plan.take_back(its, identity(envelope))
    if not is_merged:
        raise MergeRefusedError(f"{old} was not merged into {new} by this command")
    return plan


def _undoes(its: SubjectRecords, envelope: Mapping[str, Any], prefix: str) -> bool:
    """Whether the event takes back what a merge said, or gives it back: that is no part of the merge."""
    target = envelope["data"].get("target")
    return (
        target is not None
        and envelope["type"].startswith("steppe.event.retracted")
        and target["source"] == SOURCE
        and target["id"].startswith(prefix)
    )


def _merge_registrations(
    plan: MergePlan, own: SubjectRecords, other: SubjectRecords, left: KnownParty, right: KnownParty
) -> None:
    amendment = (SOURCE, f"{plan.prefix}amended")
    if (amended := other.get(amendment)) is not None:
        plan.ensure(other, amended)
        return
    if right["registered"]:
        data = _both_named(own.subject, left, right)
        plan.events.append(event_of(other.subject, amendment[1], "party.amended", data))
        if left["parents"] and left["parents"] != right["parents"]:
            plan.remarks.append(f"the parents of {own.subject} are not taken over; amend {other.subject} if they hold")
        return
    registrations = [event for event in own.effective() if event.kind.name == "party.registered"]
    if not registrations:
        plan.remarks.append(
            f"{other.subject} is not registered, so its other name is kept nowhere; register it with aliases"
        )
        return
    first = min(registrations, key=lambda event: (event.known, event.recorded, event.source, event.id))
    data = {**first.data, "party": other.subject.removeprefix("party:")}
    data.setdefault("reported", first.known.date().isoformat())
    plan.events.append(event_of(other.subject, amendment[1], "party.registered", data))


def _both_named(old: str, left: KnownParty, right: KnownParty) -> dict[str, object]:
    key = old.removeprefix("party:")
    aliases = [*right["aliases"], *([{"name": left["name"]}] if left["name"] else []), *left["aliases"], {"name": key}]
    return without_nothing(
        {
            "aliases": _without_repeats("name", aliases),
            "ids": _without_repeats("id", [*right["ids"], *left["ids"]]),
            "lei": left["lei"] if not right["lei"] else None,
        }
    )


def _without_repeats(by: str, entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    first: dict[Any, Mapping[str, Any]] = {}
    for entry in entries:
        first.setdefault(entry[by], {name: value for name, value in entry.items() if value is not None})
    return list(first.values())


def _changes(event: Event, old: str, new: str, *, names_stay: bool) -> dict[str, Any]:
    """What a correction of the event changes so that it names the new party in the place of the old one; empty: nothing."""
    data = event.data
    changes: dict[str, Any] = {name: new for name in _FIELDS if data.get(name) == old}
    parties = data.get("parties", ())
    if any(party["party"] == old for party in parties):
        changes["parties"] = _renamed(parties, old, new, names_stay=names_stay)
    parents = data.get("parents", ())
    if any(parent["party"] == old for parent in parents):
        itself = event.subject.removeprefix("party:")
        changes["parents"] = [
            parent for parent in _renamed(parents, old, new, names_stay=True) if parent["party"] != itself
        ] or None
    if changes.get("parent") == event.subject.removeprefix("party:"):
        changes["parent"] = None
    return changes


def _renamed(entries: Iterable[Mapping[str, Any]], old: str, new: str, *, names_stay: bool) -> list[dict[str, Any]]:
    """The entries with the new key; two of one party and role become one, which holds what both held."""
    merged: dict[tuple[str, Any], dict[str, Any]] = {}
    for entry in entries:
        its = dict(entry)
        if its["party"] == old:
            its["party"] = new
            if names_stay:  # or they would stand in for those that are known
                its.pop("name", None)
                its.pop("country", None)
        same = merged.setdefault((its["party"], its.get("role")), its)
        if same is not its:
            for share in ("stake_percent", "percent"):
                if share in its:
                    same[share] = min(100, same.get(share, 0) + its[share])
    return list(merged.values())
