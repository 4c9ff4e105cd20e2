"""The properties of test_fold_properties and test_portfolio_properties, each held on the same five thousand long logs.

Not collected by `pytest tests`; `make soak-domain` runs it, one process a generator of logs, and prints what it saw.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import pytest
from hypothesis import given

from tests.domain.fold import test_fold_properties
from tests.domain.markets import test_portfolio_properties
from tests.domain.properties import EVENTS_MAX, LOGS, Case, Properties, as_often_as_the_profile_says, cases
from tests.domain.random_logs import Log


@dataclass
class Figures:
    """What was seen by one of the tests."""

    logs: int = 0
    events: int = 0
    longest: int = 0

    def see(self, log: Log) -> None:
        self.logs += 1
        self.events += len(log)
        self.longest = max(self.longest, len(log))


def _hold(properties: Properties, capsys: pytest.CaptureFixture[str]) -> None:
    figures, began = Figures(), time.monotonic()

    @as_often_as_the_profile_says
    @given(log=properties.drawn, case=cases)
    def hold_all(log: Log, case: Case) -> None:
        figures.see(log)
        for prove in properties.all:
            prove(log, case)

    hold_all()
    names = "".join(f"\n  {prove.__name__}" for prove in properties.all)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(properties.all)} properties, each on {figures.logs} logs of up to {EVENTS_MAX} events: {figures.events} "
            f"events in all, the longest log {figures.longest}, {time.monotonic() - began:.0f} s{names}\n"
        )
    assert figures.logs >= LOGS


def test_every_property_of_a_project_holds(capsys: pytest.CaptureFixture[str]) -> None:
    _hold(test_fold_properties.holds_for_any_log, capsys)


def test_every_property_of_a_corrected_project_holds(capsys: pytest.CaptureFixture[str]) -> None:
    _hold(test_fold_properties.holds_for_any_corrected_log, capsys)


def test_every_property_of_a_portfolio_holds(capsys: pytest.CaptureFixture[str]) -> None:
    _hold(test_portfolio_properties.holds_for_any_log, capsys)
