"""crowded: several other groups were bound in the market of late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from steppe.domain.evaluation.flag_definition import MarketFlag
from steppe.domain.evaluation.severity_steps import step_at_once
from steppe.domain.messages.message import Listing, Message, counting, keys
from steppe.domain.values.flag_clock import FlagEvaluation
from steppe.domain.values.states import Flag
from steppe.domain.values.value_class import value_class


@value_class(frozen=True, slots=True)
class Neighbour:
    """The winning event of other groups in a shared market, not too long ago, whose leg is still held."""

    event: str
    groups: frozenset[str]


def evaluate(neighbours: Sequence[Neighbour], *, groups_least: int, months: int) -> FlagEvaluation | None:
    """Notice when enough different groups are among them, with all that it rests on."""
    groups = frozenset[str]().union(*(neighbour.groups for neighbour in neighbours))
    if not neighbours or len(groups) < groups_least:
        return None
    return replace(
        notice(months),
        count=len(groups),
        evidence=tuple(neighbour.event for neighbour in neighbours),
        groups=tuple(sorted(groups)),
    )


def notice(months: int) -> FlagEvaluation:
    """Notice, whatever it rests on."""
    return FlagEvaluation(steps=(step_at_once("notice", months),))


def _sentence(flag: Flag, as_of: date) -> Message:
    return counting(
        flag.count or 0,
        "%(num)s other groups were bound in this market of late: %(groups)s.",
        "%(num)s other groups were bound in this market of late: %(groups)s.",
        groups=Listing(keys(flag.groups, "party"), "commas"),
    )


FLAG: MarketFlag = MarketFlag(
    name="crowded",
    severities=("notice",),
    thresholds={"crowded.groups": 2, "crowded.months": 24},
    sentence=_sentence,
    warns_of_unbound=True,
)
