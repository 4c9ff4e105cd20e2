"""What ends must have begun: rows with a coarse date are drawn before the row that ends what they begin (section 2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from tests.domain.reference.days import Span
from tests.domain.reference.deals import (
    LEG_ENDINGS,
    Deal,
    holders_named_by,
    leg_bound_by,
    speaks_of,
    speaks_of_leg,
)
from tests.domain.reference.events import Row
from tests.domain.reference.project import Project
from tests.domain.reference.works import Scope

_ENDS_OF_DEALS = ("investor.withdrew", "project.cancelled", "project.completed", "project.retired")
_WORKS_THAT_BEGIN = {
    "construction.suspended": ("construction.started",),
    "production.suspended": ("construction.started", "construction.completed", "production.started"),
}
_LIFTED_BY = {
    "construction.resumed": "construction.suspended",
    "production.resumed": "production.suspended",
    "project.resumed": "project.suspended",
    "hold.lifted": "hold.placed",
}
ENDINGS = (
    *_ENDS_OF_DEALS,
    *LEG_ENDINGS,
    "memorandum.lapsed",
    "permit.lapsed",
    "pledge.withdrawn",
    *_WORKS_THAT_BEGIN,
    *_LIFTED_BY,
)


def narrowed(rows: Sequence[Row], folded: Callable[[Sequence[Row], date], Project]) -> list[Row]:
    """All rows of a project in the order in which they are folded, those that are drawn with the days that count.

    Goes through the endings once, in fold order; `folded` folds the rows before an ending, up to its place on its day.
    """
    ordered = sorted(rows, key=lambda row: row.order)
    passed: set[tuple[str, str]] = set()
    at = 0
    while at < len(ordered):
        ending = ordered[at]
        if ending.name not in ENDINGS or ending.event.key in passed:
            at += 1
            continue
        passed.add(ending.event.key)
        candidates = [row for row in ordered[at + 1 :] if _contains(row, ending.day)]
        if not candidates:
            at += 1
            continue
        before = folded(ordered[:at], ending.day)
        beginnings = [row for row in candidates if _begins_what_ends(row, ending, before, candidates)]
        dated = [row for row in beginnings if row.span.earliest is not None]
        ordered = _draw(ordered, ending, dated)
        undated = [row for row in beginnings if row.span.earliest is None]
        if undated:
            place = ordered.index(ending)
            before = folded(ordered[:place], ending.day)
            ordered = _draw(ordered, ending, [row for row in undated if not _stands(ending, row, before)])
        at = 0  # what was drawn may end something itself: it comes first now
    return ordered


def _contains(row: Row, day: date) -> bool:
    """Whether it begins on or before the day and ends on or after it, not both on it, or has an open start."""
    earliest, latest = row.span.earliest, row.span.latest
    if latest < day:
        return False
    return earliest is None or (earliest <= day and not earliest == latest == day)


def _draw(ordered: list[Row], ending: Row, drawn: list[Row]) -> list[Row]:
    """Give rows the day of the ending, and their place in fold order, but before the ending."""
    keys = {row.event.key for row in drawn}
    kept = [row for row in ordered if row.event.key not in keys]
    for row in sorted(drawn, key=lambda row: row.order):
        moved = replace(row, span=Span(row.span.earliest, ending.day), narrowed_by=ending.ref)
        last = kept.index(ending)
        place = next((index for index, other in enumerate(kept[:last]) if other.order > moved.order), last)
        kept.insert(place, moved)
    return kept


def _begins_what_ends(row: Row, ending: Row, before: Project, candidates: Sequence[Row]) -> bool:
    """Whether a row begins what an ending ends, by the table of section 2."""
    name = ending.name
    if name in _ENDS_OF_DEALS:
        return _begins_a_deal(row, ending)
    if name in LEG_ENDINGS:
        kind = leg_bound_by(row)
        right = row.data.get("right")
        return (
            kind is not None
            and row.deal is not None
            and row.deal == ending.deal
            and speaks_of(ending, row.event.key, kind, right, holders_named_by(row, kind))
        )
    if name == "memorandum.lapsed":
        return row.is_memorandum_class and row.deal == ending.deal
    if name == "permit.lapsed":
        return (
            row.name == "permit.granted"
            and row.deal is not None
            and row.deal == ending.deal
            and ending.data.get("permit") in (None, row.data.get("permit"))
            and ending.part in (None, row.part)
        )
    if name == "pledge.withdrawn":
        return (
            row.name == "pledge.announced"
            and row.deal == ending.deal
            and ending.reference("ends") in (None, row.event.key)
        )
    if name in _WORKS_THAT_BEGIN:
        scope = _scope(ending, before, candidates)
        return row.name in _WORKS_THAT_BEGIN[name] and _is_in(scope, row)
    return row.name == _LIFTED_BY[name] and _is_lifted(row, ending, before)


def _begins_a_deal(row: Row, ending: Row) -> bool:
    if row.is_record or not row.has_level_or_is_physical:
        return False
    if ending.name == "investor.withdrew":
        return row.deal is not None and row.deal == ending.deal
    if ending.part is not None:  # with `part`: construction and production rows of that part; of a completion none
        return (
            ending.name != "project.completed"
            and row.name.startswith(("construction.", "production."))
            and row.part == ending.part
            and ending.deal in (None, row.deal)
        )
    return ending.deal in (None, row.deal)


def _scope(ending: Row, before: Project, candidates: Sequence[Row]) -> Scope:
    """The lines that a suspension of works concerns; a deal has a line of its own also by what is drawn."""
    own = ending.deal is not None and any(
        row.deal == ending.deal and row.name in _WORKS_THAT_BEGIN[ending.name] and row.span.earliest is not None
        for row in candidates
    )
    return Scope(ending.deal, ending.part) if own else before.works.scope(ending)


def _is_in(scope: Scope, row: Row) -> bool:
    return scope.deal in (None, row.deal) and scope.part in (None, row.part)


def _is_lifted(row: Row, ending: Row, before: Project) -> bool:
    """Whether a resumption, or a lift, concerns something that a suspension, or a hold, concerns."""
    if ending.name == "hold.lifted":
        return ending.deal is None or row.deal in (None, ending.deal)
    scope = before.works.scope(ending)
    return (scope.deal is None or row.deal in (None, scope.deal)) and (
        scope.part is None or row.part in (None, scope.part)
    )


def _stands(ending: Row, row: Row, before: Project) -> bool:
    """Whether something else stands that an ending could end, asked for the deal of an undated row."""
    name = ending.name
    deal = None if row.deal is None else before.deals.get(row.deal)
    living = deal is not None and deal.living
    if name in _ENDS_OF_DEALS and ending.part is not None:
        return any(
            line.stands and line.deal == row.deal and line.part == ending.part for line in before.works.lines.values()
        )
    if name in _ENDS_OF_DEALS:
        return living if row.deal is not None else _spoke_since_the_end(before)
    if name in _WORKS_THAT_BEGIN:
        return _works_stand(ending, row, before)
    if name == "hold.lifted":
        return any(hold.row.deal == row.deal and _is_lifted(hold.row, ending, before) for hold in before.holds)
    if name in _LIFTED_BY:
        return _suspension_stands(ending, row, before)
    return deal is not None and living and _stands_in(ending, deal)


def _spoke_since_the_end(before: Project) -> bool:
    """Of rows without deal one stands that had a level, or was physical, since the project last ended."""
    for row in reversed(before.rows):
        if row.name in _ENDS_OF_DEALS[1:] and row.deal is None and row.part is None:
            return False
        if row.deal is None and row.has_level_or_is_physical:
            return True
    return False


def _works_stand(ending: Row, row: Row, before: Project) -> bool:
    """Whether a line of the row's deal has works that the suspension could stop."""
    scope = before.works.scope(ending)
    for line in before.works.lines.values():
        if line.deal != row.deal or not scope.has(line) or not line.stands:
            continue
        kinds = {suspension.what for suspension in before.works.standing(line)}
        reached = line.construction if ending.name == "construction.suspended" else line.trial or line.commercial
        if reached and ending.name.partition(".")[0] not in kinds and "project" not in kinds:
            return True
    return False


def _suspension_stands(ending: Row, row: Row, before: Project) -> bool:
    """Whether a suspension stands that the resumption could lift; one without deal is asked for the deal of the row."""
    scope = before.works.scope(ending)
    scope_of_row = Scope(row.deal if ending.deal is None else scope.deal, scope.part)
    what = ending.name.partition(".")[0]
    return any(
        suspension.what == what and before.works.stands_in(suspension, scope_of_row)
        for suspension in before.works.suspensions
    )


def _stands_in(ending: Row, deal: Deal) -> bool:
    phase = deal.phase
    if ending.name in LEG_ENDINGS:
        return any((leg.valid or leg.valid_before) and speaks_of_leg(ending, leg) for leg in phase.legs)
    if ending.name == "memorandum.lapsed":
        return bool(phase.papers) and phase.lapse is None
    if ending.name == "permit.lapsed":
        return any(grant.valid and grant.is_spoken_of_by(ending) for grant in phase.grants)
    ends = ending.reference("ends")
    return bool(phase.pledges_left) if ends is None else ends in phase.pledges_left
