"""The runs of days of a deal, at whose ends something holds: when they begin, go on and end (section 5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from tests.domain.reference.days import Start
from tests.domain.reference.deals import Deal, Run

_BY_THEMSELVES = ("expired", "long-stop")  # on one day, however roughly that was given
LEGS, IDLE, TO_BUILD = "legs", "idle", "to-build"
# What holds, each with the rows that made it hold.
Holding = list[tuple[object, list[Start]]]


def note_runs(deal: Deal, day: date) -> None:
    """Begin, go on with or end every run of a living deal by what holds at the end of a day."""
    for name, holds_for in _CONDITIONS.items():
        _note_run(deal, name, holds_for, day)


def _note_run(deal: Deal, name: str, holds_for: Callable[[Deal], Holding], day: date) -> None:
    phase = deal.phase
    holding = holds_for(deal)
    if not holding:
        phase.runs.pop(name, None)
        return
    rows = [start for _, starts in holding for start in starts]
    run = phase.runs.get(name)
    if run is None:
        run = phase.runs[name] = Run(day, [])
        if name == IDLE:  # of the conditions only this one can begin because something ended
            run.endings = [
                Start(leg.ended.latest if leg.ended_by in _BY_THEMSELVES else leg.ended.earliest, leg.ended.latest)
                for leg in phase.legs
                if leg.valid_before and not leg.valid and not leg.is_exploration and leg.ended is not None
            ]
            run.left = rows
    run.begun_by += [start for start in rows if start not in run.begun_by]


def _legs(deal: Deal, counts: Callable[[str, str | None], bool]) -> Holding:
    """The valid legs that count as they are now, each with the rows that made it count."""
    holding: Holding = []
    for leg in deal.phase.valid_legs:
        rows: list[Start] = []
        for row, right in leg.said:
            rows = [*rows, row.start] if counts(leg.kind, right) else []
        if rows:
            holding.append((leg, rows))
    return holding


def _is_bound(deal: Deal) -> Holding:
    return _legs(deal, lambda kind, right: True)


def _is_idle(deal: Deal) -> Holding:
    """All valid legs are exploration rights (section 6, idle-right)."""
    rights = _legs(deal, _is_exploration)
    return rights if len(rights) == len(deal.phase.valid_legs) else []


def _is_to_build(deal: Deal) -> Holding:
    """A leg other than offtake or an exploration right, or a permit to plan or to build (section 6, not-building)."""
    legs = _legs(deal, lambda kind, right: kind != "offtake" and not _is_exploration(kind, right))
    permits: Holding = [
        (grant, [grant.row.start])
        for grant in deal.phase.grants
        if grant.valid and grant.permit in ("planning", "construction")
    ]
    return legs + permits


def _is_exploration(kind: str, right: str | None) -> bool:
    return kind == "rights" and right == "exploration"


_CONDITIONS: dict[str, Callable[[Deal], Holding]] = {LEGS: _is_bound, IDLE: _is_idle, TO_BUILD: _is_to_build}
