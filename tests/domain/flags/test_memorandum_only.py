"""memorandum-only: the clock that only a binding or physical step can stop (domain page, sections 5 and 6)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import (
    NOTHING,
    deal_on,
    deposit,
    freed,
    held,
    judged,
    on,
    paper,
    pursued,
    said,
    standing,
    the,
    turns,
)

FLAG = "memorandum-only"
MINE = deposit()
GRID = deposit(sector="energy")


@pytest.mark.parametrize(
    ("signed", "watch", "stagnant", "dead"),
    [
        ("2020-03-15", "2021-03-15", "2022-03-15", "2024-03-15"),
        ("2020-02-29", "2021-02-28", "2022-02-28", "2024-02-29"),
        ("2020-08-31", "2021-08-31", "2022-08-31", "2024-08-31"),
    ],
)
def test_paper_is_a_watch_after_12_months_stagnant_after_24_and_presumed_dead_after_48(
    signed: str, watch: str, stagnant: str, dead: str
) -> None:
    assert turns([GRID, paper(signed)], FLAG) == {watch: "watch", stagnant: "stagnant", dead: "presumed-dead"}


def test_in_mining_36_months_are_enough_to_be_presumed_dead() -> None:
    assert turns([MINE, paper("2020-02-29")], FLAG)["2023-02-28"] == "presumed-dead"


def test_a_year_as_the_start_makes_each_severity_possible_before_it_is_certain() -> None:
    assert turns([GRID, paper("2020")], FLAG) == {
        "2021-01-01": "possible watch",
        "2021-12-31": "watch",
        "2022-01-01": "possible stagnant",
        "2022-12-31": "stagnant",
        "2024-01-01": "possible presumed-dead",
        "2024-12-31": "presumed-dead",
    }


def test_nothing_is_possible_before_the_paper_counts() -> None:
    assert turns([GRID, paper("2018/2020-06-30")], FLAG) == {
        "2020-06-30": "possible stagnant",
        "2022-01-01": "possible presumed-dead",
        "2024-06-30": "presumed-dead",
    }


def test_what_is_certain_below_a_possible_severity_is_told_beside_it() -> None:
    log = [GRID, paper("2018/2020-06-30")]
    flag = the(log, FLAG, "2021-07-01")
    assert (flag.severity, flag.certainty, flag.certain_severity) == ("stagnant", "possible", "watch")
    assert the(log, FLAG, "2021-06-29").certain_severity is None


def test_without_an_earliest_day_nothing_is_possible_before_it_is_certain() -> None:
    log = [GRID, paper("../2020-03-15")]
    assert turns(log, FLAG) == {"2021-03-15": "watch", "2022-03-15": "stagnant", "2024-03-15": "presumed-dead"}
    assert said(log, FLAG, "2021-04-15") == "1 memorandum in at least 13 months, nothing binding."


def test_of_several_papers_the_first_start_counts_at_both_ends() -> None:
    vague, exact = paper("2020"), paper("2020-06-01")
    start = the([GRID, vague, exact], FLAG, "2021-06-01").start
    assert start is not None
    assert (start.earliest, start.latest) == (date(2020, 1, 1), date(2020, 6, 1))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("memorandum.renewed", {"renews": {"source": "/desk", "id": "x"}}),
        ("memorandum.signed", {"instrument": "protocol"}),
        ("termsheet.signed", {"instrument": "heads"}),
        ("intent.announced", {"kind": "ceremony"}),
        ("intent.announced", {"kind": "ground-breaking"}),
        ("study.completed", {"kind": "feasibility"}),
        ("finance.approved", {}),
        ("milestone.planned", {"milestone": "start", "planned_on": "2030"}),
        ("setback.reported", {"kind": "price"}),
        ("memorandum.lapsed", {}),
        ("training.delivered", {"what": "welding"}),
    ],
)
def test_nothing_non_binding_restarts_the_clock(name: str, data: dict[str, Any]) -> None:
    touched = [GRID, paper("2020-03-15"), pursued(name, "2020-12-01", "alpha", **data)]
    assert turns(touched, FLAG) == turns([GRID, paper("2020-03-15")], FLAG)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("rights.granted", {"right": "exploration"}),
        ("offtake.signed", {"commodity": "tungsten"}),
        ("equity.agreed", {}),
        ("equity.closed", {}),
        ("loan.signed", {"lender_kind": "mdb"}),
        ("grant.committed", {}),
        ("guarantee.issued", {}),
        ("works.awarded", {}),
        ("finance.closed", {}),
        ("funds.disbursed", {}),
        ("construction.started", {}),
        ("production.started", {}),
        ("processing.localised", {"step": "metal"}),
        ("investor.withdrew", {}),
    ],
)
def test_whatever_binds_is_physical_or_ends_the_deal_clears_it_on_its_day(name: str, data: dict[str, Any]) -> None:
    log = [MINE, paper("2020-03-15"), pursued(name, "2021-05-05", "alpha", **data)]
    assert turns(log, FLAG) == {"2021-03-15": "watch", "2021-05-05": NOTHING}


def test_what_binds_a_rival_or_speaks_of_the_project_does_not_clear_it() -> None:
    built = event("construction.started", "2021-05-05", deal=None)
    log = [MINE, paper("2020-03-15"), pursued("equity.agreed", "2021-04-05", "beta"), built]
    assert list(turns(log, FLAG).values()) == ["watch", "stagnant", "presumed-dead"]


def test_when_the_long_stop_passes_the_clock_goes_on_from_its_original_start() -> None:
    agreed = pursued("equity.agreed", "2020-06-01", "alpha", conditional=True, long_stop="2021-09-30")
    log = [GRID, paper("2020-03-15"), agreed]
    assert turns(log, FLAG) == {"2021-09-30": "watch", "2022-03-15": "stagnant", "2024-03-15": "presumed-dead"}


def test_a_new_phase_starts_afresh() -> None:
    log = [GRID, paper("2020-03-15"), pursued("investor.withdrew", "2021-05-05", "alpha"), paper("2021-06-01")]
    changes = turns(log, FLAG)
    assert changes["2021-05-05"] == NOTHING
    assert changes["2022-06-01"] == "watch"


def test_a_paper_that_is_part_of_another_document_starts_the_clock_all_the_same() -> None:
    part = paper("2020-03-15", part_of={"source": "/desk", "id": "framework"})
    assert turns([GRID, part], FLAG) == turns([GRID, paper("2020-03-15")], FLAG)
    assert (
        said([part], "memorandum-only", "2021-03-15") == "Part of another deal's paper in 12 months, nothing binding."
    )


def test_a_treaty_starts_no_clock_and_is_no_step() -> None:
    treaty = paper("2020-03-15", instrument="treaty")
    assert turns([GRID, treaty], FLAG) == {}
    late = paper("2023-06-01", instrument="treaty")
    assert turns([MINE, paper("2020-03-15"), late], FLAG)["2023-03-15"] == "presumed-dead"


@pytest.mark.parametrize(
    ("touch", "dead"),
    [
        (pursued("study.started", "2023-01-31", "alpha", kind="scoping"), "2025-01-31"),
        (pursued("finance.approved", "2022-02-28", "alpha"), "2024-02-28"),
        (pursued("termsheet.signed", "2022-05-05", "alpha", instrument="mandate"), "2024-05-05"),
        (pursued("intent.announced", "2023-01-31", "alpha", kind="talks"), "2023-03-15"),
        (pursued("setback.reported", "2023-01-31", "alpha", kind="legal"), "2023-03-15"),
        (pursued("equity.agreed", "2023-01-31", "beta"), "2023-03-15"),
        (event("study.started", "2023-01-31", deal=None, kind="scoping"), "2023-03-15"),
    ],
    ids=lambda value: value.id if isinstance(value, Event) else value,
)
def test_presumed_dead_waits_until_24_months_after_the_last_step_but_not_for_mere_news(touch: Event, dead: str) -> None:
    changes = turns([MINE, paper("2020-03-15"), touch], FLAG)
    assert [day for day, shown in changes.items() if shown == "presumed-dead"] == [dead]


def test_a_step_at_an_imprecise_day_counts_by_both_ends_of_the_latest() -> None:
    step = pursued("study.started", "2022", "alpha", kind="survey")
    changes = turns([MINE, paper("2020-03-15"), step], FLAG)
    assert {day: shown for day, shown in changes.items() if shown.endswith("presumed-dead")} == {
        "2024-01-01": "possible presumed-dead",
        "2024-12-31": "presumed-dead",
    }


def test_a_flag_says_its_papers_its_clock_and_what_comes_next() -> None:
    renewed = pursued("memorandum.renewed", "2021-01-10", "alpha", renews={"source": "/desk", "id": "x"})
    log = [GRID, paper("2020"), renewed]
    flag = the(log, FLAG, "2021-03-01")
    assert (flag.severity, flag.certainty, flag.certain_severity) == ("watch", "possible", None)
    assert (flag.since, flag.certain_on) == (date(2021, 1, 1), date(2021, 12, 31))
    assert (flag.next_severity, flag.next_on) == ("stagnant", date(2022, 1, 1))
    assert (flag.clock, flag.threshold_months, flag.count) == ("memorandum", 12, 2)
    assert flag.evidence == ("/desk#alpha-memorandum.signed-2020", "/desk#alpha-memorandum.renewed-2021-01-10")
    assert (flag.deal, flag.rule_version) == ("alpha", "2026-2")
    assert said(log, FLAG, "2021-03-01") == "2 memoranda in 2 to 14 months, nothing binding."


def test_nothing_comes_next_after_the_last_severity() -> None:
    flag = the([MINE, paper("2018-03-15")], FLAG, "2025-01-01")
    assert (flag.severity, flag.next_severity, flag.next_on) == ("presumed-dead", None, None)
    assert (flag.since, flag.certain_on) == (date(2021, 3, 15), date(2021, 3, 15))


def test_a_severity_that_comes_back_counts_from_the_day_it_came_back() -> None:
    brief = pursued("rights.granted", "2021-05-05", "alpha", right="land")
    revoked = pursued("rights.revoked", "2021-06-06", "alpha")
    assert the([GRID, paper("2020-03-15"), brief, revoked], FLAG, "2021-07-01").since == date(2021, 6, 6)


def test_a_hold_keeps_the_severity_of_its_first_day_and_says_when_it_thaws() -> None:
    log = [GRID, paper("2020-03-15"), held("2021-06-01", until="2022-06-01")]
    assert turns(log, FLAG) == {"2021-03-15": "watch", "2022-06-01": "stagnant", "2024-03-15": "presumed-dead"}
    flag = the(log, FLAG, "2022-05-31")
    assert (flag.severity, flag.on_hold) == ("watch", True)
    assert (flag.next_severity, flag.next_on) == ("stagnant", date(2022, 6, 1))
    assert said(log, FLAG, "2022-05-31") == "1 memorandum in 26 months, nothing binding. On hold."
    thawed = the(log, FLAG, "2022-06-01")
    assert (thawed.since, thawed.on_hold) == (date(2022, 6, 1), False)


def test_a_hold_without_an_end_promises_no_rise() -> None:
    flag = the([GRID, paper("2020-03-15"), held("2021-06-01")], FLAG, "2021-07-01")
    assert (flag.next_severity, flag.next_on) == (None, None)


def test_what_rises_on_the_first_day_of_a_hold_stands_in_it() -> None:
    assert turns([GRID, paper("2020-03-15"), held("2021-03-15")], FLAG) == {"2021-03-15": "watch"}


def test_in_a_hold_what_ends_shows_at_once_and_does_not_come_back_worse() -> None:
    brief = pursued("rights.granted", "2021-08-01", "alpha", right="land")
    revoked = pursued("rights.revoked", "2022-06-01", "alpha")
    log = [GRID, paper("2020-03-15"), held("2021-06-01"), brief, revoked, freed("2022-09-01")]
    assert turns(log, FLAG) == {
        "2021-03-15": "watch",
        "2021-08-01": NOTHING,
        "2022-06-01": "watch",
        "2022-09-01": "stagnant",
        "2024-03-15": "presumed-dead",
    }


def test_the_deal_is_presumed_dead_in_its_overlay_only_when_that_is_certain() -> None:
    log = [GRID, paper("2020")]
    assert deal_on(log, "2024-12-30").overlays == ()
    assert the(log, FLAG, "2024-12-30").severity == "presumed-dead"
    assert deal_on(log, "2024-12-31").overlays == ("presumed-dead",)
    on_hold = [*log, held("2024-06-01")]
    assert deal_on(on_hold, "2025-06-01").overlays == ("on-hold",)


def test_a_deal_that_was_only_announced_has_no_memorandum_clock() -> None:
    assert standing([MINE, pursued("intent.announced", "2010-01-01", "alpha", kind="talks")], FLAG, "2026-01-01") == []


def test_the_clock_is_one_a_deal_and_runs_in_each_project_alone() -> None:
    log = [GRID, paper("2020-03-15"), paper("2021-01-10", "beta"), on("south", paper("2010-01-10"))]
    assert [(flag.deal, flag.since) for flag in judged(log, "2022-02-01").flags if flag.flag == FLAG] == [
        ("alpha", date(2021, 3, 15)),
        ("beta", date(2022, 1, 10)),
    ]
