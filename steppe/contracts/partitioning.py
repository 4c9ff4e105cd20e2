"""The partition of a key: Kafka's default partitioner (murmur2), as the Java client has it.

The order of a project's events, and that one worker folds all of them, depend on it: a program that writes to the log without
ingest must choose the same partition, and the number of partitions never changes.
"""

from functools import lru_cache

from aiokafka.partitioner import DefaultPartitioner

_choose = DefaultPartitioner()


@lru_cache(maxsize=65_536)  # the hash is pure Python, and the keys repeat
def partition_of(key: bytes, partitions: int) -> int:
    """The partition, from 0, of the records with this key."""
    return int(_choose(key, range(partitions), ()))
