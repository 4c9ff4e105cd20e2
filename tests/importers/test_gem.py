"""Trackers of Global Energy Monitor: what each status becomes, and what a later edition says otherwise."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.importers.imports import Imported, imported, names

_HEADINGS = (
    "country", "url", "plant", "unit", "chinese_name", "owner", "parent", "capacity", "status", "year", "subnational", "lat", "lng",
)  # fmt: skip
_EDITION, _NEXT, _LAST = "2023-01-31", "2024-02-07", "2025-01-31"
Unit = dict[str, str]
Write = Callable[..., Path]


def _unit(name: str = "Unit 1", plant: str = "Kökşetau power station", **cells: str) -> Unit:
    url = f"https://www.gem.wiki/{plant.replace(' ', '_')}"
    return {
        "country": "Kazakhstan",
        "url": url,
        "plant": plant,
        "unit": name,
        "capacity": "300",
        "owner": "Samruk [100%]",
        **cells,
    }


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a tracker as CSV and gives its path."""

    def written(*units: Unit, name: str = "tracker.csv", encoding: str = "utf-8") -> Path:
        text = io.StringIO()
        writer = csv.DictWriter(text, _HEADINGS)
        writer.writeheader()
        writer.writerows(units)
        path = tmp_path / name
        path.write_bytes(text.getvalue().encode(encoding))
        return path

    return written


def _of(path: Path) -> Imported:
    return imported("gem", (_EDITION, path))


_ALIVE = _unit("Other", status="operating", year="1990")


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
    result = _of(write(_ALIVE, _unit(status=status)))
    of_unit = [event for event in result.events if event["data"].get("part") != "other"][1:]
    assert [(name, event["data"].get("part")) for name, event in zip(names(of_unit), of_unit, strict=True)] == expected
    assert all(event["data"]["reported"] == _EDITION for event in result.events)
    assert not result.reports[0].refused.count


def test_only_what_starts_or_announces_names_the_deal_of_the_owners(write: Write) -> None:
    units = [
        _unit("1", status="mothballed", owner="Samruk [51%]; KEGOC [49%]"),
        _unit("2", status="shelved", owner="to be determined"),
    ]
    result = _of(write(*units))
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
    result = _of(write(_unit(status="operating", owner="Samruk [80%]; KEGOC [80%]")))
    assert all("stake_percent" not in party for party in result.named("production.started")[0]["parties"])
    assert result.reports[0].contradictions.count == 1


def test_a_year_is_that_of_the_start_past_or_planned_and_else_the_edition_bounds_it(write: Write) -> None:
    units = [
        _unit("1", status="operating", year="1985"),
        _unit("2", status="operating", year="-"),
        _unit("3", status="permitted", year="2027"),
        _unit("4", status="operating", year="2031"),
    ]
    result = _of(write(*units))
    assert [data["occurred"] for data in result.named("production.started")] == [
        "1985",
        f"../{_EDITION}",
        f"../{_EDITION}",
    ]
    (plan,) = result.named("milestone.planned")
    assert (plan["milestone"], plan["planned_on"], plan["part"]) == ("production-start", "2027", "3")
    assert [entry["line"] for entry in result.reports[0].contradictions.entries] == [5]


def test_a_cancelled_unit_plans_nothing(write: Write) -> None:
    result = _of(write(_ALIVE, _unit(status="cancelled", year="2027")))
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
    result = _of(write(*(_unit(str(number), status=status) for number, status in enumerate(statuses))))
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
    judged = _of(write(_unit(status=status, year="2020"))).judged("koksetau-power-station", _EDITION).project
    assert judged is not None
    assert (judged.level.label, sorted(judged.overlays)) == (level, overlays)


def test_the_registration_has_the_parts_and_the_capacity_of_those_that_live(write: Write) -> None:
    units = [
        _unit("Unit 1", status="operating", chinese_name="科克舍套"),
        _unit("--", status="cancelled", capacity="600"),
        _unit("", status="construction", capacity="120.50"),
    ]
    (registration,) = _of(write(*units)).named("project.registered")
    assert [part["part"] for part in registration["parts"]] == ["unit", "unit-1", "unit-2"]
    assert registration["capacity"] == {"value": "420.5", "unit": "MW"}
    assert (registration["country"], registration["sector"], registration["kind"]) == ("KZ", "energy", "plant")
    assert registration["aliases"] == [{"name": "科克舍套"}]
    assert registration["ids"] == [{"scheme": "gem-wiki", "id": units[0]["url"]}]


