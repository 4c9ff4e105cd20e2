"""Which legs an ending row speaks of: of which kind, right and holders, or the one that it names (sections 3 and 4)."""

from __future__ import annotations

from collections.abc import Iterable

from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import UNKNOWN_LEG, Effect
from steppe.domain.legs.legs import Leg, leg_from

ENDS_LEGS = frozenset({"contract.terminated", "rights.revoked", "offtake.ended", "equity.exited"})
_HOLDER_ROLE = {"offtake.ended": "offtaker", "equity.exited": "investor"}


def parties_in_role(event: Event, role: str) -> frozenset[str]:
    """The parties that an event names in a role."""
    return frozenset(party.party for party in event.parties if party.role == role)


def speaks_of(ending: Event, leg: Leg) -> bool:
    """Whether an ending row speaks of a leg."""
    ends = ending.data.get("ends")
    if ends is not None and not leg.event.is_named_by(ends):
        return False
    match ending.kind.name:
        case "contract.terminated":
            return ending.data.get("leg") in (None, leg.leg)
        case "rights.revoked":
            return leg.leg == "rights" and ending.data.get("right") in (None, leg.right)
        case name:
            named = parties_in_role(ending, _HOLDER_ROLE[name])
            return leg.leg == ending.kind.leg and (not named or not leg.holders or bool(leg.holders & named))


def legs_concerned(ending: Event, yesterday: Iterable[Leg], today: Iterable[Leg]) -> list[Leg]:
    """The legs that an ending row takes (section 4): those valid at the end of the day before of which it speaks, whether
    they still are or not; only where there are none, those valid now."""
    taken = [leg for leg in yesterday if speaks_of(ending, leg)]
    return taken or [leg for leg in today if speaks_of(ending, leg)]


def binds_what_ends(row: Event, ending: Event) -> bool:
    """Whether a row binds a leg of which an ending row speaks; a disbursement binds its leg, a physical row `unknown`."""
    if row.kind.effect is Effect.BINDING:
        name = row.kind.leg or UNKNOWN_LEG
    elif row.kind.name == "funds.disbursed":
        name = disbursed_leg(row)
    elif row.kind.effect is Effect.PHYSICAL:
        name = UNKNOWN_LEG
    else:
        return False
    return speaks_of(ending, leg_from(row, name, 0, inferred=row.kind.effect is Effect.PHYSICAL))


def disbursed_leg(event: Event) -> str:
    """The leg of a disbursement: its own, else grant if a donor and no financier is named, else debt (section 3)."""
    roles = {party.role for party in event.parties}
    leg: str | None = event.data.get("leg")
    return leg or ("grant" if "donor" in roles and "financier" not in roles else "debt")
