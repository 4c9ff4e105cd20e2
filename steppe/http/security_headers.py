"""What every answer tells a browser to refuse: guessing types, framing, foreign and unknown scripts.

An ASGI layer for the outside of a service. Knows HTTP's words and no service; how access is granted is said elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

DATA_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}
"""Data is never a page: whoever opens it in a browser may load nothing with it (Content Security Policy Level 3)."""

_DOCS = "/docs"
_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


class SecurityHeaders:
    """Adds the headers to every answer of the service within, also to refusals; what is set already stays as it is."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the service within does."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        held: Message | None = None

        async def guarded(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                if scope["path"] == _DOCS:
                    held = message  # its policy names its scripts, which are in the body
                    return
                _add(message, DATA_HEADERS)
            elif held is not None:
                start, held = held, None
                policy = docs_policy(message.get("body", b""))
                _add(start, {**DATA_HEADERS, "Content-Security-Policy": policy})
                await send(start)
            await send(message)

        await self._app(scope, receive, guarded)


def docs_policy(page: bytes) -> str:
    """What the page of the documentation may load: the service's own files, and the scripts in it, each by its hash.

    Only for a page that nobody outside the service can put a word into.
    """
    hashes = [base64.b64encode(hashlib.sha256(found).digest()).decode() for found in _INLINE_SCRIPT.findall(page)]
    scripts = " ".join(["'self'", *(f"'sha256-{one}'" for one in hashes)])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
        " connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )


def _add(start: Message, wanted: Mapping[str, str]) -> None:
    headers = list(start.get("headers", ()))
    there = {name.lower() for name, _ in headers}
    own = [(name.lower().encode(), value.encode()) for name, value in wanted.items()]
    start["headers"] = headers + [(name, value) for name, value in own if name not in there]
