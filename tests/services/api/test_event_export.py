"""/v1/export?format=events: the events as they were accepted, all of them or those of some projects."""

from __future__ import annotations

import json
from typing import Any

import httpx

from steppe.contracts.codec import canonical_json
from tests.services.api.reading_api import SOURCE, Envelope, Log, event, memorandum, refused, registered


def party(key: str, **data: Any) -> Envelope:
    own = {"party": key, "name": key.title(), "kind": "company", "home_country": "JP", "reported": "2020-01-01"}
    return event("party.registered", f"party:{key}", key, **own, **data)


async def exported(client: httpx.AsyncClient, **parameters: str) -> list[Envelope]:
    answer = await client.get("/v1/export", params={"format": "events", **parameters})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = answer.text.splitlines()
    assert answer.headers["steppe-rows"] == str(len(lines))
    return [json.loads(line) for line in lines]


def without_moments(line: Envelope, *names: str) -> Envelope:
    """Without when it was accepted, and with it when it was sent unless only the first is named."""
    return {name: value for name, value in line.items() if name not in (names or ("time", "recordedtime"))}


async def test_each_event_is_a_line_as_it_was_accepted_in_the_order_of_the_log(
    log: Log, client: httpx.AsyncClient
) -> None:
    target = {"source": SOURCE, "id": "a-alpha-2022-03-01"}
    sent = [
        registered("a", name="Степногорск"),
        memorandum("a", "2022-03-01", "alpha", reported="2022-03-02"),
        event("event.corrected", "a", "mended", target=target, changes={"occurred": "2022-03"}, reported="2023-01-01"),
        event("event.retracted", "a", "back", target={"source": SOURCE, "id": "mended"}, reported="2023-02-01"),
    ]
    await log.append(*sent, party("alpha"))
    events = await exported(client)
    assert [without_moments(line) for line in events if line["subject"] == "a"] == sent
    assert [line["id"] for line in events if line["subject"] != "a"] == ["alpha"]
    with_moments = await exported(client, recordedtime="true")
    assert all("recordedtime" in line for line in with_moments)
    assert [without_moments(line, "recordedtime") for line in with_moments] == events


async def test_filters_take_the_projects_with_whoever_they_name_and_belong_to(
    log: Log, client: httpx.AsyncClient
) -> None:
    paper = memorandum("a", "2022-03-01", "alpha", forum="summit")
    await log.append(
        registered("a"),
        paper,
        registered("old"),
        event("project.superseded", "old", "gone", by=["a"], reason="renamed", reported="2021-01-01"),
        registered("b", country="UZ"),
        memorandum("b", "2022-03-01", "beta"),
        party("alpha", parents=[{"party": "holding", "percent": 100}]),
        party("holding"),
        party("beta"),
        event("forum.held", "forum:summit", "summit", forum="summit", name="Summit", occurred="2022-03-01"),
    )
    of_kazakhstan = {line["id"] for line in await exported(client, country="KZ")}
    assert of_kazakhstan == {"a-registered", paper["id"], "old-registered", "gone", "alpha", "holding", "summit"}
    assert {line["subject"] for line in await exported(client, project="b")} == {"b", "party:beta"}
    assert await exported(client, project="b", country="KZ") == []
    answer = await client.get("/v1/export", params={"project": "nowhere"})
    assert (answer.status_code, answer.content) == (200, b"")


async def test_only_what_was_known_by_then_is_exported(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("a"), memorandum("a", "2022-03-01", "alpha", reported="2022-03-02"))
    assert [line["id"] for line in await exported(client, known_at="2021-12-31")] == ["a-registered"]
    assert await exported(client, known_at="2021-12-31", known_by="recorded") == []


async def test_attributes_from_headers_and_lines_within_a_record_become_one_line(
    log: Log, client: httpx.AsyncClient
) -> None:
    one = {**registered("a"), "recordedtime": "2021-01-01T00:00:00Z"}
    await log.append_records([(b"a", json.dumps(one, indent=2).encode())])
    assert await exported(client, recordedtime="true") == [one]
    assert await exported(client) == [registered("a")]


async def test_events_that_say_no_day_of_report_are_counted(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("a"), memorandum("a", "2022-03-01", "alpha"))
    answer = await client.get("/v1/export")
    assert answer.headers["steppe-unreported"] == "1"
    assert answer.headers["content-disposition"].endswith('.ndjson"')


async def test_more_events_than_are_read_at_once_come_whole(log: Log, client: httpx.AsyncClient) -> None:
    many = [memorandum("a", "2022-03-01", "alpha", f"memo-{number:04}") for number in range(4_500)]
    await log.append_records(
        [(b"a", canonical_json({**one, "recordedtime": "2023-01-01T00:00:00Z"})) for one in (registered("a"), *many)]
    )
    assert [line["id"] for line in await exported(client)][1:] == [one["id"] for one in many]


async def test_a_format_that_nobody_writes_is_refused(log: Log, client: httpx.AsyncClient) -> None:
    problem = await refused(client, "/v1/export?format=docx", 406, "format-not-available")
    assert "events" in problem["formats"]
    answer = await client.get("/v1/export")
    held = await client.get("/v1/export", headers={"if-none-match": answer.headers["etag"]})
    assert held.status_code == 304
