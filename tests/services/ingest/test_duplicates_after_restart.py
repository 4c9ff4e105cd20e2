"""What was sent before ingest was restarted is a duplicate, or the answer says from where on it can know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.ingest.memory.log_tail import _first_offsets
from services.ingest.memory.recent_ids import RecentIds, key_of
from tests.services.ingest.ingest_client import LINES, IngestClient, lines, logged, memorandum, problem
from tests.stack import Stack, start_service


@contextmanager
def started(stack: Stack, topic: str, folder: Path, **settings: str) -> Iterator[IngestClient]:
    folder.mkdir(exist_ok=True)
    service = start_service("ingest", {"STEPPE_KAFKA": stack.kafka, "STEPPE_TOPIC": topic, **settings}, folder)
    try:
        yield IngestClient(service.address)
    finally:
        service.stop()


async def test_the_same_file_sent_after_a_restart_is_all_duplicates(stack: Stack, topic: str, tmp_path: Path) -> None:
    events = [memorandum(f"m-{number}", f"project-{number % 7}") for number in range(300)]
    events += [
        {
            **memorandum("c-1", "project-1"),
            "type": "steppe.event.retracted.v1",
            "data": {"target": {"source": "/desk", "id": "m-1"}},
        }
    ]
    with started(stack, topic, tmp_path / "first") as ingest:
        first = ingest.post(lines(events), LINES).json()
    with started(stack, topic, tmp_path / "second") as ingest:
        again = ingest.post(lines(events), LINES).json()
        other = {**memorandum("m-5", "project-5"), "data": {**memorandum()["data"], "instrument": "loi"}}
        document = problem(ingest.post(other), 422)
    assert (again["accepted"], again["duplicates"]) == (0, len(events))
    assert again["position"] == first["position"]
    assert "duplicates_known_from" not in again
    assert "already sent with other content" in document["rejected"][0]["errors"][0]["message"]
    assert len(await logged(stack.kafka, topic)) == len(events)


async def test_an_answer_says_from_where_on_duplicates_are_known(stack: Stack, topic: str, tmp_path: Path) -> None:
    events = [memorandum(f"m-{number}", "north-katpar") for number in range(30)]
    with started(stack, topic, tmp_path / "first") as ingest:
        partition, _, _ = ingest.post(lines(events), LINES).json()["position"].partition(":")
    with started(stack, topic, tmp_path / "second", STEPPE_INGEST_TAIL_EVENTS_MAX="10") as ingest:
        again = ingest.post(lines(events), LINES).json()
    assert (again["accepted"], again["duplicates"]) == (20, 10)
    assert again["duplicates_known_from"] == f"{partition}:20"


def test_what_a_full_table_forgets_is_told() -> None:
    recent, number = RecentIds(), 0
    while not recent.known_from:
        recent.remember(key_of("north", "/desk", str(number)), bytes(32), (2, number))
        number += 1
    (forgotten,) = recent.known_from.values()
    assert recent.find(key_of("north", "/desk", str(forgotten - 1))) is None
    assert all(recent.find(key_of("north", "/desk", str(kept))) for kept in range(forgotten, number))


def test_what_a_short_partition_leaves_of_its_share_goes_to_the_others() -> None:
    assert _first_offsets({0: 0, 1: 0}, {0: 10, 1: 1000}, 100) == {0: 0, 1: 910}
    assert _first_offsets({0: 5, 1: 0}, {0: 10, 1: 0}, 100) == {0: 5, 1: 0}
    assert _first_offsets({0: 0}, {0: 10}, 0) == {0: 10}
