"""In which partition a key lives. Knows Kafka's default partitioner (murmur2, as the Java client has it), no broker.

The order of a project's events, and that one worker folds all of them, rest on this: whoever writes to the log without
ingest must choose the same partition, and the number of partitions never changes.
"""

from functools import lru_cache

from aiokafka.partitioner import DefaultPartitioner

_choose = DefaultPartitioner()


@lru_cache(maxsize=65_536)  # the hash is written in Python, and projects come again and again
def partition_of(key: bytes, partitions: int) -> int:
    """The one partition, from 0, where records with this key belong."""
    return int(_choose(key, range(partitions), ()))
