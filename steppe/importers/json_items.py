"""Items of a JSON file one after the other, in bounded memory: of a package, of a list, or one a line."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator, Set
from pathlib import Path
from typing import Any

import ijson

from steppe.importers.source_file import ZIP, BadFileError, head_of, is_markup, open_bytes

_ITEM_BYTES_MAX = 64 << 20
_CHUNK_BYTES = 65_536
_DEPTH_MAX = 1_000  # the parser keeps a path for each level
_BRACKET = re.compile(rb"[\[\]{}]")
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

Item = dict[str, Any]
Layout = Callable[[Set[str], bool], str | None]
"""By the names at the top of the first document, and whether these are all: the name of the list that holds the items, empty
where the document is one itself, None where it cannot be said (yet)."""


class _Metered:
    """A stream that refuses to go on when too much was read since the last whole item, or too deep in it: it would fill the memory."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._since_item = self._depth = 0
        self._decode: Callable[[bytes, bool], str] | None = None
        start = stream.peek(4)[:4]
        if start.startswith(codecs.BOM_UTF8):
            stream.read(len(codecs.BOM_UTF8))
        elif start.startswith(_WIDE):
            self._decode = codecs.getincrementaldecoder("utf-16")().decode

    def begin_item(self) -> None:
        self._since_item = self._depth = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._text(_CHUNK_BYTES if size < 0 else size)
        self._since_item += len(piece)
        if self._since_item > _ITEM_BYTES_MAX:
            raise BadFileError(
                f"it goes on for {self._since_item >> 20} MiB without the end of an item that can be read; it is damaged, or no such file"
            )
        # Brackets in texts are counted, too: a thousand of them that are never closed stand in no text.
        if self._depth + piece.count(b"[") + piece.count(b"{") > _DEPTH_MAX:
            for bracket in _BRACKET.findall(piece):
                self._depth += 1 if bracket in b"[{" else -1
                if self._depth > _DEPTH_MAX:
                    raise BadFileError(
                        f"its values lie in each other more than {_DEPTH_MAX:,} deep; it is damaged, or no such file"
                    )
        else:
            self._depth += piece.count(b"[") + piece.count(b"{") - piece.count(b"]") - piece.count(b"}")
        return piece

    def _text(self, size: int) -> bytes:
        piece = self._stream.read(size)
        if self._decode is None:
            return piece
        while True:  # an odd byte alone gives no character yet, and nothing would mean the end
            text = self._decode(piece, not piece)
            if text or not piece:
                return text.encode()
            piece = self._stream.read(_CHUNK_BYTES)


def json_items(path: Path, layout: Layout, what: str) -> Iterator[tuple[int, Item]]:
    """The items with their numbers, from 1. Several documents may follow each other, one a line. Decimals are kept as they are written.

    `what` says in a refusal what was expected. Raises BadFileError for what is no such JSON, and where it breaks off.
    """
    prefix = _prefix(path, layout, what)
    number = 0
    with open_bytes(path) as stream:
        metered = _Metered(stream)
        try:
            for item in ijson.items(metered, prefix, multiple_values=True):
                number += 1
                metered.begin_item()
                if isinstance(item, dict):
                    yield number, item
        except (ijson.JSONError, UnicodeError) as error:
            raise BadFileError(
                f"behind item {number} it is no JSON, or it breaks off ({_said(error)}); get it again"
            ) from error


def text_at_top(path: Path, name: str) -> str | None:
    """The text of a name at the top of the first document; None where there is none. Raises BadFileError."""
    key: object = None
    try:
        for depth, event, value in _top_of(path):
            if (depth, event) == (1, "map_key"):
                key = value
            elif (depth, event, key) == (1, "string", name):
                return str(value)
            elif depth == 0:
                break
    except (ijson.JSONError, UnicodeError) as error:
        raise BadFileError(f"it is no JSON, or damaged ({_said(error)})") from error
    return None


def _prefix(path: Path, layout: Layout, what: str) -> str:
    """Where the items stand, as the parser names it: `releases.item`, `item`, or empty for documents that are items."""
    head = head_of(path)
    if head.startswith(ZIP) or is_markup(head):
        raise BadFileError(f"it is no JSON; {what}")
    names: set[str] = set()
    top: int | None = None
    try:
        for depth, event, value in _top_of(path):
            if top is None:
                top = 2 if event == "start_array" else 1
            is_end = event == "end_map" and depth == top - 1
            if event == "map_key" and depth == top:
                names.add(value)
            elif not is_end:
                continue
            name = layout(names, is_end)
            if name is not None:
                return ".".join(piece for piece in ("item" * (top - 1), name, "item" if name else "") if piece)
            if is_end:
                break
    except (ijson.JSONError, UnicodeError) as error:
        raise BadFileError(f"it is no JSON, or damaged ({_said(error)}); {what}") from error
    raise BadFileError(f"it is JSON of another sort; {what}")


def _top_of(path: Path) -> Iterator[tuple[int, str, Any]]:
    """What the parser says, with how deep it stands after it: nothing of it is kept, however much there is."""
    depth = 0
    with open_bytes(path) as stream:
        metered = _Metered(stream)
        for event, value in ijson.basic_parse(metered, multiple_values=True):
            metered.begin_item()
            depth += 1 if event in ("start_map", "start_array") else -1 if event in ("end_map", "end_array") else 0
            yield depth, event, value


def _said(error: Exception) -> str:
    words = str(error).splitlines()
    return words[0].strip() if words else type(error).__name__