def test_plants_of_one_name_get_keys_of_their_own_in_file_order(write: Write) -> None:
    units = [
        _unit(plant="Atyrau", status="operating"),
        _unit(plant="Атырау", status="announced", country="Russia"),
        _unit(plant="--", status="announced"),
    ]
    units[2]["plant"] = "***"
    result = _of(write(*units))
    registered = [event["subject"] for event in result.events if names([event]) == ["project.registered"]]
    assert registered == ["atyrau", "atyrau-2", "plant"]


def test_a_row_that_cannot_be_read_is_refused_with_line_field_and_reason(write: Write) -> None:
    result = _of(
        write(
            _unit("1", status="dreamt of"),
            _unit("2", status="operating", country="Atlantis"),
            _unit("3", status="operating"),
        )
    )
    assert [(entry["line"], entry["field"]) for entry in result.reports[0].refused.entries] == [
        (2, "status"),
        (3, "country"),
    ]
    assert "'dreamt of' is none of" in result.reports[0].refused.entries[0]["reason"]
    assert len(result.named("production.started")) == 1


def test_the_loss_report_counts_what_is_not_kept(write: Write) -> None:
    report = _of(
        write(
            _unit(status="operating", parent="State of Kazakhstan [100%]"), _unit("2", status="operating", parent="-")
        )
    ).reports[0]
    assert report.losses == {"parent": 1}
    assert report.read == {"rows": 2}


def test_a_row_that_stands_there_twice_is_a_duplicate(write: Write) -> None:
    result = _of(write(_unit(status="operating"), _unit(status="operating")))
    assert len(result.named("production.started")) == 1
    assert result.reports[0].duplicates == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1251"])
def test_an_encoding_changes_no_event(write: Write, encoding: str) -> None:
    unit = _unit(plant="Экибастузская ГРЭС", status="operating", year="1980")
    plain = _of(write(unit))
    other = _of(write(unit, name="other.csv", encoding=encoding))
    assert other.events == plain.events
    assert plain.events[0]["subject"] == "ekibastuzskaya-gres"


def test_a_workbook_gives_the_same_events_whatever_stands_before_its_table(write: Write, tmp_path: Path) -> None:
    units = [
        _unit("Unit 1", status="retired", year="1980", lat="51.5", lng="75.25"),
        _unit("Unit 2", status="operating", year="1985"),
    ]
    book = openpyxl.Workbook()
    about = book.active
    assert about is not None
    about.append(["Global Coal Plant Tracker", "CC BY 4.0"])
    sheet = book.create_sheet("Units")
    sheet.append([])
    sheet.append(
        [
            "Country/Area",
            "Wiki URL",
            "Plant name",
            "Unit name",
            "Owner",
            "Capacity (MW)",
            "Status",
            "Start year",
            "Latitude",
            "Longitude",
        ]
    )
    for unit in units:
        sheet.append(
            [
                unit["country"], unit["url"], unit["plant"], unit["unit"], unit["owner"], float(unit["capacity"]), unit["status"].title(),
                int(unit["year"]), float(unit["lat"]) if "lat" in unit else None, float(unit["lng"]) if "lng" in unit else None,
            ]
        )  # fmt: skip
    path = tmp_path / "tracker.xlsx"
    book.save(path)
    assert _of(path).events == _of(write(*units)).events


def test_the_same_edition_again_says_the_same(write: Write) -> None:
    units = [
        _unit("1", status="operating"),
        _unit("2", status="shelved"),
        _unit("1", plant="Aktau", status="cancelled"),
    ]
    first, second = write(*units), write(*reversed(units), name="reordered.csv")
    result = imported("gem", (_EDITION, first), (_NEXT, second))
    assert result.of_edition(_NEXT) == []
    assert result.reports[1].unchanged == len(result.events)
    assert not result.reports[1].differences.count


def _became(write: Write, before: Unit, *later: Unit) -> Imported:
    """A plant of one unit, edition after edition."""
    days = (_EDITION, _NEXT, _LAST)
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
    result = _became(write, _unit(status=before), _unit(status=now))
    assert [name for name in result.names_of(_NEXT) if name != "project.amended"] == expected
    dated = [event["data"]["occurred"] for event in result.of_edition(_NEXT) if "occurred" in event["data"]]
    assert set(dated) <= {f"{_EDITION}/{_NEXT}", f"2023-02-01/{_NEXT}"}
    judged = result.judged("koksetau-power-station", _NEXT).project
    alone = (
        imported("gem", (_NEXT, write(_unit(status=now), name="alone.csv")))
        .judged("koksetau-power-station", _NEXT)
        .project
    )
    assert judged is not None
    assert alone is not None
    assert sorted(judged.overlays) == sorted(alone.overlays)
    if before != "operating" and now != "cancelled - inferred 4 y":
        assert judged.level >= alone.level


