"""From what a sender gave to what the broker acknowledged: validate, deduplicate, send to the log, count.

`EventIntake.accept` puts the valid new events of a request into a batch and claims their ids; `EventIntake.send` sends the
batch. Because of the claims the same event sent twice at the same time is appended once: the second request waits until the
batch of the first is delivered or failed, and is judged then. Together with the recent ids this makes a retry idempotent.

A request claims when all of it is validated, in one pass in which no other request has a turn, and what is refused as a whole
claims nothing. So a claim only ever stands for what is going to be sent, and who waits for one holds none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import msgspec

from services.ingest.ingest_result import IngestResult
from services.ingest.line_forms import explained
from services.ingest.loop_share import LoopShare, WorkSlices
from services.ingest.memory.known_keys import KnownKeys
from services.ingest.memory.recent_ids import RecentIds, RecordId, key_of
from services.ingest.producer import LogProducer, Record
from steppe import failpoints
from steppe.contracts.acceptance import Accepted, Refused, accept
from steppe.contracts.codec import MalformedError
from steppe.contracts.fast_codec import accept_bytes
from steppe.domain.events.claims import Claim, may_be_one
from steppe.domain.events.validation import Fault
from steppe.http.openapi_parts import FieldError
from steppe.telemetry.tracing import LISTED_MAX

_CONFLICT = "was already sent with other content; correct it with event.corrected, or give a new event its own id"
_REGISTRATIONS = frozenset({"project.registered", "party.registered"})
_NOT_LISTED = Refused(id=None, errors=())
_CLAIMS_A_LEG = 20  # that are compared with each other
UnknownSubject = Literal["accept", "reject"]
Input = tuple[int, object | MalformedError]
"""The index of an event in its request, and the event: a line as bytes, a value of a JSON array not yet decoded (`msgspec.Raw`),
a decoded JSON value, or why it cannot be decoded."""


@dataclass(slots=True)
class PendingBatch:
    """Accepted events on their way to the log, and the claims on their ids.

    `delivered` is done once the batch is acknowledged or given up, for other requests with the same event. `references`
    (`source#id`) are those of the first events, for traces and the audit trail.
    """

    delivered: asyncio.Future[None]
    records: list[Record] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)
    content_hashes: list[bytes] = field(default_factory=list)
    parties: set[str] = field(default_factory=set)
    references: list[str] = field(default_factory=list)
    duplicates: int = 0


@dataclass(slots=True)
class _Judged:
    """An event of a request: refused, or accepted as new, as one of the log (`record_id`), or as a repeat in the request."""

    index: int
    verdict: Accepted | Refused
    key: bytes = b""
    content_hash: bytes = b""
    is_new: bool = False
    record_id: RecordId | None = None


class EventIntake:
    """Accepts events into the log, each once; one for the service."""

    def __init__(self, log: LogProducer, event_bytes_max: int, recent_ids: RecentIds, known_keys: KnownKeys) -> None:
        self._loop_share = LoopShare()
        self._log = log
        self._event_bytes_max = event_bytes_max
        self._recent_ids = recent_ids
        self._known_keys = known_keys
        self._claims: dict[bytes, PendingBatch] = {}

    async def accept(
        self,
        inputs: Iterable[Input],
        result: IngestResult,
        *,
        all_or_nothing: bool = False,
        may_restore: bool = False,
        unknown_subject: UnknownSubject = "accept",
    ) -> PendingBatch:
        """Validate and deduplicate the events, and claim the new ones. The batch must then be sent or discarded.

        `all_or_nothing`: when one event is rejected nothing is claimed, and the batch is empty. A sender who `may_restore` may
        set `recordedtime`, the instant at which an event was recorded. `unknown_subject` says what becomes of events whose
        subject is neither known nor registered in the same request.
        """
        slices = self._loop_share.begin()
        validated = await _validate_all(inputs, result, slices, may_restore=may_restore)
        checked = await self._check_all(validated, result, slices, unknown_subject)
        while undelivered := self._on_their_way(checked):
            await asyncio.wait(undelivered)
        batch = PendingBatch(asyncio.get_running_loop().create_future())
        judged = self._claim_all(checked, batch, all_or_nothing=all_or_nothing)
        with ExitStack() as unless_reported:
            # A sender who hangs up cancels this, too, and others may wait for the claims.
            unless_reported.callback(self.discard, batch)
            await self._report(judged, batch, result, slices)
            unless_reported.pop_all()
        result.duplicates_known_from = self._recent_ids.known_from
        return batch

    async def send(self, batch: PendingBatch, result: IngestResult) -> None:
        """Append the batch, wait for the acknowledgement, then count.

        Raises BrokerUnavailableError; then nothing of the batch was counted.
        """
        try:
            record_ids = await self._log.append(batch.records, batch.references) if batch.records else []
            failpoints.reach("after-acknowledgement")
            acknowledged = IngestResult(0)
            for key, content_hash, record_id in zip(batch.keys, batch.content_hashes, record_ids, strict=True):
                self._recent_ids.remember(key, content_hash, record_id)
                acknowledged.add_offset(*record_id)
            for record in batch.records:
                self._known_keys.add(record.key.decode())
            self._known_keys.add_parties(batch.parties)
            batch.delivered.set_result(None)
        finally:
            self.discard(batch)
        result.accepted += len(record_ids)
        result.duplicates += batch.duplicates
        result.add_references(batch.references)
        for partition, offset in acknowledged.offsets.items():
            result.add_offset(partition, offset)

    def warn_of_unseen_events(self, result: IngestResult) -> None:
        """Warn of what the events of a request name and nobody sent, if all of the log is known; once, when all were sent."""
        if not self._recent_ids.known_from:
            for index, event_id, message in result.named_events.warnings(self._is_seen):
                result.add_warning(index, event_id, message)

    def _is_seen(self, key: bytes) -> bool:
        return self._recent_ids.find(key) is not None or key in self._claims

    def discard(self, batch: PendingBatch) -> None:
        """Release the claims of a batch: who waits for them is judged again. After `send`, or twice, it does no harm."""
        for key in batch.keys:
            if self._claims.get(key) is batch:
                del self._claims[key]
        if not batch.delivered.done():
            batch.delivered.set_result(None)

    async def _check_all(
        self,
        validated: Iterable[tuple[int, Accepted | Refused]],
        result: IngestResult,
        slices: WorkSlices,
        unknown_subject: UnknownSubject,
    ) -> list[_Judged]:
        """Refuse what is too large or of an unknown subject, and compute the keys of all others."""
        checked: list[_Judged] = []
        for index, verdict in validated:
            if isinstance(verdict, Refused):
                checked.append(_Judged(index, verdict))
            elif unknown_subject == "reject" and self._is_new(verdict, result):
                checked.append(_refused(index, verdict, self._unknown(verdict.subject)))
            elif len(verdict.value) > self._event_bytes_max:
                size = f"the event takes {len(verdict.value)} bytes; at most {self._event_bytes_max} are kept"
                checked.append(_refused(index, verdict, Fault("", size)))
            else:
                key = key_of(verdict.subject, verdict.source, verdict.id)
                checked.append(_Judged(index, verdict, key, verdict.content_sha256[:16]))
            if slices.over:
                await slices.wait()
        return checked

    def _on_their_way(self, checked: Iterable[_Judged]) -> set[asyncio.Future[None]]:
        """The deliveries of other requests that decide what these events are."""
        return {self._claims[event.key].delivered for event in checked if event.key in self._claims}

    def _claim_all(self, checked: list[_Judged], batch: PendingBatch, *, all_or_nothing: bool) -> list[_Judged]:
        """Say of each event what it is, and claim the new ones. No wait may come in between, so it does no more than that."""
        new_hashes: dict[bytes, bytes] = {}
        for event in checked:
            if isinstance(event.verdict, Accepted):
                self._judge(event, event.verdict, new_hashes)
        if all_or_nothing:
            refused = [event for event in checked if isinstance(event.verdict, Refused)]
            if refused:
                return refused
        batch.keys.extend(new_hashes)
        batch.content_hashes.extend(new_hashes.values())
        self._claims.update(dict.fromkeys(new_hashes, batch))
        return checked

    def _judge(self, event: _Judged, verdict: Accepted, new_hashes: dict[bytes, bytes]) -> None:
        """`new_hashes` are the contents of the new events before it in the request, by key."""
        known_hash = new_hashes.get(event.key)
        if known_hash is None and (recent := self._recent_ids.find(event.key)):
            known_hash, event.record_id = recent
        if known_hash is None:
            event.is_new = True
            new_hashes[event.key] = event.content_hash
        elif known_hash != event.content_hash:
            event.verdict = Refused(id=verdict.id, errors=(_conflict(verdict),))

    async def _report(
        self, judged: Iterable[_Judged], batch: PendingBatch, result: IngestResult, slices: WorkSlices
    ) -> None:
        """Put into the batch what is new, and into the result what is rejected, a duplicate, or to be warned of."""
        for event in judged:
            if slices.over:
                await slices.wait()
            verdict = event.verdict
            if isinstance(verdict, Refused):
                await _reject(event.index, verdict.id, verdict.errors, result, slices)
                continue
            result.named_events.add_sent(verdict)
            if event.is_new:
                _add_record(verdict, batch)
                result.named_events.add_references(event.index, verdict)
                await self._warn(event.index, verdict, result, slices)
            elif event.record_id is None:
                batch.duplicates += 1
            else:
                result.duplicates += 1
                result.add_offset(*event.record_id)

    async def _warn(self, index: int, event: Accepted, result: IngestResult, slices: WorkSlices) -> None:
        for message in self._warnings(event, result):
            if message is not None:
                result.add_warning(index, event.id, message)
            if slices.over:
                await slices.wait()

    def _warnings(self, event: Accepted, result: IngestResult) -> Iterator[str | None]:
        """What the sender should look at: in the event itself, in its keys, and beside the others of the request.

        None where a key was compared with all others, which takes its time, and none is near.
        """
        yield from event.warnings
        if self._is_new(event, result) and event.subject not in result.remarked:
            result.remarked.add(event.subject)
            kind = "party" if event.subject.startswith("party:") else "project"
            yield _near_key(f"new {kind} {event.subject}", self._known_keys.likely, event.subject, result)
        for party in event.parties:
            subject = f"party:{party}"
            if not self._known_keys.is_new_party(party) or subject in result.registered or subject in result.remarked:
                continue
            result.remarked.add(subject)
            yield _near_key(f"new party {party}", self._known_keys.likely_party, party, result)
        if event.claim is not None:
            yield from _claims_that_may_be_one(event.claim, result)

    def _is_new(self, event: Accepted, result: IngestResult) -> bool:
        return self._known_keys.is_new(event.subject) and event.subject not in result.registered

    def _unknown(self, subject: str) -> Fault:
        def meant() -> str:
            near = self._known_keys.likely(subject)
            return f"; did you mean {near}?" if near else ""

        statement = f"{subject} is neither known nor registered in this request; correct it, or register it first"
        return Fault("/subject", statement, meant)


def _add_record(event: Accepted, batch: PendingBatch) -> None:
    batch.records.append(Record(event.subject.encode(), event.value))
    batch.parties.update(event.parties)
    if len(batch.references) < LISTED_MAX:
        batch.references.append(f"{event.source}#{event.id}")


async def _validate_all(
    inputs: Iterable[Input], result: IngestResult, slices: WorkSlices, *, may_restore: bool
) -> list[tuple[int, Accepted | Refused]]:
    """What becomes of each event by itself; the subjects that are registered go into the result."""
    recorded = datetime.now(UTC)
    verdicts: list[tuple[int, Accepted | Refused]] = []
    refused = len(result.rejected)
    for index, item in inputs:
        try:
            verdict = _validate(item, recorded, may_restore=may_restore)
        except MalformedError as error:
            verdict = Refused(id=None, errors=(explained(error.fault, item),))
        if isinstance(verdict, Refused):
            refused += 1
            if refused > result.entries_max:  # only counted: what is wrong would fill the memory
                verdict = _NOT_LISTED
        elif verdict.name in _REGISTRATIONS:
            result.registered.add(verdict.subject)
        verdicts.append((index, verdict))
        if slices.over:
            await slices.wait()
    return verdicts


def _validate(item: object | MalformedError, recorded: datetime, *, may_restore: bool) -> Accepted | Refused:
    """Raises MalformedError for what is no JSON."""
    if isinstance(item, MalformedError):
        raise item
    if isinstance(item, bytes):
        return accept_bytes(item, recorded, may_restore=may_restore)
    if isinstance(item, msgspec.Raw):
        return accept_bytes(bytes(item), recorded, may_restore=may_restore)
    return accept(item, recorded, may_restore=may_restore)


def _claims_that_may_be_one(claim: Claim, result: IngestResult) -> Iterator[str]:
    """Section 3: another source of the same request states the money of the leg otherwise."""
    others = result.claims.setdefault(claim.key, [])
    for other in others:
        if may_be_one(claim, other):
            yield (
                f"may be the same money as {other.reference}, which says {other.value:f} {claim.key[3]} of this leg; if so, "
                "say part_of"
            )
            break
    if len(others) < _CLAIMS_A_LEG:
        others.append(claim)


def _refused(index: int, event: Accepted, fault: Fault) -> _Judged:
    return _Judged(index, Refused(id=event.id, errors=(fault,)))


def _conflict(event: Accepted) -> Fault:
    return Fault("/id", f"id {event.id!r} of {event.source} {_CONFLICT}")


async def _reject(
    index: int, id: str | None, faults: Iterable[Fault], result: IngestResult, slices: WorkSlices
) -> None:
    """Count an event as rejected, and list it with what is wrong while the list is not full."""
    errors: list[FieldError] = []
    for fault in () if result.full_of_rejected else faults:
        suggests = fault.suggest is not None and result.may_suggest()
        errors.append({"pointer": fault.pointer, "message": fault.message if suggests else fault.statement})
        if slices.over:
            await slices.wait()
    result.add_rejected(index, id, errors)


def _near_key(what: str, likely: Callable[[str], str | None], key: str, result: IngestResult) -> str | None:
    """The warning of a new key that another is near to; once, that from here on keys are no longer compared."""
    if result.may_suggest():
        near = likely(key)
        return f"{what}: did you mean {near}?" if near else None
    if result.stops_comparing:
        return None
    result.stops_comparing = True
    return f"{what}: from here on new keys are not compared with those that exist; send fewer at once"
