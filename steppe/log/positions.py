"""Positions in the log as text, `0:41,3:7`: of each partition the last offset that is covered. And ids of single records.

Ingest answers a position, the API and the command take and tell it, the projector announces it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_RECORD_ID = re.compile(r"(\d{1,6}):(\d{1,18})", re.ASCII)


class PositionError(ValueError):
    """A text is no position, or no id of a record. `text` is the part that is wrong."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text[:40]!r} is not partition:offset, as in 0:41")
        self.text = text


def format_position(last_offsets: Mapping[int, int]) -> str:
    """The position that covers these offsets and all before them; empty for no partition."""
    return ",".join(format_record_id(partition, offset) for partition, offset in sorted(last_offsets.items()))


def position_before(next_offsets: Mapping[int, int]) -> str:
    """The position that covers what lies before these offsets. A partition of which nothing is covered is left out."""
    return format_position({partition: offset - 1 for partition, offset in next_offsets.items() if offset > 0})


def parse_position(text: str) -> dict[int, int]:
    """The last offset of each partition; of a partition that is named twice the higher one. Raises PositionError."""
    offsets: dict[int, int] = {}
    for part in text.split(","):
        partition, offset = parse_record_id(part.strip())
        offsets[partition] = max(offset, offsets.get(partition, offset))
    return offsets


def format_record_id(partition: int, offset: int) -> str:
    """The id of one record, as in `0:41`: that of a record in quarantine, and the position of one event."""
    return f"{partition}:{offset}"


def parse_record_id(text: str) -> tuple[int, int]:
    """Partition and offset of a record. Raises PositionError."""
    match = _RECORD_ID.fullmatch(text)
    if match is None:
        raise PositionError(text)
    return int(match[1]), int(match[2])
