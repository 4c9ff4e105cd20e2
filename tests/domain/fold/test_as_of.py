"""As known at an instant, as of a day, and forecasts (domain page, section 8)."""

from __future__ import annotations

from datetime import UTC, date, datetime

from steppe.domain.analysis.portfolio import portfolio
from tests.domain.event_logs import RECORDED
from tests.domain.events.test_corrections import reclassified
from tests.domain.flags.portfolio_by_hand import deposit, judged, of_project, paper, pursued

REPORTED = paper("2018-06-01", reported="2018-06-12")
BOUGHT = pursued("equity.agreed", "2019-03", "alpha", reported="2019-04-01", stake_percent=67)


def test_only_what_was_known_by_the_instant_is_used() -> None:
    log = [deposit(), REPORTED, BOUGHT]
    as_of = date(2019, 6, 1)
    midnight = datetime(2019, 4, 1, tzinfo=UTC)
    before, after = portfolio(log, midnight.replace(month=3, day=31, hour=23)), portfolio(log, midnight)
    assert of_project(before.judged("north", as_of)).level.label == "memorandum"
    assert of_project(after.judged("north", as_of)).level.label == "bound"


def test_by_the_record_an_event_is_known_only_from_its_recording_on() -> None:
    log = [deposit(), REPORTED, BOUGHT]
    as_of = date(2019, 6, 1)
    by_record = portfolio(log, datetime(2020, 1, 1, tzinfo=UTC), recorded=True)
    assert by_record.judged("north", as_of).deals == ()
    assert of_project(portfolio(log, RECORDED, recorded=True).judged("north", as_of)).level.label == "bound"


def test_only_what_had_occurred_by_the_day_is_used_and_a_later_day_is_a_forecast() -> None:
    log = [deposit(), REPORTED]
    assert judged(log, "2018-05-31").deals == ()
    (flag,) = [flag for flag in judged(log, "2040-01-01").flags if flag.flag == "memorandum-only"]
    assert (flag.severity, flag.since) == ("presumed-dead", date(2021, 6, 1))


def test_as_then_known_it_was_bought_and_as_now_known_it_was_not_and_the_reason_is_told() -> None:
    """The golden case, Northern Katpar."""
    back = reclassified("back", BOUGHT, "termsheet.signed", reported="2023-02-01", instrument="heads")
    log = [deposit(), REPORTED, BOUGHT, back]
    as_of = date(2021, 12, 31)
    then, now = portfolio(log, datetime(2021, 12, 31, 23, tzinfo=UTC)), portfolio(log)
    assert of_project(then.judged("north", as_of)).level.label == "bound"
    assert of_project(now.judged("north", as_of)).level.label == "advanced"
    change = now.subjects["north"].by_identity["/desk", BOUGHT.id].changes[0]
    assert (change.before, change.after, change.by) == ("equity.agreed", "termsheet.signed", back.reference)
    assert then.subjects["north"].by_identity["/desk", BOUGHT.id].changes == ()
