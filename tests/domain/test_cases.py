"""The worked cases of the domain page, through the pure core: every file of `cases/`, every field it names."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from steppe.domain.analysis.portfolio import Portfolio, portfolio
from steppe.domain.events.corrections import CorrectedEvents
from steppe.domain.events.validation import faults_of
from steppe.domain.events.vocabulary import Effect
from steppe.domain.values.history import Judgement
from steppe.domain.values.states import DealState, Flag, Start, age_months
from tests.domain.cases import CASES, Answers, Case, check, rules_of
from tests.domain.event_logs import from_wire


@pytest.mark.parametrize("name", CASES)
def test_the_case_comes_out_as_written(name: str) -> None:
    case = CASES[name]
    events, refused = [], set()
    for envelope in case["events"]:
        event = from_wire(envelope)
        if faults_of(event.kind.name, event.data, event.known.date()):
            refused.add(event.reference)
        else:
            events.append(event)
    for question in case["questions"]:
        known_at = datetime.fromisoformat(question["known_at"])
        recorded = question.get("known_by") == "recorded"
        whole = portfolio(events, known_at, recorded=recorded, rules=rules_of(case))
        check(question["expect"], _answers(whole, date.fromisoformat(question["as_of"]), refused))


def _answers(found: Portfolio, as_of: date, refused: set[str]) -> Answers:
    judged = {project: found.judged(project, as_of) for project in found.histories}
    judged = {project: judgement for project, judgement in judged.items() if judgement.project is not None}
    readings = [reading for record in found.subjects.values() for reading in record.by_identity.values()]
    return Answers(
        flags=[
            {"flag": flag.flag, "deal": flag.deal, "project": project, **_flag_view(flag, as_of)}
            for project, judgement in judged.items()
            for flag in judgement.flags
        ],
        deals={
            f"{project}/{state.deal}": _deal_view(state, judgement, as_of)
            for project, judgement in judged.items()
            for state in judgement.deals
        },
        projects={
            project: _project_view(judgement, found.subjects[project], as_of) for project, judgement in judged.items()
        },
        unheeded={
            "parked": [reading.event.reference for reading in readings if reading.state == "parked"],
            "refused_ids": [
                *refused,
                *(reading.event.reference for reading in readings if reading.state == "refused"),
            ],
        },
    )


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
        "started": _interval(start),
        "evidence": list(flag.evidence),
        "next": {"severity": flag.next_severity, "on": _text(flag.next_on)} if flag.next_on else None,
        "on_hold": flag.on_hold,
        "threshold_months": flag.threshold_months,
        "missing": list(flag.missing),
        "groups": list(flag.groups),
        "tier": flag.tier,
        "milestones": list(flag.milestones),
        "parts": list(flag.parts),
    }


def _interval(start: Start | None) -> list[str | None] | None:
    return None if start is None else [_text(start.earliest), _text(start.latest)]


def _deal_view(state: DealState, judged: Judgement, as_of: date) -> Case:
    return {
        "level": state.level.label if state.level is not None else None,
        "highest_level": state.highest_level.label,
        "overlays": list(state.overlays),
        "phase": state.phase,
        "missing_legs": list(state.missing_legs),
        "conditional": any(leg.conditional for leg in state.legs),
        "inferred": any(leg.inferred for leg in state.legs if leg.valid),
        "living": state.level is not None,
        "pursuers": list(state.pursuers),
        "legs": [
            {
                "leg": leg.leg,
                "id": leg.events[0],
                "bound_on": [_text(leg.since_earliest), _text(leg.since)],
                "valid": leg.valid,
                "ended_on": None if leg.ended_on is None else [_text(leg.ended_on_earliest), _text(leg.ended_on)],
                "ended_by": leg.ended_how,
                "inferred": leg.inferred, "conditional": leg.conditional,
            }
            for leg in state.legs
        ],
        "memorandum_clock": {
            "running": state.memorandum_runs,
            "started": _interval(state.memorandum),
            "age_months": None if state.memorandum is None else list(age_months(state.memorandum, as_of)),
        },
        "silence_clock": None
        if state.silence is None
        else {"last": _interval(state.silence), "age_months": list(age_months(state.silence, as_of))},
        "step_clock": None if state.step is None else {"last": _interval(state.step)},
        "co_investor": list(judged.co_investors.get(state.deal, ())),
    }  # fmt: skip


def _project_view(judged: Judgement, record: CorrectedEvents, as_of: date) -> Case:
    state = judged.project
    assert state is not None, "asked of projects that are there"
    headline = state.headline
    return {
        "level": state.level.label,
        "highest_level": state.highest_level.label,
        "overlays": list(state.overlays),
        "physical_state": state.physical_state.label if state.physical_state is not None else None,
        "headline": None if headline is None else {"severity": headline.severity, "certainty": headline.certainty},
        "memorandum_since": None
        if state.memorandum_since is None
        else [_text(state.memorandum_since_earliest), _text(state.memorandum_since)],
        "deals": {deal.deal: deal for deal in judged.deals},
        "speaks_of_project": [
            event.reference
            for event in record.events
            if event.deal is None and event.kind.effect is not Effect.RECORD and event.latest <= as_of
        ],
    }
