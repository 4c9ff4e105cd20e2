"""Events by the thousand, and a sender that records every acknowledgement and repeats what was not acknowledged."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.services.projector.projection import Message, event

Identity = tuple[str, str, str]
"""Subject, source and id: what makes an event this one and no other."""

SOURCE = "/desk/test"
# In the order in which a project lives, so that the fold has something to do; sent in any order.
STEPS: tuple[tuple[str, dict[str, str]], ...] = (
    ("intent.announced", {"kind": "talks"}),
    ("memorandum.signed", {"instrument": "mou"}),
    ("termsheet.signed", {"instrument": "heads"}),
    ("study.completed", {"kind": "feasibility"}),
    ("equity.agreed", {}),
    ("setback.reported", {"kind": "price"}),
)


def happening(number: int) -> tuple[str, dict[str, Any]]:
    """The name and the data of one of the events of a few years; the same for the same number."""
    chance = random.Random(number)
    name, data = chance.choice(STEPS)
    day = f"{chance.randint(2015, 2024)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    parties = [{"party": f"investor-{chance.randrange(3)}", "role": "investor"}]
    return name, {"occurred": day, "parties": parties, **data}


def messages(first: int, count: int, projects: int) -> list[Message]:
    """Records as ingest writes them, each event once: ids `e0`, `e1` and so on, on so many projects."""
    made: list[Message] = []
    for number in range(first, first + count):
        name, data = happening(number)
        made.append(event(f"e{number}", f"project-{number % projects}", name, **data))
    return made


def troubled_messages(chance: random.Random, first: int, count: int, projects: int) -> list[Message]:
    """The same, some of them sent before, a few with another content, a few broken."""
    made: list[Message] = []
    for number in range(first, first + count):
        repeated = number if chance.random() > 0.02 else chance.randrange(number + 1)
        name, data = happening(repeated)
        note = {"note": "another content"} if chance.random() < 0.001 else {}
        key, value, headers = event(f"e{repeated}", f"project-{repeated % projects}", name, **data, **note)
        made.append((key, value[:-9] if value and chance.random() < 0.001 else value, headers))
    return made


def identities(written: list[Message]) -> set[Identity]:
    """Who these records are, of those that can be read."""
    return {(found["subject"], found["source"], found["id"]) for _, value, _ in written if (found := _read(value))}


def _read(value: bytes | None) -> dict[str, Any] | None:
    try:
        answer = json.loads(value or b"")
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


class Sender(threading.Thread):
    """Posts events to ingest, so many a request, and repeats each request until it is acknowledged. Never gives up.

    `acknowledged`: whom a 202 stood for. `answers`: how often each status came; `cut` is an answer that did not.
    `failed`: the answer that is not allowed, if one came; then it has stopped.
    """

    def __init__(
        self, address: Callable[[], str], first: int, projects: int, at_once: int, pause_seconds: float, prefix: str
    ) -> None:
        super().__init__(name="sender", daemon=True)
        self._address = address
        self._first = first
        self._projects = projects
        self._at_once = at_once
        self._pause_seconds = pause_seconds
        self._prefix = prefix
        self._enough = threading.Event()
        self.acknowledged: set[Identity] = set()
        self.answers: Counter[str] = Counter()
        self.failed: str | None = None

    def run(self) -> None:
        number = self._first
        with httpx.Client(timeout=15) as client:
            while not self._enough.is_set() and self.failed is None:
                batch = [self._event(n) for n in range(number, number + self._at_once)]
                self._deliver(client, batch)
                number += self._at_once
                self._enough.wait(self._pause_seconds)

    def finish(self) -> None:
        """Stop after the request in hand, which is repeated until it is acknowledged."""
        self._enough.set()
        self.join(120)
        assert not self.is_alive(), f"the last request was never acknowledged: {self.answers}"
        assert self.failed is None, self.failed

    def _event(self, number: int) -> dict[str, Any]:
        name, data = happening(number)
        subject = f"{self._prefix}-{number % self._projects}"
        return {"id": f"s{number}", "source": SOURCE, "type": f"steppe.{name}.v1", "subject": subject, "data": data}

    def _deliver(self, client: httpx.Client, batch: list[dict[str, Any]]) -> None:
        body = b"".join(json.dumps(one).encode() + b"\n" for one in batch)
        while True:
            try:
                url = f"{self._address()}/v1/events"
                response = client.post(url, content=body, headers={"content-type": "application/x-ndjson"})
            except httpx.TransportError:
                self.answers["cut"] += 1
            else:
                self.answers[str(response.status_code)] += 1
                if response.status_code == 202:
                    answer = response.json()
                    if answer["accepted"] + answer["duplicates"] != len(batch):
                        self.failed = f"{len(batch)} events were sent and this was answered: {answer}"
                    self.acknowledged |= {(one["subject"], SOURCE, one["id"]) for one in batch}
                    return
                if response.status_code != 503 or "retry-after" not in response.headers:
                    self.failed = f"{response.status_code} {response.text[:500]}"
                    return
            time.sleep(0.1)


@contextmanager
def sending(
    address: Callable[[], str],
    *,
    first: int = 0,
    projects: int = 1_000,
    at_once: int = 20,
    pause_seconds: float = 0.2,
    prefix: str = "sent",
) -> Iterator[Sender]:
    """Load through ingest for as long as the context lasts; on leaving, all that was sent is acknowledged."""
    sender = Sender(address, first, projects, at_once, pause_seconds, prefix)
    sender.start()
    try:
        yield sender
    except BaseException:  # also interrupted: a test that has failed does not wait for what it sent
        sender._enough.set()
        raise
    sender.finish()
