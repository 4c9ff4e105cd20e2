"""What a flag says of the days to come: when it will be certain, and when it rises (section 6), if nothing else occurs."""

from __future__ import annotations

from datetime import date
from typing import Any

from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.states import Flag
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import deposit, pursued, standing

BUYER = [{"party": "buyer", "role": "offtaker"}]


def _only(flags: list[Flag]) -> Flag:
    assert len(flags) == 1
    return flags[0]


def _equity(**data: Any) -> Any:
    return pursued("equity.agreed", "2020", "alpha", conditional=True, **data)


def test_a_flag_that_ends_with_its_leg_first_never_becomes_certain() -> None:
    stops = _equity(long_stop="2022-06-29")
    stands = _equity(long_stop="2023-06-29")
    project = deposit(required_legs=["debt"])
    for flag, certain in (("partly-bound", date(2022, 6, 30)), ("not-building", date(2022, 12, 31))):
        assert _only(standing([project, stops], flag, "2022-02-01")).certain_on is None
        assert _only(standing([project, stands], flag, "2022-02-01")).certain_on == certain


def test_an_inferred_leg_goes_with_the_last_other_and_takes_the_forecast_along() -> None:
    made = event("processing.localised", "2020", id="made", deal="alpha", step="mining")
    project = deposit(required_legs=["debt"])
    bought = pursued("equity.agreed", "2021-02-01", "alpha", conditional=True, long_stop="2022-03-01")
    assert _only(standing([project, made, bought], "partly-bound", "2022-02-01")).certain_on is None
    assert _only(standing([project, made], "partly-bound", "2022-02-01")).certain_on == date(2022, 6, 30)


def test_silence_is_not_forecast_beyond_the_end_of_the_deal() -> None:
    def sold(ends_on: str) -> Any:
        return event("offtake.signed", "2020", deal="buyer", parties=BUYER, commodity="tungsten", ends_on=ends_on)

    assert _only(standing([deposit(), sold("2022-06-30")], "silent", "2022-02-01")).certain_on is None
    assert _only(standing([deposit(), sold("2023-06-30")], "silent", "2022-02-01")).certain_on == date(2022, 12, 31)


def test_silence_goes_on_after_a_long_stop_where_paper_is_left() -> None:
    paper = pursued("memorandum.signed", "2019-12-01", "alpha", instrument="mou")
    bound = _equity(long_stop="2022-06-29")
    assert _only(standing([deposit(), paper, bound], "silent", "2022-02-01")).certain_on == date(2022, 12, 31)
    assert _only(standing([deposit(), bound], "silent", "2022-02-01")).certain_on is None


def test_not_producing_does_not_rise_once_the_last_deal_has_ended() -> None:
    built = event("construction.started", "2018-01-10", id="built", deal=None)
    sold = event(
        "offtake.signed", "2018-01-01", deal="buyer", parties=BUYER, commodity="tungsten", ends_on="2022-12-31"
    )
    assert _only(standing([deposit(), built, sold], "not-producing", "2021-06-01")).next_on is None
    bound = pursued("equity.agreed", "2018-02-01", "alpha")
    assert _only(standing([deposit(), built, sold, bound], "not-producing", "2021-06-01")).next_on == date(2023, 1, 10)


def test_what_stood_when_the_hold_began_comes_back_under_it() -> None:
    paper = pursued("memorandum.signed", "2015-01-01", "alpha", instrument="mou")
    held = event("hold.placed", "2019-01-01", deal=None)
    study = pursued("study.started", "2019-06-01", "alpha", kind="scoping")
    flag = _only(standing([deposit(), paper, held, study], "memorandum-only", "2020-01-01"))
    assert (flag.severity, flag.next_severity, flag.next_on) == ("stagnant", "presumed-dead", date(2021, 6, 1))
    flag = _only(standing([deposit(), paper, held, study], "memorandum-only", "2021-06-01"))
    assert (flag.severity, flag.since, flag.on_hold) == ("presumed-dead", date(2021, 6, 1), True)


def test_what_was_certain_when_the_hold_began_may_be_certain_again_under_it() -> None:
    paper = pursued("memorandum.signed", "2015-01-01", "alpha", instrument="mou")
    held = event("hold.placed", "2019-01-01", deal=None)
    study = pursued("study.started", "2019-01-01/2019-06-01", "alpha", kind="scoping")
    flag = _only(standing([deposit(), paper, held, study], "memorandum-only", "2021-03-01"))
    assert (flag.severity, flag.certainty, flag.certain_on) == ("presumed-dead", "possible", date(2021, 6, 1))


def test_a_severity_is_certain_as_soon_as_a_higher_one_is() -> None:
    values = {**RULES.values, "memorandum-only.presumed-dead": 20, "memorandum-only.presumed-dead.step": 20}
    rules = Rules(version="of the test", values=values)
    papers = [
        pursued("memorandum.signed", "2020-01-01/2020-06-30", "alpha", instrument="mou"),
        pursued("memorandum.signed", "2020-06-30", "alpha", instrument="loi"),
    ]
    whole = portfolio([deposit(), *papers], rules=rules).judged("north", date(2022, 1, 31)).flags
    flag = _only([flag for flag in whole if flag.flag == "memorandum-only"])
    assert (flag.severity, flag.certain_severity, flag.certain_on) == ("stagnant", "watch", date(2022, 2, 28))
