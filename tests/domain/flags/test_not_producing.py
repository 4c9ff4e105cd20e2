"""not-producing by hand (section 6): a flag of the project, by the thresholds that hold at the project's level."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from steppe.domain.portfolio import portfolio
from steppe.domain.rules import RULES, Override
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import deposit


def test_a_threshold_by_level_goes_by_the_level_of_the_project_not_of_its_ground() -> None:
    rules = replace(RULES, overrides=(Override(rule="not-producing.construction.watch", value=12, level="bound"),))
    halted = event("construction.suspended", "2020-01-10")
    found = portfolio([deposit(), halted], rules=rules)
    for day, flags in ((date(2021, 1, 9), []), (date(2021, 1, 10), ["not-producing"])):
        judged = found.judged("north", day)
        assert (judged.project.level.label, judged.project.physical_state) == ("bound", None)
        assert [flag.flag for flag in judged.flags if flag.deal is None] == flags
