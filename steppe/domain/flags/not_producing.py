"""not-producing: of the project and its parts: built for long, or in trial for long, without commercial production."""

from __future__ import annotations

from datetime import date

from steppe.domain.evaluation.flag_definition import ProjectFlag
from steppe.domain.evaluation.flag_input import ProjectFlagInput
from steppe.domain.evaluation.severity_steps import first_to_reach, step_at_age
from steppe.domain.events.vocabulary import DELIVERING_KINDS
from steppe.domain.messages.message import Listing, Message, message
from steppe.domain.messages.phrases import for_age
from steppe.domain.values.flag_clock import FlagEvaluation, FlagSubject, SeverityStep
from steppe.domain.values.states import Flag

_SEVERITIES = ("watch", "stagnant")


def evaluate(project: ProjectFlagInput) -> FlagEvaluation | None:
    """Watch and stagnant by the part that gets there first: since its construction began, or since its trial did."""
    if project.kind not in DELIVERING_KINDS or not project.pursued():
        return None
    steps: dict[str, list[SeverityStep]] = {severity: [] for severity in _SEVERITIES}
    subjects = []
    for part in project.works.part_clocks():
        if part.commercial:
            continue
        starts = [("construction", part.construction_since), ("trial", part.trial_since)]
        for severity in _SEVERITIES:
            candidates = [
                step_at_age(severity, start, project.thresholds[f"not-producing.{phase}.{severity}"])
                for phase, start in starts
                if start is not None
            ]
            if candidates:
                steps[severity].append(first_to_reach(severity, candidates))
                if severity == "watch":
                    on = steps[severity][-1].possible_on
                    subjects.append(FlagSubject(on=on, part=part.part, evidence=part.evidence))
    if not steps["watch"]:
        return None
    return FlagEvaluation(
        steps=tuple(first_to_reach(severity, candidates) for severity, candidates in steps.items()),
        subjects=tuple(subjects),
        ends_on=project.pursued_until(),
    )


def _sentence(flag: Flag, as_of: date) -> Message:
    parts = [part for part in flag.parts if part is not None]
    age = for_age(flag.start, as_of)
    if not parts:
        return message("Built or in trial %(age)s, without commercial production.", age=age)
    of_parts = Listing(tuple(parts))
    return message("Built or in trial %(age)s, without commercial production (%(parts)s).", age=age, parts=of_parts)


FLAG: ProjectFlag = ProjectFlag(
    name="not-producing",
    severities=_SEVERITIES,
    thresholds={
        "not-producing.construction.watch": 36,
        "not-producing.construction.stagnant": 60,
        "not-producing.trial.watch": 12,
        "not-producing.trial.stagnant": 24,
    },
    clock="delivery",
    evaluate=evaluate,
    sentence=_sentence,
    unless=message("commercial production begins first"),
)
