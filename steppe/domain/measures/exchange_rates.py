"""Amounts in another currency, only through the dated average rate of a year (domain page, section 9). What has none is not guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext

from steppe.domain.measures.reference_rows import Rate
from steppe.domain.values.value_class import value_class

USD = "USD"
_CENT = Decimal("0.01")
_DIGITS = 50


@value_class(frozen=True, slots=True, kw_only=True)
class Converted:
    """An amount in another currency, rounded to the cent, half to even, and the rates that made it: none, one or two."""

    value: Decimal
    rates: tuple[Rate, ...]


@value_class(frozen=True, slots=True)
class NotConverted:
    """Why an amount has no value in another currency."""

    reason: str


class ExchangeRates:
    """Annual average rates by currency and year."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self._by_currency: dict[str, dict[int, Rate]] = {}
        for rate in rates:
            self._by_currency.setdefault(rate.currency, {})[rate.year] = rate

    @property
    def currencies(self) -> tuple[str, ...]:
        """Into which amounts of some years can be converted, alphabetical."""
        return tuple(sorted({USD, *self._by_currency}))

    def gaps(self) -> Mapping[str, tuple[int, ...]]:
        """By currency the years for which it has no rate, of those that any currency has one for. A currency without gaps is not there."""
        years = sorted({year for rates in self._by_currency.values() for year in rates})
        gaps = {
            currency: tuple(year for year in years if year not in rates)
            for currency, rates in sorted(self._by_currency.items())
        }
        return {currency: missing for currency, missing in gaps.items() if missing}

    def convert(self, amount: Decimal, currency: str, into: str, year: int) -> Converted | NotConverted:
        """The amount at the average rates of that year, by way of the US dollar. The same currency needs no rate."""
        if currency == into:
            return Converted(value=amount, rates=())
        rates: list[Rate] = []
        with localcontext() as context:
            context.prec = _DIGITS
            value = amount
            if currency != USD:
                rate = self._by_currency.get(currency, {}).get(year)
                if rate is None:
                    return NotConverted(self._missing(currency, year))
                rates.append(rate)
            if into != USD:
                rate = self._by_currency.get(into, {}).get(year)
                if rate is None:
                    return NotConverted(self._missing(into, year))
                rates.append(rate)
                value = value * rate.per_usd
            if currency != USD:
                value = value / rates[0].per_usd
            return Converted(value=value.quantize(_CENT), rates=tuple(rates))

    def _missing(self, currency: str, year: int) -> str:
        if currency not in self._by_currency:
            return f"there is no rate of {currency}"
        return f"there is no rate of {currency} for {year}"
