"""Projects and parties of an import beside those that Steppe has: matched, new, alike, or a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from steppe.importers.formats.format_registry import FORMATS
from steppe.importers.import_report import EditionReport
from steppe.importers.importer import Edition, Import
from steppe.importers.known_names import KnownNames
from steppe.importers.party_matching import KnownParty, PartyMatcher
from steppe.importers.project_matching import KnownProject, ProjectMatcher
from tests.importers.imports import RECORDED, Imported, names

_EDITION, _NEXT = "2023-01-31", "2024-02-07"
_URL = "https://www.gem.wiki/A"
_OWN_ID = ("gem-wiki", _URL)


def _tracker(path: Path, plant: str = "Aktau power station", status: str = "construction") -> Path:
    path.write_text(
        "country,subnational,url,plant,unit,owner,capacity,status,year\n"
        f"Kazakhstan,Mangystau,{_URL},{plant},Unit 1,Samruk,300,{status},\n"
    )
    return path


def _compared(
    tmp_path: Path,
    *registered: KnownProject,
    parties: Sequence[KnownParty] = (KnownParty("samruk"),),
    decided: Mapping[str, str] | None = None,
) -> Imported:
    known_names = KnownNames(ProjectMatcher(registered), PartyMatcher(parties))
    editions = [
        Edition(_EDITION, [_tracker(tmp_path / "first.csv")]), Edition(_NEXT, [_tracker(tmp_path / "next.csv", status="operating")]),
    ]  # fmt: skip
    whole = Import(FORMATS["gem"], editions, RECORDED, names=known_names, decided=decided)
    return Imported(list(whole.events()), whole.reports)


def _first(result: Imported) -> EditionReport:
    return result.reports[0]


def test_a_project_of_another_key_is_new_and_a_known_party_is_counted(tmp_path: Path) -> None:
    report = _first(_compared(tmp_path, KnownProject("balkhash-gold", "Balkhash gold", "KZ")))
    assert report.matches == {"new": 1}
    assert (report.parties_known, report.alike.count) == (1, 0)


@pytest.mark.parametrize(
    ("registered", "matched"),
    [
        (KnownProject("aktau-power-station", "AKTAU Power Station", "KZ"), "matched: same key, name and country"),
        (
            KnownProject("aktau-power-station", "Aktau CHP", "KZ", ("Aktau Power-Station",)),
            "matched: same key and country, and an alias",
        ),
        (
            KnownProject("aktau-power-station", "Aktau CHP", "KZ", ids=(_OWN_ID,)),
            "matched: same key, and an id in common",
        ),
    ],
)
def test_a_project_is_matched_with_the_reason(tmp_path: Path, registered: KnownProject, matched: str) -> None:
    result = _compared(tmp_path, registered)
    assert _first(result).matches == {matched: 1}
    assert len(result.events) == 3


@pytest.mark.parametrize(
    "registered",
    [
        KnownProject("aktau-power-station", "Aktau power station", "RU"),
        KnownProject("aktau-power-station", "Aktau nuclear plant", "KZ"),
        KnownProject("aktau-power-station", None, None),
        KnownProject("aktau-power-station", "Aktau power station", "KZ", ids=(("gem-wiki", "https://www.gem.wiki/B"),)),
    ],
)
def test_nothing_is_sent_to_the_project_of_another_until_somebody_decides(
    tmp_path: Path, registered: KnownProject
) -> None:
    undecided = _compared(tmp_path, registered)
    assert undecided.events == []
    assert [report.undecided.count for report in undecided.reports] == [1, 1]
    (entry,) = _first(undecided).undecided.entries
    assert (entry["thing"], entry["project"]) == (_URL, "aktau-power-station")

    the_same = _compared(tmp_path, registered, decided={_URL: "aktau-power-station"})
    assert names(the_same.events) == ["construction.started", "production.started"]
    assert {event["subject"] for event in the_same.events} == {"aktau-power-station"}

    another = _compared(tmp_path, registered, decided={_URL: "aktau-coal"})
    assert names(another.events) == ["project.registered", "construction.started", "production.started"]
    assert {event["subject"] for event in another.events} == {"aktau-coal"}


@pytest.mark.parametrize(
    ("name", "country", "is_alike"),
    [
        ("Aktau power-station", "KZ", True),
        ("Power Station Aktau", "KZ", True),
        ("Актау power station", "KZ", True),
        ("Aktau power station 2", "KZ", False),
        ("Aktau power station", "RU", False),
        ("Balkhash gold", "KZ", False),
    ],
)
def test_a_new_name_like_another_of_its_country_is_a_question_and_is_sent(
    tmp_path: Path, name: str, country: str, is_alike: bool
) -> None:
    result = _compared(tmp_path, KnownProject("other", name, country))
    assert _first(result).alike.count == is_alike
    assert len(result.events) == 3


@pytest.mark.parametrize(
    ("registered", "because"),
    [
        (KnownProject("other", "Mangystau CHP", "RU", ids=(_OWN_ID,)), f"the id gem-wiki:{_URL}"),
        (KnownProject("other", "Mangystau CHP", "KZ", ("Aktau Power station",)), "100% of a name"),
        (KnownProject("other", "Aktau heat and power station", "KZ", place="Mangystau"), "81% of a name and the place"),
        (KnownProject("other", "Aktau heat and power station", "KZ", place="Almaty"), None),
    ],
)
def test_a_project_may_be_one_of_another_key_by_an_id_an_alias_or_the_place(
    tmp_path: Path, registered: KnownProject, because: str | None
) -> None:
    result = _compared(tmp_path, registered)
    others = [entry["others"] for entry in _first(result).alike.entries]
    assert others == ([] if because is None else [[f"other ({registered.name}): {because}"]])
    assert len(result.events) == 3


@pytest.mark.parametrize(
    ("registered", "is_alike"),
    [
        (KnownParty("samruk-energy", "JSC «Samruk»", "KZ"), True),
        (KnownParty("samruk-energy", "АО «Самрук»"), True),
        (KnownParty("skf", "National Welfare Fund", aliases=("SAMRUK",)), True),
        (KnownParty("samruk-2", "Samruk 2"), False),
        (KnownParty("samrau", "Samrau Limited"), False),
        (KnownParty("samruk", "Samruk-Kazyna"), False),
    ],
)
def test_a_party_of_a_new_key_and_a_known_name_is_a_question_and_a_key_that_is_said_takes_its_place(
    tmp_path: Path, registered: KnownParty, is_alike: bool
) -> None:
    result = _compared(tmp_path, parties=[registered])
    assert [entry["thing"] for entry in _first(result).parties_alike.entries] == ["party:samruk"] * is_alike
    assert _first(result).parties_known == (registered.key == "samruk")
    decided = _compared(tmp_path, parties=[registered], decided={"party:samruk": registered.key})
    assert _first(decided).parties_alike.count == 0
    assert {party["party"] for event in decided.events for party in event["data"].get("parties", ())} == {
        registered.key
    }
    assert [event["id"] for event in decided.events] == [event["id"] for event in result.events]
