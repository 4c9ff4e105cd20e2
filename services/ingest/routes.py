"""`POST /v1/events` in its four forms: one event, binary mode, a JSON batch, an NDJSON stream.

The first three, and NDJSON with `on_error=reject`, are all or nothing. A stream with `on_error=continue` has backpressure: at
most four batches wait for their acknowledgement, and until then no byte is read, which the sender feels through TCP.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Literal

import msgspec
from fastapi import Request, Response

from services.ingest import request_body
from services.ingest.accept import EventIntake, Input, PendingBatch, UnknownSubject
from services.ingest.ingest_result import IngestResult
from services.ingest.line_forms import unreadable
from services.ingest.memory.known_keys import KnownKeys
from services.ingest.metrics import IngestMetrics
from services.ingest.problems import (
    BROKER_AWAY,
    REJECTED,
    SUBJECTS_NOT_READ,
    TOO_MANY_EVENTS,
    UNSUPPORTED_MEDIA_TYPE,
    allow_parameters,
)
from services.ingest.producer import BrokerUnavailableError
from services.ingest.request_body import Line, Patience
from services.ingest.settings import Settings
from steppe.access.callers import LOG_RESTORE, Caller
from steppe.access.middleware import AUDIT_FIELDS, CALLER, ENDED
from steppe.contracts.codec import MalformedError, decode_http_binary, decode_structured, split_json_array
from steppe.contracts.envelope import Envelope
from steppe.domain.events.validation import Fault
from steppe.http.problems import BAD_PARAMETER, Refusal

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"
BINARY = "application/json"
_MEDIA_TYPES = f"{ONE} (one event), {BATCH}, {LINES}, or {BINARY} with ce- headers (binary mode)"
_PENDING_BATCHES_MAX = 4

OnError = Literal["reject", "continue"]
Send = Callable[[Request, IngestResult], Awaitable[None]]
"""Sends the events of a request, and says in the result what became of them."""


class EventRoutes:
    """The handlers of `POST /v1/events`; one for the service."""

    def __init__(self, intake: EventIntake, settings: Settings, metrics: IngestMetrics, known_keys: KnownKeys) -> None:
        self._intake = intake
        self._known_keys = known_keys
        self._settings = settings
        self._metrics = metrics

    async def post_events(self, request: Request) -> Response:
        """202 once the log has acknowledged the events; else raises Refusal. Retrying is safe: an event counts once."""
        result = await self._accept(request, self._dispatch)
        return Response(msgspec.json.encode(result.as_json()), 202, media_type="application/json")

    async def send_one(self, request: Request, event: object) -> IngestResult:
        """What became of an event that somebody made of a request's body, as if it had been sent to POST /v1/events.

        Raises Refusal as that does.
        """

        async def send(request: Request, result: IngestResult) -> None:
            await self._accept_all_or_nothing(request, [(0, event)], result)

        return await self._accept(request, send)

    async def _accept(self, request: Request, send: Send) -> IngestResult:
        result = IngestResult(self._settings.report_entries_max)
        try:
            await send(request, result)
        except BrokerUnavailableError as error:
            self._metrics.add(result, broker_unavailable=True)
            raise _broker_unavailable(error, result) from error
        except Refusal as refusal:
            self._metrics.add(result)
            # What was acknowledged of a stream before it failed stays accepted, and the sender has to know.
            if result.accepted or result.duplicates:
                refusal.members |= {"so_far": result.as_json()}
            raise
        finally:
            _audit(request, result)
        self._intake.warn_of_unseen_events(result)
        self._metrics.add(result)
        return result

    async def _dispatch(self, request: Request, result: IngestResult) -> None:
        """Read the body in the form that its Content-Type names."""
        _refuse_content_encoding(request)
        media_type = _media_type(request)
        allow_parameters(request, "unknown_subject", *(("on_error",) if media_type == LINES else ()))
        self._unknown_subject(request)  # refused before the body is read
        match media_type:
            case "application/cloudevents+json":
                await self._post_one(request, result, decode_structured)
            case "application/cloudevents-batch+json":
                await self._post_batch(request, result)
            case "application/x-ndjson":
                if _on_error(request) == "continue":
                    await self._post_stream(request, result)
                else:
                    await self._post_lines(request, result)
            case "application/json" if any(name.startswith("ce-") for name in request.headers):
                headers = request.headers.items()
                await self._post_one(request, result, lambda body: decode_http_binary(headers, body))
            case _:
                raise _unsupported(media_type)

    async def _post_one(self, request: Request, result: IngestResult, decode: Callable[[bytes], Envelope]) -> None:
        body = await request_body.read_whole(
            request,
            self._settings.event_bytes_max,
            self._patience(),
            f"One event is smaller; send several as {LINES}.",
        )
        await self._accept_all_or_nothing(request, [(0, _decoded(decode, body, unreadable))], result)

    async def _post_batch(self, request: Request, result: IngestResult) -> None:
        body = await request_body.read_whole(
            request,
            self._settings.batch_bytes_max,
            self._patience(),
            f"Split it, or send {LINES} with on_error=continue, which has no limit.",
        )
        await self._accept_all_or_nothing(request, self._inputs_of_batch(body), result)

    async def _post_lines(self, request: Request, result: IngestResult) -> None:
        inputs: list[Input] = []
        async for lines in request_body.read_lines(
            request,
            self._settings.event_bytes_max,
            self._patience(),
            bytes_max=self._settings.batch_bytes_max,
            advice="Split it, or send it with on_error=continue, which has no limit.",
        ):
            if len(inputs) + len(lines) > self._settings.reject_lines_max:
                raise _too_many(self._settings.reject_lines_max, "lines all or nothing")
            inputs += self._inputs(lines)
        if not inputs:
            raise Refusal(REJECTED, "The body has no line with an event.", rejected=[])
        await self._accept_all_or_nothing(request, inputs, result)

    async def _accept_all_or_nothing(self, request: Request, inputs: Iterable[Input], result: IngestResult) -> None:
        batch = await self._intake.accept(
            inputs,
            result,
            all_or_nothing=True,
            may_restore=_may_restore(request),
            unknown_subject=self._unknown_subject(request),
        )
        if result.rejected_total:
            self._intake.discard(batch)
            result.duplicates = 0
            raise _rejected(result)
        self._refuse_ended(request, batch)
        await self._intake.send(batch, result)

    async def _post_stream(self, request: Request, result: IngestResult) -> None:
        pending: deque[asyncio.Task[None]] = deque()
        may_restore, unknown_subject = _may_restore(request), self._unknown_subject(request)
        is_empty = True
        try:
            async for lines in request_body.read_lines(request, self._settings.event_bytes_max, self._patience()):
                is_empty = False
                batch: PendingBatch = await self._intake.accept(
                    self._inputs(lines), result, may_restore=may_restore, unknown_subject=unknown_subject
                )
                self._refuse_ended(request, batch)
                pending.append(asyncio.create_task(self._intake.send(batch, result)))
                if len(pending) >= _PENDING_BATCHES_MAX:
                    await pending.popleft()
                else:
                    await asyncio.sleep(0)  # let the producer run
        finally:
            # Also when the client disconnected: what was handed to the producer is awaited and counted.
            outcomes = await asyncio.gather(*pending, return_exceptions=True)
        for error in outcomes:
            if error is not None:
                raise error
        if is_empty:
            raise Refusal(REJECTED, "The body has no line with an event.", rejected=[])
        if not result.accepted and not result.duplicates:
            raise _rejected(result)

    def _refuse_ended(self, request: Request, batch: PendingBatch) -> None:
        """Discard the batch and raise Refusal when the key or token was revoked, or expired, while the events were checked."""
        caller = request.scope.get(CALLER)
        if isinstance(caller, Caller) and not caller.still_valid():
            self._intake.discard(batch)
            ended: Refusal = request.scope[ENDED]
            raise ended

    def _patience(self) -> Patience:
        return Patience(self._settings.ingest_idle_seconds_max, self._settings.ingest_body_seconds_max)

    def _unknown_subject(self, request: Request) -> UnknownSubject:
        """What becomes of events of unknown subjects. Raises Refusal for `reject` while it cannot be said what is unknown."""
        match request.query_params.get("unknown_subject", "accept"):
            case "accept":
                return "accept"
            case "reject":
                if self._known_keys.unknown_because is not None:
                    problem = BAD_PARAMETER if self._known_keys.off else SUBJECTS_NOT_READ
                    detail = f"Nobody can say which subjects are unknown: {self._known_keys.unknown_because}."
                    raise Refusal(problem, detail, parameter="unknown_subject")
                return "reject"
            case other:
                raise Refusal(
                    BAD_PARAMETER,
                    f"unknown_subject is {other[:40]!r}; it is accept (with a warning where one is near) or reject.",
                    parameter="unknown_subject",
                )

    def _inputs_of_batch(self, body: bytes) -> Iterable[Input]:
        """The events of a batch, decoded when their turn has come. Raises Refusal when they are too many."""
        try:
            events = split_json_array(body)
        except MalformedError as error:
            return [(0, error)]
        if events is None:
            return [(0, MalformedError(Fault("", f"a batch is a JSON array of events; one event goes as {ONE}")))]
        if len(events) > self._settings.batch_events_max:
            raise _too_many(self._settings.batch_events_max, "events in one batch")
        limit = self._settings.event_bytes_max
        return [
            (
                index,
                MalformedError(Fault("", f"the event takes {size} bytes; at most {limit} are kept"))
                if (size := memoryview(event).nbytes) > limit
                else event,
            )
            for index, event in enumerate(events)
        ]

    def _inputs(self, lines: list[Line]) -> list[Input]:
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


def _audit(request: Request, result: IngestResult) -> None:
    """Add what became of the events to the line of the audit trail."""
    request.scope.get(AUDIT_FIELDS, {}).update(
        accepted=result.accepted,
        duplicates=result.duplicates,
        rejected=result.rejected_total,
        position=result.position,
        events=result.references,
    )


def _may_restore(request: Request) -> bool:
    """Whether the sender may set when an event was recorded: the scope log:restore."""
    caller = request.scope.get(CALLER)
    return isinstance(caller, Caller) and caller.may({LOG_RESTORE})


def _decoded(
    decode: Callable[[bytes], object],
    body: bytes,
    explain: Callable[[MalformedError, bytes], MalformedError] = lambda error, _: error,
) -> object:
    """The JSON value, or the error as a value, to be reported like that of any other event."""
    try:
        return decode(body)
    except MalformedError as error:
        return explain(error, body)


def _refuse_content_encoding(request: Request) -> None:
    if encoding := request.headers.get("content-encoding"):
        raise Refusal(
            UNSUPPORTED_MEDIA_TYPE, f"Content-Encoding {encoding[:80]!r} is not read; send the body as it is."
        )


def _media_type(request: Request) -> str:
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, f"charset {value.strip()[:40]!r} is not read; JSON is UTF-8.")
    return media_type.strip().lower()


def _unsupported(media_type: str) -> Refusal:
    if media_type == BINARY:
        detail = f"{BINARY} without ce- headers is no CloudEvent; name it {ONE}, or use {BATCH} or {LINES}."
    elif media_type:
        detail = f"Content-Type {media_type[:80]!r} is not read; use {_MEDIA_TYPES}."
    else:
        detail = f"There is no Content-Type; use {_MEDIA_TYPES}."
    return Refusal(UNSUPPORTED_MEDIA_TYPE, detail)


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


def _too_many(limit: int, what: str) -> Refusal:
    return Refusal(
        TOO_MANY_EVENTS, f"At most {limit} {what}; split it, or send {LINES} with on_error=continue.", events_max=limit
    )


def _rejected(result: IngestResult) -> Refusal:
    what = "The event was" if result.rejected_total == 1 else f"{result.rejected_total} events were"
    first = result.rejected[0]["errors"][0]
    totals: dict[str, Any] = {}
    if result.rejected_total > len(result.rejected):
        totals["rejected_total"] = result.rejected_total
    detail = f"{what} refused; the first reason, at {first['pointer'] or 'the whole'}: {first['message']}."
    if totals:
        detail += f" The first {len(result.rejected)} are listed: correct them and send again to see the others."
    return Refusal(REJECTED, detail, rejected=result.rejected, **totals)


def _broker_unavailable(error: BrokerUnavailableError, result: IngestResult) -> Refusal:
    so_far: dict[str, Any] = {"so_far": result.as_json()} if result.accepted or result.duplicates else {}
    detail = f"{error}. What was not acknowledged may or may not be in the log; send the same again, it counts once."
    return Refusal(BROKER_AWAY, detail, **so_far)
