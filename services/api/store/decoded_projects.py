"""What was read and decoded of each project, cached in this process while the project stays as it is.

A measure needs a little of every project through all days. To read and decode that for each answer takes seconds with thousands of projects,
and between two answers few of them change. So it is cached, and only the projects that changed are read again.
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
"""Reads something of these projects (None: of all) under a knowledge; a project of which there is nothing may be absent."""

_PROJECTS_AT_ONCE_MAX = 1_000
"""Of more than these that changed all are read: one statement without a list of keys."""


@dataclass(slots=True)
class _CachedValues:
    """What was read by one reader of one read model. `identity`: of the snapshot it was read in. `stamps`: by which transaction each project was written last."""

    identity: object = None
    stamps: dict[str, int] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


class DecodedProjects:
    """Values by project, of each reader: for the read model as it is now, and for each copy of it as long as that is there."""

    def __init__(self) -> None:
        self._now: dict[object, _CachedValues] = {}
        self._schema = ""
        self._copies: WeakKeyDictionary[Any, dict[object, _CachedValues]] = WeakKeyDictionary()

    async def of(self, snapshot: Snapshot, read: Read[T], knowledge: Knowledge | None = None) -> Mapping[str, T]:
        """What `read` gives of all projects in this snapshot, which has that knowledge. Nobody may change what comes back.

        The same values as a call of `read`, and nearly nothing of its cost while projects stay as they are: whatever the events of a project
        write is written in one transaction with its row, whose number shows it. Flags may not be cached so: markets write them, too.
        """
        cached = self._readers(snapshot).setdefault(read, _CachedValues())
        async with cached.reading:
            identity = self._identity(snapshot)
            if identity is None or cached.identity != identity:
                await self._bring_up(cached, snapshot, read, knowledge)
                cached.identity = identity
            return cast(Mapping[str, T], cached.values)

    def _readers(self, snapshot: Snapshot) -> dict[object, _CachedValues]:
        if not snapshot.schema:
            return self._copies.setdefault(snapshot.connection, {})
        if snapshot.schema != self._schema:  # it was rebuilt
            self._schema, self._now = snapshot.schema, {}
        return self._now

    def _identity(self, snapshot: Snapshot) -> object:
        """What two snapshots that show the same have in common; None where finding out takes a query."""
        if not snapshot.schema:
            return None
        return snapshot.schema, snapshot.position, snapshot.last_action, snapshot.late_folds, snapshot.rules.version

    async def _bring_up(
        self, cached: _CachedValues, snapshot: Snapshot, read: Read[T], knowledge: Knowledge | None
    ) -> None:
        rows = await snapshot.rows("written_projects")
        stamps = {row["project"]: row["written_by"] for row in rows}
        changed = [project for project, stamp in stamps.items() if cached.stamps.get(project) != stamp]
        gone = cached.stamps.keys() - stamps.keys()
        if not changed and not gone:
            return
        if len(changed) > _PROJECTS_AT_ONCE_MAX:
            values = dict(await read(snapshot, None, knowledge))
        else:
            values = {name: value for name, value in cached.values.items() if name in stamps}
            for project in changed:
                values.pop(project, None)
            values.update(await read(snapshot, changed, knowledge) if changed else {})
        cached.stamps, cached.values = stamps, values
