"""The flags of section 6, in the order in which lists show them, and the first version of the rules that decide them.

Everything that depends on which flags there are reads it here: the fold, the rules, the sentences, the back-test, the
parameters of the API. A new flag is a file of this package and its entry in this list.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from steppe.domain.evaluation.flag_definition import DealFlag, FlagDefinition, MarketFlag, ProjectFlag
from steppe.domain.flags import (
    announced_only,
    crowded,
    displaced,
    idle_right,
    lapsed,
    memorandum_churn,
    memorandum_only,
    not_building,
    not_producing,
    overdue,
    partly_bound,
    silent,
    slipping,
    unchecked,
)
from steppe.domain.rules.thresholds import Rules

_ALL: tuple[FlagDefinition, ...] = (
    memorandum_only.FLAG,
    memorandum_churn.FLAG,
    announced_only.FLAG,
    silent.FLAG,
    unchecked.FLAG,
    overdue.FLAG,
    idle_right.FLAG,
    lapsed.FLAG,
    partly_bound.FLAG,
    not_building.FLAG,
    not_producing.FLAG,
    slipping.FLAG,
    displaced.FLAG,
    crowded.FLAG,
)

FLAGS: Mapping[str, FlagDefinition] = MappingProxyType({flag.name: flag for flag in _ALL})
DEAL_FLAGS = tuple(flag for flag in _ALL if isinstance(flag, DealFlag))
# overdue is of a deal or of the project, by whom the plan is.
PROJECT_FLAGS = (*(flag for flag in _ALL if isinstance(flag, ProjectFlag)), overdue.PROJECT_FLAG)
MARKET_FLAGS = tuple(flag for flag in _ALL if isinstance(flag, MarketFlag))

RULES = Rules(
    version="2026-2",
    values=MappingProxyType({rule: value for flag in _ALL for rule, value in flag.thresholds.items()}),
    overrides=tuple(override for flag in _ALL for override in flag.overrides),
)
