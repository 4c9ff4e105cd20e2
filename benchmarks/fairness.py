"""What do another reader and another sender notice while one caller does the worst that he may?

    python -m benchmarks.fairness [--seconds 20] [LOAD ...]

Ingest, projector and API run as operators start them, with a key for the caller who does it and keys for the others. For each
load: how long others wait for `/livez` (of the API and of ingest), for a page of flags, for a POST of one event, and until that
event can be read. The row `nobody` is the limit of the run: the same without any load.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil

from benchmarks.greedy_loads import LOADS, Target, client, run_load, sent
from benchmarks.projector_live import percentiles, prepared, reached
from steppe.access import key_file
from steppe.access.callers import EVENTS_WRITE, OPERATE, READ
from steppe.contracts.codec import STRUCTURED
from tests.services.projector.projection import Message, event, log_ends, publish
from tests.stack import Service, Stack, database_of, kind_of_stack, start_service, started

_PROJECTS = 25_000
_PARTY_DEALS = 5_000
_TAKEN_BACK = 500


def messages() -> Iterator[Message]:
    """25,000 projects with two papers that nobody followed up; 5,000 of one party, 2,000 signed at one forum; one project with 100
    corrections in 1,000 events; 500 projects whose only paper was taken back.
    """
    yield event(
        "summit", "forum:summit", "forum.held", occurred="2015-03-01", reported="2015-03-01", forum="summit",
        name="Summit", place="Astana", countries=["KZ"],
    )  # fmt: skip
    for number in range(_TAKEN_BACK):
        parties = [{"party": f"investor-{number}", "role": "investor"}]
        yield event("paper", f"taken-back-{number}", "memorandum.signed", **_paper("2014-03-01", parties))
        target = {"source": "/tests", "id": "paper"}
        yield event(
            "back", f"taken-back-{number}", "event.retracted", target=target, reason="typo", reported="2024-01-01"
        )
    for number in range(_PROJECTS):
        project = f"project-{number}"
        yield event(
            "registered", project, "project.registered", name=f"Project {number}", country="KZ", sector="mining",
            kind="deposit", commodities=["tungsten" if number < 400 else f"commodity-{number % 500}"],
        )  # fmt: skip
        first = "everybody" if number < _PARTY_DEALS else f"investor-{number % 900}"
        for turn, party in enumerate((first, f"partner-{number % 700}")):
            parties = [{"party": party, "role": "investor"}]
            forum = {"forum": "summit"} if turn == 0 and number % 12 == 0 else {}
            yield event(f"paper-{turn}", project, "memorandum.signed", **_paper("2015-03-01", parties), **forum)
    for number in range(900):
        parties = [{"party": f"busy-{number % 5}", "role": "investor"}]
        yield event(
            f"m{number}", "busy", "memorandum.signed", **_paper(f"{1995 + number // 30}-03-0{number % 9 + 1}", parties)
        )
    for number in range(100):
        changes = {"occurred": f"2012-02-{number % 28 + 1:02}"}
        target = {"source": "/tests", "id": f"m{number * 9}"}
        yield event(
            f"c{number}",
            "busy",
            "event.corrected",
            target=target,
            reason="typo",
            reported="2024-01-01",
            changes=changes,
        )


def _paper(occurred: str, parties: list[dict[str, str]]) -> dict[str, Any]:
    return {"occurred": occurred, "instrument": "mou", "parties": parties}


@dataclass(slots=True)
class Noticed:
    """Seconds that others waited, by what they asked, and what was no good answer."""

    waited: dict[str, list[float]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def row(self, name: str) -> str:
        """p50 / p99 / longest in milliseconds of each."""
        cells = []
        for seconds in self.waited.values():
            p50, p99 = percentiles(seconds) if len(seconds) > 1 else (float("nan"), float("nan"))
            cells.append(f"{p50 * 1000:.0f} / {p99 * 1000:.0f} / {max(seconds, default=float('nan')) * 1000:.0f}")
        failures = f"{len(self.failed)} {sorted(set(self.failed))[:3]}" if self.failed else "0"
        return f"| {name} | {' | '.join(cells)} | {failures} |\n"


async def probe(target: Target, seconds: float) -> Noticed:
    """Ask as others do, each kind on its own beat."""
    noticed = Noticed({name: [] for name in ("/livez of the API", "/livez of ingest", "/v1/flags", "POST", "visible")})
    ends_at = time.monotonic() + seconds

    async def beat(name: str, pause: float, ask: Callable[[], Awaitable[float]]) -> None:
        while time.monotonic() < ends_at:
            began = time.monotonic()
            try:
                noticed.waited[name].append(await ask())
            except (httpx.HTTPError, ValueError) as error:
                noticed.failed.append(f"{name}: {type(error).__name__} {str(error)[:90]}")
            await asyncio.sleep(max(0.01, pause - (time.monotonic() - began)))

    async with client(target.api, target) as api, client(target.ingest, target) as ingest:

        def get(reader: httpx.AsyncClient, path: str) -> Callable[[], Awaitable[float]]:
            async def ask() -> float:
                began = time.monotonic()
                (await reader.get(path)).raise_for_status()
                return time.monotonic() - began

            return ask

        async def post() -> float:
            began = time.monotonic()
            envelope = sent(f"probe-{uuid.uuid4().hex[:2]}", uuid.uuid4().hex)
            answer = await ingest.post("/v1/events", json=envelope, headers={"Content-Type": STRUCTURED})
            answer.raise_for_status()
            answered = time.monotonic()
            path = f"/v1/projects?limit=1&min_position={answer.json()['position'].partition('#')[0]}"
            (await api.get(path, headers={"Prefer": "wait=30"})).raise_for_status()
            noticed.waited["visible"].append(time.monotonic() - began)
            return answered - began

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(beat("/livez of the API", 0.05, get(api, "/livez")))
            tasks.create_task(beat("/livez of ingest", 0.05, get(ingest, "/livez")))
            tasks.create_task(beat("/v1/flags", 0.2, get(api, "/v1/flags?limit=50")))
            tasks.create_task(beat("POST", 0.2, post))
    return noticed


def measure(target: Target, other: Target, names: list[str], seconds: float, services: list[Service]) -> None:
    """Print the table."""
    sys.stdout.write("Milliseconds, p50 / p99 / longest.\n\n")
    sys.stdout.write("| one caller | /livez of the API | of ingest | /v1/flags | POST | visible | failed |\n")
    sys.stdout.write("| --- " * 7 + "|\n")
    asyncio.run(probe(other, 3))  # warm
    sys.stdout.write(asyncio.run(probe(other, seconds)).row("nobody"))
    for name in names:
        with loaded(name, target):
            time.sleep(2)
            sys.stdout.write(asyncio.run(probe(other, seconds)).row(name))
        sys.stdout.flush()
        settle(services)


@contextmanager
def loaded(name: str, target: Target) -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=run_load, args=(name, target), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def settle(services: list[Service]) -> None:
    """Until the services have nothing left to do of what was asked, at most half a minute."""
    deadline = time.monotonic() + 30
    processes = [psutil.Process(service.child.process.pid) for service in services]
    while time.monotonic() < deadline:
        family = [one for process in processes for one in (process, *process.children())]
        if sum(one.cpu_percent(0.3) for one in family if one.is_running()) < 10 * len(family):
            return


def time_export(target: Target, api: Service) -> None:
    """Seconds, bytes and peak memory of the whole list of flags in each format."""
    process = psutil.Process(api.child.process.pid)
    for shape in ("csv", "xlsx", "parquet"):
        began, size, peak = time.monotonic(), 0, process.memory_info().rss
        with httpx.stream(
            "GET", f"{target.api}/v1/flags?format={shape}", headers=target.headers, timeout=600
        ) as answer:
            answer.raise_for_status()
            rows = answer.headers["Steppe-Rows"]
            for chunk in answer.iter_raw():
                size += len(chunk)
                peak = max(peak, process.memory_info().rss)
        took = time.monotonic() - began
        sys.stdout.write(
            f"{shape}: {rows} flags, {size / 2**20:.0f} MiB in {took:.1f} s; largest memory of the API {peak / 2**20:.0f} MiB\n"
        )


async def fill(stack: Stack, topic: str, owner: str) -> None:
    await publish(stack.kafka, topic, messages())
    total = sum((await log_ends(stack.kafka, topic)).values())
    connection = await asyncpg.connect(owner)
    began = time.monotonic()
    await reached(connection, total)
    sys.stdout.write(f"{total:,} events projected in {time.monotonic() - began:.0f} s\n")
    await connection.close()


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("loads", nargs="*", metavar="LOAD", help=f"some of: {'; '.join(LOADS)} (all)")
    arguments.add_argument("--seconds", type=float, default=20)
    given = arguments.parse_args()
    names = [name for name in LOADS if not given.loads or any(word in name for word in given.loads)]
    with started(kind_of_stack()) as stack, tempfile.TemporaryDirectory() as named:
        folder = Path(named)
        topic, owner, dsn = asyncio.run(prepared(stack))
        path = folder / "keys.json"
        made = [
            key_file.make(name, (READ, EVENTS_WRITE, OPERATE), datetime.now(UTC), requests_a_minute=10**6)
            for name in ("one", "others")
        ]
        key_file.write(path, [key for key, _ in made])
        settings = {
            "STEPPE_KAFKA": stack.kafka, "STEPPE_TOPIC": topic, "STEPPE_AUTH": "keys", "STEPPE_KEYS": str(path),
            "STEPPE_DATABASE": database_of(stack.database, owner.rpartition("/")[2]).api,
        }  # fmt: skip
        projector = start_service("projector", {**settings, "STEPPE_DATABASE": dsn}, folder)
        services = [projector]
        try:
            asyncio.run(fill(stack, topic, owner))
            services += [start_service("api", settings, folder), start_service("ingest", settings, folder)]
            one, others = (Target(api=services[1].address, ingest=services[2].address, key=text) for _, text in made)
            time_export(others, services[1])
            measure(one, others, names, given.seconds, services)
        finally:
            for service in services:
                service.stop()


if __name__ == "__main__":
    main()
