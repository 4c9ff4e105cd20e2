"""Which deals are on hold, and since when (section 6, Hold). Knows hold.placed and hold.lifted only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from steppe.domain import edtf
from steppe.domain.events import Event


@dataclass(slots=True)
class _Hold:
    """From `since` to the day before `end`; some deals were freed from it earlier."""

    deal: str | None
    since: date
    end: date
    freed: dict[str, date] = field(default_factory=dict)

    def end_for(self, deal: str | None) -> date:
        return self.end if deal is None else min(self.end, self.freed.get(deal, self.end))


class Holds:
    """The holds of a project. One without a deal concerns all; lifting frees whom it concerns from every hold."""

    def __init__(self) -> None:
        self._today = date.min
        self._placed: list[_Hold] = []

    def apply(self, event: Event) -> date | None:
        """Take in a hold row; returns the day on which the new hold ends by itself."""
        if event.kind.name == "hold.lifted":
            for hold in self._placed:
                if event.deal is None:
                    hold.end = min(hold.end, event.latest)
                elif hold.deal in (None, event.deal):
                    hold.freed.setdefault(event.deal, event.latest)
            return None
        until = edtf.parse(event.data["until"]).latest if "until" in event.data else None
        end = until or date.max
        if end <= event.latest:
            return None
        self._placed.append(_Hold(event.deal, event.latest, end))
        return until

    def free(self, day: date) -> None:
        """Let the holds go that end on this day or before."""
        self._today = day
        if all(hold.end <= day for hold in self._placed):
            self._placed.clear()

    def until(self, deal: str | None) -> date | None:
        """When the hold on a deal (None: on the project) ends; `date.max` when nobody said; None when there is none."""
        return max((end for _, end in self._on(deal) if end > self._today), default=None)

    def since(self, deal: str | None) -> date | None:
        """The first day of the unbroken run of holds on it; None when there is none."""
        first = last = date.min
        for since, end in sorted(self._on(deal)):
            if since > last:
                first = since
            last = max(last, end)
        return first if last > self._today else None

    def _on(self, deal: str | None) -> Iterator[tuple[date, date]]:
        for hold in self._placed:
            if hold.deal in (None, deal) and hold.since < (end := hold.end_for(deal)):
                yield hold.since, end
