"""What ends the projector. Every one is loud, exits 1, and says what to do; what passes by itself is in `retry_policy`.

ProjectorError
├── CheckpointMissingError    the database was not prepared for this topic
├── CheckpointWentBackError   a rebuild (or a restored database): start again from the new position
├── TopicMissingError         the cluster has no such topic
├── WrongClusterError         another cluster than the one that the read model was made from
├── PartitionCountError       another number of partitions than the log had
├── AnotherLogError           another record where the read model has applied one
├── LogGapError               the log does not continue where the read model ends
│   └── RecordsRemovedError   because what comes next was removed from the log
├── LogShorterError           the read model covers more than the log has
└── QuarantineFullError       so much is quarantined that the release must be wrong, not the records

Those with a `reason` halt the projection until somebody acts: the reason stands in /v1/status and in docs/operating.md.
"""

from __future__ import annotations

from typing import ClassVar

_ADOPT = "if this log is meant to be the truth from now on, `steppe log adopt`"


class ProjectorError(Exception):
    """The projector must not go on. `partitions` are those that it concerns; None: all of them."""

    reason: ClassVar[str | None] = None
    partitions: list[int] | None = None


class CheckpointMissingError(ProjectorError):
    """A partition has no checkpoint row."""

    reason = "checkpoint-missing"

    def __init__(self, topic: str, partitions: list[int]) -> None:
        self.topic = topic
        self.partitions = partitions
        super().__init__(
            f"no checkpoint row for topic {topic}, partitions {partitions}: run `steppe migrate`, which makes them"
        )


class CheckpointWentBackError(ProjectorError):
    """The checkpoint is lower than this worker left it. The next start heals it."""

    def __init__(self, partition: int, seen: int, stored: int) -> None:
        self.partition = partition
        self.partitions = [partition]
        self.seen = seen
        self.stored = stored
        super().__init__(
            f"the checkpoint of partition {partition} went back from {seen} to {stored}"
            " (a rebuild or a restored database): restart, and the log is read again from there"
        )


class TopicMissingError(ProjectorError):
    """The cluster has no topic of that name."""

    reason = "topic-missing"

    def __init__(self, topic: str, kafka: str) -> None:
        self.topic = topic
        self.kafka = kafka
        super().__init__(
            f"there is no topic {topic} at {kafka}: check STEPPE_KAFKA and STEPPE_TOPIC;"
            " if it was deleted, `steppe restore` brings it back from a backup"
        )


class WrongClusterError(ProjectorError):
    """Kafka is another cluster than the one that the read model was made from."""

    reason = "wrong-cluster"

    def __init__(self, topic: str, expected: str, actual: str) -> None:
        self.topic = topic
        self.expected = expected
        self.actual = actual
        super().__init__(
            f"this is cluster {actual}, topic {topic} was read from cluster {expected}: check STEPPE_KAFKA; {_ADOPT}"
        )


class PartitionCountError(ProjectorError):
    """The topic has another number of partitions than before: keys no longer live where their records are."""

    reason = "partition-count-changed"

    def __init__(self, topic: str, expected: int, actual: int) -> None:
        self.topic = topic
        self.expected = expected
        self.actual = actual
        super().__init__(
            f"topic {topic} has {actual} partitions, it had {expected}: if partitions were added, `steppe backup`, then"
            f" `steppe restore --rehome` into a new topic; if it was made anew on purpose, `steppe log adopt`"
        )


class AnotherLogError(ProjectorError):
    """A record that was applied is not the one that is there."""

    reason = "another-log"

    def __init__(self, partition: int, offset: int) -> None:
        self.partition = partition
        self.partitions = [partition]
        self.offset = offset
        super().__init__(
            f"offset {offset} of partition {partition} is another record than the one that was applied: the topic was"
            f" made anew, or the database belongs to another log: check STEPPE_KAFKA, STEPPE_TOPIC and STEPPE_DATABASE;"
            f" {_ADOPT}"
        )


class LogGapError(ProjectorError):
    """Records are missing between the checkpoint and what the broker delivered."""

    reason = "log-gap"

    def __init__(self, partition: int, expected: int, actual: int, what_to_do: str | None = None) -> None:
        self.partition = partition
        self.partitions = [partition]
        self.expected = expected
        self.actual = actual
        super().__init__(
            f"partition {partition} continues at offset {actual}, the checkpoint expects {expected}: "
            + (what_to_do or "check that the topic was not truncated, compacted or recreated")
        )


class RecordsRemovedError(LogGapError):
    """Retention, or somebody, removed records that were not applied yet."""

    reason = "records-removed"

    def __init__(self, partition: int, expected: int, actual: int) -> None:
        super().__init__(
            partition,
            expected,
            actual,
            "what lies between was removed: restore the log from a backup; to go on without it,"
            " `steppe log adopt --accept-loss`; set retention.ms and retention.bytes of the topic to -1",
        )


class LogShorterError(ProjectorError):
    """The read model has applied records that the log does not have."""

    reason = "log-shorter"

    def __init__(self, partition: int, expected: int, end: int) -> None:
        self.partition = partition
        self.partitions = [partition]
        self.expected = expected
        self.end = end
        super().__init__(
            f"partition {partition} ends at offset {end}, the checkpoint expects {expected}:"
            " check that this is the cluster and the topic that the read model was made from; if the log lost its end,"
            " restore it from a backup, or fold what is left with `steppe log adopt --accept-loss`"
        )


class QuarantineFullError(ProjectorError):
    """More was quarantined than may be; the batch that went too far is not committed."""

    reason = "quarantine-full"

    def __init__(self, partition: int, allowed: int, window: int, place: str, reason: str) -> None:
        self.partition = partition
        self.partitions = [partition]
        self.allowed = allowed
        super().__init__(
            f"more than {allowed} of the last {window} records of partition {partition} cannot be applied, the last at"
            f" {place}: {reason[:300]}; if this release is at fault go back to the one before, if the records are, see"
            " `steppe quarantine list` and skip them or raise STEPPE_PROJECTOR_QUARANTINE_MAX"
        )
