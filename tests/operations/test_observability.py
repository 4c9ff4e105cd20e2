"""Alerts fire when they should, panels find data, and the runbook has a word for each: with Debian's Prometheus and promtool."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from steppe.standalone.children import Child
from steppe.standalone.places import free_port
from tests.services.publisher.published import Topics
from tests.stack import Service, Stack

ROOT = Path(__file__).parent.parent.parent
ALERTS = ROOT / "observability" / "alerts.yml"
DASHBOARD = ROOT / "observability" / "grafana" / "dashboards" / "steppe.json"
RUNBOOK = ROOT / "docs" / "operating.md"
Start = Callable[..., Service]


def rules() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]
    return found


def tool(name: str) -> str:
    program = shutil.which(name)
    assert program is not None, f"there is no {name} here: `make system` installs Debian's"
    return program


def test_every_alert_fires_and_is_silent_when_it_should_be() -> None:
    file = Path(__file__).parent / "alerts_test.yml"
    ran = subprocess.run(
        [tool("promtool"), "test", "rules", str(file)], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    tested = file.read_text()
    silent = {rule["alert"] for rule in rules()} - set(re.findall(r"alertname: (\w+)", tested))
    assert silent <= {"SteppeApiSlow"}


def test_the_runbook_says_of_every_alert_what_it_means_and_what_to_do() -> None:
    text = RUNBOOK.read_text()
    for rule in rules():
        section = text.partition(f"### {rule['alert']}\n")[2].partition("\n###")[0].partition("\n## ")[0]
        assert "`" in section and len(section) > 80, f"{rule['alert']} has no entry with a command"
        assert rule["annotations"]["runbook"] == f"docs/operating.md#{rule['alert'].lower()}"


class Prometheus:
    """Debian's, scraping every second."""

    def __init__(self, folder: Path, targets: dict[str, str]) -> None:
        port = free_port(0)
        self.address = f"http://127.0.0.1:{port}"
        # The same rules; only how long something must last is shortened, or the test would take as long as a night.
        quick = re.sub(r"for: \w+", "for: 1s", ALERTS.read_text()).replace("> 60", "> 2")
        (folder / "alerts.yml").write_text(quick)
        jobs = [
            {"job_name": f"steppe-{name}", "static_configs": [{"targets": [address.removeprefix("http://")]}]}
            for name, address in targets.items()
        ]
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(folder / "alerts.yml")],
            "scrape_configs": jobs,
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        self.child = Child(
            "prometheus",
            [tool("prometheus"), f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
             f"--web.listen-address=127.0.0.1:{port}"],
            log=folder / "prometheus.log", environment={"PATH": "/usr/bin:/bin"}, folder=folder,
        )  # fmt: skip

    def ask(self, query: str) -> list[Any]:
        """The samples of an instant query; empty while it is not up yet."""
        try:
            answer = httpx.get(f"{self.address}/api/v1/query", params={"query": query}, timeout=10)
        except httpx.TransportError:
            return []
        found: list[Any] = answer.json()["data"]["result"] if answer.status_code == 200 else []
        return found

    def firing(self) -> set[str]:
        """The alerts that fire."""
        return {one["metric"]["alertname"] for one in self.ask('ALERTS{alertstate="firing"}')}


def until(holds: Callable[[], object], what: Callable[[], object] = lambda: "", seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what()
        time.sleep(0.2)


@pytest.fixture
def watched(start: Start, stack: Stack, topic: str, tmp_path: Path) -> Iterator[tuple[dict[str, Service], Prometheus]]:
    topics = Topics.of(stack.kafka, topic)
    asyncio.run(topics.create())
    services = {name: start(name, **topics.settings) for name in ("ingest", "projector", "api")}
    prometheus = Prometheus(tmp_path, {name: service.address for name, service in services.items()})
    yield services, prometheus
    prometheus.child.stop()


def send(ingest: str, first: int, count: int) -> None:
    lines = [
        json.dumps({
            "id": f"e-{number}", "source": "/tests", "type": "steppe.memorandum.signed.v1", "subject": f"watched-{number % 20}",
            "data": {"occurred": "2020-01-01", "reported": "2020-01-02", "instrument": "mou",
                     "parties": [{"party": f"p-{number}", "role": "investor"}]},
        })
        for number in range(first, first + count)
    ]  # fmt: skip
    answer = httpx.post(
        f"{ingest}/v1/events?on_error=continue",
        content="\n".join(lines), headers={"content-type": "application/x-ndjson"}, timeout=30,
    )  # fmt: skip
    assert answer.status_code == 202, answer.text


def test_a_killed_projector_is_seen_as_lag_and_alerts_and_every_panel_finds_data(
    watched: tuple[dict[str, Service], Prometheus],
) -> None:
    services, prometheus = watched
    send(services["ingest"].address, 0, 200)
    until(
        lambda: prometheus.ask("sum(steppe_events_applied_total) >= 200"),
        lambda: prometheus.ask("steppe_events_applied_total"),
    )
    for _ in range(5):
        httpx.get(f"{services['api'].address}/v1/flags", timeout=20).raise_for_status()
    panels = json.loads(DASHBOARD.read_text())["panels"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    assert len(queries) > 12
    for query in queries:
        until(lambda query=query: prometheus.ask(query), lambda query=query: f"no data for {query}")  # type: ignore[misc]
    until(lambda: not prometheus.firing(), prometheus.firing)

    services["projector"].kill()
    send(services["ingest"].address, 200, 50)
    until(
        lambda: prometheus.ask("max(steppe_status_lag_events) >= 50"),
        lambda: prometheus.ask("steppe_status_lag_events"),
    )
    wanted = {"SteppeProjectorGone", "SteppeProjectionBehind"}
    until(lambda: wanted <= prometheus.firing(), prometheus.firing)
