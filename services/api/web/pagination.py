"""Pagination by cursors: opaque, versioned, and bound to the query they were given for.

A cursor holds the order key of the last row (keyset pagination), the day that was asked, and a fingerprint of path, filters and order. The
day is in it so that paging that began yesterday ends on the list it began with. `cut_page` cuts a page of results off the rows that were read.

A cursor comes back from outside, so it may hold anything: `decode` reads its form and `after` its order key, part by part, for
every list. Nothing else takes a cursor apart.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

import msgspec

from services.api.problems import STALE_CURSOR
from services.api.web import parse_values
from steppe.http.problems import Refusal

VERSION = 1

Row = TypeVar("Row")

Part = Callable[[str], Any]
"""Reads one part of an order key. Raises ValueError."""

PARTITION: Part = parse_values.count(0, 2**31 - 1)
WHOLE_NUMBER: Part = parse_values.count(0, 2**63 - 1)


class Cursor(msgspec.Struct, frozen=True, rename={"version": "v", "fingerprint": "f", "as_of": "a", "key": "k"}):
    """The place after a row."""

    version: int
    fingerprint: str
    as_of: date
    key: list[str]


def fingerprint(path: str, question: list[tuple[str, tuple[str, ...]]], as_of: date) -> str:
    """Equal for equal questions, whatever the order of the parameters."""
    canonical = msgspec.json.encode([path, sorted(question), as_of])
    return hashlib.sha256(canonical).hexdigest()[:16]


def encode(key: list[str], as_of: date, digest: str) -> str:
    """The cursor as text for a URL."""
    raw = msgspec.json.encode(Cursor(version=VERSION, fingerprint=digest, as_of=as_of, key=key))
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> Cursor:
    """Read what `encode` wrote. Refuses anything else, and other versions, as stale."""
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        cursor = msgspec.json.decode(raw, type=Cursor)
    except (UnicodeError, binascii.Error, msgspec.MsgspecError, RecursionError):
        raise _stale("The cursor cannot be read.") from None
    if cursor.version != VERSION:
        raise _stale(f"The cursor is of version {cursor.version}, this service speaks {VERSION}.")
    try:
        parse_values.day(cursor.as_of.isoformat())
    except ValueError as error:
        raise _stale(f"The cursor is of no day that can be asked for: {error}.") from None
    return cursor


def check(cursor: Cursor, digest: str) -> None:
    """Refuse a cursor that was given for another question."""
    if cursor.fingerprint != digest:
        raise _stale("The cursor was given for another path, other filters, another order or another as_of.")


def _stale(detail: str) -> Refusal:
    return Refusal(STALE_CURSOR, f"{detail} Start again without cursor=.", parameter="cursor")


def text(value: str) -> str:
    """A part of an order key that is any text which the database can hold."""
    if "\x00" in value:
        raise ValueError("a text without NUL")
    return value


def after(key: Sequence[str] | None, *parts: Part) -> list[Any]:
    """The order key of the last row of the page before, each part read by its reader; all None on the first page.

    Raises Refusal when the key is not one of this list, whoever wrote it.
    """
    if key is None:
        return [None] * len(parts)
    try:
        return [read(value) for read, value in zip(parts, key, strict=True)]
    except ValueError:
        raise _stale("The cursor is of another list.") from None


def cut_page(rows: list[Row], limit: int) -> tuple[list[Row], bool]:
    """The rows of one page, and whether there are more: routes read one row more than `limit` to know that."""
    return rows[:limit], len(rows) > limit
