"""displaced: another group got the asset, or its like in the same market (domain page, section 6)."""

from __future__ import annotations

from steppe.domain.events import Event
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import deposit, judged, on, pursued, standing


def child(party: str, parent: str) -> Event:
    return on(f"party:{party}", event("party.registered", "2008-01-01", deal=None, party=party, parent=parent))


def test_a_win_of_the_same_group_displaces_nobody_and_is_no_co_investment() -> None:
    log = [
        deposit(), child("alpha-mining", "alpha"),
        pursued("memorandum.signed", "2020-01-10", "alpha"),
        pursued("equity.agreed", "2021-05-05", "alpha-mining"),
    ]  # fmt: skip
    assert standing(log, "displaced", "2021-05-05") == []
    assert judged(log, "2021-05-05").co_investors == {}
    stranger = [*log[:1], *log[2:]]
    assert [flag.tier for flag in standing(stranger, "displaced", "2021-05-05")] == ["asset"]


def test_in_the_market_the_win_must_come_strictly_after_the_first_memorandum() -> None:
    def log(won: str) -> list[Event]:
        win = on("south", pursued("equity.agreed", won, "beta"))
        return [deposit(), deposit("south"), pursued("memorandum.signed", "2020-01-10", "alpha"), win]

    assert standing(log("2020-01-09"), "displaced", "2021-01-01") == []
    assert standing(log("2020-01-10"), "displaced", "2021-01-01") == []
    (flag,) = standing(log("2020-01-11"), "displaced", "2021-01-01")
    assert (flag.tier, flag.since.isoformat(), flag.groups) == ("market", "2020-01-11", ("beta",))


def test_on_the_asset_the_first_step_may_fall_on_the_same_day() -> None:
    log = [
        deposit(),
        pursued("memorandum.signed", "2020-01-10", "alpha"),
        pursued("equity.agreed", "2020-01-10", "beta"),
    ]
    assert len(standing(log, "displaced", "2020-01-10")) == 1


def test_whoever_was_bound_on_the_day_of_the_win_is_not_displaced_by_it_later() -> None:
    log = [
        deposit(),
        pursued("memorandum.signed", "2020-01-10", "alpha"),
        pursued("rights.granted", "2020-06-01", "alpha", right="mining"),
        pursued("equity.agreed", "2021-05-05", "beta"),
        pursued("rights.revoked", "2022-01-01", "alpha"),
    ]
    assert standing(log, "memorandum-only", "2022-01-01") != []
    assert standing(log, "displaced", "2022-01-01") == []


def test_a_deal_that_had_lost_its_legs_before_the_win_is_displaced_once_it_is_back_on_paper() -> None:
    log = [
        deposit(),
        pursued("rights.granted", "2020-01-10", "alpha", right="mining"),
        pursued("rights.revoked", "2020-06-01", "alpha"),
        pursued("rights.granted", "2021-01-16", "beta", right="mining"),
        pursued("memorandum.signed", "2021-04-16", "alpha"),
    ]
    assert standing(log, "displaced", "2021-04-15") == []
    (flag,) = standing(log, "displaced", "2021-04-16")
    assert (flag.tier, flag.since.isoformat(), flag.groups) == ("asset", "2021-04-16", ("beta",))
