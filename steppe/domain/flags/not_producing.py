"""not-producing: of the project: built for long, or in trial for long, without commercial production."""

from __future__ import annotations

from datetime import date

from steppe.domain.flags.severity_steps import DELIVERING_KINDS, ProjectSight, Raised, Rung, rung


def raised(project: ProjectSight) -> Raised | None:
    """Watch and stagnant, each by the clock that gets there first: since construction began, or since the trial did."""
    ground = project.physical
    if ground.commercial or project.kind not in DELIVERING_KINDS or not project.pursued():
        return None
    starts = [("construction", ground.construction_since), ("trial", ground.trial_since)]
    rungs = []
    for severity in ("watch", "stagnant"):
        reached = [
            rung(severity, start, project.thresholds[f"not-producing.{phase}.{severity}"])
            for phase, start in starts
            if start is not None
        ]
        if reached:
            rungs.append(_sooner(reached))
    if not rungs:
        return None
    return Raised(
        rungs=tuple(rungs),
        clock="delivery",
        start=None,
        evidence=ground.evidence,
        ends_on=project.pursued_until,
    )


def _sooner(reached: list[Rung]) -> Rung:
    first = min(reached, key=lambda one: (one.certain_on, one.possible_on))
    possible: date = min(one.possible_on for one in reached)
    return Rung(
        severity=first.severity,
        possible_on=possible,
        certain_on=first.certain_on,
        threshold_months=first.threshold_months,
        start=first.start,
    )
