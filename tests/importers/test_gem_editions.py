"""Trackers of Global Energy Monitor: what a later edition says otherwise than the one before."""

from __future__ import annotations

import random

import pytest

from tests.importers.gem_tracker import EDITION, LAST, NEXT, Unit, Write, unit_row
from tests.importers.imports import Imported, imported, names


def test_the_same_edition_again_says_the_same(write: Write) -> None:
    units = [
        unit_row("1", status="operating"),
        unit_row("2", status="shelved"),
        unit_row("1", plant="Aktau", status="cancelled"),
    ]
    first, second = write(*units), write(*reversed(units), name="reordered.csv")
    result = imported("gem", (EDITION, first), (NEXT, second))
    assert result.of_edition(NEXT) == []
    assert result.reports[1].unchanged == len(result.events)
    assert not result.reports[1].differences.count


def _became(write: Write, before: Unit, *later: Unit) -> Imported:
    """A plant of one unit, edition after edition."""
    days = (EDITION, NEXT, LAST)
    units = (before, *later)
    return imported("gem", *((day, write(unit, name=f"{day}.csv")) for day, unit in zip(days, units, strict=False)))


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("announced", "permitted", ["permit.granted"]),
        ("construction", "operating", ["production.started"]),
        ("operating", "mothballed", ["production.suspended"]),
        ("mothballed", "operating", ["production.resumed"]),
        ("operating", "retired", ["project.retired", "project.retired"]),
        ("retired", "operating", ["production.started"]),
        ("construction", "cancelled", ["project.cancelled", "project.cancelled"]),
        ("shelved", "announced", ["project.resumed", "project.resumed"]),
        ("shelved", "construction", ["project.resumed", "construction.started", "project.resumed"]),
        ("cancelled", "announced", ["project.resumed", "intent.announced"]),
        ("operating", "construction", ["construction.started", "event.retracted"]),
        ("announced", "cancelled - inferred 4 y", ["review.confirmed"]),
    ],
)  # fmt: skip
def test_a_later_edition_tells_what_a_unit_became(write: Write, before: str, now: str, expected: list[str]) -> None:
    result = _became(write, unit_row(status=before), unit_row(status=now))
    assert [name for name in result.names_of(NEXT) if name != "project.amended"] == expected
    dated = [event["data"]["occurred"] for event in result.of_edition(NEXT) if "occurred" in event["data"]]
    assert set(dated) <= {f"{EDITION}/{NEXT}", f"2023-02-01/{NEXT}"}
    judged = result.judged("koksetau-power-station", NEXT).project
    alone = (
        imported("gem", (NEXT, write(unit_row(status=now), name="alone.csv")))
        .judged("koksetau-power-station", NEXT)
        .project
    )
    assert judged is not None
    assert alone is not None
    assert sorted(judged.overlays) == sorted(alone.overlays)
    if before != "operating" and now != "cancelled - inferred 4 y":
        assert judged.level >= alone.level


def test_what_was_true_before_and_is_again_is_said_again(write: Write) -> None:
    result = _became(write, unit_row(status="mothballed"), unit_row(status="operating"), unit_row(status="mothballed"))
    assert result.names_of(LAST) == ["production.suspended"]
    judged = result.judged("koksetau-power-station", LAST).project
    assert judged is not None
    assert list(judged.overlays) == ["suspended"]
    assert len({event["id"] for event in result.events}) == len(result.events)


def test_a_changed_row_is_a_correction_and_a_plan_that_moved_is_a_new_plan(write: Write) -> None:
    before = [unit_row("1", status="operating", year="1985"), unit_row("2", status="permitted", year="2026")]
    now = [
        unit_row("1", status="operating", year="1986", capacity="310"),
        unit_row("2", status="permitted", year="2028"),
    ]
    result = imported("gem", (EDITION, write(*before)), (NEXT, write(*now, name="now.csv")))
    assert result.names_of(NEXT) == ["project.amended", "event.corrected", "milestone.planned"]
    (corrected,) = result.named("event.corrected")
    (started,) = [event for event in result.of_edition(EDITION) if names([event]) == ["production.started"]]
    assert corrected["target"] == {"source": "/import/gem", "id": started["id"]}
    assert corrected["changes"] == {"occurred": "1986", "capacity": {"value": "310", "unit": "MW"}}
    assert [entry["what"] for entry in result.reports[1].differences.entries] == ["amended", "corrected", "new"]


