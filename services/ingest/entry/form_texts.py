"""The texts of a form and the data of an event: each can be made of the other.

A text is named as its place in the event: `data.parties.0.role`. Rows that are empty are left out, so that the n-th party of the
form is the n-th of the event, and what is wrong there can be shown beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from steppe.domain.events import field_checks
from steppe.domain.events.validation import FIELDS
from steppe.domain.events.vocabulary import Field, FieldKind
from steppe.domain.values.countries import COUNTRIES
from steppe.page.i18n import LANGUAGES, translation
from steppe.page.spoken_dates import spoken_date

OBJECTS: Mapping[FieldKind, tuple[Field, ...]] = {
    FieldKind.AMOUNT: (*field_checks.AMOUNT_REQUIRED, *field_checks.AMOUNT_OPTIONAL),
    FieldKind.CAPACITY: field_checks.CAPACITY_FIELDS,
}
ROWS: Mapping[FieldKind, tuple[Field, ...]] = {
    FieldKind.PARTIES: (*field_checks.PARTY_REQUIRED, *field_checks.PARTY_OPTIONAL),
    FieldKind.EVIDENCE: (*field_checks.EVIDENCE_OPTIONAL, *field_checks.EVIDENCE_REQUIRED),
    FieldKind.PARTS: (*field_checks.PART_REQUIRED, *field_checks.PART_OPTIONAL),
    FieldKind.ALIASES: (*field_checks.ALIAS_REQUIRED, *field_checks.ALIAS_OPTIONAL),
    FieldKind.IDS: field_checks.ID_FIELDS,
    FieldKind.PARENTS: (*field_checks.PARENT_REQUIRED, *field_checks.PARENT_OPTIONAL),
}
"""The fields of the objects that stand in a field, one or a list of them."""
_NUMBERS = (FieldKind.NUMBER, FieldKind.PERCENT, FieldKind.LATITUDE, FieldKind.LONGITUDE)
_LISTS = (FieldKind.TEXTS, FieldKind.SLUGS, FieldKind.COUNTRIES)
_YES_OR_NO = {"yes": True, "no": False}
_BETWEEN = re.compile(r"[,;\n、，；]")


class FormTexts:
    """The texts of a form by name; of a name that came twice the last one counts, but for lists of choices."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._texts: dict[str, list[str]] = {}
        for name, text in pairs:
            self._texts.setdefault(name, []).append(text.replace("\r\n", "\n").strip())

    def one(self, name: str) -> str:
        """The text of that name; empty where there is none."""
        return self._texts.get(name, [""])[-1]

    def many(self, name: str) -> list[str]:
        """All texts of that name but empty ones."""
        return [text for text in self._texts.get(name, ()) if text]

    def rows(self, name: str) -> list[int]:
        """The numbers of the rows of a list that hold something, in order."""
        pattern = re.compile(rf"{re.escape(name)}\.(\d{{1,4}})\.")
        numbers = {int(match[1]) for key, texts in self._texts.items() if (match := pattern.match(key)) and any(texts)}
        return sorted(numbers)

    def pairs(self, *prefixes: str) -> Iterator[tuple[str, str]]:
        """Each name with each of its texts, of names that begin so; empty texts are left out."""
        for name, texts in self._texts.items():
            if name.startswith(prefixes):
                yield from ((name, text) for text in texts if text)

    def with_text(self, name: str, text: str) -> FormTexts:
        """The same with another text of that name."""
        changed = FormTexts(())
        changed._texts = {**self._texts, name: [text]}
        return changed


def data_of(fields: Iterable[Field], texts: FormTexts, prefix: str) -> dict[str, Any]:
    """The data that the form says: fields whose names begin with `prefix.`; what is empty is left out.

    A number or a date that cannot be read stays as its text, which validation then refuses in its own words.
    """
    values = {field.name: _value(field, texts, f"{prefix}.{field.name}") for field in fields}
    return {name: value for name, value in values.items() if value is not None}


