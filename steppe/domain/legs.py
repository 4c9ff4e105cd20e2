"""One document that binds, and who holds it (section 4, legs and holders). Knows no deal and no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from steppe.domain import edtf
from steppe.domain.events import Event
from steppe.domain.vocabulary import UNKNOWN_LEG

_HOLDER_ROLE = {"equity": "investor", "offtake": "offtaker"}


@dataclass(slots=True, kw_only=True)
class Leg:
    """A bound leg from its binding day until it ceases. Changed only by the deal that owns it."""

    leg: str
    event: Event
    since: date
    holders: set[str] = field(default_factory=set)
    ends_on: date | None = None
    long_stop: date | None = None
    conditional: bool = False
    financed: bool = False
    inferred: bool = False
    ended_on: date | None = None
    ended_how: str | None = None

    @property
    def valid(self) -> bool:
        """Whether it still binds."""
        return self.ended_on is None

    @property
    def firm(self) -> bool:
        """Whether it lets one build: any leg but an offtake and a right to explore (section 6, not-building)."""
        return self.leg != "offtake" and not (self.leg == "rights" and self.event.data.get("right") == "exploration")

    @property
    def ceases_on(self) -> date | None:
        """The day at whose end it ceases by itself, if nothing changes."""
        days = []
        if self.ends_on is not None and self.ends_on < date.max:
            days.append(self.ends_on + timedelta(days=1))
        if self.conditional and self.long_stop is not None:
            days.append(self.long_stop)
        return min(days, default=None)

    def stops_by(self, day: date) -> bool:
        """Whether its long stop is reached by the end of that day without a cure."""
        return self.conditional and self.long_stop is not None and self.long_stop <= day

    def take_out(self, parties: set[str]) -> None:
        """Remove holders; the caller ends the leg when none is left."""
        self.holders -= parties


def bound_by(event: Event, leg: str, *, inferred: bool = False) -> Leg:
    """The leg that an event binds."""
    role = _HOLDER_ROLE.get(leg)
    return Leg(
        leg=leg,
        event=event,
        since=event.latest,
        holders=set() if inferred else {party.party for party in event.parties if party.role == role},
        ends_on=day_of(event, "ends_on"),
        long_stop=day_of(event, "long_stop"),
        conditional=bool(event.data.get("conditional")),
        financed=event.kind.name in ("finance.closed", "funds.disbursed"),
        inferred=inferred or leg == UNKNOWN_LEG,
    )


def day_of(event: Event, name: str) -> date | None:
    """The latest day of an EDTF field; None when absent or open."""
    text = event.data.get(name)
    return None if text is None else edtf.parse(text).latest
