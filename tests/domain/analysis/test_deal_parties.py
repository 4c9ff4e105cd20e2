"""Who pursues a deal, in whatever role: named by its events, and gone with their withdrawal or exit."""

from __future__ import annotations

from datetime import date
from typing import Any

from steppe.domain.analysis.deal_parties import parties_of_deal
from steppe.domain.events.event import Event
from steppe.domain.fold.fold_state import in_fold_order
from steppe.domain.values.levels import Level
from steppe.domain.values.states import DealState, LegState
from tests.domain.event_logs import event


def named(name: str, occurred: str, /, *, stake_percent: float | None = None, **roles: str) -> Event:
    parties = [{"party": party, "role": role} for party, role in roles.items()]
    moved: dict[str, Any] = {} if stake_percent is None else {"stake_percent": stake_percent}
    return event(name, occurred, parties=parties, **moved)


def told(
    events: list[Event], *, holders: tuple[str, ...] = (), ended: str | None = None, first: str = "2020-03-01"
) -> str:
    deal = DealState(
        deal="alpha", phase=1, level=None if ended else Level.BOUND, highest_level=Level.BOUND,
        first_step_on=date.fromisoformat(first), ended_on=date.fromisoformat(ended) if ended else None,
        legs=(LegState(leg="equity", since=date(2020, 3, 1), valid=True, holders=holders),),
    )  # fmt: skip
    return ", ".join(f"{party} {role}" for party, role in parties_of_deal(deal, in_fold_order(events)))


BEGUN = [
    named("equity.agreed", "2020-03-01", beta="investor", alpha="investor"),
    named("loan.signed", "2020-06-01", bank="financier", alpha="investor", ministry="host"),
]


def test_investors_stand_before_financiers_and_hosts_do_not_pursue() -> None:
    assert told(BEGUN) == "alpha investor, beta investor, bank financier"


def test_a_party_of_two_roles_stands_under_the_higher_one() -> None:
    assert told([*BEGUN, named("works.awarded", "2020-07-01", alpha="contractor")]).count("alpha") == 1


def test_who_withdrew_has_left_until_a_later_step_names_them_again() -> None:
    gone = [*BEGUN, named("investor.withdrew", "2021-01-01", beta="investor")]
    assert told(gone) == "alpha investor, bank financier"
    assert told([*gone, named("memorandum.renewed", "2021-06-01", beta="investor")]).split(", ")[1] == "beta investor"


def test_who_gave_up_a_share_stays_as_long_as_something_of_it_binds() -> None:
    sold = [*BEGUN, named("equity.exited", "2021-01-01", beta="investor", stake_percent=10)]
    assert told(sold, holders=("alpha", "beta")) == "alpha investor, beta investor, bank financier"
    assert told(sold, holders=("alpha",)) == "alpha investor, bank financier"


def test_an_ended_deal_names_those_who_pursued_it_to_the_end() -> None:
    last = [
        *BEGUN,
        named("equity.exited", "2021-01-01", beta="investor"),
        named("equity.exited", "2022-01-01", alpha="investor"),
    ]
    assert told(last, ended="2022-01-01") == "alpha investor, bank financier"


def test_parties_of_an_earlier_phase_are_not_those_of_this_one() -> None:
    assert (
        told([*BEGUN, named("memorandum.signed", "2023-01-01", gamma="investor")], first="2023-01-01")
        == "gamma investor"
    )
