"""`steppe migrate`: prepares a Kafka and a Postgres for the services. Twice is safe, and changes nothing."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    BrokerResponseError,
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaError,
    NotCoordinatorForGroupError,
    TopicAlreadyExistsError,
)

from steppe.contracts.topics import DEALS, FLAGS, PARTITIONS_DEFAULT, PROJECTS, QUARANTINE, Topic
from steppe.database import apply_migrations
from steppe.database.apply_migrations import Login
from steppe.database.connection import open_connection
from steppe.database.read_model.rule_change import RuleChange
from steppe.environment import setting
from steppe.log.broker_address import client_options, parse

_REPLICAS_MAX = 3
_WAIT_SECONDS = 30.0
_GROUP = "steppe.projector"
_COORDINATOR_STARTS = frozenset(
    error.errno for error in (GroupLoadInProgressError, GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError)
)


class SettingError(Exception):
    """A setting is missing or cannot be used; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What there is now, which migrations were applied for it, and what judging again by another edition did, if it was needed."""

    migrations: tuple[str, ...]
    topic: str
    partitions: int
    rejudged: RuleChange | None = None


async def run(
    kafka: str,
    database: str,
    partitions: int = PARTITIONS_DEFAULT,
    *,
    topic: str = DEALS.name,
    logins: Sequence[Login] = (),
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Prepared:
    """Apply migrations and roles, create the topics with their settings, and a checkpoint row for each partition of the log.

    What is published gets as many partitions as the log. A topic that exists keeps its number of partitions, whatever is asked for. `topic` renames the log, for tests.
    """
    parse(kafka)  # a mistake in it is reported before anything is changed
    connection = await open_connection(database)
    try:
        applied = await apply_migrations.apply(connection, progress=progress)
        for login in logins:
            await apply_migrations.ensure_login(connection, login)
        count = await ensure_topic(kafka, DEALS, partitions, name=topic)
        for published in (FLAGS, PROJECTS, QUARANTINE):
            await ensure_topic(kafka, published, count)
        await _wait_for_group_coordinator(kafka)
        await apply_migrations.ensure_checkpoints(connection, topic, count)
    finally:
        await connection.close()
    return Prepared(migrations=applied.migrations, topic=topic, partitions=count, rejudged=applied.rejudged)


async def run_from_environment(progress: Callable[[int, int], None] = lambda done, of: None) -> Prepared:
    """As `run`, on what STEPPE_KAFKA, STEPPE_DATABASE and STEPPE_PARTITIONS say, each also as a file (…_FILE).

    STEPPE_PROJECTOR_PASSWORD and STEPPE_API_PASSWORD make the users `projector` and `api`, or change their passwords.
    """
    partitions = setting("STEPPE_PARTITIONS") or str(PARTITIONS_DEFAULT)
    if not partitions.isdigit() or int(partitions) < 1:
        raise SettingError(f"STEPPE_PARTITIONS is {partitions!r}: give a whole number from 1.")
    logins = [
        Login(user=user, group=f"steppe_{user}", password=password)
        for user in ("projector", "api")
        if (password := setting(f"STEPPE_{user.upper()}_PASSWORD"))
    ]
    topic = setting("STEPPE_TOPIC") or DEALS.name
    return await run(
        _required("STEPPE_KAFKA"),
        _required("STEPPE_DATABASE"),
        int(partitions),
        topic=topic,
        logins=logins,
        progress=progress,
    )


def _required(name: str) -> str:
    value = setting(name)
    if not value:
        raise SettingError(f"{name} is not set: set it, or {name}_FILE to the name of a file that holds it.")
    return value


async def ensure_topic(kafka: str, topic: Topic, partitions: int, *, name: str | None = None) -> int:
    """Create the topic unless it is there, wait until every partition has a leader, and return how many there are."""
    name = name or topic.name
    admin = AIOKafkaAdminClient(**client_options(kafka))
    try:
        await admin.start()
        async with asyncio.timeout(_WAIT_SECONDS):
            existing = await _led_partitions(admin, name)
            if existing is not None:
                return existing
            await _create(admin, topic, name, partitions)
            while True:
                existing = await _led_partitions(admin, name)
                if existing is not None:
                    return existing
                await asyncio.sleep(0.05)
    except TimeoutError as error:
        raise KafkaError(f"Topic {name} had no leaders for its partitions after {_WAIT_SECONDS:.0f} s.") from error
    finally:
        await admin.close()


async def _wait_for_group_coordinator(kafka: str) -> None:
    """A new broker needs seconds, once somebody asks, before it leads groups of consumers; meanwhile workers would log errors."""
    admin = AIOKafkaAdminClient(**client_options(kafka))
    try:
        await admin.start()
        with suppress(TimeoutError):  # a worker that needs a group reports the broker itself
            async with asyncio.timeout(_WAIT_SECONDS):
                while True:
                    if await _group_error(admin) not in _COORDINATOR_STARTS:
                        return
                    await asyncio.sleep(0.1)
    finally:
        await admin.close()


async def _group_error(admin: AIOKafkaAdminClient) -> int:
    try:
        (answer,) = await admin.describe_consumer_groups([_GROUP])
    except BrokerResponseError as error:
        return int(error.errno)
    return int(answer.groups[0][0])


async def _create(admin: AIOKafkaAdminClient, topic: Topic, name: str, partitions: int) -> None:
    brokers = len((await admin.describe_cluster())["brokers"])
    replicas = min(brokers, _REPLICAS_MAX)
    # With three copies, an acknowledged event survives the loss of any broker, and one may be down for maintenance.
    settings = dict(topic.settings) | {"min.insync.replicas": "2" if replicas == _REPLICAS_MAX else "1"}
    try:
        await admin.create_topics([NewTopic(name, partitions, replicas, topic_configs=settings)])
    except TopicAlreadyExistsError:
        # Somebody else prepares the same cluster; the wait that follows is for either's.
        return


async def _led_partitions(admin: AIOKafkaAdminClient, name: str) -> int | None:
    if name not in await admin.list_topics():
        return None
    (described,) = await admin.describe_topics([name])
    leaders = [partition["leader"] for partition in described["partitions"]]
    return len(leaders) if leaders and all(leader >= 0 for leader in leaders) else None
