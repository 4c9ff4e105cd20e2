"""What does a page cost at 5,000 projects and 100,000 events, beside the API's answers to the same questions?

    python -m benchmarks.page [--events 100000] [--projects 5000] [--rounds 30]

Time is from the request to the last byte, one request at a time, after three that warm caches. The limit in the same run is the
API's JSON of the page's main list.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

from benchmarks import figures
from benchmarks.known_at import apply, messages
from benchmarks.projector_live import prepared
from tests.stack import Stack, kind_of_stack, start_service, started

_PAGES = {
    "portfolio": ("/", "/v1/projects?sort=severity&headline=any&limit=50"),
    "portfolio, filtered": ("/?country=KZ&commodity=commodity-7", "/v1/projects?sort=severity&headline=any&country=KZ&commodity=commodity-7&limit=50"),
    "project": ("/projects/project-7", "/v1/projects/project-7"),
    "flags": ("/flags", "/v1/flags?limit=50"),
    "markets": ("/markets", "/v1/markets?limit=50"),
    "market": ("/markets/KZ/commodity-7", "/v1/markets/KZ/commodity-7"),
    "party": ("/parties/investor-1", "/v1/parties/investor-1"),
    "map": ("/map", "/v1/projects?located=true&limit=500"),
    "status": ("/status", "/v1/status"),
}  # fmt: skip


def timed(client: httpx.Client, path: str, rounds: int) -> tuple[float, float, int]:
    """Median and 95th percentile in milliseconds, and bytes of the answer."""
    took = []
    size = 0
    for number in range(rounds + 3):
        began = time.perf_counter()
        answer = client.get(path)
        elapsed = (time.perf_counter() - began) * 1000
        answer.raise_for_status()
        size = len(answer.content)
        if number >= 3:
            took.append(elapsed)
    return statistics.median(took), statistics.quantiles(took, n=20)[18], size


def measure(stack: Stack, events: int, projects: int, rounds: int) -> None:
    """Load, start the API, and print the table."""
    topic, owner, dsn = asyncio.run(prepared(stack))
    asyncio.run(apply(dsn, topic, messages(events, projects)))
    with tempfile.TemporaryDirectory() as folder:
        settings = {"STEPPE_DATABASE": owner, "STEPPE_TOPIC": topic, "STEPPE_KAFKA": stack.kafka}
        service = start_service("api", settings, Path(folder))
        try:
            medians: list[tuple[float, float]] = []
            print("| page | p50 | p95 | size | the API's answer, p50 |\n| --- | --- | --- | --- | --- |")
            with httpx.Client(base_url=service.address, timeout=120) as client:
                for name, (page, api) in _PAGES.items():
                    median, slow, size = timed(client, page, rounds)
                    limit, _, _ = timed(client, api, rounds)
                    medians.append((median, limit))
                    print(
                        f"| {name} | {median:.0f} ms | {slow:.0f} ms | {size / 1000:.0f} kB | {limit:.0f} ms |",
                        flush=True,
                    )
            figures.note("pages", *max(medians))
        finally:
            service.stop()


def main() -> None:
    """Read the arguments and measure on whatever stack there is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--projects", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=30)
    asked = parser.parse_args()
    with started(kind_of_stack()) as stack:
        sys.stderr.write(f"{stack.kind}\n")
        measure(stack, asked.events, asked.projects, asked.rounds)


if __name__ == "__main__":
    main()
