"""The worked cases, and what an answer must hold of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.domain.reference.answers import Answers

Case = dict[str, Any]
# The cases of another edition of the page can be run by naming their directory.
DIRECTORY = Path(os.environ.get("REFERENCE_CASES", Path(__file__).parent.parent / "cases"))
CASES: dict[str, Case] = {path.stem: json.loads(path.read_text()) for path in sorted(DIRECTORY.glob("*.json"))}


def differences(expected: Case, answers: Answers) -> list[str]:
    """What an answer lacks that a case expects, and what it has that the case excludes."""
    texts: list[str] = []
    for wanted in expected.get("flags", ()):
        like = _flags_like(wanted, answers)
        if len(like) != 1:
            texts.append(f"{len(like)} flags like {wanted}")
        else:
            texts += _unlike(str(wanted), wanted, like[0])
    texts += [f"unwanted {flag}" for wanted in expected.get("no_flags", ()) for flag in _flags_like(wanted, answers)]
    for kind, views in (("deals", answers.deals), ("projects", answers.projects)):
        for key, wanted in expected.get(kind, {}).items():
            texts += _unlike(key, wanted, views[key]) if key in views else [f"{key} is not there"]
    texts += [f"{key} is there" for key in expected.get("absent", ()) if key in answers.projects]
    for kind in ("parked", "refused_ids", "conflict_ids"):
        if kind in expected and sorted(expected[kind]) != sorted(getattr(answers, kind)):
            texts.append(f"{kind}: {getattr(answers, kind)} and not {expected[kind]}")
    return texts


def _flags_like(wanted: Mapping[str, Any], answers: Answers) -> list[dict[str, Any]]:
    named = [name for name in ("flag", "deal", "project") if name in wanted]
    return [flag for flag in answers.flags if all(flag[name] == wanted[name] for name in named)]


def _unlike(what: str, wanted: Mapping[str, Any], got: Mapping[str, Any]) -> list[str]:
    texts: list[str] = []
    for field, value in wanted.items():
        held = got[field]
        if isinstance(value, dict) and value and isinstance(held, dict):
            held = {key: held.get(key) for key in value}
        if held != value:
            texts.append(f"{what}: {field} is {held} and not {value}")
    return texts
