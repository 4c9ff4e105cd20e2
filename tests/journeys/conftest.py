"""What journeys with the command share: the real events in a read model, and the api in front of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from tests.journeys.command import EXAMPLE, Command
from tests.services.api.reading_api import Log
from tests.stack import Database, Service


@pytest.fixture
def reading(start: Callable[..., Service], database: Database, topic: str) -> Command:
    """The command for readers of the real Central Asia events; they were written without a broker."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    asyncio.run(Log(database, topic).append(*(json.loads(line) for line in lines)))
    return Command(start("api"), database)
