"""From a query to an HTTP response: snapshot, ETag, position, pages, JSON or a table.

The ETag is weak and stands for release, reference series, position, actions of operators, rules, day and question: what it stands for decides
the items, and the time of the answer (`known_at`) is no reason to send them again.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import IO, Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from fastapi import Request, Response

from services.api.computation import by_size
from services.api.store import position_watch
from services.api.store.alternate_models import AlternateReadModels
from services.api.store.decoded_projects import DecodedProjects
from services.api.store.knowledge import rules_named
from services.api.store.position_watch import PositionWatch
from services.api.store.snapshot import Reader, Snapshot
from services.api.web import pagination
from services.api.web.query_parameters import EXPORTS, MEDIA_TYPES, Question, read
from services.api.web.table_file import TableFile, sent, spooled
from services.api.work_queue import WorkQueue
from steppe.reference.reference_data import ReferenceData
from steppe.release import RELEASE

JSON = "application/json"
CSV = "text/csv; charset=utf-8"

Item = Mapping[str, Any]
_ItemT_co = TypeVar("_ItemT_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Items, and the order key of the last one if there are more.

    `beside` joins the body of a JSON answer; `columns` are those of a table that only this question asked for, `left_out` those
    that it wants to go without. `compute` makes
    the items of so many `rows`, in a thread where they are many, or `finish` the whole page, when the snapshot is closed: what
    takes long holds no connection.
    """

    items: Sequence[Item] = ()
    next_key: list[str] | None
    beside: Mapping[str, Any] | None = None
    columns: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    compute: Callable[[], Sequence[Item]] | None = None
    rows: int = sys.maxsize
    finish: Callable[[], Awaitable[Page]] | None = None

    async def finished(self) -> Page:
        """The page with its items."""
        if self.compute is not None:
            return replace(self, items=await by_size(self.rows, self.compute), compute=None)
        return self if self.finish is None else await self.finish()


@dataclass(frozen=True, slots=True)
class Reading(Generic[_ItemT_co]):
    """What was read for an item, of how many `rows`. `finish` computes it, when the snapshot is closed, as that of a page."""

    finish: Callable[[], Awaitable[_ItemT_co]]
    rows: int = sys.maxsize


@dataclass(frozen=True, slots=True)
class Queues:
    """The kinds of work that take seconds, each with a queue of its own.

    `otherwise`: questions under another knowledge or other rules; `backtests`; `folds`: projects that are folded again, for
    what corrections did to flags and for what could be foreseen on a past day;
    `files`: files of every row of a list; `conflicts`: those of projects with very many events.
    """

    otherwise: WorkQueue
    backtests: WorkQueue
    folds: WorkQueue
    files: WorkQueue
    conflicts: WorkQueue


@dataclass(slots=True)
class _HeldTurn:
    until: AsyncExitStack
    is_taken: bool = False


_HELD_TURN: ContextVar[_HeldTurn | None] = ContextVar("_HELD_TURN", default=None)


@asynccontextmanager
async def one_turn() -> AsyncIterator[None]:
    """Whatever snapshots are read within, under another knowledge or other rules, they take one turn, which lasts until the end."""
    async with AsyncExitStack() as until:
        before = _HELD_TURN.set(_HeldTurn(until))
        try:
            yield
        finally:
            _HELD_TURN.reset(before)


@dataclass(frozen=True, slots=True)
class Service:
    """What every route needs; made by the composition root. `health_reader` has a connection of its own, `trials` copies in which
    events can be tried, `reference` the series that measures are laid against; `decoded_projects` is what measures read of each project."""

    reader: Reader
    health_reader: Reader
    watch: PositionWatch
    alternate_models: AlternateReadModels
    trials: AlternateReadModels
    queues: Queues
    reference: ReferenceData
    decoded_projects: DecodedProjects = field(default_factory=DecodedProjects)

    @asynccontextmanager
    async def snapshot(self, question: Question) -> AsyncIterator[Snapshot]:
        """The read model for the knowledge and the version of the rules that the question names. Raises Refusal."""
        if question.knowledge is None:
            async with self.reader.snapshot() as now:
                if question.rules in (None, now.rules.version):
                    yield now
                    return
        # Who waits for a turn holds no connection.
        async with AsyncExitStack() as own_turn:
            held = _HELD_TURN.get()
            if held is None or not held.is_taken:
                turn = self.queues.otherwise.turn(question.caller)
                await (own_turn if held is None else held.until).enter_async_context(turn)
            if held is not None:
                held.is_taken = True
            async with self.reader.snapshot() as now:
                rules = await rules_named(now, question.rules)
            async with self.alternate_models.snapshot(question.knowledge, rules) as snapshot:
                yield snapshot


def service_of(request: Request) -> Service:
    """The parts that the composition root put on the app."""
    service = request.app.state.service
    assert isinstance(service, Service)
    return service


