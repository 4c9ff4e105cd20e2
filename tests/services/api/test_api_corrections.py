"""What readers see when the record corrects itself, and when a rival got there first."""

from __future__ import annotations

import re

import httpx
import pytest

from services.api.routes import projects
from tests.services.api.reading_api import SOURCE, Envelope, Log, event, get, memorandum, registered


def investor(party: str) -> list[dict[str, str]]:
    return [{"party": party, "role": "investor"}]


async def test_the_timeline_shows_both_values_the_reason_and_what_followed(log: Log, client: httpx.AsyncClient) -> None:
    """Domain page, section 7."""
    await log.append(
        registered("north"),
        memorandum("north", "2021-01-10", "alpha", "memo"),
        event(
            "event.corrected", "north", "fix",
            target={"source": SOURCE, "id": "memo"}, changes={"occurred": "2022-06-10"}, reason="typing",
        ),
    )  # fmt: skip
    timeline = (await get(client, "/v1/projects/north/timeline", as_of="2023-02-01"))["items"]
    entries_by_id = {entry["id"]: entry for entry in timeline}
    assert entries_by_id["memo"]["occurred"]["latest"] == "2022-06-10"
    assert entries_by_id["memo"]["data"]["occurred"] == "2021-01-10"
    (change,) = entries_by_id["memo"]["corrections"]
    assert (change["before"], change["after"], change["reason"]) == ("2021-01-10", "2022-06-10", "typing")
    at_once = (await get(client, "/v1/flags", as_of="2023-02-01", flag="memorandum-only"))["items"]
    assert at_once == []


async def test_a_correction_says_which_flags_it_raised_and_revoked(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        registered("north"),
        memorandum("north", "2021-01-10", "alpha", "memo", reported="2021-01-10"),
        event("equity.agreed", "north", "bound", occurred="2021-06-01", reported="2021-06-01", parties=investor("alpha")),
        event(
            "event.retracted", "north", "back",
            target={"source": SOURCE, "id": "bound"}, reason="a rumour", reported="2021-09-01",
        ),
    )  # fmt: skip
    timeline = (await get(client, "/v1/projects/north/timeline", as_of="2022-02-01"))["items"]
    entries_by_id = {entry["id"]: entry for entry in timeline}
    assert (entries_by_id["bound"]["state"], entries_by_id["bound"]["retracted_by"]) == ("retracted", f"{SOURCE}#back")
    assert {"flag": "memorandum-only", "deal": "alpha", "severity": "watch"} in entries_by_id["back"]["effect"][
        "raised"
    ]
    (flag,) = (await get(client, "/v1/flags", as_of="2022-02-01", flag="memorandum-only"))["items"]
    assert flag["severity"] == "watch"


