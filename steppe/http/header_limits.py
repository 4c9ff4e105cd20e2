"""Limits on the number and size of request headers and on the time they take: a protocol for uvicorn.

httptools itself has no limit, and reads HTTP/0.9 and 2.0 in a request line as if they were 1.1. 64 KiB and 100 headers are four
times what browsers and proxies send at most; more gets 400 and the connection is closed, and so does another version than 1.0
and 1.1. A connection is also closed when its headers are not complete after twenty seconds, or idle connections would pile up
(slowloris), or when the body of a request that was answered before its end, as a refusal is, goes on for five seconds more.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_BYTES_MAX = 64 * 1024
HEADERS_MAX = 100
_VERSIONS = ("1.0", "1.1")


class HeadersTooLargeError(Exception):
    """More than HEADER_BYTES_MAX or HEADERS_MAX."""


class UnsupportedVersionError(Exception):
    """The request is of another version of HTTP."""


class LimitedHeadersProtocol(HttpToolsProtocol):
    """Uvicorn's protocol with a limit on the request line and the headers together, their number and the time they take."""

    header_seconds_max = 20.0
    rest_of_body_seconds_max = 5.0
    _rest_of_body_timer: asyncio.TimerHandle | None = None
    _header_timer: asyncio.TimerHandle | None = None
    _in_headers = False
    _header_bytes = 0
    _unfinished_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A client connects: its headers must be complete in time."""
        super().connection_made(transport)
        self._start_header_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop_header_timer()
        self._stop_rest_of_body_timer()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A request begins."""
        self._start_header_timer()
        self._in_headers, self._header_bytes, self._unfinished_bytes = True, 0, 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the request line counts, too."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header; httptools turns what is raised into a 400."""
        self._count(len(name) + len(value))
        if len(self.headers) >= HEADERS_MAX:
            raise HeadersTooLargeError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """All headers have come."""
        self._in_headers = False
        self._stop_header_timer()
        if self.parser.get_http_version() not in _VERSIONS:
            raise UnsupportedVersionError
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body has come to its end."""
        self._stop_rest_of_body_timer()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """A client that has its answer may finish its body, so that it reads the answer, but not for ever."""
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body and self._rest_of_body_timer is None:
            self._rest_of_body_timer = self.loop.call_later(self.rest_of_body_seconds_max, self._close)

    def data_received(self, data: bytes) -> None:
        """Refuse a single header that does not end, which httptools would buffer without limit."""
        if self._in_headers and self._unfinished_bytes > HEADER_BYTES_MAX:
            self.send_400_response("The head of the request is too large.")
            return
        super().data_received(data)
        if self._in_headers:
            self._unfinished_bytes += len(data)

    def _start_header_timer(self) -> None:
        if self._header_timer is None:
            self._header_timer = self.loop.call_later(self.header_seconds_max, self._close)

    def _stop_header_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _stop_rest_of_body_timer(self) -> None:
        if self._rest_of_body_timer is not None:
            self._rest_of_body_timer.cancel()
            self._rest_of_body_timer = None

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _count(self, more: int) -> None:
        self._header_bytes += more
        if self._header_bytes > HEADER_BYTES_MAX:
            raise HeadersTooLargeError
