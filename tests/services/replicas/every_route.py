"""A question for every route of the API and every page, and the comparison of two services that should answer alike."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from typing import Any

import duckdb
import httpx
from fastapi import FastAPI
from starlette.routing import Match

from services.api.page.measures.figure_pages import FIGURES
from services.api.web.operations import EXAMPLES
from services.api.web.query_parameters import MEDIA_TYPES
from tests.services.replicas.replicated import OTHER_RULES

_ATTEMPTS = 8
_AT_ONCE = 4
_DAY = "as_of=2026-11-01"
_THEN = "known_at=2021-12-31"
# Of a process, not of the database: only who answers is the same.
_OF_THE_PROCESS = ("/metrics",)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request."""

    path: str
    method: str = "GET"
    body: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


_LISTS = (
    "/v1/projects", "/v1/deals", "/v1/flags", "/v1/flags/transitions?after=0&backfill=true", "/v1/parties", "/v1/markets",
    "/v1/forums", "/v1/retractions", "/v1/conflicts", "/v1/quarantine", "/v1/projects/kz-masdar-wind/timeline",
)  # fmt: skip
_COPIED = (
    "/v1/projects", "/v1/portfolio", "/v1/deals", "/v1/flags", "/v1/parties", "/v1/markets", "/v1/markets/KZ/tungsten",
    "/v1/forums", "/v1/forums/cop27-2022-11/scorecard", "/v1/parties/masdar", "/v1/retractions", "/v1/conflicts",
    "/v1/projects/kz-masdar-wind", "/v1/projects/kz-masdar-wind/timeline", "/v1/trace/kz-masdar-wind-2023-01-mou",
    "/v1/flags/transitions", "/v1/money", "/v1/value-chain", "/v1/supply", "/v1/lifecycle", "/v1/conversion", "/v1/pledges",
)  # fmt: skip
_COPIED_PAGES = (
    "/", "/projects/kz-masdar-wind", "/flags", "/markets", "/markets/KZ/tungsten", "/parties/masdar", "/forums",
    "/forums/cop27-2022-11", "/pledges", "/map", "/conversion", "/money", "/supply", "/value-chain", "/lifecycle",
)  # fmt: skip
_FIGURES = [name.format(slug="cop27-2022-11") for name in FIGURES]
_REFUSED = (
    Asked("/v1/projects?contry=KZ"), Asked("/v1/projects?cursor=forged"), Asked("/v1/projects/nothing"), Asked("/v1/nothing"),
    Asked("/v1/projects", "POST"), Asked("/v1/backtest", "POST", {"version": "no such"}), Asked("/v1/flags?rules=no-such"),
    Asked("/v1/stream?after=no-number"), Asked("/v1/projects?min_position=99:1"), Asked("/projects/nothing"),
)  # fmt: skip

BACK_TEST = Asked("/v1/backtest", "POST", {"version": OTHER_RULES, "to": "2026-11-01", "known_at": "2022-12-31"})
NEED_A_COPY: Sequence[Asked] = tuple(
    [Asked(f"{path}?{_THEN}") for path in (*_COPIED, *_COPIED_PAGES) if path != "/v1/flags/transitions"]
    + [Asked(f"{path}?{_DAY}&rules={OTHER_RULES}") for path in ("/v1/flags", "/v1/projects/kz-masdar-wind", "/")]
    + [Asked(f"/v1/flags?{_THEN}&format=csv"), Asked(f"/v1/scorecards?forum=cop27-2022-11&{_THEN}")]
    + [Asked(EXAMPLES["try_events"].request, "POST", EXAMPLES["try_events"].body)]
)
"""Questions that are answered from a copy of the read model."""

OTHERS: Sequence[Asked] = (
    *(Asked(example.request) for example in EXAMPLES.values() if example.method == "GET"),
    *(Asked(f"{path}{'&' if '?' in path else '?'}limit=100") for path in _LISTS),
    *(Asked(f"{path}{'&' if '?' in path else '?'}format={form}") for path in _LISTS[:4] for form in ("csv", "parquet")),
    Asked("/v1/flags?format=xlsx"), Asked("/v1/export?format=events&project=kz-masdar-wind"),
    BACK_TEST,
    *(Asked(page) for page in (*_COPIED_PAGES, "/flags.atom", "/status", "/?lang=ru", "/flags?lang=ja")),
    *(Asked(f"/embed/{name}?{_DAY}") for name in _FIGURES),
    *(Asked(f"/drawings/{name}.{ending}?{_DAY}") for name in _FIGURES for ending in ("svg", "png", "csv")),
    Asked("/v1/projects", "HEAD"),
    Asked("/v1/stream", "HEAD"),
    Asked("/livez"), Asked("/readyz"), Asked("/metrics"), Asked("/openapi.json"), Asked("/docs"),
    Asked("/docs/oauth2-redirect"), Asked("/static/steppe.css"), Asked("/static-offline-docs/swagger-ui.css"),
    *_REFUSED,
)  # fmt: skip
"""Questions to every route that need none."""


def routes_without_a_question(app: FastAPI) -> Iterator[str]:
    """The routes that nothing of the above asks."""
    asked = [(one.method, one.path.partition("?")[0]) for one in (*OTHERS, *NEED_A_COPY)]
    for route in app.routes:
        scopes = (
            {"type": "http", "method": "GET" if method == "HEAD" else method, "path": path, "headers": []}
            for method, path in asked
        )
        if not any(route.matches(scope)[0] is Match.FULL for scope in scopes):
            yield str(route)


async def assert_equal_answers(one: httpx.AsyncClient, other: httpx.AsyncClient, questions: Sequence[Asked]) -> None:
    """Both answer each question with the same status, headers and bytes; a few are asked at once.

    An answer says when it was given, to the second, so both are asked again until they are asked in the same one.
    """
    share = asyncio.Semaphore(_AT_ONCE)

    async def compare(question: Asked) -> None:
        async with share:
            for _ in range(_ATTEMPTS):
                first, second = await asyncio.gather(answer(one, question), answer(other, question))
                if first == second:
                    break
            assert first == second, f"{question}: {first} and {second}"
            assert first[0] < 500, (str(question), first)

    async with asyncio.TaskGroup() as comparing:
        for question in questions:
            comparing.create_task(compare(question))


async def answer(client: httpx.AsyncClient, question: Asked) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer, but for the server's clock and name and for what is of the process."""
    # Links of the Atom feed name the host that was asked.
    response = await client.request(question.method, question.path, json=question.body, headers={"Host": "steppe"})
    headers = {name: text for name, text in response.headers.items() if name not in ("date", "server")}
    if question.path in _OF_THE_PROCESS:
        return response.status_code, {"content-type": headers["content-type"]}, b""
    if response.headers.get("content-type") == MEDIA_TYPES["parquet"]:
        return response.status_code, headers, rows_and_metadata(response.content)
    return response.status_code, headers, response.content


def rows_and_metadata(file: bytes) -> bytes:
    """What a Parquet file holds. The library writes the metadata in any order, so two files of one service differ, too."""
    with NamedTemporaryFile(suffix=".parquet") as stored:
        stored.write(file)
        stored.flush()
        rows = duckdb.read_parquet(stored.name).fetchall()
        pairs = duckdb.execute("SELECT key, value FROM parquet_kv_metadata(?)", [stored.name]).fetchall()
    about = sorted(pair for pair in pairs if pair[0] != b"ARROW:schema")  # which repeats them
    return repr((rows, about)).encode()
