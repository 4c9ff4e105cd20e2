"""The languages of pages: translated messages, and days and numbers as each language writes them.

A message's key is its English text as the templates have it; `locale/<language>.po` holds the translations. A message without a
translation is shown in English.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import TypeAlias

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

LANGUAGES: Mapping[str, str] = {"en": "English", "ja": "日本語", "ru": "Русский"}
_PLURAL_FORMS: Mapping[str, Callable[[int], int]] = {
    "ja": lambda number: 0,
    "ru": lambda number: (
        0
        if number % 10 == 1 and number % 100 != 11
        else 1
        if 2 <= number % 10 <= 4 and not 12 <= number % 100 <= 14
        else 2
    ),
}
"""The index of a number's plural form, in the order of the catalogues (CLDR's plural rules for whole numbers)."""
Forms: TypeAlias = str | tuple[str, ...]
"""A translated text, or its plural forms."""
_LOCALES = {"en": "en_GB", "ja": "ja_JP", "ru": "ru_RU"}


@dataclass(frozen=True, slots=True)
class Translation:
    """One language: its messages and its formats."""

    language: str
    locale: Locale
    messages: Mapping[str, Forms]

    def gettext(self, message: str) -> str:
        """A message in this language."""
        translated = self.messages.get(message)
        return translated if isinstance(translated, str) and translated else message

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """A message that depends on a number, which stands in it as `%(num)s`."""
        forms = self.messages.get(singular)
        if isinstance(forms, tuple) and all(forms):
            form = self.form(forms, number)
        else:
            form = singular if number == 1 else plural
        return form.replace("%(num)s", self.number(number))

    def form(self, forms: tuple[str, ...], number: int) -> str:
        """Of the plural forms of a message that of a number."""
        return forms[_PLURAL_FORMS[self.language](number)]

    def day(self, value: date) -> str:
        """As 31 Dec 2025."""
        return _day(value, self.language)

    def point(self, text: str, *, after_preposition: bool = False) -> str:
        """A year, month or day of an EDTF text: 2014, August 2024, 31 Aug 2024. Russian inflects after a preposition."""
        return _point(text, self.language, after_preposition and self.language == "ru")

    def number(self, value: int | float | Decimal) -> str:
        """With the language's signs for thousands and fractions."""
        return format_decimal(value, locale=self.locale)

    def country(self, code: str) -> str:
        """The name of a country, by its code; a code that has none stays."""
        return str(self.locale.territories.get(code, code))

    def share(self, value: float) -> str:
        """A share of one, in percent with one decimal."""
        return format_percent(
            value, format="#,##0.0\u00a0%" if self.language == "ru" else "#,##0.0%", locale=self.locale
        )

    def percent(self, value: float) -> str:
        """A share of one, in whole percent."""
        return format_percent(value, locale=self.locale)


@cache
def translation(language: str) -> Translation:
    """The translation into one of LANGUAGES, read once."""
    return Translation(language, Locale.parse(_LOCALES[language]), _messages(language))


def negotiate(requested: str | None, accepted: str) -> str:
    """The language that `lang=` names, else the first of an Accept-Language header that there is, else English."""
    if requested in LANGUAGES:
        return str(requested)
    for part in accepted.split(","):
        language = part.split(";")[0].strip().lower()[:2]
        if language in LANGUAGES:
            return language
    return "en"


@cache
def _day(value: date, language: str) -> str:
    day = value.date() if isinstance(value, datetime) else value
    return format_date(day, format="medium", locale=_LOCALES[language])


@cache
def _point(text: str, language: str, inflected: bool) -> str:
    year, month, day = (*text.split("-"), "", "")[:3]
    value = date(int(year), int(month or 1), int(day or 1))
    if inflected and month:
        return format_date(value, "d MMMM y 'г'." if day else "MMMM y 'г'.", locale=_LOCALES[language])
    if day:
        return _day(value, language)
    if month:
        return format_skeleton("yMMMM", value, locale=_LOCALES[language])
    return {"ja": f"{year}年", "ru": f"{year} г."}.get(language, year)


def _messages(language: str) -> Mapping[str, Forms]:
    if language == "en":
        return {}
    messages: dict[str, Forms] = {}
    for message in read_catalogue(f"{language}.po", language):
        if isinstance(message.id, tuple | list):
            messages[message.id[0]] = tuple(message.string or ())
        elif message.id:
            messages[message.id] = str(message.string)
    return messages


def read_catalogue(name: str, language: str) -> Catalog:
    """A catalogue of the page, by the name of its file."""
    path = resources.files("steppe.page").joinpath("locale", name)
    with path.open("rb") as file:
        return read_po(file, locale=language)
