"""To whom records belong, and that a restored log keeps it so."""

from __future__ import annotations

import json
from itertools import product

import pytest

from steppe.contracts.partitioning import partition_of
from steppe.log.record_owner import restored_partition, subject_of
from steppe.log.records import Record

BEFORE = 4
NAMES = ("binary-mine", "deep-lead-mine", "party:first-investor", "a", "b", "c", "d", "e")


def lying(partition: int, key: bytes | None, subject: str | None) -> Record:
    value = b"no json" if subject is None else json.dumps({"subject": subject}).encode()
    return Record(partition, 0, 0, key, value)


@pytest.mark.parametrize("partitions", [3, 4, 5, 12])
def test_in_a_restored_log_a_record_belongs_to_whom_it_belonged_before(partitions: int) -> None:
    keys = (None, b"", b"\xff\xfe", b"No Subject", *(name.encode() for name in NAMES))
    seen = set()
    for key, subject, partition in product(keys, (None, *NAMES), range(BEFORE)):
        record = lying(partition, key, subject)
        owner = subject_of(record, BEFORE)
        place = restored_partition(record, BEFORE, partitions)
        owners = {owner}
        if key in [name.encode() for name in NAMES] and owner not in (None, key.decode()):
            owners.add(key.decode())  # its key named another one, who may have the same home in the restored log
        assert subject_of(lying(place, key, subject), partitions) in owners, record
        seen.add((key is None, owner is None))
    assert len(seen) == 4


def test_a_record_that_only_its_subject_owns_goes_where_the_subject_does() -> None:
    home = partition_of(b"binary-mine", BEFORE)
    for partitions in (1, 2, 3, 12):
        record = lying(home, None, "binary-mine")
        assert restored_partition(record, BEFORE, partitions) == partition_of(b"binary-mine", partitions)


def test_a_record_without_a_key_that_lay_elsewhere_is_kept_away_from_its_subject() -> None:
    home = partition_of(b"binary-mine", 3)
    for partition in range(BEFORE):
        if partition != partition_of(b"binary-mine", BEFORE):
            assert restored_partition(lying(partition, None, "binary-mine"), BEFORE, 3) != home
