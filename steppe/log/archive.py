"""A backup as one file: the records of the log byte for byte, tables beside it, and a manifest that has the checksums of all.

A zip that ordinary tools read: `log/<partition>.ndjson`, `tables/<table>.copy` (COPY text), `manifest.json` last. Nothing
of that name exists until the file is complete.

A zip comes from outside, and a small one may inflate to anything: it is read in pieces, and no line or manifest beyond a limit.
"""

from __future__ import annotations

import base64
import hashlib
import heapq
import io
import lzma
import os
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

import msgspec

from steppe.log.record_batch import RECORD_BYTES_MAX
from steppe.log.records import Record

FORMAT = "steppe-backup/1"
_MANIFEST = "manifest.json"
_LOG = "log/"
_PIECE_BYTES = 1 << 20
_MANIFEST_BYTES_MAX = 16 << 20
# Text in JSON takes six characters for a byte at most, and there is something beside it.
LINE_BYTES_MAX = 6 * RECORD_BYTES_MAX + (1 << 10)
# Others are inflated in whole by the library, whatever number of bytes is asked for.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
Advance = Callable[[int], None]
# What a zip with flipped bits makes the library say.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, msgspec.DecodeError, EOFError, KeyError, ValueError,
    NotImplementedError, OverflowError, RuntimeError, OSError,
)  # fmt: skip


class ArchiveError(Exception):
    """The file is no backup, is damaged, or stands in the way; the message says which."""


class PartitionPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the archive holds of a partition: the records from `start` up to, but without, `end`. `void`: offsets among them
    that held none, but the end of a transaction or what was aborted. `unread`: records whose keys only are there.
    """

    start: int
    end: int
    records: int
    sha256: str
    void: int = 0
    unread: int = 0


class TablePart(msgspec.Struct, frozen=True, kw_only=True):
    """What the archive holds of a table, in the order of its columns."""

    columns: list[str]
    rows: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the archive is. `id` is a hash of the hashes of its parts."""

    format: str
    taken_at: str
    topic: str
    cluster: str
    partitions: dict[int, PartitionPart]
    tables: dict[str, TablePart]
    migrations: list[str]
    id: str = ""

    @property
    def records(self) -> int:
        """Of all partitions."""
        return sum(part.records for part in self.partitions.values())

    @property
    def unread(self) -> int:
        """How many records are there without their values, because they were too large to be read."""
        return sum(part.unread for part in self.partitions.values())

    @property
    def complete(self) -> bool:
        """Whether all is there that was ever sent: the log had lost nothing, and no value was too large to be read."""
        return self.unbroken and not self.unread

    @property
    def unbroken(self) -> bool:
        """Whether the log had lost nothing, neither its beginning nor anything within."""
        return all(part.start == 0 and part.records + part.void == part.end for part in self.partitions.values())


class _Line(msgspec.Struct, omit_defaults=True):
    """A record; text where the bytes are UTF-8, so that people can read it, else base64."""

    offset: int
    timestamp: int
    key: str | None = None
    key_base64: str | None = None
    value: str | None = None
    value_base64: str | None = None
    headers: list[tuple[str, str | None]] = []


class _Hashed:
    """A member that is being written, with its hash and number of lines."""

    def __init__(self, member: IO[bytes]) -> None:
        self._member = member
        self._digest = hashlib.sha256()
        self.lines = 0

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        self.lines += data.count(b"\n")
        return self._member.write(data)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


