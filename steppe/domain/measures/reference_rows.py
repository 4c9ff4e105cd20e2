"""Rows of reference series: facts beside the log that measures are laid against, each with who says so and how sure that is.

They are data of the release or of the operator (`steppe.reference`), not events: they have no `known`, and no correction.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from steppe.domain.values.levels import Level
from steppe.domain.values.value_class import value_class

NET, GROSS, STOCK = "net", "gross", "stock"
AID_MEASURES = (GROSS, NET, "commitment", "cumulative", STOCK, "unstated")
"""What an amount of aid measures. They are never added to one another: disbursed in the year before (`gross`) or after (`net`)
what was paid back, promised by one paper or programme, disbursed over several years, a portfolio on a day; nobody said."""


@value_class(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who says a row. `series` and `line` are where it stands; the header is line 1.

    `basis`: `page`, a page says so; `seed`, the article that Steppe comes from; `known`, public record that was not looked up
    again; `secondary`, a page that repeats another. `confidence`: high, medium or low.
    """

    series: str
    line: int
    source: str
    basis: str
    confidence: str


@value_class(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many units of a currency a US dollar cost in a year, on average."""

    currency: str
    year: int
    per_usd: Decimal
    detail: str
    origin: Origin


@value_class(frozen=True, slots=True, kw_only=True)
class Aid:
    """An amount of aid. `donor` and `recipient` are ISO 3166-1 alpha-2 codes, or the words of the source for whatever is no country.

    `first_year` and `last_year` are those of `period`, as given; None: open. `amount` and `currency` None: the source says none.
    """

    donor: str
    recipient: str
    period: str
    first_year: int | None
    last_year: int | None
    measure: str
    amount: Decimal | None
    currency: str | None
    programme: str
    detail: str
    origin: Origin

    @property
    def year(self) -> int | None:
        """The year it is of; None: of several, or open."""
        return self.first_year if self.first_year == self.last_year else None


@value_class(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a country needs, uses, or means to reach of a commodity in a year. `value` is as given; `low` and `high` are its ends.

    They are equal where it is one number, None where it is none. `fiscal`: the year is a fiscal one. Figures of one year may
    conflict: both stand.
    """

    country: str
    commodity: str
    metric: str
    value: str
    low: Decimal | None
    high: Decimal | None
    unit: str
    year: int
    fiscal: bool
    detail: str
    origin: Origin


@value_class(frozen=True, slots=True, kw_only=True)
class Membership:
    """That a country, or the European Union (EU), belongs to a group from a day until another, on which it no longer does.

    `first` None: from whenever the group is; `until` None: to this day.
    """

    group: str
    member: str
    first: date | None
    until: date | None
    origin: Origin

    def holds_on(self, day: date) -> bool:
        """Whether it belongs on that day."""
        return (self.first is None or self.first <= day) and (self.until is None or day < self.until)


@value_class(frozen=True, slots=True, kw_only=True)
class UnitFactor:
    """That one of a unit is so many of its base unit: a `t U3O8` of uranium is 0.848005 `tU`. `commodity` None: whatever it is of."""

    commodity: str | None
    unit: str
    base: str
    factor: Decimal
    detail: str
    origin: Origin


@value_class(frozen=True, slots=True, kw_only=True)
class Mark:
    """How somebody else counted what became of papers: so many `counted` of so many, after `months`; `definition`, in their words.

    `of` None: they counted only what came so far. `level`: the lowest level of a deal that comes near their definition; None: whatever
    has not ended.
    """

    mark: str
    title: str
    counted: int
    of: int | None
    months: int | None
    level: Level | None
    definition: str
    origin: Origin
