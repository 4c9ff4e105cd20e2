"""The fold of one project: its deals, its works, its holds, row after row and day after day (section 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from tests.domain.reference.days import NEVER, Span, Start, last_of, latest_day
from tests.domain.reference.deals import (
    LEG_ENDINGS,
    Deal,
    Grant,
    Leg,
    leavers,
    leg_bound_by,
    new_leg,
    speaks_of_leg,
    stakes_told_by,
    take_out,
)
from tests.domain.reference.events import Row
from tests.domain.reference.registry import Registered
from tests.domain.reference.runs_of_days import note_runs
from tests.domain.reference.vocabulary import (
    BOUND,
    FINANCED,
    IDENTIFIED,
    PARTLY_BOUND,
    PURSUING,
)
from tests.domain.reference.works import NONE, Works

_WORKS = ("construction.", "production.", "project.")
_ENDS_OF_PROJECTS = {
    "project.cancelled": "cancelled",
    "project.completed": "completed",
    "project.retired": "retired",
}


@dataclass(slots=True)
class Hold:
    """A hold, and the deals that were freed from it."""

    row: Row
    freed: set[str] = field(default_factory=set)

    @property
    def ceases_on(self) -> date:
        """Its `until` day, on which it is free again."""
        return latest_day(self.row.data.get("until")) or NEVER

    def holds(self, deal: str | None) -> bool:
        """Whether it holds a deal, or (None) the project."""
        return deal not in self.freed if self.row.deal is None else deal == self.row.deal


class Project:
    """What a project has come to be by the rows that were folded."""

    def __init__(self, key: str, registered: Registered, deals_ever: Iterable[str]) -> None:
        self.key = key
        self.registered = registered
        self.deals_ever = sorted(deals_ever)
        self.deals: dict[str, Deal] = {}
        self.works = Works()
        self.holds: list[Hold] = []
        self.held_since: dict[str | None, date] = {}
        self.delisted = False
        self.ended_how: str | None = None
        self.ended_last: Deal | None = None
        self.spoken: list[Row] = []
        self.rows: list[Row] = []
        self.number = 0
        # For highest ever: of the deals by key, of the project under None.
        self.highest: dict[str | None, int] = {None: IDENTIFIED}

    def begin_day(self) -> None:
        """Remember what was valid at the end of the day before."""
        for deal in self.deals.values():
            for leg in deal.all_legs():
                leg.valid_before = leg.valid
            for phase in deal.phases:
                for grant in phase.grants:
                    grant.valid_before = grant.valid and deal.living and phase is deal.phase

    def apply(self, row: Row) -> None:
        """Fold one row."""
        self.number += 1
        self.rows.append(row)
        if row.name == "review.confirmed":
            self.delisted = row.data.get("finding") == "not-listed"
        if row.name == "hold.placed":
            self.holds.append(Hold(row))
        if row.name == "hold.lifted":
            self._lift(row)
        if row.is_record:
            return
        self.delisted = False
        if row.has_level_or_is_physical:
            self.ended_how = None
        deal = None if row.deal is None else self.deals.setdefault(row.deal, Deal(row.deal))
        if deal is not None and row.has_level_or_is_physical and not deal.living:
            deal.open(row)
        self._let_hear(row, deal)
        if row.name.startswith(_WORKS):
            phase = deal.phase.number if deal is not None and deal.living else None
            self.works.apply(row, self.number, phase)
        if deal is not None:
            self._apply_to_deal(row, deal)
        if row.is_physical and deal is None:
            for other in self.deals.values():
                self._cure(other)
        if row.name in _ENDS_OF_PROJECTS and row.part is None:
            self._end_deals(row, deal)
        self._note_closings()

    def _let_hear(self, row: Row, deal: Deal | None) -> None:
        """Section 5, S: its own and, from its first own event on, those that speak of the project."""
        if deal is None:
            self.spoken.append(row)
            for other in self.deals.values():
                if other.has_spoken:
                    other.heard.append(row)
        else:
            deal.own.append(row)
            deal.heard.append(row)
            deal.has_spoken = True

    def _lift(self, row: Row) -> None:
        """A hold that is lifted frees whom it concerns from every hold."""
        if row.deal is None:
            self.holds.clear()
            return
        self.holds = [hold for hold in self.holds if hold.row.deal != row.deal]
        for hold in self.holds:
            hold.freed.add(row.deal)

    def _apply_to_deal(self, row: Row, deal: Deal) -> None:
        if not deal.living:
            return
        phase = deal.phase
        if row.has_level_or_is_physical:
            phase.rows.append(row)
        if row.level is not None:
            phase.sign(row)
        if row.name != "equity.exited":
            phase.holdings |= stakes_told_by(row)
        if row.is_memorandum_class:
            phase.papers.append(row)
            phase.lapse = None
        if row.name == "memorandum.lapsed" and phase.papers:
            phase.lapse = row
        if row.name == "pledge.announced":
            phase.pledges_left.add(row.event.key)
        if row.name == "permit.granted":
            phase.grants.append(Grant(row))
        if row.name in ("permit.lapsed", "permit.refused"):
            _take_permits(row, [grant for each in deal.phases for grant in each.grants])
        if row.is_binding:
            kind = leg_bound_by(row)
            assert kind is not None
            phase.legs.append(new_leg(row, kind, inferred=False))
        if row.is_physical:
            self._bind_physically(row, deal)
        if row.is_physical or row.name in ("equity.closed", "finance.closed"):
            self._cure(deal)
        if row.name in ("equity.closed", "finance.closed", "funds.disbursed"):
            phase.closed = True
        if row.name in ("rights.amended", "offtake.amended"):
            _amend(row, phase.legs)
        if row.name in LEG_ENDINGS:
            self._end_legs(row, deal)
        if row.name == "pledge.withdrawn":
            self._withdraw_pledges(row, deal)
        if row.name == "investor.withdrew":
            self._withdraw(row, deal)

    def _bind_physically(self, row: Row, deal: Deal) -> None:
        """A disbursement marks the legs of its name, or binds one; another physical row binds where nothing is bound."""
        phase = deal.phase
        kind = leg_bound_by(row)
        assert kind is not None
        if row.name == "funds.disbursed":
            marked = [leg for leg in phase.valid_legs if leg.kind == kind]
            for leg in marked:
                leg.financed = True
                leg.rows.append(row.ref)
            if not marked:
                phase.legs.append(new_leg(row, kind, inferred=True))
        elif not phase.valid_legs:
            phase.legs.append(new_leg(row, kind, inferred=True))

    def _cure(self, deal: Deal) -> None:
        if deal.living:
            for leg in deal.phase.valid_legs:
                leg.conditional = False

    def _note_closings(self) -> None:
        """Physical state while bound is a closing, too (section 4)."""
        if self.works.state() == NONE:
            return
        for deal in self.deals.values():
            if deal.living and deal.phase.valid_legs:
                deal.phase.closed = True

    def _end_legs(self, row: Row, deal: Deal) -> None:
        """End what was valid at the end of the day before, else what came before on the same day (section 4)."""
        spoken = [leg for leg in deal.all_legs() if speaks_of_leg(row, leg)]
        if row.reference("ends") is None:
            before = [leg for leg in spoken if leg.valid_before]
            spoken = before or spoken
        ceasing = [leg for leg in spoken if leg.valid]
        if row.name in ("equity.exited", "offtake.ended"):
            leaving = leavers(row, spoken, deal.phase.holdings)
            ceasing = [leg for leg in ceasing if take_out(leg, leaving)]
        self._cease(deal, ceasing, [row.span] * len(ceasing), LEG_ENDINGS[row.name])

    def _cease(self, deal: Deal, ceasing: list[Leg], spans: list[Span], how: str) -> None:
        if not ceasing:
            return
        phase = deal.phase
        for leg, ended in zip(ceasing, spans, strict=True):
            leg.cease(ended, how)
        of_last = last_of(Start(ended.earliest, ended.latest) for ended in spans)
        span = Span(of_last.earliest, of_last.latest)
        others_left = any(leg.kind != "unknown" for leg in phase.valid_legs)
        if not others_left and any(leg.kind != "unknown" for leg in ceasing):
            for leg in phase.valid_legs:  # an inferred leg goes with the last other
                leg.cease(span, how)
        if phase.valid_legs:
            return
        last = next((leg for leg in reversed(ceasing) if leg.kind != "unknown"), ceasing[-1])
        if how == "exited":
            self._end(deal, "exited", span)
        elif how == "fulfilled" or (how == "expired" and last.kind == "offtake"):
            self._end(deal, "completed", span)
        elif phase.closed or phase.steps_level() is None:
            self._end(deal, "terminated", span)

    def _end(self, deal: Deal, how: str, span: Span) -> None:
        deal.end(how, span)
        self.ended_last = deal

    def _withdraw_pledges(self, row: Row, deal: Deal) -> None:
        phase = deal.phase
        ends = row.reference("ends")
        if ends is None:
            phase.pledges_left.clear()
        else:
            phase.pledges_left.discard(ends)
        if not phase.pledges_left and all(other.name == "pledge.announced" for other in phase.rows):
            self._end(deal, "withdrawn", row.span)

    def _withdraw(self, row: Row, deal: Deal) -> None:
        """The named ones leave, until they sign again; none named: all. Without a pursuer the deal ends."""
        phase = deal.phase
        pursuers = set(phase.pursuers())
        leaving = {
            str(party["party"])
            for party in row.data.get("parties", ())
            if party["role"] in PURSUING or party["party"] in pursuers
        } or pursuers
        phase.leave(leaving)
        if pursuers <= leaving:
            self._end(deal, "withdrawn", row.span)

    def _end_deals(self, row: Row, deal: Deal | None) -> None:
        how = _ENDS_OF_PROJECTS[row.name]
        if row.deal is None:
            self.ended_how = how
        for other in [deal] if deal is not None else [self.deals[key] for key in sorted(self.deals)]:
            if other.living:
                self._end(other, how, row.span)

    def next_change(self) -> date:
        """The first day on which something ceases by itself."""
        days = [hold.ceases_on for hold in self.holds]
        for deal in self.deals.values():
            if deal.living:
                days += [leg.ceases_by_itself()[0] for leg in deal.phase.valid_legs]
                days += [grant.ceases_on for grant in deal.phase.grants if grant.valid]
        return min(days, default=NEVER)

    def end_day(self, day: date) -> None:
        """What ceases by itself ceases at the end of the day, after the day's events (section 4)."""
        self.holds = [hold for hold in self.holds if hold.ceases_on > day]
        for key in sorted(self.deals):
            deal = self.deals[key]
            if deal.living:
                for grant in deal.phase.grants:
                    grant.valid = grant.valid and grant.ceases_on > day
                self._cease_by_themselves(deal, day)

    def _cease_by_themselves(self, deal: Deal, day: date) -> None:
        """On one day first what reached its long stop, then rights, then offtakes: the last decide how the deal ends."""
        due = [leg for leg in deal.phase.valid_legs if leg.ceases_by_itself()[0] <= day]
        for how, kind in (("long-stop", None), ("expired", "rights"), ("expired", "offtake")):
            ceasing = [
                leg for leg in due if leg.valid and leg.ceases_by_itself()[1] == how and kind in (None, leg.kind)
            ]
            if deal.living:
                self._cease(deal, ceasing, [leg.ended_by_itself(day) for leg in ceasing], how)

    def note_day(self, day: date) -> None:
        """Remember what holds at the end of a day: runs, holds, the highest level ever."""
        for key in (None, *self.deals_ever):
            if any(hold.holds(key) for hold in self.holds):
                self.held_since.setdefault(key, day)
            else:
                self.held_since.pop(key, None)
        for deal in self.deals.values():
            if deal.living:
                note_runs(deal, day)
        self.note_highest(day)

    def note_highest(self, day: date, whose: Project | None = None) -> None:
        """Raise the highest ever of the deals and the project to what holds at the end of a day."""
        highest = (whose or self).highest
        for key, deal in self.deals.items():
            level = self.level_of(deal, day)
            if level is not None:
                highest[key] = max(highest.get(key, IDENTIFIED), level)
        highest[None] = max(highest[None], self.level(day))

    def missing_legs(self, deal: Deal, day: date) -> list[str]:
        """The required legs that a deal that is bound lacks (section 4)."""
        if not deal.living or not deal.phase.valid_legs:
            return []
        there = {leg.kind for leg in deal.phase.valid_legs}
        return sorted(set(self.registered.names("required_legs", day)) - there)

    def level_of(self, deal: Deal, day: date) -> int | None:
        """The current level of a living deal; an ended one has none."""
        if not deal.living:
            return None
        level = deal.phase.steps_level()
        levels = [IDENTIFIED if level is None else level]
        valid = deal.phase.valid_legs
        if valid:
            levels.append(PARTLY_BOUND if self.missing_legs(deal, day) else BOUND)
            if any(leg.financed for leg in valid):
                levels.append(FINANCED)
            levels.append(self.works.state())
        return max(levels)

    def level(self, day: date) -> int:
        """The highest of its living deals and its own physical state, at least identified."""
        levels = [level for deal in self.deals.values() if (level := self.level_of(deal, day)) is not None]
        return max(IDENTIFIED, self.works.state(), *levels) if levels else max(IDENTIFIED, self.works.state())


def _take_permits(row: Row, grants: list[Grant]) -> None:
    """A lapse takes what was in force the day before; what is granted on its day stands if another was (section 4)."""
    spoken = [grant for grant in grants if grant.is_spoken_of_by(row)]
    before = [grant for grant in spoken if grant.valid_before]
    for grant in before or spoken:
        grant.valid = False


def _amend(row: Row, legs: list[Leg]) -> None:
    """Sections 3 and 4: with `amends` that leg, else those of the right, or of the offtakers named (none: all)."""
    amends = row.reference("amends")
    kind = "rights" if row.name == "rights.amended" else "offtake"
    for leg in legs:
        if not leg.valid or leg.kind != kind or amends not in (None, leg.row.event.key):
            continue
        right = leg.right
        if kind == "rights" and "right" in row.data:
            if amends is not None:
                right = str(row.data["right"])
            elif row.data["right"] != leg.right:
                continue
        named = row.parties("offtaker")
        if kind == "offtake" and amends is None and named and leg.holders.isdisjoint(named):
            continue
        leg.amend(row, right)
