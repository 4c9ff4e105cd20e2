"""/v1/stream: the feed of transitions as server-sent events, from where the reader left off, without loss or repeat.

One connection listens for all streams, or looks for all where nobody can listen. Each stream reads what is behind its place, then
waits, then reads again; it listens before it reads, so that nothing is missed between the two.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress

import msgspec
from fastapi import APIRouter, Request, Response
from starlette.types import Receive, Scope, Send

from services.api.problems import TOO_MANY_STREAMS, of_database
from services.api.routes import transitions
from services.api.store.notifications import notifications
from services.api.store.sessions import Sessions
from services.api.store.snapshot import Reader
from services.api.web import query_parameters
from services.api.web.operations import stream_operation
from services.api.web.query_parameters import STREAM, Question
from services.api.web.responses import service_of
from steppe.contracts.announcements import TransitionItem
from steppe.database.outbox_writer import CHANNEL
from steppe.http.problems import BAD_PARAMETER, Refusal

log = logging.getLogger(__name__)

router = APIRouter(tags=["feed"])

PATH = "/v1/stream"
MEDIA_TYPE = "text/event-stream"
HEARTBEAT_SECONDS = 15.0
_RETRY_MS = 2000
_ROWS_AT_ONCE = 200
_LISTEN_SECONDS_MAX = 2.0
_LOOK_SECONDS = 5.0
_RECONNECT_SECONDS = 1.0
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get(PATH, response_class=Response, openapi_extra=stream_operation(STREAM, MEDIA_TYPE))
async def stream(request: Request) -> Response:
    """What `/v1/flags/transitions` lists, as it is found out: server-sent events named `transition`, each with its id.

    History is left out as there, unless `backfill=true`. A reader that reconnects with `Last-Event-ID` (browsers do by
    themselves) or `after` goes on from that id; one that has neither begins with what comes next. One caller may have a
    quarter of the streams that may be open (`STEPPE_STREAMS_MAX`) and at least one; more are refused.
    """
    question = query_parameters.read(request, STREAM, formats=query_parameters.EVENT_STREAM)
    after = _last_event_id(request)
    if after is None:
        after = question.filters.get("after")
    streams = request.app.state.streams
    assert isinstance(streams, Streams)
    async with service_of(request).reader.snapshot() as snapshot:
        last = await transitions.last_id(snapshot, after or 0)
    if request.scope.get("steppe.head"):
        return Response(headers=_HEADERS, media_type=MEDIA_TYPE)
    streams.enter(question.caller)
    return EventStream(streams, service_of(request).reader, last if after is None else after, question)


class Streams:
    """The open streams of this process: how many there may be, what wakes them, and their common end.

    One caller may have a quarter of `streams_max`, and at least one.
    """

    def __init__(self, sessions: Sessions, streams_max: int, stuck_seconds_max: float) -> None:
        self._sessions = sessions
        self._streams_max = streams_max
        self._streams_of_one_max = max(1, streams_max // 4)
        self.stuck_seconds_max = stuck_seconds_max
        self._open: Counter[str] = Counter()
        self._moved = asyncio.Condition()
        self._listening = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ends = False
        self.wakings = 0

    @property
    def ends(self) -> bool:
        """Whether the service stops: streams then come to their end."""
        return self._ends

    def enter(self, caller: str) -> None:
        """Count one more open stream of a caller. Raises Refusal, and counts nothing, when the caller has as many as one may
        have, or all together as many as there may be. Whoever was counted calls `leave` once."""
        of_caller, of_all = self._open[caller], self._open.total()
        if of_all >= self._streams_max:
            raise Refusal(TOO_MANY_STREAMS, f"{of_all} streams are open. Retry, or read the feed in pages.")
        if of_caller >= self._streams_of_one_max:
            detail = f"{of_caller} streams of yours are open, the most that one caller may have. Close one, or read the feed in pages."
            raise Refusal(TOO_MANY_STREAMS, detail)
        self._open[caller] += 1

    def leave(self, caller: str) -> None:
        """Count one open stream of a caller less."""
        self._open[caller] -= 1
        if not self._open[caller]:
            del self._open[caller]

    def end(self) -> None:
        """End all streams; may be called from a signal handler, and twice."""
        self._ends = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self._wake()))

    async def close(self) -> None:
        """Stop listening."""
        self._ends = True
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def listens(self, reader: Reader) -> None:
        """Return when somebody listens or looks for announcements, or after a moment when the database is unavailable."""
        if self._task is None or self._task.done():
            self._loop = asyncio.get_running_loop()
            self._listening.clear()
            self._task = asyncio.create_task(self._follow(reader), name="stream-watch")
        with suppress(TimeoutError):
            await asyncio.wait_for(self._listening.wait(), _LISTEN_SECONDS_MAX)

    async def changed(self, seen: int, seconds: float) -> bool:
        """Wait until there is something new since `seen`, or the end; False when time is up."""
        try:
            async with asyncio.timeout(seconds), self._moved:
                await self._moved.wait_for(lambda: self.wakings != seen or self._ends)
        except TimeoutError:
            return False
        return True

    async def _wake(self) -> None:
        async with self._moved:
            self.wakings += 1
            self._moved.notify_all()

    async def _follow(self, reader: Reader) -> None:
        while self._open and not self._ends:
            try:
                await self._listen(reader)
            except Exception as error:
                if of_database(error) is None:
                    log.exception("streams fall back to looking every %.0f s", HEARTBEAT_SECONDS)
                else:
                    log.warning("streams: %s: %s; listening again", type(error).__name__, error)
                await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self, reader: Reader) -> None:
        last = None  # streams are woken for what was announced while nobody listened
        async with notifications(self._sessions, CHANNEL) as announced:
            while self._open and not self._ends:
                await announced.listen()
                self._listening.set()
                async with reader.snapshot() as snapshot:
                    current = await transitions.last_id(snapshot, 0)
                if current != last:
                    last = current
                    await self._wake()
                await announced.wait(_LOOK_SECONDS)


class EventStream(Response):
    """One reader's stream. Ends with the reader, with the service, or when the reader takes nothing."""

    media_type = MEDIA_TYPE

    def __init__(self, streams: Streams, reader: Reader, after: int, question: Question) -> None:
        super().__init__(headers=_HEADERS, media_type=MEDIA_TYPE)
        del self.headers["content-length"]
        self._streams = streams
        self._reader = reader
        self._after = after
        self._question = question

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send transitions until the reader leaves or the service stops."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            sending = asyncio.create_task(self._send_transitions(send))
            leaving = asyncio.create_task(_until_left(receive))
            _, rest = await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            for task in rest:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            if sending.done() and not sending.cancelled():
                sending.result()
                await send({"type": "http.response.body", "body": b""})
        except _StuckError:
            log.warning("a reader of the stream took nothing for %.0f s: dropped", self._streams.stuck_seconds_max)
        except Exception as error:
            # The headers are out: the reader sees the stream end, and comes back with the last id that it has.
            if of_database(error) is None:
                raise
            log.warning("a stream ends: %s: %s", type(error).__name__, error)
        finally:
            self._streams.leave(self._question.caller)

    async def _send_transitions(self, send: Send) -> None:
        await self._send_text(send, f"retry: {_RETRY_MS}\n\n")
        await self._streams.listens(self._reader)
        while not self._streams.ends:
            seen = self._streams.wakings
            async with self._reader.snapshot() as snapshot:
                items = await transitions.items_after(snapshot, self._after, self._question.filters, _ROWS_AT_ONCE)
                last = await transitions.last_id(snapshot, 0)
            if items:
                await self._send_text(send, "".join(_event(item) for item in items))
            if len(items) == _ROWS_AT_ONCE:
                self._after = items[-1]["id"]
                continue
            self._after = max(self._after, last)
            if not await self._streams.changed(seen, HEARTBEAT_SECONDS):
                await self._send_text(send, ":\n\n")
                await self._streams.listens(self._reader)

    async def _send_text(self, send: Send, text: str) -> None:
        try:
            async with asyncio.timeout(self._streams.stuck_seconds_max):
                await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
        except TimeoutError:
            raise _StuckError from None


class _StuckError(Exception):
    """The reader takes nothing."""


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(item: TransitionItem) -> str:
    return f"id: {item['id']}\nevent: transition\ndata: {msgspec.json.encode(item).decode()}\n\n"


def _last_event_id(request: Request) -> int | None:
    text = request.headers.get("last-event-id")
    if not text:
        return None
    try:
        last_id: int = query_parameters.PARAMETERS["after"].read(text)
    except ValueError as error:
        raise Refusal(BAD_PARAMETER, f"Last-Event-ID: {error}.", parameter="Last-Event-ID") from None
    return last_id
