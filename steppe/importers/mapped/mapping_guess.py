"""A proposal of a mapping file for a table that nobody mapped yet: by its headings and what its cells look like. A person confirms it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from steppe.importers.cell_values import NumberCell, country_of, text_of
from steppe.importers.import_report import EditionReport
from steppe.importers.mapped.written_values import Style, UnreadableError, day_of, money_of, unit_of
from steppe.importers.project_keys import slug_of
from steppe.importers.table_rows import Headings, open_table

_ROWS_MAX = 500
_WORDS_MAX = 30
_MEANINGS: Mapping[str, tuple[str, ...]] = {
    "name": ("project", "project name", "title", "name", "проект", "название", "название проекта", "наименование", "объект", "месторождение"),
    "key": ("id", "no", "no.", "#", "code", "№", "№ п п", "номер", "код", "n"),
    "country": ("country", "host country", "страна", "страна проекта", "государство"),
    "place": ("place", "location", "region", "province", "место", "регион", "область", "город", "местоположение"),
    "sector": ("sector", "industry", "отрасль", "сектор"),
    "commodities": ("commodity", "commodities", "mineral", "minerals", "product", "сырьё", "сырье", "полезное ископаемое", "металл", "металлы", "продукция"),
    "latitude": ("latitude", "lat", "широта"),
    "longitude": ("longitude", "lon", "lng", "долгота"),
    "investor": ("investor", "investors", "company", "owner", "инвестор", "инвесторы", "компания", "участник"),
    "investor_country": ("investor country", "country of investor", "страна инвестора", "страна компании"),
    "stake": ("share", "stake", "stake %", "доля", "доля %", "доля, %"),
    "amount": ("amount", "value", "investment", "sum", "сумма", "стоимость", "инвестиции", "объём инвестиций", "объем инвестиций"),
    "currency": ("currency", "валюта"),
    "status": ("status", "статус", "состояние"),
    "event": ("event", "type", "what", "событие", "тип", "вид", "документ", "вид документа", "тип документа"),
    "date": ("date", "when", "дата", "дата события", "дата подписания"),
    "note": ("note", "notes", "comment", "comments", "примечание", "комментарий"),
    "url": ("source", "link", "url", "ссылка", "источник"),
}  # fmt: skip
# Where no heading is one of these: what a part of it means. The first that fits.
_STEMS: Sequence[tuple[str, str]] = (
    (r"(страна|country).*(инвест|партн|компан|investor|partner)", "investor_country"),
    (r"(дол[яи]|участи|share|stake).*(%|процент|percent)|^дол[яи]\b|\bstake", "stake"),
    (r"валют|currency", "currency"),
    (r"сумм|стоимост|об[ъь]?[её]м.*(инвест|финанс|вложен|сделк)|вложени|amount|investment size", "amount"),
    (r"инвестор|партн[её]р|контрагент|investor|partner", "investor"),
    (r"наименован|назван|^проект\b|project name|project title", "name"),
    (r"страна|государств|country", "country"),
    (r"отрасл|сектор|деятельност|сфера|industry|sector", "sector"),
    (r"сырь|ископаем|металл|mineral|commodit", "commodities"),
    (r"регион|област|местополож|location|region", "place"),
    (r"подписан|заключен|signed|signature", "date"),
    (r"документ|соглашени|(вид|тип) сделки|instrument|deal type", "event"),
    (r"примечан|комментар|comment|remark", "note"),
    (r"статус|состояни|status", "status"),
)
# What the words of a heading, or of a cell, mean as an event, and what the event says nothing without. The first that fits.
_EVENTS: Sequence[tuple[str, str, Mapping[str, str]]] = (
    (r"framework|рамочн", "memorandum.signed", {"instrument": "framework"}),
    (r"memorand|\bmou\b|меморанд|\bмов\b|протокол о намер", "memorandum.signed", {"instrument": "mou"}),
    (r"term ?sheet|heads of terms|терм ?шит|основные условия", "termsheet.signed", {"instrument": "term-sheet"}),
    (r"feasibility|тэо|технико-эконом", "study.completed", {"kind": "feasibility"}),
    (r"cancel|отмен|закрыт", "project.cancelled", {}),
    (r"suspend|shelved|приостанов|заморож", "project.suspended", {}),
    (r"licen[cs]e|concession|лиценз|концесс|право недрополь", "rights.granted", {"right": "mining"}),
    (r"\bloan|credit agreement|кредит|займ|заём|заем", "loan.signed", {}),
    (r"\bgrant|грант", "grant.committed", {}),
    (r"equity|share purchase|выкуп доли|покупк\w+ дол|купли-продажи дол|приобретение", "equity.agreed", {}),
    (r"\bepc\b|contractor|подряд", "works.awarded", {}),
    (r"construction|groundworks|строительств", "construction.started", {}),
    (r"production|commission|operation|ввод|запуск|добыч|производств", "production.started", {"phase": "commercial"}),
    (r"announce|statement|intent|объявл|заявл|намерен", "intent.announced", {"kind": "statement"}),
)
_SECTORS = (
    (r"min(ing|eral)|горн|добыч|недр", "mining"), (r"process|metallurg|smelt|переработ|металлург", "processing"),
    (r"energ|power|электро|энерг", "energy"), (r"transport|rail|road|logist|транспорт|дорог|логист", "transport"),
    (r"water|climate|resilien|водн|климат", "resilience"), (r"educat|training|health|образован|здрав|кадр", "human-capital"),
)  # fmt: skip
_COMMODITIES: Mapping[str, str] = {
    "вольфрам": "tungsten", "молибден": "molybdenum", "медь": "copper", "золото": "gold", "серебро": "silver", "уран": "uranium",
    "литий": "lithium", "цинк": "zinc", "свинец": "lead", "титан": "titanium", "олово": "tin", "никель": "nickel", "хром": "chromium",
    "марганец": "manganese", "железная руда": "iron-ore", "сталь": "steel", "уголь": "coal", "газ": "natural-gas", "природный газ": "natural-gas",
    "нефть": "oil", "водород": "hydrogen", "редкие земли": "rare-earths", "рзм": "rare-earths", "редкоземельные металлы": "rare-earths",
    "сурьма": "antimony", "тантал": "tantalum", "графит": "graphite", "бериллий": "beryllium", "ванадий": "vanadium", "электроэнергия": "electricity",
    "вода": "water",
}  # fmt: skip


def propose_mapping(path: Path) -> str:
    """YAML of a mapping for the table of a file, with remarks on what a person has to check. Raises BadFileError."""
    report = EditionReport("", [path.name])
    table = open_table(
        path,
        _is_table,
        "no row of it looks like headings, such as Project, Country, Date, Проект, Страна, Дата",
        report,
    )
    rows = [row.cells for row in islice(table.rows, _ROWS_MAX)]
    return _Proposal(path.stem, table.headings, rows).text()


def _is_table(headings: Headings) -> bool:
    meant = {_meaning(heading) or _meaning_of_part(heading) for heading in headings} - {None}
    return "name" in meant and len(meant) >= 2


def _meaning(heading: str) -> str | None:
    return next((meaning for meaning, words in _MEANINGS.items() if heading in words), None)


def _meaning_of_part(heading: str) -> str | None:
    """What a part of a heading means; nothing where the whole may be an event."""
    if _meaning(heading) is not None or _event_of(heading) is not None:
        return None
    return next((meaning for pattern, meaning in _STEMS if re.search(pattern, heading)), None)


class _Proposal:
    """What a table probably is."""

    def __init__(self, name: str, headings: Headings, rows: Sequence[Mapping[str, str]]) -> None:
        self._name = name
        self._headings = [heading for heading in headings if heading]
        self._rows = rows
        by_part = {
            meaning: heading
            for heading in reversed(self._headings)
            if (meaning := _meaning_of_part(heading)) is not None
        }
        whole = {meaning: heading for heading in reversed(self._headings) if (meaning := _meaning(heading)) is not None}
        self._of = by_part | whole
        self._remarks = [
            f"{heading!r} is taken for the {meaning.replace('_', ' ')} by a part of it"
            for meaning, heading in reversed(by_part.items())
            if meaning not in whole
        ]
        self._order = self._order_of_dates()
        self._decimal = self._decimal_sign()
        self._style = Style(self._order, self._decimal)

    def text(self) -> str:
        """The mapping, with remarks before it."""
        document: dict[str, Any] = {
            "source": f"/import/csv/{slug_of(self._name) or 'table'}",
            "dates": self._order,
            "decimal": self._decimal,
            "project": self._project(),
            "events": list(self._events()),
        }
        used = yaml.safe_dump(document, allow_unicode=True)
        rest = [heading for heading in self._headings if not re.search(rf"(?<!\w){re.escape(heading)}(?!\w)", used)]
        if rest:
            self._remarks.append(f"not used: {', '.join(rest)}")
        if not document["events"]:
            self._remarks.append("no column was taken for the date of an event: write the events (docs/importing.md)")
        head = "# Proposed from the headings and the first rows; read it before you use it.\n"
        remarks = "".join(f"# - {remark}\n" for remark in dict.fromkeys(self._remarks))
        return head + remarks + yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)

    def _project(self) -> dict[str, Any]:
        project: dict[str, Any] = {"name": self._of["name"]}
        if "key" in self._of and len(set(self._texts(self._of["key"]))) == len(self._rows):
            project["key"] = self._of["key"]
        fields: dict[str, Any] = {}
        for meaning in ("country", "place", "latitude", "longitude"):
            if meaning in self._of:
                fields[meaning] = self._of[meaning]
        if "country" not in fields:
            fields["country"] = {"constant": "KZ"}
            self._remarks.append("no column tells the country: KZ is a guess")
        elif unknown := {text for text in self._texts(fields["country"]) if country_of(text) is None}:
            self._remarks.append(f"no country that is known: {', '.join(sorted(unknown)[:5])}")
        fields["sector"] = self._in_words("sector", _SECTORS, "other")
        fields["kind"] = {"constant": "deposit"}
        self._remarks.append("kind is a guess: deposit, plant, corridor, programme, ... (docs/vocabulary.md)")
        if "commodities" in self._of:
            fields["commodities"] = self._commodities(self._of["commodities"])
        project["fields"] = fields
        return project

    def _commodities(self, heading: str) -> dict[str, Any]:
        words = dict.fromkeys(piece for cell in self._texts(heading) for piece in _pieces(cell))
        meant = {word: _COMMODITIES.get(word.casefold()) or slug_of(word) for word in list(words)[:_WORDS_MAX]}
        if doubtful := [word for word in meant if not word.isascii() and word.casefold() not in _COMMODITIES]:
            self._remarks.append(
                f"say the English words of the commodities, so that they meet others: {', '.join(doubtful)}"
            )
        return {"column": heading, "words": meant}

    def _in_words(self, meaning: str, patterns: Sequence[tuple[str, str]], default: str) -> dict[str, Any]:
        if meaning not in self._of:
            self._remarks.append(f"no column tells the {meaning}: {default} is a guess")
            return {"constant": default}
        words = {}
        for text in dict.fromkeys(self._texts(self._of[meaning])):
            words[text] = next((meant for pattern, meant in patterns if re.search(pattern, text.casefold())), default)
        return {"column": self._of[meaning], "words": dict(list(words.items())[:_WORDS_MAX]), "constant": default}

    def _events(self) -> Iterator[dict[str, Any]]:
        """One for each dated column; or one that its own column names; and what the words of a status mean."""
        dated = [heading for heading in self._headings if self._is_dated(heading)]
        if "event" in self._of and self._of.get("date") in dated:
            yield from self._named_by_column(self._of["event"], self._of["date"])
            return
        for heading in dated:
            meant = _event_of(heading)
            if meant is None:
                self._remarks.append(f"what happened on the day in {heading!r} is not clear")
                continue
            yield {"name": meant[0], "occurred": heading, **self._details(meant[0]), "fields": self._fields(meant[1])}
        for text in dict.fromkeys(self._texts(self._of.get("status", ""))):
            meant = _event_of(text)
            if meant is not None and meant[0] in ("project.cancelled", "project.suspended"):
                yield {"name": meant[0], "when": {self._of["status"]: [text]}}

    def _named_by_column(self, event: str, date: str) -> Iterator[dict[str, Any]]:
        words: dict[str, str] = {}
        needed: dict[str, dict[str, str]] = {}
        for text in list(dict.fromkeys(self._texts(event)))[:_WORDS_MAX]:
            meant = _event_of(text)
            if meant is None:
                self._remarks.append(f"which event {text!r} is, is not clear")
            else:
                words[text] = meant[0]
                for field, constant in meant[1].items():
                    needed.setdefault(field, {})[text] = constant
        if words:
            named = {"column": event, "words": words}
            yield {
                "name": named,
                "occurred": date,
                **self._details("memorandum.signed"),
                "fields": {
                    **{field: {"column": event, "words": constants} for field, constants in needed.items()},
                    **self._fields({}),
                },
            }

    def _details(self, event: str) -> dict[str, Any]:
        """Pursuers and amount, which stand on every event that has a place for them."""
        details: dict[str, Any] = {}
        if "investor" in self._of and not event.startswith("project."):
            party: dict[str, Any] = {
                "name": self._of["investor"],
                "role": "financier" if event == "loan.signed" else "investor",
            }
            for field, meaning in (("country", "investor_country"), ("stake_percent", "stake")):
                if meaning in self._of:
                    party[field] = self._of[meaning]
            details["parties"] = [party]
        if "amount" in self._of and event in (
            "memorandum.signed",
            "loan.signed",
            "grant.committed",
            "equity.agreed",
            "works.awarded",
        ):
            details["amount"] = self._amount(self._of["amount"])
        if "url" in self._of:
            details["evidence"] = {"url": self._of["url"], "grade": "other"}
        return details

    def _amount(self, heading: str) -> dict[str, Any]:
        amount: dict[str, Any] = {"value": heading}
        times, currency = unit_of(heading)
        if times > 1:
            amount["times"] = times
        if "currency" in self._of:
            amount["currency"] = self._of["currency"]
        elif currency is not None:
            amount["currency"] = {"constant": currency}
        elif any(currency is None for currency in self._currencies(heading)):
            amount["currency"] = {"constant": "USD"}
            self._remarks.append(f"{heading!r} does not tell the currency everywhere: USD is a guess")
        return amount

    def _currencies(self, heading: str) -> Iterator[str | None]:
        for text in self._texts(heading):
            try:
                yield money_of(text, self._style)[1]
            except UnreadableError:
                self._remarks.append(f"{text!r} is no sum of money")

    def _fields(self, needed: Mapping[str, str]) -> dict[str, Any]:
        fields: dict[str, Any] = {name: {"constant": constant} for name, constant in needed.items()}
        return {**fields, "note": self._of["note"]} if "note" in self._of else fields

    def _is_dated(self, heading: str) -> bool:
        if (_meaning(heading) or _meaning_of_part(heading)) not in (None, "date"):
            return False
        texts = self._texts(heading)
        return bool(texts) and sum(map(self._is_day, texts)) * 10 >= len(texts) * 6

    def _is_day(self, text: str) -> bool:
        try:
            day = day_of(text, self._style)
        except UnreadableError:
            return False
        return "1900" <= day[:4] <= "2100"

    def _order_of_dates(self) -> str:
        firsts = [
            (int(match[1]), int(match[2]))
            for row in self._rows
            for cell in row.values()
            if (match := re.fullmatch(r"\s*([0-9]{1,2})[./-]([0-9]{1,2})[./-][0-9]{4}.*", cell))
        ]
        if any(second > 12 for _, second in firsts) and not any(first > 12 for first, _ in firsts):
            return "mdy"
        if firsts and not any(first > 12 for first, _ in firsts):
            self._remarks.append("whether day or month stands first in dates is not clear: day is a guess")
        return "dmy"

    def _decimal_sign(self) -> str:
        cells = [cell for row in self._rows for cell in row.values() if not isinstance(cell, NumberCell)]
        commas = sum(bool(re.search(r"[0-9],[0-9]{1,2}(?![0-9])", cell)) for cell in cells)
        points = sum(bool(re.search(r"(?<![0-9.])[0-9 ]+\.[0-9]{1,2}(?![0-9.])", cell)) for cell in cells)
        return "," if commas > points else "."

    def _texts(self, heading: str) -> list[str]:
        cells = (row.get(heading, "") for row in self._rows)
        texts = (cell.with_sign(self._decimal) if isinstance(cell, NumberCell) else cell for cell in cells)
        return [text for cell in texts if (text := text_of(cell)) is not None]


def _event_of(text: str) -> tuple[str, Mapping[str, str]] | None:
    return next(((name, needed) for pattern, name, needed in _EVENTS if re.search(pattern, text.casefold())), None)


def _pieces(cell: str) -> list[str]:
    return [piece.strip() for piece in re.split(r"[;,\n]", cell) if piece.strip()]
