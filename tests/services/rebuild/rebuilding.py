"""What tests of rebuilds share: the settings of one, and one as a process of its own, as operators start it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

from services.projector.settings import Settings
from tests.stack import Database, Stack

ROOT = Path(__file__).parents[3]


def settings_of(stack: Stack, database: Database, topic: str) -> Settings:
    """Settings with the rights of the projector."""
    return Settings(kafka=stack.kafka, database=database.projector, topic=topic)


def started(
    settings: Settings, *arguments: str, complaints: IO[str] | None = None, **more: str
) -> subprocess.Popen[str]:
    """`steppe rebuild ARGUMENTS`. Whoever does not read what it says all the time gives it a file for its complaints."""
    own = {"STEPPE_KAFKA": settings.kafka, "STEPPE_DATABASE": settings.database, "STEPPE_TOPIC": settings.topic}
    return subprocess.Popen(
        [sys.executable, "-m", "services.projector.rebuild", *arguments],
        env={**os.environ, **own, **more}, cwd=ROOT, stdout=subprocess.PIPE, stderr=complaints or subprocess.PIPE, text=True,
    )  # fmt: skip


def ran(settings: Settings, *arguments: str, exits: int = 0) -> str:
    """What it printed, with what it complained about; insists on the exit code."""
    process = started(settings, *arguments)
    out, complaint = process.communicate(timeout=120)
    assert process.returncode == exits, out + complaint
    return out + complaint
