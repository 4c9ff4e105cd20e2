"""Corrections, reclassifications and retractions: how each event is read (domain page, section 7)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from steppe.domain.events.corrections import CorrectedEvent, apply_corrections, effective_events
from steppe.domain.events.event import Event, interpret
from steppe.domain.events.field_checks import RECLASSIFIABLE
from steppe.domain.events.vocabulary import REGISTRY_NAMES
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import child, deal_on, deposit, judged, of_project, on, paper, pursued

PAPER = paper("2020-03-15", note="a draft", reported="2020-03-20")


def about(name: str, id: str, target: Event | str, reported: str, /, **data: Any) -> Event:
    """A row about another event, known from the day on which it was reported."""
    aimed = target if isinstance(target, str) else target.id
    return event(
        name, reported, id=id, deal=None, reported=reported, target={"source": "/desk", "id": aimed}, **data
    )  # fmt: skip


def corrected(id: str, target: Event | str, reported: str, **changes: Any) -> Event:
    return about("event.corrected", id, target, reported, changes=changes, reason="typing")


def retracted(id: str, target: Event | str, reported: str = "2021-01-01") -> Event:
    return about("event.retracted", id, target, reported)


def reclassified(id: str, target: Event | str, name: str, reported: str = "2021-01-01", **changes: Any) -> Event:
    return about("event.reclassified", id, target, reported, name=name, **({"changes": changes} if changes else {}))


def reading(of: Event | str, *events: Event, known_at: datetime | None = None) -> CorrectedEvent:
    return apply_corrections(events, known_at).by_identity["/desk", of if isinstance(of, str) else of.id]


def states(*events: Event) -> dict[str, str]:
    """How the rows about others are read."""
    return {
        found.event.id: found.state
        for found in apply_corrections(events).by_identity.values()
        if found.event.kind.is_correction
    }


def day(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), datetime.max.time(), UTC)


def test_a_correction_changes_the_fields_it_names_and_null_removes_one() -> None:
    fix = corrected("fix", PAPER, "2021-01-01", occurred="2019-02", note=None)
    read = reading(PAPER, PAPER, fix).event
    assert (read.latest, read.earliest, read.kind.name) == (date(2019, 2, 28), date(2019, 2, 1), "memorandum.signed")
    assert "note" not in read.data
    assert read.data["instrument"] == "mou"


def test_the_event_itself_is_never_edited_and_each_change_shows_both_values_and_the_reason() -> None:
    fix = corrected("fix", PAPER, "2021-01-01", occurred="2019-02")
    (change,) = reading(PAPER, PAPER, fix).changes
    assert (change.by, change.field, change.before, change.after, change.reason) == (
        fix.reference, "occurred", "2020-03-15", "2019-02", "typing",
    )  # fmt: skip
    assert PAPER.data["occurred"] == "2020-03-15"


def test_a_reclassification_changes_the_name_and_fields() -> None:
    read = reading(PAPER, PAPER, reclassified("re", PAPER, "intent.announced", kind="talks")).event
    assert (read.kind.name, read.data["kind"]) == ("intent.announced", "talks")
    assert [change.field for change in reading(PAPER, PAPER, reclassified("re", PAPER, "intent.announced", kind="talks")).changes] == ["name", "kind"]  # fmt: skip


def test_a_retraction_removes_the_effect_until_it_is_itself_retracted_whatever_comes_after_it() -> None:
    back = retracted("back", PAPER)
    later = corrected("fix", PAPER, "2022-01-01", occurred="2019-02")
    assert effective_events([PAPER, back, later]) == ()
    assert (reading(PAPER, PAPER, back).state, reading(PAPER, PAPER, back).retracted_by) == (
        "retracted",
        back.reference,
    )
    (read,) = effective_events([PAPER, back, later, retracted("again", "back", "2022-02-02")])
    assert read.latest == date(2019, 2, 28)


def test_corrections_add_up_and_the_last_of_each_field_wins_by_known_time_whatever_the_ids() -> None:
    first = corrected("z", PAPER, "2021-01-01", occurred="2019-01-01", note="first")
    second = corrected("a", PAPER, "2022-01-01", occurred="2018-01-01")
    for log in ([PAPER, first, second], [second, first, PAPER]):
        read = reading(PAPER, *log).event
        assert (read.data["occurred"], read.data["note"]) == ("2018-01-01", "first")


def test_known_at_one_instant_they_order_by_recorded_time_then_source_then_id() -> None:
    def made(source: str, id: str, hour: int, note: str) -> Event:
        data = {"target": {"source": "/desk", "id": PAPER.id}, "changes": {"note": note}, "reported": "2021-01-01"}
        recorded = datetime(2021, 6, 1, hour, tzinfo=UTC)
        return interpret(source=source, id=id, subject="north", name="event.corrected", recorded=recorded, data=data)

    early, late = made("/z", "z", 1, "early"), made("/a", "a", 2, "late")
    assert reading(PAPER, PAPER, early, late).event.data["note"] == "late"
    assert reading(PAPER, PAPER, made("/a", "z", 1, "a"), made("/b", "a", 1, "b")).event.data["note"] == "b"
    assert reading(PAPER, PAPER, made("/a", "a", 1, "a"), made("/a", "b", 1, "b")).event.data["note"] == "b"


def test_when_the_last_correction_is_retracted_the_one_before_stands() -> None:
    first, second = corrected("a", PAPER, "2021-01-01", note="a"), corrected("b", PAPER, "2022-01-01", note="b")
    assert reading(PAPER, PAPER, first, second, retracted("c", "b", "2023-01-01")).event.data["note"] == "a"


@pytest.mark.parametrize(
    "changes",
    [
        {"instrument": "handshake"},
        {"instrument": None},
        {"occurred": None},
        {"occurred": "2023-02-30"},
        {"occurred": "2030"},
        {"mood": "good"},
        {"kind": "talks"},
        {"deal": "No Slug"},
        {"reported": "2019-01-01"},
        {"parties": [], "deal": None},
    ],
    ids=str,
)
def test_one_whose_result_would_be_refused_at_ingest_is_refused_and_the_one_before_stands(
    changes: dict[str, Any],
) -> None:
    before, after = (
        corrected("a", PAPER, "2021-01-01", note="a"),
        about("event.corrected", "b", PAPER, "2022-01-01", changes=changes),
    )
    log = [PAPER, before, after]
    assert states(*log) == {"a": "stands", "b": "refused"}
    assert reading(PAPER, *log).event.data == {**PAPER.data, "note": "a"}
    assert reading("b", *log).because


def test_a_correction_waits_for_a_target_of_the_same_subject_and_applies_when_it_comes() -> None:
    fix = corrected("fix", PAPER, "2019-01-01", note="right")
    elsewhere = on("south", fix)
    assert states(fix) == {"fix": "parked"}
    assert states(fix, PAPER) == {"fix": "stands"}
    judgement = judged([deposit(), PAPER, elsewhere], "2021-01-01")
    assert judgement == judged([deposit(), PAPER], "2021-01-01")


def test_a_reference_is_an_identity_within_its_subject_only() -> None:
    twin = on("south", paper("2010-01-01"))
    same_id = event("memorandum.signed", "2020-01-01", id=twin.id, instrument="mou")
    assert len(judged([deposit(), deposit("south"), twin, same_id], "2021-01-01").deals) == 1


@pytest.mark.parametrize("name", ["event.corrected", "event.reclassified", "event.retracted"])
def test_what_is_about_an_event_is_neither_corrected_nor_reclassified(name: str) -> None:
    aimed = {
        "event.corrected": corrected("first", PAPER, "2021-01-01", note="x"),
        "event.reclassified": reclassified("first", PAPER, "termsheet.signed", instrument="heads"),
        "event.retracted": retracted("first", PAPER),
    }[name]
    log = [PAPER, aimed, corrected("second", "first", "2022-01-01", note="y"), reclassified("third", "first", "setback.reported", kind="price")]  # fmt: skip
    assert states(*log) == {"first": "stands", "second": "refused", "third": "refused"}


@pytest.mark.parametrize("name", sorted(REGISTRY_NAMES))
def test_registrations_are_corrected_and_not_reclassified_and_nothing_becomes_one(name: str) -> None:
    registered = deposit() if name.startswith("project.") else child("beta", "alpha")
    assert states(registered, reclassified("re", registered, "review.confirmed")) == {"re": "refused"}
    assert states(PAPER, reclassified("re", PAPER, name)) == {"re": "refused"}


@pytest.mark.parametrize("name", ["event.corrected", "event.retracted"])
def test_nothing_becomes_a_row_about_an_event(name: str) -> None:
    assert states(PAPER, reclassified("re", PAPER, name)) == {"re": "refused"}


def test_a_registration_is_corrected() -> None:
    mine = deposit()
    fix = corrected("fix", mine, "2021-01-01", country="UZ")
    assert of_project(judged([mine, fix], "2022-01-01")).country == "UZ"


def test_retractions_of_retractions_undo_them_and_rings_are_refused() -> None:
    a, b, c = retracted("a", PAPER), retracted("b", "a"), retracted("c", "b")
    assert effective_events([PAPER, a, b]) == (PAPER,)
    assert effective_events([PAPER, a, b, c]) == ()
    x, y, z = retracted("x", "y"), retracted("y", "z"), retracted("z", "x")
    assert states(x, y, z) == dict.fromkeys("xyz", "refused")
    assert states(retracted("self", "self")) == {"self": "refused"}
    assert effective_events([PAPER, x, y, z]) == (PAPER,)


def test_a_retraction_of_one_in_a_ring_changes_nothing_and_one_in_a_ring_retracts_nothing() -> None:
    x, y = retracted("x", "y"), retracted("y", "x")
    assert states(x, y, retracted("w", "x")) == {"x": "refused", "y": "refused", "w": "stands"}


def test_a_corrected_value_is_known_from_its_correction_on_and_before_the_old_one_holds() -> None:
    fix = corrected("fix", PAPER, "2021-01-01", occurred="2019-02-02")
    log = [PAPER, fix]
    assert reading(PAPER, *log, known_at=day("2020-12-31")).event.latest == date(2020, 3, 15)
    assert reading(PAPER, *log, known_at=day("2021-01-01")).event.latest == date(2019, 2, 2)


def test_a_corrected_day_is_cut_off_at_the_known_day_of_the_correction() -> None:
    late = corrected("fix", PAPER, "2021-01-01", occurred="2020-06-06")
    assert reading(PAPER, PAPER, late).event.latest == date(2020, 6, 6)
    year = corrected("fix", PAPER, "2020-08-08", occurred="2020")
    assert (reading(PAPER, PAPER, year).event.earliest, reading(PAPER, PAPER, year).event.latest) == (
        date(2020, 1, 1),
        date(2020, 8, 8),
    )
    note = corrected("fix", paper("2020", reported="2020-03-20"), "2021-01-01", note="x")
    vague = paper("2020", reported="2020-03-20")
    assert reading(vague, vague, note).event.latest == date(2020, 3, 20)


def test_deal_and_parties_are_replaced_whole() -> None:
    two = pursued("equity.agreed", "2020-01-01", "alpha", "beta")
    fix = corrected("fix", two, "2021-01-01", deal="gamma", parties=[{"party": "gamma", "role": "investor"}])
    read = reading(two, two, fix).event
    assert (read.deal, [party.party for party in read.parties]) == ("gamma", ["gamma"])


def test_what_the_new_name_lacks_or_does_not_allow_is_kept_and_ignored() -> None:
    agreed = pursued("equity.agreed", "2020-01-01", "alpha", conditional=True, long_stop="2020-06-06", stake_percent=51)
    back = reclassified("back", agreed, "termsheet.signed", reported="2021-01-01", instrument="heads")
    deal = deal_on([deposit(), agreed, back], "2022-01-01")
    assert (deal.level is not None and deal.level.label, deal.legs) == ("advanced", ())
    again = reclassified("again", agreed, "equity.agreed", reported="2022-02-02")
    (leg,) = deal_on([deposit(), agreed, back, again], "2020-01-01").legs
    assert leg.conditional


def test_the_same_event_twice_is_one_and_of_two_contents_the_first_given_stands() -> None:
    other = event("equity.agreed", "2020-01-01", id=PAPER.id)
    assert effective_events([PAPER, PAPER]) == (PAPER,)
    assert effective_events([PAPER, other]) == (PAPER,)


def test_after_retracting_everything_nothing_is_left_of_a_deal() -> None:
    log = [PAPER, pursued("equity.agreed", "2021-01-01", "alpha")]
    back = [retracted(f"back-{made.id}", made) for made in log]
    judgement = judged([deposit(), *log, *back], "2023-01-01")
    assert (judgement.deals, judgement.flags) == ((), ())


@pytest.mark.parametrize("name", sorted(RECLASSIFIABLE))
def test_a_paper_may_become_any_row_without_what_that_row_must_say(name: str) -> None:
    log = [deposit(), PAPER, paper("2019-01-01"), reclassified("re", PAPER, name)]
    assert states(*log) == {"re": "stands"}
    assert judged(log, "2023-01-01").project is not None


def test_a_paper_that_became_a_plan_or_its_meeting_without_a_milestone_plans_and_meets_nothing() -> None:
    plan = event("milestone.planned", "2019-01-01", milestone="first-ore", planned_on="2019-06")
    for name in ("milestone.planned", "milestone.met"):
        log = [deposit(), PAPER, paper("2019-01-01"), plan, reclassified("re", PAPER, name)]
        (overdue,) = [flag for flag in judged(log, "2023-01-01").flags if flag.flag == "overdue"]
        assert overdue.milestones == ("first-ore",)


def test_a_plan_that_lacks_its_day_is_in_force_and_never_late() -> None:
    plan = event("milestone.planned", "2019-01-01", milestone="first-ore", planned_on="2019-06")
    became = reclassified("re", PAPER, "milestone.planned", milestone="first-ore")
    log = [deposit(), PAPER, paper("2019-01-01"), plan, became]
    assert "overdue" not in {flag.flag for flag in judged(log, "2023-01-01").flags}


def test_a_row_of_the_record_that_becomes_a_fact_without_its_day_counts_on_its_known_day() -> None:
    look = interpret(
        source="/desk", id="look", subject="north", name="review.confirmed", recorded=day("2020-05-06"),
        data={"deal": "alpha", "reported": "2020-05-05"},
    )  # fmt: skip
    read = reading(look, look, reclassified("re", look, "memorandum.signed"))
    assert (read.state, read.event.kind.name, read.event.latest) == ("stands", "memorandum.signed", date(2020, 5, 5))
