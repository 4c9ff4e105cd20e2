"""The subscribers of examples/, run as somebody who copied them would, beside the whole system."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.services.projector.projection import QUICK
from tests.services.publisher.published import Topics
from tests.stack import Database, Service, Stack

Start = Callable[..., Service]

SUBSCRIBERS = Path(__file__).parents[2] / "examples" / "subscriber"


class Subscriber:
    """A subscriber that can be killed and started again; `lines` are all that it has ever said."""

    def __init__(self, folder: Path, file: str, *options: str) -> None:
        self._command = [sys.executable, str(SUBSCRIBERS / file), *options, "--state", str(folder / f"{file}.state")]
        self._out = folder / f"{file}.out"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._out.open("ab") as out:
            self._process = subprocess.Popen(self._command, stdout=out, stderr=out)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def lines(self) -> list[str]:
        return [line for line in self._out.read_text().splitlines() if not line.startswith("ConnectError")]

    def until(self, count: int, seconds: float = 40) -> list[str]:
        """Until it has said so many lines."""
        deadline = time.monotonic() + seconds
        while len(self.lines) < count:
            assert time.monotonic() < deadline, self.lines
            time.sleep(0.05)
        return self.lines


@pytest.fixture
def topics(stack: Stack, topic: str) -> Topics:
    own = Topics.of(stack.kafka, topic)
    asyncio.run(own.create())
    return own


@pytest.fixture
def subscribers(start: Start, topics: Topics, tmp_path: Path) -> Iterator[list[Subscriber]]:
    start("projector", **QUICK, **topics.settings)
    api = start("api")
    both = [
        Subscriber(tmp_path, "from_kafka.py", "--kafka", topics.kafka, "--topic", topics.flags),
        Subscriber(tmp_path, "from_stream.py", "--api", api.address),
    ]
    yield both
    for one in both:
        one.kill()


def record(ingest: Service, *events: dict[str, object]) -> None:
    for event in events:
        accepted = httpx.post(
            f"{ingest.address}/v1/events",
            json=event,
            headers={"content-type": "application/cloudevents+json"},
            timeout=30,
        )
        assert accepted.status_code == 202, accepted.text


def paper(project: str, id: str) -> dict[str, object]:
    parties = [{"party": "example-mining", "role": "investor"}]
    data = {"occurred": "2015-03-01", "instrument": "mou", "parties": parties}
    return {
        "source": "/desk/example",
        "type": "steppe.memorandum.signed.v1",
        "subject": project,
        "id": id,
        "data": data,
    }


def test_both_say_what_is_stuck_once_also_after_they_were_killed(
    subscribers: list[Subscriber], start: Start, database: Database
) -> None:
    ingest = start("ingest")
    record(ingest, paper("first-mine", "one"))
    for subscriber in subscribers:
        subscriber.start()
    stuck = "PRESUMED-DEAD first-mine (example-mining) since "
    for subscriber in subscribers:
        (line,) = subscriber.until(1)
        assert line.startswith(stuck)
        assert "nothing binding" in line
    for subscriber in subscribers:
        subscriber.kill()
    record(ingest, paper("second-mine", "two"))
    target = {"source": "/desk/example", "id": "one"}
    record(
        ingest,
        {
            "source": "/desk/example", "type": "steppe.event.retracted.v1", "subject": "first-mine", "id": "undo",
            "data": {"target": target, "reason": "it was never signed"},
        },
    )  # fmt: skip
    for subscriber in subscribers:
        subscriber.start()
        lines = subscriber.until(3)
        assert sorted(line.split(" since ")[0].split(":")[0] for line in lines) == [
            "PRESUMED-DEAD first-mine (example-mining)",
            "PRESUMED-DEAD second-mine (example-mining)",
            "REVOKED first-mine (example-mining)",
        ]
