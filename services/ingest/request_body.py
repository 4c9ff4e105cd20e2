"""Reading a request's body within its limits: whole, or as the lines of a stream. Knows bytes and HTTP; no event.

Nothing here holds more than a limit allows: a body that says or proves to be larger is refused before the rest of it
is read, and of a line that is too long only the number is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import Request
from starlette.requests import ClientDisconnect

from services.ingest.problems import BROKEN_OFF, TOO_LARGE, TOO_SLOW
from steppe.http.problems import Refusal

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINES_AT_ONCE = 1_000  # so that one sender's many short lines do not keep the others waiting


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a stream, counted from 0, empty ones included. `raw` is None when it is too long to be kept."""

    index: int
    raw: bytes | None


async def whole(request: Request, bytes_max: int, idle_seconds_max: float, advice: str) -> bytes:
    """The body, at most that long."""
    _refuse_announced(request, bytes_max, advice)
    body = bytearray()
    async for chunk in _chunks(request, idle_seconds_max):
        body += chunk
        if len(body) > bytes_max:
            raise _too_large(bytes_max, advice)
    return bytes(body)


async def lines(
    request: Request, line_bytes_max: int, idle_seconds_max: float, *, bytes_max: int | None = None, advice: str = ""
) -> AsyncIterator[list[Line]]:
    """The lines that are not blank, as they come, in lists of what came together. LF or CRLF ends a line."""
    if bytes_max is not None:
        _refuse_announced(request, bytes_max, advice)
    index = read = 0
    rest = b""
    too_long = False  # inside a line of which the beginning was thrown away
    async for chunk in _chunks(request, idle_seconds_max):
        if read == 0:
            chunk = chunk.removeprefix(_BYTE_ORDER_MARK)
        read += len(chunk)
        if bytes_max is not None and read > bytes_max:
            raise _too_large(bytes_max, advice)
        complete = (rest + chunk).split(b"\n")
        rest = complete.pop()
        found: list[Line] = []
        for raw in complete:
            if too_long or len(raw) > line_bytes_max:
                found.append(Line(index, None))
                too_long = False
            elif raw and not raw.isspace():
                found.append(Line(index, raw))
            index += 1
            if len(found) >= _LINES_AT_ONCE:
                yield found
                found = []
        if len(rest) > line_bytes_max:
            too_long, rest = True, b""
        if found:
            yield found
    if too_long:
        yield [Line(index, None)]
    elif rest and not rest.isspace():
        yield [Line(index, rest)]


async def _chunks(request: Request, idle_seconds_max: float) -> AsyncIterator[bytes]:
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(idle_seconds_max):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise Refusal(TOO_SLOW, f"No byte of the body came for {idle_seconds_max:g} s; send it again.") from None
        except ClientDisconnect:
            raise Refusal(BROKEN_OFF, "The connection ended inside the body; send it again.") from None
        if chunk is None:
            return
        if chunk:
            yield chunk


def _refuse_announced(request: Request, bytes_max: int, advice: str) -> None:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > bytes_max:
        raise _too_large(bytes_max, advice)


def _too_large(bytes_max: int, advice: str) -> Refusal:
    return Refusal(TOO_LARGE, f"The body is larger than {bytes_max} bytes. {advice}", bytes_max=bytes_max)