class ArchiveWriter:
    """Takes the parts, then the manifest. Use `write_archive`."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        self._encode = msgspec.json.Encoder().encode

    @contextmanager
    def partition(self, number: int) -> Iterator[Callable[[Record], None]]:
        """A function that adds the next record of a partition. It raises ArchiveError for one that could not be read again."""
        with self._member(_log_name(number)) as sink:

            def add(record: Record) -> None:
                line = self._encode(_line_of(record)) + b"\n"
                if len(line) > LINE_BYTES_MAX:
                    raise ArchiveError(
                        f"The record at {number}:{record.offset} takes {len(line):,} bytes, and a backup {LINE_BYTES_MAX:,} a record."
                    )
                sink.write(line)

            yield add

    @contextmanager
    def table(self, name: str) -> Iterator[_Hashed]:
        """Where the text of COPY is to be written."""
        with self._member(_table_name(name)) as sink:
            yield sink

    def close_with(self, manifest: Manifest) -> Manifest:
        """Write the manifest last; returns it with its id."""
        identified = msgspec.structs.replace(manifest, id=_id_of(manifest))
        self._file.writestr(_MANIFEST, msgspec.json.format(msgspec.json.encode(identified), indent=1))
        return identified

    @contextmanager
    def _member(self, name: str) -> Iterator[_Hashed]:
        with self._file.open(name, "w", force_zip64=True) as member:
            self.last = _Hashed(member)
            yield self.last


@contextmanager
def write_archive(path: Path) -> Iterator[ArchiveWriter]:
    """Write an archive that appears under its name when it is whole, on the disk, and not before.

    Raises ArchiveError, also at the end, when there is a file of that name: nothing is ever overwritten.
    """
    if path.exists():
        raise ArchiveError(f"{path} exists: name another file, backups are never overwritten.")
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        with draft.open("xb") as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=6) as file:
                yield ArchiveWriter(file)
            raw.flush()
            os.fsync(raw.fileno())
        try:
            os.link(draft, path)  # unlike a rename, this refuses to replace
        except FileExistsError:
            raise ArchiveError(f"{path} exists by now: name another file.") from None
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        draft.unlink(missing_ok=True)


class Archive:
    """An archive that can be read. Use `open_archive`."""

    def __init__(self, file: zipfile.ZipFile, manifest: Manifest) -> None:
        self._file = file
        self.manifest = manifest

    @property
    def bytes_total(self) -> int:
        """What `verify` reads."""
        return sum(info.file_size for info in self._file.infolist())

    def verify(self, advance: Advance = lambda _: None) -> None:
        """Read every byte and compare it with the manifest, counting bytes for `advance`. Raises ArchiveError."""
        expected = {_log_name(number): (part.sha256, part.records) for number, part in self.manifest.partitions.items()}
        expected |= {_table_name(name): (part.sha256, part.rows) for name, part in self.manifest.tables.items()}
        names = set(self._file.namelist()) - {_MANIFEST}
        if names != set(expected):
            raise ArchiveError(f"The backup holds {sorted(names ^ set(expected))} against what its manifest says.")
        if _id_of(self.manifest) != self.manifest.id:
            raise ArchiveError("The manifest of the backup was changed: its id does not fit its parts.")
        for name, (sha256, lines) in expected.items():
            digest, lines_read, unended = hashlib.sha256(), 0, 0
            limit = LINE_BYTES_MAX if name.startswith(_LOG) else sys.maxsize  # a table goes to the database in pieces
            with _named_if_damaged(name), self._file.open(name) as member:
                while piece := member.read(_PIECE_BYTES):
                    digest.update(piece)
                    lines_read += piece.count(b"\n")
                    end = piece.find(b"\n")
                    if unended + (end + 1 or len(piece)) > limit:
                        raise ArchiveError(_too_long(name))
                    unended = len(piece) - piece.rfind(b"\n") - 1 + (unended if end < 0 else 0)
                    advance(len(piece))
            if (digest.hexdigest(), lines_read) != (sha256, lines):
                raise ArchiveError(f"{name} in the backup is damaged: its checksum is not that of the manifest.")

    def records(self, partition: int) -> Iterator[Record]:
        """The records of a partition, in their order. Raises ArchiveError."""
        decoder = msgspec.json.Decoder(_Line)
        name = _log_name(partition)
        with _named_if_damaged(name), self._file.open(name) as packed:
            member = io.BufferedReader(cast(io.RawIOBase, packed), _PIECE_BYTES)
            while line := member.readline(LINE_BYTES_MAX + 1):
                if len(line) > LINE_BYTES_MAX:
                    raise ArchiveError(_too_long(name))
                yield _record_of(partition, decoder.decode(line))

    def merged(self) -> Iterator[Record]:
        """The records of all partitions: each in its order, and between partitions by time. The same every time."""
        streams = [self.records(number) for number in sorted(self.manifest.partitions)]
        return heapq.merge(*streams, key=lambda record: (record.timestamp_ms, record.partition))

    def table(self, name: str) -> BinaryIO:
        """The text for COPY, to be closed by the caller."""
        return cast(BinaryIO, self._file.open(_table_name(name)))


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open an archive. Raises ArchiveError when it is none."""
    with ExitStack() as stack:
        try:
            raw = stack.enter_context(path.open("rb"))
        except OSError as error:
            raise ArchiveError(f"{path} cannot be read: {error.strerror or error}.") from error
        try:
            file = stack.enter_context(zipfile.ZipFile(raw))
            for info in file.infolist():
                if info.compress_type not in _METHODS:
                    raise ArchiveError(f"{path} is no backup: {info.filename} is packed in another way than deflate.")
            with file.open(_MANIFEST) as member:
                text = member.read(_MANIFEST_BYTES_MAX + 1)
            if len(text) > _MANIFEST_BYTES_MAX:
                raise ArchiveError(f"{path} is no backup: its manifest is longer than {_MANIFEST_BYTES_MAX:,} bytes.")
            manifest = msgspec.json.decode(text, type=Manifest)
        except _DAMAGE as error:
            raise ArchiveError(f"{path} is no whole backup: {error!r}.") from error
        if manifest.format != FORMAT:
            raise ArchiveError(f"{path} has the format {manifest.format!r}, this version reads {FORMAT!r}.")
        yield Archive(file, manifest)


@contextmanager
def _named_if_damaged(name: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise ArchiveError(f"{name} in the backup is damaged: {error!r}.") from error


def _too_long(name: str) -> str:
    return f"{name} in the backup has a line of more than {LINE_BYTES_MAX:,} bytes, which no record of a log takes."


def _log_name(partition: int) -> str:
    return f"{_LOG}{partition}.ndjson"


def _table_name(table: str) -> str:
    return f"tables/{table}.copy"


def _id_of(manifest: Manifest) -> str:
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(manifest, id=""))).hexdigest()


def _line_of(record: Record) -> _Line:
    key, key_base64 = _told(record.key)
    value, value_base64 = _told(record.value)
    return _Line(
        offset=record.offset,
        timestamp=record.timestamp_ms,
        key=key,
        key_base64=key_base64,
        value=value,
        value_base64=value_base64,
        headers=[(name, None if data is None else base64.b64encode(data).decode()) for name, data in record.headers],
    )


def _record_of(partition: int, line: _Line) -> Record:
    return Record(
        partition=partition,
        offset=line.offset,
        timestamp_ms=line.timestamp,
        key=_meant(line.key, line.key_base64),
        value=_meant(line.value, line.value_base64),
        headers=tuple((name, None if data is None else base64.b64decode(data)) for name, data in line.headers),
    )


def _told(data: bytes | None) -> tuple[str | None, str | None]:
    if data is None:
        return None, None
    try:
        return data.decode(), None
    except UnicodeDecodeError:
        return None, base64.b64encode(data).decode()


def _meant(text: str | None, encoded: str | None) -> bytes | None:
    if text is not None:
        return text.encode()
    return None if encoded is None else base64.b64decode(encoded)
