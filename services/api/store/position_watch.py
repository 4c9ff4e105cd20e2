"""Read-your-writes: wait until the read model has reached a position that ingest returned.

One connection listens for all waiters and one poll serves them all, so a thousand waiters cost what one costs. The poll
is there for notifications that were lost with a connection, and for databases that send none.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from services.api.problems import NOT_CAUGHT_UP, UNKNOWN_PARTITION, of_database
from services.api.store.notifications import notifications
from services.api.store.sessions import Sessions
from services.api.store.snapshot import Reader, Snapshot
from steppe.http.problems import BAD_PARAMETER, Refusal
from steppe.log import positions

log = logging.getLogger(__name__)

CHANNEL = "steppe_position"
WAIT_SECONDS_DEFAULT = 5.0
WAIT_SECONDS_MAX = 30.0
_POLL_SECONDS = 0.5
_RECONNECT_SECONDS = 1.0
_PREFER_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})", re.ASCII | re.IGNORECASE)


def parse_position(text: str) -> dict[int, int]:
    """The offset that must be covered in each partition."""
    try:
        return positions.parse_position(text)
    except positions.PositionError as error:
        detail = f"min_position: {error.text[:40]!r} is no position; write partition:offset, as in 0:41,3:7."
        raise Refusal(BAD_PARAMETER, detail, parameter="min_position") from None


def wait_seconds(prefer: str | None) -> float:
    """`Prefer: wait=5` (RFC 7240), capped; what else is preferred is not for us."""
    match = _PREFER_WAIT.search(prefer or "")
    return min(float(match[1]), WAIT_SECONDS_MAX) if match else WAIT_SECONDS_DEFAULT


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the read model is, and from which place on records of large projects wait for their fold."""

    next_offsets: Mapping[int, int]
    unfolded_from: Mapping[str, tuple[int, int]]

    def covers(self, wanted: Mapping[int, int], project: str | None) -> bool:
        """Whether every partition has covered its offset, and the fold of the project, where one is named, has, too."""
        if not all(self.next_offsets.get(partition, 0) > offset for partition, offset in wanted.items()):
            return False
        partition, first_offset = self.unfolded_from.get(project or "", (-1, 0))
        return wanted.get(partition, -1) < first_offset


async def _reached(snapshot: Snapshot) -> Reached:
    waiting = await snapshot.rows("waiting_projects") if snapshot.some_wait else []
    unfolded_from = {row["project"]: (row["partition"], row["first_offset"]) for row in waiting}
    return Reached(snapshot.next_offsets, unfolded_from)


class PositionWatch:
    """How far the read model is; wakes those who wait for a later position."""

    def __init__(self, reader: Reader, sessions: Sessions) -> None:
        self._reader = reader
        self._sessions = sessions
        self._task: asyncio.Task[None] | None = None
        self._waiters = 0
        self._reached = Reached({}, {})
        self._changed = asyncio.Condition()
        self._failure: Exception | None = None

    async def wait_for(self, wanted: dict[int, int], seconds: float, project: str | None = None) -> None:
        """Return when every partition has covered its offset; refuse with how far it is when time is up.

        `project`: who asks for this one waits for its fold, too, when it is a large one that is folded beside the stream.
        """
        async with self._reader.snapshot() as snapshot:
            reached = await _reached(snapshot)
        partitions = sorted(reached.next_offsets)
        unknown = sorted(set(wanted) - set(partitions))
        if unknown:
            detail = (
                f"The log has no partition {', '.join(map(str, unknown))}; it has {', '.join(map(str, partitions))}."
            )
            raise Refusal(UNKNOWN_PARTITION, detail, parameter="min_position", partitions=partitions)
        if reached.covers(wanted, project):
            return
        self._waiters += 1
        try:
            if self._task is None or self._task.done():
                self._reached = reached
                self._failure = None
                self._task = asyncio.create_task(self._follow(), name="position-watch")
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self._reached.covers(wanted, project) or self._failure is not None)
        except TimeoutError:
            wanted_text = positions.format_position(wanted)
            position = positions.position_before(self._reached.next_offsets)
            at = f"the read model is at {position or 'the beginning'}"
            if self._reached.covers(wanted, None):
                at = "the project is a large one, and its fold has not come there yet"
            raise Refusal(
                NOT_CAUGHT_UP,
                f"Waited {seconds:g} s for {wanted_text}; {at}. Retry.",
                wanted=wanted_text,
                position=position,
            ) from None
        finally:
            self._waiters -= 1
        if self._failure is not None:
            raise self._failure

    async def close(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _follow(self) -> None:
        """Follow while anybody waits. A database that is away is waited for: the waiters have their own deadlines."""
        while self._waiters:
            try:
                await self._listen()
            except Exception as error:
                if of_database(error) is None:
                    self._failure = error
                    async with self._changed:
                        self._changed.notify_all()
                    return
                log.warning("position watch: %s: %s; trying again", type(error).__name__, error)
                await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self) -> None:
        async with notifications(self._sessions, CHANNEL) as commits:
            while self._waiters:
                await commits.listen()
                async with self._reader.snapshot() as snapshot:
                    self._reached = await _reached(snapshot)
                async with self._changed:
                    self._changed.notify_all()
                await commits.wait(_POLL_SECONDS)
