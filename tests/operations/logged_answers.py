"""Whether two revisions answer alike: a thousand generated logs and the real events, asked for by every route of the API on several days.

    git worktree add ../before REVISION
    (cd ../before && PYTHONPATH=. python ../steppe/tests/operations/logged_answers.py write /tmp/before [--logs 1000] [--part 1])
    python -m tests.operations.logged_answers write /tmp/after [--logs 1000] [--part 1]
    python -m tests.operations.logged_answers compare /tmp/before /tmp/after [--shown 2]

All logs lie in one read model, each with projects, parties, goods and a source of its own. They are applied in as many parts as
there are days in `_ANNOUNCED`, and what changed is announced on each of these days. What says when and where an answer was made is not
compared. `--part 5` asks one in five of the questions about one project, party or market; it can be compared with a file of all. Only what both
revisions have is imported: in the other one this file runs by its path. A thousand logs take a revision some minutes of processor.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx

import steppe
from services.api.web.query_parameters import FLAGS, HEADLINES, OVERLAYS
from services.projector.projection.apply import STATEMENTS, Applier
from services.projector.projection.batches import Record
from services.projector.projection.project_cache import ProjectCache
from services.projector.publisher.flag_diff import Announcer
from steppe.cli.commands import migrate
from steppe.contracts.partitioning import partition_of
from steppe.domain.analysis.crosswalk import SCHEMES
from steppe.domain.values.levels import LEVEL_OF_LABEL
from steppe.domain.values.states import SEVERITIES
from tests.domain.reference.random_wire_logs import Envelope, portfolio_log, project_log
from tests.services.api.reading_api import api
from tests.stack import LOGINS, Stack, database_of, kind_of_stack, started

_PARTITIONS = 4
_ANNOUNCED = (date(2016, 7, 1), date(2017, 6, 16), date(2018, 1, 31), date(2019, 12, 31), date(2026, 11, 1))
_DAYS = ("2016-03-01", "2017-06-16", "2018-02-01", "2019-07-15", "2026-11-01", "2028-01-01")
_BACKTESTS_APART = 10
_KNOWN = ("2018-06-01", "2019-11-30", "2020-02-15")
_OWN = frozenset({"north", "south", "alpha", "beta", "gamma", "top", "tungsten", "tin", "/s"})
_VOLATILE = frozenset({"position", "known_at", "generated_at", "updated_at", "event_id", "found_at"})
_REAL = Path("examples/central-asia/events.ndjson")
_RECORDED = "2026-11-01T10:00:00Z"
_LISTS = (
    "projects", "projects?sort=severity", "projects?sort=-last_event_on", "deals", "flags", "flags?sort=next", "flags?sort=project", "parties", "markets", "forums",
    "retractions", "conflicts",
)  # fmt: skip
_FILTERED = (
    *(f"{path}?flag={flag}" for path in ("projects", "deals", "flags") for flag in FLAGS),
    *(f"{path}?severity={severity}" for path in ("projects", "deals", "flags") for severity in SEVERITIES),
    *(f"{path}?level={level}" for path in ("projects", "deals") for level in LEVEL_OF_LABEL),
    *(f"projects?headline={headline}" for headline in HEADLINES),
    *(f"{path}?overlay={overlay}" for path in ("projects", "deals") for overlay in OVERLAYS),
    "projects?flag=silent&severity=stale,stagnant", "flags?certainty=possible", "flags?next_before=2019-01-01", "projects?sort=level",
    "projects?sort=memorandum_since", "projects?investor=alpha-7", "deals?investor=alpha-7",
)  # fmt: skip


def logs(count: int) -> Iterator[list[Envelope]]:
    """So many logs, and the real events as the last one."""
    for seed in range(count):
        drawn = portfolio_log(seed) if seed % 2 else project_log(seed)
        yield [_of_log(envelope, seed) for envelope in drawn]
    lines = _REAL.read_text(encoding="utf-8").splitlines()
    yield [{"time": _RECORDED, "recordedtime": _RECORDED, **json.loads(line)} for line in lines]


def _of_log(value: Any, number: int) -> Any:
    """The same, with names that no other log has."""
    match value:
        case dict():
            return {key: _of_log(one, number) for key, one in value.items()}
        case list():
            return [_of_log(one, number) for one in value]
        case str() if value in _OWN:
            return f"{value}-{number}"
        case str() if value.startswith("party:"):
            return f"{value}-{number}"
        case _:
            return value


async def load(stack: Stack, count: int) -> tuple[str, str, set[str]]:
    """Apply everything, and announce it day by day; the reader's address, the topic, and the subjects."""
    token = uuid.uuid4().hex[:8]
    server = await asyncpg.connect(stack.database)
    await server.execute(f"CREATE DATABASE answers_{token}")
    await server.close()
    database = database_of(stack.database, f"answers_{token}")
    topic = "steppe.events.v1.answers"
    await migrate.run(stack.kafka, database.owner, _PARTITIONS, topic=topic, logins=LOGINS)
    applier, announcer = Applier(STATEMENTS, topic, _PARTITIONS), Announcer(topic)
    ends = dict.fromkeys(range(_PARTITIONS), 0)
    written = list(logs(count))
    announcing = await asyncpg.connect(database.projector)
    async with asyncpg.create_pool(database.projector, min_size=1, max_size=1) as pool:
        for part, day in enumerate(_ANNOUNCED):
            records: dict[int, list[Record]] = {partition: [] for partition in range(_PARTITIONS)}
            for log in written:
                first, last = (len(log) * one // len(_ANNOUNCED) for one in (part, part + 1))
                for envelope in log[first:last]:
                    key, value = envelope["subject"].encode(), json.dumps(envelope, sort_keys=True).encode()
                    partition = partition_of(key, _PARTITIONS)
                    records[partition].append(Record(partition, ends[partition], 1_700_000_000_000, key, value))
                    ends[partition] += 1
            async with pool.acquire() as connection, connection.transaction():
                fence = await applier.fence(connection, list(range(_PARTITIONS)))
                await applier.apply(connection, records, fence, ProjectCache(0))
            transitions = await announcer.announce(announcing, day, ends)
            sys.stderr.write(f"announced on {day}: {transitions} transitions\n")
    await announcing.close()
    return database.api, topic, {envelope["subject"] for log in written for envelope in log}


async def answers(client: httpx.AsyncClient, subjects: set[str], part: int) -> AsyncIterator[tuple[str, Any]]:
    """Every question with its answer; of those about one subject one in so many."""

    async def one(path: str) -> Any:
        answer = await client.get(path, timeout=600)
        return answer.json() if answer.status_code == 200 else f"{answer.status_code} {answer.text}"

    async def pages(path: str) -> AsyncIterator[tuple[str, Any]]:
        cursor: str | None = None
        number = 0
        while cursor is not None or not number:
            sign = "&" if "?" in path else "?"
            body = await one(path + (f"{sign}cursor={quote(cursor)}" if cursor else ""))
            cursor = body.pop("next_cursor", None) if isinstance(body, dict) else None
            yield f"{path} page {number}", body
            number += 1

    projects = sorted(subject for subject in subjects if ":" not in subject)
    some_projects = projects[::part]
    parties: set[str] = set()
    markets: set[tuple[str, str]] = set()
    forums: set[str] = set()
    knowledge = ["", *(f"&known_at={day}" for day in _KNOWN), f"&known_at={_KNOWN[1]}&known_by=recorded"]
    for known in knowledge:
        for as_of in _DAYS if not known else _DAYS[2:5]:
            question = f"as_of={as_of}{known}"
            for path in _LISTS:
                url = f"/v1/{path}{'&' if '?' in path else '?'}{question}&limit=500"
                async for name, body in pages(url):
                    yield name, body
                    if isinstance(body, dict):
                        if path == "parties":
                            parties |= {item["key"] for item in body["items"]}
                        if path == "markets":
                            markets |= {(item["country"], item["commodity"]) for item in body["items"]}
                        if path == "forums":
                            forums |= {item["forum"] for item in body["items"]}
            for sector in ("mining", "processing", "energy"):
                url = f"/v1/portfolio?{question}&sector={sector}"
                yield url, await one(url)
    for as_of in (_DAYS[1], _DAYS[4]):
        for path in _FILTERED:
            async for name, body in pages(f"/v1/{path}&as_of={as_of}&limit=500"):
                yield name, body
    for as_of in _DAYS:
        for project in some_projects:
            url = f"/v1/projects/{project}?as_of={as_of}&crosswalk={','.join(SCHEMES)}"
            yield url, await one(url)
    for project in some_projects:
        for question in (f"as_of={_DAYS[4]}", f"as_of={_DAYS[1]}", f"as_of={_DAYS[4]}&known_at={_KNOWN[1]}"):
            async for name, body in pages(f"/v1/projects/{project}/timeline?{question}&limit=500"):
                yield name, body
        for path in ("retractions", "conflicts"):
            async for name, body in pages(f"/v1/{path}?project={project}&as_of={_DAYS[4]}&limit=500"):
                yield name, body
    for as_of in (_DAYS[1], _DAYS[3], _DAYS[4]):
        for party in sorted(parties)[::part]:
            async for name, body in pages(f"/v1/parties/{quote(party)}?as_of={as_of}&limit=500"):
                yield name, body
        for country, commodity in sorted(markets)[::part]:
            async for name, body in pages(f"/v1/markets/{country}/{quote(commodity)}?as_of={as_of}"):
                yield name, body
        for forum in sorted(forums):
            url = f"/v1/forums/{quote(forum)}/scorecard?as_of={as_of}"
            yield url, await one(url)
    async for name, body in pages("/v1/flags/transitions?backfill=true&limit=500"):
        yield name, body
    for number in range(0, len(projects), 20 * _BACKTESTS_APART):
        chosen = projects[number : number + 20]
        body = {"rules": {"values": {"memorandum-only.stagnant": 7}}, "project": chosen, "to": _DAYS[4]}
        answer = await client.post("/v1/backtest", json=body, timeout=600)
        yield (
            f"backtest {chosen[0]}",
            answer.json() if answer.status_code == 200 else f"{answer.status_code} {answer.text}",
        )


async def write(stack: Stack, count: int, part: int, file: Path) -> None:
    """Every question with its answer, a line each."""
    sys.stderr.write(f"of {Path(steppe.__file__).parent}\n")
    reading, topic, subjects = await load(stack, count)
    with file.open("w") as lines:
        async with api(reading, topic) as client:
            async for question, answer in answers(client, subjects, part):
                lines.write(json.dumps([question, answer]) + "\n")


def compare(before: Path, after: Path, shown: int) -> int:
    """Print where answers differ, by route and field, and return how many do."""
    questions = different = 0
    places: dict[tuple[str, str], list[str]] = {}
    lines_before = _lines(before)
    for question, other in _lines(after):
        # Who asked in part has the same order.
        answer_before = next((answer for asked, answer in lines_before if asked == question), None)
        if answer_before is None:
            sys.stdout.write(f"not asked before, nor anything after it: {question}\n")
            break
        questions += 1
        differences = list(_differences(answer_before, other))
        different += bool(differences)
        for place, told in differences:
            parts = question.split("?")[0].split("/")
            route = "/".join(parts[:3]) + "/..." * (len(parts) > 3)
            places.setdefault((route, place), []).append(f"{question}: {told}")
    for (route, place), lines in sorted(places.items(), key=lambda item: -len(item[1])):
        sys.stdout.write(f"{len(lines):6} {route} {place}\n")
        for line in lines[:shown]:
            sys.stdout.write(f"         {line[:600]}\n")
    sys.stdout.write(f"{questions:,} answers, {different:,} of them otherwise\n")
    return different


def _lines(file: Path) -> Iterator[tuple[str, Any]]:
    with file.open() as lines:
        for line in lines:
            question, answer = json.loads(line)
            yield question, answer


def _differences(one: Any, other: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if place.rpartition(".")[2] in _VOLATILE:
        return
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted(one.keys() | other.keys()):
            if key not in one or key not in other:
                if f"{place}.{key}".rpartition(".")[2] not in _VOLATILE:
                    yield (
                        f"{place}.{key}",
                        f"only {'after' if key in other else 'before'}: {json.dumps(other.get(key, one.get(key)))}",
                    )
            else:
                yield from _differences(one[key], other[key], f"{place}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for first, second in zip(one, other, strict=True):
            yield from _differences(first, second, f"{place}[]")
    elif type(one) is not type(other) or one != other:
        yield place, f"{json.dumps(one)[:250]} -> {json.dumps(other)[:250]}"


def main() -> None:
    """Ask, or compare what two have answered."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    writing, comparing = (commands.add_parser(name) for name in ("write", "compare"))
    writing.add_argument("file", type=Path)
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    writing.add_argument("--logs", type=int, default=1000)
    writing.add_argument("--part", type=int, default=1)
    comparing.add_argument("--shown", type=int, default=2, help="differences of a field that are told")
    given = parser.parse_args()
    if given.command == "compare":
        raise SystemExit(compare(given.before, given.after, given.shown) > 0)
    with started(kind_of_stack()) as stack:
        asyncio.run(write(stack, given.logs, given.part, given.file))


if __name__ == "__main__":
    main()
