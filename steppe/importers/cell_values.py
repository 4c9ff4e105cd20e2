"""What a cell says: text, decimals, days, countries; and which cells say nothing."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import resources

from steppe.domain.values.countries import likely_country
from steppe.domain.values.edtf import EdtfError, parse
from steppe.domain.values.search_folding import folded

_NOTHING = frozenset({"", "-", "--", "---", "–", "—", "n/a", "none", "null"})
_NOBODY = frozenset({"to be determined", "tbd", "unknown", "not found", "unknown owner", "other", "others"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_WORDS = re.compile(r"[^\w]+")
# What stands before a country in its full name; those that would mean another country by it are none.
_FORMAL = re.compile(
    r"(?:the )?(?:\w+ ){0,3}(?:republic|kingdom|states?|commonwealth|union|sultanate|principality|duchy|emirate) of (?:the )?(.+)"
)
_NOT_FORMAL = frozenset({"republic of china"})
_DAY = re.compile(r"([0-9]{4})(?:\.0)?(?:-([0-9]{2})(?:-([0-9]{2})(?:[Tt ].*)?)?)?")
_MONTHS = {
    **dict(zip(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], range(1, 13), strict=True)),
    **dict(zip(["янв", "фев", "мар", "апр", "мая", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"], range(1, 13), strict=True)),
    "май": 5,
}  # fmt: skip
_DECIMALS = Decimal("0.000001")
_TEXT_MAX = 4_000


class NumberCell(str):
    """The number of a workbook's cell as text: with a decimal point, whatever sign the table writes in texts."""

    def with_sign(self, decimal: str) -> str:
        """The same as a table writes it that has this decimal sign."""
        return self.replace(".", decimal)


def text_of(cell: str) -> str | None:
    """The text of a cell without control characters and blanks around it, at most 4,000; None where it says nothing."""
    text = _CONTROL.sub(" ", cell).strip()
    return None if text.casefold() in _NOTHING else text[:_TEXT_MAX]


def is_nobody(name: str) -> bool:
    """Whether the name of a party says that none is known."""
    return name.casefold().strip(" .") in _NOBODY


def decimal_of(cell: str) -> Decimal | None:
    """The number of a cell, rounded to six decimals; None where it is none. Signs are kept.

    Thousands may be parted by commas, spaces or apostrophes; a comma is the decimal sign only where it cannot part thousands: 12,5.
    """
    text = re.sub(r"(?<=[0-9])[\s\u00a0\u202f'’](?=[0-9]{3}(?![0-9]))", "", cell.strip())
    if re.fullmatch(r"[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", text):
        text = text.replace(",", "")
    elif re.fullmatch(r"[-+]?([0-9]+,[0-9]{1,2}|[0-9]{1,3}(\.[0-9]{3})+,[0-9]+)", text):
        text = text.replace(".", "").replace(",", ".")
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value) >= Decimal(10) ** 18:
        return None
    return value.quantize(_DECIMALS) if -value.as_tuple().exponent > 6 else value  # type: ignore[operator]


def decimal_text(value: Decimal) -> str:
    """As events write a decimal: no exponent, no zeros at the end of a fraction."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def edtf_of(cell: str) -> str | None:
    """A year, month or day as EDTF; None where the cell is none of these."""
    match = _DAY.fullmatch(cell.strip())
    if match is None:
        return None
    text = "-".join(piece for piece in match.groups() if piece)
    try:
        parse(text)
    except EdtfError:
        return None
    return text


def day_in_words(text: str) -> str | None:
    """A month or day that is written with the name of its month, in English or Russian, as EDTF: `5 July 2011`, `июль 2011`."""
    match = re.fullmatch(
        r"(?:([0-9]{1,2})\.?\s+)?([^\W\d_]{3,})\.?(?:\s+([0-9]{1,2}),?)?\s+([0-9]{4})", text.strip().casefold()
    )
    if match is None or (month := _MONTHS.get(match[2][:3])) is None or (match[1] and match[3]):
        return None
    day = match[1] or match[3]
    return edtf_of(f"{match[4]}-{month:02}" + (f"-{int(day):02}" if day else ""))


@cache
def _names() -> dict[str, str]:
    # English names of Unicode CLDR, and those that the formats use beside them.
    names: dict[str, str] = json.loads(resources.files(__package__).joinpath("country_names.json").read_text("utf-8"))
    return names


@cache
def country_of(text: str) -> str | None:
    """The code of a country by its English name, or by a code; None where it is not known."""
    if (code := _named(text)) is not None:
        return code
    return likely_country(text) if len(text.strip()) in (2, 3) else None


def _named(text: str) -> str | None:
    """By its name, short or full, or as `Korea, Republic of`."""
    name = _WORDS.sub(" ", folded(text)).strip()
    if (code := _names().get(name)) is not None:
        return code
    short, comma, before = text.rpartition(",")
    if comma and (code := _named(f"{before} {short}")) is not None:
        return code
    formal = None if name in _NOT_FORMAL else _FORMAL.fullmatch(name)
    return None if formal is None else _named(formal[1])
