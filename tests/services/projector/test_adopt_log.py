"""`python -m services.projector.commands.adopt_log`: where it takes its settings from. What it does: tests/faults/test_log_identity.py."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.services.projector.projection import event, publish
from tests.stack import Database, Stack


def adopt(settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.projector.commands.adopt_log", "--yes", "--json", "--reason", "a test"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STEPPE_")} | settings
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


async def test_the_broker_and_the_database_may_be_named_in_files_as_for_a_service(
    stack: Stack, topic: str, database: Database, tmp_path: Path
) -> None:
    await publish(stack.kafka, topic, [event("a")])
    kafka, dsn = tmp_path / "kafka", tmp_path / "database"
    kafka.write_text(stack.kafka + "\n")
    dsn.write_text(database.projector + "\n")
    settings = {"STEPPE_KAFKA_FILE": str(kafka), "STEPPE_DATABASE_FILE": str(dsn), "STEPPE_TOPIC": topic}
    ran = await asyncio.to_thread(adopt, settings)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["topic"] == topic


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "kafka"
    ran = adopt({"STEPPE_KAFKA_FILE": str(missing), "STEPPE_DATABASE": "postgresql://nobody@localhost/x"})
    assert (ran.returncode, f"STEPPE_KAFKA_FILE={missing} cannot be read" in ran.stderr) == (2, True), ran.stderr
    ran = adopt({"STEPPE_DATABASE": "postgresql://nobody@localhost/x"})
    assert (ran.returncode, ran.stderr) == (2, "STEPPE_KAFKA is not set.\n")
