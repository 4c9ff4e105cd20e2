"""`POST /v1/events` in its four forms: one event, binary mode, a batch, a stream of lines. Knows HTTP and the intake.

The stream is read no faster than the log acknowledges: at most a few parcels are on their way, and while they are, no
byte is read, which the sender feels through TCP.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec
from fastapi import Request, Response

from services.ingest import request_body
from services.ingest.accept import Given, Intake, Parcel, Tally
from services.ingest.metrics import Counters
from services.ingest.problems import BROKER_AWAY, REJECTED, TOO_MANY_EVENTS, UNSUPPORTED_MEDIA_TYPE, allow_parameters
from services.ingest.producer import LogAwayError
from services.ingest.request_body import Line
from services.ingest.settings import Settings
from steppe.access.callers import LOG_RESTORE, Caller
from steppe.access.middleware import AUDIT_FIELDS, CALLER
from steppe.contracts.codec import MalformedError, decode_http_binary, decode_json, decode_structured
from steppe.domain.events.validation import Fault
from steppe.http.problems import BAD_PARAMETER, Refusal

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"
BINARY = "application/json"
_TAKEN = f"{ONE} (one event), {BATCH}, {LINES}, or {BINARY} with ce- headers (binary mode)"
_PARCELS_AT_ONCE = 4

OnError = Literal["reject", "continue"]


class Doors:
    """Takes events in; one for the service."""

    def __init__(self, intake: Intake, settings: Settings, counters: Counters) -> None:
        self._intake = intake
        self._settings = settings
        self._counters = counters

    async def take(self, request: Request) -> Response:
        """Answer a sender: 202 only after the log has acknowledged, else a problem."""
        tally = Tally(self._settings.report_entries_max)
        try:
            await self._take_in(request, tally)
        except LogAwayError as error:
            self._counters.add(tally, away=True)
            raise _away(error, tally) from error
        except Refusal as refusal:
            self._counters.add(tally)
            # Of a stream that broke off, what was acknowledged stands; the sender should know.
            if tally.accepted or tally.duplicates:
                refusal.members |= {"so_far": tally.as_json()}
            raise
        finally:
            request.scope.get(AUDIT_FIELDS, {}).update(
                accepted=tally.accepted,
                duplicates=tally.duplicates,
                rejected=tally.rejected_total,
                position=tally.position,
                events=tally.events,
            )
        self._counters.add(tally)
        return Response(msgspec.json.encode(tally.as_json()), 202, media_type="application/json")

    async def _take_in(self, request: Request, tally: Tally) -> None:
        if encoding := request.headers.get("content-encoding"):
            raise Refusal(
                UNSUPPORTED_MEDIA_TYPE, f"Content-Encoding {encoding[:80]!r} is not read; send the body as it is."
            )
        media_type = _media_type(request)
        allow_parameters(request, *(("on_error",) if media_type == LINES else ()))
        match media_type:
            case "application/cloudevents+json":
                await self._take_one(request, tally, decode_structured)
            case "application/cloudevents-batch+json":
                await self._take_batch(request, tally)
            case "application/x-ndjson":
                if _on_error(request) == "continue":
                    await self._take_stream(request, tally)
                else:
                    await self._take_lines(request, tally)
            case "application/json" if any(name.startswith("ce-") for name in request.headers):
                headers = request.headers.items()
                await self._take_one(request, tally, lambda body: decode_http_binary(headers, body))
            case "application/json":
                raise Refusal(
                    UNSUPPORTED_MEDIA_TYPE,
                    f"{BINARY} without ce- headers is no CloudEvent; name it {ONE}, or use {BATCH} or {LINES}.",
                )
            case other:
                said = f"Content-Type {other[:80]!r} is not read" if other else "There is no Content-Type"
                raise Refusal(UNSUPPORTED_MEDIA_TYPE, f"{said}; use {_TAKEN}.")

    async def _take_one(self, request: Request, tally: Tally, decode: Callable[[bytes], dict[str, Any]]) -> None:
        body = await request_body.whole(
            request,
            self._settings.event_bytes_max,
            self._settings.ingest_idle_seconds_max,
            f"One event is smaller; send several as {LINES}.",
        )
        await self._all_or_nothing(request, [(0, _read(decode, body))], tally)

    async def _take_batch(self, request: Request, tally: Tally) -> None:
        body = await request_body.whole(
            request,
            self._settings.batch_bytes_max,
            self._settings.ingest_idle_seconds_max,
            f"Split it, or send {LINES} with on_error=continue, which has no limit.",
        )
        found = _read(decode_json, body)
        if isinstance(found, list):
            if len(found) > self._settings.batch_events_max:
                raise _too_many(self._settings.batch_events_max, "events in one batch")
            await self._all_or_nothing(request, enumerate(found), tally)
        elif isinstance(found, MalformedError):
            await self._all_or_nothing(request, [(0, found)], tally)
        else:
            await self._all_or_nothing(
                request, [(0, MalformedError(Fault("", "a batch is a JSON array of events")))], tally
            )

    async def _take_lines(self, request: Request, tally: Tally) -> None:
        given: list[Given] = []
        async for lines in request_body.lines(
            request,
            self._settings.event_bytes_max,
            self._settings.ingest_idle_seconds_max,
            bytes_max=self._settings.batch_bytes_max,
            advice="Split it, or send it with on_error=continue, which has no limit.",
        ):
            if len(given) + len(lines) > self._settings.reject_lines_max:
                raise _too_many(self._settings.reject_lines_max, "lines all or nothing")
            given += self._read_lines(lines)
        if not given:
            raise Refusal(REJECTED, "The body has no line with an event.", rejected=[])
        await self._all_or_nothing(request, given, tally)

    async def _all_or_nothing(self, request: Request, given: Iterable[Given], tally: Tally) -> None:
        restores = _restores(request)
        parcel = self._intake.judge(given, tally, restores=restores)
        if tally.rejected_total:
            self._intake.drop(parcel)
            tally.duplicates = 0
            raise _rejected(tally)
        await self._intake.ship(parcel, tally)

    async def _take_stream(self, request: Request, tally: Tally) -> None:
        on_their_way: deque[asyncio.Task[None]] = deque()
        seen_any = False
        try:
            async for lines in request_body.lines(
                request, self._settings.event_bytes_max, self._settings.ingest_idle_seconds_max
            ):
                seen_any = True
                parcel: Parcel = self._intake.judge(self._read_lines(lines), tally, restores=_restores(request))
                on_their_way.append(asyncio.create_task(self._intake.ship(parcel, tally)))
                if len(on_their_way) >= _PARCELS_AT_ONCE:
                    await on_their_way.popleft()
                else:
                    await asyncio.sleep(0)  # the producer's turn
        finally:
            # Also when the sender went away: what was given to the log is waited for and counted.
            told = await asyncio.gather(*on_their_way, return_exceptions=True)
        for error in told:
            if error is not None:
                raise error
        if not seen_any:
            raise Refusal(REJECTED, "The body has no line with an event.", rejected=[])
        if not tally.accepted and not tally.duplicates:
            raise _rejected(tally)

    def _read_lines(self, lines: list[Line]) -> list[Given]:
        limit = self._settings.event_bytes_max
        return [
            (
                line.index,
                MalformedError(Fault("", f"the line is longer than {limit} bytes; one event is one line"))
                if line.raw is None
                else line.raw,
            )
            for line in lines
        ]


def _restores(request: Request) -> bool:
    """Whether the sender may say when an event was recorded."""
    caller = request.scope.get(CALLER)
    return isinstance(caller, Caller) and caller.may({LOG_RESTORE})


def _read(decode: Callable[[bytes], object], body: bytes) -> object:
    """What the JSON holds, or the error as a value, because the lines beside it go on."""
    try:
        return decode(body)
    except MalformedError as error:
        return error


def _media_type(request: Request) -> str:
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, f"charset {value.strip()[:40]!r} is not read; JSON is UTF-8.")
    return media_type.strip().lower()


def _on_error(request: Request) -> OnError:
    match request.query_params.get("on_error", "reject"):
        case "reject":
            return "reject"
        case "continue":
            return "continue"
        case other:
            raise Refusal(
                BAD_PARAMETER,
                f"on_error is {other[:40]!r}; it is reject (all or nothing) or continue.",
                parameter="on_error",
            )


def _too_many(most: int, what: str) -> Refusal:
    return Refusal(
        TOO_MANY_EVENTS, f"At most {most} {what}; split it, or send {LINES} with on_error=continue.", events_max=most
    )


def _rejected(tally: Tally) -> Refusal:
    what = "The event was" if tally.rejected_total == 1 else f"{tally.rejected_total} events were"
    first = tally.rejected[0]["errors"][0]
    totals: dict[str, Any] = (
        {"rejected_total": tally.rejected_total} if tally.rejected_total > len(tally.rejected) else {}
    )
    detail = f"{what} refused; the first reason, at {first['pointer'] or 'the whole'}: {first['message']}."
    return Refusal(REJECTED, detail, rejected=tally.rejected, **totals)


def _away(error: LogAwayError, tally: Tally) -> Refusal:
    so_far = {"so_far": tally.as_json()} if tally.accepted or tally.duplicates else {}
    told = f"{error}. What was not acknowledged may or may not be in the log; send the same again, it counts once."
    return Refusal(BROKER_AWAY, told, **so_far)