async def answer_list(
    request: Request,
    parameters: tuple[str, ...],
    columns: tuple[str, ...],
    page: Callable[[Snapshot, Question], Awaitable[Page]],
    stands_for: Callable[[Snapshot], Awaitable[str]] | None = None,
    project: str | None = None,
) -> Response:
    """Answer with one page of a list, or with a file of all of it. `stands_for` adds to the ETag what decides the items besides
    position and rules. `project`: it is about this one.
    """
    question = read(request, parameters)
    await wait_for_position(request, question.min_position, project)
    if held := await _not_modified(request, question, stands_for):
        return held
    turn = service_of(request).queues.files.turn(question.caller) if question.whole else nullcontext()
    async with turn, AsyncExitStack() as unsent:
        async with service_of(request).snapshot(question) as snapshot:
            headers = _headers(request, question, snapshot, await stands_for(snapshot) if stands_for else "")
            headers |= await _what_waits(snapshot, project)
            listed = await page(snapshot, question)
            file: TableFile | None = None
            if question.format != "json":
                shown = (*(column for column in columns if column not in listed.left_out), *listed.columns)
                file = TableFile(question, shown, _about(request, question, headers))
                unsent.callback(file.close)
                if question.whole:
                    listed = await _add_all_but_last(file, listed, snapshot, question, page)
        listed = await listed.finished()
        cursor = pagination.encode(listed.next_key, question.as_of, question.fingerprint) if listed.next_key else None
        next_url = _next_url(request, cursor) if cursor else None
        if next_url:
            headers["Link"] = f'<{next_url}>; rel="next"'
        if file is not None:
            await file.add(listed.items)
            answer = await _sent(file, question, headers, next_url)
            unsent.pop_all()
            return answer
    body = {
        **(listed.beside or {}),
        "items": listed.items,
        "next_cursor": cursor,
        "as_of": question.as_of,
        "known_at": headers["Steppe-Known-At"],
        "position": snapshot.position,
    }
    return Response(await by_size(len(listed.items), encoded, body), headers=headers, media_type=JSON)


async def answer_one(
    request: Request,
    parameters: tuple[str, ...],
    item: Callable[[Snapshot, Question], Awaitable[Item | Reading[Item] | Reading[bytes]]],
    project: str | None = None,
) -> Response:
    """Answer with one item, JSON only; of a reading with what it computes when the snapshot is closed, in JSON already or not.
    `project`: it is about this one.
    """
    question = read(request, parameters, formats=("json",))
    await wait_for_position(request, question.min_position, project)
    if held := await _not_modified(request, question):
        return held
    async with service_of(request).snapshot(question) as snapshot:
        headers = _headers(request, question, snapshot) | await _what_waits(snapshot, project)
        read_fields = await item(snapshot, question)
    rows = read_fields.rows if isinstance(read_fields, Reading) else 0
    fields: Item | bytes = await read_fields.finish() if isinstance(read_fields, Reading) else read_fields
    about = {"as_of": question.as_of, "known_at": headers["Steppe-Known-At"]}
    if isinstance(fields, bytes):
        return Response(encoded(about)[:-1] + b"," + fields[1:], headers=headers, media_type=JSON)
    if fields.get("next_cursor"):
        headers["Link"] = f'<{_next_url(request, fields["next_cursor"])}>; rel="next"'
    return Response(await by_size(rows, encoded, {**about, **fields}), headers=headers, media_type=JSON)


Filling = Callable[[Snapshot, Question, IO[bytes]], Awaitable[Mapping[str, str]]]
"""Writes a file of what a question asks for; returns headers about it."""


async def answer_file(
    request: Request, parameters: tuple[str, ...], filled_by: Callable[[Question], Filling]
) -> Response:
    """Answer with a file of one of EXPORTS, in a turn of its queue. It is sent when the snapshot is closed."""
    question = read(request, parameters, formats=tuple(EXPORTS))
    await wait_for_position(request, question.min_position)
    if held := await _not_modified(request, question):
        return held
    service = service_of(request)
    async with service.queues.files.turn(question.caller), AsyncExitStack() as unsent:
        file = spooled()
        unsent.callback(file.close)
        async with service.snapshot(question) as snapshot:
            headers = _headers(request, question, snapshot)
            headers |= await filled_by(question)(snapshot, question, file)
        kind = EXPORTS[question.format]
        name = f"steppe-{question.format}-{question.as_of.isoformat()}.{kind.ending}"
        answer = sent(file, {**headers, "Content-Disposition": f'attachment; filename="{name}"'}, kind.media_type)
        unsent.pop_all()
        return answer


def left_out_header(left_out: Mapping[str, int]) -> str:
    """What a format has no place for, with how often, as Steppe-Left-Out says it."""
    return ", ".join(f"{name}={times}" for name, times in sorted(left_out.items()))


def encoded(body: Mapping[str, Any]) -> bytes:
    """The body as JSON; lists entry by entry, because no other thread has the interpreter during a call of the encoder."""
    encode = msgspec.json.encode
    pieces = {
        name: [msgspec.Raw(encode(entry)) for entry in value] if isinstance(value, list | tuple) else value
        for name, value in body.items()
    }
    return encode(pieces)


