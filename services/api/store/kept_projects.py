"""What was read and decoded of each project, kept in this process while the project stays as it is.

A measure needs a little of every project through all days. To read and decode that for each answer takes seconds with thousands of projects,
and between two answers few of them change. So it is kept, and what a snapshot shows otherwise is read again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from services.api.store.knowledge import Knowledge
from services.api.store.snapshot import Snapshot

T = TypeVar("T")

Read = Callable[[Snapshot, Sequence[str] | None, Knowledge | None], Awaitable[Mapping[str, T]]]
"""Reads something of these projects (None: of all), as known then; a project of which there is nothing may be absent."""

_PROJECTS_AT_ONCE_MAX = 1_000
"""Of more than these that changed all are read: one statement without a list of keys."""


@dataclass(slots=True)
class _Kept:
    """What was read by one reader of one read model. `stamps`: by which transaction each project was written last."""

    of: object = None
    stamps: dict[str, int] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


class KeptProjects:
    """Values by project, of each reader: for the read model as it is now, and for each copy of it as long as that is there."""

    def __init__(self) -> None:
        self._now: dict[object, _Kept] = {}
        self._schema = ""
        self._copies: WeakKeyDictionary[Any, dict[object, _Kept]] = WeakKeyDictionary()

    async def of(self, snapshot: Snapshot, read: Read[T], knowledge: Knowledge | None = None) -> Mapping[str, T]:
        """What `read` gives of all projects in this snapshot, which has that knowledge. Nobody may change what comes back.

        The same values as a call of `read`, and nearly nothing of its cost while projects stay as they are: whatever the events of a project
        write is written with its row, in one transaction, by which it is known. Flags are not to be kept so: markets write them, too.
        """
        kept = self._readers(snapshot).setdefault(read, _Kept())
        async with kept.reading:
            identity = self._identity(snapshot)
            if identity is None or kept.of != identity:
                await self._bring_up(kept, snapshot, read, knowledge)
                kept.of = identity
            return cast(Mapping[str, T], kept.values)

    def _readers(self, snapshot: Snapshot) -> dict[object, _Kept]:
        if not snapshot.schema:
            return self._copies.setdefault(snapshot.connection, {})
        if snapshot.schema != self._schema:  # it was rebuilt
            self._schema, self._now = snapshot.schema, {}
        return self._now

    def _identity(self, snapshot: Snapshot) -> object:
        """What two snapshots have in common that show the same; None where that cannot be told without asking."""
        if not snapshot.schema:
            return None
        return snapshot.schema, snapshot.position, snapshot.last_action, snapshot.late_folds, snapshot.rules.version

    async def _bring_up(self, kept: _Kept, snapshot: Snapshot, read: Read[T], knowledge: Knowledge | None) -> None:
        rows = await snapshot.rows("written_projects")
        stamps = {row["project"]: row["written_by"] for row in rows}
        changed = [project for project, stamp in stamps.items() if kept.stamps.get(project) != stamp]
        gone = kept.stamps.keys() - stamps.keys()
        if not changed and not gone:
            return
        if len(changed) > _PROJECTS_AT_ONCE_MAX:
            values = dict(await read(snapshot, None, knowledge))
        else:
            values = {name: value for name, value in kept.values.items() if name in stamps}
            for project in changed:
                values.pop(project, None)
            values.update(await read(snapshot, changed, knowledge) if changed else {})
        kept.stamps, kept.values = stamps, values
