"""Trackers of Global Energy Monitor: what each status becomes, and what of a row is kept."""

from __future__ import annotations

import pytest

from tests.importers.gem_tracker import ALIVE, EDITION, Write, import_edition, unit_row
from tests.importers.imports import names


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("announced", [("intent.announced", None)]),
        ("proposed", [("intent.announced", None)]),
        ("pre-construction", [("intent.announced", None)]),
        ("pre-permit", [("permit.applied", "unit-1")]),
        ("permitted", [("permit.granted", "unit-1")]),
        ("construction", [("construction.started", "unit-1")]),
        ("operating", [("production.started", "unit-1")]),
        ("mothballed", [("production.started", "unit-1"), ("production.suspended", "unit-1")]),
        ("shelved", [("intent.announced", None), ("project.suspended", "unit-1")]),
        ("cancelled", [("intent.announced", None), ("project.cancelled", "unit-1")]),
        ("retired", [("production.started", "unit-1"), ("project.retired", "unit-1")]),
        ("closed", [("production.started", "unit-1"), ("project.retired", "unit-1")]),
        ("shelved - inferred 2 y", [("intent.announced", None), ("review.confirmed", None)]),
        ("cancelled - inferred 4 y", [("intent.announced", None), ("review.confirmed", None)]),
    ],
)
def test_a_status_becomes_the_events_of_the_table(
    write: Write, status: str, expected: list[tuple[str, str | None]]
) -> None:
    result = import_edition(write(ALIVE, unit_row(status=status)))
    of_unit = [event for event in result.events if event["data"].get("part") != "other"][1:]
    assert [(name, event["data"].get("part")) for name, event in zip(names(of_unit), of_unit, strict=True)] == expected
    assert all(event["data"]["reported"] == EDITION for event in result.events)
    assert not result.reports[0].refused.count


def test_only_what_starts_or_announces_names_the_deal_of_the_owners(write: Write) -> None:
    units = [
        unit_row("1", status="mothballed", owner="Samruk [51%]; KEGOC [49%]"),
        unit_row("2", status="shelved", owner="to be determined"),
    ]
    result = import_edition(write(*units))
    (started,), (announced,) = result.named("production.started"), result.named("intent.announced")
    assert started["deal"] == announced["deal"] == "owners"
    assert [(party["party"], party["role"], party["stake_percent"]) for party in started["parties"]] == [
        ("samruk", "investor", 51.0), ("kegoc", "investor", 49.0),
    ]  # fmt: skip
    assert "parties" not in announced
    assert all(
        "deal" not in data for name in ("production.suspended", "project.suspended") for data in result.named(name)
    )


def test_shares_beyond_the_whole_are_left_out_and_told(write: Write) -> None:
    result = import_edition(write(unit_row(status="operating", owner="Samruk [80%]; KEGOC [80%]")))
    assert all("stake_percent" not in party for party in result.named("production.started")[0]["parties"])
    assert result.reports[0].contradictions.count == 1


def test_a_year_is_that_of_the_start_past_or_planned_and_else_the_edition_bounds_it(write: Write) -> None:
    units = [
        unit_row("1", status="operating", year="1985"),
        unit_row("2", status="operating", year="-"),
        unit_row("3", status="permitted", year="2027"),
        unit_row("4", status="operating", year="2031"),
    ]
    result = import_edition(write(*units))
    assert [data["occurred"] for data in result.named("production.started")] == [
        "1985",
        f"../{EDITION}",
        f"../{EDITION}",
    ]
    (plan,) = result.named("milestone.planned")
    assert (plan["milestone"], plan["planned_on"], plan["part"]) == ("production-start", "2027", "3")
    assert [entry["line"] for entry in result.reports[0].contradictions.entries] == [5]


def test_a_cancelled_unit_plans_nothing(write: Write) -> None:
    result = import_edition(write(ALIVE, unit_row(status="cancelled", year="2027")))
    assert result.named("milestone.planned") == []
    assert result.reports[0].unsent == {"planned start of a cancelled unit": 1}


