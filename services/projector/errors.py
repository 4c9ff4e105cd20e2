"""What ends the projector. Every one is loud, exits 1, and says what to do; passing faults are in `transient`.

ProjectorError
├── CheckpointMissingError    the database was not prepared for this topic
├── CheckpointWentBackError   a rebuild (or a restored database): start again from the new position
├── LogGapError               the log does not continue where the read model ends
├── LogShorterError           the read model covers more than the log has
└── QuarantineFullError       so much is diverted that the release must be wrong, not the records
"""

from __future__ import annotations


class ProjectorError(Exception):
    """The projector must not go on."""


class CheckpointMissingError(ProjectorError):
    """A partition has no checkpoint row."""

    def __init__(self, topic: str, partitions: list[int]) -> None:
        self.topic = topic
        self.partitions = partitions
        super().__init__(
            f"no checkpoint row for topic {topic}, partitions {partitions}: run `steppe migrate`, which makes them"
        )


class CheckpointWentBackError(ProjectorError):
    """The checkpoint is lower than this worker left it."""

    def __init__(self, partition: int, remembered: int, found: int) -> None:
        self.partition = partition
        self.remembered = remembered
        self.found = found
        super().__init__(
            f"the checkpoint of partition {partition} went back from {remembered} to {found}"
            " (a rebuild or a restored database): restart, and the log is read again from there"
        )


class LogGapError(ProjectorError):
    """Records are missing between the checkpoint and what the broker delivered."""

    def __init__(self, partition: int, expected: int, found: int) -> None:
        self.partition = partition
        self.expected = expected
        self.found = found
        super().__init__(
            f"partition {partition} continues at offset {found}, the checkpoint expects {expected}:"
            " check that the topic was not truncated, compacted, recreated or written in transactions"
        )


class LogShorterError(ProjectorError):
    """The read model has applied records that the log does not have."""

    def __init__(self, partition: int, expected: int, end: int) -> None:
        self.partition = partition
        self.expected = expected
        self.end = end
        super().__init__(
            f"partition {partition} ends at offset {end}, the checkpoint expects {expected}:"
            " check that this is the cluster and the topic that the read model was made from"
        )


class QuarantineFullError(ProjectorError):
    """More was diverted than may be; the batch that went too far is not committed."""

    def __init__(self, partition: int, allowed: int, window: int, place: str, reason: str) -> None:
        self.partition = partition
        self.allowed = allowed
        super().__init__(
            f"more than {allowed} of the last {window} records of partition {partition} cannot be applied, the last at"
            f" {place}: {reason[:300]}; if this release is at fault go back to the one before, if the records are, see"
            " `steppe quarantine list` and skip them or raise STEPPE_PROJECTOR_QUARANTINE_MAX"
        )
