"""The golden cases: real projects, questions about them, and the documents that answer, in the words of the API.

Needs no service. README.md says what each case shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from services.api.views import money_and_stakes, project_view
from steppe.contracts.codec import decode_structured
from steppe.domain.analysis.portfolio import Portfolio, portfolio
from steppe.domain.explanation.project_text import Explanation
from steppe.domain.fold.fold_state import in_fold_order
from steppe.domain.messages.message import sentences
from tests.domain.event_logs import from_wire

Document = dict[str, Any]

FOLDER = Path(__file__).parent
EXAMPLE = FOLDER.parent.parent / "examples/central-asia/events.ndjson"
SLUGS = sorted(path.parent.name for path in FOLDER.glob("*/events.ndjson"))
# Every event of the example says when the world could know it, so this instant decides nothing but must be later.
_RECORDED = "2026-04-01T00:00:00Z"
# What `flags.json` holds, what is said twice, what depends on the log, and the words, which have examples of their own.
_LEFT_OUT = {
    "flags", "legs", "position", "as_of", "known_at", "explanation", "quarantined", "held_events",
}  # fmt: skip
_NOT_TOLD = Explanation(stands=sentences([]), missing=sentences([]), next=sentences([]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A project, the day that is judged, and the day at whose end it was known."""

    project: str
    as_of: str
    known_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """One case as its folder holds it. `projects` and `flags` are the answers to the questions."""

    slug: str
    lines: list[bytes]
    questions: list[Question]
    projects: list[Document]
    flags: list[list[Document]]


def load(slug: str) -> Golden:
    """Read a case. AssertionError when its two documents answer different questions."""
    projects = json.loads((FOLDER / slug / "project.json").read_text())
    flags = json.loads((FOLDER / slug / "flags.json").read_text())
    questions = [_question(entry) for entry in projects]
    assert questions == [_question(entry) for entry in flags], f"{slug}: project.json and flags.json ask differently"
    return Golden(
        slug=slug,
        lines=(FOLDER / slug / "events.ndjson").read_bytes().splitlines(keepends=True),
        questions=questions,
        projects=[entry["answer"] for entry in projects],
        flags=[entry["answer"] for entry in flags],
    )


def _question(entry: Document) -> Question:
    return Question(project=entry["project"], as_of=entry["as_of"], known_at=entry["known_at"])


@cache
def example() -> tuple[bytes, ...]:
    """The lines of the whole example."""
    return tuple(EXAMPLE.read_bytes().splitlines(keepends=True))


def judged(lines: Iterable[bytes], known_at: str) -> Portfolio:
    """What the pure core says of these events, as known at the end of a day."""
    events = [from_wire({**decode_structured(line), "recordedtime": _RECORDED}) for line in lines]
    return portfolio(events, datetime.combine(date.fromisoformat(known_at), time.max, UTC))


def answer(found: Portfolio, question: Question) -> tuple[Document, list[Document]]:
    """The project and its flags, spelt as `/v1/projects/{key}` and `/v1/flags` spell them."""
    as_of = date.fromisoformat(question.as_of)
    state = found.judged(question.project, as_of)
    assert state.project is not None
    record = found.subjects[question.project]
    events = [event for event in in_fold_order(record.events) if event.latest <= as_of]
    shared = {(question.project, deal): found_events for deal, found_events in state.co_investors.items()}
    detail = {
        **project_view.project_detail(state.project, state.deals, state.flags, shared, "", as_of, _NOT_TOLD),
        "stakes": money_and_stakes.stakes(events, state.deals),
        "offtakes": money_and_stakes.offtakes(events, state.deals),
        "money": money_and_stakes.money(events),
        "costs": money_and_stakes.costs(events),
        "value_chain": money_and_stakes.value_chain(events),
    }
    known_at_of = {reading.event.reference: reading.event.known for reading in record.by_identity.values()}
    corrections = [
        {"event": reading.event.reference, "known": known_at_of[change.by], **asdict(change)}
        for reading in record.by_identity.values()
        if reading.event.latest <= as_of
        for change in reading.changes
    ]
    as_sent: Document = json.loads(msgspec.json.encode({**detail, "corrections": corrections}))
    return reduced(as_sent), as_sent["flags"]


def reduced(detail: Document) -> Document:
    """A project's answer without what is in `flags.json` and what is said twice."""
    kept = {name: value for name, value in detail.items() if name not in _LEFT_OUT}
    return {
        **kept,
        "deals": [
            {name: held for name, held in deal.items() if name not in ("flags", "sentence")} for deal in kept["deals"]
        ],
    }
