"""The core answers random logs as the reference does, which was written from the page alone.

STEPPE_HYPOTHESIS_PROFILE says how many logs (`properties`): 6 `fast`, 60 `quick`, 2,400 `soak`. A difference is told with the
shortest log that shows it, in fold order.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

from steppe.domain.events.corrections import effective_events
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.fold.fold_state import in_fold_order
from steppe.domain.rules.thresholds import Rules
from tests.domain.event_logs import from_wire
from tests.domain.properties import LOGS
from tests.domain.reference.core_answers import Question, differences
from tests.domain.reference.random_wire_logs import Envelope, portfolio_log, project_log
from tests.domain.reference.thresholds import Thresholds

_SEEDS = range(max(1, LOGS * 3 // 5))
_LATE = datetime(2026, 11, 22, 12, tzinfo=UTC)
# What the core calls some rules otherwise than the reference.
_NAMES = {
    "memorandum-churn.papers": "memorandum-churn.watch",
    "lapsed.days": "lapsed.watch",
    "not-producing.construction.watch": "not-producing.watch",
    "not-producing.construction.stagnant": "not-producing.stagnant",
    "slipping.moves": "slipping.watch",
    "crowded.months": "crowded.notice",
}
# So short that most flags stand in most logs.
_SHORT = Rules(
    version="short",
    values={rule: max(1, value // 4) for rule, value in RULES.values.items()},
    overrides=RULES.overrides,
)


def _thresholds(rules: Rules) -> Thresholds:
    """The same rules as the reference takes them."""
    return Thresholds({_NAMES.get(rule, rule): value for rule, value in rules.values.items()})


def test_the_core_judges_two_projects_as_the_reference_does() -> None:
    for seed in _SEEDS:
        _compare(portfolio_log, seed)


def test_the_core_judges_one_project_as_the_reference_does() -> None:
    for seed in _SEEDS:
        _compare(project_log, seed)


def _compare(drawn: Callable[[int], list[Envelope]], seed: int) -> None:
    events = drawn(seed)
    for question in _questions(random.Random(seed)):
        if _differ(events, question, seed):
            shortest = _shortened(events, question, seed)
            raise AssertionError(_told(shortest, question, seed))


def _questions(chance: random.Random) -> list[Question]:
    """Some days as known today, and one as known and one as recorded on some day of the past."""
    days = [date(2015, 6, 1) + timedelta(days=chance.randrange(2600)) for _ in range(5)]
    then = datetime(2018, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(900))
    knowledge = [(_LATE, "reported")] * 3 + [(then, "reported"), (then, "recorded")]
    return [Question(day, *how) for day, how in zip(days, knowledge, strict=True)]


def _differ(events: Sequence[Envelope], question: Question, seed: int) -> list[str]:
    """What is answered otherwise; every other log is judged by short rules."""
    rules = _SHORT if seed % 2 else RULES
    unequal = differences(events, question, rules, _thresholds(rules))
    return [f"{what}: reference {expected}, core {got}" for what, expected, got in unequal]


def _shortened(events: Sequence[Envelope], question: Question, seed: int) -> list[Envelope]:
    """Without every event that the difference does not need."""
    kept = list(events)
    for event in events:
        without = [other for other in kept if other is not event]
        if _differ(without, question, seed):
            kept = without
    return kept


def _told(events: Sequence[Envelope], question: Question, seed: int) -> str:
    lines = [f"seed {seed}, {question}"]
    for subject in sorted({event["subject"] for event in events}):
        own = [from_wire(event) for event in events if event["subject"] == subject]
        recorded = question.known_by == "recorded"
        lines += [
            f"{subject} {row.id} {row.earliest}..{row.latest} {row.kind.name} deal {row.deal} {dict(row.data)}"
            + (f" narrowed by {row.narrowed_by}" if row.narrowed_by else "")
            for row in in_fold_order(effective_events(own, question.known_at, recorded=recorded))
        ]
        lines += [f"{subject} {row.id} {row.kind.name} {dict(row.data)}" for row in own if row.kind.is_correction]
    return "\n".join([*lines, *_differ(events, question, seed)])
