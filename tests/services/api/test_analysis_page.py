"""docs/analysis.md: its SQL, run on an export, gives what the API says of the same days."""

from __future__ import annotations

import asyncio
import io
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import httpx
import pytest

from tests.journeys.command import EXAMPLE
from tests.services.api.reading_api import Log, event, get, registered
from tests.stack import Database, Service

_PAGE = Path(__file__).parents[3] / "docs" / "analysis.md"
_BLOCKS = re.findall(r"```sql\n(.*?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL)
_FIRST, _LAST = date(2012, 1, 1), date(2028, 12, 31)
Rows = list[tuple[Any, ...]]


class Api:
    """All items of the lists of an API on a day."""

    def __init__(self, address: str, day: date) -> None:
        self._client = httpx.Client(base_url=address, timeout=60)
        self.day = day

    def items(self, path: str, **parameters: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        query = {**parameters, "as_of": self.day.isoformat(), "limit": "500"}
        while True:
            body = self._client.get(path, params=query).raise_for_status().json()
            items += body["items"]
            if body["next_cursor"] is None:
                return items
            query["cursor"] = body["next_cursor"]


def day_of(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def levels(api: Api) -> Rows:
    return sorted(Counter(item["level"] for item in api.items("/v1/projects")).items())


def flags(api: Api) -> Rows:
    counts = Counter((item["flag"], item["severity"]) for item in api.items("/v1/flags"))
    return sorted((*names, count) for names, count in counts.items())


def old_paper(api: Api) -> Rows:
    items = api.items("/v1/flags", flag="memorandum-only", severity="stagnant,presumed-dead")
    rows = [(item["project"], item["deal"], item["severity"], day_of(item["since"])) for item in items if item["deal"]]
    return sorted(rows)


def investors(api: Api) -> Rows:
    counts = Counter(party for item in api.items("/v1/projects", country="KZ") for party in item["investors"])
    return sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:10]


def nations(api: Api) -> Rows:
    rows = []
    for nation in ("CN", "JP", "KR"):
        deals = [item for item in api.items("/v1/deals", investor_country=nation) if item["level"] is not None]
        rows += [(nation, len(deals))] if deals else []
    return rows


def markets(api: Api) -> Rows:
    return [(item["country"], item["commodity"], item["projects"]) for item in api.items("/v1/markets")]


def ended(api: Api) -> Rows:
    items = [item for item in api.items("/v1/deals") if item["ended"] is not None]
    return [(item["project"], item["deal"], item["ended"]["how"], day_of(item["ended"]["on"])) for item in items]


def rising(api: Api) -> Rows:
    items = api.items("/v1/flags", next_before=(api.day + timedelta(days=365)).isoformat())
    rows = [(item["project"], item["deal"], item["flag"], day_of(item["next"]["on"])) for item in items]
    return sorted(rows, key=lambda row: (row[0], row[1] or "", row[2]))


def crossed(api: Api) -> Rows:
    rows = [(item["key"], item["level"], day_of(item["bound_on"])) for item in api.items("/v1/projects")]
    return [row for row in rows if row[2] is not None and row[2] > api.day - timedelta(days=365)]


def headlines(api: Api) -> Rows:
    items = [item for item in api.items("/v1/projects") if item["headline"] is not None]
    heads = [(item["key"], item["name"], item["headline"]) for item in items]
    return [(key, name, head["severity"], head["certainty"], day_of(head["since"])) for key, name, head in heads]


ANSWERS: tuple[Callable[[Api], Rows], ...] = (
    levels, flags, old_paper, investors, nations, markets, ended, rising, crossed, headlines,
)  # fmt: skip


@pytest.fixture
def exported(
    start: Callable[..., Service], database: Database, topic: str, tmp_path: Path
) -> Iterator[tuple[str, Any]]:
    """The address of an API of the real events, and DuckDB with the tables of the page on its export."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    asyncio.run(Log(database, topic).append(*(json.loads(line) for line in lines)))
    address = start("api").address
    answer = httpx.get(f"{address}/v1/export", params={"format": "parquet"}, timeout=60).raise_for_status()
    assert answer.headers["content-type"] == "application/zip"
    with ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path / "export")
    connection = duckdb.connect()
    for statement in _BLOCKS[0].replace("'export/", f"'{tmp_path}/export/").split(";"):
        connection.execute(statement)
    assert int(answer.headers["steppe-rows"]) > 2 * len(lines)
    assert connection.execute("SELECT count(*) FROM events").fetchall() == [(len(lines),)]
    yield address, connection
    connection.close()


def test_every_question_of_the_page_is_answered_as_the_api_does(exported: tuple[str, Any]) -> None:
    address, connection = exported
    assert len(_BLOCKS) - 1 == len(ANSWERS) == 10
    draw = random.Random("ten questions")
    days = [_FIRST + timedelta(days=draw.randrange((_LAST - _FIRST).days)) for _ in range(4)]
    answered = Counter[str]()
    for day in days:
        api = Api(address, day)
        for question, answer in zip(_BLOCKS[1:], ANSWERS, strict=True):
            rows = connection.execute(question, {"day": day}).fetchall()
            assert rows == answer(api), (answer.__name__, day)
            answered[answer.__name__] += len(rows)
    assert min(answered.values()) > 0, f"no day asks anything of them: {answered}"


async def test_tables_have_the_same_types_whatever_is_in_them(
    log: Log, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    empty = await types_of(client, tmp_path / "empty", project="nowhere")
    await log.append(registered("a"), event("intent.announced", "a", "said", occurred="2021", kind="talks"))
    assert (await get(client, "/v1/projects"))["items"]
    assert await types_of(client, tmp_path / "full") == empty
    assert empty["project_spans"]["investors"] == "VARCHAR[]"
    assert empty["events"]["known_at"] == "TIMESTAMP WITH TIME ZONE"


async def types_of(client: httpx.AsyncClient, folder: Path, **parameters: str) -> dict[str, dict[str, str]]:
    answer = await client.get("/v1/export", params={"format": "parquet", **parameters})
    assert answer.status_code == 200, answer.text
    with ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(folder)
        names = archive.namelist()
    tables = {}
    for name in names:
        described = duckdb.execute(
            f"DESCRIBE FROM read_parquet('{folder / name}', hive_partitioning = false)"
        ).fetchall()
        tables[Path(name).parent.name] = {column: kind for column, kind, *_ in described}
    return tables
