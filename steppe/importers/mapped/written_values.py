"""Dates, numbers and sums of money as people write them in tables, in English and Russian."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from steppe.domain.values.currencies import CURRENCIES
from steppe.importers.cell_values import day_in_words, decimal_of, edtf_of

_TIMES = (
    (r"тыс(?:яч[аи]?)?\.?|thousand|k", 3),
    (r"млн\.?|миллион(?:а|ов)?|million|mln|mn|m", 6),
    (r"млрд\.?|миллиард(?:а|ов)?|billion|bn|b", 9),
    (r"трлн\.?|trillion|tn", 12),
)
_CURRENCIES = (
    (r"us\$|\$|долл(?:ар(?:а|ов)?)?\.?(?: сша)?|dollars?", "USD"),
    (r"€|евро|euros?", "EUR"),
    (r"£", "GBP"),
    (r"₽|руб(?:л(?:ь|я|ей))?\.?", "RUB"),
    (r"₸|тенге|тг\.?", "KZT"),
    (r"сум(?:а|ов)?", "UZS"),
    (r"сом(?:а|ов)?", "KGS"),
    (r"юан(?:ь|я|ей)", "CNY"),
    (r"иен(?:а|ы)?", "JPY"),
)
_ABOUT = r"около|ок\.|примерно|about|approx\.?|circa|c\.|~|≈"
_SPACES = re.compile(r"[\s\u00a0\u2007\u202f']+")


class UnreadableError(ValueError):
    """A cell does not say what its field needs; the message says what it was read as."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a table writes: the order of day, month and year, and the decimal sign."""

    dates: str
    decimal: str


def day_of(text: str, style: Style) -> str:
    """A date as EDTF, as exact as it was written. Raises UnreadableError."""
    plain = re.sub(r"\s*(?:г\.?|года?)$", "", text.strip().casefold())
    written = edtf_of(plain) or _numeric(plain, style) or day_in_words(plain)
    if written is None or edtf_of(written) is None:
        raise UnreadableError(
            f"{text!r} is no date of the order {style.dates}; write it as 2011-07-05, 2011-07 or 2011"
        )
    return written


def _numeric(text: str, style: Style) -> str | None:
    if match := re.fullmatch(r"([0-9]{1,4})[./-]([0-9]{1,2})[./-]([0-9]{1,4})(?:[ t].*)?", text):
        numbers = dict(zip(style.dates, match.groups(), strict=True))
        if len(numbers["y"]) == 4 and len(numbers["d"]) <= 2:
            return f"{numbers['y']}-{int(numbers['m']):02}-{int(numbers['d']):02}"
    if match := re.fullmatch(r"([0-9]{1,2})[./-]([0-9]{4})", text):
        return f"{match[2]}-{int(match[1]):02}"
    return None


def number_of(text: str, style: Style) -> Decimal:
    """A number with the decimal sign of the table; spaces and the other sign part thousands. Raises UnreadableError."""
    plain = _SPACES.sub("", text)
    other = "," if style.decimal == "." else "."
    if not re.fullmatch(rf"[-+]?[0-9]+(?:[{other}][0-9]{{3}})*(?:[{style.decimal}][0-9]+)?", plain):
        raise UnreadableError(f"{text!r} is no number with the decimal sign {style.decimal!r}")
    value = decimal_of(plain.replace(other, "").replace(style.decimal, "."))
    if value is None:
        raise UnreadableError(f"{text!r} is too large a number")
    return value


def unit_of(heading: str) -> tuple[int, str | None]:
    """What a heading says of the numbers below it: by what they are multiplied, and their currency where it tells one."""
    power, currency, _ = _unit_in(heading.casefold())
    return 10**power, currency


def _unit_in(text: str) -> tuple[int, str | None, str]:
    """The power of ten and the currency that a text names, and the text without them."""
    rest, currency = text, None
    for code in re.findall(r"[a-z]{3}", rest):
        if code.upper() in CURRENCIES and re.search(rf"(?<![a-z]){code}(?![a-z])", rest):
            currency = code.upper()
            rest = re.sub(rf"(?<![a-z]){code}(?![a-z])", " ", rest)
            break
    for pattern, code in _CURRENCIES:
        if currency is None and (match := re.search(rf"(?<![^\W\d_])(?:{pattern})(?![^\W\d_])", rest)):
            currency, rest = code, rest[: match.start()] + " " + rest[match.end() :]
    for pattern, zeros in _TIMES:
        if match := re.search(rf"(?<![^\W\d_])(?:{pattern})(?![^\W\d_])", rest):
            return zeros, currency, rest[: match.start()] + " " + rest[match.end() :]
    return 0, currency, rest


def money_of(text: str, style: Style) -> tuple[Decimal, str | None, bool]:
    """Value, currency where it is stated, and whether millions or the like are. Raises UnreadableError."""
    power, currency, rest = _unit_in(text.strip().casefold())
    rest = re.sub(_ABOUT, " ", rest).strip()
    try:
        return number_of(rest, style) * Decimal(10) ** power, currency, power > 0
    except UnreadableError as error:
        raise UnreadableError(f"{text!r} is no sum of money with the decimal sign {style.decimal!r}") from error
