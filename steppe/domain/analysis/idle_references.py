"""References to other events that lead to nothing (domain page, sections 3 and 7): what they name is not there, does not count,
or is nothing that the row can speak of. A reference names an event of the same subject; `part_of` may name a document of another
project, too, which tells its money there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from steppe.domain.events.corrections import Identity
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import MEMORANDUM_CLASS, VOCABULARY, Effect, FieldKind
from steppe.domain.legs.leg_endings import binds_what_ends
from steppe.domain.values.value_class import value_class

_OWN_FIELDS = tuple(
    dict.fromkeys(
        field.name
        for kind in VOCABULARY
        if not kind.is_correction
        for field in kind.fields
        if field.kind is FieldKind.REFERENCE
    )
)
"""The fields by which rows name other events; `part_of` is one that any row may have."""
REFERRING_NAMES = tuple(
    kind.name
    for kind in VOCABULARY
    if any(field.name in _OWN_FIELDS for field in kind.fields) and not kind.is_correction
)
"""The rows that have one of them."""
OWN_REFERENCES_PATTERN = f'"({"|".join(_OWN_FIELDS)})"'
"""A regular expression that finds one of them in the JSON text of an event."""
_FIELDS = ("part_of", *_OWN_FIELDS)


@value_class(frozen=True, slots=True, kw_only=True)
class IdleReference:
    """A reference without effect: the row, what it names (`source#id`), and why that does nothing."""

    event: Event
    names: str
    because: str


def idle_references(
    events: Iterable[Event],
    known: Collection[Identity],
    in_order: Sequence[Event],
    stated_elsewhere: Collection[Identity],
) -> list[IdleReference]:
    """Those of `events`, in their order. `known` is every event of the project that was known, `in_order` those that stand, in
    fold order, whether or not they have occurred by the day asked; `stated_elsewhere` are documents of other projects."""
    standing = {_identity(event): (place, event) for place, event in enumerate(in_order)}
    circular = _circular_parts(in_order)
    return [
        IdleReference(event=event, names="#".join(named), because=because)
        for event in events
        for field, named in _references(event)
        if not (field == "part_of" and named in stated_elsewhere)
        if (because := _why_idle(event, field, named, known, standing, circular)) is not None
    ]


def wholes_missing(events: Sequence[Event]) -> list[Identity]:
    """What events are part of that is not among them: of another project, or nowhere. In order, without repeats."""
    here = {_identity(event) for event in events}
    named = (identity for event in events for field, identity in _references(event) if field == "part_of")
    return [identity for identity in dict.fromkeys(named) if identity not in here]


def _references(event: Event) -> Iterator[tuple[str, Identity]]:
    own = {field.name for field in event.kind.fields}
    for field in _FIELDS:
        reference = event.data.get(field)
        if reference and (field in own or field == "part_of"):  # readers ignore what other producers put elsewhere
            yield field, (reference["source"], reference["id"])


def _why_idle(
    event: Event,
    field: str,
    named: Identity,
    known: Collection[Identity],
    standing: Mapping[Identity, tuple[int, Event]],
    circular: Collection[Identity],
) -> str | None:
    if named not in standing:
        return f"{field} names {'an event that was retracted' if named in known else 'no event of this project'}"
    place, other = standing[named]
    if not _can_speak_of(event, field, other):
        return f"{field} names a {other.kind.name} of which this {event.kind.name} cannot speak"
    if field == "part_of" and _identity(event) in circular:
        return "part_of goes round: none of these documents is counted"
    if field not in ("ends", "amends"):
        return None
    if other.deal != event.deal:
        return f"{field} names an event of the deal {other.deal}, and the row is of {event.deal}"
    if place > standing[_identity(event)][0]:
        return f"{field} names an event that counts later than the row"
    return None


def _circular_parts(events: Iterable[Event]) -> set[Identity]:
    """The documents whose whole is, by itself or over others, a part of them."""
    wholes = {
        _identity(event): (part_of["source"], part_of["id"])
        for event in events
        if (part_of := event.data.get("part_of"))
    }
    circular: set[Identity] = set()
    visited: set[Identity] = set()
    for part in wholes:
        path: list[Identity] = []
        while part in wholes and part not in visited:
            visited.add(part)
            path.append(part)
            part = wholes[part]
        if part in path:
            circular.update(path[path.index(part) :])
    return circular


def _can_speak_of(event: Event, field: str, other: Event) -> bool:
    match field, event.kind.name:
        case "part_of", _:
            return other.kind.effect is not Effect.RECORD
        case "renews", _:
            return other.kind.name in MEMORANDUM_CLASS
        case ("repeats", _) | (_, "pledge.withdrawn"):
            return other.kind.name == "pledge.announced"
        case _, "offtake.amended":
            return other.kind.leg == "offtake"
        case _, "rights.amended" | "rights.revoked":  # whatever the right is by now
            return other.kind.name == "rights.granted"
        case _:
            return binds_what_ends(other, event)


def _identity(event: Event) -> Identity:
    return event.source, event.id
