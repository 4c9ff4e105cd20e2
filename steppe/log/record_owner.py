"""Which subject (project, party or forum) a record of the log belongs to, also when it is no event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from steppe.contracts import codec
from steppe.contracts.partitioning import partition_of
from steppe.domain.events.field_checks import is_slug
from steppe.log.records import Record

REGISTRY_SUBJECTS = ("party:", "forum:")


def subject_of(record: Record, partitions: int) -> str | None:
    """The subject that a record belongs to by its key, else by what can be read of its `subject`; None for neither.

    Only one whose records are in this partition: between partitions there is no order, so a record elsewhere cannot say from
    where on its subject would have to wait.
    """
    return next(
        (name for name in candidate_subjects(record) if partition_of(name.encode(), partitions) == record.partition),
        None,
    )


def candidate_subjects(record: Record) -> Iterator[str]:
    """The subjects that its key and its `subject` name, whichever partition it is in. The value is read only if needed."""
    for read in (_key, _readable_subject):
        with suppress(UnicodeDecodeError):
            name = read(record)
            if name and _is_subject(name.decode()):
                yield name.decode()


def is_project_key(key: bytes) -> bool:
    """Whether records with this key, in their partition, belong to the project of that name."""
    try:
        return is_slug(key.decode())
    except UnicodeDecodeError:
        return False


def restored_partition(record: Record, partitions_before: int, partitions: int) -> int:
    """The partition of a record in a log with another number of them, so that it belongs to the same subject, or to none.

    With fewer than three partitions there may be none where it belongs to nobody.
    """
    owner = subject_of(record, partitions_before)
    if owner is not None:
        return partition_of(owner.encode(), partitions)
    first = record.partition % partitions if record.key is None else partition_of(record.key, partitions)
    homes = {partition_of(name.encode(), partitions) for name in candidate_subjects(record)}
    candidates = ((first + step) % partitions for step in range(partitions))
    return next((partition for partition in candidates if partition not in homes), first)


def _key(record: Record) -> bytes | None:
    return record.key


def _is_subject(text: str) -> bool:
    return is_slug(text.partition(":")[2] if text.startswith(REGISTRY_SUBJECTS) else text)


def _readable_subject(record: Record) -> bytes | None:
    for name, value in record.headers:
        if name.lower() == "ce_subject" and value:
            return value
    try:
        subject = codec.decode_structured(record.value or b"").get("subject")
    except codec.MalformedError:
        return None
    return subject.encode(errors="replace") if isinstance(subject, str) else None