@pytest.mark.parametrize(
    ("statuses", "closing"),
    [
        (("retired", "cancelled", "shelved"), "project.retired"),
        (("cancelled", "shelved"), "project.suspended"),
        (("cancelled", "cancelled"), "project.cancelled"),
        (("retired", "announced"), None),
        (("cancelled", "cancelled - inferred 4 y"), None),
    ],
)
def test_a_plant_without_a_unit_that_lives_ends_itself(
    write: Write, statuses: tuple[str, ...], closing: str | None
) -> None:
    result = import_edition(write(*(unit_row(str(number), status=status) for number, status in enumerate(statuses))))
    whole = [
        name for name, event in zip(names(result.events), result.events, strict=True) if "part" not in event["data"]
    ]
    assert [name for name in whole if name.startswith("project.") and name != "project.registered"] == (
        [closing] if closing else []
    )


@pytest.mark.parametrize(
    ("status", "level", "overlays"),
    [
        ("announced", "announced", []),
        ("permitted", "advanced", []),
        ("construction", "construction", []),
        ("operating", "producing", []),
        ("mothballed", "commissioning", ["suspended"]),
        ("shelved", "announced", ["suspended"]),
        ("cancelled", "identified", ["cancelled"]),
        ("retired", "identified", ["retired"]),
    ],
)
def test_a_plant_shows_what_its_units_say(write: Write, status: str, level: str, overlays: list[str]) -> None:
    judged = (
        import_edition(write(unit_row(status=status, year="2020"))).judged("koksetau-power-station", EDITION).project
    )
    assert judged is not None
    assert (judged.level.label, sorted(judged.overlays)) == (level, overlays)


def test_the_registration_has_the_parts_and_the_capacity_of_those_that_live(write: Write) -> None:
    units = [
        unit_row("Unit 1", status="operating", chinese_name="科克舍套"),
        unit_row("--", status="cancelled", capacity="600"),
        unit_row("", status="construction", capacity="120.50"),
    ]
    (registration,) = import_edition(write(*units)).named("project.registered")
    assert [part["part"] for part in registration["parts"]] == ["unit", "unit-1", "unit-2"]
    assert registration["capacity"] == {"value": "420.5", "unit": "MW"}
    assert (registration["country"], registration["sector"], registration["kind"]) == ("KZ", "energy", "plant")
    assert registration["aliases"] == [{"name": "科克舍套"}]
    assert registration["ids"] == [{"scheme": "gem-wiki", "id": units[0]["url"]}]


def test_plants_of_one_name_get_keys_of_their_own_in_file_order(write: Write) -> None:
    units = [
        unit_row(plant="Atyrau", status="operating"),
        unit_row(plant="Атырау", status="announced", country="Russia"),
        unit_row(plant="--", status="announced"),
    ]
    units[2]["plant"] = "***"
    result = import_edition(write(*units))
    registered = [event["subject"] for event in result.events if names([event]) == ["project.registered"]]
    assert registered == ["atyrau", "atyrau-2", "plant"]


def test_a_row_that_cannot_be_read_is_refused_with_line_field_and_reason(write: Write) -> None:
    result = import_edition(
        write(
            unit_row("1", status="dreamt of"),
            unit_row("2", status="operating", country="Atlantis"),
            unit_row("3", status="operating"),
        )
    )
    assert [(entry["line"], entry["field"]) for entry in result.reports[0].refused.entries] == [
        (2, "status"),
        (3, "country"),
    ]
    assert "'dreamt of' is none of" in result.reports[0].refused.entries[0]["reason"]
    assert len(result.named("production.started")) == 1


def test_the_loss_report_counts_what_is_not_kept(write: Write) -> None:
    report = import_edition(
        write(
            unit_row(status="operating", parent="State of Kazakhstan [100%]"),
            unit_row("2", status="operating", parent="-"),
        )
    ).reports[0]
    assert report.losses == {"parent": 1}
    assert report.read == {"rows": 2}


def test_a_row_that_stands_there_twice_is_a_duplicate(write: Write) -> None:
    result = import_edition(write(unit_row(status="operating"), unit_row(status="operating")))
    assert len(result.named("production.started")) == 1
    assert result.reports[0].duplicates == 1
