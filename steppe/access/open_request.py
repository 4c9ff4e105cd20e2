"""A request that stays open: each part of its body, and each part of a stream, is authorised when it comes or goes.

A key may be revoked and a token may expire in the meantime. Within a second an upload is then refused with 401, and the
application is told that the client has left, which ends its stream.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from steppe.access.callers import Caller
from steppe.http.problems import Refusal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_CHECK_SECONDS = 1.0
_LEFT = {"type": "http.disconnect"}


class OpenRequest:
    """What an application receives and sends instead of the server's own. `refusal` is the answer once the caller is not valid."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, caller: Caller, refusal: Refusal) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._caller = caller
        self._refusal = refusal
        self._opened_at = time.monotonic()
        self._body_complete = False
        self._answer_begun = False
        self._is_event_stream = False
        self.cut_off = False

    async def receive(self) -> Message:
        """The next part of the body. Raises Refusal when the caller is no longer valid; after the body it has left then."""
        message = await self._next_message()
        if message is None and not self._body_complete:
            self.cut_off = True
            raise self._refusal
        if message is None:
            self.cut_off = True
            return dict(_LEFT)
        self._body_complete = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the answer. An answer that was long in coming is replaced by the refusal if nothing was written."""
        if self.cut_off and self._body_complete:
            return
        if message["type"] == "http.response.start":
            if self._scope["method"] in ("GET", "HEAD") and self._is_lasting() and not self._caller.still_valid():
                self._body_complete = self.cut_off = True
                return
            self._answer_begun = True
            self._is_event_stream = _is_event_stream(message)
        elif message.get("more_body") and self._is_lasting() and not self._caller.still_valid():
            self._body_complete = self.cut_off = True
            return
        await self._send(message)

    async def finish(self) -> None:
        """Send the refusal, or the end of an event stream, to whom was cut off after the body; another answer stays incomplete."""
        if not self.cut_off or not self._body_complete:
            return
        if not self._answer_begun:
            await self._refusal.response(self._scope["path"])(self._scope, self._receive, self._send)
        elif self._is_event_stream:
            await self._send({"type": "http.response.body", "body": b""})

    async def _next_message(self) -> Message | None:
        """What the server receives next; None when the caller is no longer valid."""
        while True:
            try:
                async with asyncio.timeout(_CHECK_SECONDS):
                    message = await self._receive()
                break
            except TimeoutError:
                if not self._caller.still_valid():
                    return None
        return message if self._caller.still_valid() else None

    def _is_lasting(self) -> bool:
        return time.monotonic() - self._opened_at >= _CHECK_SECONDS


def _is_event_stream(start: Message) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in start["headers"])
