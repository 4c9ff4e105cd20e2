"""The stored events of one project, read once for everything that an answer makes of them. Decoding them is left to whoever computes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from services.api.computation import by_size
from services.api.store import row_decoding
from services.api.store.knowledge import Knowledge, read_as_known
from services.api.store.snapshot import Row, Snapshot
from steppe.domain.analysis.idle_references import wholes_missing
from steppe.domain.events.corrections import CorrectedEvents, Identity
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import CORRECTION_NAMES, REGISTRY_NAMES
from steppe.domain.fold.fold_state import in_fold_order


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectEvents:
    """The events of a project as stored, and what they are read with; can go to another process.

    `rows`: all of them, in the order of the log within each partition. `documents_elsewhere`: of what rows say that they are part
    of, the documents of other projects that state an amount or a volume, as far as known.
    """

    rows: Sequence[Row]
    knowledge: Knowledge | None
    documents_elsewhere: frozenset[Identity]

    def decoded(self) -> list[Event]:
        """Those that are folded."""
        events = (row_decoding.event(row) for row in self.rows if row_decoding.folds(row))
        return [event for event in events if event is not None]

    def read(self, decoded: Iterable[Event]) -> CorrectedEvents:
        """How they are read under the knowledge that is asked for (None: everything known by now)."""
        return read_as_known(decoded, self.knowledge)

    def occur_after(self, day: date) -> bool:
        """Whether one occurs after a day, however the others are read; False also where only reading them tells."""
        knowledge = self.knowledge
        if any(row["name"] in CORRECTION_NAMES for row in self.rows):
            return False
        return any(
            row["state"] == "folded"
            and row["name"] not in REGISTRY_NAMES
            and row["occurred_latest"] is not None
            and row["occurred_latest"] > day
            and (knowledge is None or row["recorded_at" if knowledge.recorded else "known_at"] <= knowledge.known_at)
            for row in self.rows
        )

    def stated_elsewhere(self, events: Sequence[Event]) -> frozenset[Identity]:
        """Of the documents that these events are part of and that are not among them, those that are stated in another project,
        whatever became of them there."""
        return self.documents_elsewhere.intersection(wholes_missing(events))


async def read_project_events(snapshot: Snapshot, project: str, knowledge: Knowledge | None) -> ProjectEvents:
    """The events of a project in this snapshot, to be read under this knowledge (None: everything known by now)."""
    rows = await snapshot.rows("events_of_project", project=project) if "\x00" not in project else []
    documents = await documents_named(snapshot, rows, knowledge)
    return ProjectEvents(
        rows=rows,
        knowledge=knowledge,
        documents_elsewhere=frozenset((row["source"], row["id"]) for row in documents if row["subject"] != project),
    )


async def documents_named(snapshot: Snapshot, rows: Sequence[Row], knowledge: Knowledge | None) -> list[Row]:
    """Of what rows of events say that they are part of: the events that state an amount or a volume, of whatever project, as far as
    known. Asks the database only where some say so."""
    ids = await by_size(len(rows), _ids_of_wholes, rows)
    if not ids:
        return []
    return await snapshot.rows(
        "documents_of_ids",
        ids=ids,
        known_at=None if knowledge is None else knowledge.known_at,
        recorded=knowledge is not None and knowledge.recorded,
    )


def histories(rows: Iterable[Row], knowledge: Knowledge | None) -> dict[str, list[Event]]:
    """By project, its events of these rows as they are read under a knowledge, in fold order."""
    decoded: dict[str, list[Event]] = {}
    for row in rows:
        event = row_decoding.event(row) if row_decoding.folds(row) and ":" not in row["subject"] else None
        if event is not None:
            decoded.setdefault(row["subject"], []).append(event)
    return {
        project: in_fold_order(read_as_known(events, knowledge).events) for project, events in sorted(decoded.items())
    }


def rows_until(rows: Iterable[Row], position: Mapping[int, int]) -> list[Row]:
    """Of rows of events those that stand in the log until a position, the last offset of each partition."""
    return [row for row in rows if row["log_offset"] <= position.get(row["partition"], -1)]


def _ids_of_wholes(rows: Iterable[Row]) -> list[str]:
    """The ids of all documents that these rows, or corrections among them, name as a whole: those that count are among them."""
    # Most rows name none: a look at the text spares reading them as JSON, in which the name may be escaped.
    naming = (row["raw"] for row in rows if '"part_of"' in row["raw"] or "\\u" in row["raw"])
    return sorted({whole for raw in naming for whole in _wholes(msgspec.json.decode(raw))})


def _wholes(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        whole = value.get("part_of")
        if isinstance(whole, dict) and isinstance(whole.get("id"), str):
            yield whole["id"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _wholes(inner)
