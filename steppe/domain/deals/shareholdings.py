"""How much of the shares each investor of a deal has, as far as anybody said (section 4, holders)."""

from __future__ import annotations

from steppe.domain.events.event import Event

_NOTHING_PERCENT = 1e-9


class Holdings:
    """Known from a party's own `stake_percent`, less what it gave up since."""

    def __init__(self) -> None:
        self._percent: dict[str, float] = {}

    def fork(self) -> Holdings:
        """A copy that goes its own way."""
        twin = Holdings()
        twin._percent = self._percent.copy()
        return twin

    def hear(self, event: Event) -> None:
        """Take in the holdings that an event states."""
        for party in event.parties:
            if party.stake_percent is not None:
                self._percent[party.party] = party.stake_percent

    def leave(self, event: Event, holders: set[str]) -> set[str]:
        """Who of the named investors (none named: all holders) has nothing left after the exit."""
        named = {party.party for party in event.parties if party.role == "investor"} or set(holders)
        given_up = event.data.get("stake_percent")
        stated = {
            p.party: p.stake_percent for p in event.parties if p.role == "investor" and p.stake_percent is not None
        }
        self._percent.update(stated)
        if given_up is None:
            gone = {party for party in named if stated.get(party, 0.0) <= _NOTHING_PERCENT}
            for party in gone:
                self._percent.pop(party, None)
            return gone
        if stated:
            return {party for party in named if self._percent.get(party, 1.0) <= _NOTHING_PERCENT}
        if any(party not in self._percent for party in named):
            return set()
        left = sum(self._percent[party] for party in named) - float(given_up)
        for party in named:
            self._percent[party] = max(left, 0.0)
        return named if left <= _NOTHING_PERCENT else set()
