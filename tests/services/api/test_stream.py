"""/v1/stream and /v1/flags/transitions over real HTTP: what was told, from where a reader left off, without loss or repeat."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from services.api.app import create_app
from services.api.settings import Settings
from steppe.access import key_file
from steppe.access.callers import READ
from steppe.database import apply_migrations
from tests.services.api.reading_api import Log, event, get, memorandum, refused, registered
from tests.services.api.streaming import DayAnnouncer, Item, streaming
from tests.stack import Database, Service

Start = Callable[..., Service]

EVE = date(2023, 2, 28)
WATCH = date(2023, 3, 1)
LATER = date(2025, 6, 1)


@pytest.fixture
def announcer(database: Database, topic: str) -> DayAnnouncer:
    return DayAnnouncer(database, topic)


async def three(log: Log) -> None:
    for key in ("north", "south", "west"):
        await log.append(
            registered(key, country="UZ" if key == "west" else "KZ"), memorandum(key, "2022-03-01", "alpha")
        )


async def feed(client: httpx.AsyncClient, **query: Any) -> list[Item]:
    items: list[Item] = (await get(client, "/v1/flags/transitions", **query))["items"]
    return items


async def test_the_stream_tells_what_the_feed_tells(
    log: Log, client: httpx.AsyncClient, announcer: DayAnnouncer
) -> None:
    await three(log)
    await announcer.announce(EVE)
    await announcer.announce(LATER)
    announced = await feed(client)
    async with streaming(client, after="0") as reader:
        assert await reader.take(len(announced)) == announced
    (first, *_) = [one for one in announced if one["flag"] == "memorandum-only"]
    assert (first["transition"], first["on"], first["cause"]) == ("raised", "2023-03-01", "day")
    assert first["sentence"] == "1 memorandum in 12 months, nothing binding."
    assert first["standing"]["severity"] == first["severity"] == "watch"
    assert first["evidence"] == ["/tests#north-alpha-2022-03-01"]


async def test_history_is_marked_and_left_out_of_feed_stream_and_atom_unless_asked_for(
    log: Log, client: httpx.AsyncClient, announcer: DayAnnouncer
) -> None:
    await three(log)
    await announcer.announce(LATER)  # an import of old facts: the flags stood long before
    assert await feed(client, flag="memorandum-only") == []
    history = await feed(client, flag="memorandum-only", backfill="true")
    assert {(one["project"], one["cause"], one["backfill"]) for one in history} == {
        ("north", "event", True), ("south", "event", True), ("west", "event", True),
    }  # fmt: skip
    await log.append(registered("late"), memorandum("late", "2023-06-20", "alpha"))
    await announcer.announce(date(2025, 6, 21))  # and news: its day is yesterday
    assert [one["project"] for one in await feed(client, flag="memorandum-only")] == ["late"]
    async with streaming(client, after="0", flag="memorandum-only") as reader:
        assert (await reader.next())["project"] == "late"
    async with streaming(client, after="0", flag="memorandum-only", backfill="true") as reader:
        assert await reader.take(len(history)) == history
    atom = (await client.get("/flags.atom")).text
    assert "late" in atom and "north" not in atom
    assert "1 memorandum in " in atom and "1 меморандум за " in (await client.get("/flags.atom?lang=ru")).text
    assert "north" in (await client.get("/flags.atom?backfill=true")).text
    await refused(client, "/v1/stream?backfill=perhaps", 400, "bad-parameter")


async def test_the_migration_marks_what_was_announced_before_as_the_publisher_does_now(
    log: Log, database: Database, client: httpx.AsyncClient, announcer: DayAnnouncer
) -> None:
    await three(log)
    await announcer.announce(WATCH)
    await announcer.announce(LATER)
    await log.append(registered("old"), memorandum("old", "2015-01-01", "alpha"), registered("late"))
    await log.append(memorandum("late", "2023-06-20", "alpha"))
    await announcer.announce(date(2025, 6, 21))
    marks = "SELECT transition_id, backfill FROM steppe.flag_transition ORDER BY transition_id"
    (migration,) = [one for one in apply_migrations.migrations() if one.name.endswith("_backfill")]
    (update,) = re.findall(r"^UPDATE .*?;", migration.text, re.MULTILINE | re.DOTALL)
    connection = await asyncpg.connect(database.owner)
    try:
        marked_now = await connection.fetch(marks)
        assert {row["backfill"] for row in marked_now} == {True, False}
        await connection.execute("UPDATE steppe.flag_transition SET backfill = false")
        await connection.execute(update)
        assert await connection.fetch(marks) == marked_now
    finally:
        await connection.close()


async def test_what_the_day_or_an_end_brings_is_news_however_old_the_flag_is(
    log: Log, client: httpx.AsyncClient, announcer: DayAnnouncer
) -> None:
    await three(log)
    await announcer.announce(WATCH)
    await announcer.announce(LATER)  # the lag of a worker that was away: the day came, late
    await log.append(
        event(
            "equity.agreed", "north", "bound", occurred="2025-06-01", parties=[{"party": "alpha", "role": "investor"}]
        )
    )
    await announcer.announce(date(2025, 6, 2))
    changes = await feed(client, flag="memorandum-only", project="north", backfill="true")
    assert [(one["transition"], one["cause"]) for one in changes[-2:]] == [("escalated", "day"), ("cleared", "event")]
    assert [one["backfill"] for one in changes[1:]] == [False] * len(changes[1:])


async def test_the_page_groups_recent_changes_by_project_without_notices_and_history(
    log: Log, client: httpx.AsyncClient, announcer: DayAnnouncer
) -> None:
    await three(log)
    await announcer.announce(WATCH)
    changes = await feed(client, limit=500)
    shown = {one["project"] for one in changes if "notice" not in (one["severity"], one["severity_before"])}
    assert shown == {"north", "south", "west"}
    for path in ("/flags", "/"):
        text = (await client.get(path, headers={"Accept-Language": "en"})).text
        recent = text.partition('<ul class="changes">')[2] if path == "/flags" else text.partition("Recent changes")[2]
        assert [recent.count(f'data-key="{project}"') for project in sorted(shown)] == [1, 1, 1], path
        assert "severity-notice" not in recent.partition("</section>")[0]


async def test_a_stream_without_a_place_begins_with_what_comes_next(
    log: Log, client: httpx.AsyncClient, announcer: DayAnnouncer
) -> None:
    await three(log)
    await announcer.announce(EVE)
    before = len(await feed(client))
    async with streaming(client, flag="memorandum-only") as reader:
        waiting = asyncio.create_task(reader.take(3))
        done, _ = await asyncio.wait({waiting}, timeout=0.5)
        assert not done
        await announcer.announce(WATCH)
        assert [one["project"] for one in await waiting] == ["north", "south", "west"]
    assert len(await feed(client)) > before


async def test_filters_hold_for_the_list_and_the_stream(
    log: Log, client: httpx.AsyncClient, announcer: DayAnnouncer
) -> None:
    await three(log)
    await announcer.announce(EVE)
    await announcer.announce(WATCH)
    for query, projects in (
        ({"flag": "memorandum-only"}, ["north", "south", "west"]),
        ({"flag": "memorandum-only", "country": "UZ"}, ["west"]),
        ({"flag": "memorandum-only", "project": "north,west", "cause": "day"}, ["north", "west"]),
        ({"flag": "memorandum-only", "cause": "rules,correction"}, []),
    ):
        assert [one["project"] for one in await feed(client, **query)] == projects
        async with streaming(client, after="0", **query) as reader:
            assert [one["project"] for one in await reader.take(len(projects))] == projects
    table = await client.get("/v1/flags/transitions", params={"format": "csv", "flag": "memorandum-only"})
    header, first, *_ = table.text.splitlines()
    assert header.startswith(
        "id,project,country,deal,flag,transition,severity_before,severity,certainty,since,on,cause"
    )
    assert ",north,KZ,alpha,memorandum-only,raised,," in first


async def test_pages_of_the_feed_go_on_and_a_list_that_grew_has_another_etag(
    log: Log, client: httpx.AsyncClient, announcer: DayAnnouncer
) -> None:
    await three(log)
    await announcer.announce(EVE)
    first = await client.get("/v1/flags/transitions", params={"limit": 2})
    held = {"If-None-Match": first.headers["etag"]}
    assert (await client.get("/v1/flags/transitions", params={"limit": 2}, headers=held)).status_code == 304
    await announcer.announce(WATCH)  # the log rests, and a day came
    again = await client.get("/v1/flags/transitions", params={"limit": 2}, headers=held)
    assert again.status_code == 200
    announced, page = [], again.json()
    while True:
        announced += page["items"]
        if page["next_cursor"] is None:
            break
        page = await get(client, "/v1/flags/transitions", limit=2, cursor=page["next_cursor"])
    assert announced == await feed(client)


async def test_a_place_beyond_the_end_is_refused_because_it_is_of_another_feed(client: httpx.AsyncClient) -> None:
    for path in ("/v1/flags/transitions", "/v1/stream"):
        problem = await refused(client, f"{path}?after=7", 400, "bad-parameter")
        assert (problem["last"], "beyond the end of the feed" in problem["detail"]) == (0, True)
    await refused(client, "/v1/stream", 400, "bad-parameter", **{"Last-Event-ID": "seven"})
    await refused(client, "/v1/stream?as_of=2023-01-01", 400, "unknown-parameter")


async def test_a_reader_that_reconnects_across_a_killed_api_gets_each_event_once(
    log: Log, database: Database, announcer: DayAnnouncer, start: Start
) -> None:
    await three(log)
    got: list[Item] = []
    last: str | None = None
    await announcer.announce(WATCH)
    days = [date(2024, 3, 1), date(2025, 3, 1)]
    for day in days:
        service = start("api")
        async with (
            httpx.AsyncClient(base_url=service.address, timeout=30) as client,
            streaming(client, last, after="0") as reader,
        ):
            got += await reader.take(2)
            last = reader.last_id
            telling = asyncio.create_task(announcer.announce(day))
            got += await reader.take(1)
            last = reader.last_id
            service.kill()
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError, EOFError)):
                while True:
                    got.append(await reader.next())
                    last = reader.last_id
            await telling
    service = start("api")
    async with httpx.AsyncClient(base_url=service.address, timeout=30) as client:
        announced = await feed(client, limit=500)
        async with streaming(client, last, after="0") as reader:
            got += await reader.take(len(announced) - len(got))
    assert got == announced


async def test_the_api_stops_in_time_with_a_stream_open(log: Log, announcer: DayAnnouncer, start: Start) -> None:
    await three(log)
    service = start("api")
    async with httpx.AsyncClient(base_url=service.address, timeout=30) as client, streaming(client) as reader:
        waiting = asyncio.create_task(reader.take(1))
        await asyncio.wait({waiting}, timeout=0.5)
        stopped = time.monotonic()
        service.child.ask_to_stop()
        with pytest.raises(EOFError):
            await waiting
        await asyncio.to_thread(service.child.process.wait, 10)
        assert time.monotonic() - stopped < 5
    assert service.child.process.returncode == -signal.SIGTERM  # uvicorn ends as if it had not caught it
    assert "ERROR" not in service.log()


async def test_there_are_no_more_streams_than_may_be_and_a_place_is_free_again(
    log: Log, announcer: DayAnnouncer, start: Start
) -> None:
    service = start("api", STEPPE_STREAMS_MAX="1")
    async with httpx.AsyncClient(base_url=service.address, timeout=30) as client:
        async with streaming(client):
            problem = await refused(client, "/v1/stream", 503, "too-many-streams")
            assert "1 streams are open" in problem["detail"]
            assert (await client.head("/v1/stream")).status_code == 200
        deadline = time.monotonic() + 10
        while (await _status_of_a_stream(client)) != 200:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


async def test_one_caller_has_a_quarter_of_the_streams_and_leaves_the_others_to_the_others(
    log: Log, announcer: DayAnnouncer, start: Start, tmp_path: Path
) -> None:
    made = [key_file.make(name, (READ,), datetime.now(UTC)) for name in ("tokyo", "paris")]
    key_file.write(tmp_path / "keys.json", [key for key, _ in made])
    service = start("api", STEPPE_STREAMS_MAX="8", STEPPE_AUTH="keys", STEPPE_KEYS=str(tmp_path / "keys.json"))
    async with AsyncExitStack() as opened:
        tokyo, paris = [
            await opened.enter_async_context(
                httpx.AsyncClient(base_url=service.address, timeout=30, headers={"Authorization": f"Bearer {text}"})
            )
            for _, text in made
        ]
        await opened.enter_async_context(streaming(tokyo))
        async with streaming(tokyo):
            problem = await refused(tokyo, "/v1/stream", 503, "too-many-streams")
            assert problem["detail"].startswith("2 streams of yours are open")
            await opened.enter_async_context(streaming(paris))
            await opened.enter_async_context(streaming(paris))
        deadline = time.monotonic() + 10
        while (await _status_of_a_stream(tokyo)) != 200:
            assert time.monotonic() < deadline, "a stream that was closed gives its place back to its caller"
            await asyncio.sleep(0.05)


async def _status_of_a_stream(client: httpx.AsyncClient) -> int:
    async with client.stream("GET", "/v1/stream") as response:
        return response.status_code


async def test_a_reader_that_takes_nothing_is_dropped_and_others_go_on(
    log: Log, database: Database, topic: str, announcer: DayAnnouncer
) -> None:
    """Asked without a socket, whose buffers would hide for long that nobody reads."""
    await three(log)
    await announcer.announce(WATCH)
    app = create_app(Settings(database=database.api, topic=topic, stream_stuck_seconds_max=0.3))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": "/v1/stream", "raw_path": b"/v1/stream", "query_string": b"after=0", "root_path": "",
        "headers": [], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        if b"data:" in message.get("body", b""):
            await asyncio.Event().wait()

    async with app.router.lifespan_context(app):
        async with asyncio.timeout(10):
            await app(scope, receive, send)  # type: ignore[arg-type]  # plain dictionaries are messages
        assert app.state.streams._open.total() == 0


async def test_other_events_than_transitions_are_not_told(
    log: Log, client: httpx.AsyncClient, announcer: DayAnnouncer
) -> None:
    """An event that changes no severity adds nothing to the feed."""
    await three(log)
    await announcer.announce(LATER)
    before = await feed(client)
    await log.append(
        event("setback.reported", "north", "quarrel", occurred="2025-05-01", deal="alpha", kind="political")
    )
    await announcer.announce(LATER)
    grown = [one for one in (await feed(client))[len(before) :] if one["flag"] == "memorandum-only"]
    assert grown == []
