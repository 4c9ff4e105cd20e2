"""The page's languages: messages from catalogues, days and numbers as each language writes them. Knows Babel; knows no page.

The text in the templates is English and the key; `locale/<language>.po` has the others. A language without a word shows the
English one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import resources

from babel import Locale
from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

LANGUAGES: Mapping[str, str] = {"en": "English", "ja": "日本語", "ru": "Русский"}
_FORMS: Mapping[str, Callable[[int], int]] = {
    "ja": lambda number: 0,
    "ru": lambda number: (
        0
        if number % 10 == 1 and number % 100 != 11
        else 1
        if 2 <= number % 10 <= 4 and not 12 <= number % 100 <= 14
        else 2
    ),
}
"""Which form of a word a number takes, in the order of the catalogues (CLDR's plural rules for whole numbers)."""
_LOCALES = {"en": "en_GB", "ja": "ja_JP", "ru": "ru_RU"}


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    language: str
    locale: Locale
    messages: Mapping[str, str | tuple[str, ...]]

    def text(self, message: str) -> str:
        """A message in this language."""
        found = self.messages.get(message)
        return found if isinstance(found, str) and found else message

    def count(self, one: str, many: str, number: int) -> str:
        """A message that depends on a number, which stands in it as `%(num)s`."""
        shown = self.number(number)
        found = self.messages.get(one)
        if isinstance(found, tuple) and all(found):
            form = found[_FORMS[self.language](number)]
        else:
            form = one if number == 1 else many
        return form.replace("%(num)s", shown)

    def day(self, value: date) -> str:
        """As 31 Dec 2025."""
        return _day(value, self.language)

    def number(self, value: int | float | Decimal) -> str:
        """With the signs of the language for thousands and fractions."""
        return format_decimal(value, locale=self.locale)

    def percent(self, value: float) -> str:
        """A share of one, in whole percent."""
        return format_percent(value, locale=self.locale)


@cache
def words(language: str) -> Words:
    """A language of LANGUAGES."""
    locale = Locale.parse(_LOCALES[language])
    return Words(language, locale, _messages(language))


def chosen(asked: str | None, accepted: str) -> str:
    """The language that was asked for, else the first of Accept-Language that there is, else English."""
    if asked in LANGUAGES:
        return str(asked)
    for part in accepted.split(","):
        language = part.split(";")[0].strip().lower()[:2]
        if language in LANGUAGES:
            return language
    return "en"


@cache
def _day(value: date, language: str) -> str:
    day = value.date() if isinstance(value, datetime) else value
    return format_date(day, format="medium", locale=_LOCALES[language])


def _messages(language: str) -> Mapping[str, str | tuple[str, ...]]:
    if language == "en":
        return {}
    file = resources.files("services.api.page").joinpath("locale", f"{language}.po")
    with file.open("rb") as opened:
        catalog = read_po(opened, locale=language)
    found: dict[str, str | tuple[str, ...]] = {}
    for message in catalog:
        if not message.id:
            continue
        if isinstance(message.id, tuple | list):
            found[message.id[0]] = tuple(message.string or ())
        else:
            found[message.id] = str(message.string)
    return found
