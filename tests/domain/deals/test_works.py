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
    start = pursued("construction.started", "2020-01-01", "alpha")
    assert state(start) == "construction"
    assert state(start, pursued("construction.suspended", "2020-02-02", "beta")) is None


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


def lines(
    *events: Event, as_of: str = "2021-01-01"
) -> dict[tuple[str | None, str | None], tuple[str | None, tuple[str, ...]]]:
    """Each line of works, by deal and part: its level, and what of it stands still."""
    works = of_project(judged([deposit(), *events], as_of)).works
    return {(line.deal, line.part): (line.level.label if line.level else None, line.suspended) for line in works}


UNITS = [
    event("production.started", "2020-01-01", id="unit 1", deal=None, part="unit-1", phase="commercial"),
    event("production.started", "2020-01-02", id="unit 2", deal=None, part="unit-2", phase="commercial"),
]


def test_a_line_is_kept_for_each_deal_and_part_and_either_may_be_absent() -> None:
    rows = [
        event("construction.started", "2020-01-01", id="1", deal=None),
        event("construction.started", "2020-01-02", id="2", deal=None, part="unit-1"),
        event("construction.completed", "2020-01-03", id="3", deal="alpha"),
        event("production.started", "2020-01-04", id="4", deal="alpha", part="unit-1"),
    ]
    assert lines(*rows) == {
        (None, None): ("construction", ()),
        (None, "unit-1"): ("construction", ()),
        ("alpha", None): ("commissioning", ()),
        ("alpha", "unit-1"): ("commissioning", ()),
    }


def test_the_project_is_where_the_highest_of_its_lines_is() -> None:
    idle = event("production.suspended", "2020-06-01", deal=None, part="unit-1")
    assert state(*UNITS, idle) == "producing"
    assert lines(*UNITS, idle)[None, "unit-1"] == ("commissioning", ("production",))
    assert state(*UNITS, event("production.suspended", "2020-06-01", deal=None)) == "commissioning"


@pytest.mark.parametrize(
    ("deal", "part", "stopped"),
    [
        (None, None, {"alpha 1", "alpha 2", "beta 1"}),
        (None, "unit-1", {"alpha 1", "beta 1"}),
        ("alpha", None, {"alpha 1", "alpha 2"}),
        ("alpha", "unit-2", {"alpha 2"}),
        ("gamma", None, {"alpha 1", "alpha 2", "beta 1"}),
        ("gamma", "unit-1", {"alpha 1", "beta 1"}),
    ],
)
def test_a_stop_concerns_the_lines_of_its_part_and_of_its_deal(
    deal: str | None, part: str | None, stopped: set[str]
) -> None:
    """A deal without lines of its own speaks of all."""
    keys = {"alpha 1": ("alpha", "unit-1"), "alpha 2": ("alpha", "unit-2"), "beta 1": ("beta", "unit-1")}
    starts = [
        event("construction.started", "2020-01-01", id=name, deal=own, part=of_part)
        for name, (own, of_part) in keys.items()
    ]
    stop = event("construction.suspended", "2020-06-01", deal=deal, **({"part": part} if part else {}))
    works = lines(*starts, stop)
    assert {name for name, key in keys.items() if works[key][1]} == stopped


def test_what_suspends_the_project_with_a_deal_is_of_that_deals_own_lines_only() -> None:
    start = event("construction.started", "2020-01-01", deal="alpha")
    assert state(start, event("project.suspended", "2020-06-01", deal="gamma")) == "construction"
    assert state(start, event("project.suspended", "2020-06-01", deal="alpha")) is None


def test_a_completion_and_what_it_reached_stand_while_construction_is_stopped() -> None:
    rows = ground("construction.completed", "construction.suspended")
    assert lines(*rows)[None, None] == ("commissioning", ("construction",))
    assert lines(*ground("production.started trial", "construction.suspended"))[None, None][0] == "commissioning"


@pytest.mark.parametrize("start", ["construction.started", "construction.completed", "production.started"])
def test_a_later_start_of_the_line_ends_all_its_suspensions_and_no_others(start: str) -> None:
    stops = [
        event(name, "2020-06-01", deal=None)
        for name in ("project.suspended", "production.suspended", "construction.suspended")
    ]
    again = event(start, "2020-07-01", deal=None, part="unit-1")
    works = lines(*UNITS, *stops, again)
    assert (works[None, "unit-1"][1], len(works[None, "unit-2"][1])) == ((), 3)


def test_a_stop_that_met_no_line_is_ended_by_a_start_and_what_was_reached_later_stands() -> None:
    stop = event("production.suspended", "2019-06-01", deal=None)
    assert lines(stop) == {}
    assert lines(stop, *UNITS)[None, "unit-1"] == ("producing", ())


def test_a_part_that_was_resumed_before_its_line_began_does_not_stand_still() -> None:
    stop = event("production.suspended", "2020-06-01", deal=None)
    resumed = event("production.resumed", "2020-07-01", deal=None, part="unit-3")
    proven = [event("construction.resumed", f"2020-08-0{unit}", deal=None, part=f"unit-{unit}") for unit in (3, 4)]
    works = lines(*UNITS, stop, resumed, *proven)
    assert (works[None, "unit-3"][1], works[None, "unit-4"][1]) == ((), ("production",))


def test_a_start_ends_a_stop_that_met_no_line_for_its_own_line_only() -> None:
    stop = event("project.suspended", "2020-01-01", deal=None, part="unit-1")
    proven = pursued("construction.suspended", "2020-02-01", "alpha", part="unit-1")
    started = pursued("construction.started", "2020-03-01", "beta", part="unit-1")
    log = [deposit(), stop, proven, started]
    assert [deal_on(log, "2021-01-01", deal).overlays for deal in ("alpha", "beta")] == [("suspended",), ()]


