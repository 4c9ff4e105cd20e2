"""The stored events of one project, read and decoded once for everything that an answer makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.api.store import row_decoding
from services.api.store.knowledge import Knowledge, read_as_known
from services.api.store.snapshot import Row, Snapshot
from steppe.domain.analysis.idle_references import wholes_missing
from steppe.domain.events.corrections import CorrectedEvents, Identity
from steppe.domain.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectEvents:
    """`rows`: all of them, in the order of the log within each partition; `decoded`: those that are folded; `corrected`: how
    these are read under the knowledge that is asked for.
    """

    rows: Sequence[Row]
    decoded: Sequence[Event]
    corrected: CorrectedEvents


async def read_project_events(snapshot: Snapshot, project: str, knowledge: Knowledge | None) -> ProjectEvents:
    """The events of a project in this snapshot, read under this knowledge (None: everything known by now)."""
    rows = await snapshot.rows("events_of_project", project=project) if "\x00" not in project else []
    events = [row_decoding.event(row) for row in rows if row_decoding.folds(row)]
    decoded = [event for event in events if event is not None]
    return ProjectEvents(rows=rows, decoded=decoded, corrected=read_as_known(decoded, knowledge))


async def stated_elsewhere(
    snapshot: Snapshot,
    project: str,
    events: Sequence[Event],
    knowledge: Knowledge | None,
    until: Mapping[int, int] | None = None,
) -> frozenset[Identity]:
    """Of the documents that these events of a project are part of and that are not among them: those that state an amount or a
    volume in another project, as far as known (whatever became of them there), and in the log `until` a position, if one is
    given. Asks the database only where there are some."""
    missing = wholes_missing(events)
    if not missing:
        return frozenset()
    rows = await snapshot.rows(
        "documents_elsewhere",
        project=project,
        ids=[event_id for _, event_id in missing],
        known_at=None if knowledge is None else knowledge.known_at,
        recorded=knowledge is not None and knowledge.recorded,
    )
    return frozenset(missing) & {(row["source"], row["id"]) for row in rows_until(rows, until)}


def rows_until(rows: Iterable[Row], position: Mapping[int, int] | None) -> list[Row]:
    """Of rows of events those that stand in the log until a position, the last offset of each partition; None: all."""
    return [row for row in rows if position is None or row["log_offset"] <= position.get(row["partition"], -1)]
