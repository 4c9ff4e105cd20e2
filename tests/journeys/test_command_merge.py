"""`steppe project merge` and `steppe party merge` against a running system: tried, merged, looked at, and taken back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.journeys.command import Command
from tests.stack import Database, Service

_DAY = "2026-11-01"


def _event(subject: str, name: str, event_id: str, /, **data: Any) -> dict[str, Any]:
    return {"source": "/desk", "id": event_id, "type": f"steppe.{name}.v1", "subject": subject, "data": data}


def _paper(subject: str, event_id: str, party: str, day: str, **data: Any) -> dict[str, Any]:
    parties = [{"party": party, "role": "investor", "name": party.title(), "country": "CN"}]
    return _event(
        subject, "memorandum.signed", event_id, occurred=day, reported=day, instrument="mou", parties=parties, **data
    )


def _registered(subject: str, name: str, /, **data: Any) -> dict[str, Any]:
    data = {"country": "KZ", "sector": "mining", "kind": "deposit", "commodities": ["tungsten"], **data}
    return _event(subject, "project.registered", f"{subject}-registered", name=name, reported="2019-01-01", **data)


@pytest.fixture
def steppe(start: Callable[..., Service], database: Database) -> Command:
    """The command in front of a whole system."""
    ingest = start("ingest")
    start("projector")
    return Command(start("api"), database, ingest)


def _send(steppe: Command, *events: dict[str, Any]) -> None:
    steppe("send", "-", "--wait", stdin="".join(json.dumps(event) + "\n" for event in events))


def _state(steppe: Command, *paths: str) -> dict[str, Any]:
    """What the API says, but for where it stands in the log and when it was asked."""
    beside = ("position", "known_at")

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: without(inner) for name, inner in value.items() if name not in beside}
        return [without(inner) for inner in value] if isinstance(value, list) else value

    answers = {path: httpx.get(f"{steppe.api}{path}", params={"as_of": _DAY}, timeout=30).json() for path in paths}
    state: dict[str, Any] = without(answers)
    return state


def _merge(steppe: Command, *arguments: str, exits: int = 0) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(steppe(*arguments, "--json", exits=exits))
    if sent := answer["sent"]:
        query = {"min_position": sent["position"]}
        httpx.get(f"{steppe.api}/v1/projects", params=query, timeout=60).raise_for_status()
    return answer


def test_a_project_is_merged_into_another_and_taken_back(steppe: Command) -> None:
    shared = _paper("katpar-north", "both", "alpha", "2020-05-05")
    _send(
        steppe,
        _registered("katpar-north", "Katpar North", ids=[{"scheme": "gem-wiki", "id": "K"}]),
        _registered("north-katpar", "Northern Katpar"),
        _paper("katpar-north", "m-1", "alpha", "2019-03-01"),
        _paper("katpar-north", "m-2", "beta", "2020-03-01"),
        _event("katpar-north", "event.corrected", "c-1", target={"source": "/desk", "id": "m-2"},
               changes={"occurred": "2020-02-01"}, reason="as the company says"),
        _event("katpar-north", "equity.agreed", "e-1", occurred="2021-01-01", stake_percent=40,
               parties=[{"party": "alpha", "role": "investor"}]),
        _paper("north-katpar", "m-1", "gamma", "2022-01-01"),
        shared, {**shared, "subject": "north-katpar"},
    )  # fmt: skip
    keys = ("katpar-north", "north-katpar")
    paths = ["/v1/flags", "/v1/deals", "/v1/projects", *(f"/v1/projects/{key}" for key in keys)]
    before = _state(steppe, *paths)
    assert len(before["/v1/projects"]["items"]) == 2

    tried = json.loads(steppe("project", "merge", *keys, "--dry-run", "--json", "--as-of", _DAY))
    assert tried["sent"] is None
    changes = {entry["project"]: entry for entry in tried["what_if"]["projects"]}
    assert changes["north-katpar"]["before"]["level"] == "memorandum"
    assert changes["north-katpar"]["after"]["level"] in ("bound", "partly-bound")
    assert changes["katpar-north"]["after"]["superseded"]["by"] == ["north-katpar"]
    assert "Nothing was sent" in steppe("project", "merge", *keys, "--dry-run")
    assert _state(steppe, *paths) == before

    merged = _merge(steppe, "project", "merge", "katpar-north", "into", "north-katpar")
    assert merged["sent"]["accepted"] == 6
    assert merged["remarks"] == ["1 events that both keys have are left as they are"]
    after = _state(steppe, *paths, "/v1/projects/north-katpar/timeline", "/v1/projects/katpar-north/timeline")
    assert [project["key"] for project in after["/v1/projects"]["items"]] == ["north-katpar"]
    assert {flag["project"] for flag in after["/v1/flags"]["items"]} == {"north-katpar"}
    detail = httpx.get(
        f"{steppe.api}/v1/projects/north-katpar", timeout=30
    ).json()  # an amendment holds from its day on
    assert [alias["name"] for alias in detail["aliases"]] == ["Katpar North", "katpar-north"]
    assert detail["ids"] == [{"scheme": "gem-wiki", "id": "K"}]
    assert {deal["deal"] for deal in detail["deals"]} == {"alpha", "beta", "gamma"}
    assert after["/v1/projects/katpar-north"]["superseded"]["by"] == ["north-katpar"]
    timeline = {entry["event"]: entry for entry in after["/v1/projects/north-katpar/timeline"]["items"]}
    assert {"/desk#m-1", "/desk#m-1~katpar-north", "/desk#m-2", "/desk#e-1", "/desk#both"} <= timeline.keys()
    assert timeline["/desk#m-2"]["occurred"]["latest"] == "2020-02-01"
    assert timeline["/desk#m-1~katpar-north"]["known"].startswith("2019-03-01")
    old = {entry["event"] for entry in after["/v1/projects/katpar-north/timeline"]["items"]}
    assert "/desk#m-1" in old

    assert _merge(steppe, "project", "merge", *keys)["events"] == []
    _send(steppe, _paper("katpar-north", "m-3", "alpha", "2023-01-01"))
    assert [event["id"] for event in _merge(steppe, "project", "merge", *keys)["events"]] == ["m-3"]

    undone = _merge(steppe, "project", "merge", *keys, "--undo")
    assert {event["type"] for event in undone["events"]} == {"steppe.event.retracted.v1"}
    assert _state(steppe, "/v1/projects/north-katpar") == {key: before[key] for key in ["/v1/projects/north-katpar"]}
    _send(
        steppe, _event("katpar-north", "event.retracted", "r-3", target={"source": "/desk", "id": "m-3"}, reason="late")
    )
    assert _state(steppe, *paths) == before
    assert _merge(steppe, "project", "merge", *keys, "--undo")["events"] == []

    again = _merge(steppe, "project", "merge", *keys)
    assert again["sent"]["accepted"] >= 6
    assert [p["key"] for p in _state(steppe, "/v1/projects")["/v1/projects"]["items"]] == ["north-katpar"]
    _merge(steppe, "project", "merge", *keys, "--undo")
    assert _state(steppe, *paths) == before


def test_a_dry_run_of_a_thousand_events_says_levels_clocks_and_flags_before_and_after(steppe: Command) -> None:
    reviews = [
        _event(
            "katpar-north", "review.confirmed", f"r-{number}", occurred=f"{2000 + number % 20}-03-01", note=str(number)
        )
        for number in range(1_000)
    ]
    _send(
        steppe,
        _registered("katpar-north", "Katpar North"),
        _registered("north-katpar", "Northern Katpar"),
        _paper("katpar-north", "m-1", "alpha", "2019-03-01"),
        *reviews,
    )
    keys = ("katpar-north", "into", "north-katpar")
    tried = json.loads(steppe("project", "merge", *keys, "--dry-run", "--json", "--as-of", _DAY))["what_if"]
    assert len(tried["events"]) == 1_003
    changes = {(change["what"], change["name"]): change for change in _project_of(tried, "north-katpar")["changes"]}
    assert changes["clock", "memorandum"]["after"] == "runs"
    assert changes["flag", "memorandum-only"]["after"] == "presumed-dead"
    assert _project_of(tried, "katpar-north")["after"]["superseded"]["by"] == ["north-katpar"]
    assert "memorandum-only" in steppe("project", "merge", *keys, "--dry-run", "--as-of", _DAY)


def _project_of(tried: dict[str, Any], key: str) -> dict[str, Any]:
    project: dict[str, Any] = next(entry for entry in tried["projects"] if entry["project"] == key)
    return project


def test_a_party_is_merged_into_another_in_all_projects_and_taken_back(steppe: Command) -> None:
    party = {"home_country": "CN", "kind": "company", "reported": "2018-01-01"}
    _send(
        steppe,
        _registered("north-katpar", "Northern Katpar"),
        _registered("balkhash", "Balkhash"),
        _event("party:xiamen-co", "party.registered", "p-1", party="xiamen-co", name="Xiamen Co", **party),
        _event("party:xiamen-tungsten", "party.registered", "p-2", party="xiamen-tungsten", name="Xiamen Tungsten", **party),
        _event("party:daughter", "party.registered", "p-3", party="daughter", name="Daughter", parent="xiamen-co", **party),
        _paper("north-katpar", "m-1", "xiamen-co", "2019-03-01"),
        _event("north-katpar", "equity.agreed", "e-1", occurred="2020-01-01", stake_percent=67, parties=[
            {"party": "xiamen-tungsten", "role": "investor"}, {"party": "host-co", "role": "host"}]),
        _event("north-katpar", "hold.placed", "h-1", occurred="2020-06-01", deal="xiamen-co", reason="dispute"),
        _paper("balkhash", "m-2", "xiamen-co", "2021-03-01"),
        _paper("balkhash", "m-3", "other", "2021-04-01"),
    )  # fmt: skip
    parties = ("xiamen-co", "xiamen-tungsten")
    paths = ["/v1/flags", "/v1/deals", "/v1/projects", "/v1/parties", "/v1/parties/xiamen-tungsten"]
    before = _state(steppe, *paths)
    tried = json.loads(steppe("party", "merge", *parties, "--dry-run", "--json", "--as-of", _DAY))
    assert sorted(entry["project"] for entry in tried["what_if"]["projects"]) == ["balkhash", "north-katpar"]

    merged = _merge(steppe, "party", "merge", *parties)
    assert merged["sent"]["rejected"] == []
    after = _state(steppe, *paths)
    assert [item["key"] for item in after["/v1/parties"]["items"]] == [
        "daughter",
        "other",
        "xiamen-tungsten",
    ]
    assert after["/v1/parties/xiamen-tungsten"]["members"] == ["daughter"]
    detail = httpx.get(f"{steppe.api}/v1/parties/xiamen-tungsten", timeout=30).json()
    assert [alias["name"] for alias in detail["aliases"]] == ["Xiamen Co", "xiamen-co"]
    deals = {(deal["project"], deal["deal"]) for deal in after["/v1/deals"]["items"]}
    assert deals == {("north-katpar", "xiamen-tungsten"), ("balkhash", "xiamen-tungsten"), ("balkhash", "other")}
    assert httpx.get(f"{steppe.api}/v1/parties/xiamen-co", timeout=30).status_code == 404
    then = httpx.get(f"{steppe.api}/v1/deals", params={"known_at": "2021-12-31"}, timeout=60).json()["items"]
    assert ("balkhash", "xiamen-co") in {(deal["project"], deal["deal"]) for deal in then}
    timeline = httpx.get(f"{steppe.api}/v1/projects/balkhash/timeline", timeout=30).json()["items"]
    (corrected,) = [entry for entry in timeline if entry["event"] == "/desk#m-2"]
    assert "xiamen-co and xiamen-tungsten were one party" in json.dumps(corrected)

    assert _merge(steppe, "party", "merge", *parties)["events"] == []
    assert {event["type"] for event in _merge(steppe, "party", "merge", *parties, "--undo")["events"]} == {
        "steppe.event.retracted.v1"
    }
    assert _state(steppe, *paths) == before
    assert _merge(steppe, "party", "merge", *parties, "--undo")["events"] == []
    assert _merge(steppe, "party", "merge", *parties)["sent"]["rejected"] == []
    assert _state(steppe, *paths) == after
    _merge(steppe, "party", "merge", *parties, "--undo")
    assert _state(steppe, *paths) == before


def test_what_cannot_be_merged_says_why_and_sends_nothing(steppe: Command) -> None:
    _send(
        steppe,
        _registered("north", "North"),
        _registered("south", "South"),
        _paper("unnamed", "m-1", "alpha", "2020-01-01"),
    )
    assert "unnamed is not registered" in steppe("project", "merge", "north", "unnamed", exits=1)
    assert "No project 'norht'" in steppe("project", "merge", "norht", "north", exits=1)
    assert "was not merged into" in steppe("project", "merge", "north", "south", "--undo", exits=1)
    assert "was not merged into" in steppe("party", "merge", "alpha", "beta", "--undo", exits=1)
    assert "beta" in steppe("party", "merge", "alpha", "beta", exits=1)
    _merge(steppe, "project", "merge", "north", "into", "south")
    assert "north is superseded by south" in steppe("project", "merge", "south", "north", exits=1)
    for words in (["north"], ["north", "to", "south"], ["north", "north"], ["North", "south"]):
        assert "Invalid value" in steppe("project", "merge", *words, exits=2)
