"""The share that each investor of a deal holds, as far as events state it (section 4, holders)."""

from __future__ import annotations

from steppe.domain.events.event import Event

_NOTHING_PERCENT = 1e-9


class Shareholdings:
    """Percent by party: its own `stake_percent`, less what it gave up since."""

    def __init__(self) -> None:
        self._percent: dict[str, float] = {}

    def fork(self) -> Shareholdings:
        """An independent copy."""
        fork = Shareholdings()
        fork._percent = self._percent.copy()
        return fork

    def note_stakes(self, event: Event) -> None:
        """Take in the stakes that an event states."""
        for party in event.parties:
            if party.stake_percent is not None:
                self._percent[party.party] = party.stake_percent

    def exit(self, event: Event, holders: set[str]) -> set[str]:
        """Take in an `equity.exited`; the named investors (none named: all holders) that have nothing left after it."""
        named = {party.party for party in event.parties if party.role == "investor"} or set(holders)
        given_up = event.data.get("stake_percent")
        stated = {
            p.party: p.stake_percent for p in event.parties if p.role == "investor" and p.stake_percent is not None
        }
        self._percent.update(stated)
        if given_up is None:
            exited = {party for party in named if stated.get(party, 0.0) <= _NOTHING_PERCENT}
            for party in exited:
                self._percent.pop(party, None)
            return exited
        if stated:
            return {party for party in named if self._percent.get(party, 1.0) <= _NOTHING_PERCENT}
        if any(party not in self._percent for party in named):
            return set()
        left = sum(self._percent[party] for party in named) - float(given_up)
        for party in named:
            self._percent[party] = max(left, 0.0)
        return named if left <= _NOTHING_PERCENT else set()