def test_what_was_true_before_and_is_again_is_said_again(write: Write) -> None:
    result = _became(write, _unit(status="mothballed"), _unit(status="operating"), _unit(status="mothballed"))
    assert result.names_of(_LAST) == ["production.suspended"]
    judged = result.judged("koksetau-power-station", _LAST).project
    assert judged is not None
    assert list(judged.overlays) == ["suspended"]
    assert len({event["id"] for event in result.events}) == len(result.events)


def test_a_changed_row_is_a_correction_and_a_plan_that_moved_is_a_new_plan(write: Write) -> None:
    before = [_unit("1", status="operating", year="1985"), _unit("2", status="permitted", year="2026")]
    now = [_unit("1", status="operating", year="1986", capacity="310"), _unit("2", status="permitted", year="2028")]
    result = imported("gem", (_EDITION, write(*before)), (_NEXT, write(*now, name="now.csv")))
    assert result.names_of(_NEXT) == ["project.amended", "event.corrected", "milestone.planned"]
    (corrected,) = result.named("event.corrected")
    (started,) = [event for event in result.of_edition(_EDITION) if names([event]) == ["production.started"]]
    assert corrected["target"] == {"source": "/import/gem", "id": started["id"]}
    assert corrected["changes"] == {"occurred": "1986", "capacity": {"value": "310", "unit": "MW"}}
    assert [entry["what"] for entry in result.reports[1].differences.entries] == ["amended", "corrected", "new"]


def test_a_unit_and_a_plant_that_are_gone_are_told_and_nothing_is_taken_back(write: Write) -> None:
    first = write(
        _unit("1", status="operating"), _unit("2", status="operating"), _unit(plant="Aktau", status="operating")
    )
    second = write(_unit("1", status="operating"), name="second.csv")
    result = imported("gem", (_EDITION, first), (_NEXT, second))
    assert "event.retracted" not in result.names_of(_NEXT)
    assert [entry["project"] for entry in result.reports[1].missing.entries] == ["aktau"]
    assert "2 stood in the edition before and is gone" in result.reports[1].contradictions.entries[0]["message"]


def test_a_unit_that_a_later_edition_adds_may_have_begun_on_any_day(write: Write) -> None:
    first = write(_unit("1", status="operating"))
    second = write(_unit("1", status="operating"), _unit("2", status="operating"), name="second.csv")
    result = imported("gem", (_EDITION, first), (_NEXT, second))
    assert [event["data"].get("occurred") for event in result.of_edition(_NEXT)] == [None, f"../{_NEXT}"]
    assert result.names_of(_NEXT) == ["project.amended", "production.started"]


@pytest.mark.parametrize(
    ("year", "expected"),
    [("1985", ["event.retracted"]), ("", ["production.started"])],
)
def test_what_was_taken_back_is_given_back_with_its_day_or_happened_since(
    write: Write, year: str, expected: list[str]
) -> None:
    runs = _unit(status="operating", year=year)
    result = _became(write, runs, _unit(status="construction", year=year), runs)
    assert "event.retracted" in result.names_of(_NEXT)
    assert [name for name in result.names_of(_LAST) if name != "project.amended"][-len(expected) :] == expected
    judged = result.judged("koksetau-power-station", _LAST).project
    assert judged is not None
    assert judged.level.label == "producing"


def test_a_unit_that_was_given_up_and_is_said_to_have_begun_before_was_not_given_up(write: Write) -> None:
    result = _became(write, _unit(status="cancelled"), _unit(status="operating", year="1985"))
    assert result.names_of(_NEXT) == ["production.started", "event.retracted", "event.retracted"]
    judged = result.judged("koksetau-power-station", _NEXT).project
    assert judged is not None
    assert (judged.level.label, list(judged.overlays)) == ("producing", [])


# Without construction: what was begun and shelved stands still, of which the last edition alone knows nothing.
_STATUSES = ("announced", "operating", "mothballed", "retired", "shelved", "cancelled")