async def wait_for_position(request: Request, min_position: str | None, project: str | None = None) -> None:
    """Wait until the read model has reached what the reader wrote; of a large project until its fold has, too."""
    if min_position is not None:
        wanted = position_watch.parse_position(min_position)
        seconds = position_watch.wait_seconds(request.headers.get("prefer"))
        await service_of(request).watch.wait_for(wanted, seconds, project)


async def _what_waits(snapshot: Snapshot, project: str | None) -> dict[str, str]:
    """The header that says how many records of a project the answer does not know yet, where there are some."""
    if project is None or not snapshot.some_wait:
        return {}
    waiting = {row["project"]: row["records"] for row in await snapshot.rows("waiting_projects")}
    return {"Steppe-Records-Waiting": str(waiting[project])} if project in waiting else {}


def _media(question: Question) -> str:
    return CSV if question.format == "csv" else MEDIA_TYPES[question.format]


async def _add_all_but_last(
    file: TableFile,
    first: Page,
    snapshot: Snapshot,
    question: Question,
    page: Callable[[Snapshot, Question], Awaitable[Page]],
) -> Page:
    """Write the pages of a list from the first one on; returns the last one, which is not written yet."""
    listed = await first.finished()  # a page may know only then whether there is a next one
    while listed.next_key is not None:
        await file.add(listed.items)
        listed = await page(snapshot, replace(question, after=listed.next_key))
        listed = await listed.finished()
    return listed


async def _sent(file: TableFile, question: Question, headers: Mapping[str, str], next_url: str | None) -> Response:
    """The file, which says whether it holds every row of the list: in itself, in its name and in the header."""
    is_whole = question.after is None and next_url is None
    holds = "every row of the list" if is_whole else "a part of the list: limit or cursor was given"
    about = {"rows": str(file.rows), "holds": holds, **({"next": next_url} if next_url else {})}
    of_file = {
        "Content-Disposition": f'attachment; filename="{_file_name(question, is_whole=is_whole)}"',
        "Steppe-Rows": str(file.rows),
        "Steppe-Complete": "true" if is_whole else "false",
    }
    return await file.response({**headers, **of_file}, _media(question), about)


def _file_name(question: Question, *, is_whole: bool) -> str:
    """As in `steppe-flags-2025-12-31.xlsx`: the resource, and the day that is judged; behind them `-part` where rows are missing."""
    resource = "-".join(part for part in question.path.split("/") if part not in ("", "v1"))
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", resource)
    return f"steppe-{plain}-{question.as_of.isoformat()}{'' if is_whole else '-part'}.{question.format}"


def _about(request: Request, question: Question, headers: Mapping[str, str]) -> dict[str, str]:
    """What a file is of."""
    return {
        "what": question.path,
        "question": request.url.query,
        "as_of": question.as_of.isoformat(),
        "known_at": headers["Steppe-Known-At"],
        "position": headers["Steppe-Position"],
        "release": RELEASE,
    }


def _headers(request: Request, question: Question, snapshot: Snapshot, stands_for: str = "") -> dict[str, str]:
    identity = [
        RELEASE,
        service_of(request).reference.identity,
        snapshot.position,
        snapshot.last_action,
        snapshot.late_folds,
        snapshot.rules.version,
        question.fingerprint,
        question.knowledge is not None,  # whatever is asked for as known in the future is known by now
        "whole" if question.whole else str(question.limit),
        question.after,
        question.format,
        question.bom,
        stands_for,
    ]
    etag = hashlib.sha256(msgspec.json.encode(identity)).hexdigest()[:32]
    return {
        "ETag": f'W/"{etag}"',
        "Cache-Control": "private, no-cache",
        "Vary": "Accept",
        "Steppe-Position": snapshot.position,
        "Steppe-As-Of": question.as_of.isoformat(),
        "Steppe-Known-At": question.known_at.isoformat().replace("+00:00", "Z"),
    }


async def _not_modified(
    request: Request, question: Question, stands_for: Callable[[Snapshot], Awaitable[str]] | None = None
) -> Response | None:
    """304 for a reader who holds the answer (weak comparison, RFC 9110 13.1.2); None: it must be made.

    Position and rules tell, before a turn is waited for, a copy made or a row of the answer read.
    """
    tags = request.headers.get("if-none-match")
    if tags is None:
        return None
    async with service_of(request).reader.snapshot() as now:
        judged = replace(now, rules=await rules_named(now, question.rules))
        headers = _headers(request, question, judged, await stands_for(now) if stands_for else "")
    held = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
    return Response(status_code=304, headers=headers) if headers["ETag"].removeprefix("W/") in held else None


def _next_url(request: Request, cursor: str) -> str:
    pairs = [
        (name, text) for name, text in request.query_params.multi_items() if name not in ("cursor", "min_position")
    ]
    return f"{quote(request.url.path)}?{urlencode([*pairs, ('cursor', cursor)])}"
