"""Trackers of Global Energy Monitor as other files: encodings, workbooks, the headings of other trackers, odd cells."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.importers.gem_tracker import LAST, Write, import_edition, unit_row
from tests.importers.imports import imported, names


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1251"])
def test_an_encoding_changes_no_event(write: Write, encoding: str) -> None:
    unit = unit_row(plant="Экибастузская ГРЭС", status="operating", year="1980")
    plain = import_edition(write(unit))
    other = import_edition(write(unit, name="other.csv", encoding=encoding))
    assert other.events == plain.events
    assert plain.events[0]["subject"] == "ekibastuzskaya-gres"


def test_a_workbook_gives_the_same_events_whatever_stands_before_its_table(write: Write, tmp_path: Path) -> None:
    units = [
        unit_row("Unit 1", status="retired", year="1980", lat="51.5", lng="75.25"),
        unit_row("Unit 2", status="operating", year="1985"),
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
    assert import_edition(path).events == import_edition(write(*units)).events


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
    result = imported("gem", (LAST, path))
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
    result = import_edition(write(unit_row(status="operating", capacity=told)))
    assert result.named("production.started")[0]["capacity"] == {"value": size, "unit": "MW"}
    assert not result.reports[0].unsent


@pytest.mark.parametrize(
    ("cells", "field", "reason"),
    [
        ({"capacity": "2 x 300"}, "capacity", "'2 x 300' is no number; the unit is sent without it"),
        ({"capacity": "-5"}, "capacity", "'-5' is less than nothing; the unit is sent without it"),
        ({"year": "Q1 1970"}, "start", "'q1 1970' is no year or day; only the edition bounds it"),
        (
            {"owner": "Samruk [160%]"},
            "owner",
            "'Samruk [160%]' has no share from 0 to 100; the owner is sent without one",
        ),
    ],
)
def test_what_cannot_be_read_of_a_row_is_refused_with_line_field_and_reason_and_the_rest_is_sent(
    write: Write, cells: dict[str, str], field: str, reason: str
) -> None:
    result = import_edition(write(unit_row(status="operating", **cells)))
    assert result.reports[0].refused.entries == [{"line": 2, "field": field, "reason": reason}]
    assert len(result.named("production.started")) == 1


def test_a_second_sheet_with_the_same_columns_is_told_and_not_read(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    for title, name in (("About", None), ("Data", "Aktau"), ("Below Threshold", "Small")):
        sheet = workbook.create_sheet(title)
        sheet.append(["Tracker"] if name is None else ["Country", "Plant name", "Unit name", "Status"])
        sheet.append(["What it is"] if name is None else ["Kazakhstan", name, "Unit 1", "operating"])
    workbook.save(tmp_path / "tracker.xlsx")
    result = import_edition(tmp_path / "tracker.xlsx")
    assert [data["name"] for data in result.named("project.registered")] == ["Aktau"]
    assert result.reports[0].unsent == {
        "sheet 'Below Threshold', which has the needed columns, too: the first is read": 1
    }
