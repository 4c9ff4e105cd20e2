"""What operators may do with what was diverted, and what is refused, in words. Knows transactions; the acting is in `repairing`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from services.projector.projection.apply import STATEMENTS, Applier
from services.projector.projection.quarantine_entries import RecordId, Stage
from services.projector.quarantine.refold import FOLDED, SKIPPED, Doer, Done, Quarantined, Repairer
from steppe.database import active_read_model
from steppe.log.positions import format_record_id

Act = Callable[[asyncpg.Connection, Quarantined], Awaitable[Done]]
_LOCK_TIMEOUT = "30s"


class RefusedError(Exception):
    """What is asked for cannot be done; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Quarantine:
    """The operator's side of one database."""

    connection: asyncpg.Connection
    repairer: Repairer
    doer: Doer

    @classmethod
    async def of(cls, connection: asyncpg.Connection, topic: str, doer: Doer) -> Quarantine:
        """That of a log. Raises RefusedError when there is none."""
        async with connection.transaction():
            await active_read_model.enter(connection)
            partitions = len(await connection.fetch(STATEMENTS["read_checkpoints"], topic))
        if not partitions:
            raise RefusedError(f"The database knows no log {topic}: check STEPPE_TOPIC, or run `steppe migrate`.")
        return cls(connection, Repairer(Applier(STATEMENTS, topic, partitions)), doer)

    async def retry(self, places: Sequence[RecordId]) -> list[Done]:
        """These records, each in a transaction of its own."""
        return [await self._at(place, self._retry) for place in places]

    async def retry_all(self, subject: str | None) -> list[Done]:
        """All that hold, or all that hold one subject; one transaction a partition."""
        done: list[Done] = []
        for partition in range(self.repairer.applier.partitions):
            async with self._entered(partition) as connection:
                done += await self.repairer.retry_all(connection, partition, subject, self.doer)
                if subject is not None and (judged := await self._judge_again(connection, partition, subject)):
                    done.append(judged)
        return done

    async def upgrade(self) -> int:
        """Events of types that are known now; one transaction a partition. Returns how many there were."""
        count = 0
        for partition in range(self.repairer.applier.partitions):
            async with self._entered(partition) as connection:
                count += await self.repairer.upgrade(connection, partition, self.doer)
        return count

    async def skip(self, places: Sequence[RecordId]) -> list[Done]:
        """Give these records up, each in a transaction of its own."""
        return [await self._at(place, self._skip) for place in places]

    async def _at(self, place: RecordId, act: Act) -> Done:
        async with self._entered(place[0]) as connection:
            found = await self.repairer.quarantined(connection, place)
            if found is not None:
                return await act(connection, found)
            actions = await connection.fetch(
                self.repairer.applier.statements["quarantine_actions_at"], self.repairer.applier.topic, *place
            )
            if actions and actions[-1]["outcome"] == FOLDED:
                return Done(place=place, subject=actions[-1]["subject"], outcome=FOLDED)
            raise RefusedError(
                f"Nothing is in quarantine at {format_record_id(*place)}; `steppe quarantine list` shows what is."
            )

    async def _retry(self, connection: asyncpg.Connection, one: Quarantined) -> Done:
        if one.skipped:
            raise RefusedError(f"{format_record_id(*one.place)} was given up; have the event sent again, mended.")
        if one.stage is Stage.CONFLICT:
            raise RefusedError(
                f"{format_record_id(*one.place)} is a conflict: the first event of that name stands whatever is tried. Have a"
                " correction sent (event.corrected), and skip this one."
            )
        if one.stage is Stage.HELD:
            raise RefusedError(
                f"{format_record_id(*one.place)} {one.reason}: `steppe quarantine retry --subject {one.subject}`."
            )
        (done,) = await self.repairer.retry(connection, [one], self.doer)
        return done

    async def _skip(self, connection: asyncpg.Connection, one: Quarantined) -> Done:
        if one.stage is Stage.HELD:
            raise RefusedError(
                f"{format_record_id(*one.place)} {one.reason}: nothing is wrong with it. `steppe quarantine list --subject"
                f" {one.subject}` names the record to retry or skip."
            )
        if one.skipped:
            return Done(place=one.place, subject=one.subject, outcome=SKIPPED)
        return await self.repairer.skip(connection, one, self.doer)

    async def _judge_again(self, connection: asyncpg.Connection, partition: int, subject: str) -> Done | None:
        place = await connection.fetchrow(self.repairer.applier.statements["market_fault_of_project"], subject)
        if place is None or place["partition"] != partition:
            return None
        return await self.repairer.judge_again(connection, subject, self.doer)

    @asynccontextmanager
    async def _entered(self, partition: int) -> AsyncIterator[asyncpg.Connection]:
        async with self.connection.transaction():
            if partition >= self.repairer.applier.partitions:
                raise RefusedError(
                    f"There is no partition {partition}; the log has {self.repairer.applier.partitions}."
                )
            await self.connection.execute("SELECT set_config('lock_timeout', $1, true)", _LOCK_TIMEOUT)
            await active_read_model.hold(self.connection)
            await self.repairer.enter(self.connection, partition)
            yield self.connection
