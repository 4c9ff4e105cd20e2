"""No sentence makes a date more exact than its event did (domain page, section 2, told as given)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from steppe.domain.analysis.forecast import HoldEnds, LegsExpire
from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.events.event import Event, interpret
from steppe.domain.explanation.forecast_text import next_changes
from steppe.domain.legs.given_ends import given_end
from steppe.domain.messages.english import english
from steppe.domain.messages.phrases import by_the_end, dated, on, planned_for, since, until, when
from steppe.domain.values import edtf
from steppe.domain.values.states import Start
from tests.domain.event_logs import event
from tests.domain.explanation.explained import coming, deal_sentence, explained
from tests.domain.flags.portfolio_by_hand import deal_on, deposit, held, judged, paper, pursued, standing

# A flag's own day follows from the rules and is no date of an event.
_SINCE_OF_A_FLAG = re.compile(r"(?:perhaps )?(?:on watch|stagnant|presumed-dead) since [^;.,]*(?:, surely on [^;.]*)?")


def start_of(occurred: str, reported: str = "2024-12-31") -> Start:
    """The interval of an event that was so dated, and what it gave."""
    read = interpret(
        source="/s", id="e", subject="north", name="setback.reported", recorded=datetime(2026, 11, 22, tzinfo=UTC),
        data={"occurred": occurred, "reported": reported, "kind": "price"},
    )  # fmt: skip
    return Start(earliest=read.earliest, latest=read.latest, given=read.given)


@pytest.mark.parametrize(
    ("occurred", "happened", "began", "alone"),
    [
        ("2024-08-31", "on 31 August 2024", "31 August 2024", "31 August 2024"),
        ("2024-08", "in August 2024", "August 2024", "August 2024"),
        ("2014", "in 2014", "2014", "2014"),
        ("2014~", "in about 2014", "about 2014", "about 2014"),
        ("2014-05-03~", "on about 3 May 2014", "about 3 May 2014", "about 3 May 2014"),
        ("../2024-08-31", "by 31 August 2024", "31 August 2024 or before", "by 31 August 2024"),
        ("../2014", "by 2014", "2014 or before", "by 2014"),
        ("2014-05/..", "in or after May 2014", "May 2014 or later", "in or after May 2014"),
        ("unknown", "on an unknown day", "an unknown day", "on an unknown day"),
        ("2013/2014-05", "between 2013 and May 2014", "a day between 2013 and May 2014", "between 2013 and May 2014"),
    ],
)
def test_a_date_is_told_as_it_was_given(occurred: str, happened: str, began: str, alone: str) -> None:
    start = start_of(occurred)
    assert [english(told(start)) for told in (on, when, dated)] == [happened, began, alone]
    assert (english(since(start)), english(planned_for(start))) == (f"since {began}", f"for {began}")


def test_a_year_that_was_reported_in_spring_is_told_as_the_year() -> None:
    start = start_of("2024", reported="2024-03-05")
    assert start.latest.isoformat() == "2024-03-05"
    assert english(on(start)) == "in 2024"


@pytest.mark.parametrize("given", ["2014", "2014-08", "../2014-08-31", "unknown", "2013/2014", "2014~"])
def test_no_sentence_of_a_deal_and_its_project_names_a_day_that_nobody_gave(given: str) -> None:
    logs: list[list[Event]] = [
        [pursued("memorandum.signed", given, "alpha", instrument="mou")],
        [pursued("equity.agreed", given, "alpha")],
        [pursued("intent.announced", given, "alpha", kind="talks")],
        [pursued("rights.granted", given, "alpha", right="mining")],
        [pursued("equity.agreed", "2010", "alpha"), pursued("construction.started", given, "alpha")],
        [pursued("memorandum.signed", "2010", "alpha", instrument="mou"), pursued("investor.withdrew", given, "alpha")],
        [pursued("rights.granted", "2010", "alpha", right="mining", ends_on=given)],
        [pursued("offtake.signed", "2010", "alpha", commodity="tungsten", term_years=3, starts_on=given)],
        [pursued("loan.signed", "2010", "alpha", conditional=True, long_stop=given)],
        [pursued("offtake.signed", given, "alpha", commodity="tungsten", term_years=3)],
        [
            pursued("equity.agreed", "2010", "alpha"),
            pursued("permit.granted", "2010", "alpha", permit="other", expires_on=given),
        ],
        [event("project.cancelled", given, deal=None)],
        [event("exploration.reported", given, deal=None, result="ore")],
    ]
    for log in logs:
        texts = [explained([deposit(), *log], "2026-11-22").stands]
        if any(row.deal for row in log):
            texts.append(deal_sentence([deposit(), *log], "2026-11-22"))
        before = explained([deposit(), *log, event("intent.announced", "2010", kind="talks")], "2012-01-01")
        texts += [before.stands, *(text for text in before.next.split(". ") if "leg" in text)]
        for text in texts:
            days = set(re.findall(r"(?<!\w)\d{1,2} [A-Z][a-z]+ \d{4}", _SINCE_OF_A_FLAG.sub("", text)))
            assert days <= ({"31 August 2014", "31 August 2017"} if "08-31" in given else set()), text


@pytest.mark.parametrize(
    ("given", "lasts", "is_over"),
    [
        ("2027-08-31", "until 31 August 2027", "on 31 August 2027"),
        ("2027-08", "until the end of August 2027", "by the end of August 2027"),
        ("2027", "until the end of 2027", "by the end of 2027"),
        ("2027~", "until about the end of 2027", "by about the end of 2027"),
        ("2027-08-31~", "until about 31 August 2027", "on about 31 August 2027"),
        ("../2027", "until the end of 2027 at the latest", "by the end of 2027"),
        ("2026/2027-08", "until the end of August 2027 at the latest", "by the end of August 2027"),
        ("2026/2027-08-31", "until 31 August 2027 at the latest", "by 31 August 2027"),
    ],
)
def test_an_end_is_told_as_it_was_given(given: str, lasts: str, is_over: str) -> None:
    end = given_end(given)
    assert end is not None
    assert (english(until(end)), english(by_the_end(end))) == (lasts, is_over)


def test_an_open_or_unknown_end_is_none() -> None:
    assert [given_end(text) for text in (None, "2027/..", "unknown")] == [None, None, None]


@pytest.mark.parametrize(
    ("given", "months", "expected"),
    [
        ("2014", 36, "2017"), ("2014~", 36, "2017~"), ("2014-05", 7, "2014-12"), ("2015-02", 12, "2016-02"),
        ("2014-01-31", 1, "2014-02-28"), ("2014", 18, "2015-07/2016-06"), ("2014~", 18, "2015-07~/2016-06~"),
        ("2014/2015", 18, "2015-07/2017-06"), ("../2014-08", 6, "../2015-02"), ("2014/..", 12, "2015/.."),
        ("unknown", 12, "unknown"), ("9999", 12, "9999"),
    ],
)  # fmt: skip
def test_what_is_reckoned_from_a_coarse_day_is_as_coarse(given: str, months: int, expected: str) -> None:
    assert edtf.months_later(given, months) == expected


LEASE = pursued("rights.granted", "2014-03-01", "alpha", right="mining", ends_on="2018")
TERM = pursued("offtake.signed", "2014", "alpha", commodity="tungsten", term_years=3)
CONDITIONS = pursued("loan.signed", "2014-05-01", "alpha", conditional=True, long_stop="2028")


@pytest.mark.parametrize(
    ("row", "on_last_day", "days", "expected"),
    [
        (TERM, "2017-12-31", ("2017-01-01", "2017-12-31", None), "Ended as completed in 2017; it was bound in 2014."),
        (LEASE, "2019-01-01", ("2018-01-02", "2019-01-01", "2018"),
         "Ended as terminated in 2018; it was bound on 1 March 2014."),
        (CONDITIONS, "2028-12-31", ("2028-01-01", "2028-12-31", None),
         "Ended as terminated in 2028; it was bound on 1 May 2014."),
        (pursued("offtake.signed", "2014", "alpha", commodity="tungsten", ends_on="2020"), "2021-01-01",
         ("2020-01-02", "2021-01-01", "2020"), "Ended as completed in 2020; it was bound in 2014."),
        (pursued("offtake.signed", "2014-05-06", "alpha", commodity="tungsten", ends_on="2020-05-31"), "2020-06-01",
         ("2020-06-01", "2020-06-01", None), "Ended as completed on 1 June 2020; it was bound on 6 May 2014."),
        (pursued("offtake.signed", "2014", "alpha", commodity="tungsten", term_years=3, starts_on="2015-04"),
         "2018-04-30", ("2018-04-01", "2018-04-30", None), "Ended as completed in April 2018; it was bound in 2014."),
        (pursued("offtake.signed", "unknown", "alpha", commodity="tungsten", term_years=1, reported="2014-01-01"),
         "2015-01-01", (None, "2015-01-01", "unknown"),
         "Ended as completed on an unknown day; it was bound on an unknown day."),
        (pursued("rights.granted", "2018-03", "alpha", right="mining", ends_on="2018"), "2019-01-01",
         ("2018-03-01", "2019-01-01", "2018"), "Ended as terminated in 2018; it was bound in March 2018."),
        (pursued("rights.granted", "2018-03", "alpha", right="mining", ends_on="2010"), "2018-03-31",
         ("2018-03-01", "2018-03-31", None), "Ended as terminated in March 2018; it was bound in March 2018."),
    ],
)  # fmt: skip
def test_what_ends_by_itself_carries_both_ends_and_ends_on_the_last(
    row: Event, on_last_day: str, days: tuple[str | None, str, str | None], expected: str
) -> None:
    log = [deposit(), row]
    the_day_before = judged(log, (date.fromisoformat(on_last_day) - timedelta(days=1)).isoformat())
    assert all(deal.ended is None for deal in the_day_before.deals)
    deal = deal_on(log, on_last_day)
    (leg,) = deal.legs
    for ended in (deal.ended, leg.ended):
        assert ended is not None
        earliest = None if ended.earliest is None else ended.earliest.isoformat()
        assert (earliest, ended.latest.isoformat(), ended.given) == days
    assert deal_sentence(log, on_last_day) == expected


def test_an_amended_end_is_told_as_it_was_amended() -> None:
    log = [deposit(), LEASE, pursued("rights.amended", "2016-05-01", "alpha", ends_on="2017-06")]
    assert deal_sentence(log, "2018-01-01").startswith("Ended as terminated in June 2017")
    log = [deposit(), LEASE, pursued("rights.amended", "2016", "alpha", ends_on="2015-06-30")]
    assert deal_sentence(log, "2018-01-01").startswith("Ended as terminated in 2016")


def test_conditions_a_hold_and_a_permit_last_until_the_end_that_was_given() -> None:
    log = [deposit(), CONDITIONS, held("2015-01-01", until="2027")]
    assert deal_sentence(log, "2020-01-01") == (
        "Bound by alpha: debt since 1 May 2014 on conditions until the end of 2028. On hold until the end of 2027."
    )
    assert [change.told for change in coming(log, date(2020, 1, 1)) if isinstance(change, HoldEnds | LegsExpire)] == [
        given_end("2027"), given_end("2028"),
    ]  # fmt: skip
    assert "The hold ends by the end of 2027, and ages count" in explained(log, "2020-01-01").next
    permitted = pursued("permit.granted", "2014", "alpha", permit="construction", expires_on="2029")
    (permit,) = deal_on([deposit(), permitted], "2020-01-01").permits
    assert permit.ends == given_end("2029")


@pytest.mark.parametrize(
    ("row", "comes"),
    [
        (LEASE, "The rights leg runs out by the end of 2018, and the deal ends as terminated."),
        (TERM, "The offtake leg runs out by the end of 2017, and the deal ends as completed."),
        (CONDITIONS, "The conditional debt leg falls away by the end of 2028 unless the conditions are met by then, and the"
         " deal ends as terminated."),
    ],
)  # fmt: skip
def test_what_runs_out_is_foretold_as_it_was_given(row: Event, comes: str) -> None:
    changes = [change for change in coming([deposit(), row], date(2015, 1, 1)) if isinstance(change, LegsExpire)]
    state = deal_on([deposit(), row], "2015-01-01")
    assert english(next_changes([state], changes)) == comes


def test_of_two_holds_the_last_is_told_and_of_two_of_one_day_the_better_known() -> None:
    def until_when(*ends: str) -> Start | None:
        holds = [held(f"2015-01-0{number}", until=end) for number, end in enumerate(ends, 1)]
        return deal_on([deposit(), LEASE, *holds], "2016-01-01").hold_ends

    assert until_when("2017", "2016-06-30") == until_when("2016-06-30", "2017") == given_end("2017")
    assert until_when("2017", "2017-12-31") == until_when("2017-12-31", "2017") == given_end("2017-12-31")


def test_a_flag_with_a_coarse_cause_tells_the_day_that_is_reckoned_and_its_clock_what_was_given() -> None:
    log = [
        deposit(),
        pursued("rights.granted", "2014-03-01", "alpha", right="exploration"),
        pursued("equity.agreed", "2014-03-01", "alpha", conditional=True, long_stop="2016"),
    ]
    (flag,) = standing(log, "idle-right", "2022-01-01")
    assert flag.severity == "stagnant"
    assert flag.since == date(2020, 12, 31)
    assert flag.start == Start(earliest=date(2016, 12, 31), latest=date(2016, 12, 31), given="2016")
    memoranda = [deposit(), *(paper(year, "alpha") for year in ("2014", "2015", "2016"))]
    (churn,) = standing(memoranda, "memorandum-churn", "2022-01-01")
    assert churn.since == date(2016, 12, 31)


def test_a_row_that_is_drawn_before_its_ending_is_told_as_it_was_given() -> None:
    log = [
        deposit(),
        pursued("grant.committed", "2007", "alpha"),
        event("project.completed", "2007-06-01", deal=None),
    ]
    (deal,) = portfolio(log).judged("north", start_of("2008").latest).deals
    assert deal.bound_on is not None
    assert deal.bound_on.isoformat() == "2007-06-01"
    assert deal.bound_on_given == "2007"
    assert deal_sentence(log, "2008-01-01") == "Ended as completed on 1 June 2007; it was bound in 2007."
