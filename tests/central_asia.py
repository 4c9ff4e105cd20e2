"""An API that answers with what follows from the real events of Central Asia, and from one record that is no event."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steppe.cli.commands.migrate import ensure_topic
from steppe.contracts.topics import DEALS
from tests.conftest import clone_database, drop_database
from tests.services.api.reading_api import Log
from tests.stack import PARTITIONS, Service, Stack, database_of, start_service

EVENTS = Path(__file__).parent.parent / "examples" / "central-asia" / "events.ndjson"
NO_EVENT = (b"broken", b"\xff\xfe no event <script>alert(1)</script>")


@contextmanager
def api_of_central_asia(stack: Stack, template: str, folder: Path) -> Iterator[Service]:
    """The API on a log and a database of its own; its own log of lines goes into the folder."""
    topic = f"{DEALS.name}.{uuid.uuid4().hex[:12]}"
    name = f"steppe_example_{uuid.uuid4().hex[:12]}"
    asyncio.run(ensure_topic(stack.kafka, DEALS, PARTITIONS, name=topic))
    asyncio.run(clone_database(stack, template, name, topic))
    database = database_of(stack.database, name)
    events = [json.loads(line) for line in EVENTS.read_text(encoding="utf-8").splitlines()]
    asyncio.run(Log(database, topic).append(*events))
    asyncio.run(Log(database, topic).append_records([NO_EVENT]))
    settings = {"STEPPE_DATABASE": database.api, "STEPPE_TOPIC": topic, "STEPPE_KAFKA": stack.kafka}
    service = start_service("api", settings, folder)
    yield service
    service.stop()
    asyncio.run(drop_database(stack, name))
