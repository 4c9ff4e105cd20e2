"""Runs `steppe` as a person would, against services of one test."""

from __future__ import annotations

import os
import subprocess
import sys
from copy import copy
from pathlib import Path

from tests.stack import Database, Service

EXAMPLE = Path(__file__).parents[2] / "examples" / "central-asia" / "events.ndjson"
_SECONDS_MAX = 120


class Command:
    """`steppe ARGUMENTS`: gives what it prints, with what it says about a refusal, and insists on the exit code."""

    def __init__(self, api: Service, database: Database, ingest: Service | None = None) -> None:
        self.api, self.database = api.address, database
        self._environment = {**os.environ, "STEPPE_API": self.api, "STEPPE_DATABASE": database.projector}
        if ingest is not None:
            self._environment["STEPPE_INGEST"] = ingest.address

    def with_log(self, kafka: str, topic: str) -> Command:
        """The same with STEPPE_KAFKA and STEPPE_TOPIC, for commands that read the log themselves."""
        other = copy(self)
        other._environment = self._environment | {"STEPPE_KAFKA": kafka, "STEPPE_TOPIC": topic}
        return other

    def with_database(self, address: str) -> Command:
        """The same with another STEPPE_DATABASE."""
        other = copy(self)
        other._environment = self._environment | {"STEPPE_DATABASE": address}
        return other

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts it, for a test that breaks it off; its output is kept for `communicate`."""
        return subprocess.Popen(
            [sys.executable, "-m", "steppe.cli", *arguments],
            env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __call__(self, *arguments: str, exits: int = 0, stdin: str | None = None, columns: int | None = None) -> str:
        environment = self._environment | ({"COLUMNS": str(columns)} if columns else {})
        ran = subprocess.run(
            [sys.executable, "-m", "steppe.cli", *arguments],
            env=environment, input=stdin, capture_output=True, text=True, timeout=_SECONDS_MAX, check=False,
        )  # fmt: skip
        assert ran.returncode == exits, ran.stdout + ran.stderr
        return ran.stdout + ("" if exits == 0 else ran.stderr)
