"""Sentences of the domain in the languages of the page: whatever an event log can yield is told without a word of English."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import assert_never

import pytest
from babel.messages.extract import extract_from_dir
from hypothesis import given

from services.api.page.sentences import sentence_forms, translated
from steppe.domain.events.validation import faults_of
from steppe.domain.events.vocabulary import LEGS, MILESTONES, PERMITS, RIGHTS, UNKNOWN_LEG
from steppe.domain.explanation.flag_text import ended_sentence
from steppe.domain.explanation.project_text import superseded_explanation
from steppe.domain.flags.flag_registry import FLAGS
from steppe.domain.messages.english import english
from steppe.domain.messages.message import (
    Argument,
    Capital,
    Key,
    Listing,
    Message,
    Point,
    Sentences,
    Term,
    counting,
    keys_in,
    message,
)
from steppe.domain.messages.phrases import age, by_the_end, for_age, on, planned_for, since, until, when
from steppe.domain.values.history import Superseded
from steppe.domain.values.levels import Level
from steppe.domain.values.states import SEVERITIES, Start
from steppe.page.i18n import LANGUAGES, translation
from tests.central_asia import EVENTS
from tests.domain.cases import CASES
from tests.domain.event_logs import from_wire
from tests.domain.explanation.explained import all_told
from tests.domain.properties import EVENTS_MAX, as_often_as_the_profile_says
from tests.domain.random_logs import Log, portfolios
from tests.page.conftest import ROOT
from tests.page.test_translations import MISLEADING

TRANSLATED = [language for language in LANGUAGES if language != "en"]
_PLACEHOLDER = re.compile(r"%\(\w+\)s")
# How a deal and a project can end.
_ENDINGS = ("withdrawn", "terminated", "exited", "completed", "cancelled", "retired")
_TERMS = {
    "leg": (*LEGS, UNKNOWN_LEG),
    "right": RIGHTS,
    "permit": PERMITS,
    "milestone": MILESTONES,
    "level": tuple(level.label for level in Level),
    "severity": SEVERITIES,
    "flag": tuple(FLAGS),
    "ending": _ENDINGS,
    "project-ending": ("completed", "cancelled", "retired"),
}
_LATIN = re.compile("[A-Za-z]+")


def _patterns() -> dict[str, str | None]:
    """The patterns of all messages, each with that of its plural."""
    patterns: dict[str, str | None] = {}
    for folder in ("steppe/domain", "services/api/page"):
        found = extract_from_dir(
            str(ROOT / folder),
            method_map=[("**.py", "python")],
            options_map={},
            keywords={"message": None, "counting": (2, 3)},
        )
        for _, _, text, _, _ in found:
            singular, plural = text if isinstance(text, tuple) else (text, None)
            patterns[singular] = plural
    return patterns


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogues_of_sentences_have_every_message_of_the_domain_and_no_other(language: str) -> None:
    patterns = _patterns()
    assert len(patterns) > 150
    forms = sentence_forms(language)
    assert {pattern for context, pattern in forms if context is None} == patterns.keys()
    for pattern, plural in patterns.items():
        form = forms[None, pattern]
        assert isinstance(form, tuple) == (plural is not None), pattern
        assert form, pattern
        assert all(form), pattern


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogues_of_sentences_keep_placeholders_and_avoid_misleading_terms(language: str) -> None:
    for (_, pattern), forms in sentence_forms(language).items():
        for form in (forms,) if isinstance(forms, str) else forms:
            assert sorted(_PLACEHOLDER.findall(form)) == sorted(_PLACEHOLDER.findall(pattern)), (pattern, form)
            assert not re.search(MISLEADING[language], form.lower()), form


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_public_name_that_a_sentence_can_hold_has_its_word(language: str) -> None:
    for kind, names in _TERMS.items():
        for name in names:
            assert _latin_left(language, Term(name, kind)) == [], (kind, name)  # type: ignore[arg-type]  # a key of _TERMS
    translated_terms = {(kind, name) for kind, names in _TERMS.items() for name in names}
    assert {term for term in sentence_forms(language) if term[0] is not None} <= translated_terms


def _names(text: Sentences | Argument) -> Iterator[str]:
    """What somebody named in it: keys, parts, reasons, milestones of their own."""
    match text:
        case str():
            yield text
        case Key(text=key):
            yield key
        case Term(name=name, kind=kind):
            if kind == "milestone" and name not in MILESTONES:
                yield name
        case Sentences(sentences=sentences):
            for sentence in sentences:
                yield from _names(sentence)
        case Message(arguments=arguments):
            for argument in arguments.values():
                yield from _names(argument)
        case Listing(items=items):
            for item in items:
                yield from _names(item)
        case Capital(argument=argument):
            yield from _names(argument)
        case int() | Point():
            pass
        case _ as never:
            assert_never(never)


def _latin_left(language: str, text: Sentences | Argument) -> list[str]:
    """The Latin letters of it in a language, but for what somebody named."""
    words = translated(translation(language), text)
    assert "%(" not in words, words
    for name in sorted(set(_names(text)), key=len, reverse=True):
        assert name in words, (name, words)
        words = words.replace(name, "")
    return _LATIN.findall(words)


def _check_all(texts: Iterable[Sentences]) -> int:
    """Hold that of each in every language; how many they are."""
    checked = 0
    for text in texts:
        checked += 1
        for language in TRANSLATED:
            assert _latin_left(language, text) == [], (english(text), translated(translation(language), text))
    return checked


def test_all_that_the_worked_cases_yield_is_told_in_every_language() -> None:
    for case in CASES.values():
        events = [from_wire(envelope) for envelope in case["events"]]
        events = [event for event in events if not faults_of(event.kind.name, event.data, event.known.date())]
        asked = {date.fromisoformat(question["as_of"]) for question in case["questions"]}
        _check_all(all_told(events, sorted({*asked, date(2021, 7, 1), date(2026, 11, 22)})))


def test_all_that_the_real_events_of_central_asia_yield_is_told_in_every_language() -> None:
    recorded = {"recordedtime": "2026-11-22T10:00:00+00:00"}
    events = [from_wire({**recorded, **json.loads(line)}) for line in EVENTS.read_text(encoding="utf-8").splitlines()]
    assert _check_all(all_told(events, [date(year, 7, 1) for year in (2010, 2018, 2026, 2028)])) > 2000


@as_often_as_the_profile_says
@given(log=portfolios(EVENTS_MAX))
def test_all_that_a_random_log_yields_is_told_in_every_language(log: Log) -> None:
    _check_all(all_told(log, [date(2018, 2, 28), date(2026, 11, 22), date(2030, 1, 1)]))


def test_what_became_of_a_flag_and_of_a_key_is_told_in_every_language() -> None:
    superseded = [Superseded(by=("north", "south"), reason=reason, event="/s#1") for reason in (None, "one deposit.")]
    explained = [superseded_explanation(one) for one in superseded]
    texts = [text for one in explained for text in (one.stands, one.missing, one.next)]
    texts += [ended_sentence("silent", "watch", revoked=revoked) for revoked in (True, False)]
    assert _check_all(texts) == 8


def _start(earliest: str | None, latest: str, given_text: str | None = None) -> Start:
    first = None if earliest is None else date.fromisoformat(earliest)
    return Start(earliest=first, latest=date.fromisoformat(latest), given=given_text)


DAY = _start("2024-05-02", "2024-05-02")
MONTH = _start("2024-08-01", "2024-08-31")
YEAR = _start("2014-01-01", "2014-12-31")


@pytest.mark.parametrize(
    ("phrase", "japanese", "russian"),
    [
        (since(DAY), "2024年5月2日から", "со 2 мая 2024 г."),
        (since(MONTH), "2024年8月から", "с августа 2024 г."),
        (since(YEAR), "2014年から", "с 2014 г."),
        (on(DAY), "2024年5月2日", "2 мая 2024 г."),
        (on(MONTH), "2024年8月", "в августе 2024 г."),
        (on(_start("2014-03-01", "2014-03-31")), "2014年3月", "в марте 2014 г."),
        (on(_start("2014-05-01", "2014-05-31", "2014-05~")), "2014年5月頃", "примерно в мае 2014 г."),
        (on(_start(None, "2024-08-31")), "2024年8月31日以前", "не позднее 31 августа 2024 г."),
        (on(_start(None, "2024-08-31", "unknown")), "日付不明の時点", "в неизвестный день"),
        (when(MONTH), "2024年8月", "август 2024 г."),
        (
            when(_start("2013-10-01", "2014-12-31", "2013-10/2014")),
            "2013年10月から2014年までのいずれかの日",
            "не ранее октября 2013 г. и не позднее 2014 г.",
        ),
        (planned_for(MONTH), "2024年8月", "на август 2024 г."),
        (until(DAY), "2024年5月2日まで", "до 2 мая 2024 г."),
        (until(_start("2027-01-01", "2027-12-31")), "2027年末まで", "до конца 2027 г."),
        (by_the_end(MONTH), "2024年8月末まで", "не позднее конца августа 2024 г."),
        (age(DAY, date(2024, 6, 2)), "1か月", "1 месяц"),
        (age(DAY, date(2024, 7, 2)), "2か月", "2 месяца"),
        (age(DAY, date(2025, 7, 2)), "14か月", "14 месяцев"),
        (age(YEAR, date(2015, 11, 30)), "11～22か月", "11–22 месяца"),
        (for_age(_start(None, "2014-12-31"), date(2015, 1, 31)), "少なくとも1か月間", "уже не менее 1 месяца"),
    ],
)
def test_days_and_ages_are_told_as_given_and_inflected(phrase: Argument, japanese: str, russian: str) -> None:
    assert [translated(translation(language), phrase) for language in ("ja", "ru")] == [japanese, russian]


def test_a_sentence_ends_in_one_full_stop_and_begins_as_its_language_does() -> None:
    clause = Capital(message("ended as %(how)s %(day)s", how=Term("withdrawn", "ending"), day=on(YEAR)))
    bound = message(
        "%(clause)s.", clause=Capital(message("%(ground)s %(since)s", ground=message("producing"), since=since(YEAR)))
    )
    assert translated(translation("ru"), bound) == "Идёт производство с 2014 г."
    assert translated(translation("ja"), bound) == "2014年から生産中です。"
    assert translated(translation("en"), message("%(clause)s.", clause=clause)) == "Ended as withdrawn in 2014."
    several = Sentences((bound, message("On hold.")))
    assert translated(translation("ru"), several) == "Идёт производство с 2014 г. Флаги заморожены."
    assert translated(translation("ja"), several) == "2014年から生産中です。判定保留中です。"


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_stand_in_the_place_of_keys_and_of_nothing_else(language: str) -> None:
    groups = Listing((Key("months", "party"), Key("bound", "deal"), Key("market", "project"), "months"))
    text = message("Overtaken: %(groups)s got the same market while this deal was on paper.", groups=groups)
    by_keys = translated(translation(language), text)
    named = translated(translation(language), text, lambda key: f"<{key.kind} {key.text}>")
    assert named != by_keys
    for kind, key in (("party", "months"), ("deal", "bound"), ("project", "market")):
        assert named.count(f"<{kind} {key}>") == 1
        named = named.replace(f"<{kind} {key}>", key)
    assert named == by_keys
    assert list(keys_in(Sentences((text,)))) == list(groups.items[:3])


def test_a_message_that_a_catalogue_lacks_is_told_in_english() -> None:
    several = counting(2, "%(num)s caravan", "%(num)s caravans")
    assert [translated(translation(language), several) for language in LANGUAGES] == ["2 caravans"] * len(LANGUAGES)
