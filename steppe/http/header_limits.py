"""Heads of requests within limits of size and time. A protocol for uvicorn; httptools itself has no limit.

64 KiB is four times what browsers and proxies send at most; more gets 400 and the connection is closed. So is one on which no
whole head comes for twenty seconds, or connections that say nothing would pile up.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_BYTES_MAX = 64 * 1024


class HeadersTooLargeError(Exception):
    """More than HEADER_BYTES_MAX."""


class LimitedHeadersProtocol(HttpToolsProtocol):
    """Uvicorn's protocol with a limit on the request line and the headers together, and on the time they take."""

    header_seconds_max = 20.0
    _head_timer: asyncio.TimerHandle | None = None
    _begun = False
    _head_bytes = 0
    _unfinished_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Somebody connects."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Somebody is gone."""
        self._head_has_come()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._await_head()
        self._begun, self._head_bytes, self._unfinished_bytes = True, 0, 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the request line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; httptools turns what is raised into a refusal."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._begun = False
        self._head_has_come()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Bytes of a head that does not end are not kept for ever, even if it is one header."""
        if self._begun and self._unfinished_bytes > HEADER_BYTES_MAX:
            self.send_400_response("The head of the request is too large.")
            return
        super().data_received(data)
        if self._begun:
            self._unfinished_bytes += len(data)

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.header_seconds_max, self._close)

    def _head_has_come(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _count(self, more: int) -> None:
        self._head_bytes += more
        if self._head_bytes > HEADER_BYTES_MAX:
            raise HeadersTooLargeError
