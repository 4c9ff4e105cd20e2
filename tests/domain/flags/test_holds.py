"""What a hold does to any flag: placed, until, lifted, one after another, on a deal or on the project (section 6, Hold)."""

from __future__ import annotations

from datetime import date, timedelta

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
    of_project,
    on,
    paper,
    pursued,
    standing,
    the,
    turns,
)

MINE = deposit(required_legs=["equity", "debt"])
EQUITY = pursued("equity.agreed", "2018-01-15", "alpha")


def _plans() -> list[Event]:
    return [
        pursued("milestone.planned", day, "alpha", milestone="start", planned_on=f"20{number}")
        for number, day in ((25, "2018-05-05"), (26, "2019-05-05"), (27, "2020-05-05"))
    ]


# For each flag a log that raises it once, and that day; nobody looks or speaks on the days of the holds below.
LOGS: dict[str, tuple[str, list[Event]]] = {
    "memorandum-only": ("2020-05-05", [paper("2019-05-05")]),
    "memorandum-churn": ("2020-05-05", [paper("2020-01-01"), paper("2020-02-02"), paper("2020-05-05")]),
    "silent": ("2020-05-05", [paper("2018-05-05")]),
    "lapsed": ("2020-05-05", [paper("2018-05-05", expires_on="2020-02-05")]),
    "partly-bound": ("2019-07-15", [EQUITY]),
    "not-building": ("2020-01-15", [EQUITY]),
    "slipping": ("2020-05-05", [paper("2018-05-01"), *_plans()]),
    "displaced": ("2020-05-05", [paper("2018-05-01"), pursued("equity.agreed", "2020-05-05", "beta")]),
    "crowded": (
        "2020-05-05",
        [paper("2018-05-01"), pursued("equity.agreed", "2020-01-05", "beta"), pursued("loan.signed", "2020-05-05", "gamma", lender_kind="eca")],
    ),
}  # fmt: skip
every_flag = pytest.mark.parametrize("flag", LOGS)


def _log(flag: str) -> tuple[date, list[Event]]:
    rises_on, events = LOGS[flag]
    return date.fromisoformat(rises_on), [MINE, *events]


def _first(log: list[Event], flag: str) -> str | None:
    return next(iter(turns(log, flag)), None)


def _after(day: date, days: int) -> str:
    return (day + timedelta(days=days)).isoformat()


@every_flag
def test_without_a_hold_it_rises_on_its_day(flag: str) -> None:
    day, log = _log(flag)
    assert _first(log, flag) == day.isoformat()


@every_flag
@pytest.mark.parametrize("deal", [None, "alpha"], ids=["on the project", "on the deal"])
def test_under_a_hold_it_rises_on_the_day_until_which_the_hold_runs(flag: str, deal: str | None) -> None:
    day, log = _log(flag)
    log = [*log, held(_after(day, -20), deal=deal, until=_after(day, 20))]
    assert standing(log, flag, _after(day, 19)) == []
    thawed = the(log, flag, _after(day, 20))
    assert (thawed.since.isoformat(), thawed.on_hold) == (_after(day, 20), False)


@every_flag
def test_under_a_hold_it_rises_on_the_day_on_which_the_hold_is_lifted(flag: str) -> None:
    day, log = _log(flag)
    log = [*log, held(_after(day, -20)), freed(_after(day, 20))]
    assert _first(log, flag) == _after(day, 20)


@every_flag
def test_what_stands_on_the_first_day_of_a_hold_stands_in_it_and_says_so(flag: str) -> None:
    day, log = _log(flag)
    flagged = the([*log, held(day.isoformat())], flag, _after(day, 20))
    assert (flagged.since, flagged.on_hold) == (day, True)


@every_flag
def test_a_hold_on_another_deal_or_another_project_changes_nothing(flag: str) -> None:
    day, log = _log(flag)
    elsewhere = [held(_after(day, -20), deal="delta"), on("south", held(_after(day, -20)))]
    assert _first([*log, *elsewhere], flag) == day.isoformat()


@every_flag
def test_holds_without_a_gap_are_one_run(flag: str) -> None:
    day, log = _log(flag)
    first, second = held(_after(day, -20), until=_after(day, 10)), held(_after(day, 10), until=_after(day, 20))
    assert _first([*log, first, second], flag) == _after(day, 20)
    overlapping = held(_after(day, 5), deal="alpha", until=_after(day, 20))
    assert _first([*log, first, overlapping], flag) == _after(day, 20)


@every_flag
def test_a_day_between_two_holds_shows_it_and_what_it_showed_stands_in_the_second(flag: str) -> None:
    day, log = _log(flag)
    holds = [held(_after(day, -20), until=_after(day, 10)), held(_after(day, 11), until=_after(day, 20))]
    assert _first([*log, *holds], flag) == _after(day, 10)
    assert the([*log, *holds], flag, _after(day, 15)).on_hold


PAPER = paper("2019-05-05")  # a watch on 2020-05-05


def test_a_deal_that_was_freed_from_the_projects_hold_and_is_held_again_shows_what_stood_when_it_was_held_again() -> (
    None
):
    freed_and_held = [held("2020-01-01"), freed("2020-03-01", deal="alpha"), held("2020-08-01", deal="alpha")]
    assert turns([MINE, PAPER, *freed_and_held], "memorandum-only") == {"2020-05-05": "watch"}
    held_with_all = [held("2020-01-01"), freed("2020-03-01", deal="alpha"), held("2020-08-01")]
    assert turns([MINE, PAPER, *held_with_all], "memorandum-only") == {"2020-05-05": "watch"}