def test_a_stop_or_resumption_of_construction_proves_that_it_had_begun_and_of_production_nothing() -> None:
    for name, proven in (
        ("construction.suspended", {(None, "unit-1"): (None, ("construction",))}),
        ("construction.resumed", {(None, "unit-1"): ("construction", ())}),
        ("production.suspended", {}),
        ("production.resumed", {}),
    ):
        assert lines(event(name, "2020-01-01", deal=None, part="unit-1")) == proven, name


@pytest.mark.parametrize("name", ["project.retired", "project.cancelled"])
def test_a_part_that_is_retired_or_cancelled_leaves_the_rest_and_the_deals_as_they_are(name: str) -> None:
    owner = pursued("equity.agreed", "2019-01-01", "alpha")
    over = event(name, "2020-06-01", deal=None, part="unit-1")
    assert lines(*UNITS, over)[None, "unit-1"] == (None, ())
    assert state(*UNITS, over) == "producing"
    deal = deal_on([deposit(), owner, *UNITS, over], "2021-01-01")
    assert (deal.level is None, deal.overlays) == (False, ())
    assert of_project(judged([deposit(), owner, *UNITS, over], "2021-01-01")).overlays == ()


def test_the_completion_of_a_part_ends_nothing() -> None:
    over = event("project.completed", "2020-06-01", deal=None, part="unit-1")
    assert lines(*UNITS, over) == lines(*UNITS)
    assert of_project(judged([deposit(), *UNITS, over], "2021-01-01")).overlays == ()


def test_a_whole_that_is_retired_stands_nowhere_and_one_that_is_cancelled_or_completed_leaves_the_works() -> None:
    for name, reached in (
        ("project.retired", None),
        ("project.cancelled", "producing"),
        ("project.completed", "producing"),
    ):
        assert state(*UNITS, event(name, "2020-06-01", deal=None)) == reached, name


def test_a_retired_line_begins_anew_with_a_later_start() -> None:
    retired = event("project.retired", "2020-06-01", deal=None)
    stopped = event("construction.suspended", "2020-07-01", deal=None)
    again = event("construction.started", "2020-08-01", deal=None, part="unit-1")
    assert lines(*UNITS, retired, stopped)[None, "unit-1"] == (None, ())
    works = lines(*UNITS, retired, stopped, again)
    assert (works[None, "unit-1"], works[None, "unit-2"]) == (("construction", ()), (None, ()))


def test_a_plant_of_which_one_unit_runs_is_not_suspended() -> None:
    def overlays(*events: Event) -> tuple[str, ...]:
        return of_project(judged([deposit(), *UNITS, *events], "2021-01-01")).overlays

    one, other = (
        event("production.suspended", "2020-06-01", id=part, deal=None, part=part) for part in ("unit-1", "unit-2")
    )
    assert overlays(one) == ()
    assert overlays(one, other) == ("suspended",)
    assert overlays(one, event("project.retired", "2020-07-01", deal=None, part="unit-2")) == ("suspended",)
    assert overlays(one, event("project.retired", "2020-07-01", deal=None, part="unit-1")) == ()


def test_a_unit_that_runs_keeps_the_plant_going_though_its_only_living_deal_is_suspended() -> None:
    runs = pursued("production.started", "2012-01-01", "alpha", phase="commercial", part="unit-1")
    stops = pursued("production.started", "2013-01-01", "alpha", phase="commercial", part="unit-2")
    log = [deposit(), runs, stops, event("project.suspended", "2015-01-01", deal=None, part="unit-2")]
    assert deal_on(log, "2016-01-01").overlays == ("suspended",)
    assert of_project(judged(log, "2016-01-01")).overlays == ()
    whole = event("project.suspended", "2015-02-01", deal=None)
    assert of_project(judged([*log, whole], "2016-01-01")).overlays == ("suspended",)


def test_a_part_that_is_suspended_suspends_the_deals_that_have_a_line_of_it() -> None:
    mine = pursued("construction.started", "2020-01-01", "alpha", part="unit-1")
    theirs = pursued("construction.started", "2020-01-01", "beta", part="unit-2")
    stop = event("project.suspended", "2020-06-01", deal=None, part="unit-1")
    log = [deposit(), mine, theirs, stop]
    assert deal_on(log, "2021-01-01").overlays == ("suspended",)
    assert deal_on(log, "2021-01-01", "beta").overlays == ()


def test_a_part_that_started_again_is_not_what_suspends_its_deal_when_the_whole_stops_later() -> None:
    part = event("project.suspended", "2020-01-01", deal=None, part="unit-1")
    again = pursued("construction.started", "2020-02-01", "alpha", part="unit-1")
    whole = event("project.suspended", "2020-03-01", deal=None)
    other = pursued("construction.started", "2020-04-01", "alpha")
    assert deal_on([deposit(), part, again, whole], "2021-01-01").overlays == ("suspended",)
    assert deal_on([deposit(), part, again, whole, other], "2021-01-01").overlays == ()


def test_a_suspension_of_a_deal_is_of_the_phase_in_which_it_was_told() -> None:
    suspended = event("project.suspended", "2020-02-01", deal="alpha")
    left = pursued("investor.withdrew", "2020-03-01", "alpha")
    log = [deposit(), paper("2020-01-01"), suspended, left, paper("2020-04-01")]
    assert deal_on(log[:3], "2021-01-01").overlays == ("suspended",)
    assert deal_on(log, "2021-01-01").overlays == ()


def test_disbursements_are_no_works() -> None:
    assert lines(pursued("funds.disbursed", "2020-01-01", "alpha")) == {}
