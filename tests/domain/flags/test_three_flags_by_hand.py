"""The rule that Steppe exists for, with dates an auditor can count on his fingers (sections 5 and 6)."""

from __future__ import annotations

from datetime import date

import pytest

from steppe.domain.explanation.flag_text import sentence
from steppe.domain.fold.fold_state import judge
from steppe.domain.messages.english import english
from steppe.domain.values.months import add_months, months_between
from steppe.domain.values.states import Flag
from tests.domain.event_logs import event

SIGNED = event("memorandum.signed", "2022-03-01", instrument="mou")
RENEWED = event("memorandum.renewed", "2023-09-01", instrument="mou", renews={"source": "/desk", "id": SIGNED.id})
OFFTAKE = event("offtake.signed", "2025-05-05", commodity="tungsten")


def _memorandum_only(day: str, *events: object) -> Flag | None:
    judged = judge("north", [e for e in (SIGNED, *events) if e], date.fromisoformat(day))  # type: ignore[misc]
    return next((flag for flag in judged.flags if flag.flag == "memorandum-only"), None)


@pytest.mark.parametrize("renewal", [None, RENEWED], ids=["signed once", "renewed"])
@pytest.mark.parametrize(
    ("day", "severity"),
    [
        ("2023-02-28", None),
        ("2023-03-01", "watch"),
        ("2024-02-29", "watch"),
        ("2024-03-01", "stagnant"),
        ("2025-05-04", "stagnant"),
        ("2025-05-05", None),
        ("2030-01-01", None),
    ],
)
def test_paper_turns_watch_and_stagnant_on_its_day_until_something_binds(
    day: str, severity: str | None, renewal: object
) -> None:
    flag = _memorandum_only(day, renewal, OFFTAKE)
    assert (flag.severity if flag else None) == severity


def test_presumed_dead_waits_until_no_step_was_made_for_long() -> None:
    assert (found := _memorandum_only("2026-03-01")) is not None and found.severity == "presumed-dead"
    later = event("study.started", "2024-12-01", kind="scoping")
    assert (found := _memorandum_only("2026-11-30", later)) is not None and found.severity == "stagnant"
    assert (found := _memorandum_only("2026-12-01", later)) is not None and found.severity == "presumed-dead"


def test_the_sentence_names_the_figures_of_the_day() -> None:
    flag = _memorandum_only("2025-01-01", RENEWED)
    assert flag is not None
    assert english(sentence(flag, date(2025, 1, 1))) == "2 memoranda in 34 months, nothing binding."
    assert flag.next_severity == "presumed-dead"
    assert flag.next_on == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("start", "months", "day"),
    [("2024-02-29", 12, "2025-02-28"), ("2024-01-31", 1, "2024-02-29"), ("2023-12-31", 2, "2024-02-29")],
)
def test_months_clamp_to_the_end_of_the_month(start: str, months: int, day: str) -> None:
    assert add_months(date.fromisoformat(start), months).isoformat() == day
    assert months_between(date.fromisoformat(start), date.fromisoformat(day)) == months
