"""The thresholds of section 6 as data, with a version and overrides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from steppe.domain.values.value_class import value_class

_CACHED_MAX = 10_000


@value_class(frozen=True, slots=True, kw_only=True)
class Override:
    """Another threshold where one of level, commodity, sector, country matches; exactly one of them is given."""

    rule: str
    value: int
    level: str | None = None
    commodity: str | None = None
    sector: str | None = None
    country: str | None = None


@value_class(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the condition of an override is compared with, on the day that is judged."""

    level: str | None = None
    commodities: tuple[str, ...] = ()
    sector: str | None = None
    countries: tuple[str, ...] = ()


@value_class(frozen=True, slots=True, kw_only=True)
class Rules:
    """One version of the thresholds. Months unless the name says otherwise."""

    version: str
    values: Mapping[str, int]
    overrides: tuple[Override, ...] = ()
    _cache: dict[Circumstances, Mapping[str, int]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def thresholds_for(self, circumstances: Circumstances) -> Mapping[str, int]:
        """Every threshold by the name of its rule, as it holds there; cached."""
        thresholds = self._cache.get(circumstances)
        if thresholds is None:
            if len(self._cache) >= _CACHED_MAX:
                self._cache.clear()
            overridden = {override.rule: self.threshold(override.rule, circumstances) for override in self.overrides}
            thresholds = self._cache[circumstances] = MappingProxyType({**self.values, **overridden})
        return thresholds

    def threshold(self, rule: str, at: Circumstances) -> int:
        """The threshold that holds there: level, commodity, sector, country, in this order, the first that matches.

        Of several commodities or countries that match the smallest counts. KeyError for an unknown rule.
        """
        overrides = [override for override in self.overrides if override.rule == rule]
        for values in (
            [o.value for o in overrides if o.level is not None and o.level == at.level],
            [o.value for o in overrides if o.commodity is not None and o.commodity in at.commodities],
            [o.value for o in overrides if o.sector is not None and o.sector == at.sector],
            [o.value for o in overrides if o.country is not None and o.country in at.countries],
        ):
            if values:
                return min(values)
        return self.values[rule]
