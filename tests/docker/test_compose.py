"""The operators' way, driven as they drive it: docker compose with images built from this checkout. `make test-docker` runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from steppe.release import RELEASE
from steppe.standalone.places import free_port
from tests import answer_schemas
from tests.services.ingest.entry_client import EntryClient

ROOT = Path(__file__).parent.parent.parent
_PARTS = (
    "requirements", "services", "steppe", "examples", "observability", "docker-compose.yml", "cluster.env", "Dockerfile",
    ".dockerignore", "Makefile", "pyproject.toml", "README.md",
)  # fmt: skip
_SERVICES = ("ingest", "projector", "api")
_RELEASE_BEFORE = "92ce35b2ec94084430ec7362a3dc88cd6a8dd8fd"  # 0.2.0
_IMAGE_BYTES_MAX = 250_000_000
_TRACKER = (
    "country,url,plant,unit,owner,parent,capacity,status,year\n"
    "Kazakhstan,https://www.gem.wiki/A,Aktau power station,Unit 1,Samruk [100%],State,300,construction,\n"
    "Kazakhstan,https://www.gem.wiki/A,Aktau power station,Unit 2,Samruk [100%],State,300,retired,1970\n"
)
_ARTICLE = (
    "<html><head><title>Deal</title></head><body><article><h1>Deal</h1><p>Cove Capital and Tau-Ken Samruk signed a term "
    "sheet on November 6, 2025 for a project of $1.1 billion in Kazakhstan, the companies said.</p></article></body></html>"
)


def lay_out(folder: Path) -> None:
    """What an operator has of this checkout, over what is there."""
    for part in _PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.rmtree(folder / part, ignore_errors=True)
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / part)


def lay_out_release_before(folder: Path) -> None:
    """What an operator had of the release before this one."""
    archived = subprocess.run(["git", "archive", _RELEASE_BEFORE], cwd=ROOT, capture_output=True, check=False)
    assert archived.returncode == 0, f"the release before is not in this clone's history: {archived.stderr.decode()}"
    subprocess.run(["tar", "-x"], cwd=folder, input=archived.stdout, check=True)


class Compose:
    """A stack of its own in a folder where a project is laid out: a name, and ports that nobody has."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.name = f"steppe-test-{uuid.uuid4().hex[:8]}"
        self._arguments = arguments
        self._ports = {
            name: str(free_port(0)) for name in ("STEPPE_KAFKA_PORT", "STEPPE_INGEST_PORT", "STEPPE_API_PORT")
        }
        self.ingest = f"http://localhost:{self._ports['STEPPE_INGEST_PORT']}"
        self.api = f"http://localhost:{self._ports['STEPPE_API_PORT']}"
        subprocess.run(["make", "secrets"], cwd=folder, check=True, capture_output=True)

    def __call__(self, *arguments: str, seconds: float = 300) -> str:
        """`docker compose …`; what it printed. Fails with its last words."""
        clean_environment = {name: value for name, value in os.environ.items() if not name.startswith("STEPPE_")}
        ran = subprocess.run(
            ["docker", "compose", "-p", self.name, *self._arguments, *arguments],
            cwd=self.folder, env={**clean_environment, **self._ports}, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, f"docker compose {' '.join(arguments)}: {ran.stdout[-1500:]}{ran.stderr[-3000:]}"
        return ran.stdout

    def remove(self) -> None:
        """Everything of it: containers, volumes, images."""
        self("down", "--volumes", "--remove-orphans", "--rmi", "local", "--timeout", "20")
        image = f"{self.name}-tools"  # it has a name of its own, which `--rmi local` leaves
        subprocess.run(["docker", "image", "rm", "--force", image], capture_output=True, check=False)

    def status(self) -> Mapping[str, Any]:
        """What the API says of the projection."""
        found: Mapping[str, Any] = httpx.get(f"{self.api}/v1/status", timeout=20).raise_for_status().json()
        return found

    def caught_up(self, seconds: float = 90) -> Mapping[str, Any]:
        """Wait until nothing is left to apply."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                status_seen = self.status()
                if status_seen["state"] == "caught-up":
                    return status_seen
            except httpx.HTTPError as error:
                status_seen = {"error": str(error)}
            assert time.monotonic() < deadline, status_seen
            time.sleep(0.5)

    def flags(self) -> list[Any]:
        """The memorandum-only flags of a day in the past."""
        parameters = {"flag": "memorandum-only", "as_of": "2025-12-31", "limit": "500"}
        items: list[Any] = (
            httpx.get(f"{self.api}/v1/flags", params=parameters, timeout=20).raise_for_status().json()["items"]
        )
        return items

    def query(self, statement: str) -> list[str]:
        """The rows of one column that the database answers."""
        return self("exec", "-T", "postgres", "psql", "-U", "steppe", "-d", "steppe", "-Atc", statement).split()

    def announced(self, seconds: float = 60) -> int:
        """Wait until everything is announced; the number of the last transition."""
        deadline, last = time.monotonic() + seconds, 0
        while True:
            before, last = (
                last,
                int(self.query("SELECT COALESCE(max(transition_id), 0) FROM steppe.flag_transition")[0]),
            )
            if last and last == before:
                return last
            assert time.monotonic() < deadline, "nothing is announced"
            time.sleep(3)


@pytest.fixture
def compose(tmp_path: Path) -> Iterator[Compose]:
    lay_out(tmp_path)
    stack = Compose(tmp_path)
    yield stack
    stack.remove()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Compose]:
    lay_out(tmp_path)
    stack = Compose(tmp_path, "--env-file", "cluster.env")
    yield stack
    stack.remove()


def test_a_stack_is_sent_to_read_killed_piece_by_piece_and_has_everything_still(compose: Compose) -> None:
    compose("build", seconds=900)
    began = time.monotonic()
    compose("up", "-d", "--wait")
    assert time.monotonic() - began < 120
    output = compose("run", "--rm", "steppe", "send", "examples/central-asia/events.ndjson", "--wait", "--json")
    sent = json.loads(output[output.index("{") :])
    assert sent["rejected"] == [] and sent["accepted"] > 800
    before, flags = compose.caught_up()["totals"]["applied"], compose.flags()
    assert before == sent["accepted"] and flags
    assert "Memorandum only" in httpx.get(compose.api, timeout=20).text

    _is_shut_in(compose)
    _are_small(compose)
    compose("run", "--rm", "steppe", "verify")
    compose("run", "--rm", "steppe", "rebuild")
    assert compose.caught_up()["totals"]["applied"] == before and compose.flags() == flags

    for service in (*_SERVICES, "kafka", "postgres"):
        compose("kill", service)
        compose("up", "-d", "--wait")
        compose.caught_up()
        assert compose.flags() == flags, f"after {service} was killed"

    compose("up", "-d", "--wait", "--scale", "projector=3", "--no-recreate")
    again = json.loads(
        _last_json(compose("run", "--rm", "steppe", "send", "examples/central-asia/events.ndjson", "--json"))
    )
    assert (again["accepted"] + again["duplicates"], again["rejected"]) == (sent["accepted"], [])
    assert compose.caught_up()["totals"]["projects"] == len(_subjects())
    assert compose.flags() == flags

    compose("down", "--timeout", "30")
    compose("up", "-d", "--wait")
    compose.caught_up()
    assert compose.flags() == flags


def test_the_form_imports_and_measures_of_a_stack_answer(compose: Compose) -> None:
    compose("build", seconds=900)
    compose("up", "-d", "--wait")
    assert compose("run", "--rm", "steppe", "--version").split("\n")[0] == f"steppe {RELEASE} (domain compiled)"
    compose("run", "--rm", "steppe", "send", "examples/central-asia/events.ndjson", "--wait")
    compose.caught_up()

    _an_article_is_entered_and_seen(compose)
    _an_import_outlives_its_container(compose)
    _files_are_written_to_disks(compose)
    measure = httpx.get(f"{compose.api}/v1/conversion", timeout=30).raise_for_status().json()
    assert measure["total"]["deals"] > 40
    exported = compose("run", "--rm", "-T", "steppe", "export", "events", "--project", "north-katpar")
    assert "cove-capital" in exported
    _logs_are_calm(compose)


def _an_article_is_entered_and_seen(compose: Compose) -> None:
    """In the browser's words: from the page to the form, from an article to an event, and back to the page."""
    assert f'href="{compose.ingest}' in httpx.get(compose.api, timeout=20).text
    entry = EntryClient(compose.ingest)
    try:
        entry.open("/article")
        entry.press("Read it", url="https://news.example/deal", pasted=_ARTICLE, grade="press", subject="north-katpar")
        entry.follow("Termsheet signed")
        entry.press("Preview", parties__0__party="cove-capital", parties__0__role="investor")
        assert (entry.status, entry.errors()) == (200, {})
        assert "What it would do cannot be shown." not in entry.text
        entry.press("Send")
        assert entry.text.startswith("Sent")
        link = entry.page.xpath("//a[@class='button']/@href")[0]
        assert link.startswith(compose.api)
        assert "news.example" in httpx.get(link, timeout=60).raise_for_status().text
    finally:
        entry.close()


def _an_import_outlives_its_container(compose: Compose) -> None:
    address = f"{compose.ingest}/v1/imports"
    looked_at = _import(compose, _TRACKER, format="gem", edition="2024-02-07", dry_run="true", name="tracker.csv")
    assert (looked_at["state"], looked_at["sent"], looked_at["report"]["not_compared"]) == ("done", None, None)
    assert looked_at["events"] > 0
    compose("up", "-d", "--wait", "--force-recreate", "ingest")
    assert httpx.get(f"{address}/{looked_at['id']}", timeout=20).json() == looked_at
    sent = _import(compose, "", of=looked_at["id"], dry_run="false")
    assert (sent["state"], sent["sent"]["accepted"]) == ("done", looked_at["events"])
    compose.caught_up()
    project = httpx.get(f"{compose.api}/v1/projects/aktau-power-station", timeout=20).raise_for_status().json()
    assert project["name"] == "Aktau power station"


def _import(compose: Compose, content: str, **query: str) -> dict[str, Any]:
    """The last line of what an import answers."""
    headers = {"content-type": "application/octet-stream"}
    answer = httpx.post(
        f"{compose.ingest}/v1/imports", content=content, params=query, headers=headers, timeout=120
    ).raise_for_status()
    last: dict[str, Any] = json.loads(answer.text.splitlines()[-1])
    return last


def _files_are_written_to_disks(compose: Compose) -> None:
    """An export, or what an import remembers, may be larger than the memory of a container, of which /tmp is a part."""
    script = "import os, tempfile\nwith tempfile.TemporaryFile() as file: print(os.fstat(file.fileno()).st_dev != os.stat('/tmp').st_dev)"
    for service in ("ingest", "api"):
        assert compose("exec", service, "python", "-c", script).strip() == "True", service
    verifying = compose("run", "--rm", "-T", "--entrypoint", "python", "steppe", "-c", script)
    assert verifying.strip() == "True"


def _logs_are_calm(compose: Compose) -> None:
    """Nobody logged an error, or a traceback."""
    lines = compose("logs", "--no-color", "--no-log-prefix", *_SERVICES, "migrate").splitlines()
    assert any("domain compiled" in line for line in lines)
    assert [line for line in lines if '"level": "ERROR"' in line or "Traceback" in line] == []


def _is_shut_in(compose: Compose) -> None:
    """Not root, nothing writable, no rights, and no secret in the environment."""
    secrets = [file.read_text() for file in (compose.folder / "secrets").iterdir()]
    for service in _SERVICES:
        assert compose("exec", service, "python", "-c", "import os; print(os.getuid())").strip() == "10001"
        script = "import pathlib\ntry:\n pathlib.Path('/app/x').touch()\nexcept OSError as e: print(e.strerror)"
        assert compose("exec", service, "python", "-c", script).strip() == "Read-only file system"
        script = "print(open('/proc/self/status').read())"
        assert "CapEff:\t0000000000000000" in compose("exec", service, "python", "-c", script)
        script = "import shutil; print([shutil.which(name) for name in ('sh', 'bash', 'apt', 'perl', 'pip', 'curl')])"
        assert compose("exec", service, "python", "-c", script).strip() == str([None] * 6)
        shown = subprocess.run(
            ["docker", "inspect", compose("ps", "-q", service).split()[0]], capture_output=True, text=True, check=True
        ).stdout
        environment = json.loads(shown)[0]["Config"]["Env"]
        assert not [one for one in environment for secret in secrets if secret in one]


def _are_small(compose: Compose) -> None:
    """Each image, the command's included."""
    for service in (*_SERVICES, "tools"):
        shown = subprocess.run(
            ["docker", "image", "inspect", f"{compose.name}-{service}", "--format", "{{.Size}}"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert int(shown) < _IMAGE_BYTES_MAX, f"{service}: {int(shown):,} bytes"


def test_the_next_release_goes_on_where_the_one_before_it_stopped(tmp_path: Path) -> None:
    lay_out_release_before(tmp_path)
    compose = Compose(tmp_path)
    try:
        compose("build", seconds=900)
        compose("up", "-d", "--wait")
        example = ("run", "--rm", "steppe", "send", "examples/central-asia/events.ndjson", "--wait", "--json")
        sent = json.loads(_last_json(compose(*example)))
        assert sent["rejected"] == [] and sent["accepted"] > 800
        with answer_schemas.of_another_release():
            before = compose.caught_up()
            assert compose.flags()
        last_announced = compose.announced()

        events = (tmp_path / "examples/central-asia/events.ndjson").read_bytes()
        lay_out(tmp_path)  # as `git pull` does; the secrets stay
        # This release tells some of them otherwise: what was sent once is sent again.
        (tmp_path / "examples/central-asia/events.ndjson").write_bytes(events)
        compose("build", seconds=900)
        compose("up", "-d", "--wait")
        after = compose.caught_up()
        flags = compose.flags()
        assert flags
        compose("run", "--rm", "steppe", "verify")  # what is judged again equals a fold of the log
        compose.announced()
        causes = compose.query(
            f"SELECT DISTINCT cause FROM steppe.flag_transition WHERE transition_id > {last_announced}"
        )
        assert causes == ["rules"]
        assert [one["position"] for one in after["partitions"]] == [one["position"] for one in before["partitions"]]
        again = json.loads(_last_json(compose(*example)))
        assert (again["accepted"] + again["duplicates"], again["rejected"]) == (sent["accepted"], [])
        assert compose.caught_up()["totals"]["projects"] == before["totals"]["projects"]
        assert compose.flags() == flags
        compose("run", "--rm", "steppe", "verify")
        released = httpx.get(f"{compose.api}/openapi.json", timeout=20).json()["info"]["version"]
        assert released == RELEASE
    finally:
        compose.remove()


def test_three_brokers_lose_one_under_load_and_nothing_else(cluster: Compose) -> None:
    cluster("build", seconds=900)
    cluster("up", "-d", "--wait")
    accepted: set[str] = set()
    stop = threading.Event()

    def send() -> None:
        number = 0
        with httpx.Client(base_url=cluster.ingest, timeout=30) as client:
            while not stop.is_set():
                lines = [json.dumps(_event(number + place)) for place in range(20)]
                try:
                    answer = client.post(
                        "/v1/events", content="\n".join(lines), headers={"content-type": "application/x-ndjson"}
                    )
                except httpx.HTTPError:
                    continue  # what was not acknowledged is sent again
                if answer.status_code == 202:
                    accepted.update(f"load-{number + place}" for place in range(20))
                    number += 20

    sender = threading.Thread(target=send)
    sender.start()
    try:
        _until(lambda: len(accepted) > 200)
        cluster("kill", "kafka-2")
        held = len(accepted)
        _until(lambda: len(accepted) > held + 200)
        cluster("up", "-d", "--wait")
        cluster("kill", "kafka")
        held = len(accepted)
        _until(lambda: len(accepted) > held + 200)
        cluster("up", "-d", "--wait")
    finally:
        stop.set()
        sender.join()
    cluster.caught_up()
    event_ids = {
        item["id"]
        for page in _timeline(cluster.api)
        for item in page
    }  # fmt: skip
    assert accepted - event_ids == set()


def _timeline(api: str) -> Iterator[list[Any]]:
    for project in range(10):
        cursor: str | None = ""
        while cursor is not None:
            parameters = {"limit": "500", **({"cursor": cursor} if cursor else {})}
            answer = httpx.get(f"{api}/v1/projects/load-{project}/timeline", params=parameters, timeout=30).json()
            yield answer["items"]
            cursor = answer["next_cursor"]


def _event(number: int) -> dict[str, Any]:
    return {
        "id": f"load-{number}",
        "source": "/tests/load",
        "type": "steppe.setback.reported.v1",
        "subject": f"load-{number % 10}",
        "data": {"occurred": "2025-01-01", "reported": "2025-01-02", "deal": "one", "kind": "technical"},
    }


def _until(holds: Any, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.2)


def _last_json(text: str) -> str:
    return text[text.index("{") :]


def _subjects() -> set[str]:
    lines = (ROOT / "examples" / "central-asia" / "events.ndjson").read_text(encoding="utf-8").splitlines()
    status_seen = {json.loads(line)["subject"] for line in lines}
    return {subject for subject in status_seen if not subject.startswith(("party:", "forum:"))}
