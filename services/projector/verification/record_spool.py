"""The log on disk, by subject: a temporary file, from which the records of some subjects are read at a time.

A fold needs all records of a subject, which lie all over a log that may be larger than memory. The file needs as much disk as the log,
where temporary files are (`TMPDIR`), and goes with the spool.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from services.projector.projection import decode
from services.projector.projection.batches import Record
from services.projector.projection.quarantine_entries import RecordId
from steppe.domain.analysis.portfolio import PARTY_PREFIX
from steppe.domain.markets.standings import Contender, RivalCrossing, Standing
from steppe.domain.values.spans import Span
from steppe.log.record_owner import subject_of

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA cache_size = -8000;
CREATE TABLE record (
    subject TEXT, partition INTEGER, log_offset INTEGER, timestamp_ms INTEGER, key BLOB, value BLOB, headers BLOB, unreadable TEXT
);
CREATE TABLE standing (first_market TEXT, project TEXT, standing BLOB);
CREATE TABLE crossing (market TEXT, crossing BLOB);
"""
# A day's work of a writer lies in pages that are next to each other; an index by market and project is made when all is there.
_STANDING_INDEX = "CREATE INDEX standing_by_market ON standing (first_market, project)"
_CROSSING_INDEX = "CREATE INDEX crossing_by_market ON crossing (market)"
_AFTER_PARTIES = PARTY_PREFIX[:-1] + chr(ord(PARTY_PREFIX[-1]) + 1)
_encode = msgspec.msgpack.encode
_headers = msgspec.msgpack.Decoder(tuple[tuple[str, bytes | None], ...]).decode


class Contending(msgspec.Struct, frozen=True):
    """A project as its rivals see it, and its deals that they can do something to."""

    standing: Standing
    contenders: tuple[Span[Contender], ...]


_contending = msgspec.msgpack.Decoder(Contending).decode
_crossing = msgspec.msgpack.Decoder(RivalCrossing).decode


@dataclass(frozen=True, slots=True)
class SubjectRange:
    """The subjects behind `after`, up to and with `until`, by code points; None: from the first, to the last."""

    after: str | None
    until: str | None

    @property
    def of_parties(self) -> bool:
        """Whether all registered parties of the range are in it, and nothing but them."""
        return self.after is not None and self.after.startswith(PARTY_PREFIX)


class RecordSpool:
    """Records by subject, and what was found of markets. To be used in a `with` block, by one task."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions
        self.records = 0

    def __enter__(self) -> Self:
        """Make the file."""
        self._folder = tempfile.TemporaryDirectory(prefix="steppe-verify-")
        self._file = sqlite3.connect(Path(self._folder.name) / "records", isolation_level=None, check_same_thread=False)
        self._file.executescript(_SCHEMA)
        self._file.execute("BEGIN")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove it."""
        self._file.close()
        self._folder.cleanup()

    def add(self, records: Iterable[Record]) -> None:
        """Store records; the log may be given in any order."""
        rows = [
            (
                self._subject(record), record.partition, record.offset, record.timestamp_ms, record.key, record.value,
                _encode(tuple(record.headers)), record.unreadable,
            )
            for record in records
        ]  # fmt: skip
        self._file.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self.records += len(rows)

    def close_log(self) -> None:
        """The log is there; records can be read by subject."""
        self._file.execute("CREATE INDEX record_by_subject ON record (subject, partition, log_offset)")

    def ranges(self, records_max: int) -> list[SubjectRange]:
        """All subjects there can be, cut so that a range has about so many records, or one subject; those of parties come first."""
        cuts: list[str] = []
        count = 0
        for subject, of_subject in self._file.execute(
            "SELECT subject, count(*) FROM record WHERE subject IS NOT NULL GROUP BY subject ORDER BY subject"
        ):
            count += of_subject
            if count >= records_max:
                cuts.append(subject)
                count = 0
        edges: list[str | None] = [None, *sorted({*cuts, PARTY_PREFIX, _AFTER_PARTIES}), None]
        made = [SubjectRange(after, until) for after, until in pairwise(edges)]
        return sorted(made, key=lambda one: not one.of_parties)

    def of_range(self, subjects: SubjectRange) -> list[Record]:
        """The records of these subjects, in log order within each partition, one partition after the other."""
        limits = {"subject > ?": subjects.after, "subject <= ?": subjects.until}
        given = {condition: edge for condition, edge in limits.items() if edge is not None}
        where = " AND ".join(given) or "subject IS NOT NULL"
        return self._select(f"{where} ORDER BY partition, log_offset", list(given.values()))

    def of_no_subject(self, records_max: int) -> Iterator[tuple[RecordId, list[Record]]]:
        """The records that belong to no subject, in log order, so many at a time; each with the place behind which it begins.

        Ends with an empty list.
        """
        place: RecordId = (-1, -1)
        while True:
            records = self._select(
                f"subject IS NULL AND (partition, log_offset) > (?, ?) ORDER BY partition, log_offset LIMIT {records_max}",
                place,
            )
            yield place, records
            if not records:
                return
            place = (records[-1].partition, records[-1].offset)

    def _select(self, condition: str, values: Sequence[Any]) -> list[Record]:
        # The conditions are those above, never input.
        rows = self._file.execute(
            "SELECT partition, log_offset, timestamp_ms, key, value, headers, unreadable FROM record"  # noqa: S608
            f" WHERE {condition}",
            values,
        )
        return [
            Record(partition, offset, at, key, value, _headers(headers), unreadable=unreadable)
            for partition, offset, at, key, value, headers, unreadable in rows
        ]

    def _subject(self, record: Record) -> str | None:
        # Whoever is an event has its subject as its key. Of types that are unknown, what a subject may look like is unknown, too.
        subject = subject_of(record, self._partitions)
        return decode.decode_record(record, self._partitions).subject if subject is None else subject

    def add_standing(self, contending: Contending, crossings: Iterable[RivalCrossing]) -> None:
        """Store a project as it stands in its markets, and what others see of it."""
        markets = sorted(contending.standing.markets)
        self._file.execute(
            "INSERT INTO standing VALUES (?, ?, ?)",
            ("/".join(markets[0]) if markets else "", contending.standing.project, _encode(contending)),
        )
        rows = [("/".join(market), _encode(one)) for one in crossings for market in one.markets]
        self._file.executemany("INSERT INTO crossing VALUES (?, ?)", rows)

    def standings(self, projects_max: int) -> Iterator[list[Contending]]:
        """All that was stored so, market by market, so many projects at a time."""
        self._file.execute(_STANDING_INDEX)
        self._file.execute(_CROSSING_INDEX)
        rows = self._file.execute("SELECT standing FROM standing ORDER BY first_market, project")
        while batch := rows.fetchmany(projects_max):
            yield [_contending(standing) for (standing,) in batch]

    def crossings(self, market: tuple[str, str]) -> list[RivalCrossing]:
        """What is seen in a market."""
        rows = self._file.execute("SELECT crossing FROM crossing WHERE market = ?", ("/".join(market),))
        return [_crossing(crossing) for (crossing,) in rows]
