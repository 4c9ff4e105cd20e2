"""The words of other registers: each level has one in each, none leads backwards, and what was asserted wins."""

from __future__ import annotations

import pytest

from steppe.domain.analysis.crosswalk import LEVEL_WORDS, OVERLAY_ROWS, SCHEMES, word
from steppe.domain.values.levels import Level

P, C = Level.PRODUCING, Level.CONSTRUCTION


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_level_has_a_word_and_a_reason_in_every_scheme(scheme: str) -> None:
    for level in Level:
        word = LEVEL_WORDS[level][scheme]
        assert word.code in SCHEMES[scheme].ladder, level
        assert word.why, level


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_higher_level_is_never_an_earlier_word_and_every_word_is_used(scheme: str) -> None:
    ladder = list(SCHEMES[scheme].ladder)
    places = [ladder.index(LEVEL_WORDS[level][scheme].code) for level in Level]
    assert places == sorted(places)
    others = {row.words[scheme].code for row in OVERLAY_ROWS if scheme in row.words} - set(ladder)
    assert (set(places), others) == (set(range(len(ladder))), set(SCHEMES[scheme].others))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_word_has_a_name(scheme: str) -> None:
    codes = [*SCHEMES[scheme].ladder, *SCHEMES[scheme].others]
    assert all(SCHEMES[scheme].name(code) for code in codes)


@pytest.mark.parametrize(
    ("level", "highest", "overlays", "expected"),
    [
        (Level.MEMORANDUM, Level.MEMORANDUM, (), ("1", "identification", "announced", "Pipeline: Pledge")),
        (Level.BOUND, Level.BOUND, (), ("2", "preparation", "pre-construction", "Pipeline: Commitment")),
        (C, C, (), ("2", "implementation", "construction", "Implementation")),
        (P, P, (), ("3", "completion", "operating", "Completion")),
        (Level.IDENTIFIED, C, ("cancelled",), ("5", "cancelled", "cancelled", "Cancelled")),
        (P, P, ("completed",), ("4", "completed", "retired", "Completion")),
        (Level.IDENTIFIED, P, ("retired",), ("4", "identification", "retired", "Completion")),
        (Level.BOUND, C, ("suspended",), ("6", "implementation", "shelved", "Suspended")),
        (Level.COMMISSIONING, P, ("suspended",), ("6", "completion", "mothballed", "Suspended")),
        (
            Level.MEMORANDUM,
            Level.MEMORANDUM,
            ("presumed-dead",),
            ("1", "identification", "shelved - inferred 2 y", "Pipeline: Pledge"),
        ),
        (C, C, ("on-hold",), ("2", "implementation", "construction", "Implementation")),
        (Level.IDENTIFIED, P, ("cancelled", "suspended"), ("5", "cancelled", "cancelled", "Cancelled")),
        (Level.MEMORANDUM, C, (), ("1", "identification", "announced", "Pipeline: Pledge")),
    ],
)
def test_a_project_is_told_in_the_words_of_each(
    level: Level, highest: Level, overlays: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert tuple(word(scheme, level, highest, overlays).code for scheme in SCHEMES) == expected
