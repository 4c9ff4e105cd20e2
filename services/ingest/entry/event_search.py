"""Finds the events of the vocabulary by words of the field, in any of the page's languages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from steppe.domain.events.trade_words import event_hint, words_of_event
from steppe.domain.events.vocabulary import EVENT_KINDS, VOCABULARY, EventKind
from steppe.page.i18n import LANGUAGES, translation

_GROUPS: Mapping[str, str] = {
    "Paper and talks": r"intent|pledge|memorandum|termsheet",
    "Studies, permits, plans": r"study|finance\.approved|permit|milestone|exploration",
    "Contracts and money": r"investment|rights|offtake|equity|loan|grant|guarantee|works|finance\.closed|funds|commitment",
    "On the ground": r"construction|production|processing|technology|training|certification",
    "Setbacks and endings": r"setback|contract|investor|project\.(?:suspended|resumed|cancelled|completed|retired)",
    "Projects, parties, forums": r"project|party|forum",
    "Reviews and holds": r"hold|review",
}
GROUPS = tuple(_GROUPS)
_STEM_LENGTH = 4
_WORDS_MAX = 8
# Words of the field that neither a name nor a summary has, by event; the trade words of the vocabulary are English.
_MORE_WORDS: Mapping[str, str] = {
    "memorandum.signed": "мов моу протокол рамочное соглашение 基本合意書 了解覚書",
    "termsheet.signed": "письмо заинтересованность эксклюзивность терм-шит 関心表明",
    "loan.signed": "заём займ кредит ссуда ローン 借款",
    "offtake.signed": "закупка сбыт поставка ppa オフテイク 売電",
    "equity.agreed": "акции покупка доли сделка сп вхождение 株式 買収",
    "equity.closed": "акции покупка доли закрытие сделки 株式 買収",
    "rights.granted": "лицензия концессия недропользование 鉱業権 ライセンス",
    "works.awarded": "подряд epc-контракт генподряд EPC",
    "investment.decided": "фид FID",
    "study.started": "тэо фс FS",
    "study.completed": "тэо фс FS",
    "guarantee.issued": "поручительство страхование 保険",
    "setback.reported": "санкции арбитраж авария спор банкротство 制裁 仲裁 事故",
    "funds.disbursed": "транш выплата 実行",
    "project.registered": "новый проект месторождение 新規案件",
    "party.registered": "новая компания инвестор 新規企業",
}


def group_of(kind: EventKind) -> str:
    """Under which heading of GROUPS an event is listed."""
    return next(group for group, pattern in _GROUPS.items() if re.match(rf"(?:{pattern})(?:\.|$)", kind.name))


def find_events(text: str) -> Sequence[EventKind]:
    """The events that the words mean, the likeliest first; corrections, which need an event to correct, are never among them.

    Each word must be a part of the event's name, its label in some language, its summary or the words of the trade for it.
    """
    words = re.findall(r"[\w-]+", text.casefold())[:_WORDS_MAX]
    if not words:
        return ()
    meant = event_hint(text).partition("did you mean ")[2].rstrip("?").partition(" ")[0]
    ranked = [
        (0 if kind.name == meant else 1, -min(ranks), kind.precedence, kind)
        for kind in VOCABULARY
        if not kind.is_correction
        for ranks in [[_rank(word, kind.name) for word in words]]
        if kind.name == meant or all(ranks)
    ]
    return [kind for *_, kind in sorted(ranked, key=lambda row: row[:3])]


def _rank(word: str, name: str) -> int:
    """How well a word fits: 3 for the name or a label, 2 for the words of the trade, 1 for the summary, 0 not at all."""
    return max(
        (rank for rank, texts in enumerate(_texts(name), 1) if any(_fits(word, text) for text in texts)), default=0
    )


def _fits(word: str, text: str) -> bool:
    """Whether the text begins with the word; Russian endings are let differ, and Japanese has no spaces between words."""
    if not word.isascii() and re.search(r"[\u3040-\u9fff]", word):
        return word in text
    if text.startswith(word):
        return True
    stem = word[: max(_STEM_LENGTH, len(word) - 2)]
    return not word.isascii() and len(word) > _STEM_LENGTH and text.startswith(stem)


@cache
def _texts(name: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    kind = EVENT_KINDS[name]
    labels = [name, *(translation(language).gettext(name) for language in LANGUAGES)]
    trade = [*words_of_event(name), _MORE_WORDS.get(name, "")]
    return _words([kind.summary]), _words(trade), _words(labels)


def _words(texts: Sequence[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in re.findall(r"[\w-]+", text.casefold().replace(".", " ")))
