"""The key that is probably meant: a letter or two, swapped words, hyphens; not another number, direction or short name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppe.domain.events.near_keys import NearKeys

ROOT = Path(__file__).parents[3]
KEYS = (
    "sareco-stepnogorsk",
    "kumtor",
    "northern-katpar",
    "galkynysh-phase-2",
    "rio-tinto",
    "tepco",
    "block-a-oilfield",
    "gov-us",
    "astana-energy",
)


def keys(*own: str) -> NearKeys:
    near_keys = NearKeys()
    for key in own or KEYS:
        near_keys.add(key)
    return near_keys


@pytest.mark.parametrize(
    ("kind", "written", "meant"),
    [
        ("letters swapped", "sareco-stepnogorks", "sareco-stepnogorsk"),
        ("a letter left out", "sareco-stepnogrsk", "sareco-stepnogorsk"),
        ("a letter too many", "sarecco-stepnogorsk", "sareco-stepnogorsk"),
        ("another letter", "sareco-stepnagorsk", "sareco-stepnogorsk"),
        ("two letters", "sarecco-stepnagorsk", "sareco-stepnogorsk"),
        ("words swapped", "stepnogorsk-sareco", "sareco-stepnogorsk"),
        ("no hyphen", "sarecostepnogorsk", "sareco-stepnogorsk"),
        ("a hyphen too many", "kum-tor", "kumtor"),
        ("a short one", "kumtr", "kumtor"),
        ("a short one", "rio-tnto", "rio-tinto"),
        ("another letter in a word of six", "kumtar", "kumtor"),
        ("beside a number", "galkynish-phase-2", "galkynysh-phase-2"),
    ],
)
def test_a_misspelt_key_finds_the_one_that_is_meant(kind: str, written: str, meant: str) -> None:
    assert keys().likely(written) == meant


@pytest.mark.parametrize(
    "other",
    [
        "southern-katpar",
        "galkynysh-phase-3",
        "galkynysh-phase-ii",
        "kepco",
        "altona-energy",
        "gov-uss",
        "block-b-oilfield",
        "something-else",
        "k",
        "x" * 100,
    ],
)
def test_another_thing_is_not_taken_for_a_misspelling(other: str) -> None:
    assert keys().likely(other) is None


def test_a_key_that_was_taken_out_is_not_meant() -> None:
    near_keys = keys("sareco-stepnogorsk")
    near_keys.discard("sareco-stepnogorsk")
    near_keys.discard("never-there")
    assert near_keys.likely("sareco-stepnogorks") is None
    assert len(near_keys) == 0 and "sareco-stepnogorsk" not in near_keys


def test_among_the_real_projects_and_parties_none_is_taken_for_another() -> None:
    subjects = {
        json.loads(line)["subject"]
        for line in (ROOT / "examples/central-asia/events.ndjson").read_text("utf-8").splitlines()
    }
    for prefix in ("", "party:"):
        real = sorted(
            key.removeprefix(prefix) for key in subjects if (":" in key) is bool(prefix) and key.startswith(prefix)
        )
        assert len(real) > 100
        assert [(key, near) for key in real if (near := keys(*(k for k in real if k != key)).likely(key))] == []


slugs = st.from_regex(r"[a-z]{7,12}-[a-z]{7,12}", fullmatch=True)


@given(slugs, st.integers(0, 30), st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
def test_any_letter_that_is_replaced_in_a_long_word_is_found(key: str, at: int, letter: str) -> None:
    at %= len(key)
    written = key[:at] + letter + key[at + 1 :]
    if key[at] == "-" or written == key:
        return
    assert keys(key).likely(written) == key
