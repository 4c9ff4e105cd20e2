"""What stands on the ground belongs to the project, and how it is suspended (domain page, section 4, physical state)."""

from __future__ import annotations

import pytest

from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import deal_on, deposit, judged, of_project, paper, pursued

DAYS = [f"2020-0{month}-01" for month in range(1, 10)]


def ground(*names: str) -> list[Event]:
    """Rows that speak of the project, a month apart; `production.started commercial` names the phase."""
    rows = [name.partition(" ") for name in names]
    return [
        event(name, day, deal=None, **({"phase": phase} if phase else {}))
        for (name, _, phase), day in zip(rows, DAYS, strict=False)
    ]


def state(*events: Event) -> str | None:
    judgement = of_project(judged([deposit(), *events], "2021-01-01")).physical_state
    return judgement.label if judgement else None


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], None),
        (["construction.started"], "construction"),
        (["construction.completed"], "commissioning"),
        (["production.started"], "commissioning"),
        (["production.started trial"], "commissioning"),
        (["production.started commercial"], "producing"),
        (["production.started commercial", "production.started trial"], "producing"),
        (["construction.started", "construction.suspended"], None),
        (["construction.started", "construction.suspended", "construction.resumed"], "construction"),
        (["construction.completed", "construction.suspended", "construction.resumed"], "commissioning"),
        (["construction.started", "project.suspended"], None),
        (["production.started commercial", "project.suspended"], None),
        (["production.started commercial", "project.suspended", "project.resumed"], "producing"),
        (["production.started commercial", "production.suspended"], "commissioning"),
        (["production.started commercial", "production.suspended", "production.resumed"], "producing"),
        (["production.started trial", "production.suspended"], None),
        (["construction.started", "production.started trial", "production.suspended"], "construction"),
        (["construction.completed", "production.started trial", "production.suspended"], "commissioning"),
        (["construction.started", "production.started trial", "production.suspended", "production.resumed"], "commissioning"),
        (["construction.suspended"], None),
        (["construction.suspended", "construction.resumed"], "construction"),
        (["construction.resumed"], "construction"),
        (["processing.localised"], None),
        (["production.suspended", "production.resumed"], None),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, list) else str(value),
)  # fmt: skip
def test_what_stands_after_these_rows(rows: list[str], expected: str | None) -> None:
    assert state(*ground(*rows)) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["construction.started", "construction.suspended", "project.suspended", "project.resumed"], None),
        (["construction.started", "construction.suspended", "project.suspended", "construction.resumed"], None),
        (["construction.started", "construction.suspended", "project.suspended", "project.resumed", "construction.resumed"], "construction"),
        (["production.started commercial", "project.suspended", "production.suspended", "project.resumed"], "commissioning"),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, list) else str(value),
)  # fmt: skip
def test_suspensions_stand_side_by_side_each_until_its_own_resumption(rows: list[str], expected: str | None) -> None:
    assert state(*ground(*rows)) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("construction.started", "construction"),
        ("construction.completed", "commissioning"),
        ("production.started trial", "commissioning"),
        ("production.started commercial", "producing"),
    ],
)
def test_building_or_producing_again_ends_every_suspension(row: str, expected: str) -> None:
    suspended = ["construction.suspended", "project.suspended", "production.suspended"]
    assert state(*ground(*suspended, row)) == expected
    assert of_project(judged([deposit(), *ground(*suspended, row)], "2021-01-01")).overlays == ()


def test_a_deals_own_rows_move_the_state_of_the_project() -> None:
    begun = pursued("construction.started", "2020-01-01", "alpha")
    assert state(begun) == "construction"
    assert state(begun, pursued("construction.suspended", "2020-02-02", "beta")) is None


def test_a_suspension_of_one_deal_leaves_the_ground_as_it_is() -> None:
    suspended = event("project.suspended", "2020-02-01", deal="alpha")
    assert state(*ground("construction.started"), suspended) == "construction"


@pytest.mark.parametrize("name", ["construction.started", "production.suspended", "processing.localised"])
def test_a_physical_event_binds_a_deal_that_has_no_leg_with_an_inferred_one(name: str) -> None:
    log = [deposit(required_legs=["works"]), pursued(name, "2020-01-01", "alpha", step="metal")]
    (leg,) = deal_on(log, "2020-01-01").legs
    assert (leg.leg, leg.inferred, leg.valid) == ("unknown", True, True)
    assert deal_on(log, "2020-01-01").missing_legs == ("works",)


def test_a_deal_with_a_leg_needs_none_inferred_and_a_row_of_the_project_infers_none() -> None:
    right = pursued("rights.granted", "2019-01-01", "alpha", right="mining")
    log = [deposit(), right, pursued("construction.started", "2020-01-01", "alpha")]
    assert [leg.leg for leg in deal_on(log, "2020-01-01").legs] == ["rights"]
    assert deal_on([deposit(), paper("2019-01-01"), *ground("construction.started")], "2021-01-01").legs == ()


def test_a_producing_mine_is_never_memorandum_only() -> None:
    log = [deposit(), paper("2010-01-01"), pursued("production.started", "2012-01-01", "alpha")]
    assert "memorandum-only" not in [flag.flag for flag in judged(log, "2020-01-01").flags]
    assert of_project(judged(log, "2020-01-01")).headline is None


def test_a_localised_step_is_physical_evidence_but_no_level() -> None:
    right = pursued("rights.granted", "2019-01-01", "alpha", right="mining")
    log = [deposit(), right, pursued("processing.localised", "2020-01-01", "alpha", step="metal")]
    deal = deal_on(log, "2020-01-01")
    assert deal.level is not None
    assert (deal.level.label, state(*log[1:])) == ("bound", None)
    assert deal.step is not None
    assert deal.step.latest.isoformat() == "2020-01-01"


def test_for_a_corridor_production_is_service() -> None:
    road = [deposit(kind="corridor", sector="transport"), *ground("production.started commercial")]
    assert of_project(judged(road, "2021-01-01")).level.label == "producing"
