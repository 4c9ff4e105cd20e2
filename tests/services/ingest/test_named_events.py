"""An event that names another one that nobody sent is accepted with a warning, where ingest can know it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.ingest.memory.named_events import NamedEvents
from steppe.contracts.acceptance import Accepted
from tests.services.ingest.ingest_client import BATCH, LINES, IngestClient, lines, memorandum
from tests.services.ingest.test_duplicates_after_restart import started
from tests.stack import Stack


@pytest.fixture
def ingest(stack: Stack, topic: str, tmp_path: Path) -> Iterator[IngestClient]:
    with started(stack, topic, tmp_path / "ingest") as client:
        yield client


def naming(field: str, name: str, id: str, other: str = "typo", subject: str = "north", **data: Any) -> dict[str, Any]:
    fields = {"occurred": "2024-01-01", "deal": "alpha", field: {"source": "/desk", "id": other}, **data}
    return {"id": id, "source": "/desk", "type": f"steppe.{name}.v1", "subject": subject, "data": fields}


def warnings(answer: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(warning["index"], warning["id"], warning["message"]) for warning in answer["warnings"]]


@pytest.mark.parametrize(
    ("field", "name", "data"),
    [
        ("renews", "memorandum.renewed", {}),
        ("amends", "rights.amended", {"ends_on": "2030"}),
        ("ends", "contract.terminated", {}),
        ("ends", "offtake.ended", {}),
        ("amends", "offtake.amended", {"volume": 5}),
    ],
)
def test_what_was_never_seen_is_warned_of(ingest: IngestClient, field: str, name: str, data: dict[str, Any]) -> None:
    answer = ingest.post(naming(field, name, f"never-{name}", **data)).json()
    assert answer["accepted"] == 1
    message = f"{field} names /desk#typo, which was never seen in north: correct it, or send that event, too"
    assert warnings(answer) == [(0, f"never-{name}", message)]


def test_what_was_sent_before_or_comes_later_in_the_request_is_not(ingest: IngestClient) -> None:
    assert ingest.post(memorandum("before", "near")).json()["warnings"] == []
    events = [
        naming("renews", "memorandum.renewed", "n-1", "before", "near"),
        naming("renews", "memorandum.renewed", "n-2", "later", "near"),
        memorandum("later", "near"),
    ]
    assert ingest.post(events, BATCH).json()["warnings"] == []


def test_in_a_stream_it_may_come_much_later(ingest: IngestClient) -> None:
    events = [memorandum(f"s-{number}", "streamed") for number in range(3_000)]
    events.insert(0, naming("renews", "memorandum.renewed", "first", "s-2999", "streamed"))
    answer = ingest.post(lines(events), LINES, query="?on_error=continue").json()
    assert (answer["accepted"], answer["warnings"]) == (3_001, [])


def test_an_event_of_another_project_is_not_what_is_renewed_but_may_be_the_whole(ingest: IngestClient) -> None:
    events = [
        memorandum("whole", "block-1"),
        naming("part_of", "loan.signed", "part", "whole", "block-2"),
        naming("renews", "memorandum.renewed", "renewal", "whole", "block-2"),
    ]
    ((index, _, message),) = warnings(ingest.post(events, BATCH).json())
    assert (index, message.split(":")[0]) == (2, "renews names /desk#whole, which was never seen in block-2")
    alone = ingest.post(naming("part_of", "loan.signed", "part-2", "nothing", "block-2")).json()
    ((_, _, message),) = warnings(alone)
    assert message.endswith("correct it, unless it is a document of another project, or send that event, too")


def test_of_the_real_events_none_names_what_is_not_there(ingest: IngestClient) -> None:
    file = Path(__file__).parents[3] / "examples" / "central-asia" / "events.ndjson"
    answer = ingest.post(file.read_bytes(), LINES, query="?on_error=continue").json()
    assert answer["accepted"] == 830
    assert len(answer["warnings"]) == 5  # they are named in tests/domain/events/test_idle_fields.py
    assert not any("never seen" in message for _, _, message in warnings(answer))


async def test_nothing_is_said_where_older_events_are_not_known(stack: Stack, topic: str, tmp_path: Path) -> None:
    with started(stack, topic, tmp_path / "first") as ingest:
        ingest.post(lines(memorandum(f"m-{number}", "north") for number in range(30)), LINES)
    with started(stack, topic, tmp_path / "second") as ingest:
        events = [
            naming("renews", "memorandum.renewed", "n-1", "m-3"),
            naming("renews", "memorandum.renewed", "n-2", "m-30"),
        ]
        assert [event_id for _, event_id, _ in warnings(ingest.post(events, BATCH).json())] == ["n-2"]
    with started(stack, topic, tmp_path / "third", STEPPE_INGEST_TAIL_EVENTS_MAX="10") as ingest:
        assert ingest.post(naming("renews", "memorandum.renewed", "n-3", "m-31")).json()["warnings"] == []


def accepted(id: str, *references: tuple[str, str, str]) -> Accepted:
    return Accepted(
        subject="north", value=b"", content_sha256=b"", source="/desk", id=id, name="loan.signed", warnings=(),
        references=references,
    )  # fmt: skip


def test_of_very_many_only_the_first_are_looked_at() -> None:
    named = NamedEvents()
    for number in range(1_500):
        named.add_references(number, accepted(f"e-{number}", ("ends", "/desk", "typo")))
    assert len(list(named.warnings(lambda _: False))) == 1_000
    parts = NamedEvents()
    for number in range(10_000):
        parts.add_sent(accepted(f"e-{number}"))
    parts.add_references(0, accepted("part", ("part_of", "/desk", "elsewhere")))
    assert list(parts.warnings(lambda _: False)) == [], "the whole may be among those that are not remembered"
