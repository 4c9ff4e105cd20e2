"""Requests that nobody waits for any more end: an ASGI middleware that cancels what works on them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CLIENT_LEFT = 499
"""The status under which metrics count a request whose client left before it was answered; nobody receives it."""


class CancelAbandoned:
    """Cancels the answer when the client hangs up, so that its queries, places in queues and processes become free.

    An answer that began ends where it is, also when the rest of the body is refused. `but`: paths that watch for the client
    themselves.
    """

    def __init__(self, app: ASGIApp, but: Collection[str]) -> None:
        self._app = app
        self._but = but

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does, as long as somebody waits for it."""
        if scope["type"] != "http" or scope["path"] in self._but:
            await self._app(scope, receive, send)
            return
        messages: asyncio.Queue[Message] = asyncio.Queue(maxsize=1)  # so that a body still comes as fast as it is read
        answer_began = False

        async def send_answer(message: Message) -> None:
            nonlocal answer_began
            answer_began = True
            await send(message)

        answering = asyncio.ensure_future(self._app(scope, messages.get, send_answer))
        bodiless = scope["method"] in ("GET", "HEAD")
        watching = asyncio.create_task(_discard(receive, messages) if bodiless else _forward(receive, messages))
        try:
            await asyncio.wait({answering, watching}, return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                answering.result()
            else:
                await _ended(answering)
                if answer_began:
                    watching.exception()
                    return  # there is no second answer; the server closes a connection whose answer is not complete
                watching.result()  # raises what refused the rest of the body
                await send({"type": "http.response.start", "status": CLIENT_LEFT, "headers": []})
        finally:
            await _ended(answering)
            await _ended(watching)


async def _forward(receive: Receive, messages: asyncio.Queue[Message]) -> None:
    """Pass on what the client sends; return when it has left."""
    while (message := await receive())["type"] != "http.disconnect":
        await messages.put(message)


async def _discard(receive: Receive, messages: asyncio.Queue[Message]) -> None:
    """Give the app an empty body, drop what the client sends, which nobody would read, and return when it has left."""
    messages.put_nowait({"type": "http.request", "body": b"", "more_body": False})
    while (await receive())["type"] != "http.disconnect":
        pass


async def _ended(task: asyncio.Future[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task
