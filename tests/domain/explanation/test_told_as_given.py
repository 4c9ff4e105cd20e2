"""No sentence makes a date more exact than its event did (domain page, section 2, told as given)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.events.event import Event, interpret
from steppe.domain.values.grammar import dated, on, when
from steppe.domain.values.states import Start
from tests.domain.event_logs import event
from tests.domain.explanation.explained import deal_sentence, explained
from tests.domain.flags.portfolio_by_hand import deposit, pursued

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
    ("occurred", "happened", "since", "alone"),
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
def test_a_date_is_told_as_it_was_given(occurred: str, happened: str, since: str, alone: str) -> None:
    start = start_of(occurred)
    assert (on(start), when(start), dated(start)) == (happened, since, alone)


def test_a_year_that_was_reported_in_spring_is_told_as_the_year() -> None:
    start = start_of("2024", reported="2024-03-05")
    assert start.latest.isoformat() == "2024-03-05"
    assert on(start) == "in 2024"


@pytest.mark.parametrize("given", ["2014", "2014-08", "../2014-08-31", "unknown", "2013/2014", "2014~"])
def test_no_sentence_of_a_deal_and_its_project_names_a_day_that_nobody_gave(given: str) -> None:
    logs: list[list[Event]] = [
        [pursued("memorandum.signed", given, "alpha", instrument="mou")],
        [pursued("equity.agreed", given, "alpha")],
        [pursued("intent.announced", given, "alpha", kind="talks")],
        [pursued("rights.granted", given, "alpha", right="mining")],
        [pursued("equity.agreed", "2010", "alpha"), pursued("construction.started", given, "alpha")],
        [pursued("memorandum.signed", "2010", "alpha", instrument="mou"), pursued("investor.withdrew", given, "alpha")],
        [event("project.cancelled", given, deal=None)],
        [event("exploration.reported", given, deal=None, result="ore")],
    ]
    for log in logs:
        texts = [explained([deposit(), *log], "2026-11-22").stands]
        if any(row.deal for row in log):
            texts.append(deal_sentence([deposit(), *log], "2026-11-22"))
        for text in texts:
            days = set(re.findall(r"(?<!\w)\d{1,2} [A-Z][a-z]+ \d{4}", _SINCE_OF_A_FLAG.sub("", text)))
            assert days <= ({"31 August 2014"} if "08-31" in given else set()), text


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
