"""The thresholds of the flags, and what overrides them (section 6, rules)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

VALUES: Mapping[str, int] = {
    "memorandum-only.watch": 12,
    "memorandum-only.stagnant": 24,
    "memorandum-only.presumed-dead": 48,
    "memorandum-only.presumed-dead.step": 24,
    "memorandum-churn.watch": 3,
    "announced-only.watch": 24,
    "announced-only.stagnant": 48,
    "silent.watch": 24,
    "unchecked.notice": 6,
    "overdue.watch": 3,
    "overdue.stagnant": 12,
    "idle-right.watch": 24,
    "idle-right.stagnant": 48,
    "lapsed.watch": 90,
    "partly-bound.watch": 18,
    "not-building.watch": 24,
    "not-producing.watch": 36,
    "not-producing.stagnant": 60,
    "not-producing.trial.watch": 12,
    "not-producing.trial.stagnant": 24,
    "slipping.watch": 2,
    "crowded.notice": 24,
    "crowded.groups": 2,
}
_SHORT = {"memo_dead": "memorandum-only.presumed-dead"}


@dataclass(frozen=True, slots=True)
class Override:
    """Another threshold for one level, commodity, sector or country."""

    rule: str
    by: str
    value: str
    months: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What a threshold may depend on."""

    level: str | None
    commodities: tuple[str, ...]
    sector: str | None
    countries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """One version of the rules."""

    values: Mapping[str, int] = field(default_factory=lambda: VALUES)
    overrides: Sequence[Override] = (Override("memorandum-only.presumed-dead", "sector", "mining", 36),)

    def of(self, rule: str, subject: Subject) -> int:
        """Level, commodity, sector and country, the first that matches wins; of several the smallest threshold."""
        having = {
            "level": (subject.level,),
            "commodity": subject.commodities,
            "sector": (subject.sector,),
            "country": subject.countries,
        }
        for by, values in having.items():
            matching = [
                override.months
                for override in self.overrides
                if override.rule == rule and override.by == by and override.value in values
            ]
            if matching:
                return min(matching)
        return self.values[rule]


DEFAULTS = Thresholds()


def thresholds_of(rules: Mapping[str, Any] | None) -> Thresholds:
    """The thresholds of a case: the defaults, or those with its own overrides instead."""
    if not rules:
        return DEFAULTS
    overrides = [
        Override(
            rule=_SHORT.get(given["rule"], given["rule"]),
            by=by,
            value=given[by],
            months=int(given["months"]),
        )
        for given in rules.get("overrides", ())
        for by in ("level", "commodity", "sector", "country")
        if by in given
    ]
    return Thresholds(values={**VALUES, **rules.get("values", {})}, overrides=tuple(overrides))
