"""The permits of a deal that are in force, each from its grant until a lapse, a refusal or its own end (section 4)."""

from __future__ import annotations

from datetime import date, timedelta

from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import BUILDING_PERMITS
from steppe.domain.legs.given_ends import given_end
from steppe.domain.values.states import PermitState, Start
from steppe.domain.values.value_class import value_class


@value_class(frozen=True, slots=True)
class Grant:
    """A permit as it was granted. `ends`: its last day; None when nobody said one."""

    event: Event
    ends: Start | None

    @property
    def permit(self) -> str | None:
        """Which kind of permit it is; None: a row that became a grant by reclassification need not tell."""
        return self.event.data.get("permit")

    @property
    def part(self) -> str | None:
        """The part of the project that it is for; None: not stated."""
        return self.event.data.get("part")

    @property
    def builds(self) -> bool:
        """Whether it lets one build (section 6, not-building)."""
        return self.permit in BUILDING_PERMITS

    @property
    def ceases_on(self) -> date | None:
        """The day at whose end it is no longer in force, if nothing changes."""
        return None if self.ends is None or self.ends.latest == date.max else self.ends.latest + timedelta(days=1)

    def ended_by(self, event: Event) -> bool:
        """Whether a lapse or refusal is of its kind and part; one without kind is of all kinds, one without part of all parts."""
        return event.data.get("permit") in (None, self.permit) and event.data.get("part") in (None, self.part)


@value_class(frozen=True, slots=True)
class Permits:
    """The grants in force, in the order in which they were granted, and those in force at the end of the day before."""

    grants: tuple[Grant, ...] = ()
    yesterday: tuple[Grant, ...] = ()

    @property
    def building(self) -> tuple[Grant, ...]:
        """Those that let one build."""
        return tuple(grant for grant in self.grants if grant.builds) if self.grants else ()

    def with_grant(self, event: Event) -> Permits:
        """With one more."""
        return Permits((*self.grants, Grant(event, given_end(event.data.get("expires_on")))), self.yesterday)

    def after_lapse(self, event: Event) -> Permits:
        """After a lapse or refusal: it takes what was in force the day before, else what was granted on its own day."""
        taken = [grant for grant in self.yesterday if grant.ended_by(event)]
        if not taken:
            taken = [grant for grant in self.grants if grant.ended_by(event)]
        return Permits(tuple(grant for grant in self.grants if grant not in taken), self.yesterday)

    def in_new_phase(self) -> Permits:
        """None of a new phase, which begins without; a lapse on this day speaks of those of the day before."""
        return Permits((), self.yesterday)

    def at_end_of_day(self, day: date) -> Permits:
        """Without those that cease by themselves by the end of a day."""
        if not self.grants and not self.yesterday:
            return self
        grants = tuple(grant for grant in self.grants if grant.ceases_on is None or grant.ceases_on > day)
        if grants == self.grants == self.yesterday:
            return self
        return Permits(grants, grants)

    def next_ceasing_on(self) -> date | None:
        """The next day at whose end one ceases by itself."""
        if not self.grants:
            return None
        return min((grant.ceases_on for grant in self.grants if grant.ceases_on is not None), default=None)

    def states(self) -> tuple[PermitState, ...]:
        """Those in force."""
        return tuple(
            PermitState(
                permit=grant.permit or "other",
                since=grant.event.latest,
                since_earliest=grant.event.earliest,
                since_given=grant.event.given,
                event=grant.event.reference,
                part=grant.part,
                ends_on=None if grant.ends is None else grant.ends.latest,
                ends_on_earliest=None if grant.ends is None else grant.ends.earliest,
                ends_on_given=None if grant.ends is None else grant.ends.given,
            )
            for grant in self.grants
        )