async def test_a_page_of_a_timeline_ends_where_telling_what_corrections_did_takes_too_long(
    log: Log, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.append(
        registered("north"),
        *(memorandum("north", f"2021-0{number}-10", "alpha", f"m{number}") for number in range(1, 7)),
        *(
            event(
                "event.retracted", "north", f"r{number}",
                target={"source": SOURCE, "id": f"m{number}"}, reason="wrong", reported=f"2022-0{number}-01",
            )
            for number in range(1, 6)
        ),
    )  # fmt: skip
    path = "/v1/projects/north/timeline"
    whole = await get(client, path, as_of="2023-02-01")
    assert [item["id"] for item in whole["items"] if item["effect"] is not None] == ["r1", "r2", "r3", "r4", "r5"]
    table = (await client.get(path, params={"as_of": "2023-02-01", "format": "csv"})).text
    monkeypatch.setattr(projects, "_FOLDED_EVENTS_MAX", 24)  # twelve events, two corrections
    pages = [await get(client, path, as_of="2023-02-01")]
    while cursor := pages[-1]["next_cursor"]:
        pages.append(await get(client, path, as_of="2023-02-01", cursor=cursor))
    assert [item for page in pages for item in page["items"]] == whole["items"]
    with_effects = [[item["id"] for item in page["items"] if item["effect"] is not None] for page in pages]
    assert with_effects == [["r1", "r2"], ["r3", "r4"], ["r5"]]
    again = await client.get(path, params={"as_of": "2023-02-01", "format": "csv"})
    assert (again.headers["Steppe-Complete"], _but_instants(again.text)) == ("true", _but_instants(table))


def _but_instants(table: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "then", table)


async def test_a_correction_made_later_is_told_with_its_effect_on_the_days_before(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        registered("north"),
        memorandum("north", "2019-01-10", "alpha", "memo", reported="2019-01-10"),
        event("equity.agreed", "north", "bound", occurred="2019-06-01", reported="2019-06-01", parties=investor("alpha")),
        event(
            "event.retracted", "north", "back",
            target={"source": SOURCE, "id": "bound"}, reason="a rumour", reported="2025-09-01",
        ),
    )  # fmt: skip
    now = (await get(client, "/v1/projects/north/timeline", as_of="2021-12-31"))["items"]
    assert {"flag": "memorandum-only", "deal": "alpha", "severity": "stagnant"} in now[-1]["effect"]["raised"]
    then = (await get(client, "/v1/projects/north/timeline", known_at="2021-12-31"))["items"]
    assert [entry["id"] for entry in then if entry["name"] == "event.retracted"] == []


async def test_a_rival_displaces_until_its_win_is_retracted(log: Log, client: httpx.AsyncClient) -> None:
    """Domain page, section 6, displaced: the asset's tier, across projects, and gone with its cause."""
    await log.append(registered("north"), memorandum("north", "2020-01-10", "alpha"), registered("south"))
    await log.append(event("equity.agreed", "south", "win", occurred="2021-05-05", parties=investor("beta")))
    (flag,) = (await get(client, "/v1/flags", as_of="2021-05-05", flag="displaced"))["items"]
    assert (flag["project"], flag["tier"], flag["groups"], flag["evidence"]) == (
        "north", "market", ["beta"], [f"{SOURCE}#win"],
    )  # fmt: skip
    assert flag["sentence"] == "Overtaken: beta got the same market while this deal was on paper."
    await log.append(event("event.retracted", "south", "back", target={"source": SOURCE, "id": "win"}))
    assert (await get(client, "/v1/flags", as_of="2021-05-05", flag="displaced"))["items"] == []


async def test_a_parent_registered_later_turns_a_rival_into_a_co_investor(log: Log, client: httpx.AsyncClient) -> None:
    """Domain page, section 6: some of the winner's groups are this deal's own."""
    await log.append(registered("north"), memorandum("north", "2020-01-10", "alpha"), registered("south"))
    both = [*investor("beta"), *investor("alpha-mining")]
    await log.append(event("equity.agreed", "south", "win", occurred="2021-05-05", deal="beta", parties=both))
    assert len((await get(client, "/v1/flags", as_of="2021-06-01", flag="displaced"))["items"]) == 1
    data = {"party": "alpha-mining", "name": "Alpha Mining", "home_country": "JP", "kind": "company", "parent": "alpha"}
    await log.append(event("party.registered", "party:alpha-mining", "registered", **data))
    assert (await get(client, "/v1/flags", as_of="2021-06-01", flag="displaced"))["items"] == []
    deals = (await get(client, "/v1/deals", as_of="2021-06-01", project="north"))["items"]
    assert deals[0]["co_investor"] == [f"{SOURCE}#win"]


async def test_retractions_are_listed_with_what_they_take_back_and_whether_they_hold(
    log: Log, client: httpx.AsyncClient
) -> None:
    def back(id: str, target: str, reported: str) -> Envelope:
        aimed = {"source": SOURCE, "id": target}
        return event("event.retracted", "north", id, target=aimed, reason="wrong", reported=reported)

    await log.append(registered("north"), memorandum("north", "2020-01-10", "alpha", "memo", reported="2020-01-10"))
    await log.append(
        back("a", "memo", "2021-01-01"), back("b", "a", "2022-01-01"), back("c", "nothing", "2022-01-01"),
        back("x", "y", "2022-01-01"), back("y", "x", "2022-01-01"),
    )  # fmt: skip
    items = {item["event"].partition("#")[2]: item for item in (await get(client, "/v1/retractions"))["items"]}
    assert {key: item["state"] for key, item in items.items()} == {
        "a": "retracted", "b": "stands", "c": "parked", "x": "refused", "y": "refused",
    }  # fmt: skip
    assert (items["a"]["target"], items["a"]["target_name"]) == (f"{SOURCE}#memo", "memorandum.signed")
    (then,) = (await get(client, "/v1/retractions", known_at="2021-06-30"))["items"]
    assert (then["event"], then["state"]) == (f"{SOURCE}#a", "stands")
    first = await get(client, "/v1/retractions", limit=2)
    rest = await get(client, "/v1/retractions", limit=500, cursor=first["next_cursor"])
    assert [item["event"] for item in first["items"] + rest["items"]] == [items[key]["event"] for key in "abcxy"]
    assert (await get(client, "/v1/retractions", project="south"))["items"] == []


async def test_sources_that_disagree_are_shown_beside_what_stands(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("north"), memorandum("north", "2020-01-10", "alpha", "memo"))
    await log.append(memorandum("north", "2020-02-20", "alpha", "memo"))
    (item,) = (await get(client, "/v1/conflicts", project="north"))["items"]
    assert item["event"] == f"{SOURCE}#memo"
    assert item["record"]["data"]["occurred"] == "2020-02-20"
    assert item["stands"]["data"]["occurred"] == "2020-01-10"


async def test_the_rules_in_force_are_told_with_their_overrides(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/rules")
    (version,) = body["items"]
    assert version["version"] == body["in_force"]
    assert version["values"]["memorandum-only.stagnant"] == 24
    assert {"rule": "memorandum-only.presumed-dead", "value": 36, "sector": "mining"} in version["overrides"]
