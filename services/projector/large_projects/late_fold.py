"""Applies the records of one large project that wait for their fold, in a transaction of its own.

The batches in which they lay have advanced the checkpoint and left them. Where they lie stands in `pending_fold`, and those rows go
in the transaction that writes what follows from them: whoever is killed leaves all of it to the next, and none of it is done twice.
Batches only ever add such rows, so that they never wait for this. Until then all that is stored of the project is as if these records
had not come.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from services.projector.consumer import log_reader
from services.projector.projection import decode, quarantine_policy
from services.projector.projection.apply import STATEMENTS, Applier
from services.projector.projection.batches import Record
from services.projector.projection.deduplicate import ClassifiedBatch
from services.projector.projection.fold_subjects import FoldedBatch, fold
from services.projector.settings import Settings
from steppe import failpoints
from steppe.database import active_read_model, rule_versions
from steppe.database.read_model.market_cache import MarketCache
from steppe.database.read_model.projection import ReadModel
from steppe.domain.rules.thresholds import Rules
from steppe.log.positions import position_before

if TYPE_CHECKING:
    import asyncpg

log = logging.getLogger("steppe.projector")

_RECORDS_AT_ONCE = 20_000
# What a fold holds in memory beside the events that are folded already.
_RECORDS_A_FOLD = 100_000


class FoldedOtherwiseError(Exception):
    """Meanwhile the project was folded again, or other rules came into force: nothing is written, and the fold has to begin anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The part of a partition in which the records lie that wait, from the first to the last offset."""

    partition: int
    first: int
    last: int


ReadLog = Callable[[str, Stretch], Awaitable[list[Record]]]
"""Gives the records of a project in a stretch of the log, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """What waits of a project, as it stood at one moment. `batches`: the rows of `pending_fold`."""

    schema: str
    rules: Rules
    partitions: int
    batches: Sequence[asyncpg.Record]

    @property
    def stretch(self) -> Stretch:
        first, last = self.batches[0], self.batches[-1]
        return Stretch(partition=first["partition"], first=first["first_offset"], last=last["log_offset"])


@dataclass(frozen=True, slots=True)
class LateFold:
    """Folds large projects. `market_cache` is of the active read model."""

    connection: asyncpg.Connection
    settings: Settings
    read_log: ReadLog
    market_cache: MarketCache

    async def fold(self, project: str) -> bool:
        """Apply what waits of a project, or the first hundred thousand records of it; False: nothing does.

        Raises FoldedOtherwiseError, ProjectorError, and what the database and the broker raise.
        """
        waiting = await self._waiting(project)
        if waiting is None:
            return False
        applier = Applier(STATEMENTS, self.settings.topic, waiting.partitions)
        model = ReadModel(STATEMENTS, waiting.rules, market_cache=self.market_cache)
        records = await self.read_log(project, waiting.stretch)
        batch, folded = await self._fold(applier, model, waiting, records)
        failpoints.reach("late-folded", project)
        async with self.connection.transaction():
            await self._take(project, waiting)
            partition, last = waiting.stretch.partition, waiting.stretch.last
            await quarantine_policy.refuse_excess(
                self.connection, batch.quarantined, {partition: last}, self.settings.projector_quarantine_max
            )
            await applier.store(self.connection, batch, folded)
            market_faults = await model.save(self.connection, folded.results)
            await self.connection.execute(
                *STATEMENTS["announce_position"](position=position_before({partition: last + 1}))
            )
            await self.connection.execute(STATEMENTS["count_fold"])
            failpoints.reach("late-before-commit", project)
        failpoints.reach("late-after-commit", project)
        for name, fault in {**folded.faults, **market_faults}.items():
            log.error("%s could not be folded again, or its market judged: %s", name, fault, extra={"project": name})
        if batch.quarantined:
            log.warning(
                "%d records of %s are kept and not folded; see `steppe quarantine list`",
                len(batch.quarantined),
                project,
            )
        return True

    async def _waiting(self, project: str) -> _Waiting | None:
        connection = self.connection
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            schema = await active_read_model.use_active(connection)
            batches = await connection.fetch(*STATEMENTS["pending_of_project"](project=project))
            if not batches:
                return None
            checkpoints = await connection.fetch(*STATEMENTS["read_checkpoints"](topic=self.settings.topic))
            rules = await rule_versions.in_force(connection)
        before = accumulate((row["records"] for row in batches), initial=0)
        taken = [row for row, records in zip(batches, before, strict=False) if records < _RECORDS_A_FOLD]
        return _Waiting(schema=schema, rules=rules, partitions=len(checkpoints), batches=taken)

    async def _fold(
        self, applier: Applier, model: ReadModel, waiting: _Waiting, records: Sequence[Record]
    ) -> tuple[ClassifiedBatch, FoldedBatch]:
        """What these records are, and what follows from them; nothing is written. What is read here stands until `_take`, or that raises."""
        connection = self.connection
        decoded = [decode.decode_record(record, waiting.partitions) for record in records]
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute(*active_read_model.STATEMENTS["use_schema"](schema=waiting.schema))
            batch, _ = await applier.classify(connection, decoded, {waiting.stretch.partition: records})
            subjects = await applier.subject_batches(connection, batch, dict.fromkeys(batch.touched))
        folded = await fold(connection, model, subjects)
        for stored, reason in folded.stopped:
            batch.stop_before(stored, reason)
        return batch, folded

    async def _take(self, project: str, waiting: _Waiting) -> None:
        """Take what waited. From here on nobody else folds the project, or takes the read model away. Raises FoldedOtherwiseError."""
        connection = self.connection
        schema = await active_read_model.lock_active_for_write(connection)
        await connection.execute(STATEMENTS["write_read_model"])
        taken = await connection.fetch(
            *STATEMENTS["remove_pending"](
                project=project,
                log_offsets=[row["log_offset"] for row in waiting.batches],
                refolds=[row["refolds"] for row in waiting.batches],
            )
        )
        rules = await rule_versions.in_force(connection)
        if (schema, len(taken), rules.version) != (waiting.schema, len(waiting.batches), waiting.rules.version):
            raise FoldedOtherwiseError(project)


def reading_log(settings: Settings) -> ReadLog:
    """Reads the log itself, with a consumer for each stretch."""

    async def read(project: str, stretch: Stretch) -> list[Record]:
        key, reached = project.encode(), stretch.first
        records: list[Record] = []
        async with log_reader.reading(
            settings.kafka, settings.topic, {stretch.partition: stretch.first}, log_reader.LARGE_FETCH_BYTES
        ) as reader:
            while reached <= stretch.last:
                for of_partition in (await reader.batch(_RECORDS_AT_ONCE)).values():
                    reached = of_partition[-1].offset + 1
                    records += [r for r in of_partition if r.key == key and r.void_from is None]
        return [record for record in records if record.offset <= stretch.last]

    return read
