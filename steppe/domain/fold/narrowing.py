"""What ends must have begun (section 2): coarse rows that would come after their own ending are drawn before it.

A pure function from the events of a project in fold order to the same events, some of them on an earlier day. It goes
through the endings once, in fold order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from steppe.domain.deals.deal import Deal
from steppe.domain.deals.papers import is_paper
from steppe.domain.deals.works import STARTS_OF_WORKS, Works
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import Effect
from steppe.domain.fold.project_aggregate import ProjectAggregate
from steppe.domain.legs.leg_endings import ENDS_LEGS, binds_what_ends

_ENDS_DEALS = frozenset({"investor.withdrew", "project.cancelled", "project.completed", "project.retired"})
_LIFTS = {
    "construction.resumed": "construction.suspended",
    "production.resumed": "production.suspended",
    "project.resumed": "project.suspended",
    "hold.lifted": "hold.placed",
}
_STOPS = {
    "construction.suspended": frozenset({"construction.started"}),
    "production.suspended": STARTS_OF_WORKS,
}
ENDINGS = frozenset(
    {*_ENDS_DEALS, *ENDS_LEGS, *_LIFTS, *_STOPS, "memorandum.lapsed", "permit.lapsed", "pledge.withdrawn"}
)


def narrowed(in_order: Sequence[Event]) -> list[Event]:
    """The events with the coarse ones before their own endings, in the order in which they count.

    A narrowed row ends on the day of its ending, and names it in `narrowed_by`. `in_order` must be in fold order.
    """
    if not any(is_coarse(event) for event in in_order):
        return list(in_order)
    rows = list(in_order)
    gone_through: set[tuple[str, str]] = set()
    at = 0
    while at < len(rows):
        ending = rows[at]
        identity = (ending.source, ending.id)
        if ending.kind.name not in ENDINGS or identity in gone_through:
            at += 1
            continue
        gone_through.add(identity)
        first = _draw(rows, at)
        # What was drawn forward may itself end something; it counts earlier now.
        at = at + 1 if first is None else first
    return rows


def is_coarse(event: Event) -> bool:
    """Whether an event may be narrowed: it is not known to the day."""
    return event.earliest is None or event.earliest < event.latest


def _draw(rows: list[Event], at: int) -> int | None:
    """Draw what the ending at this place ends before it; the place of the first drawn row."""
    ending = rows[at]
    day = ending.latest
    candidates = [
        row
        for row in rows[at + 1 :]
        if is_coarse(row) and (row.earliest is None or row.earliest <= day) and _begins(row, ending, rows, at)
    ]
    drawn = [row for row in candidates if row.earliest is not None]
    undated = [row for row in candidates if row.earliest is None]
    if undated:
        before = _placed(rows[:at], _moved(drawn, ending), ending)
        drawn += _where_nothing_stands(before, ending, undated)
    if not drawn:
        return None
    gone = {id(row) for row in drawn}
    moved = _moved(drawn, ending)
    placed = _placed(rows[:at], moved, ending)
    rows[:] = [*placed, *(row for row in rows[at:] if id(row) not in gone)]
    ids = {id(row) for row in moved}
    return next(place for place, row in enumerate(placed) if id(row) in ids)


def _moved(drawn: Sequence[Event], ending: Event) -> list[Event]:
    return [replace(row, latest=ending.latest, narrowed_by=ending.reference) for row in drawn]


def _placed(before: Sequence[Event], moved: Sequence[Event], ending: Event) -> list[Event]:
    """The rows before an ending with those that it draws, each where it belongs on that day.

    What stands there keeps its order: earlier endings of the day may have drawn rows before themselves.
    """
    first = len(before)
    while first > 0 and before[first - 1].latest == ending.latest:
        first -= 1
    of_day = list(before[first:])
    for row in sorted(moved, key=lambda row: row.order):
        place = next((at for at, other in enumerate(of_day) if other.order > row.order), len(of_day))
        of_day.insert(place, row)
    return [*before[:first], *of_day]


def _begins(row: Event, ending: Event, rows: Sequence[Event], at: int) -> bool:
    """Whether a row begins what an ending ends (the table of section 2)."""
    name, part = ending.kind.name, ending.data.get("part")
    if name in _LIFTS:
        if row.kind.name != _LIFTS[name] or not _overlap(_part(row), part):
            return False
        of_works = name.startswith(("construction.", "production."))
        return _overlap(row.deal, ending.deal) or (of_works and not _has_line(ending.deal, rows[:at]))
    if name in _STOPS:
        of_line = _part(row) == part or part is None
        return row.kind.name in _STOPS[name] and of_line and _is_of_stopped_deal(row, ending, rows, at)
    if name in _ENDS_DEALS:
        if part is not None:
            of_works = row.kind.name.startswith(("construction.", "production.")) and _part(row) == part
            return name != "project.completed" and of_works and ending.deal in (None, row.deal)
        return _is_step(row) and ending.deal in (None, row.deal)
    if name == "permit.lapsed":
        return (
            row.kind.name == "permit.granted"
            and row.deal is not None
            and ending.deal == row.deal
            and ending.data.get("permit") in (None, row.data.get("permit"))
            and part in (None, _part(row))
        )
    if row.deal is None or row.deal != ending.deal:
        return False
    if name in ENDS_LEGS:
        return binds_what_ends(row, ending)
    if name == "memorandum.lapsed":
        return is_paper(row)
    ends = ending.data.get("ends")
    return row.kind.name == "pledge.announced" and (ends is None or row.is_named_by(ends))


def _part(event: Event) -> str | None:
    return event.data.get("part")


def _overlap(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def _is_step(row: Event) -> bool:
    return row.kind.effect is not Effect.RECORD and (row.kind.level is not None or row.kind.effect is Effect.PHYSICAL)


def _is_of_stopped_deal(row: Event, ending: Event, rows: Sequence[Event], at: int) -> bool:
    """A suspension is of its own deal's lines; one without deal, or of a deal without lines of its own, of all."""
    if ending.deal is None or row.deal == ending.deal:
        return True
    draws_of_its_own = any(
        other.deal == ending.deal
        and is_coarse(other)
        and other.kind.name in _STOPS[ending.kind.name]
        and _part(ending) in (None, _part(other))
        and other.earliest is not None
        and other.earliest <= ending.latest
        for other in rows[at + 1 :]
    )
    return not draws_of_its_own and not _has_line(ending.deal, rows[:at])


