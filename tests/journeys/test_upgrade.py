"""From the release before to this one on the same data: `steppe up` of 0.2.0, then `steppe up` of this checkout."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from steppe.domain.flags.flag_registry import RULES
from tests import answer_schemas

_ROOT = Path(__file__).parents[2]
_RELEASE_BEFORE = "92ce35b2ec94084430ec7362a3dc88cd6a8dd8fd"  # 0.2.0
_READY_SECONDS = 120.0
_WORDS = ("--json", "--ingest-port", "0", "--api-port", "0")


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not under pytest's own folder, which is closed to the user that PostgreSQL runs as when the tests run as root.
    made = Path(tempfile.mkdtemp(prefix="steppe-upgrade-"))
    yield made
    shutil.rmtree(made)


def _release_before(folder: Path) -> Path:
    """A checkout of the release before."""
    archived = subprocess.run(["git", "archive", _RELEASE_BEFORE], cwd=_ROOT, capture_output=True, check=False)
    if archived.returncode != 0:
        # An archive of the sources, or a shallow clone, holds no release to upgrade from.
        pytest.skip(f"no release before: {archived.stderr.decode()}")  # there is none to upgrade from
    checkout = folder / "before"
    checkout.mkdir()
    subprocess.run(["tar", "-x"], cwd=checkout, input=archived.stdout, check=True)
    return checkout


class _Up:
    """`steppe up` of a checkout on a data folder, while the context lasts."""

    def __init__(self, checkout: Path, data: Path) -> None:
        self._environment = {**os.environ, "PYTHONPATH": str(checkout)}
        self._environment.pop("STEPPE_COMPILED", None)  # the release before would refuse what it does not know
        self._checkout = checkout
        self._command = [sys.executable, "-m", "steppe.standalone", "--data", str(data), *_WORDS]

    def __enter__(self) -> _Up:
        self._process = subprocess.Popen(
            self._command, cwd=self._checkout, env=self._environment, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.addresses: dict[str, Any] = json.loads(self._process.stdout.readline() or "{}")
        assert self.addresses, "it did not come up"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(60)

    def run(self, *arguments: str) -> str:
        """A program of this checkout, with the addresses."""
        addresses = {
            "STEPPE_KAFKA": self.addresses["kafka"],
            "STEPPE_DATABASE": self.addresses["database"],
            "STEPPE_API": self.addresses["api"],
            "STEPPE_INGEST": self.addresses["ingest"],
        }
        ran = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=self._checkout, env={**self._environment, **addresses}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def fetch(self, statement: str) -> list[asyncpg.Record]:
        """What the database answers."""

        async def ask() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.addresses["database"])
            try:
                return list(await connection.fetch(statement))
            finally:
                await connection.close()

        return asyncio.run(ask())

    def get(self, path: str) -> Any:
        """An answer of the API."""
        return httpx.get(f"{self.addresses['api']}{path}", timeout=20).raise_for_status().json()

    def until_announced(self) -> None:
        """Until everything is applied, announced and sent."""
        deadline = time.monotonic() + _READY_SECONDS
        while not (self.get("/v1/status")["state"] == "caught-up" and self._all_is_announced()):
            assert time.monotonic() < deadline, self.get("/v1/status")
            time.sleep(0.2)

    def _all_is_announced(self) -> bool:
        """Whether what is applied by now, under the rules in force, is announced and sent."""
        until = self.fetch("SELECT next_offsets, schema_name, rule_version FROM steppe.announced_until")
        if not until or self.fetch("SELECT 1 FROM steppe.outbox LIMIT 1"):
            return False
        rows = self.fetch(f"SELECT next_offset FROM {until[0]['schema_name']}.checkpoint ORDER BY partition")
        announced = (until[0]["next_offsets"], until[0]["rule_version"])
        return announced == ([row["next_offset"] for row in rows], self.get("/v1/rules")["in_force"])


def test_data_of_the_release_before_are_judged_again_and_only_the_rules_are_told_as_the_cause(folder: Path) -> None:
    before, data = _release_before(folder), folder / "data"
    own_rules = folder / "own.json"
    own_rules.write_text('{"version": "desk-1", "values": {"memorandum-only.watch": 6}}')
    with answer_schemas.of_another_release(), _Up(before, data) as up:
        up.run("steppe.cli", "send", "examples/central-asia/events.ndjson", "--wait")
        up.run("steppe.cli", "rules", "add", str(own_rules))
        up.until_announced()
        last_announced = up.fetch("SELECT max(transition_id) AS last FROM steppe.flag_transition")[0]["last"]
        projects = up.get("/v1/status")["totals"]["projects"]
    with _Up(_ROOT, data) as up:
        up.until_announced()
        verdict = json.loads(up.run("services.projector.commands.verify", "--json"))
        assert (verdict["differences"], verdict["behind"]) == ([], 0)
        assert up.get("/v1/status")["totals"]["projects"] == projects
        rules = up.get("/v1/rules")
        assert rules["in_force"] == RULES.version
        assert {item["version"] for item in rules["items"]} == {RULES.version, "2026-1", "desk-1"}
        after = up.fetch(
            f"SELECT cause, rule_version FROM steppe.flag_transition WHERE transition_id > {last_announced}"
        )
        assert after
        assert {(row["cause"], row["rule_version"]) for row in after} == {("rules", RULES.version)}
        wrong = up.fetch(
            "SELECT project, deal, flag FROM steppe.announced_flag AS announced"
            " FULL JOIN (SELECT *, steppe.severity_on(now()::date, notice_since, watch_since, stagnant_since,"
            " presumed_dead_since, alert_since) AS severity"
            " FROM flag_span WHERE now()::date >= valid_from AND now()::date < valid_to) AS stands"
            " USING (project, deal, flag) WHERE announced.severity IS DISTINCT FROM stands.severity"
        )
        assert wrong == []
