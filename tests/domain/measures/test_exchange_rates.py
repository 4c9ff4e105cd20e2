"""Amounts in another currency: by way of the US dollar, to the cent, with the rates that were used, or the reason why not."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppe.domain.measures.exchange_rates import Converted, ExchangeRates, NotConverted
from steppe.domain.measures.reference_rows import Origin, Rate
from steppe.reference.reference_data import reference_data

ORIGIN = Origin(series="fx", line=2, source="us", basis="page", confidence="high")
SHIPPED = reference_data().rates


def rate(currency: str, year: int, per_usd: str) -> Rate:
    return Rate(currency=currency, year=year, per_usd=Decimal(per_usd), detail="", origin=ORIGIN)


RATES = ExchangeRates([rate("JPY", 2015, "120"), rate("EUR", 2015, "0.9"), rate("EUR", 2014, "0.8")])


def converted(amount: str, currency: str, into: str, year: int = 2015) -> tuple[str, list[tuple[str, int]]]:
    result = RATES.convert(Decimal(amount), currency, into, year)
    assert isinstance(result, Converted)
    return str(result.value), [(used.currency, used.year) for used in result.rates]


def test_units_are_per_dollar_also_of_the_euro() -> None:
    assert converted("120", "JPY", "USD") == ("1.00", [("JPY", 2015)])
    assert converted("9", "EUR", "USD") == ("10.00", [("EUR", 2015)])
    assert converted("10", "USD", "EUR") == ("9.00", [("EUR", 2015)])
    assert converted("120", "JPY", "EUR") == ("0.90", [("JPY", 2015), ("EUR", 2015)])


def test_the_same_currency_needs_no_rate_and_is_not_rounded() -> None:
    assert converted("1.005", "UZS", "UZS", 1950) == ("1.005", [])


@pytest.mark.parametrize(
    ("currency", "into", "year", "reason"),
    [
        ("UZS", "USD", 2015, "there is no rate of UZS"),
        ("USD", "UZS", 2015, "there is no rate of UZS"),
        ("JPY", "USD", 2014, "there is no rate of JPY for 2014"),
        ("EUR", "JPY", 2014, "there is no rate of JPY for 2014"),
    ],
)
def test_what_has_no_rate_is_not_guessed(currency: str, into: str, year: int, reason: str) -> None:
    assert RATES.convert(Decimal(1), currency, into, year) == NotConverted(reason)


def test_the_shipped_rates_have_the_gaps_that_their_page_lists() -> None:
    gaps = SHIPPED.gaps()
    assert set(gaps) == {"KZT", "KGS", "RUB", "TJS"}
    assert gaps["RUB"] == (*range(2000, 2006), *range(2022, 2026))
    assert gaps["KZT"] == (2001, 2002, 2003, 2004, 2006, 2007, 2009, 2025)
    assert not {"UZS", "TMT"} & set(SHIPPED.currencies)
    euro = SHIPPED.convert(Decimal(1), "EUR", "USD", 2015)
    assert isinstance(euro, Converted)
    assert euro.value == Decimal("1.11"), "a euro was more than a dollar"


@given(
    amount=st.decimals(0, 10**15, places=2),
    currency=st.sampled_from(["USD", "EUR", "JPY", "KRW", "GBP"]),
    into=st.sampled_from(["USD", "EUR", "JPY", "KRW", "GBP"]),
    year=st.integers(2000, 2025),
)
def test_it_is_the_exact_quotient_to_half_a_cent(amount: Decimal, currency: str, into: str, year: int) -> None:
    result = SHIPPED.convert(amount, currency, into, year)
    assert isinstance(result, Converted)
    by_currency = {used.currency: Fraction(used.per_usd) for used in result.rates}
    exact = Fraction(amount) * by_currency.get(into, 1) / by_currency.get(currency, 1) if currency != into else Fraction(amount)  # fmt: skip
    assert abs(Fraction(result.value) - exact) <= Fraction(1, 200)