def _has_line(deal: str | None, before: Sequence[Event]) -> bool:
    """Whether a deal has a line of works of its own after these rows; one that has none speaks of all."""
    works = Works()
    for row in before:
        if row.kind.effect is Effect.PHYSICAL or row.kind.name.startswith("project."):
            works.apply(row)
    return deal is not None and works.has_line(deal, None)


def _where_nothing_stands(before: Sequence[Event], ending: Event, undated: Sequence[Event]) -> list[Event]:
    """Of the rows without an earliest day those whose deal has nothing else that the ending could end."""
    project = _project_after(before, ending.latest)
    return [row for row in undated if not _stands(project, ending, row.deal)]


def _project_after(before: Sequence[Event], day: date) -> ProjectAggregate:
    """The project as the rows before the ending leave it."""
    project = ProjectAggregate()
    current: date | None = None
    for event in before:
        if current is not None and event.latest != current:
            _end_days(project, current, event.latest)
        current = event.latest
        project.apply(event)
    if current is not None and current != day:
        _end_days(project, current, day)
    return project


def _end_days(project: ProjectAggregate, current: date, until: date) -> None:
    """End the day, and every later one before `until` at which something ceases by itself."""
    project.end_day(current, list(project.deals))
    while True:
        due = [(on, key) for key, deal in project.deals.items() if (on := deal.next_change_on()) is not None]
        on = min((on for on, _ in due), default=until)
        if on >= until or on <= current:
            return
        project.end_day(on, [key for day, key in due if day == on])
        current = on


def _stands(project: ProjectAggregate, ending: Event, key: str | None) -> bool:
    """Whether something stands that an ending could end: of a deal, or of the rows that name none."""
    name, part = ending.kind.name, ending.data.get("part")
    if name == "hold.lifted":
        return project.holds.until(key if ending.deal is None else ending.deal) is not None
    if name in _LIFTS:
        resumed_deal = key
        if ending.deal is not None:
            speaks_of_all = name != "project.resumed" and not project.works.has_line(ending.deal, None)
            resumed_deal = None if speaks_of_all else ending.deal
        return project.works.suspended(name.partition(".")[0], resumed_deal, part)
    if name in _STOPS:
        return project.works.runs(name.partition(".")[0], key, part)
    if name in _ENDS_DEALS and part is not None:
        return project.works.has_unretired_line(key, part)
    if key is None:
        return project.stands_without_deal
    deal = project.deals.get(key)
    return deal is not None and deal.alive and _STANDS_OF_DEAL.get(name, _has_begun)(deal, ending)


def _has_begun(deal: Deal, ending: Event) -> bool:
    return deal.has_begun


def _has_permit(deal: Deal, ending: Event) -> bool:
    return any(grant.ended_by(ending) for grant in deal.permits.grants)


_STANDS_OF_DEAL: dict[str, Callable[[Deal, Event], bool]] = {
    **dict.fromkeys(ENDS_LEGS, Deal.ends_of_legs_spoken_of),
    "memorandum.lapsed": lambda deal, _: deal.papers.start is not None and deal.papers.lapse_declared is None,
    "permit.lapsed": _has_permit,
    "pledge.withdrawn": lambda deal, _: bool(deal.announcements.pledges),
}