def _value(field: Field, texts: FormTexts, name: str) -> Any:
    if field.kind in OBJECTS:
        return data_of(OBJECTS[field.kind], texts, name) or None
    if field.kind in ROWS:
        rows = [data_of(ROWS[field.kind], texts, f"{name}.{number}") for number in texts.rows(name)]
        return rows or None
    if field.kind is FieldKind.CHOICES:
        return texts.many(name) or None
    text = texts.one(name)
    return _value_of_text(field, text) if text else None


def _value_of_text(field: Field, text: str) -> Any:
    match field.kind:
        case kind if kind in _NUMBERS:
            return number(text)
        case kind if kind in _LISTS:
            parts = [part.strip() for part in _BETWEEN.split(text) if part.strip()]
            return [country_code(part) for part in parts] if field.kind is FieldKind.COUNTRIES else parts
        case FieldKind.BOOLEAN:
            return _YES_OR_NO.get(text, text)
        case FieldKind.EDTF:
            readings = spoken_date(text)
            return readings[0] if len(readings) == 1 else text
        case FieldKind.COUNTRY:
            return country_code(text)
        case FieldKind.REFERENCE:
            return reference(text)
        case FieldKind.TEXT if field.name == "value":
            return plain_number(text)
        case FieldKind.TEXT if field.name == "currency":
            return text.upper()
        case _:
            return text


def reference(text: str) -> dict[str, str]:
    """The event that `source#id` names; without a `#` the id is empty, which validation refuses."""
    source, _, event_id = text.partition("#")
    return {"source": source, "id": event_id}


def plain_number(text: str) -> str:
    """A number without spaces and signs between thousands, with a decimal point; what is no number stays."""
    bare = re.sub(r"[\s\u00a0\u2009\u202f'_]", "", text)
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", bare):
        return bare.replace(",", "")
    if re.fullmatch(r"-?\d+,\d+", bare):
        return bare.replace(",", ".")
    return bare if re.fullmatch(r"-?\d+(?:\.\d+)?", bare) else text


def number(text: str) -> int | float | str:
    """The number that a text says, as people write it; the text itself where it says none."""
    plain = plain_number(text.removesuffix("%"))
    if not re.fullmatch(r"-?\d{1,18}(?:\.\d{1,12})?", plain):
        return text
    return float(plain) if "." in plain else int(plain)


def country_code(text: str) -> str:
    """The code of a country that is given by it or by its name in one of the page's languages; else the text."""
    if text.upper() in COUNTRIES:
        return text.upper()
    return _codes_by_name().get(text.casefold(), text)


@cache
def _codes_by_name() -> Mapping[str, str]:
    return {translation(language).country(code).casefold(): code for language in LANGUAGES for code in COUNTRIES}


def texts_of(fields: Iterable[Field], data: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    """The texts of a form that say this data: the reverse of `data_of`."""
    return [
        pair
        for field in fields
        if data.get(field.name) is not None
        for pair in _pairs(field, data[field.name], f"{prefix}.{field.name}")
    ]


def _pairs(field: Field, value: Any, name: str) -> Sequence[tuple[str, str]]:
    if field.kind in OBJECTS and isinstance(value, Mapping):
        return texts_of(OBJECTS[field.kind], value, name)
    if field.kind in ROWS and isinstance(value, list):
        return [pair for index, row in enumerate(value) for pair in texts_of(ROWS[field.kind], row, f"{name}.{index}")]
    if field.kind is FieldKind.CHOICES and isinstance(value, list):
        return [(name, str(one)) for one in value]
    return [(name, _text(value))]


def _text(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.12g}"
        case list():
            return ", ".join(map(str, value))
        case {"source": source, "id": id}:
            return f"{source}#{id}"
        case _:
            return str(value)


def fields_of(name: str) -> Sequence[Field]:
    """All fields that an event of this name may have."""
    return tuple(FIELDS[name].values())
