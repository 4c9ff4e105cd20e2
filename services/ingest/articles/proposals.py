"""What an article may tell, by rules: events with the sentence that they came from. A person decides about each.

A rule is a pattern that a sentence has to hold, in English, Russian or Japanese, and the event with the fields that it then says. What
is only planned is never proposed as done. Projects and parties are proposed by registered names that the sentence has; which role a
party has is left to the person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from services.ingest.articles.mentions import NameFinder, RegisteredName, is_ambiguous
from steppe.page.spoken_dates import spoken_date

PROPOSALS_MAX = 20
_SENTENCES_MAX = 1_500
_PARTIES_MAX = 8
_SENTENCE_CHARACTERS_MAX = 600

_SIGNED = r"(?:sign|conclud|ink|execut|seal)\w*"
_SIGNED_RU = r"(?:подпис|заключ)\w*"
_SIGNED_JA = r"(?:署名|締結|調印|合意)"
_BEGAN = r"(?:began|begun|started|commenced|launched|broke|kicked off)"
_RULES: tuple[tuple[str, str, Mapping[str, str]], ...] = tuple(
    (pattern, name, dict(pair.split("=") for pair in fields.split()))
    for pattern, name, fields in (
        (rf"letters? of interest.*{_SIGNED}|{_SIGNED}.*letters? of interest|issued.*letters? of interest|письм\w* о заинтересованности", "termsheet.signed", "instrument=letter-of-interest"),
        (rf"term sheet.*{_SIGNED}|{_SIGNED}.*term sheet|heads of (?:terms|agreement)|термшит|タームシート.*{_SIGNED_JA}", "termsheet.signed", "instrument=term-sheet"),
        (rf"letters? of intent.*{_SIGNED}|{_SIGNED}.*letters? of intent|{_SIGNED_RU}.*письм\w* о намерениях|письм\w* о намерениях.*{_SIGNED_RU}", "memorandum.signed", "instrument=loi"),
        (rf"memorand\w+.*{_SIGNED}|{_SIGNED}.*memorand\w+|\bmous?\b.*{_SIGNED}|{_SIGNED}.*\bmous?\b|меморандум\w*.*{_SIGNED_RU}|{_SIGNED_RU}.*меморандум\w*|覚書.*{_SIGNED_JA}", "memorandum.signed", "instrument=mou"),
        (rf"framework agreement.*{_SIGNED}|{_SIGNED}.*framework agreement|рамочн\w+ соглашени\w+", "memorandum.signed", "instrument=framework"),
        (r"final investment decision|\bfid\b|окончательн\w+ инвестиционн\w+ решени\w+|最終投資決定", "investment.decided", ""),
        (r"(?:reach\w*|achiev\w*|complet\w*) financial clos|financial close was|финансов\w+ закрыти|ファイナンシャルクローズ", "finance.closed", ""),
        (rf"(?:loan|credit|facility) agreement.*{_SIGNED}|{_SIGNED}.*(?:loan|credit|facility) agreement|кредитн\w+ (?:договор|соглашени)\w*.*{_SIGNED_RU}|{_SIGNED_RU}.*кредитн\w+ (?:договор|соглашени)|融資契約.*{_SIGNED_JA}", "loan.signed", ""),
        (r"board.*approv\w*.*(?:loan|financing|facility)|approv\w* (?:a|the) .*loan|одобрил\w* (?:кредит|финансирование)|融資を承認", "finance.approved", ""),
        (rf"off-?take.*{_SIGNED}|{_SIGNED}.*(?:off-?take|power purchase agreement|\bppa\b)|офтейк\w*|引取契約.*{_SIGNED_JA}|オフテイク契約", "offtake.signed", ""),
        (r"(?:complet|clos)\w* (?:the |its )?(?:acquisition|purchase).*(?:stake|shares|interest)|закрыл\w* сделку.*(?:дол|акци)", "equity.closed", ""),
        (r"(?:acquir|buy|bought|purchas|agree\w* to (?:acquire|buy|take)|take)\w*.*(?:stake|shares|equity|interest in)|shareholders.? agreement|share purchase agreement|(?:приобр|купи)\w+.*(?:дол[юиея]|акци\w+|пакет)|株式.*取得|出資契約", "equity.agreed", ""),
        (r"(?:licen[cs]e|permit|concession|subsoil use right)s?.*(?:revok|withdr|cancel|terminat)\w*|лицензи\w+.*(?:отозва|аннулир|прекращ)\w*", "rights.revoked", ""),
        (r"(?:granted|awarded|issued|received|obtained|won).*(?:mining|exploration|subsoil)? ?(?:licen[cs]e|concession)|(?:получил\w*|выдан\w*).*лицензи|鉱業権.*(?:付与|取得)", "rights.granted", "right=mining"),
        (r"(?:epc|construction|works) contract.*(?:award|sign)\w*|awarded.*(?:epc|construction) contract|договор\w* подряда", "works.awarded", ""),
        (r"gr(?:ou)?nd-?breaking|laid the (?:foundation|first) stone|заклад\w+ (?:первого )?камн|起工式", "intent.announced", "kind=ground-breaking"),
        (rf"construction.*{_BEGAN}|{_BEGAN}.*construction|строительств\w+.*(?:нача|старт)\w*|(?:нача|старт)\w*.*строительств|着工", "construction.started", ""),
        (rf"production.*{_BEGAN}|{_BEGAN}.*production|(?:was|were) commissioned|first (?:ore|metal|power|gas|oil)|(?:запущен|запустил|введ[её]н)\w*.*(?:производств|эксплуатаци|завод|фабрик)|生産を?開始|操業を?開始", "production.started", ""),
        (r"(?:suspend|halt|pause)\w*.*(?:project|construction|production|work)|(?:project|construction|production|work)\w*.*(?:suspend|halt|put on hold)\w*|приостанов\w+", "project.suspended", ""),
        (r"(?:withdr[ae]w|pulled out|walked away|exit(?:ed|s)) .*|выш(?:ел|ла|ли) из проекта|отказал\w+ от участия|撤退", "investor.withdrew", ""),
        (r"terminat\w+.*(?:contract|agreement)|(?:contract|agreement).*terminat\w+|расторг\w+|解除", "contract.terminated", ""),
        (r"(?:abandon|cancel|scrap)\w* the project|project (?:was|has been) (?:abandoned|cancelled|canceled|scrapped)|проект отмен[её]н", "project.cancelled", ""),
        (r"feasibility study.*(?:complet|deliver|finish|publish)\w*|(?:complet|deliver|finish|publish)\w*.*feasibility study|тэо.*(?:заверш|подготовлен)\w*", "study.completed", "kind=feasibility"),
        (r"feasibility study|тэо\b|実現可能性調査", "study.started", "kind=feasibility"),
        (r"sanction(?:s|ed)\b|санкци\w+|制裁", "setback.reported", "kind=sanctions"),
        (r"arbitration|арбитраж\w*|仲裁", "setback.reported", "kind=dispute"),
        (r"pledg\w+ .*(?:million|billion)|commit\w+ to invest|обеща\w+ .*(?:млн|млрд)", "pledge.announced", ""),
    )
)  # fmt: skip
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), name, fields) for pattern, name, fields in _RULES)
_NOT_DONE = re.compile(
    r"\b(?:will|would|plans?|planned|planning|intends?|expects?|expected|hopes?|could|(?-i:may)(?! \d)|might|is to|are to|set to|aims?|seeks?|in talks"
    r"|discuss\w*|propos\w*|consider\w*|not|never|no longer|failed to)\b"
    r"|планиру\w+|намерен\w*|ожида\w+|должн\w+|будет|будут|может|могут|предлага\w+|обсужда\w+|\bне\b|予定|計画|見込|検討|目指|方針",
    re.IGNORECASE,
)
_MAY_BE_PLANNED = frozenset(
    {"intent.announced", "pledge.announced", "setback.reported", "investor.withdrew", "project.cancelled"}
)
_PLACES = {
    "million": 6,
    "mln": 6,
    "m": 6,
    "billion": 9,
    "bn": 9,
    "b": 9,
    "trillion": 12,
    "млн": 6,
    "млрд": 9,
    "трлн": 12,
}
_CURRENCIES = (
    (r"us\$|usd|u\.s\. dollars?|us dollars?|dollars?|\$|долл\w*\.?|米ドル|ドル", "USD"),
    (r"eur|euros?|€|евро|ユーロ", "EUR"), (r"jpy|yen|¥|иен\w*|円", "JPY"), (r"kzt|tenge|тенге|テンゲ", "KZT"),
    (r"rub|roubles?|rubles?|рубл\w*|₽", "RUB"), (r"cny|rmb|yuan|юан\w*|元", "CNY"), (r"gbp|£|pounds?", "GBP"),
)  # fmt: skip
_SIGN = "|".join(pattern for pattern, _ in _CURRENCIES)
_NUMBER = r"(\d{1,3}(?:[ ,\u00a0]\d{3})+|\d+(?:[.,]\d+)?)"
_PLACE = r"(million|mln|billion|bn|trillion|млн|млрд|трлн|m|b)\b\.?"
_AMOUNTS = (
    re.compile(rf"({_SIGN})\s?{_NUMBER}\s?(?:{_PLACE})?", re.IGNORECASE),
    re.compile(rf"{_NUMBER}\s?(?:{_PLACE})?\s?({_SIGN})(?!\w)", re.IGNORECASE),
)
_STAKE = re.compile(r"(\d{1,3}(?:[.,]\d+)?)\s?(?:%|percent|per cent|процент\w*|パーセント)", re.IGNORECASE)
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|января|февраля|марта|апреля|мая|июня"
    r"|июля|августа|сентября|октября|ноября|декабря)"
)
_DATES = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)? {_MONTH},? \d{{4}}|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\b{_MONTH} \d{{4}}"
    r"|\b\d{4}-\d{2}-\d{2}\b|\d{4}年\d{1,2}月(?:\d{1,2}日)?|\bQ[1-4] \d{4}",
    re.IGNORECASE,
)
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+(?=[\"“«A-ZА-ЯЁ0-9])|(?<=[。！？])|\n+")


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """An event that a sentence may tell, with the texts of the form that the sentence gives, by their names.

    `names`: those of the projects and parties among the texts.
    """

    name: str
    sentence: str
    texts: dict[str, str]
    names: tuple[RegisteredName, ...] = ()


def propose(text: str, published: str = "", finder: NameFinder | None = None) -> Sequence[Proposal]:
    """The events that a text may tell, in its order, each event of a sentence once; of a long text the first twenty.

    `published`, YYYY-MM-DD or empty: what a sentence without a date tells has happened by then. `finder`: the names that parties
    and projects may have; a name that several bear is nobody's.
    """
    proposals: list[Proposal] = []
    for sentence in sentences_of(text):
        names: set[str] = set()
        for pattern, name, fields in _COMPILED:
            family = name.partition(".")[0]
            if family in names or not pattern.search(sentence):
                continue
            if name not in _MAY_BE_PLANNED and _NOT_DONE.search(sentence):
                continue
            names.add(family)
            named = _named(sentence, finder)
            texts = {**_texts(name, sentence, published), **_data(fields), **_keys(named)}
            proposals.append(Proposal(name=name, sentence=sentence, texts=texts, names=tuple(named)))
            if len(proposals) == PROPOSALS_MAX:
                return proposals
    return proposals


def sentences_of(text: str) -> Iterator[str]:
    """The sentences of a text that are read: the first 1,500, but those of more than 600 characters."""
    for number, sentence in enumerate(_SENTENCE_ENDS.split(text)):
        if number >= _SENTENCES_MAX:
            return
        plain = " ".join(sentence.split())
        if plain and len(plain) <= _SENTENCE_CHARACTERS_MAX:
            yield plain


def _named(sentence: str, finder: NameFinder | None) -> Sequence[RegisteredName]:
    """The parties of a sentence, and its project where it names one."""
    if finder is None:
        return []
    of_sentence = [
        named for bearers in finder.names_in(sentence) for named in bearers if not is_ambiguous(named, bearers)
    ]
    by_key = {(named.kind, named.key): named for named in reversed(of_sentence)}
    parties = [named for named in reversed(by_key.values()) if named.kind == "parties"]
    projects = [named for named in by_key.values() if named.kind == "projects"]
    return [*(projects if len(projects) == 1 else ()), *parties[:_PARTIES_MAX]]


def _keys(names: Sequence[RegisteredName]) -> dict[str, str]:
    parties = [named.key for named in names if named.kind == "parties"]
    texts = {f"data.parties.{number}.party": key for number, key in enumerate(parties)}
    project = next((named.key for named in names if named.kind == "projects"), "")
    return {"subject": project, **texts} if project else texts


def _data(fields: Mapping[str, str]) -> dict[str, str]:
    return {f"data.{name}": text for name, text in fields.items()}


def _texts(name: str, sentence: str, published: str) -> dict[str, str]:
    texts = {"data.occurred": _day(sentence) or (f"../{published}" if published else ""), "data.note": sentence}
    amount = _amount(sentence)
    if amount:
        texts["data.amount.value"], texts["data.amount.currency"] = amount
        texts["data.amount.basis"] = "stated"
    if name.startswith("equity.") and (stake := _STAKE.search(sentence)):
        texts["data.stake_percent"] = stake[1].replace(",", ".")
    return {field: text for field, text in texts.items() if text}


def _day(sentence: str) -> str:
    """The date of the sentence, if it has one and no second."""
    days = {reading for match in _DATES.finditer(sentence) for reading in spoken_date(match[0].replace(",", ""))}
    return days.pop() if len(days) == 1 else ""


def _amount(sentence: str) -> tuple[str, str] | None:
    """The amount of the sentence and its currency, if it has one and no second."""
    amounts: set[tuple[str, str]] = set()
    for number, pattern in enumerate(_AMOUNTS):
        for match in pattern.finditer(sentence):
            sign, digits, place = (match[1], match[2], match[3]) if number == 0 else (match[3], match[1], match[2])
            amounts.add((_scaled(digits, place or ""), _currency(sign)))
    return amounts.pop() if len(amounts) == 1 else None


def _scaled(digits: str, place: str) -> str:
    if re.fullmatch(r"\d{1,3}(?:[ ,\u00a0]\d{3})+", digits):
        plain = re.sub(r"\D", "", digits)
    else:
        plain = digits.replace(",", ".")
    whole, _, fraction = plain.partition(".")
    zeros = _PLACES.get(place.lower(), 0)
    shifted = whole + fraction[:zeros].ljust(zeros, "0")
    rest = fraction[zeros:]
    return (shifted.lstrip("0") or "0") + (f".{rest}" if rest else "")


def _currency(sign: str) -> str:
    return next(code for pattern, code in _CURRENCIES if re.fullmatch(pattern, sign, re.IGNORECASE))
