"""What tests of readers share: a log written as the projector would, and the API in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from tests.services.api.reading_api import Log, api
from tests.services.quarantine.quarantining import Worked
from tests.stack import Database, Stack


@pytest.fixture
async def log(database: Database, topic_name: str) -> Log:
    """The test's own log and read model."""
    return Log(database, topic_name)


@pytest.fixture
async def client(database: Database, topic_name: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API that reads it."""
    async with api(database.api, topic_name) as connected:
        yield connected


@pytest.fixture
async def worked(stack: Stack, database: Database, topic: str) -> AsyncIterator[Worked]:
    """The test's own log in Kafka, a worker for it in this process, and an operator."""
    owner = await asyncpg.connect(database.owner)
    yield Worked(stack, database, topic, owner)
    await owner.close()
