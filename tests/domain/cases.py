"""The worked cases of the domain page: loading them, what an answer must hold, and a namespace of its own for each.

Knows the files of `cases/` (see the README there) and how expectations are compared. Whoever asks a question, the pure core
or a running system, gives `check` its answers in the shape of the cases.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steppe.domain.flags.flag_registry import RULES
from steppe.domain.rules.thresholds import Override, Rules

Case = dict[str, Any]

CASES: dict[str, Case] = {
    path.stem: json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "cases").glob("*.json"))
}
_RULE_NAMES = {"memo_dead": "memorandum-only.presumed-dead"}
UNHEEDED = ("parked", "refused_ids", "conflict_ids")
_EXPECTED = {"flags", "no_flags", "deals", "projects", "absent", *UNHEEDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was answered to one question, spelt as the cases spell it.

    `flags` name their `project`; `deals` are keyed `project/deal`; `unheeded` lists event references under `parked`,
    `refused_ids` and `conflict_ids`.
    """

    flags: Sequence[Case]
    deals: Mapping[str, Case]
    projects: Mapping[str, Case]
    unheeded: Mapping[str, Sequence[str]]


def rules_of(case: Case, version: str = "of-the-case") -> Rules:
    """The rules that a case is judged by: the built-in ones unless it has overrides."""
    if "rules" not in case:
        return RULES
    overrides = [
        Override(rule=_RULE_NAMES[given["rule"]], value=given["months"], **_where(given))
        for given in case["rules"]["overrides"]
    ]
    return Rules(version=version, values=RULES.values, overrides=tuple(overrides))


def _where(given: dict[str, Any]) -> dict[str, str]:
    return {key: value for key, value in given.items() if key not in ("rule", "months")}


def check(expected: Case, answers: Answers) -> None:
    """AssertionError unless the answers have everything that a case expects, and nothing that it excludes."""
    assert set(expected) <= _EXPECTED, f"nobody compares {sorted(set(expected) - _EXPECTED)}"
    for wanted in expected.get("flags", []):
        like = _flags_like(wanted, answers)
        assert len(like) == 1, f"{len(like)} flags and not 1 like {wanted}; there are {answers.flags}"
        _same(wanted, like[0])
    for unwanted in expected.get("no_flags", []):
        assert _flags_like(unwanted, answers) == [], unwanted
    for key, wanted in expected.get("deals", {}).items():
        _same(wanted, answers.deals[key])
    for key, wanted in expected.get("projects", {}).items():
        _same(wanted, answers.projects[key])
    for project in expected.get("absent", []):
        assert project not in answers.projects, project
        assert not [flag for flag in answers.flags if flag["project"] == project], project
    for kind in UNHEEDED:
        if kind in expected:
            assert sorted(answers.unheeded[kind]) == sorted(expected[kind]), kind


def _flags_like(wanted: Case, answers: Answers) -> list[Case]:
    named = [name for name in ("flag", "deal", "project") if name in wanted]
    return [flag for flag in answers.flags if all(flag[name] == wanted[name] for name in named)]


def _same(wanted: Case, got: Case) -> None:
    for field, value in wanted.items():
        if isinstance(value, dict) and isinstance(got[field], dict):
            assert {key: got[field][key] for key in value} == value, field
    plain = [field for field in wanted if not isinstance(wanted[field], dict)]
    assert {field: got[field] for field in plain} == {field: wanted[field] for field in plain}


_NAMES = frozenset({"commodity", "deal", "forum", "parent", "party", "programme", "project", "to"})
_LISTS_OF_NAMES = frozenset({"absent", "by", "commodities", "groups", "pursuers"})
_KEYED_BY_NAMES = frozenset({"deals", "projects"})


def in_own_namespace(case: Case, prefix: str) -> Case:
    """The same case with `prefix` before every key of a project, deal, party, forum and commodity.

    So that all cases fit into one log: none of them meets the projects, markets and groups of another. One prefix for all
    names of a case changes neither their order nor anything else that is judged.
    """
    renamed = _renamed(case, prefix)
    for envelope in renamed["events"]:
        kind, _, key = envelope["subject"].rpartition(":")
        envelope["subject"] = f"{kind}:{prefix}{key}" if kind else prefix + key
    return {**case, **renamed}


def _renamed(value: Any, prefix: str) -> Any:
    if isinstance(value, list):
        return [_renamed(item, prefix) for item in value]
    if not isinstance(value, dict):
        return value
    return {field: _renamed_field(field, held, prefix) for field, held in value.items()}


def _renamed_field(field: str, held: Any, prefix: str) -> Any:
    if field in _NAMES and isinstance(held, str):
        return prefix + held
    if field in _LISTS_OF_NAMES and isinstance(held, list):
        return [prefix + name for name in held]
    if field in _KEYED_BY_NAMES and isinstance(held, dict):
        return {
            "/".join(prefix + part for part in key.split("/")): _renamed(item, prefix) for key, item in held.items()
        }
    return _renamed(held, prefix)
