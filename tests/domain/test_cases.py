"""The worked cases of the domain page, as far as levels, overlays and today's four flags go.

Corrections and the flags that are not built yet are left to the cases' other expectations, which come with them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from steppe.domain.events import Event
from steppe.domain.explain import age_months
from steppe.domain.flags import DEAL_FLAGS
from steppe.domain.fold import judge
from steppe.domain.history import DealState, Flag, Judgement, ProjectState
from tests.domain.event_logs import from_wire

Case = dict[str, Any]


def _speaks_of_what_is_built(case: Case) -> bool:
    return "rules" not in case and not any("event." in envelope["type"] for envelope in case["events"])


_ALL = {path.stem: json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "cases").glob("*.json"))}
CASES = {name: case for name, case in _ALL.items() if _speaks_of_what_is_built(case)}


@pytest.mark.parametrize("name", CASES)
def test_the_case_comes_out_as_written(name: str) -> None:
    case = CASES[name]
    projects: dict[str, list[Event]] = defaultdict(list)
    for envelope in case["events"]:
        if ":" not in envelope["subject"] and envelope["id"] not in _refused(case):
            projects[envelope["subject"]].append(from_wire(envelope))
    for question in case["questions"]:
        as_of = date.fromisoformat(question["as_of"])
        known_at = datetime.fromisoformat(question["known_at"])
        judged = {
            key: judge(key, [e for e in events if _is_known(e, events, known_at)], as_of)
            for key, events in projects.items()
        }
        _check(question["expect"], judged, as_of)


def _refused(case: Case) -> set[str]:
    return {
        refused.partition("#")[2] or refused
        for question in case["questions"]
        for refused in question["expect"].get("refused_ids", [])
    }


def _is_known(event: Event, events: list[Event], known_at: datetime) -> bool:
    registrations = [e for e in events if e.kind.name == "project.registered"]
    first = min(registrations, key=lambda e: (e.known, e.recorded), default=None)
    return event.known <= known_at or event is first


def _check(expected: Case, judged: dict[str, Judgement], as_of: date) -> None:
    for wanted in expected.get("flags", []):
        if wanted["flag"] in DEAL_FLAGS:
            found = _flags_like(wanted, judged)
            assert len(found) == 1, wanted
            _same(wanted, _flag_view(found[0], as_of), ("flag", "deal", "project"))
    for unwanted in expected.get("no_flags", []):
        assert _flags_like(unwanted, judged) == [], unwanted
    for key, wanted in expected.get("deals", {}).items():
        project, _, deal = key.partition("/")
        state = next(state for state in judged[project].deals if state.deal == deal)
        _same(wanted, _deal_view(state), ())
    for key, wanted in expected.get("projects", {}).items():
        _same(wanted, _project_view(judged[key].project), ())


def _same(wanted: Case, got: Case, besides: tuple[str, ...]) -> None:
    compared = {field: value for field, value in wanted.items() if field in got and field not in besides}
    assert {field: got[field] for field in compared} == compared


def _flags_like(wanted: Case, judged: dict[str, Judgement]) -> list[Flag]:
    return [
        flag
        for project, judgement in judged.items()
        for flag in judgement.flags
        if flag.flag == wanted["flag"]
        and flag.deal == wanted.get("deal", flag.deal)
        and project == wanted.get("project", project)
    ]


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _flag_view(flag: Flag, as_of: date) -> Case:
    start = flag.start
    return {
        "severity": flag.severity,
        "certainty": flag.certainty,
        "certain_severity": flag.certain_severity,
        "since": _text(flag.since),
        "certain_on": _text(flag.certain_on),
        "age_months": None if start is None else list(age_months(start, as_of)),
        "started": None if start is None else [_text(start.earliest), _text(start.latest)],
        "evidence": list(flag.evidence),
        "next": {"severity": flag.next_severity, "on": _text(flag.next_on)} if flag.next_on else None,
        "on_hold": flag.on_hold,
        "threshold_months": flag.threshold_months,
    }


def _deal_view(state: DealState) -> Case:
    return {
        "level": state.level.label if state.level is not None else None,
        "highest_level": state.highest_level.label,
        "overlays": list(state.overlays),
        "phase": state.phase,
        "missing_legs": list(state.missing_legs),
        "conditional": any(leg.conditional for leg in state.legs),
        "living": state.level is not None,
        "pursuers": list(state.pursuers),
    }


def _project_view(state: ProjectState) -> Case:
    return {
        "level": state.level.label,
        "highest_level": state.highest_level.label,
        "overlays": list(state.overlays),
        "physical_state": state.physical_state.label if state.physical_state is not None else None,
    }
