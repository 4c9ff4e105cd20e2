"""not-producing: of the project: built for long, or in trial for long, without commercial production."""

from __future__ import annotations

from datetime import date

from steppe.domain.evaluation.flag_definition import ProjectFlag
from steppe.domain.evaluation.flag_input import ProjectFlagInput
from steppe.domain.evaluation.severity_steps import FlagEvaluation, SeverityStep, step_at_age
from steppe.domain.events.vocabulary import DELIVERING_KINDS
from steppe.domain.values.grammar import age
from steppe.domain.values.states import Flag


def evaluate(project: ProjectFlagInput) -> FlagEvaluation | None:
    """Watch and stagnant, each by the clock that gets there first: since construction began, or since the trial did."""
    physical = project.physical
    if physical.commercial or project.kind not in DELIVERING_KINDS or not project.pursued():
        return None
    starts = [("construction", physical.construction_since), ("trial", physical.trial_since)]
    steps = []
    for severity in ("watch", "stagnant"):
        candidates = [
            step_at_age(severity, start, project.thresholds[f"not-producing.{phase}.{severity}"])
            for phase, start in starts
            if start is not None
        ]
        if candidates:
            steps.append(_sooner(candidates))
    if not steps:
        return None
    return FlagEvaluation(steps=tuple(steps), evidence=physical.evidence, ends_on=project.pursued_until)


def _sooner(candidates: list[SeverityStep]) -> SeverityStep:
    first = min(candidates, key=lambda step: (step.certain_on, step.possible_on))
    return SeverityStep(
        severity=first.severity,
        possible_on=min(step.possible_on for step in candidates),
        certain_on=first.certain_on,
        threshold_months=first.threshold_months,
        start=first.start,
    )


def _sentence(flag: Flag, as_of: date) -> str:
    return f"Built or in trial for {age(flag.start, as_of)}, without commercial production."


FLAG = ProjectFlag(
    name="not-producing",
    severities=("watch", "stagnant"),
    thresholds={
        "not-producing.construction.watch": 36,
        "not-producing.construction.stagnant": 60,
        "not-producing.trial.watch": 12,
        "not-producing.trial.stagnant": 24,
    },
    clock="delivery",
    evaluate=evaluate,
    sentence=_sentence,
    unless="commercial production begins first",
)
