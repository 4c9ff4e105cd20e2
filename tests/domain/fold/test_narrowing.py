"""What ends must have begun: a coarse date does not put a beginning behind its own end (domain page, section 2)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from steppe.domain.events.event import Event
from steppe.domain.fold.fold_state import in_fold_order
from steppe.domain.values.levels import Level
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import deal_on, deposit, judged, of_project

ENDED = "2007-06-01"
INVESTOR = [{"party": "inv", "role": "investor"}]
BUYER = [{"party": "buyer", "role": "offtaker"}]


def row(name: str, occurred: str = "2007", **data: Any) -> Event:
    """A row of the deal alpha that is known by the year."""
    return event(name, occurred, **data)


def end(name: str, **data: Any) -> Event:
    """An ending row that is known to the day."""
    return event(name, ENDED, **data)


def drawn(*events: Event) -> dict[str, str]:
    """The days to which rows were drawn, by id."""
    return {made.id: made.latest.isoformat() for made in in_fold_order(events) if made.narrowed_by is not None}


def is_drawn(beginning: Event, ending: Event, *others: Event) -> bool:
    return beginning.id in drawn(beginning, ending, *others)


STEPS_OF_A_DEAL = [
    row("intent.announced", kind="talks"),
    row("memorandum.signed", instrument="mou"),
    row("study.started", kind="scoping"),
    row("permit.granted", permit="planning"),
    row("equity.agreed"),
    row("grant.committed"),
    row("funds.disbursed"),
    row("construction.started"),
    row("production.suspended"),
    row("processing.localised", step="metal"),
]
NEWS_OF_A_DEAL = [
    row("setback.reported", kind="price"),
    row("exploration.reported"),
    row("milestone.planned", milestone="x", planned_on="2010"),
    row("offtake.amended"),
    row("permit.lapsed", permit="planning"),
]
ENDS_A_DEAL = ("investor.withdrew", "project.cancelled", "project.completed", "project.retired")


@pytest.mark.parametrize("ending", ENDS_A_DEAL)
@pytest.mark.parametrize("beginning", STEPS_OF_A_DEAL, ids=lambda beginning: str(beginning.kind.name))
def test_the_end_of_a_deal_draws_its_rows_with_a_level_and_the_physical_ones(beginning: Event, ending: str) -> None:
    assert drawn(beginning, end(ending)) == {beginning.id: ENDED}


@pytest.mark.parametrize("ending", ENDS_A_DEAL)
@pytest.mark.parametrize("beginning", NEWS_OF_A_DEAL, ids=lambda beginning: str(beginning.kind.name))
def test_the_end_of_a_deal_draws_no_news(beginning: Event, ending: str) -> None:
    assert drawn(beginning, end(ending)) == {}


@pytest.mark.parametrize("ending", ["project.cancelled", "project.completed", "project.retired"])
def test_the_end_of_the_project_draws_the_rows_of_every_deal_and_those_without_one(ending: str) -> None:
    rows = [
        row("grant.committed", id="alpha's"),
        row("memorandum.signed", id="beta's", deal="beta", instrument="mou"),
        row("construction.started", id="nobody's", deal=None),
    ]
    assert drawn(*rows, end(ending, deal=None)) == dict.fromkeys(("alpha's", "beta's", "nobody's"), ENDED)
    assert drawn(*rows, end(ending, deal="alpha")) == {"alpha's": ENDED}


@pytest.mark.parametrize("ending", ["project.cancelled", "project.retired"])
def test_the_end_of_a_part_draws_its_construction_and_production_of_any_deal(ending: str) -> None:
    rows = [
        row("construction.started", id="of the part", part="unit-1"),
        row("production.started", id="of the part, no deal", deal=None, part="unit-1"),
        row("construction.started", id="of the other", part="unit-2"),
        row("construction.started", id="of no part"),
        row("permit.granted", id="a permit", part="unit-1", permit="planning"),
        row("equity.agreed", id="equity"),
    ]
    assert drawn(*rows, end(ending, deal=None, part="unit-1")) == dict.fromkeys(
        ("of the part", "of the part, no deal"), ENDED
    )
    assert drawn(*rows, end(ending, deal="alpha", part="unit-1")) == {"of the part": ENDED}
    assert drawn(*rows, end("project.completed", deal=None, part="unit-1")) == {}


LEG_ENDINGS: list[tuple[Event, Event, bool]] = [
    (row("equity.agreed"), end("contract.terminated"), True),
    (row("loan.signed"), end("contract.terminated", leg="debt"), True),
    (row("loan.signed"), end("contract.terminated", leg="equity"), False),
    (row("works.awarded"), end("contract.terminated", ends={"source": "/desk", "id": "works.awarded-2007"}), True),
    (row("works.awarded"), end("contract.terminated", ends={"source": "/desk", "id": "another"}), False),
    (row("funds.disbursed", leg="grant"), end("contract.terminated", leg="grant"), True),
    (row("funds.disbursed", leg="grant"), end("contract.terminated", leg="debt"), False),
    (row("funds.disbursed"), end("contract.terminated", leg="debt"), True),
    (row("construction.started"), end("contract.terminated", leg="unknown"), True),
    (row("construction.started"), end("contract.terminated", leg="works"), False),
    (row("memorandum.signed", instrument="mou"), end("contract.terminated"), False),
    (row("rights.granted", right="mining"), end("rights.revoked"), True),
    (row("rights.granted", right="mining"), end("rights.revoked", right="mining"), True),
    (row("rights.granted", right="mining"), end("rights.revoked", right="land"), False),
    (row("equity.agreed"), end("rights.revoked"), False),
    (row("offtake.signed", commodity="tin", parties=BUYER), end("offtake.ended"), True),
    (row("offtake.signed", commodity="tin", parties=BUYER), end("offtake.ended", parties=BUYER), True),
    (
        row("offtake.signed", commodity="tin", parties=BUYER),
        end("offtake.ended", parties=[{"party": "other", "role": "offtaker"}]),
        False,
    ),
    (row("equity.closed", parties=INVESTOR), end("equity.exited", parties=INVESTOR), True),
    (
        row("equity.closed", parties=INVESTOR),
        end("equity.exited", parties=[{"party": "other", "role": "investor"}]),
        False,
    ),
    (row("rights.granted", right="mining", deal="beta"), end("rights.revoked"), False),
]


@pytest.mark.parametrize(
    ("beginning", "ending", "expected"),
    LEG_ENDINGS,
    ids=[f"{beginning.kind.name} {ending.kind.name} {at}" for at, (beginning, ending, _) in enumerate(LEG_ENDINGS)],
)
def test_the_end_of_a_leg_draws_the_rows_that_bind_one_of_which_it_speaks(
    beginning: Event, ending: Event, expected: bool
) -> None:
    assert is_drawn(beginning, ending) is expected


def test_a_lapse_draws_the_papers_of_its_deal_and_no_treaty() -> None:
    rows = [
        row("memorandum.signed", id="mou", instrument="mou"),
        row("termsheet.signed", id="terms", instrument="heads"),
        row("memorandum.signed", id="treaty", instrument="treaty"),
        row("memorandum.signed", id="beta's", deal="beta", instrument="mou"),
        row("study.started", id="study", kind="scoping"),
    ]
    assert drawn(*rows, end("memorandum.lapsed")) == dict.fromkeys(("mou", "terms"), ENDED)


def test_the_lapse_of_a_permit_draws_the_grants_of_that_permit_and_part() -> None:
    rows = [
        row("permit.granted", id="planning 1", permit="planning", part="unit-1"),
        row("permit.granted", id="planning 2", permit="planning", part="unit-2"),
        row("permit.granted", id="export", permit="export"),
        row("permit.applied", id="applied", permit="planning"),
    ]
    both = dict.fromkeys(("planning 1", "planning 2"), ENDED)
    assert drawn(*rows, end("permit.lapsed", permit="planning")) == both
    assert drawn(*rows, end("permit.lapsed", permit="planning", part="unit-1")) == {"planning 1": ENDED}
    assert drawn(*rows, end("permit.lapsed")) == {**both, "export": ENDED}
    assert drawn(*rows, end("permit.refused", permit="planning")) == {}


def test_a_withdrawn_pledge_draws_the_pledges_of_which_it_speaks() -> None:
    amount = {"value": "5", "currency": "USD"}
    rows = [row("pledge.announced", id=name, amount=amount) for name in ("one", "two")]
    assert drawn(*rows, end("pledge.withdrawn")) == dict.fromkeys(("one", "two"), ENDED)
    assert drawn(*rows, end("pledge.withdrawn", ends={"source": "/desk", "id": "two"})) == {"two": ENDED}
    assert drawn(*rows, end("pledge.withdrawn", deal="beta")) == {}


def test_a_stop_of_construction_draws_its_start_and_no_completion() -> None:
    start, completion = row("construction.started", deal=None), row("construction.completed", deal=None)
    assert drawn(start, completion, end("construction.suspended", deal=None)) == {start.id: ENDED}


def test_a_stop_of_production_draws_whatever_starts_or_completes_works() -> None:
    rows = [row(name, deal=None) for name in ("construction.started", "construction.completed", "production.started")]
    assert drawn(*rows, end("production.suspended", deal=None)) == {made.id: ENDED for made in rows}


def test_a_stop_draws_the_lines_that_it_concerns() -> None:
    rows = [
        row("production.started", id="1", part="unit-1"),
        row("production.started", id="2", part="unit-2"),
        row("production.started", id="beta's", deal="beta", part="unit-1"),
    ]
    assert drawn(*rows, end("production.suspended", deal=None)) == dict.fromkeys(("1", "2", "beta's"), ENDED)
    assert drawn(*rows, end("production.suspended", deal=None, part="unit-1")) == dict.fromkeys(("1", "beta's"), ENDED)
    assert drawn(*rows, end("production.suspended", deal="beta")) == {"beta's": ENDED}
    nobody = end("production.suspended", deal="a deal without lines")
    assert drawn(*rows, nobody) == dict.fromkeys(("1", "2", "beta's"), ENDED)


@pytest.mark.parametrize(
    ("stop", "resumption"),
    [
        ("construction.suspended", "construction.resumed"),
        ("production.suspended", "production.resumed"),
        ("project.suspended", "project.resumed"),
        ("hold.placed", "hold.lifted"),
    ],
)
def test_what_lifts_draws_what_it_lifts(stop: str, resumption: str) -> None:
    stopped = row(stop, deal=None)
    assert drawn(stopped, end(resumption, deal=None)) == {stopped.id: ENDED}
    others = {"construction.resumed", "production.resumed", "project.resumed", "hold.lifted"} - {resumption}
    assert [drawn(stopped, end(other, deal=None)) for other in sorted(others)] == [{}] * 3


def test_a_row_that_began_after_the_ending_or_is_over_before_it_stays() -> None:
    assert drawn(row("equity.agreed", "2008"), end("investor.withdrew")) == {}
    assert drawn(row("equity.agreed", "2007-06-02/2007-08"), end("investor.withdrew")) == {}
    assert drawn(row("equity.agreed", "2007-05"), end("investor.withdrew")) == {}
    assert drawn(row("equity.agreed", "2007-06"), end("investor.withdrew")) == {"equity.agreed-2007-06": ENDED}


def test_what_is_both_on_the_day_of_the_ending_stays_where_precedence_puts_it() -> None:
    again = event("memorandum.lapsed", ENDED)
    assert drawn(event("memorandum.signed", ENDED, instrument="mou"), again) == {}


def test_a_row_that_already_comes_before_its_ending_stays_as_it_was_given() -> None:
    half = row("memorandum.signed", "2007-01/2007-06-01", instrument="mou")
    assert drawn(half, end("investor.withdrew")) == {}


def test_a_drawn_row_counts_on_the_day_of_the_ending_and_before_it_and_names_it() -> None:
    beginning, ending = row("equity.agreed"), end("investor.withdrew")
    first, second = in_fold_order([ending, beginning])
    assert (first.id, first.earliest, first.latest) == (beginning.id, date(2007, 1, 1), date(2007, 6, 1))
    assert (first.narrowed_by, second.narrowed_by) == (ending.reference, None)


def test_a_row_without_an_earliest_day_is_drawn_where_nothing_else_stands() -> None:
    undated = row("memorandum.signed", "unknown", instrument="mou")
    assert drawn(undated, end("investor.withdrew")) == {undated.id: ENDED}
    dated = event("intent.announced", "2006-05-05", kind="talks")
    assert drawn(undated, dated, end("investor.withdrew")) == {}
    over = event("investor.withdrew", "2006-06-06")
    assert drawn(undated, dated, over, end("investor.withdrew"))[undated.id] == ENDED
    coarse = row("intent.announced", kind="talks")
    assert drawn(undated, coarse, end("investor.withdrew")) == {coarse.id: ENDED}


def test_of_a_row_without_deal_each_deal_is_asked_by_itself() -> None:
    undated = row("memorandum.signed", "../2010", deal="beta", instrument="mou")
    talks = event("intent.announced", "2006-05-05", kind="talks")
    assert drawn(undated, talks, end("project.cancelled", deal=None)) == {undated.id: ENDED}
    nobodys = row("study.started", "../2010", deal=None, kind="survey")
    assert drawn(nobodys, talks, end("project.cancelled", deal=None)) == {nobodys.id: ENDED}
    stood = event("study.started", "2006-06-06", deal=None, kind="scoping")
    assert drawn(nobodys, stood, end("project.cancelled", deal=None)) == {}


def test_an_undated_hold_or_suspension_is_drawn_where_none_stands() -> None:
    undated = event("hold.placed", "unknown", deal=None)
    assert drawn(undated, end("hold.lifted", deal=None)) == {undated.id: ENDED}
    standing = event("hold.placed", "2006-06-06", deal=None)
    assert drawn(undated, standing, end("hold.lifted", deal=None)) == {}


def test_a_resumption_of_a_deal_without_works_of_its_own_asks_for_the_suspensions_of_all() -> None:
    undated = event("construction.suspended", "unknown", deal="gamma", part="unit-1")
    resumed = end("construction.resumed", deal="beta")
    standing = event("construction.suspended", "2006-06-06", deal="gamma")
    assert drawn(undated, resumed) == {undated.id: ENDED}
    assert drawn(undated, standing, resumed) == {}


def test_a_resumption_without_deal_asks_for_the_suspensions_of_each_deal_by_itself() -> None:
    undated = event("project.suspended", "unknown", deal="gamma")
    resumed = end("project.resumed", deal=None)
    assert drawn(undated, event("project.suspended", "2006-06-06", deal="beta"), resumed) == {undated.id: ENDED}
    assert drawn(undated, event("project.suspended", "2006-06-06", deal="gamma"), resumed) == {}


def test_an_ending_that_is_drawn_itself_counts_on_its_new_day() -> None:
    """A coarse stop is drawn before the resumption, and draws the coarse start of what it stops."""
    start = row("construction.started", deal=None)
    stopped = row("construction.suspended", "2007-02/2007-12", deal=None)
    resumed = end("construction.resumed", deal=None)
    assert drawn(start, stopped, resumed) == {start.id: ENDED, stopped.id: ENDED}
    assert of_project(judged([deposit(), start, stopped, resumed], "2008-01-01")).physical_state is Level.CONSTRUCTION


def test_of_two_endings_the_first_draws() -> None:
    beginning = row("grant.committed")
    first, second = event("project.completed", "2007-03-03"), end("project.completed")
    assert drawn(beginning, first, second) == {beginning.id: "2007-03-03"}


def test_a_drawn_row_counts_for_the_highest_ever_as_on_the_day_before() -> None:
    log = [deposit(), row("grant.committed"), end("project.completed", deal=None)]
    state = deal_on(log, "2008-01-01")
    assert (state.level, state.ended_how, state.highest_level) == (None, "completed", Level.BOUND)
    assert of_project(judged(log, "2008-01-01")).highest_level is Level.BOUND
    stood = [deposit(), row("construction.started", deal=None), end("construction.suspended", deal=None)]
    project = of_project(judged(stood, "2008-01-01"))
    assert (project.physical_state, project.highest_level) == (None, Level.CONSTRUCTION)


def test_the_day_before_asks_for_the_legs_that_were_required_then() -> None:
    amendment = event("project.amended", ENDED, deal=None, required_legs=["debt"])
    log = [deposit(), row("grant.committed"), amendment, end("project.completed", deal=None)]
    assert deal_on(log, "2008-01-01").highest_level is Level.BOUND


def test_what_begins_again_after_the_ending_opens_a_phase_as_ever() -> None:
    again = event("memorandum.signed", "2025-03-03", instrument="mou")
    log = [deposit(), row("memorandum.signed", instrument="mou"), end("investor.withdrew"), again]
    state = deal_on(log, "2025-06-06")
    assert (state.phase, state.level) == (2, Level.MEMORANDUM)
    assert state.memorandum is not None
    assert state.memorandum.latest == date(2025, 3, 3)


@pytest.mark.parametrize(
    ("drawn_too", "second_ending"),
    [
        (row("grant.committed", "2016/2017", id="b's", deal="beta"), row("project.completed", "2016", id="e", deal="beta")),
        (
            row("memorandum.signed", "2016-12/2017", id="b's", deal="beta", instrument="mou"),
            row("memorandum.lapsed", "2016-12-31", id="e", deal="beta"),
        ),
        (
            row("hold.placed", "2016-11/2017", id="b's", deal="zeta", reason="a strike"),
            row("hold.lifted", "2016-12-31", id="e", deal="zeta"),
        ),
    ],
    ids=["another deal ends", "its paper lapses", "a hold is lifted"],
)  # fmt: skip
def test_a_second_ending_of_the_day_leaves_before_the_first_what_that_drew(
    drawn_too: Event, second_ending: Event
) -> None:
    alone = [deposit(), row("grant.committed", "2016-12"), row("project.completed", "2016")]
    events = [*alone, drawn_too, second_ending]
    order = [made.id for made in in_fold_order(events)]
    assert order.index("grant.committed-2016-12") < order.index("project.completed-2016")
    assert order.index("b's") < order.index("e")
    assert deal_on(events, "2020-01-01").ended_how == deal_on(alone, "2020-01-01").ended_how == "completed"
