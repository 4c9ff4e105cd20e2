"""Reads a request's body within limits of size and time: as a whole, or as the lines of an NDJSON stream.

Nothing here buffers more than a limit allows: a body that announces or proves to be larger is refused before the rest of it is
read, and of a line that is too long only the index is kept.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import Request
from starlette.requests import ClientDisconnect

from services.ingest.line_forms import BYTE_ORDER_MARK, HEAD_BYTES, body_form
from services.ingest.problems import BROKEN_OFF, TOO_LARGE, TOO_SLOW, UNSUPPORTED_MEDIA_TYPE
from steppe.http.problems import Refusal

_LINES_AT_ONCE = 1_000  # so that the many short lines of one sender do not block the event loop for the others


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a stream. `index` counts from 0 and includes blank lines; `raw` is None when the line is too long."""

    index: int
    raw: bytes | None


class Patience:
    """How long a body is waited for: `idle_seconds_max` for the next byte, `seconds_max` for the whole, or the next line."""

    def __init__(self, idle_seconds_max: float, seconds_max: float) -> None:
        self._idle_seconds_max = idle_seconds_max
        self._seconds_max = seconds_max
        self.renew()

    def renew(self) -> None:
        """Begin to wait for the next line."""
        self._ends_at = time.monotonic() + self._seconds_max

    @property
    def seconds(self) -> float:
        """For how long to wait for the next byte."""
        return min(self._idle_seconds_max, max(0.0, self._ends_at - time.monotonic()))

    def refusal(self) -> Refusal:
        """When it is over."""
        if time.monotonic() >= self._ends_at:
            detail = (
                f"The body, or a line of the stream, was not complete after {self._seconds_max:g} s; send it again."
            )
        else:
            detail = f"No byte of the body came for {self._idle_seconds_max:g} s; send it again."
        return Refusal(TOO_SLOW, detail, headers={"Connection": "close"})


async def read_whole(request: Request, bytes_max: int, patience: Patience, advice: str) -> bytes:
    """The body. Raises Refusal when it is longer than `bytes_max`, or comes too slowly."""
    _refuse_content_length(request, bytes_max, advice)
    body = bytearray()
    async for chunk in _text_chunks(request, patience):
        body += chunk
        if len(body) > bytes_max:
            raise _too_large(bytes_max, advice)
    return bytes(body)


async def read_pieces(request: Request, bytes_max: int, patience: Patience, advice: str) -> AsyncIterator[bytes]:
    """The body piece by piece, whatever it is. Raises Refusal when it is longer than `bytes_max`, or comes too slowly."""
    _refuse_content_length(request, bytes_max, advice)
    size = 0
    async for chunk in _chunks(request, patience):
        size += len(chunk)
        if size > bytes_max:
            raise _too_large(bytes_max, advice)
        yield chunk


async def read_lines(
    request: Request, line_bytes_max: int, patience: Patience, *, bytes_max: int | None = None, advice: str = ""
) -> AsyncIterator[list[Line]]:
    """The lines that are not blank, as they come, in lists of at most 1,000 that came together. LF or CRLF ends a line.

    Raises Refusal when the body comes too slowly, or is longer than `bytes_max` (None: no limit, and each line has its time).
    """
    if bytes_max is not None:
        _refuse_content_length(request, bytes_max, advice)
    index = bytes_read = 0
    rest = b""
    too_long = False  # inside a line whose beginning was dropped
    async for chunk in _text_chunks(request, patience):
        bytes_read += len(chunk)
        if bytes_max is not None and bytes_read > bytes_max:
            raise _too_large(bytes_max, advice)
        complete = (rest + chunk).split(b"\n")
        rest = complete.pop()
        batch: list[Line] = []
        has_line = any(raw and not raw.isspace() for raw in complete)
        for raw in complete:
            if too_long or len(raw) > line_bytes_max:
                batch.append(Line(index, None))
                too_long = False
            elif raw and not raw.isspace():
                batch.append(Line(index, raw))
            index += 1
            if len(batch) >= _LINES_AT_ONCE:
                yield batch
                batch = []
        if len(rest) > line_bytes_max:
            too_long, rest = True, b""
        if batch:
            yield batch
        if bytes_max is None and has_line:
            patience.renew()
    if too_long:
        yield [Line(index, None)]
    elif rest and not rest.isspace():
        yield [Line(index, rest)]


async def _text_chunks(request: Request, patience: Patience) -> AsyncIterator[bytes]:
    """The body without a byte order mark. Raises Refusal when its first bytes say that it is no UTF-8 text."""
    head: bytes | None = b""  # None: it was looked at
    async for chunk in _chunks(request, patience):
        if head is None:
            yield chunk
            continue
        head += chunk
        if len(head) >= HEAD_BYTES:
            yield _text_of(head)
            head = None
    if head:
        yield _text_of(head)


def _text_of(head: bytes) -> bytes:
    if form := body_form(head[:HEAD_BYTES]):
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, form)
    return head.removeprefix(BYTE_ORDER_MARK)


async def _chunks(request: Request, patience: Patience) -> AsyncIterator[bytes]:
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(patience.seconds):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise patience.refusal() from None
        except ClientDisconnect:
            raise Refusal(BROKEN_OFF, "The connection ended inside the body; send it again.") from None
        if chunk is None:
            return
        if chunk:
            yield chunk


def _refuse_content_length(request: Request, bytes_max: int, advice: str) -> None:
    content_length = request.headers.get("content-length", "")
    if content_length.isdigit() and int(content_length) > bytes_max:
        raise _too_large(bytes_max, advice)


def _too_large(bytes_max: int, advice: str) -> Refusal:
    return Refusal(TOO_LARGE, f"The body is larger than {bytes_max} bytes. {advice}", bytes_max=bytes_max)