def test_lifting_a_deals_hold_frees_it_from_the_projects_hold_too_and_leaves_the_others() -> None:
    log = [MINE, PAPER, paper("2019-05-05", "beta"), held("2020-01-01"), held("2020-02-02", deal="alpha")]
    log.append(freed("2020-09-09", deal="alpha"))
    assert turns(log, "memorandum-only") | {} == {"2020-09-09": "watch", "2021-05-05": "stagnant", "2022-05-05": "presumed-dead"}  # fmt: skip
    assert turns(log, "memorandum-only", deal="beta") == {}


def test_lifting_the_projects_hold_frees_every_deal_from_every_hold() -> None:
    log = [MINE, PAPER, held("2020-02-02", deal="alpha"), freed("2020-09-09")]
    assert next(iter(turns(log, "memorandum-only"))) == "2020-09-09"


def test_of_two_holds_the_later_end_counts() -> None:
    long, short = held("2020-02-02", until="2020-12-12"), held("2020-03-03", deal="alpha", until="2020-04-04")
    assert next(iter(turns([MINE, PAPER, long, short], "memorandum-only"))) == "2020-12-12"


def test_until_is_the_latest_day_of_its_interval_and_an_open_one_never_comes() -> None:
    assert next(iter(turns([MINE, PAPER, held("2020-02-02", until="2020-09")], "memorandum-only"))) == "2020-09-30"
    assert turns([MINE, PAPER, held("2020-02-02", until="2020-09/..")], "memorandum-only") == {}


def test_a_hold_that_is_over_before_it_counts_holds_nothing() -> None:
    log = [MINE, PAPER, held("2020-05-05", until="2020-05-05"), held("2020", until="2020-06-06")]
    assert next(iter(turns(log, "memorandum-only"))) == "2020-05-05"
    lifted_at_once = [MINE, PAPER, held("2020-05-05"), freed("2020-05-05")]
    assert next(iter(turns(lifted_at_once, "memorandum-only"))) == "2020-05-05"
    assert not the(lifted_at_once, "memorandum-only", "2020-05-05").on_hold


@pytest.mark.parametrize("deal", [None, "alpha"], ids=["on the project", "on the deal"])
def test_a_deal_that_begins_under_a_hold_shows_nothing_until_it_thaws(deal: str | None) -> None:
    log = [MINE, held("2018-01-01", deal=deal, until="2021-01-01"), paper("2016/2018-06-06")]
    assert turns(log, "memorandum-only") == {
        "2021-01-01": "possible presumed-dead",
        "2021-06-06": "presumed-dead",
    }


def test_in_a_hold_certainty_does_not_rise_either() -> None:
    log = [MINE, paper("2019"), held("2020-03-01", until="2021-03-01")]
    assert turns(log, "memorandum-only") == {"2020-01-01": "possible watch", "2021-03-01": "possible stagnant",
        "2021-12-31": "stagnant", "2022-01-01": "possible presumed-dead", "2022-12-31": "presumed-dead",
    }  # fmt: skip
    flag = the(log, "memorandum-only", "2021-02-28")
    assert (flag.certain_severity, flag.certain_on) == (None, date(2021, 3, 1))


def test_what_stood_on_the_first_day_of_a_hold_may_come_back_in_it_on_its_own_day() -> None:
    talks = pursued("intent.announced", "2020-07", "alpha", kind="talks")
    log = [MINE, paper("2018-05-05"), held("2020-06-01"), talks]
    assert turns(log, "silent") == {
        "2020-05-05": "watch",
        "2020-07-31": NOTHING,
        "2022-07-01": "possible watch",
        "2022-07-31": "watch",
    }
    assert the(log, "silent", "2022-07-15").certain_on == date(2022, 7, 31)


def test_in_a_hold_the_next_rise_is_one_that_the_hold_allows() -> None:
    left = pursued("investor.withdrew", "2020-07-07", "alpha")
    log = [deposit(), paper("2018-03-15"), held("2020-06-01"), left, paper("2020-08-08")]
    assert the(log, "memorandum-only", "2020-06-01").severity == "stagnant"
    again = the(log, "memorandum-only", "2021-09-09")
    assert (again.severity, again.next_severity, again.next_on) == ("watch", "stagnant", date(2022, 8, 8))
    assert the(log, "memorandum-only", "2022-08-08").next_on is None
    ending = [*log[:2], held("2020-06-01", until="2021-08-10"), *log[3:]]
    assert the(ending, "memorandum-only", "2021-08-08").next_on == date(2022, 8, 8)


def test_the_overlay_says_on_hold_of_the_deal_and_of_the_project_only_where_the_hold_names_no_deal() -> None:
    one, all_of_them = [MINE, PAPER, held("2020-01-01", deal="alpha")], [MINE, PAPER, held("2020-01-01")]
    assert deal_on(one, "2020-01-01").overlays == deal_on(all_of_them, "2020-01-01").overlays == ("on-hold",)
    assert of_project(judged(one, "2020-01-01")).overlays == ()
    assert of_project(judged(all_of_them, "2020-01-01")).overlays == ("on-hold",)


def test_a_hold_changes_no_level_and_what_ends_in_it_ends() -> None:
    log = [MINE, PAPER, held("2020-06-01"), pursued("equity.closed", "2020-07-07", "alpha")]
    assert turns(log, "memorandum-only") == {"2020-05-05": "watch", "2020-07-07": NOTHING}
    assert deal_on(log, "2020-07-07").level is not None
    dropped = [MINE, PAPER, held("2020-06-01"), event("project.cancelled", "2020-07-07", deal=None)]
    assert turns(dropped, "memorandum-only") == {"2020-05-05": "watch", "2020-07-07": NOTHING}