@pytest.mark.parametrize("seed", [2, 3])
def test_after_any_editions_a_plant_shows_what_the_last_one_says(write: Write, seed: int) -> None:
    chance = random.Random(seed)
    units = [
        _unit(
            f"Unit {number % 3}",
            plant=f"Plant {number // 3}",
            status=chance.choice(_STATUSES),
            year=chance.choice(("", "1985")),
        )
        for number in range(120)
    ]
    days = (_EDITION, _NEXT, _LAST, "2026-01-31")
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


@pytest.mark.parametrize(
    ("headings", "cells", "expected"),
    [
        (
            "fuel_type,technology,project,unit,project_loc,owner,parent,capacity,status,region,country,province,start_year,url,lat,lng",
            "gas,CC,Atyrau,1,Атырау,KazTransGas ,,77.0,pre-construction,Asia,Kazakhstan,Atyrau,2027,https://w/A,47.1,51.9",
            ("energy", "plant", ["electricity"], "77 MW", ["intent.announced", "milestone.planned"]),
        ),
        (
            "country,project-name,unit-name,capacity-(mw),status,reactor-type,owner,operator,lat,lng,location-accuracy,state/province,url",
            "Kazakhstan,Aktau,--,90.0,cancelled - inferred 4 y,fast,Kazatomprom [100%],,43.6,51.2,exact,Mangystau,https://w/B",
            ("energy", "plant", ["electricity"], "90 MW", ["intent.announced", "review.confirmed"]),
        ),
        (
            "country/area,wiki-name,status,production-start-year,owner,lat,lng,location-accuracy,unit-id,url,discovery-year",
            "Kazakhstan,Kashagan,shut_in,2016,KMG (16.88%);Eni (nan%),46.1,51.6,exact,OG1,https://w/C,2000",
            ("mining", "deposit", ["oil-and-gas"], None, ["production.started", "production.suspended"]),
        ),
        (
            "country/area,wiki-name,status,production-start-year,owner,lat,lng,location-accuracy,unit-id,url,discovery-year",
            "Kazakhstan,Kalamkas,in-construction,2029 (expected),KMG (100%),46.1,51.6,exact,OG2,https://w/D,2000",
            ("mining", "deposit", ["oil-and-gas"], None, ["construction.started", "milestone.planned"]),
        ),
        (
            "gem-terminal-id,gem-unit/phase-id,country/area,coal-terminal-name,coal-terminal-name-(detail-or-other),capacity-(mt),status,"
            "start-year,retired-year,owner,lat,lng",
            "T1,T01,Russia,Vanino,Phase I,1,retired,1967,2016,SUEK,49.1,140.2",
            ("transport", "corridor", ["coal"], "1 Mt/year", ["production.started", "project.retired", "project.retired"]),
        ),
        (
            "areas,terminalname,unitname,capacityinbcm/y,status,startyear1,stopyear,owner,lat,lng,state/province,url",
            "Russia; Finland,Vysotsk,T1,2.72,Operating,2019,,Novatek [51.00%]; Other Bank [unknown %],60.6,28.5,Leningrad,https://w/E",
            ("energy", "plant", ["natural-gas"], "2.72 bcm/year", ["production.started"]),
        ),
        (
            "country/area,project-name,unit-name,project-name-in-local-language-/-script,capacity-(mw),status,start-year,retired-year,owner(s),"
            "lat,lng,location-accuracy,gem-phase-id,url",
            "Japan,Aioi,2,相生発電所,200.0,mothballed,1982,,Kansai Electric [100%],34.7,134.4,exact,G1,https://w/F",
            ("energy", "plant", ["electricity"], "200 MW", ["production.started", "production.suspended"]),
        ),
        (
            "plant-id,plant-name-(english),plant-name-(other-language),owner,country/area,coordinate-accuracy,gem-wiki-page,start-date,"
            "plant-status,lat,lng",
            "P1,Temirtau,Теміртау,Qarmet,Kazakhstan,exact,https://w/G,unknown,operating pre-retirement,50.0,72.9",
            ("processing", "plant", ["steel"], None, ["production.started"]),
        ),
        (
            "Country/Area,Project Name,Unit Name,Capacity (MW),Status,Construction Start,Commercial Operation,Retirement,Latitude,Longitude,Wiki URL",
            "Kazakhstan,Aktau BN-350,1,135 MW,retired,October 1964,1973-07,22 April 1999,43.6,51.3,https://w/H",
            ("energy", "plant", ["electricity"], "135 MW", ["construction.started", "production.started", "project.retired", "project.retired"]),
        ),
        (
            "Country/Area 1,Country/Area 2,Project Name,Local Name,Capacity (MW),Status,Start Year,State/Province 1,Latitude,Longitude,Location Accuracy",
            "Kyrgyzstan,Uzbekistan,Kambarata-1,Камбар-Ата-1,\"1 860,5\",pre-construction,2031,Jalal-Abad,41.8,72.9,approximate",
            ("energy", "plant", ["electricity"], "1860.5 MW", ["intent.announced", "milestone.planned"]),
        ),
        (
            "ProjectID,PipelineName,SegmentName,Wiki,Status,CountriesOrAreas,Owner,StartYear1,ConstructionYear,Lat,Lon",
            "P0001,Beineu-Bozoy,Phase 2,https://w/I,Operating,Kazakhstan,QazaqGas [50%],2015,2013,45.3,55.2",
            ("transport", "corridor", ["natural-gas"], None, ["construction.started", "production.started"]),
        ),
        (
            "Type,Country/area,Plant / Project name,Unit / Phase name,Capacity (MW),Status,Start year,GEM location ID,GEM unit/phase ID,"
            "\"Subnational unit (state, province)\",Latitude,Longitude,GEM.Wiki URL",
            "wind,Kazakhstan,Zhanatas,1,100,operating,2021,L1,G2,Jambyl,43.5,69.7,https://w/J",
            ("energy", "plant", ["electricity"], "100 MW", ["production.started"]),
        ),
        (
            "GEM Mine ID,Mine Name,Country / Area,Owners,Status,Capacity (Mtpa),Opening Year,Closing Year,Latitude,Longitude,\"State, Province\"",
            "M1,Bogatyr,Kazakhstan,Samruk [50%]; Rusal [50%],Operating,42,1970,,51.7,75.3,Pavlodar",
            ("mining", "deposit", ["coal"], "42 Mt/year", ["production.started"]),
        ),
    ],
    ids=[
        "gas", "nuclear", "oil and gas", "field under construction", "coal terminal", "LNG", "bioenergy", "steel", "dated nuclear", "hydro", "pipeline",
        "all power", "coal mine",
    ],
)  # fmt: skip
def test_the_headings_of_other_trackers_are_understood(
    tmp_path: Path, headings: str, cells: str, expected: tuple[str, str, list[str], str | None, list[str]]
) -> None:
    path = tmp_path / "tracker.csv"
    path.write_text(f"{headings}\n{cells}\n")
    result = imported("gem", (_LAST, path))
    assert not result.reports[0].refused.entries
    registration = result.events[0]["data"]
    capacity = registration.get("capacity")
    size = None if capacity is None else f"{capacity['value']} {capacity['unit']}"
    shown = (registration["sector"], registration["kind"], registration["commodities"], size, names(result.events)[1:])
    assert shown == expected
    assert registration["latitude"]
    assert not result.reports[0].unsent


