"""Sentences of the domain in the page's language: the patterns and terms of `locale/<language>.sentences.po`.

A message's key is its English pattern; a term's is its public name, with the kind of term as context where names are spelt alike.
Terms that are not in that catalogue are those of the page. In English the domain puts its sentences into words itself.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import assert_never

from babel.dates import format_date, format_skeleton, get_month_names
from babel.lists import format_list

from steppe.domain.messages.english import english
from steppe.domain.messages.message import (
    Argument,
    Capital,
    Key,
    Listing,
    Message,
    Naming,
    Point,
    PointUse,
    Sentences,
    Term,
    by_key,
    message,
)
from steppe.domain.values.grammar import capital
from steppe.page.i18n import Forms, Translation, read_catalogue

_RUSSIAN_MONTH_ENDING = re.compile("[ьй]$")
_RUSSIAN_SINCE_THE_SECOND = re.compile(r"\b([Сс]) (?=2 [а-я])")


def translated(translation: Translation, text: Sentences | Argument, naming: Naming = by_key) -> str:
    """Sentences, or a part of one, in the language of a translation; English where its catalogue lacks a pattern."""
    if translation.language == "en":
        return english(text, naming)
    words = _words(translation, text, naming)
    if translation.language == "ru":
        # An abbreviation ends the sentence, too, and one says «со второго».
        words = _RUSSIAN_SINCE_THE_SECOND.sub(r"\1о ", words.replace("г..", "г."))
    return words


def _words(translation: Translation, text: Sentences | Argument, naming: Naming) -> str:
    match text:
        case str():
            return text
        case int():
            return translation.number(text)
        case Key():
            return naming(text)
        case Message():
            pattern = _pattern(translation, text)
            values = {name: _words(translation, argument, naming) for name, argument in text.arguments.items()}
            return pattern % values if values else pattern
        case Sentences(sentences=sentences):
            between = "" if translation.language == "ja" else " "
            return between.join(_words(translation, sentence, naming) for sentence in sentences)
        case Term(name=name, kind=kind):
            return _term(translation, name, kind)
        case Point(text=point, use=use):
            return _point(point, use, translation.language)
        case Capital(argument=Listing() as names):
            return _words(translation, names, naming)
        case Capital(argument=argument):
            return capital(_words(translation, argument, naming))
        case Listing():
            return _listing(translation, text, naming)
        case _ as never:
            assert_never(never)


def _pattern(translation: Translation, statement: Message) -> str:
    """The pattern in that language; the English one where it has none."""
    forms = sentence_forms(translation.language).get((None, statement.id))
    if isinstance(forms, str) and forms:
        return forms
    if isinstance(forms, tuple) and all(forms):
        return translation.form(forms, statement.number)
    return statement.id if statement.plural is None or statement.number == 1 else statement.plural


def _term(translation: Translation, name: str, kind: str) -> str:
    form = sentence_forms(translation.language).get((kind, name))
    return form if isinstance(form, str) and form else translation.gettext(name)


def _listing(translation: Translation, listing: Listing, naming: Naming) -> str:
    words = [_words(translation, item, naming) for item in listing.items]
    if not words:
        return _words(translation, message("none"), naming)
    match listing.style:
        case "and" | "chain":
            return format_list(words, style="standard", locale=translation.locale)
        case "or":
            return format_list(words, style="or", locale=translation.locale)
        case "commas":
            return ("、" if translation.language == "ja" else ", ").join(words)
        case _ as never:
            assert_never(never)


@cache
def _point(text: str, use: PointUse, language: str) -> str:
    """A year, month or day as it stands in a sentence; Russian inflects a month by what stands before it."""
    year, month, day = (*text.split("-"), "", "")[:3]
    value = date(int(year), int(month or 1), int(day or 1))
    if language == "ja":
        written = f"{value.year}年" if not month else format_skeleton("yMMM", value, locale="ja_JP")
        return written + (f"{value.day}日" if day else "")
    if not month:
        return f"{value.year} г."
    if day:
        return format_date(value, "d MMMM y 'г'.", locale="ru_RU")
    if use == "in":
        name = get_month_names("wide", context="stand-alone", locale="ru_RU")[value.month]
        return f"{_RUSSIAN_MONTH_ENDING.sub('', name)}е {value.year} г."
    return format_date(value, "MMMM y 'г'." if use == "of" else "LLLL y 'г'.", locale="ru_RU")


@cache
def sentence_forms(language: str) -> dict[tuple[str | None, str], Forms]:
    """The translated patterns and terms of a language, by context and English text."""
    return {
        (entry.context, entry.id[0] if isinstance(entry.id, tuple | list) else entry.id): (
            tuple(entry.string or ()) if isinstance(entry.id, tuple | list) else str(entry.string)
        )
        for entry in read_catalogue(f"{language}.sentences.po", language)
        if entry.id
    }
