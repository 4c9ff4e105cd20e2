"""displaced: while this deal was on paper, another group got the asset, or its like in the same market."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from steppe.domain.evaluation.flag_definition import MarketFlag
from steppe.domain.evaluation.severity_steps import step_at_once
from steppe.domain.messages.message import Message, message
from steppe.domain.messages.phrases import named
from steppe.domain.values.flag_clock import FlagEvaluation
from steppe.domain.values.states import Flag
from steppe.domain.values.value_class import value_class


@value_class(frozen=True, slots=True)
class Displacement:
    """The winning event of another group that displaces, where (`asset` or `market`), and whose it is."""

    event: str
    tier: str
    groups: frozenset[str]


ALERT: FlagEvaluation = FlagEvaluation(steps=(step_at_once("alert"),))
"""Alert, whatever it rests on."""


def evaluate(displacements: Sequence[Displacement]) -> FlagEvaluation | None:
    """Alert while one of them holds, with all that it rests on; those of the asset come first and name the tier."""
    if not displacements:
        return None
    return replace(
        ALERT,
        count=len(displacements),
        evidence=tuple(displacement.event for displacement in displacements),
        groups=tuple(sorted(frozenset().union(*(displacement.groups for displacement in displacements)))),
        tier=displacements[0].tier,
    )


def overtaken(flag: Flag) -> Message:
    """Who got what a displaced deal was after. With several rivals, `tier` speaks of the nearest of them."""
    groups = named(flag.groups)
    if flag.tier != "asset":
        return message("Overtaken: %(groups)s got the same market while this deal was on paper.", groups=groups)
    if len(flag.groups) == 1:
        return message("Overtaken: %(groups)s got this asset while this deal was on paper.", groups=groups)
    return message("Overtaken: %(groups)s got this asset or its market while this deal was on paper.", groups=groups)


def _sentence(flag: Flag, as_of: date) -> Message:
    return overtaken(flag)


FLAG: MarketFlag = MarketFlag(
    name="displaced",
    severities=("alert",),
    thresholds={},
    sentence=_sentence,
    warns_of_unbound=True,
)
