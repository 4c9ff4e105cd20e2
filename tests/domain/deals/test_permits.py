"""A permit is a step and no right: how long it is in force, and what takes it (domain page, sections 3 and 4)."""

from __future__ import annotations

from typing import Any

import pytest

from steppe.domain.events.event import Event
from steppe.domain.values.levels import Level
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import deal_on, deposit, pursued

END = "2024-01-01"


def made(name: str, occurred: str, **data: Any) -> Event:
    return pursued(name, occurred, "alpha", **data)


def granted(occurred: str = "2020-01-01", permit: str = "construction", **data: Any) -> Event:
    return made("permit.granted", occurred, permit=permit, **data)


def permits(*events: Event, as_of: str = END) -> list[tuple[str, str | None]]:
    """Those in force, with their parts."""
    return [(permit.permit, permit.part) for permit in deal_on([deposit(), *events], as_of).permits]


def test_a_permit_lifts_its_deal_to_advanced_and_binds_nobody() -> None:
    for row in (made("permit.applied", "2020-01-01"), granted()):
        state = deal_on([deposit(), row], END)
        assert (state.level, state.legs) == (Level.ADVANCED, ())


@pytest.mark.parametrize("name", ["permit.refused", "permit.lapsed"])
def test_a_refusal_and_a_lapse_are_news_and_change_no_level(name: str) -> None:
    state = deal_on([deposit(), granted(), made(name, "2021-01-01", permit="construction")], END)
    assert (state.level, state.permits) == (Level.ADVANCED, ())
    assert state.silence is not None
    assert state.step is not None
    assert (state.silence.latest.isoformat(), state.step.latest.isoformat()) == ("2021-01-01", "2020-01-01")


@pytest.mark.parametrize("name", ["permit.refused", "permit.lapsed"])
def test_a_lapse_is_of_its_kind_and_part_and_one_without_them_of_all(name: str) -> None:
    rows = [granted(part="unit-1"), granted("2020-01-02", part="unit-2"), granted("2020-01-03", "export")]
    one, other, export = ("construction", "unit-1"), ("construction", "unit-2"), ("export", None)
    assert permits(*rows, made(name, "2021-01-01", permit="construction", part="unit-1")) == [other, export]
    assert permits(*rows, made(name, "2021-01-01", permit="construction")) == [export]
    assert permits(*rows, made(name, "2021-01-01")) == []
    assert permits(*rows, made(name, "2021-01-01", permit="other")) == [one, other, export]


def test_a_lapse_of_a_part_leaves_what_was_granted_for_no_part() -> None:
    assert permits(granted(), made("permit.lapsed", "2021-01-01", part="unit-1")) == [("construction", None)]


def test_it_is_in_force_from_its_grant_until_the_day_after_its_last() -> None:
    row = granted(expires_on="2021-06")
    in_force = {day: bool(permits(row, as_of=day)) for day in ("2020-01-01", "2021-06-30", "2021-07-01")}
    assert in_force == {"2020-01-01": True, "2021-06-30": True, "2021-07-01": False}
    assert permits(granted(expires_on="2021/.."))


def test_grants_stand_beside_each_other_each_with_its_own_end() -> None:
    rows = [granted(expires_on="2021-06-30"), granted("2020-02-02", expires_on="2022-06-30")]
    assert [len(permits(*rows, as_of=day)) for day in ("2021-06-30", "2021-07-01", "2022-07-01")] == [2, 1, 0]


def test_what_is_granted_on_the_day_of_the_lapse_stands_if_another_was_in_force_the_day_before() -> None:
    again, lapsed = granted("2021-01-01"), made("permit.lapsed", "2021-01-01")
    assert permits(granted(), again, lapsed) == [("construction", None)]
    assert permits(again, lapsed) == []


def test_a_permit_is_of_the_deal_that_it_names_and_of_its_phase() -> None:
    row = event("permit.granted", "2020-06-01", deal=None, permit="construction")
    assert permits(granted("2020-01-01", "export"), row) == [("export", None)]
    left, again = made("investor.withdrew", "2021-01-01"), made("intent.announced", "2022-01-01", kind="talks")
    assert permits(granted(), left) == permits(granted(), left, again) == []


def test_an_ended_deal_holds_no_permit() -> None:
    assert permits(granted(), event("project.cancelled", "2021-01-01", deal=None)) == []
