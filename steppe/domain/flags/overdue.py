"""overdue: a planned day went by, and nothing that would meet the plan is reported. Of a deal, or of the project itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from steppe.domain.deals.milestones import Plan
from steppe.domain.evaluation.flag_definition import DealFlag, ProjectFlag
from steppe.domain.evaluation.flag_input import FlagInput, ProjectFlagInput
from steppe.domain.evaluation.severity_steps import first_to_reach, step_at_age
from steppe.domain.messages.message import Listing, Message, message, terms
from steppe.domain.messages.phrases import age_later, planned_for
from steppe.domain.values.flag_clock import FlagEvaluation, FlagSubject
from steppe.domain.values.states import Flag

_SEVERITIES = ("watch", "stagnant")


def evaluate(given: FlagInput) -> FlagEvaluation | None:
    """Watch and stagnant by the first of the deal's plans in force that nothing has met."""
    plans = given.deal.plans.unmet(given.project.met)
    return _evaluate(plans, given.thresholds, given.deal.ends_by_itself_on()) if plans else None


def evaluate_project(project: ProjectFlagInput) -> FlagEvaluation | None:
    """The same of the plans that speak of the project, while somebody pursues it."""
    plans = project.unmet_plans()
    if not plans or not project.pursued():
        return None
    return _evaluate(plans, project.thresholds, project.pursued_until())


def _evaluate(plans: Sequence[Plan], thresholds: Mapping[str, int], ends_on: date | None) -> FlagEvaluation | None:
    starts = [(plan, plan.start) for plan in plans if plan.start is not None]
    if not starts:
        return None
    steps = {
        severity: [step_at_age(severity, start, thresholds[f"overdue.{severity}"]) for _, start in starts]
        for severity in _SEVERITIES
    }
    subjects = [
        FlagSubject(on=step.possible_on, milestone=plan.milestone, part=plan.part, evidence=(plan.event.reference,))
        for (plan, _), step in zip(starts, steps["watch"], strict=True)
    ]
    return FlagEvaluation(
        steps=tuple(first_to_reach(severity, steps[severity]) for severity in _SEVERITIES),
        subjects=tuple(subjects),
        ends_on=ends_on,
    )


def _sentence(flag: Flag, as_of: date) -> Message:
    late, later = Listing(terms(flag.milestones, "milestone")), age_later(flag.start, as_of)
    if len(flag.milestones) > 1:
        if flag.start is None:
            return message("%(milestones)s were planned, and not reached %(later)s.", milestones=late, later=later)
        return message(
            "%(milestones)s were planned, the first %(day)s, and not reached %(later)s.",
            milestones=late,
            day=planned_for(flag.start),
            later=later,
        )
    if flag.start is None:
        return message("%(milestones)s was planned, and not reached %(later)s.", milestones=late, later=later)
    return message(
        "%(milestones)s was planned %(day)s, and not reached %(later)s.",
        milestones=late,
        day=planned_for(flag.start),
        later=later,
    )


FLAG: DealFlag = DealFlag(
    name="overdue",
    severities=_SEVERITIES,
    thresholds={"overdue.watch": 3, "overdue.stagnant": 12},
    clock="plan",
    evaluate=evaluate,
    sentence=_sentence,
    unless=message("it is met, or planned anew, first"),
    warns_of_unbound=True,
)
PROJECT_FLAG: ProjectFlag = ProjectFlag(
    name=FLAG.name,
    severities=FLAG.severities,
    thresholds=FLAG.thresholds,
    clock=FLAG.clock,
    evaluate=evaluate_project,
    sentence=_sentence,
    unless=FLAG.unless,
    warns_of_unbound=True,
)
