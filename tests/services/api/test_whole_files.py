"""A file of a list holds every row of it, in every format, or says that it is a part."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import duckdb
import httpx
import openpyxl
import pytest

from services.api.web.query_parameters import LIMIT_MAX, MEDIA_TYPES
from services.projector.publisher.flag_diff import Announcer
from tests.services.api.reading_api import DAY, SOURCE, Envelope, Log, event, get, memorandum, refused, registered
from tests.stack import Database, Service

ROWS = LIMIT_MAX + 3  # more than are read at once
Rows = list[dict[str, Any]]


def of_number(number: int) -> list[Envelope]:
    """What gives each list one row more."""
    key, party = f"place-{number:04}", f"party-{number:04}"
    back = {"source": SOURCE, "id": f"nothing-{number}"}
    return [
        registered(key, commodities=[f"metal-{number:04}"]),
        memorandum(key, "2022-03-01", party, f"memo-{number}"),
        event("forum.held", f"forum:{key}", key, forum=key, name=key, occurred="2022-03-01"),
        event("party.registered", f"party:{party}", party, party=party, name=party, kind="company", home_country="KR"),
        event("event.retracted", "north", f"back-{number}", target=back, reason="wrong", reported="2023-01-01"),
    ]


async def announce(database: Database, topic: str) -> None:
    """Tell of what stood on two days, as a leading worker would, so that transitions are listed."""
    connection = await asyncpg.connect(database.projector)
    try:
        for day in (date(2022, 2, 1), date(2023, 3, 1)):
            assert await Announcer(topic).announce(connection, day, {}) is not None
    finally:
        await connection.close()


@pytest.fixture
def lists(start: Callable[..., Service], database: Database, topic: str) -> tuple[httpx.Client, list[str]]:
    """A client of a log of which every list has more rows than are read at once, and the paths of all lists."""
    log = Log(database, topic)
    numbers = range(ROWS)
    asyncio.run(log.append(registered("north"), *(one for number in numbers for one in of_number(number))))
    asyncio.run(
        log.append(*(memorandum(f"place-{number:04}", "2022-04-01", "other", f"memo-{number}") for number in numbers))
    )
    asyncio.run(log.append_records([(b"north", b"no event %d" % number) for number in numbers]))
    asyncio.run(announce(database, topic))
    client = httpx.Client(base_url=start("api").address, timeout=60)
    listed = []
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        names = {parameter["name"] for parameter in operations.get("get", {}).get("parameters", ())}
        if {"format", "cursor", "bom"} <= names:  # a party has a page of deals, and no file
            more = {"as_of": {"as_of": DAY}, "backfill": {"backfill": "true"}}
            query = httpx.QueryParams({name: text for key in more if key in names for name, text in more[key].items()})
            listed.append(f"{path.replace('{key}', 'north')}?{query}")
    assert len(listed) >= 11
    return client, listed


def walked(client: httpx.Client, path: str) -> Rows:
    """The items of a list, page by page."""
    items: Rows = []
    cursor: dict[str, str] = {}
    while True:
        answer = client.get(
            f"{path}&limit=100", params=None if not cursor else {**httpx.URL(f"{path}&limit=100").params, **cursor}
        )
        body = answer.raise_for_status().json()
        items += body["items"]
        if body["next_cursor"] is None:
            return items
        cursor = {"cursor": body["next_cursor"]}


def read_csv(file: bytes) -> tuple[Rows, dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode(), newline=""))), {}


def read_xlsx(file: bytes) -> tuple[Rows, dict[str, str]]:
    book = openpyxl.load_workbook(io.BytesIO(file), read_only=True)
    header, *rows = book["items"].values
    about = {str(name): str(text) for name, text in book["about"].values}
    return [dict(zip(map(str, header), row, strict=True)) for row in rows], about


def read_parquet(file: bytes, folder: Path) -> tuple[Rows, dict[str, str]]:
    stored = folder / "file.parquet"
    stored.write_bytes(file)
    table = duckdb.read_parquet(str(stored))
    pairs = duckdb.execute("SELECT key, value FROM parquet_kv_metadata(?)", [str(stored)]).fetchall()
    about = {key.decode(): value.decode(errors="replace") for key, value in pairs}
    return [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()], about


def read(answer: httpx.Response, form: str, folder: Path) -> tuple[Rows, dict[str, str]]:
    """The rows of a file, and what it says of itself."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(MEDIA_TYPES[form])
    if form == "parquet":
        return read_parquet(answer.content, folder)
    return read_xlsx(answer.content) if form == "xlsx" else read_csv(answer.content)


