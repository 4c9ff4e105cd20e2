"""`steppe log adopt`: an operator accepts a replaced log as the truth, and that is recorded.

Where the log continues the read model only its identity is replaced. Where it does not, the read model is emptied and
folded from the log's beginning. What would be lost by that is listed first, and refused without --accept-loss.
"""

from __future__ import annotations

import asyncio
import getpass
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Annotated

import asyncpg
import typer

from services.projector.projection import batches, log_identity
from services.projector.projection.errors import LogShorterError, ProjectorError, RecordsRemovedError, TopicMissingError
from services.projector.projection.log_identity import Checkpoint
from steppe.connection_errors import run
from steppe.contracts.topics import DEALS
from steppe.database import active_read_model, apply_migrations, reset, sql
from steppe.database.connection import open_connection
from steppe.environment import setting
from steppe.log.broker_address import parse
from steppe.log.topic_info import TopicInfo, TopicReader, open_topic
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, Data, application

_SECONDS_MAX = 60.0


class AdoptionRefusedError(Exception):
    """Nothing was changed; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionPlan:
    """What adopting would do. `because`: why the log does not continue the read model; None: it does. `loses`: what is gone for good."""

    topic: str
    cluster: str
    partitions: int
    cluster_before: str | None
    because: str | None
    folds_anew: bool
    loses: str | None

    @property
    def nothing_to_do(self) -> bool:
        """The log is the one that is known, and continues."""
        return self.because is None and self.cluster == self.cluster_before


async def make_plan(connection: asyncpg.Connection, kafka: str, topic: str) -> tuple[AdoptionPlan, TopicInfo]:
    """Compare the log with the read model; changes nothing. Raises AdoptionRefusedError when there is no such topic."""
    identity = await log_identity.known_identity(connection, topic)
    async with connection.transaction():
        await active_read_model.use_active(connection)
        rows = await connection.fetch(*sql.load("checkpoint")["read_checkpoints"](topic=topic))
    checkpoints = {
        row["partition"]: Checkpoint(next_offset=row["next_offset"], sha256=row["last_record_sha256"]) for row in rows
    }
    async with asyncio.timeout(_SECONDS_MAX), open_topic(kafka, topic) as reader:
        if reader is None:
            raise AdoptionRefusedError(str(TopicMissingError(topic, kafka)))
        facts = reader.info
        discontinuity = await _find_discontinuity(reader, checkpoints)
    same = identity is not None and identity.cluster == facts.cluster
    added = facts.partitions - len(checkpoints)
    because = None if discontinuity is None else str(discontinuity)
    if added:
        because = f"the log has {facts.partitions} partitions, the read model was made from {len(checkpoints)}"
    plan = AdoptionPlan(
        topic=topic,
        cluster=facts.cluster,
        partitions=facts.partitions,
        cluster_before=None if identity is None else identity.cluster,
        because=because,
        folds_anew=because is not None and not isinstance(discontinuity, RecordsRemovedError),
        loses=_describe_loss(discontinuity, facts, same=same, added=added) if because else None,
    )
    return plan, facts


async def _find_discontinuity(reader: TopicReader, checkpoints: Mapping[int, Checkpoint]) -> ProjectorError | None:
    """Why the partitions that both have do not continue; None: they do."""
    shared = {partition: at for partition, at in checkpoints.items() if partition in reader.info.ends}
    try:
        next_offsets = {partition: checkpoint.next_offset for partition, checkpoint in shared.items()}
        batches.refuse_another_log(next_offsets, reader.info.starts, reader.info.ends)
        log_identity.refuse_other_records(shared, await log_identity.last_records(reader, shared))
    except ProjectorError as error:
        return error
    return None


async def adopt(
    connection: asyncpg.Connection,
    kafka: str,
    topic: str,
    *,
    by: str,
    reason: str,
    accept_loss: bool = False,
) -> AdoptionPlan:
    """Do what `make_plan` says, in one transaction, with the rights of the projector.

    Twice is safe. Raises AdoptionRefusedError when something would be lost and that was not accepted.
    """
    async with connection.transaction():
        statements = sql.load("log_identity")
        await connection.execute(*statements["lock_log_identity"](topic=topic))
        plan, facts = await make_plan(connection, kafka, topic)
        if plan.nothing_to_do:
            return plan
        if plan.loses and not accept_loss:
            raise AdoptionRefusedError(f"{plan.loses} To go on all the same: --accept-loss.")
        if plan.folds_anew:
            await reset.empty(connection)
            await connection.execute(*statements["remove_checkpoints_from"](topic=topic, partitions=facts.partitions))
            await apply_migrations.ensure_checkpoints(connection, topic, facts.partitions)
            await connection.execute(statements["forget_announced_offsets"])
        if plan.loses:
            # Only where the beginning is gone: the read model begins with what is left.
            await connection.execute(
                *statements["advance_to_start"](
                    topic=topic, partitions=list(facts.starts), first_offsets=list(facts.starts.values())
                )
            )
        recorded = reason if plan.because is None else f"{reason} ({plan.because})"
        await connection.execute(
            *statements["adopt_log"](
                topic=topic, cluster=facts.cluster, partitions=facts.partitions, adopted_by=by, reason=recorded
            )
        )
        await connection.execute(*statements["clear_halts"](topic=topic))
    return plan


def _describe_loss(discontinuity: ProjectorError | None, facts: TopicInfo, *, same: bool, added: int) -> str | None:
    if isinstance(discontinuity, RecordsRemovedError):
        missing = discontinuity.actual - discontinuity.expected
        return (
            f"{missing} records of partition {discontinuity.partition} were never applied and are no longer in the log."
        )
    if any(facts.starts.values()):
        return "The log's beginning was removed: folding it anew loses what only the read model still has."
    if same and isinstance(discontinuity, LogShorterError):
        return (
            f"The log ends at {discontinuity.end} in partition {discontinuity.partition}, the read model covers"
            f" {discontinuity.expected}: folding it anew loses what only the read model still has."
        )
    if same and added > 0 and discontinuity is None and facts.records:
        return (
            f"{added} partitions were added: records from before lie where their keys no longer belong, and would be"
            " quarantined. `steppe backup`, then `steppe restore --rehome` into a new topic, keeps them."
        )
    return None


def command(
    reason: Annotated[str, typer.Option(help="Why; kept with the identity of the log.")],
    by: Annotated[str | None, typer.Option(help="Who decides; recorded. Default: your user name.")] = None,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Go on although something is gone for good.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Accept the log that STEPPE_KAFKA and STEPPE_TOPIC name as the truth from now on. This is recorded.

    Where it does not continue the read models they are folded anew; what would be lost by that is said first.

    Example: steppe log adopt --reason "restored from the backup of Sunday"
    """
    addresses.find().into_environment()
    kafka, database = setting("STEPPE_KAFKA"), setting("STEPPE_DATABASE")
    for name, value in (("STEPPE_KAFKA", kafka), ("STEPPE_DATABASE", database)):
        if not value:
            sys.stderr.write(f"{name} is not set.\n")
            raise typer.Exit(2)
    topic = setting("STEPPE_TOPIC") or DEALS.name
    by = by or getpass.getuser()
    try:
        plan = asyncio.run(_run(kafka, database, topic, by=by, reason=reason, accept_loss=accept_loss, ask=not yes))
    except (AdoptionRefusedError, ProjectorError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from None
    if plan is None:
        raise typer.Exit(1)
    if as_json:
        sys.stdout.write(json.dumps({**asdict(plan), "adopted": not plan.nothing_to_do}) + "\n")
    elif plan.nothing_to_do:
        sys.stdout.write(f"{topic} is the log that the read models are made from. Nothing to adopt.\n")
    else:
        sys.stdout.write(f"{topic} on cluster {plan.cluster} is adopted. {_describe_action(plan)}\n")


async def _run(
    kafka: str, database: str, topic: str, *, by: str, reason: str, accept_loss: bool, ask: bool
) -> AdoptionPlan | None:
    parse(kafka)
    connection = await open_connection(database)
    try:
        if ask:
            plan, _ = await make_plan(connection, kafka, topic)
            if not plan.nothing_to_do and not _confirmed(plan):
                return None
        return await adopt(connection, kafka, topic, by=by, reason=reason, accept_loss=accept_loss)
    finally:
        await connection.close()


def _confirmed(plan: AdoptionPlan) -> bool:
    sys.stderr.write(f"Cluster {plan.cluster}, before: {plan.cluster_before or 'none'}.\n")
    for line in (plan.because, _describe_action(plan), plan.loses):
        if line:
            sys.stderr.write(f"{line}\n")
    sys.stderr.write("Go on? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _describe_action(plan: AdoptionPlan) -> str:
    if plan.folds_anew:
        return "The read models are emptied and folded from the log's beginning; readers see them fill up."
    if plan.loses:
        return "The read models go on at the log's first record."
    return "The read models go on where they are."


if __name__ == "__main__":
    raise SystemExit(run(partial(application(command), prog_name="steppe log adopt")))