def test_a_unit_and_a_plant_that_are_gone_are_told_and_nothing_is_taken_back(write: Write) -> None:
    first = write(
        unit_row("1", status="operating"),
        unit_row("2", status="operating"),
        unit_row(plant="Aktau", status="operating"),
    )
    second = write(unit_row("1", status="operating"), name="second.csv")
    result = imported("gem", (EDITION, first), (NEXT, second))
    assert "event.retracted" not in result.names_of(NEXT)
    assert [entry["project"] for entry in result.reports[1].missing.entries] == ["aktau"]
    assert "2 stood in the edition before and is gone" in result.reports[1].contradictions.entries[0]["message"]


def test_a_unit_that_a_later_edition_adds_may_have_begun_on_any_day(write: Write) -> None:
    first = write(unit_row("1", status="operating"))
    second = write(unit_row("1", status="operating"), unit_row("2", status="operating"), name="second.csv")
    result = imported("gem", (EDITION, first), (NEXT, second))
    assert [event["data"].get("occurred") for event in result.of_edition(NEXT)] == [None, f"../{NEXT}"]
    assert result.names_of(NEXT) == ["project.amended", "production.started"]


@pytest.mark.parametrize(
    ("year", "expected"),
    [("1985", ["event.retracted"]), ("", ["production.started"])],
)
def test_what_was_taken_back_is_given_back_with_its_day_or_happened_since(
    write: Write, year: str, expected: list[str]
) -> None:
    runs = unit_row(status="operating", year=year)
    result = _became(write, runs, unit_row(status="construction", year=year), runs)
    assert "event.retracted" in result.names_of(NEXT)
    assert [name for name in result.names_of(LAST) if name != "project.amended"][-len(expected) :] == expected
    judged = result.judged("koksetau-power-station", LAST).project
    assert judged is not None
    assert judged.level.label == "producing"


def test_a_unit_that_was_given_up_and_is_said_to_have_begun_before_was_not_given_up(write: Write) -> None:
    result = _became(write, unit_row(status="cancelled"), unit_row(status="operating", year="1985"))
    assert result.names_of(NEXT) == ["production.started", "event.retracted", "event.retracted"]
    judged = result.judged("koksetau-power-station", NEXT).project
    assert judged is not None
    assert (judged.level.label, list(judged.overlays)) == ("producing", [])


# Without construction: what was begun and shelved stands still, of which the last edition alone knows nothing.
_STATUSES = ("announced", "operating", "mothballed", "retired", "shelved", "cancelled")


@pytest.mark.parametrize("seed", [2, 3])
def test_after_any_editions_a_plant_shows_what_the_last_one_says(write: Write, seed: int) -> None:
    chance = random.Random(seed)
    units = [
        unit_row(
            f"Unit {number % 3}",
            plant=f"Plant {number // 3}",
            status=chance.choice(_STATUSES),
            year=chance.choice(("", "1985")),
        )
        for number in range(120)
    ]
    days = (EDITION, NEXT, LAST, "2026-01-31")
    editions = []
    for day in days:
        editions.append((day, write(*units, name=f"{day}.csv")))
        units = [{**unit, "status": chance.choice(_STATUSES)} if chance.random() < 0.3 else unit for unit in units]
        chance.shuffle(units)
    for count in range(2, len(days) + 1):
        day, path = editions[count - 1]
        chain, alone = imported("gem", *editions[:count]), imported("gem", (day, path))
        for number in range(40):
            key = f"plant-{number}"
            after, last = chain.judged(key, day).project, alone.judged(key, day).project
            assert after is not None
            assert last is not None
            # A plant that was given up while it was suspended is told as both.
            both = {"suspended"} if {"cancelled", "retired"} & set(last.overlays) else set()
            assert set(after.overlays) - both == set(last.overlays) - both, key
            # The deal of units that were built is bound, also while they rest; which edition knows of them is no fault of either.
            assert "bound" in (after.level.label, last.level.label) or after.level is last.level, key
