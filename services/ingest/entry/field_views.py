"""What the form shows of each field: its label, what may be chosen, what is filled in, and what is wrong or meant there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.ingest.entry.drafted_event import DraftedEvent, own_fields
from services.ingest.entry.field_labels import CHOICES_IN_CAPITALS, HINTS, LABELS, LABELS_OF_EVENTS
from services.ingest.entry.form_texts import OBJECTS, ROWS, FormTexts, fields_of
from services.ingest.entry.read_api import Recognised
from steppe.domain.events.vocabulary import COMMON_FIELDS, EVENT_KINDS, MILESTONES, Effect, Field, FieldKind
from steppe.http.openapi_parts import FieldError
from steppe.page.i18n import Translation
from steppe.page.spoken_dates import spoken_date

_LONG = frozenset({"note", "reason", "result", "announced", "what"})
_ROWS_AT_FIRST = {"parties": 2}
_KEYS = {"subject": "projects", "party": "parties", "parent": "parties", "to": "parties"}
_CODES = {FieldKind.COUNTRY: "countries", FieldKind.COUNTRIES: "countries"}
_IN_THE_BACK = ("deal", "forum", "programme", "part_of", "confidence", "source")
_BACK_OF_RECORDS = ("parties", "amount", *_IN_THE_BACK)
_REGISTRATIONS: Mapping[str, str] = {"project.registered": "subject", "party.registered": "party"}
_WIDGETS: Mapping[FieldKind, str] = {
    FieldKind.DATE: "date",
    FieldKind.EDTF: "edtf",
    FieldKind.CHOICE: "select",
    FieldKind.BOOLEAN: "select",
    FieldKind.CHOICES: "checks",
    FieldKind.EVENT_NAME: "select",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One field of the form. `widget` says which macro of the templates draws it.

    `keys`: of what its keys are (projects, parties); `codes`: the list that its values come from; `meant`: the dates that its text
    may mean, where that is open; `recognised`: what the API said of its key; `rows`, `fields`: those in it.
    """

    name: str
    label: str
    widget: str
    hint: str = ""
    required: bool = False
    text: str = ""
    options: Sequence[tuple[str, str]] = ()
    chosen: Sequence[str] = ()
    errors: Sequence[str] = ()
    keys: str = ""
    codes: str = ""
    meant: Sequence[str] = ()
    read_as: str = ""
    recognised: Recognised | None = None
    rows: Sequence[Sequence[FieldView]] = ()
    fields: Sequence[FieldView] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """The form: what is told first, where it is known from, and what few need. `stray`: errors that no field is to blame for."""

    main: Sequence[FieldView]
    sources: Sequence[FieldView]
    back: Sequence[FieldView]
    back_is_open: bool
    own: Sequence[FieldView]
    stray: Sequence[str]
    errors: Sequence[tuple[str, str, str]]


@dataclass(slots=True)
class FormShown:
    """What is shown beside the draft: its errors, what the API said of keys, and a list that gets one more row."""

    errors: Sequence[FieldError] = ()
    recognised: Mapping[str, Recognised] = field(default_factory=dict)
    more_rows_of: str = ""


