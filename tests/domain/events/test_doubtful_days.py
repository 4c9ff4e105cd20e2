"""An end that lies before the day from which its event counts is accepted with a warning."""

from __future__ import annotations

from datetime import date

import pytest

from steppe.domain.events.doubtful_days import doubtful_days

KNOWN = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("memorandum.signed", "expires_on"),
        ("termsheet.signed", "expires_on"),
        ("permit.granted", "expires_on"),
        ("rights.granted", "ends_on"),
        ("rights.amended", "ends_on"),
        ("offtake.signed", "ends_on"),
        ("loan.signed", "long_stop"),
    ],
)
def test_an_end_before_the_event_is_doubtful_and_one_on_its_day_is_not(name: str, field: str) -> None:
    (warning,) = doubtful_days(name, {"occurred": "2024-03-01", field: "2024-02"}, KNOWN)
    assert warning.startswith(f"{field} 2024-02 is before 2024-03-01, the day from which {name} counts")
    for end in ("2024-03-01", "2024-03", "2024", "2030", "2020/..", "unknown"):
        assert doubtful_days(name, {"occurred": "2024-03-01", field: end}, KNOWN) == []


def test_a_hold_until_its_own_day_or_before_holds_nothing() -> None:
    for until in ("2024-03-01", "2024-02-29", "2023"):
        (warning,) = doubtful_days("hold.placed", {"occurred": "2024-03-01", "until": until}, KNOWN)
        assert f"until {until} is not after 2024-03-01" in warning
        assert "nothing is held" in warning
    assert doubtful_days("hold.placed", {"occurred": "2024-03-01", "until": "2024-03"}, KNOWN) == []


def test_what_says_no_day_of_its_own_is_compared_with_the_day_on_which_it_was_known() -> None:
    assert doubtful_days("hold.placed", {"until": "2026-11-22"}, KNOWN) != []
    assert doubtful_days("hold.placed", {"until": "2026-11-23"}, KNOWN) == []
    assert doubtful_days("rights.granted", {"occurred": "unknown", "ends_on": "2010"}, KNOWN) != []


def test_a_coarse_day_counts_from_its_end_on() -> None:
    assert doubtful_days("rights.granted", {"occurred": "2024", "ends_on": "2024-06-30"}, KNOWN) != []
    assert doubtful_days("rights.granted", {"occurred": "2024", "ends_on": "2024"}, KNOWN) == []
