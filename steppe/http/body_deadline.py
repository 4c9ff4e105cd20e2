"""A deadline for the body of a request, as an ASGI middleware: what is not complete in time is refused with 408.

For services whose bodies are small; ingest, which takes streams of any length, has deadlines of its own.
"""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steppe.http.problems import Problem, Refusal

BODY_TOO_SLOW = Problem(slug="body-too-slow", status=408, title="Request body timed out")


class BodyDeadline:
    """Gives a body `seconds_max` in all, however it is dealt out."""

    def __init__(self, app: ASGIApp, seconds_max: float) -> None:
        self._app = app
        self._seconds_max = seconds_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does, or refuse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        ends_at = asyncio.get_running_loop().time() + self._seconds_max
        complete = False

        async def receive_in_time() -> Message:
            nonlocal complete
            if complete:
                return await receive()
            try:
                async with asyncio.timeout_at(ends_at):
                    message = await receive()
            except TimeoutError:
                detail = f"The body was not complete after {self._seconds_max:g} s; send it again."
                raise Refusal(BODY_TOO_SLOW, detail, headers={"Connection": "close"}) from None
            complete = not message.get("more_body", False)
            return message

        await self._app(scope, receive_in_time, send)
