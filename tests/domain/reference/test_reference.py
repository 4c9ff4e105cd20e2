"""The reference implementation gives every worked case its answers, in whatever order the events come."""

from __future__ import annotations

import random
from datetime import date, datetime

import pytest

from tests.domain.reference.answers import answer
from tests.domain.reference.cases import CASES, differences
from tests.domain.reference.thresholds import thresholds_of


@pytest.mark.parametrize("name", CASES)
def test_the_case_comes_out_as_written(name: str) -> None:
    _check(name, shuffled=False)


@pytest.mark.parametrize("name", CASES)
def test_the_case_comes_out_shuffled_and_repeated(name: str) -> None:
    _check(name, shuffled=True)


def _check(name: str, shuffled: bool) -> None:
    case = CASES[name]
    events = list(case["events"])
    if shuffled:
        drawn = random.Random(name)
        events += drawn.sample(events, len(events) // 2)
        drawn.shuffle(events)
    for question in case["questions"]:
        answers = answer(
            events,
            as_of=date.fromisoformat(question["as_of"]),
            known_at=datetime.fromisoformat(question["known_at"]),
            known_by=question.get("known_by", "reported"),
            thresholds=thresholds_of(case.get("rules")),
        )
        assert differences(question["expect"], answers) == [], question["as_of"]