@pytest.mark.parametrize(
    ("told", "size"),
    [
        ("1,200", "1200"),
        ("1 200", "1200"),
        ("12,5", "12.5"),
        ("1.200,5", "1200.5"),
        ("300 MW", "300"),
        ("300.0", "300"),
    ],
)
def test_a_capacity_is_read_as_people_write_it(write: Write, told: str, size: str) -> None:
    result = _of(write(_unit(status="operating", capacity=told)))
    assert result.named("production.started")[0]["capacity"] == {"value": size, "unit": "MW"}
    assert not result.reports[0].unsent


def test_what_cannot_be_read_of_a_row_is_told(write: Write) -> None:
    report = _of(write(_unit(status="operating", capacity="2 x 300", year="Q1 1970"))).reports[0]
    assert report.unsent == {"capacity: '2 x 300' is no number": 1, "start: 'q1 1970' is no year or day": 1}


def test_a_second_sheet_with_the_same_columns_is_told_and_not_read(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    for title, name in (("About", None), ("Data", "Aktau"), ("Below Threshold", "Small")):
        sheet = workbook.create_sheet(title)
        sheet.append(["Tracker"] if name is None else ["Country", "Plant name", "Unit name", "Status"])
        sheet.append(["What it is"] if name is None else ["Kazakhstan", name, "Unit 1", "operating"])
    workbook.save(tmp_path / "tracker.xlsx")
    result = _of(tmp_path / "tracker.xlsx")
    assert [data["name"] for data in result.named("project.registered")] == ["Aktau"]
    assert result.reports[0].unsent == {
        "sheet 'Below Threshold', which has the needed columns, too: the first is read": 1
    }
