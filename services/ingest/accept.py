"""From what a sender gave to what the log acknowledged: judge, tell duplicates, append, count. Knows the codec; no HTTP.

One event goes through `Intake.judge` into a parcel, one parcel through `Intake.ship` into the log. What is on its way is
claimed, so that the same event sent twice at a time is appended once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, assert_never

from services.ingest.producer import Log, LogAwayError, Record
from services.ingest.recent_ids import Place, Seen, key_of
from steppe import failpoints
from steppe.contracts.codec import Accepted, MalformedError, Refused, accept
from steppe.contracts.fast_codec import accept_bytes
from steppe.domain.events.validation import Fault
from steppe.log.positions import format_position
from steppe.telemetry.tracing import LISTED_MAX

_CONFLICT = "was already sent with other content; correct it with event.corrected, or give a new event its own id"
Given = tuple[int, object | MalformedError]
"""The index of an event in its request, and what it is: a line as bytes, what its JSON holds, or why it holds nothing."""


class Tally:
    """What the answer says, kept flat: lists are cut at a limit, counts are not."""

    def __init__(self, entries_max: int) -> None:
        self._entries_max = entries_max
        self.accepted = 0
        self.duplicates = 0
        self.rejected_total = 0
        self.warnings_total = 0
        self.rejected: list[dict[str, Any]] = []
        self.warnings: list[dict[str, Any]] = []
        self.highest: dict[int, int] = {}
        self.events: list[str] = []

    def reject(self, index: int, id: str | None, faults: Iterable[Fault]) -> None:
        self.rejected_total += 1
        if len(self.rejected) < self._entries_max:
            errors = [{"pointer": fault.pointer, "message": fault.message} for fault in faults]
            self.rejected.append({"index": index, "id": id, "errors": errors})

    def warn(self, index: int, id: str, messages: Iterable[str]) -> None:
        for message in messages:
            self.warnings_total += 1
            if len(self.warnings) < self._entries_max:
                self.warnings.append({"index": index, "id": id, "message": message})

    def name(self, events: Iterable[str]) -> None:
        """Tell which events were accepted, as references; of many only the first."""
        self.events += islice(events, max(0, LISTED_MAX - len(self.events)))

    def cover(self, place: Place) -> None:
        partition, offset = place
        if offset > self.highest.get(partition, -1):
            self.highest[partition] = offset

    @property
    def position(self) -> str:
        """The highest place of each partition, `0:41,3:7`: what a reader must have reached to see all of this."""
        return format_position(self.highest)

    def as_json(self) -> dict[str, Any]:
        """The answer. The totals are there when a list was cut."""
        totals = {}
        if self.rejected_total > len(self.rejected):
            totals["rejected_total"] = self.rejected_total
        if self.warnings_total > len(self.warnings):
            totals["warnings_total"] = self.warnings_total
        return {
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "warnings": self.warnings,
            "rejected": self.rejected,
            "position": self.position,
            **totals,
        }


@dataclass(slots=True)
class Parcel:
    """Judged events on their way to the log. `done` gives what `ship` reached, for those who sent the same.

    `events` are references (`source#id`) of the first of them, for traces and the audit trail.
    """

    done: asyncio.Future[dict[int, int]]
    records: list[Record] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    same_elsewhere: set[asyncio.Future[dict[int, int]]] = field(default_factory=set)
    same_here: int = 0


class Intake:
    """What stands between the doors and the log; one for the service."""

    def __init__(self, log: Log, event_bytes_max: int) -> None:
        self._log = log
        self._event_bytes_max = event_bytes_max
        self._seen = Seen()
        self._claims: dict[bytes, tuple[bytes, Parcel]] = {}

    def judge(self, given: Iterable[Given], tally: Tally, *, restores: bool = False) -> Parcel:
        """Refuse what must be refused, count what is known, and claim the rest. The parcel must be shipped or dropped.

        A sender who `restores` may say when events were recorded.
        """
        recorded = datetime.now(UTC)
        parcel = Parcel(asyncio.get_running_loop().create_future())
        for index, found in given:
            if isinstance(found, MalformedError):
                tally.reject(index, None, [found.fault])
                continue
            try:
                if isinstance(found, bytes):
                    judged = accept_bytes(found, recorded, restores=restores)
                else:
                    judged = accept(found, recorded, restores=restores)
            except MalformedError as error:
                tally.reject(index, None, [error.fault])
                continue
            match judged:
                case Accepted():
                    self._place(index, judged, parcel, tally)
                case Refused():
                    tally.reject(index, judged.id, judged.errors)
                case _:
                    assert_never(judged)
        return parcel

    async def ship(self, parcel: Parcel, tally: Tally) -> None:
        """Append, wait for the acknowledgement, then count. Raises LogAwayError; then nothing of it was counted."""
        try:
            places = await self._log.append(parcel.records, parcel.events) if parcel.records else []
            failpoints.reach("after-acknowledgement")
            own = Tally(0)
            for key, content, place in zip(parcel.keys, parcel.contents, places, strict=True):
                self._seen.remember(key, content, place)
                own.cover(place)
            parcel.done.set_result(own.highest)
        finally:
            self.drop(parcel)
        tally.accepted += len(places)
        tally.duplicates += parcel.same_here
        tally.name(parcel.events)
        for partition_offset in own.highest.items():
            tally.cover(partition_offset)
        for other in parcel.same_elsewhere:
            for partition_offset in (await asyncio.shield(other)).items():
                tally.cover(partition_offset)

    def drop(self, parcel: Parcel) -> None:
        """Give up the claims of a parcel; whoever waits for it learns that it did not arrive."""
        for key in parcel.keys:
            self._claims.pop(key, None)
        if not parcel.done.done():
            parcel.done.set_exception(LogAwayError("the same event was on its way and did not arrive"))
            parcel.done.exception()  # mostly nobody waits, and nobody has to

    def _place(self, index: int, event: Accepted, parcel: Parcel, tally: Tally) -> None:
        if len(event.value) > self._event_bytes_max:
            told = f"the event takes {len(event.value)} bytes; at most {self._event_bytes_max} are kept"
            tally.reject(index, event.id, [Fault("", told)])
            return
        key = key_of(event.subject, event.source, event.id)
        content = event.content_sha256[:16]
        known = self._seen.find(key)
        if known is not None:
            if known[0] == content:
                tally.duplicates += 1
                tally.cover(known[1])
            else:
                self._conflict(index, event, tally)
            return
        claim = self._claims.get(key)
        if claim is None:
            self._claims[key] = (content, parcel)
            parcel.records.append(Record(event.subject.encode(), event.value))
            parcel.keys.append(key)
            parcel.contents.append(content)
            if len(parcel.events) < LISTED_MAX:
                parcel.events.append(f"{event.source}#{event.id}")
            tally.warn(index, event.id, event.warnings)
        elif claim[0] != content:
            self._conflict(index, event, tally)
        else:
            parcel.same_here += 1
            if claim[1] is not parcel:
                parcel.same_elsewhere.add(claim[1].done)

    @staticmethod
    def _conflict(index: int, event: Accepted, tally: Tally) -> None:
        tally.reject(index, event.id, [Fault("/id", f"id {event.id!r} of {event.source} {_CONFLICT}")])
