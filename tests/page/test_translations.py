"""The catalogues of the page: complete, without leftovers, with equal placeholders and without misleading terms."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.extract import extract_from_dir

from services.api.problems import PROBLEMS
from services.api.views.projection_status import STATES
from services.api.web.query_parameters import FLAGS
from services.ingest.entry.entry_routes import PROBLEMS as FORM_PROBLEMS
from services.ingest.entry.event_search import GROUPS
from services.ingest.entry.field_labels import HINTS, LABELS, LABELS_OF_EVENTS
from services.ingest.entry.field_views import CHOICES
from steppe.contracts.announcements import TRANSITIONS
from steppe.domain.events.vocabulary import (
    GRADES,
    LEGS,
    PARTY_KINDS,
    PERMITS,
    RIGHTS,
    ROLES,
    SECTORS,
    UNKNOWN_LEG,
    VOCABULARY,
)
from steppe.domain.values.levels import Level
from steppe.domain.values.states import SEVERITIES
from steppe.page.i18n import LANGUAGES, translation
from tests.page.conftest import ROOT

TRANSLATED = [language for language in LANGUAGES if language != "en"]
_PLACEHOLDER = re.compile(r"%\(\w+\)s")
MISLEADING = {
    "ja": r"拘束済|紙のみ|助言者",
    "ru": r"обязательн|\bопор|\bбумаг|обогна",
}
"""Of a bound deal «обязательный» says that it is mandatory and 拘束済み that it is arrested; a leg is no prop; a memorandum is no mere paper."""
_NAMES = {
    # Words of differences, clocks, overlays, ends of deals, states of timeline entries and stages of quarantine.
    "level", "headline", "flags", "ended",
    "announcement clock", "memorandum clock", "silence clock", "step clock",
    "lapsed", "on-hold", "presumed-dead", "suspended", "cancelled", "completed", "retired", "delisted",
    "withdrawn", "terminated", "exited", "expired",
    "construction", "production", "project",  # what stands still of works
    "open",  # what came of a deal
    "retracted", "parked", "refused", "conflict", "held", "decode", "fold",
}  # fmt: skip


def _template_messages() -> set[str | tuple[str, ...]]:
    folders = [ROOT / "services" / "api" / "page" / "templates", ROOT / "services" / "ingest" / "entry" / "templates"]
    kinds = [(f"**.{ending}", "jinja2.ext:babel_extract") for ending in ("html", "svg", "xml")]
    folders.append(ROOT / "services" / "api" / "page" / "measures")  # titles are made of figures
    kinds.append(("**.py", "python"))
    return {
        message
        for folder in folders
        for _, _, message, _, _ in extract_from_dir(str(folder), method_map=kinds, options_map={})
    }


def _names_of_the_form() -> set[str]:
    """What the entry form calls fields and events, and what it says of them."""
    summaries = {kind.summary for kind in VOCABULARY if not kind.is_correction}
    titles = {problem.title for problem in FORM_PROBLEMS}
    return {*LABELS.values(), *LABELS_OF_EVENTS.values(), *HINTS.values(), *GROUPS, *CHOICES, *summaries, *titles}


def _public_names() -> set[str]:
    """The names that templates translate as they come from the API."""
    levels = {level.label for level in Level}
    events = {kind.name for kind in VOCABULARY}
    titles = {problem.title for problem in PROBLEMS}
    choices = {
        *FLAGS,
        *SEVERITIES,
        *TRANSITIONS,
        *LEGS,
        UNKNOWN_LEG,
        *ROLES,
        *PARTY_KINDS,
        *GRADES,
        *SECTORS,
        *STATES,
        *PERMITS,
        *RIGHTS,
    }
    return levels | events | titles | choices | _NAMES | _names_of_the_form()


def _messages(language: str) -> Iterator[tuple[str, str]]:
    """Each message with each of its translated forms."""
    for message, forms in translation(language).messages.items():
        for form in (forms,) if isinstance(forms, str) else forms:
            yield message, form


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogues_have_every_message_of_the_templates(language: str) -> None:
    messages = _template_messages()
    assert len(messages) > 100
    for message in messages:
        key = message[0] if isinstance(message, tuple) else message
        assert translation(language).messages.get(key), f"{language} lacks {message!r}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogues_have_every_public_name_that_a_page_shows(language: str) -> None:
    assert _public_names() - translation(language).messages.keys() == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogues_have_no_message_that_nothing_shows(language: str) -> None:
    shown = {message[0] if isinstance(message, tuple) else message for message in _template_messages()}
    assert translation(language).messages.keys() - shown - _public_names() == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_have_the_placeholders_of_their_messages(language: str) -> None:
    for message, form in _messages(language):
        assert sorted(_PLACEHOLDER.findall(form)) == sorted(_PLACEHOLDER.findall(message)), (message, form)


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_avoid_misleading_terms(language: str) -> None:
    wrong = [(message, form) for message, form in _messages(language) if re.search(MISLEADING[language], form.lower())]
    assert wrong == []


@pytest.mark.parametrize(
    ("number", "form"), [(1, "1 месяц"), (3, "3 месяца"), (11, "11 месяцев"), (21, "21 месяц"), (1003, "1 003 месяца")]
)
def test_russian_counts_in_its_three_forms(number: int, form: str) -> None:
    assert translation("ru").ngettext("%(num)s month", "%(num)s months", number).replace("\xa0", " ") == form
