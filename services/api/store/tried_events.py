"""Events that nobody sent, in a copy of the read model: stored beside those of the log for as long as they are tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import asyncpg

from services.api.store.snapshot import QUERIES, Row
from steppe.contracts.acceptance import Accepted
from steppe.contracts.codec import Decoded, decode
from steppe.contracts.partitioning import partition_of
from steppe.database.read_model.projection_rows import copy

_COLUMNS = (
    "subject", "source", "id", "partition", "log_offset", "name", "state", "deal", "known_at", "recorded_at",
    "occurred_earliest", "occurred_latest", "content_sha256", "raw",
)  # fmt: skip


async def prepare(connection: asyncpg.Connection[Row], schema: str) -> None:
    """Put a view in front of the events of a read model, which has those that are tried, too: none yet. Twice is safe.

    It stands from the first statement of the copy on: a prepared statement keeps the table that it has found.
    """
    # The name is the pointer's, never input.
    await connection.execute(
        "DROP VIEW IF EXISTS pg_temp.event; DROP TABLE IF EXISTS pg_temp.tried_event;"  # noqa: S608
        f"CREATE TEMPORARY TABLE tried_event (LIKE {schema}.event INCLUDING ALL);"
        f"CREATE TEMPORARY VIEW event AS SELECT * FROM {schema}.event UNION ALL SELECT * FROM pg_temp.tried_event"
    )


async def stored_contents(
    connection: asyncpg.Connection[Row], events: Sequence[Accepted]
) -> dict[tuple[str, str, str], bytes]:
    """Of those events that are in the log already, by subject, source and id: the hash of the content."""
    rows = await connection.fetch(
        *QUERIES["contents_of_events"](
            subjects=[event.subject for event in events],
            sources=[event.source for event in events],
            ids=[event.id for event in events],
        )
    )
    return {(row["subject"], row["source"], row["id"]): row["content_sha256"] for row in rows}


async def store(
    connection: asyncpg.Connection[Row], events: Sequence[Accepted], next_offsets: Mapping[int, int]
) -> list[str]:
    """Store events behind the end of the log, in this order; returns their subjects. Their ids are not in it yet."""
    offsets = dict(next_offsets)
    rows: list[tuple[object, ...]] = []
    for accepted in events:
        decoded = decode(accepted.value, key=accepted.subject.encode())
        assert isinstance(decoded, Decoded), "accepted events are of types that this release knows"
        event = decoded.event
        partition = partition_of(event.subject.encode(), len(offsets))
        rows.append(
            (
                event.subject,
                event.source,
                event.id,
                partition,
                offsets[partition],
                event.kind.name,
                "registry" if ":" in event.subject else "folded",
                event.deal,
                event.known,
                event.recorded,
                event.earliest,
                event.latest,
                decoded.content_sha256,
                accepted.value.decode(),
            )
        )
        offsets[partition] += 1
    await copy(connection, "tried_event", _COLUMNS, rows)
    return sorted({event.subject for event in events})