class FormViews:
    """Makes the views of a draft's fields in one language."""

    def __init__(self, translation: Translation, draft: DraftedEvent, given: FormTexts, shown: FormShown) -> None:
        self._translation = translation
        self._draft = draft
        self._given = given
        self._shown = shown
        self._texts = FormTexts(draft.pairs())
        self._at: dict[str, list[str]] = {}
        self._stray: list[str] = []
        self._labels: dict[str, str] = {}

    def form(self) -> FormView:
        """The whole form."""
        draft = self._draft
        by_name = {one.name: one for one in fields_of(draft.kind.name)}
        if draft.mode != "new":
            del by_name["reported"]
        has_no_project = draft.mode != "new" or draft.kind.name.startswith(("party.", "forum."))
        subject = [] if has_no_project else [Field("subject", FieldKind.SLUG, (), True)]
        source = Field("source", FieldKind.TEXT, (), True)
        back_names: tuple[str, ...] = _BACK_OF_RECORDS if draft.kind.effect is Effect.RECORD else _IN_THE_BACK
        if draft.kind.name in _REGISTRATIONS:
            back_names = (*(one.name for one in draft.kind.fields if not one.required), *back_names)
        own_names = [one.name for one in draft.kind.fields if one.name not in back_names]
        if "deal" in by_name and draft.kind.effect is not Effect.RECORD:
            back_names = tuple(name for name in back_names if name != "deal")
        order = ["occurred", *own_names, "parties", "deal", "amount"]
        main = [by_name[name] for name in dict.fromkeys(order) if name in by_name and name not in back_names]
        sources = [by_name[name] for name in ("reported", "evidence", "note") if name in by_name]
        back = [by_name[name] for name in back_names if name in by_name]
        all_fields = [*subject, *main, *sources, *back, *own_fields()]
        self._place_errors(
            [*(("data." + one.name, one) for one in all_fields), *(("own." + one.name, one) for one in own_fields())]
        )
        views_back = [*self._views(back, "data"), *self._views([source], "")]
        return FormView(
            main=[*self._views(subject, ""), *self._views(main, "data")],
            sources=self._views(sources, "data"),
            back=views_back,
            back_is_open=any(_is_used(view) for view in views_back if view.name != "source"),
            own=self._views(own_fields(), "own") if draft.mode != "new" else [],
            stray=self._stray,
            errors=[(name, self._labels.get(name, name), text) for name, texts in self._at.items() for text in texts],
        )

    def _place_errors(self, fields: Iterable[tuple[str, Field]]) -> None:
        """Put each error to the nearest field that is drawn."""
        names = {"subject", "source"} | {name for name, _ in fields}
        for error in self._shown.errors:
            place = error["pointer"]
            while place and place not in names and not self._is_inside(place, names):
                place = place.rpartition(".")[0]
            if place:
                self._at.setdefault(place, []).append(error["message"])
            else:
                self._stray.append(error["message"])

    def _is_inside(self, place: str, names: set[str]) -> bool:
        """Whether a part of an object or of a row of that place has a field of its own."""
        head = ".".join(place.split(".")[:2])
        last = place.rpartition(".")[2]
        return head in names and place != head and not last.isdigit() and last in _PARTS

    def _views(self, fields: Iterable[Field], prefix: str) -> list[FieldView]:
        return [self._view(one, f"{prefix}.{one.name}" if prefix else one.name) for one in fields]

    def _view(self, one: Field, name: str) -> FieldView:
        text = self._texts.one(name)
        label = self._label(one)
        self._labels[name] = label
        rows: list[list[FieldView]] = []
        if one.kind in ROWS:
            count = len(self._texts.rows(name)) + (self._shown.more_rows_of == name)
            count = max(count, _ROWS_AT_FIRST.get(one.name, 1))
            rows = [self._views(ROWS[one.kind], f"{name}.{number}") for number in range(count)]
        given = self._given.one(name)
        readings = spoken_date(given) if one.kind is FieldKind.EDTF and given else ()
        return FieldView(
            name=name,
            label=label,
            widget=_widget(one),
            hint=self._hint(one),
            required=one.required or (one.name == "occurred" and self._draft.kind.effect is not Effect.RECORD),
            text=text,
            options=self._options(one),
            chosen=self._texts.many(name),
            errors=self._at.get(name, []),
            keys=_KEYS.get(one.name, "") if one.kind is FieldKind.SLUG and not self._is_new_key(one) else "",
            codes=_CODES.get(one.kind, one.name if one.name in ("currency", "milestone") else ""),
            meant=readings if len(readings) > 1 else (),
            read_as=given if len(readings) == 1 and given != readings[0] else "",
            recognised=self._shown.recognised.get(name),
            rows=rows,
            fields=self._views(OBJECTS[one.kind], name) if one.kind in OBJECTS else (),
        )

    def _label(self, one: Field) -> str:
        return self._translation.gettext(LABELS_OF_EVENTS.get((self._draft.kind.name, one.name)) or LABELS[one.name])

    def _hint(self, one: Field) -> str:
        own_label = LABELS_OF_EVENTS.get((self._draft.kind.name, one.name))
        hint = HINTS.get(own_label or one.name)
        return self._translation.gettext(hint) if hint else ""

    def _is_new_key(self, one: Field) -> bool:
        """Whether the field names what is being registered."""
        return _REGISTRATIONS.get(self._draft.kind.name) == one.name

    def _options(self, one: Field) -> list[tuple[str, str]]:
        if one.kind is FieldKind.BOOLEAN:
            return [("yes", self._translation.gettext("yes")), ("no", self._translation.gettext("no"))]
        return [(choice, choice_label(self._translation, choice)) for choice in one.choices]


def choice_label(translation: Translation, choice: str) -> str:
    """What a choice is called; in English its name without hyphens."""
    if translation.language != "en":
        return translation.gettext(choice)
    return choice.upper() if choice in CHOICES_IN_CAPITALS else choice.replace("-", " ")


def event_label(translation: Translation, name: str) -> str:
    """What an event is called, as the beginning of a heading."""
    text = name.replace(".", " ") if translation.language == "en" else translation.gettext(name)
    return text[:1].upper() + text[1:]


def milestone_options(translation: Translation) -> list[tuple[str, str]]:
    """The milestones that an event meets by itself."""
    return [(name, choice_label(translation, name)) for name in MILESTONES]


_PARTS = frozenset(part.name for fields in (*OBJECTS.values(), *ROWS.values()) for part in fields)
CHOICES = frozenset(
    choice
    for kind in EVENT_KINDS.values()
    for one in (
        *kind.fields,
        *COMMON_FIELDS,
        *(part for parts in (*OBJECTS.values(), *ROWS.values()) for part in parts),
    )
    for choice in one.choices
) | {*MILESTONES}
"""Every name of a choice that the form shows; the catalogues have them."""


def _widget(one: Field) -> str:
    if one.kind in ROWS:
        return "rows"
    if one.kind in OBJECTS:
        return "group"
    if one.name in _LONG:
        return "area"
    return _WIDGETS.get(one.kind, "text")


def _is_used(view: FieldView) -> bool:
    inner = [*view.fields, *(part for row in view.rows for part in row)]
    return bool(view.text or view.chosen or view.errors or any(map(_is_used, inner)))
