"""Which deals are on hold, and since when (section 6, Hold): the events `hold.placed` and `hold.lifted`."""

from __future__ import annotations

from datetime import date

from steppe.domain.events.event import Event
from steppe.domain.legs.given_ends import given_end
from steppe.domain.values.states import BEGINNING, FOREVER, Start

_OPEN = Start(earliest=FOREVER, latest=FOREVER)


class Holds:
    """The holds in force. A hold without a deal concerns all; lifting frees whom it concerns from every hold."""

    def __init__(self) -> None:
        self._all: Start | None = None
        self._freed: set[str] = set()
        self._own: dict[str, Start] = {}
        # The first day of the unbroken run of holds: of all, and of the deals that some hold row named; None: free.
        self._all_since: date | None = None
        self._since: dict[str, date | None] = {}

    def fork(self) -> Holds:
        """An independent copy."""
        fork = Holds()
        fork._all, fork._freed, fork._own = self._all, self._freed.copy(), self._own.copy()
        fork._all_since, fork._since = self._all_since, self._since.copy()
        return fork

    def apply(self, event: Event) -> None:
        """Take in a `hold.placed` or `hold.lifted`."""
        deal = event.deal
        if event.kind.name == "hold.lifted":
            if deal is None:
                self._all = None
                self._own.clear()
                self._freed.clear()
            else:
                self._own.pop(deal, None)
                if self._all is not None:
                    self._freed.add(deal)
            return
        end = given_end(event.data.get("until")) or _OPEN
        if end.latest <= event.latest:
            return
        # A deal that was freed from the older holds of all is on this hold alone.
        for held in self._freed if deal is None else (deal,):
            self._own[held] = _last(end, self._own.get(held, end))
        if deal is None:
            self._all = _last(end, self._all or end)

    def end_of_day(self, day: date) -> None:
        """Drop the holds that end on this day or before, and note since when the others have been in force."""
        if self._all is None and not (self._own or self._freed or self._since):
            self._all_since = None
            return
        if self._all is not None and self._all.latest <= day:
            self._all = None
            self._freed.clear()
        self._own = {deal: end for deal, end in self._own.items() if end.latest > day}
        named = self._own.keys() | self._freed | self._since.keys()
        before = {deal: self._since.get(deal, self._all_since) for deal in named}
        self._all_since = None if self._all is None else self._all_since or day
        self._since = {
            deal: None if self.end(deal) is None else before[deal] or day
            for deal in named
            if deal in self._freed or self.end(deal) is not None
        }

    def next_end_on(self) -> date:
        """The next day on which a hold ends by itself, also of a deal that is not born yet; `date.max` if there is none."""
        return min(end.latest for end in (*self._own.values(), self._all or _OPEN))

    def until(self, deal: str | None) -> date | None:
        """The day on which the hold on a deal (None: on the project) ends; FOREVER when nobody said; None when there is none."""
        end = self.end(deal)
        return None if end is None else end.latest

    def end(self, deal: str | None) -> Start | None:
        """The same with both ends, as it was given."""
        of_all = None if deal in self._freed else self._all
        own = None if deal is None else self._own.get(deal)
        if own is None or of_all is None:
            return own or of_all
        return _last(own, of_all)

    def since(self, deal: str | None) -> date | None:
        """The first day of the unbroken run of holds on a deal, born by then or not (None: on the project)."""
        return self._all_since if deal is None or deal not in self._since else self._since[deal]


def _last(one: Start, other: Start) -> Start:
    """The end that comes last; of two of one day the one that is known better."""
    return max(one, other, key=lambda end: (end.latest, end.earliest or BEGINNING))
