"""Security headers of every answer, as an ASGI middleware: no MIME sniffing, no framing, a Content Security Policy."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
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
"""The headers of answers that are data, not a page: a browser may load nothing with them (Content Security Policy Level 3)."""

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content Security Policy of pages: the service's own files and addresses alone, nothing inline."""

_NOBODY = "frame-ancestors 'none'"
_DOCS = "/docs"
_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


class SecurityHeaders:
    """Adds the headers to every answer, also to refusals; a header that is set already stays as it is."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        docs_start: Message | None = None

        async def send_with_headers(message: Message) -> None:
            nonlocal docs_start
            if message["type"] == "http.response.start":
                if scope["path"] == _DOCS:
                    docs_start = message  # its policy names its scripts, which are in the body
                    return
                _add(message, DATA_HEADERS)
            elif docs_start is not None:
                start, docs_start = docs_start, None
                policy = docs_policy(message.get("body", b""))
                _add(start, {**DATA_HEADERS, "Content-Security-Policy": policy})
                await send(start)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def embedded_policy(origins: Sequence[str]) -> str:
    """PAGE_POLICY of a page that these origins may frame; without any nobody may."""
    return PAGE_POLICY.replace(_NOBODY, f"frame-ancestors {' '.join(origins)}") if origins else PAGE_POLICY


def docs_policy(page: bytes) -> str:
    """The Content Security Policy of /docs: the service's own files, and the inline scripts of the page, each by its hash.

    Only for a page without any text from outside the service.
    """
    hashes = [base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _INLINE_SCRIPT.findall(page)]
    scripts = " ".join(["'self'", *(f"'sha256-{digest}'" for digest in hashes)])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
        " connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )


def _add(start: Message, added: Mapping[str, str]) -> None:
    headers = list(start.get("headers", ()))
    present = {name.lower() for name, _ in headers}
    encoded = [(name.lower().encode(), value.encode()) for name, value in added.items()]
    start["headers"] = headers + [(name, value) for name, value in encoded if name not in present]
