"""A reference series from its text: typed rows, or the line and field that are wrong. Pure: no file, no clock."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from steppe.domain.measures.reference_rows import AID_MEASURES, Aid, Demand, Mark, Membership, Origin, Rate, UnitFactor
from steppe.domain.values.countries import COUNTRIES, likely_country
from steppe.domain.values.currencies import CURRENCIES, likely_currency
from steppe.domain.values.levels import LEVEL_OF_LABEL

Kind = Literal["rates", "aid", "demand", "groups", "units", "marks"]
Row = Rate | Aid | Demand | Membership | UnitFactor | Mark
Provenance = Mapping[str, "About"]

KINDS: tuple[Kind, ...] = ("rates", "aid", "demand", "groups", "units", "marks")
BASES = ("known", "page", "secondary", "seed")
CONFIDENCES = ("high", "low", "medium")
_ORIGIN = ("source", "basis", "confidence")
COLUMNS: Mapping[Kind, tuple[str, ...]] = {
    "rates": ("currency", "year", "per_usd", "detail", *_ORIGIN),
    "aid": ("donor", "recipient", "period", "measure", "amount", "currency", "programme", "detail", *_ORIGIN),
    "demand": ("country", "commodity", "metric", "value", "unit", "year", "detail", *_ORIGIN),
    "groups": ("group", "member", "from", "until", *_ORIGIN),
    "units": ("commodity", "unit", "base", "factor", "detail", *_ORIGIN),
    "marks": ("mark", "title", "counted", "of", "months", "level", "definition", *_ORIGIN),
}
"""The columns of a file of each kind, in their order."""

_YEAR = r"(?:19|20)\d\d"
_DAY = rf"(?:FY)?{_YEAR}(?:-\d\d(?:-\d\d)?)?"
_PERIOD = re.compile(rf"(?P<open>to |since )?(?P<first>{_DAY})(?:-(?P<last>(?:FY)?{_YEAR}))?", re.ASCII)
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_RANGE = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)", re.ASCII)


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `series.json` says of a series: what it is, which edition, where it comes from, and what to beware of."""

    kind: Kind
    title: str
    version: str
    provenance: str
    traps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A reference series. `sha256` is that of its file; `shipped`: it came with the release."""

    name: str
    about: About
    sha256: str
    shipped: bool
    rows: tuple[Row, ...]


class WrongReferenceError(ValueError):
    """A file of reference data that cannot be read: which one, and where there is a line, its number and field."""


def provenance(content: bytes, file: str) -> Provenance:
    """What `series.json` says, by name of the series. Raises WrongReferenceError."""
    try:
        series = msgspec.json.decode(content, type=dict[str, About])
    except msgspec.DecodeError as error:
        raise WrongReferenceError(f"{file}: {error}") from None
    for name in series:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name, re.ASCII):
            raise WrongReferenceError(
                f"{file}: {name[:40]!r} is no name of a series; write small letters, as in oda_uz"
            )
    return series


def series(name: str, about: About, content: bytes, file: str, *, shipped: bool) -> Series:
    """A series from the content of its file. Raises WrongReferenceError that names file, line and field."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongReferenceError(f"{file}: it is not UTF-8") from None
    cells_of = csv.reader(text.splitlines(keepends=True), strict=True)
    rows: list[Row] = []
    keys: dict[object, int] = {}
    try:
        header = next(cells_of, [])
        if tuple(header) != COLUMNS[about.kind]:
            raise WrongReferenceError(f"{file} line 1: the columns of {about.kind} are {','.join(COLUMNS[about.kind])}")
        for cells in cells_of:
            line = cells_of.line_num
            if not cells:
                continue
            if len(cells) != len(header):
                raise WrongReferenceError(f"{file} line {line}: it has {len(cells)} fields, the header {len(header)}")
            fields = _Fields(file, name, line, dict(zip(header, cells, strict=True)))
            row = _ROW_OF[about.kind](fields)
            if isinstance(row, Rate):
                before = keys.setdefault((row.currency, row.year), line)
                if before != line:
                    raise fields.wrong("year", f"line {before} has a rate of {row.currency} for {row.year} already")
            if isinstance(row, UnitFactor):
                before = keys.setdefault((row.commodity, row.unit), line)
                if before != line:
                    raise fields.wrong("unit", f"line {before} has a factor of {row.unit} already")
            rows.append(row)
    except csv.Error as error:
        raise WrongReferenceError(f"{file} line {cells_of.line_num}: {error}") from None
    return Series(name=name, about=about, sha256=hashlib.sha256(content).hexdigest(), shipped=shipped, rows=tuple(rows))


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of one line."""

    file: str
    series: str
    line: int
    texts: Mapping[str, str]

    def wrong(self, field: str, why: str) -> WrongReferenceError:
        return WrongReferenceError(f"{self.file} line {self.line}, {field}: {why}")

    def text(self, field: str) -> str:
        text = self.texts[field].strip()
        if not text:
            raise self.wrong(field, "it is empty")
        return text

    def one_of(self, field: str, words: tuple[str, ...]) -> str:
        text = self.texts[field].strip()
        if text not in words:
            raise self.wrong(field, f"{text[:40]!r} is none of {', '.join(words)}")
        return text

    def year(self, field: str) -> int:
        text = self.texts[field].strip().removeprefix("FY")
        if not re.fullmatch(_YEAR, text, re.ASCII):
            raise self.wrong(field, f"{text[:40]!r} is no year")
        return int(text)

    def day(self, field: str) -> date | None:
        text = self.texts[field].strip()
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise self.wrong(field, f"{text[:40]!r} is no day; write 2022-06-14") from None

    def number(self, field: str) -> Decimal:
        text = self.texts[field].strip()
        if not _NUMBER.fullmatch(text):
            raise self.wrong(field, f"{text[:40]!r} is no number; write it like 1234.56")
        return Decimal(text)

    def whole_number(self, field: str) -> int:
        text = self.texts[field].strip()
        if not re.fullmatch(r"\d+", text, re.ASCII):
            raise self.wrong(field, f"{text[:40]!r} is no whole number")
        return int(text)

    def whole_number_or_none(self, field: str) -> int | None:
        return self.whole_number(field) if self.texts[field].strip() else None

    def currency(self, field: str) -> str:
        text = self.texts[field].strip()
        if text not in CURRENCIES:
            raise self.wrong(field, f"{text[:40]!r} is no currency of ISO 4217{_meant(likely_currency(text))}")
        return text

    def country(self, field: str, *others: str) -> str:
        text = self.texts[field].strip()
        if text not in COUNTRIES and text not in others:
            raise self.wrong(field, f"{text[:40]!r} is no country of ISO 3166-1{_meant(likely_country(text))}")
        return text

    def origin(self) -> Origin:
        return Origin(
            series=self.series,
            line=self.line,
            source=self.text("source"),
            basis=self.one_of("basis", BASES),
            confidence=self.one_of("confidence", CONFIDENCES),
        )


def _meant(likely: str | None) -> str:
    return f"; did you mean {likely}?" if likely else ""


def _rate(fields: _Fields) -> Rate:
    currency, per_usd = fields.currency("currency"), fields.number("per_usd")
    if currency == "USD":
        raise fields.wrong("currency", "rates are units per USD, so USD has none")
    if not per_usd:
        raise fields.wrong("per_usd", "a rate is more than nothing")
    return Rate(
        currency=currency,
        year=fields.year("year"),
        per_usd=per_usd,
        detail=fields.texts["detail"],
        origin=fields.origin(),
    )


def _aid(fields: _Fields) -> Aid:
    period = fields.text("period")
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise fields.wrong(
            "period", f"{period[:40]!r} is no period; write 2015, FY2016, 2015-10-26, 2000-2021, to 2020"
        )
    first = int(match["first"].removeprefix("FY")[:4])
    last = int(match["last"].removeprefix("FY")) if match["last"] else first
    if last < first:
        raise fields.wrong("period", f"{period!r} ends before it begins")
    amount = fields.number("amount") if fields.texts["amount"].strip() else None
    if amount is None and fields.texts["currency"].strip():
        raise fields.wrong("amount", "it is empty, and there is a currency")
    return Aid(
        donor=fields.text("donor"),
        recipient=fields.text("recipient"),
        period=period,
        first_year=None if match["open"] == "to " else first,
        last_year=None if match["open"] == "since " else last,
        measure=fields.one_of("measure", AID_MEASURES),
        amount=amount,
        currency=None if amount is None else fields.currency("currency"),
        programme=fields.text("programme"),
        detail=fields.texts["detail"],
        origin=fields.origin(),
    )


def _demand(fields: _Fields) -> Demand:
    value = fields.texts["value"].strip()
    low, high = _ends(value)
    return Demand(
        country=fields.country("country", "EU"),
        commodity=fields.text("commodity"),
        metric=fields.text("metric"),
        value=value,
        low=low,
        high=high,
        unit=fields.texts["unit"].strip(),
        year=fields.year("year"),
        fiscal=fields.texts["year"].strip().startswith("FY"),
        detail=fields.texts["detail"],
        origin=fields.origin(),
    )


def _ends(value: str) -> tuple[Decimal | None, Decimal | None]:
    """Of a number that number twice, of a range its ends; of other words none."""
    if _NUMBER.fullmatch(value):
        return Decimal(value), Decimal(value)
    if match := _RANGE.fullmatch(value):
        return Decimal(match[1]), Decimal(match[2])
    return None, None


def _membership(fields: _Fields) -> Membership:
    first, until = fields.day("from"), fields.day("until")
    if first is not None and until is not None and until <= first:
        raise fields.wrong("until", "it is not after from")
    return Membership(
        group=fields.text("group"),
        member=fields.country("member", "EU"),
        first=first,
        until=until,
        origin=fields.origin(),
    )


def _unit(fields: _Fields) -> UnitFactor:
    factor = fields.number("factor")
    if not factor:
        raise fields.wrong("factor", "a factor is more than nothing")
    return UnitFactor(
        commodity=fields.texts["commodity"].strip() or None,
        unit=fields.text("unit"),
        base=fields.text("base"),
        factor=factor,
        detail=fields.texts["detail"],
        origin=fields.origin(),
    )


def _mark(fields: _Fields) -> Mark:
    counted, of = fields.whole_number("counted"), fields.whole_number_or_none("of")
    if of is not None and (counted > of or not of):
        raise fields.wrong("of", f"{counted} of {of} is no share")
    level = fields.one_of("level", tuple(LEVEL_OF_LABEL)) if fields.texts["level"].strip() else None
    return Mark(
        mark=fields.text("mark"),
        title=fields.text("title"),
        counted=counted,
        of=of,
        months=fields.whole_number_or_none("months"),
        level=None if level is None else LEVEL_OF_LABEL[level],
        definition=fields.text("definition"),
        origin=fields.origin(),
    )


_ROW_OF: Mapping[Kind, Callable[[_Fields], Row]] = {
    "rates": _rate,
    "aid": _aid,
    "demand": _demand,
    "groups": _membership,
    "units": _unit,
    "marks": _mark,
}
