"""What to write instead of a date that is not in the EDTF subset (domain page, section 2): quarters, seasons, instants, names.

Asked only when a date was refused. Nothing here reads a date for the fold: people say what they meant, and send it again.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

_LENGTH_MAX = 40
_MONTHS = {
    name.lower(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}
# EDTF level 2: 21 to 24 are the seasons, 25 to 28 those of the north, 29 to 32 of the south, then quarters, thirds, halves.
_QUARTERS = {33: 1, 34: 2, 35: 3, 36: 4}
_SEASONS = {
    21: "spring",
    22: "summer",
    23: "autumn",
    24: "winter",
    25: "spring",
    26: "summer",
    27: "autumn",
    28: "winter",
}
_SEASON_STARTS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_NOTHING = frozenset(
    {"", "?", "-", "--", "unknown", "none", "null", "n/a", "na", "tbc", "tbd", "tba", "nil", "not known", "unclear", "undated", "xxxx"}
)  # fmt: skip
_EXCEL_ZERO = date(1899, 12, 30)
_EXCEL_DAYS = range(20_000, 80_000)  # 1954 to 2119
_UNIX_SECONDS = range(10**8, 4 * 10**9)

Advice = tuple[str, tuple[str, ...]]
"""What the text is, and what to write instead; several where it can mean several things."""


def advice(text: str) -> str | None:
    """As `2021-Q3 is a quarter; write 2021-07/2021-09`; None where nothing suggests what was meant."""
    guess = guessed(text)
    return None if guess is None else f"{guess[0]}; write {' or '.join(guess[1])}"


def guessed(text: str) -> Advice | None:
    """What the text is, and what to write instead, each with a remark behind it where it needs one."""
    if len(text) > _LENGTH_MAX:
        return None
    plain = plainly(text)
    for read in _READERS:
        try:
            guess = read(plain.lower())
        except (ValueError, OverflowError):  # a month 13, a day 31 of June: no such date, perhaps of another form
            guess = None
        if guess is not None:
            return guess
    return None


def plainly(text: str) -> str:
    """The text without spaces around it, with the digits and hyphens of ASCII."""
    return re.sub(r"[\u2010-\u2015\u2212]", "-", unicodedata.normalize("NFKC", text[:_LENGTH_MAX]).strip())


def _nothing(text: str) -> Advice | None:
    if text in _NOTHING or text in ("../..", "..", "/", "..-.."):
        return "says no day", ("unknown",)
    return None


def _open_end(text: str) -> Advice | None:
    date_text = r"(\d{4}(?:-\d{2}(?:-\d{2})?)?~?)"
    if match := re.fullmatch(rf"{date_text}/(?:open|unknown|now|today|present)?", text):
        return "has no end", (f"{match[1]}/..", f"{match[1]} if it was then")
    if match := re.fullmatch(rf"(?:since|after|from) {date_text}", text):
        return "has no end", (f"{match[1]}/..",)
    if match := re.fullmatch(
        rf"(?:unknown|open)?/{date_text}|(?:before|by|until|till|to|not later than) {date_text}", text
    ):
        return "has no start", (f"../{match[1] or match[2]}",)
    return None


def _quarter(text: str) -> Advice | None:
    match = re.fullmatch(r"(\d{4})[\s/-]*(?:q|qtr\s*|k)([1-4])", text) or re.fullmatch(r"(\d{4})[\s/-]*([1-4])q", text)
    if match:
        return "is a quarter", (_months(int(match[1]), 3 * int(match[2]) - 2, 3),)
    if match := re.fullmatch(r"(?:q([1-4])|([1-4])q)[\s/'-]*(\d{4}|\d{2})", text):
        return "is a quarter", (_months(_year(match[3]), 3 * int(match[1] or match[2]) - 2, 3),)
    if (match := re.fullmatch(r"(\d{4})-(3[3-6])", text)) and int(match[2]) in _QUARTERS:
        return "is a quarter", (_months(int(match[1]), 3 * _QUARTERS[int(match[2])] - 2, 3),)
    return None


def _half(text: str) -> Advice | None:
    match = re.fullmatch(r"(\d{4})[\s/-]*(?:h|s)([12])", text)
    if match:
        return "is half a year", (_months(int(match[1]), 6 * int(match[2]) - 5, 6),)
    if match := re.fullmatch(r"(?:[hs]([12])|([12])h)[\s/'-]*(\d{4}|\d{2})", text):
        return "is half a year", (_months(_year(match[3]), 6 * int(match[1] or match[2]) - 5, 6),)
    if match := re.fullmatch(r"(\d{4})-(40|41)", text):
        return "is half a year", (_months(int(match[1]), 1 if match[2] == "40" else 7, 6),)
    if match := re.fullmatch(r"(\d{4})-(3[7-9])", text):
        return "is a third of a year", (_months(int(match[1]), 4 * (int(match[2]) - 36) - 3, 4),)
    return None


def _season(text: str) -> Advice | None:
    if match := re.fullmatch(r"(\d{4})-(2[1-8])", text):
        year, season = int(match[1]), _SEASONS[int(match[2])]
        other = (f"{year}/{year + 1} for the two years",) if int(match[2]) == (year + 1) % 100 else ()
        return f"is a season ({season})", (_months(year, _SEASON_STARTS[season], 3), *other)
    if match := re.fullmatch(r"(\d{4})-(29|3[0-2])", text):
        start = {29: 9, 30: 12, 31: 3, 32: 6}[int(match[2])]
        return "is a season of the south", (_months(int(match[1]), start, 3),)
    if match := re.fullmatch(
        r"(spring|summer|autumn|fall|winter)(?: of)? (\d{4})|(\d{4})[ -](spring|summer|autumn|fall|winter)", text
    ):
        season, year = match[1] or match[4], int(match[2] or match[3])
        return "is a season", (f"{_months(year, _SEASON_STARTS[season], 3)}, or the months that are meant",)
    if match := re.fullmatch(r"(early|mid|late|beginning of|middle of|end of)[ -]*(\d{4})", text):
        start = {"e": 9, "l": 9, "m": 5}.get(match[1][0], 1) if match[1] != "early" else 1
        return "is a part of a year", (_months(int(match[2]), start, 4), match[2])
    return None


def _uncertain(text: str) -> Advice | None:
    date_text = r"(\d{4}(?:-\d{2}(?:-\d{2})?)?)"
    if match := re.fullmatch(rf"{date_text}\s*(?:\?|%|\?~|~\?|~~|\(\?\)|\(?est\.?\)?|approx\.?)", text):
        return "is uncertain", (f"{match[1]}~ (approximate)",)
    if match := re.fullmatch(
        rf"(?:[~?%]|c\.|ca\.?|circa|about|around|approx\.?|approximately|probably)\s*{date_text}", text
    ):
        return "is uncertain", (f"{match[1]}~ (approximate)",)
    return None


def _unspecified(text: str) -> Advice | None:
    if match := re.fullmatch(r"(\d{4})-(\d{2})-(?:xx|uu|\?\?|00)", text):
        return "leaves the day open", (f"{match[1]}-{match[2]}",)
    if match := re.fullmatch(r"(\d{4})(?:-(?:xx|uu|\?\?|00)){1,2}", text):
        return "leaves the month open", (match[1],)
    if match := re.fullmatch(r"(\d{3})[xu_s-]|(\d{3})0'?s", text):
        decade = match[1] or match[2]
        return "is a decade", (f"{decade}0/{decade}9",)
    if match := re.fullmatch(r"(\d{2})[xu_-]{2}", text):
        return "is a century", (f"{match[1]}00/{match[1]}99",)
    return None


def _instant(text: str) -> Advice | None:
    match = re.fullmatch(r"(\d{4}-\d{2}-\d{2})[t ]\d{1,2}:\d{2}.*", text)
    if not match:
        return None
    try:
        instant = datetime.fromisoformat(text.upper())
    except ValueError:  # the day is what counts
        return "is an instant, not a day", (date.fromisoformat(match[1]).isoformat(),)
    in_utc = instant.astimezone(UTC) if instant.tzinfo else instant
    return "is an instant, not a day (in UTC)", (in_utc.date().isoformat(),)


def _digits(text: str) -> Advice | None:
    if match := re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text):
        return "has no hyphens", (_day(match[1], match[2], match[3]),)
    if not re.fullmatch(r"[+-]?\d+(?:\.0)?", text):
        return None
    number = int(text.partition(".")[0])
    if number in _EXCEL_DAYS and len(text.partition(".")[0]) == 5:
        return "looks like a day of a spreadsheet", ((_EXCEL_ZERO + timedelta(days=number)).isoformat(),)
    for divisor in (1, 1000):
        if number % divisor == 0 and number // divisor in _UNIX_SECONDS:
            return "looks like a Unix time", (datetime.fromtimestamp(number // divisor, UTC).date().isoformat(),)
    if text[0] == "+" and 0 < number <= 9999:
        return "has a sign", (f"{number:04}",)
    if text[0] == "-" or number > 9999:
        return "is a year outside 0001 to 9999", ("unknown",)
    if len(text) == 2:
        return "is a year of two digits", (f"20{text}", f"19{text}")
    return ("is not a year of four digits", (f"{number:04}",)) if number and len(text) < 4 else None


def _long_year(text: str) -> Advice | None:
    if match := re.fullmatch(r"(?:y|fy|cy|year)[ -]?(\d{4})", text):
        return "is a year", (match[1],)
    if re.fullmatch(r"y?[+-]?\d{5,}", text) or re.fullmatch(r"y-?\d+(?:e\d+)?", text):
        return "is a year outside 0001 to 9999", ("unknown",)
    return None


def _interval(text: str) -> Advice | None:
    date_text = r"(\d{4}(?:-\d{2}(?:-\d{2})?)?~?)"
    if match := re.fullmatch(rf"[\[{{]?{date_text}\s*(?:\.\.|,|-|/|to|until)\s*{date_text}[\]}}]?", text):
        first, last = match[1], match[2]
        if first[:10] > last[:10]:
            return "runs backwards", (f"{last}/{first}",)
        return "is an interval", (f"{first}/{last}",)
    if match := re.fullmatch(r"(\d{4})-(\d{2})/(\d{2})", text):
        return "is an interval of months", (f"{match[1]}-{match[2]}/{_month(match[1], match[3])}",)
    if match := re.fullmatch(r"(\d{4}-\d{2})-(\d{2})/(\d{2})", text):
        return "is an interval of days", (f"{match[1]}-{match[2]}/{date.fromisoformat(f'{match[1]}-{match[3]}')}",)
    if (
        (match := re.fullmatch(r"(\d{2})(\d{2})[/-](\d{2})", text))
        and int(match[3]) > 12
        and int(match[3]) > int(match[2])
    ):
        return "is an interval of years", (f"{match[1]}{match[2]}/{match[1]}{match[3]}",)
    return None


def _order(text: str) -> Advice | None:
    if match := re.fullmatch(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})|(\d{4})-(\d{1,2})-(\d{1,2})", text):
        parts = [part for part in match.groups() if part]
        return "is a day with other signs", (_day(*parts),)
    if match := re.fullmatch(r"(\d{4})[-/.](\d{1,2})", text):
        return "is a month with other signs", (_month(match[1], match[2]),)
    if match := re.fullmatch(r"(\d{1,2})[-/.](\d{4})", text):
        return "is a month with the year last", (_month(match[2], match[1]),)
    match = re.fullmatch(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})", text)
    if not match:
        return None
    first, second, year = match[1], match[2], str(_year(match[3]))
    readings = [_named_day(year, month, day) for day, month in ((first, second), (second, first))]
    days = tuple(dict.fromkeys(reading for reading in readings if reading))
    return ("has the year last", days) if days else None


def _month_name(text: str) -> Advice | None:
    words = re.findall(r"[a-z]+|\d+", text)
    months = [_MONTHS[word] for word in words if word in _MONTHS]
    years = [word for word in words if re.fullmatch(r"\d{4}", word)]
    days = [word for word in words if re.fullmatch(r"\d{1,2}", word)]
    others = [
        word
        for word in words
        if word not in _MONTHS and not word.isdigit() and word not in ("st", "nd", "rd", "th", "of", "the")
    ]
    if others or len(years) != 1 or len(months) != 1 or len(days) > 1:
        return None
    if days:
        return "is written in words", (_day(years[0], str(months[0]), days[0]),)
    return "is written in words", (_month(years[0], str(months[0])),)


def _impossible(text: str) -> Advice | None:
    match = re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", text)
    if not match or not int(match[1]):
        return None
    month = int(match[2])
    if not 1 <= month <= 12:
        return f"is no day of the calendar: there is no month {month}", (f"{match[1]} if the month is not known",)
    days = calendar.monthrange(int(match[1]), month)[1]
    name = f"{calendar.month_name[month]} {match[1]}"
    return f"is no day of the calendar: {name} has {days} days", (f"{match[1]}-{match[2]} if the day is not known",)


# The first that knows the form answers.
_READERS: tuple[Callable[[str], Advice | None], ...] = (
    _nothing, _quarter, _half, _season, _open_end, _uncertain, _unspecified, _instant, _interval, _order, _month_name, _digits,
    _long_year, _impossible,
)  # fmt: skip


def _year(digits: str) -> int:
    """Of two digits: of this century, or of the last one from 60 on."""
    return int(digits) if len(digits) == 4 else int(digits) + (2000 if int(digits) < 60 else 1900)


def _months(year: int, first: int, count: int) -> str:
    last_year, last = divmod(first + count - 2, 12)
    return f"{year:04}-{first:02}/{year + last_year:04}-{last + 1:02}"


def _month(year: str, month: str) -> str:
    return date(int(year), int(month), 1).isoformat()[:7]


def _day(year: str, month: str, day: str) -> str:
    return date(int(year), int(month), int(day)).isoformat()


def _named_day(year: str, month: str, day: str) -> str | None:
    try:
        named_day = date(int(year), int(month), int(day))
    except ValueError:  # no such day when read in this order
        return None
    return f"{named_day} ({named_day.day} {calendar.month_name[named_day.month]})"
