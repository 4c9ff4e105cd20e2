"""POST /v1/what-if: what events would do, before anybody sends them, over the running API."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.services.api.reading_api import DAY, Envelope, Log, event, memorandum, registered

_OF_THE_LOG = {"position", "known_at"}


def sale(project: str, investor: str, id: str, **data: Any) -> Envelope:
    """An equity sale that binds."""
    parties = [{"party": investor, "role": "investor"}]
    return event("equity.agreed", project, id, **{"occurred": "2025-06-01", "parties": parties, **data})


async def ask(client: httpx.AsyncClient, *events: Any, query: str = f"?as_of={DAY}") -> dict[str, Any]:
    answer = await client.post(f"/v1/what-if{query}", json=list(events))
    assert answer.status_code == 200, answer.text
    tried: dict[str, Any] = answer.json()
    return tried


async def answers(client: httpx.AsyncClient) -> list[Any]:
    paths = ("/v1/projects", "/v1/flags", "/v1/deals", "/v1/projects/north", "/v1/projects/north/timeline")
    return [without(_OF_THE_LOG, (await client.get(path, params={"as_of": DAY})).json()) for path in paths]


def without(names: set[str], value: Any) -> Any:
    match value:
        case dict():
            return {name: without(names, part) for name, part in value.items() if name not in names}
        case list():
            return [without(names, part) for part in value]
        case _:
            return value


async def test_paper_that_would_bind_stops_its_clock_and_nothing_of_it_stays(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(registered("north"), memorandum("north", "2018-03-15", "alpha"))
    before = await answers(client)
    tried = await ask(client, sale("north", "alpha", "cove", deal="alpha"))
    (project,) = tried["projects"]
    changed = {(change["what"], change["name"]): (change["before"], change["after"]) for change in project["changes"]}
    assert changed["level", None] == ("memorandum", "bound")
    assert changed["leg", "equity"] == (None, "binds")
    assert changed["clock", "memorandum"] == ("runs", None)
    assert changed["flag", "memorandum-only"] == ("presumed-dead", None)
    assert [one["event"] for one in tried["events"]] == ["/tests#cove"]
    assert await answers(client) == before
    assert without(_OF_THE_LOG, {"as_of": DAY, **project["before"]}) == before[3]


async def test_what_it_says_is_what_becomes_true_when_the_events_are_sent(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("north"), memorandum("north", "2018-03-15", "alpha"))
    await log.append(registered("south"), memorandum("south", "2019-03-15", "beta"))
    events = [
        memorandum("north", "2023-03-15", "alpha"),
        sale("south", "gamma", "won", deal="gamma"),
        event("setback.reported", "north", "trouble", occurred="2024-01-01", kind="legal", deal="alpha"),
        event("event.retracted", "north", "wrong", target={"source": "/tests", "id": "north-alpha-2018-03-15"}, reason="error"),
    ]  # fmt: skip
    tried = await ask(client, *events)
    await log.append(*events)
    for project in tried["projects"]:
        answer = (await client.get(f"/v1/projects/{project['project']}", params={"as_of": DAY})).json()
        assert without({*_OF_THE_LOG, "as_of"}, project["after"]) == without({*_OF_THE_LOG, "as_of"}, answer)
    assert [project["project"] for project in tried["projects"]] == ["north", "south"]


async def test_a_rival_that_would_win_overtakes_others_in_the_market(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("north"), memorandum("north", "2018-03-15", "alpha"), registered("south"))
    tried = await ask(client, sale("south", "beta", "won"))
    assert {(other["project"], other["flag"], other["before"], other["after"]) for other in tried["others"]} == {
        ("north", "displaced", None, "alert")
    }


async def test_a_project_that_nobody_has_heard_of_is_there_afterwards(client: httpx.AsyncClient) -> None:
    tried = await ask(client, registered("new"), memorandum("new", "2025-03-15", "alpha"))
    (project,) = tried["projects"]
    assert project["before"] is None
    assert (project["after"]["name"], project["after"]["level"]) == ("New", "memorandum")


async def test_questions_one_after_another_do_not_see_each_other(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("north"), memorandum("north", "2018-03-15", "alpha"))
    first = await ask(client, sale("north", "alpha", "one"))
    await log.append(memorandum("north", "2019-03-15", "alpha"))
    again = await ask(client, memorandum("north", "2020-03-15", "beta"))
    assert {deal["deal"] for deal in again["projects"][0]["before"]["deals"]} == {"alpha"}
    assert again["projects"][0]["before"]["last_event_on"] == "2019-03-15"
    assert {deal["deal"] for deal in again["projects"][0]["after"]["deals"]} == {"alpha", "beta"}
    assert first["projects"][0]["after"]["level"] == "bound"


async def test_what_is_in_the_log_already_is_counted_and_another_content_is_refused(
    log: Log, client: httpx.AsyncClient
) -> None:
    sent = memorandum("north", "2018-03-15", "alpha")
    await log.append(registered("north"), sent)
    tried = await ask(client, sent, sent)
    assert (tried["duplicates"], tried["events"], tried["projects"][0]["changes"]) == (2, [], [])
    other = {**sent, "data": {**sent["data"], "occurred": "2019-03-15"}}
    answer = await client.post("/v1/what-if", json=[sent, other])
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/1/id"]


@pytest.mark.parametrize(
    ("body", "media_type", "pointers"),
    [
        (b"", "application/json", [""]),
        (b"[]", "application/json", [""]),
        (b"{", "application/json", [""]),
        (b"\xff", "application/json", [""]),
        (b"[" * 50_000, "application/json", [""]),
        (b"{}\n" * 2_001, "application/x-ndjson", [""]),
        (b" " * 4_000_001, "application/json", [""]),
        (json.dumps([registered("north"), {**registered("south"), "type": "steppe.equity.agred.v1"}]).encode(),
         "application/json", ["/1/type"]),
        (json.dumps(memorandum("north", "2018-02-30", "alpha")).encode() + b"\nnot json\n", "application/x-ndjson", ["/1"]),
        (json.dumps(memorandum("north", "2018-02-30", "alpha")).encode(), "application/json", ["/0/data/occurred"]),
    ],
)  # fmt: skip
async def test_what_cannot_be_tried_is_refused_with_its_place(
    client: httpx.AsyncClient, body: bytes, media_type: str, pointers: list[str]
) -> None:
    answer = await client.post("/v1/what-if", content=body, headers={"content-type": media_type})
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers


async def test_lines_are_read_as_ingest_reads_them(client: httpx.AsyncClient) -> None:
    lines = "\n".join(json.dumps(one) for one in (registered("new"), memorandum("new", "2025-03-15", "alpha")))
    answer = await client.post("/v1/what-if", content=lines, headers={"content-type": "application/x-ndjson"})
    assert answer.status_code == 200, answer.text
    assert [one["index"] for one in answer.json()["events"]] == [0, 1]
