"""Who leaves with an exit and which legs go with them (section 4, holders), where the holdings are told in part."""

from __future__ import annotations

from datetime import date
from typing import Any

from steppe.domain.events.event import Event
from steppe.domain.fold.fold_state import judge
from tests.domain.event_logs import event

DAY = date(2021, 6, 1)


def _investors(**stakes: Any) -> list[dict[str, Any]]:
    stakes_of = {party: {} if stake is None else {"stake_percent": stake} for party, stake in stakes.items()}
    return [{"party": party, "role": "investor", **stake} for party, stake in stakes_of.items()]


def _holders(*events: Event) -> tuple[str, ...] | None:
    """Who still holds the leg; None when it has ceased."""
    (leg,) = judge("north", events, DAY).deals[0].legs
    return leg.holders if leg.valid else None


def test_a_share_given_up_ends_no_leg_whose_holders_nobody_named() -> None:
    agreed = event("equity.agreed", "2020-01-01")
    assert _holders(agreed, event("equity.exited", "2021-01-01", stake_percent=20)) == ()
    assert _holders(agreed, event("equity.exited", "2021-01-01", parties=_investors(inv=10))) == ()
    assert _holders(agreed, event("equity.exited", "2021-01-01")) is None


def test_who_says_what_it_still_holds_stays_and_its_partner_leaves() -> None:
    agreed = event("equity.agreed", "2020-01-01", parties=_investors(inv=60, partner=40))
    left = event("equity.exited", "2021-01-01", parties=_investors(inv=10, partner=None))
    assert _holders(agreed, left) == ("inv",)


def test_who_holds_nothing_after_the_exit_leaves_whatever_share_moved() -> None:
    agreed = event("equity.agreed", "2020-01-01", parties=_investors(inv=60, partner=40))
    left = event("equity.exited", "2021-01-01", parties=_investors(inv=0), stake_percent=20)
    assert _holders(agreed, left) == ("partner",)
