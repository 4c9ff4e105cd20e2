"""What is quarantined instead of folded, and why: the values that the batch, the re-fold and `verify` share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from services.projector.projection.batches import Record
from steppe.log.positions import format_record_id
from steppe.log.records import fingerprint


class Stage(Enum):
    """How far a record got. All but `CONFLICT` and `HELD` hold their subject until an operator acts."""

    DECODE = "decode"
    FOLD = "fold"
    CONFLICT = "conflict"
    HELD = "held"

    @property
    def holds(self) -> bool:
        """Whether the later events of its subject wait for it."""
        return self in (Stage.DECODE, Stage.FOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineEntry:
    """A record that is kept and not folded. `skipped`: an operator gave it up, so it holds nobody.

    `event` is its reference (`source#id`); None when it cannot be told.
    """

    record: Record
    stage: Stage
    reason: str
    subject: str | None
    skipped: bool = False
    event: str | None = None

    @property
    def position(self) -> str:
        """Where it lies in the log, as in `0:41`."""
        return format_record_id(self.record.partition, self.record.offset)


@dataclass(frozen=True, slots=True)
class Skip:
    """An operator's decision to give a record up, with what was wrong with it at that time.

    What could not be decoded then is no event, whatever a later release can read; its name is free for a mended one.
    It is about the record of that fingerprint, and not about what lies there in another log.
    """

    stage: Stage
    found: str
    sha256: bytes

    def concerns(self, record: Record) -> bool:
        """Whether it is about this one."""
        return fingerprint(record) == self.sha256


# The partition and the offset of a record.
RecordId = tuple[int, int]
Skips = Mapping[RecordId, Skip]


def skip_of(record: Record, skips: Skips | None) -> Skip | None:
    """The decision to skip a record, if there is one."""
    skip = skips.get((record.partition, record.offset)) if skips else None
    return skip if skip is not None and skip.concerns(record) else None
