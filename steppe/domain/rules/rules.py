"""The thresholds of section 6 as data, with a version and overrides. Knows numbers, judges nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_CIRCUMSTANCES_KEPT_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Another threshold where one of level, commodity, sector, country matches; exactly one of them is given."""

    rule: str
    value: int
    level: str | None = None
    commodity: str | None = None
    sector: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What overrides may look at, on the day that is judged."""

    level: str | None = None
    commodities: tuple[str, ...] = ()
    sector: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One version of the thresholds. Months unless the name says otherwise."""

    version: str
    values: Mapping[str, int]
    overrides: tuple[Override, ...] = ()
    _held: dict[Circumstances, Mapping[str, int]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def holding(self, of: Circumstances) -> Mapping[str, int]:
        """Every threshold as it holds there. Asked for the same circumstances again it need not look."""
        held = self._held.get(of)
        if held is None:
            if len(self._held) >= _CIRCUMSTANCES_KEPT_MAX:
                self._held.clear()
            overridden = {override.rule: self.value(override.rule, of) for override in self.overrides}
            held = self._held[of] = MappingProxyType({**self.values, **overridden})
        return held

    def value(self, rule: str, of: Circumstances) -> int:
        """The threshold that holds: level, commodity, sector, country, in this order, the first that matches."""
        matching = [override for override in self.overrides if override.rule == rule]
        for found in (
            [o.value for o in matching if o.level is not None and o.level == of.level],
            [o.value for o in matching if o.commodity is not None and o.commodity in of.commodities],
            [o.value for o in matching if o.sector is not None and o.sector == of.sector],
            [o.value for o in matching if o.country is not None and o.country == of.country],
        ):
            if found:
                return min(found)
        return self.values[rule]


RULES = Rules(
    version="2026-1",
    values=MappingProxyType(
        {
            "memorandum-only.watch": 12,
            "memorandum-only.stagnant": 24,
            "memorandum-only.presumed-dead": 48,
            "memorandum-only.presumed-dead.step": 24,
            "memorandum-churn.papers": 3,
            "silent.watch": 24,
            "lapsed.days": 90,
            "unchecked.notice": 6,
            "partly-bound.watch": 18,
            "not-building.watch": 24,
            "not-producing.construction.watch": 36,
            "not-producing.construction.stagnant": 60,
            "not-producing.trial.watch": 12,
            "not-producing.trial.stagnant": 24,
            "slipping.moves": 2,
            "crowded.groups": 2,
            "crowded.months": 24,
        }
    ),
    overrides=(Override(rule="memorandum-only.presumed-dead", sector="mining", value=36),),
)
