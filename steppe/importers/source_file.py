"""The file that is imported: what it is by its first bytes, unpacked and decoded with limits; and the refusal of what cannot be read."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import itertools
import lzma
import zlib
from pathlib import Path

_HEAD_BYTES = 65_536
_UNPACKED_BYTES_MAX = 4 << 30
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ZIP = b"PK\x03\x04"
_FORMS = (
    (b"%PDF", "a PDF; import the table that it was made from"),
    (b"\xd0\xcf\x11\xe0", "a workbook of Excel before 2007, or one with a password; save it as .xlsx without a password"),
    (b"\x89PNG", "a picture; import the table that it shows"),
    (b"\xff\xd8\xff", "a picture; import the table that it shows"),
    (b"PAR1", "a Parquet file; save it as CSV"),
)  # fmt: skip


class BadFileError(ValueError):
    """The file cannot be imported; the message says what it is and what to do."""


class _LimitedReader(io.RawIOBase):
    """Reads what is unpacked, up to a limit."""

    def __init__(self, stream: io.BufferedIOBase, bytes_max: int) -> None:
        self._stream = stream
        self._left = bytes_max

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the one buffer that is given
        try:
            piece = self._stream.read(min(len(buffer), 1 << 20))
        except (EOFError, OSError, lzma.LZMAError, zlib.error) as error:
            raise BadFileError(f"it ends early, or is damaged ({error}); get it again") from error
        self._left -= len(piece)
        if self._left < 0:
            raise BadFileError(f"it unpacks to more than {_UNPACKED_BYTES_MAX >> 30} GiB; split it")
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._stream.close()
        super().close()


def open_bytes(path: Path) -> io.BufferedReader:
    """The bytes of a file, unpacked if it is gzip, xz or bzip2. Reading raises BadFileError where it ends early or has no end."""
    try:
        with path.open("rb") as file:
            start = file.read(6)
        stream: io.BufferedIOBase
        if start.startswith(b"\x1f\x8b"):
            stream = gzip.GzipFile(path)
        elif start.startswith(b"\xfd7zXZ\x00"):
            stream = lzma.LZMAFile(path)  # noqa: SIM115  # the reader closes it
        elif start.startswith(b"BZh"):
            stream = bz2.BZ2File(path)
        else:
            stream = path.open("rb")
    except OSError as error:
        raise BadFileError(f"it cannot be opened: {error.strerror}") from error
    return io.BufferedReader(_LimitedReader(stream, _UNPACKED_BYTES_MAX), _HEAD_BYTES)


def head_of(path: Path) -> bytes:
    """The first 64 KiB of a file, unpacked. Raises BadFileError for one that is empty, and for what nobody can import."""
    with open_bytes(path) as stream:
        head = stream.read(_HEAD_BYTES)
    if not head.strip(b"\x00\t\r\n "):
        raise BadFileError("it is empty; get it again")
    for magic, what in _FORMS:
        if head.startswith(magic):
            raise BadFileError(f"it is {what}")
    return head


def is_markup(head: bytes) -> bool:
    """Whether it looks like XML or HTML, in whatever encoding."""
    return head.replace(b"\x00", b"").lstrip(codecs.BOM_UTF8 + codecs.BOM_UTF16_LE + b"\r\n\t ").startswith(b"<")


def encoding_of(head: bytes) -> str:
    """The encoding of a text by its first bytes: a byte order mark, UTF-16 without one, UTF-8, else Cyrillic or western Windows."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    evens, odds = head[0:2_000:2].count(0), head[1:2_000:2].count(0)
    if evens + odds > len(head[:2_000]) // 5:
        return "utf-16-le" if odds > evens else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1251" if _is_cyrillic(head) else "cp1252"
    return "utf-8"


def _is_cyrillic(head: bytes) -> bool:
    # Letters beyond ASCII stand beside each other in Cyrillic words, and alone in western ones.
    beyond = [index for index, byte in enumerate(head) if byte >= 0xC0]
    together = sum(1 for first, second in itertools.pairwise(beyond) if second == first + 1)
    return 2 * together > len(beyond)