def test_a_file_has_as_many_rows_as_its_list_has_items_or_says_that_it_is_a_part(
    lists: tuple[httpx.Client, list[str]], tmp_path: Path
) -> None:
    client, paths = lists
    for path in paths:
        items = walked(client, path)
        assert len(items) >= ROWS, path
        for form in MEDIA_TYPES:
            is_whole(client, path, form, items, tmp_path)
            is_part(client, path, form, tmp_path)


def is_whole(client: httpx.Client, path: str, form: str, items: Rows, folder: Path) -> None:
    answer = client.get(f"{path}&format={form}")
    rows, about = read(answer, form, folder)
    assert len(rows) == len(items), (path, form)
    assert (answer.headers["steppe-rows"], answer.headers["steppe-complete"]) == (str(len(items)), "true")
    assert "link" not in answer.headers and f"-part.{form}" not in answer.headers["content-disposition"]
    assert form == "csv" or (about["rows"], about["holds"]) == (str(len(items)), "every row of the list")
    for name in {"key", "event", "id", "project", "flag", "country"} & set(items[0]) & set(rows[0]):
        assert [str(row[name]) for row in rows] == [str(item[name]) for item in items], "each once, in the same order"


def is_part(client: httpx.Client, path: str, form: str, folder: Path) -> None:
    answer = client.get(f"{path}&format={form}&limit=7")
    rows, about = read(answer, form, folder)
    assert len(rows) == 7
    assert (answer.headers["steppe-rows"], answer.headers["steppe-complete"]) == ("7", "false")
    assert f"-part.{form}" in answer.headers["content-disposition"]
    next_url = answer.links["next"]["url"]
    assert form == "csv" or (about["holds"].startswith("a part of the list") and about["next"] == next_url)
    following = client.get(next_url)
    assert following.headers["steppe-complete"] == "false", "it has not the rows before it"


async def test_a_list_shorter_than_its_limit_is_whole(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("a"), registered("b"))
    answer = await client.get("/v1/projects", params={"format": "csv", "limit": 2})
    assert (answer.headers["steppe-rows"], answer.headers["steppe-complete"]) == ("2", "true")


async def test_csv_has_a_byte_order_mark_when_asked(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("a", name="Степногорск 鉱山"))
    plain = await client.get("/v1/projects", params={"format": "csv"})
    marked = await client.get("/v1/projects", params={"format": "csv", "bom": "true"})
    assert marked.content[:3] == b"\xef\xbb\xbf" and plain.content[:3] == b"key"
    (row,) = csv.DictReader(io.StringIO(marked.content.decode("utf-8-sig")))
    assert row["name"] == "Степногорск 鉱山"
    assert plain.headers["etag"] != marked.headers["etag"]
    problem = await refused(client, "/v1/projects?format=xlsx&bom=true", 400, "bad-parameter")
    assert problem["parameter"] == "bom"


async def test_flags_and_deals_name_their_project(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("a", name="Alpha Mine"), memorandum("a", "2022-03-01", "alpha"))
    for path in ("/v1/flags", "/v1/deals"):
        (item, *_) = (await get(client, path, as_of=DAY))["items"]
        assert (item["project_name"], item["country"], item["sector"]) == ("Alpha Mine", "KZ", "mining")
        rows, _ = read_csv((await client.get(path, params={"format": "csv", "as_of": DAY})).content)
        assert (rows[0]["project_name"], rows[0]["country"], rows[0]["sector"]) == ("Alpha Mine", "KZ", "mining")
