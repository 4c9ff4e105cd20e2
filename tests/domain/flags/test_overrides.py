"""Every threshold may be overridden by level, commodity, sector and country, in that order (section 6, rules)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from steppe.domain.events.event import Event
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.rules.thresholds import Circumstances, Override, Rules
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import NOTHING, deposit, paper, pursued, recorded_on, turns

MINE = deposit(required_legs=["equity", "debt"])
EQUITY = pursued("equity.agreed", "2018-01-31", "alpha")
PLANS = [
    pursued("milestone.planned", day, "alpha", milestone="start", planned_on=year)
    for day, year in (("2018-05-05", "2025"), ("2019-05-05", "2026"), ("2020-05-05", "2027"))
]
BETA = pursued("equity.agreed", "2020-05-05", "beta")
GAMMA = pursued("equity.agreed", "2020-06-06", "gamma")
BUILT = event("construction.started", "2015-08-31", deal=None)
TRIED = event("production.started", "2015-08-31", deal=None)
TALKS = pursued("intent.announced", "2020-08-31", "alpha", kind="talks")
PLAN = pursued("milestone.planned", "2020-08-31", "alpha", milestone="first-output", planned_on="2021-08-31")
RIGHT = pursued("rights.granted", "2020-08-31", "alpha", right="exploration")
STUDY = pursued("study.started", "2022-08-31", "alpha", kind="survey")


@dataclass(frozen=True)
class Row:
    """A threshold with another value: `shown` comes on `day`, and does not under the value of the first version."""

    rule: str
    value: int
    level: str
    log: list[Event]
    day: str
    shown: str
    deal: str | None = "alpha"

    @property
    def flag(self) -> str:
        return self.rule.partition(".")[0]

    def turns(self, *overrides: Override) -> dict[str, str]:
        rules = Rules(version="tried", values=RULES.values, overrides=overrides)
        return turns([MINE, *self.log], self.flag, deal=self.deal, rules=rules)


ROWS = [
    Row("memorandum-only.watch", 6, "memorandum", [paper("2020-08-31")], "2021-02-28", "watch"),
    Row("memorandum-only.stagnant", 18, "memorandum", [paper("2020-08-31")], "2022-02-28", "stagnant"),
    Row("memorandum-only.presumed-dead", 30, "memorandum", [paper("2020-08-31")], "2023-02-28", "presumed-dead"),
    Row("memorandum-only.presumed-dead.step", 30, "advanced", [paper("2018-01-01"), STUDY], "2025-02-28", "presumed-dead"),
    Row("memorandum-churn.papers", 2, "memorandum", [paper("2020-01-01"), paper("2020-02-02")], "2020-02-02", "watch"),
    Row("silent.watch", 6, "memorandum", [paper("2020-08-31")], "2021-02-28", "watch"),
    Row("lapsed.days", 30, "memorandum", [paper("2020-01-01", expires_on="2020-08-31")], "2020-09-30", "watch"),
    Row("unchecked.notice", 1, "memorandum", [recorded_on("2026-11-30", paper("2020-08-31"))], "2026-12-30", "notice"),
    Row("announced-only.watch", 6, "announced", [TALKS], "2021-02-28", "watch"),
    Row("announced-only.stagnant", 30, "announced", [TALKS], "2023-02-28", "stagnant"),
    Row("overdue.watch", 1, "announced", [TALKS, PLAN], "2021-09-30", "watch"),
    Row("overdue.stagnant", 6, "announced", [TALKS, PLAN], "2022-02-28", "stagnant"),
    Row("idle-right.watch", 6, "partly-bound", [RIGHT], "2021-02-28", "watch"),
    Row("idle-right.stagnant", 30, "partly-bound", [RIGHT], "2023-02-28", "stagnant"),
    Row("partly-bound.watch", 1, "partly-bound", [EQUITY], "2018-02-28", "watch"),
    Row("not-building.watch", 13, "partly-bound", [EQUITY], "2019-02-28", "watch"),
    Row("not-producing.construction.watch", 6, "construction", [BUILT], "2016-02-29", "watch", deal=None),
    Row("not-producing.construction.stagnant", 42, "construction", [BUILT], "2019-02-28", "stagnant", deal=None),
    Row("not-producing.trial.watch", 6, "commissioning", [TRIED], "2016-02-29", "watch", deal=None),
    Row("not-producing.trial.stagnant", 18, "commissioning", [TRIED], "2017-02-28", "stagnant", deal=None),
    Row("slipping.moves", 1, "memorandum", [paper("2018-01-01"), *PLANS], "2019-05-05", "watch"),
    Row("crowded.groups", 1, "memorandum", [paper("2018-01-01"), BETA], "2020-05-05", "notice"),
    Row("crowded.months", 12, "memorandum", [paper("2018-01-01"), BETA, GAMMA], "2021-05-06", NOTHING),
]  # fmt: skip
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.rule))


def test_every_threshold_of_the_rules_is_tried_here() -> None:
    assert {row.rule for row in ROWS} == RULES.values.keys()


@each_row
def test_an_override_holds_for_its_level_commodity_sector_and_country(row: Row) -> None:
    assert row.turns().get(row.day) != row.shown
    for override in (
        Override(rule=row.rule, value=row.value, level=row.level),
        Override(rule=row.rule, value=row.value, commodity="tungsten"),
        Override(rule=row.rule, value=row.value, sector="mining"),
        Override(rule=row.rule, value=row.value, country="KZ"),
    ):
        assert row.turns(override).get(row.day) == row.shown, override


@each_row
def test_an_override_of_another_place_changes_nothing(row: Row) -> None:
    elsewhere = (
        Override(rule=row.rule, value=row.value, level="producing"),
        Override(rule=row.rule, value=row.value, commodity="lithium"),
        Override(rule=row.rule, value=row.value, sector="energy"),
        Override(rule=row.rule, value=row.value, country="UZ"),
    )
    assert row.turns(*elsewhere) == row.turns()


def test_level_comes_before_commodity_before_sector_before_country() -> None:
    here = Circumstances(level="memorandum", commodities=("tungsten",), sector="mining", countries=("KZ",))
    overrides = [
        Override(rule="silent.watch", value=1, country="KZ"),
        Override(rule="silent.watch", value=2, sector="mining"),
        Override(rule="silent.watch", value=3, commodity="tungsten"),
        Override(rule="silent.watch", value=4, level="memorandum"),
    ]
    for count, value in ((4, 4), (3, 3), (2, 2), (1, 1), (0, 24)):
        rules = Rules(version="tried", values=RULES.values, overrides=tuple(overrides[:count]))
        assert rules.threshold("silent.watch", here) == value


def test_of_several_commodities_the_smallest_threshold_counts() -> None:
    overrides = [Override(rule="silent.watch", value=months, commodity=name) for name, months in (("tungsten", 18), ("tin", 6), ("gold", 1))]  # fmt: skip
    rules = Rules(version="tried", values=RULES.values, overrides=tuple(overrides))
    log = [deposit(commodities=["tungsten", "tin"]), paper("2020-08-31")]
    assert turns(log, "silent", rules=rules) == {"2021-02-28": "watch"}


def test_of_several_countries_the_smallest_threshold_counts() -> None:
    overrides = tuple(
        Override(rule="silent.watch", value=months, country=code) for code, months in (("KZ", 18), ("UZ", 6), ("KG", 1))
    )
    rules = Rules(version="tried", values=RULES.values, overrides=overrides)
    log = [deposit(country=None, countries=["KZ", "UZ"]), paper("2020-08-31")]
    assert turns(log, "silent", rules=rules) == {"2021-02-28": "watch"}


def test_the_level_of_a_flag_of_the_project_is_that_of_the_project() -> None:
    stopped = event("construction.suspended", "2016-01-01", deal=None)
    rules = Rules(
        version="tried",
        values=RULES.values,
        overrides=(Override(rule="not-producing.construction.watch", value=6, level="bound"),),
    )
    log = [deposit(), BUILT, stopped, pursued("equity.agreed", "2015-01-01", "alpha")]
    assert turns(log, "not-producing", deal=None, rules=rules)["2016-02-29"] == "watch"


def test_where_a_threshold_holds_is_read_on_the_day_that_is_judged() -> None:
    rules = Rules(
        version="tried", values=RULES.values, overrides=(Override(rule="silent.watch", value=6, sector="energy"),)
    )
    changed = event("project.amended", "2021-05-05", deal=None, sector="energy")
    assert turns([deposit(), paper("2020-08-31"), changed], "silent", rules=rules) == {"2021-05-05": "watch"}


def test_in_mining_36_months_of_paper_are_enough_by_the_first_version() -> None:
    assert RULES.overrides == (Override(rule="memorandum-only.presumed-dead", sector="mining", value=36),)
