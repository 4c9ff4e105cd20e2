"""To whom a record of the log belongs. Pure; knows the codec, and judges no content."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from steppe.contracts import codec
from steppe.contracts.partitioning import partition_of
from steppe.domain.events.field_checks import is_slug
from steppe.log.records import Record

REGISTRY_SUBJECTS = ("party:", "forum:")


def whose(record: Record, partitions: int) -> str | None:
    """The project, party or forum that a record belongs to by its key, else by what can be read of its subject.

    Only one whose records lie in this partition: between partitions there is no before and after, so a record elsewhere
    cannot say from where on somebody would have to wait.
    """
    return next((name for name in named(record) if partition_of(name.encode(), partitions) == record.partition), None)


def named(record: Record) -> Iterator[str]:
    """Whom its key and its subject name, as far as they can be read, wherever it lies. The value is read only if need be."""
    for read in (_key, _readable_subject):
        with suppress(UnicodeDecodeError):
            name = read(record)
            if name and _is_subject(name.decode()):
                yield name.decode()


def partition_restored(record: Record, partitions_before: int, partitions: int) -> int:
    """Where a record goes in a log with so many partitions, so that it belongs to the same one as before, or to nobody.

    Among fewer than three partitions there may be no place where it belongs to nobody.
    """
    owner = whose(record, partitions_before)
    if owner is not None:
        return partition_of(owner.encode(), partitions)
    first = record.partition % partitions if record.key is None else partition_of(record.key, partitions)
    homes = {partition_of(name.encode(), partitions) for name in named(record)}
    places = ((first + step) % partitions for step in range(partitions))
    return next((place for place in places if place not in homes), first)


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
