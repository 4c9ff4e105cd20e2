"""`POST /v1/imports` and `GET /v1/imports/{id}`: a file comes as the body, its report goes back while it is made."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from msgspec import Struct

from services.ingest import request_body
from services.ingest.accept import EventIntake
from services.ingest.imports.import_answers import state_of
from services.ingest.imports.import_runner import ImportRunner, RunningImport
from services.ingest.imports.stored_import import (
    GOES_ON,
    FileInArrival,
    HeldImport,
    ImportFolder,
    StoredFile,
    StoredImport,
    file_name,
    now,
)
from services.ingest.metrics import IngestMetrics
from services.ingest.problems import NOTHING_TO_IMPORT, UNSUPPORTED_MEDIA_TYPE, allow_parameters
from services.ingest.request_body import Patience
from services.ingest.settings import Settings
from steppe.access.callers import Caller
from steppe.access.middleware import AUDIT_FIELDS, CALLER
from steppe.contracts.acceptance import Refused, accept
from steppe.http.problems import BAD_PARAMETER, NOT_FOUND, UNPROCESSABLE, Refusal
from steppe.importers.formats.format_registry import FORMATS
from steppe.importers.mapped.shipped_mappings import shipped_names, shipped_text

MAPPED = "csv"
FORMAT_NAMES = (MAPPED, *FORMATS)
LINES = "application/x-ndjson"
_DECISIONS = "application/json"
_OF_A_FILE = ("format", "name", "after", "mapping")
_OF_EVERY_IMPORT = ("dry_run", "edition", "source", "compare")
# What a page of somebody else may send from a browser without asking first (the Fetch standard's safelist).
_SENT_BY_ANY_PAGE = ("", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
_DECISIONS_BYTES_MAX = 1 << 20
_PIECE_BYTES = 1 << 20
_FILES_MAX = 100
_STATE_SECONDS = 1.0


class Decisions(Struct, forbid_unknown_fields=True):
    """What a person decided: the mapping of a table as YAML, and which projects things of the files are."""

    mapping: str | None = None
    keys: dict[str, str] = {}


class ImportStates(StreamingResponse):
    """The states of an import, a line each."""

    media_type = LINES


class ImportRoutes:
    """The handlers of both routes; one for the service."""

    def __init__(self, intake: EventIntake, settings: Settings, metrics: IngestMetrics) -> None:
        self._settings = settings
        self._runner = ImportRunner(intake, settings, metrics)

    async def post_import(self, request: Request) -> Response:
        """Begins an import and tells its state line by line, until it has ended. Raises Refusal before it begins."""
        caller: Caller = request.scope[CALLER]
        query = request.query_params
        of = query.get("of")
        allow_parameters(request, *(("of",) if of is not None else _OF_A_FILE), *_OF_EVERY_IMPORT)
        earlier = None if (named := of or query.get("after")) is None else await self._earlier(named, of is None)
        stored = _asked(query, caller, earlier)
        if of is None:
            _refuse_other_types(request)
        async with self._runner.place(caller):
            held = await asyncio.to_thread(self._folder.reserve)
            try:
                stored.id = held.id
                await self._receive(request, stored, held, earlier, is_again=of is not None)
                held.store(stored)
            except BaseException:  # refused, or hung up meanwhile: nothing of it stays, and it is raised on
                held.delete()
                raise
            running = self._runner.start(stored, held, caller, request.headers.get("authorization"))
        request.scope.get(AUDIT_FIELDS, {}).update(
            {"import": stored.id, "format": stored.format, "dry_run": stored.dry_run, "of": named},
            files=[f"{file.name} {file.size} {file.sha256}" for file in stored.files[:20]],
        )
        headers = {"Location": f"/v1/imports/{stored.id}", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return ImportStates(self._states(running), headers=headers)

    async def get_import(self, request: Request, import_id: str) -> Response:
        """The state of an import, and its report. Raises Refusal when there is none of that id."""
        allow_parameters(request)
        running = self._runner.find(import_id)
        stored = running.stored if running else await asyncio.to_thread(self._folder.find, import_id)
        if stored is None:
            raise _no_import(import_id)
        body = await self._whole(stored, running)
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})

    async def close(self) -> None:
        """End what goes on."""
        await self._runner.close()

    @cached_property
    def _folder(self) -> ImportFolder:
        root = self._settings.imports or tempfile.mkdtemp(prefix="steppe-imports-")
        return ImportFolder(Path(root), self._settings.imports_bytes_max)

    async def _states(self, running: RunningImport) -> AsyncIterator[bytes]:
        """A line a second; the last one, which comes at once, has the report."""
        while running.goes_on:
            yield msgspec.json.encode(state_of(running.stored, running)) + b"\n"
            running.changed.clear()
            with suppress(TimeoutError):  # a second without news: the same state again
                async with asyncio.timeout(_STATE_SECONDS):
                    while running.goes_on:  # an end is told at once
                        await running.changed.wait()
                        running.changed.clear()
        yield await self._whole(running.stored, None) + b"\n"

    async def _whole(self, stored: StoredImport, running: RunningImport | None) -> bytes:
        answer = state_of(stored, running)
        report = await asyncio.to_thread(self._folder.report, stored.id)
        if report is not None:
            answer["report"] = msgspec.Raw(report)
        if (mapping := await asyncio.to_thread(self._folder.mapping, stored.id)) is not None:
            answer["mapping"] = mapping.decode(errors="replace")
        return msgspec.json.encode(answer)

    async def _earlier(self, import_id: str, needs_edition: bool) -> StoredImport:
        """The import that this one begins with. Raises Refusal when there is none, or it goes on."""
        earlier = await asyncio.to_thread(self._folder.find, import_id)
        if earlier is None:
            raise _no_import(import_id)
        if earlier.state in GOES_ON:
            raise Refusal(BAD_PARAMETER, f"The import {import_id} goes on; wait for its end.", parameter="of")
        if needs_edition and len(earlier.files) >= _FILES_MAX:
            raise Refusal(BAD_PARAMETER, f"An import has {_FILES_MAX} files at most.", parameter="after")
        return earlier

    async def _receive(
        self, request: Request, stored: StoredImport, held: HeldImport, earlier: StoredImport | None, *, is_again: bool
    ) -> None:
        """Fill the folder: with the files of the import before, and with what comes as the body."""
        if earlier is not None:
            try:
                await asyncio.to_thread(self._folder.link_files, earlier.id, held)
            except OSError:
                raise _no_import(earlier.id) from None
            stored.files = [*earlier.files]
            if (mapping := await asyncio.to_thread(self._folder.mapping, earlier.id)) is not None:
                held.write_mapping(mapping)
        if is_again:
            edition = request.query_params.get("edition")
            if edition is not None:
                stored.files[-1] = msgspec.structs.replace(stored.files[-1], edition=edition)
            decisions = await self._decisions(request)
            stored.keys = stored.keys | decisions.keys
            if decisions.mapping is not None and stored.format != MAPPED:
                raise Refusal(UNPROCESSABLE, f"The format {stored.format} has no mapping; leave it out.")
            if decisions.mapping is not None:
                held.write_mapping(decisions.mapping.encode())
        else:
            if (mapping_name := request.query_params.get("mapping")) is not None:
                held.write_mapping(shipped_text(mapping_name))
            stored.files.append(await self._receive_file(request, held, len(stored.files)))

    async def _receive_file(self, request: Request, held: HeldImport, number: int) -> StoredFile:
        name = file_name(request.query_params.get("name", "file"))
        patience = Patience(self._settings.ingest_idle_seconds_max, self._settings.import_seconds_max)
        file = await asyncio.to_thread(FileInArrival, held.place_of(number, name))
        pieces: list[bytes] = []
        try:
            async for piece in request_body.read_pieces(
                request, self._settings.import_bytes_max, patience, "Split the file, or compress it with gzip."
            ):
                pieces.append(piece)
                if sum(map(len, pieces)) >= _PIECE_BYTES:
                    await asyncio.to_thread(file.write, b"".join(pieces))
                    pieces = []
            await asyncio.to_thread(file.write, b"".join(pieces))
        finally:
            sha256 = await asyncio.to_thread(file.close)
        if not file.size:
            raise Refusal(NOTHING_TO_IMPORT, "The body is empty; send the bytes of the file as they are.")
        return StoredFile(name, request.query_params.get("edition"), file.size, sha256)

    async def _decisions(self, request: Request) -> Decisions:
        patience = Patience(self._settings.ingest_idle_seconds_max, self._settings.ingest_body_seconds_max)
        body = await request_body.read_whole(request, _DECISIONS_BYTES_MAX, patience, "Decide less at once.")
        if not body.strip():
            return Decisions()
        if _media_type(request) != _DECISIONS:
            raise Refusal(UNSUPPORTED_MEDIA_TYPE, f"With of= the body is {_DECISIONS}: mapping and keys, or nothing.")
        try:
            return msgspec.json.decode(body, type=Decisions)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            detail = f"The body is no object with mapping (text) and keys (project by thing): {error}."
            raise Refusal(UNPROCESSABLE, detail) from None


def _asked(query: Mapping[str, str], caller: Caller, earlier: StoredImport | None) -> StoredImport:
    """What the query asks for; what it leaves out is as in the import before. Raises Refusal."""
    form = query.get("format", earlier.format if earlier else None)
    if form not in FORMAT_NAMES:
        fault = "is missing" if form is None else f"is {form[:40]!r}"
        raise Refusal(BAD_PARAMETER, f"format {fault}; it is one of {', '.join(FORMAT_NAMES)}.", parameter="format")
    if earlier is not None and form != earlier.format:
        raise Refusal(BAD_PARAMETER, f"The import before is of the format {earlier.format}.", parameter="format")
    if (mapping := query.get("mapping")) is not None and (form != MAPPED or mapping not in shipped_names()):
        detail = f"mapping is {mapping[:40]!r}; it is one of {', '.join(shipped_names())}, of the format {MAPPED}."
        raise Refusal(BAD_PARAMETER, detail, parameter="mapping")
    if (edition := query.get("edition")) is not None:
        _refuse_no_day(edition)
    source = query.get("source", earlier.source if earlier else None)
    if source is not None:
        _refuse_no_source(source)
    return StoredImport(
        id="",
        caller=caller.name,
        format=form,
        dry_run=_flag(query, "dry_run"),
        compare=_flag(query, "compare"),
        source=source,
        files=[],
        keys=dict(earlier.keys) if earlier else {},
        begun_at=now(),
    )


def _refuse_no_day(edition: str) -> None:
    try:
        if date.fromisoformat(edition).isoformat() == edition:
            return
    except ValueError:
        pass
    raise Refusal(BAD_PARAMETER, f"edition is {edition[:40]!r}; it is a day, as in 2024-02-07.", parameter="edition")


def _refuse_no_source(source: str) -> None:
    """Raises Refusal for what no event may have as its source."""
    probe = {
        "source": source, "type": "steppe.review.recorded.v1", "subject": "a", "data": {},
    }  # fmt: skip
    verdict = accept(probe, now())
    faults = verdict.errors if isinstance(verdict, Refused) else ()
    for fault in faults:
        if fault.pointer == "/source":
            raise Refusal(BAD_PARAMETER, f"{fault.message}.", parameter="source")


def _flag(query: Mapping[str, str], name: str) -> bool:
    match query.get(name, "true"):
        case "true":
            return True
        case "false":
            return False
        case other:
            raise Refusal(BAD_PARAMETER, f"{name} is {other[:40]!r}; it is true or false.", parameter=name)


def _refuse_other_types(request: Request) -> None:
    if encoding := request.headers.get("content-encoding"):
        detail = f"Content-Encoding {encoding[:80]!r} is not read; send the file as it is, it may be gzip itself."
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, detail)
    if (media_type := _media_type(request)) in _SENT_BY_ANY_PAGE:
        fault = f"Content-Type {media_type[:80]!r} may come from any page" if media_type else "There is no Content-Type"
        detail = f"{fault}; send the bytes of the file as application/octet-stream, or as what they are."
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, detail)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _no_import(import_id: str) -> Refusal:
    return Refusal(NOT_FOUND, f"There is no import {import_id[:80]!r}, or it was deleted to make room.")


def as_parameters() -> list[dict[str, Any]]:
    """What the query may say, for the OpenAPI document."""
    return [
        _parameter("format", "What the file is. Needed unless `of` or `after` says it.", enum=list(FORMAT_NAMES)),
        _parameter(
            "dry_run", "`true`: only the report. `false`: also send the events.", enum=["true", "false"], default="true"
        ),
        _parameter("edition", "The day on which the file was published; needed where it does not tell.", format="date"),
        _parameter("name", "The name of the file, for the report."),
        _parameter("mapping", "Of the format csv: the name of a mapping that ships.", enum=list(shipped_names())),
        _parameter("source", "The `source` of the events, if it is to be another than that of the format."),
        _parameter(
            "compare", "`false`: do not ask the API which projects there are.", enum=["true", "false"], default="true"
        ),
        _parameter("of", "An earlier import: its files and mapping are imported again, with what the body decides."),
        _parameter("after", "An earlier import: the file is the edition after its files, which are imported with it."),
    ]


def _parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": {"type": "string", **schema}}
