"""Who pursues a deal on a day, in whatever role. Pure: from events to items.

`pursuers` of a deal are those of its highest role, by whom it is judged (domain page, section 1); people also ask who lends, builds
and buys.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import PURSUING_ROLES
from steppe.domain.values.states import DealState


class DealParty(NamedTuple):
    """A party and the highest role in which it pursues."""

    party: str
    role: str


def parties_of_deal(deal: DealState, events: Iterable[Event]) -> list[DealParty]:
    """Who pursues a deal, by role and key: whoever its events of this phase name, without those who left it while it lived.

    `events` are those of the project that had occurred, in the order of the fold. Who withdrew has left; so has who gave up
    a share and holds nothing that binds.
    """
    roles: dict[str, str] = {}
    holders = {holder for leg in deal.legs if leg.valid for holder in leg.holders}
    for event in events:
        if event.deal != deal.deal or deal.first_step_on is None or event.latest < deal.first_step_on:
            continue
        if event.kind.level is not None:
            for party in event.parties:
                if party.role in PURSUING_ROLES:
                    roles[party.party] = min(party.role, roles.get(party.party, party.role), key=PURSUING_ROLES.index)
        elif deal.ended_on is None or event.latest < deal.ended_on:
            for leaver in _leavers(event, holders):
                roles.pop(leaver, None)
    return sorted(
        (DealParty(party, role) for party, role in roles.items()),
        key=lambda pursuing: (PURSUING_ROLES.index(pursuing.role), pursuing.party),
    )


def _leavers(event: Event, holders: set[str]) -> set[str]:
    match event.kind.name:
        case "investor.withdrew":
            return {party.party for party in event.parties}
        case "equity.exited":
            return {party.party for party in event.parties if party.role == "investor"} - holders
        case _:
            return set()
