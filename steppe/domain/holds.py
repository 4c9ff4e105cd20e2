"""Which deals are on hold, and since when (section 6, Hold). Knows hold.placed and hold.lifted only."""

from __future__ import annotations

from datetime import date

from steppe.domain import edtf
from steppe.domain.events import Event


class Holds:
    """The standing holds. A hold without a deal concerns all; lifting frees whom it concerns from every hold."""

    def __init__(self) -> None:
        self._all: date | None = None
        self._freed: set[str] = set()
        self._own: dict[str, date] = {}

    def fork(self) -> Holds:
        """A copy that goes its own way."""
        twin = Holds()
        twin._all, twin._freed, twin._own = self._all, self._freed.copy(), self._own.copy()
        return twin

    def apply(self, event: Event) -> date | None:
        """Take in a hold row; returns the day on which the new hold ends by itself."""
        if event.kind.name == "hold.lifted":
            if event.deal is None:
                self._all = None
                self._own.clear()
                self._freed.clear()
            else:
                self._own.pop(event.deal, None)
                if self._all is not None:
                    self._freed.add(event.deal)
            return None
        until = edtf.parse(event.data["until"]).latest if "until" in event.data else None
        end = until or date.max
        if end <= event.latest:
            return None
        if event.deal is None:
            self._all = max(end, self._all or end)
            self._freed.clear()
        else:
            self._own[event.deal] = max(end, self._own.get(event.deal, end))
        return until

    def free(self, day: date) -> None:
        """Let the holds go that end on this day or before."""
        if self._all is not None and self._all <= day:
            self._all = None
            self._freed.clear()
        self._own = {deal: end for deal, end in self._own.items() if end > day}

    def until(self, deal: str | None) -> date | None:
        """When the hold on a deal (None: on the project) ends; `date.max` when nobody said; None when there is none."""
        ends = [] if self._all is None or deal in self._freed else [self._all]
        if deal is not None and deal in self._own:
            ends.append(self._own[deal])
        return max(ends, default=None)
