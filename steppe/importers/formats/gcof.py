"""AidData's Global Chinese Official Finance data set, as CSV or workbook: a row is a project and its one deal (docs/importing.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from steppe.importers.cell_values import country_of, decimal_of, decimal_text, edtf_of, is_nobody, text_of
from steppe.importers.formats.aid_sectors import BUILT_KINDS, sector_and_kind
from steppe.importers.import_report import EditionReport
from steppe.importers.project_keys import party_key, slug_of
from steppe.importers.statement import (
    Before,
    Data,
    Keys,
    Later,
    Statement,
    Thing,
    later_by_stage,
    resumed_instead_of_taken_back,
)
from steppe.importers.table_rows import Headings, Row, open_table

_NEEDED = ("project id", "status", "year", "flow", "title", "recipient iso3", "crs sector code", "amount", "currency")
_READ = frozenset(
    {
        *_NEEDED, "umbrella", "donor", "funding agency", "recipient condensed", "all recipients", "recipient iso2", "crs sector name",
        "sources", "recipient agencies", "start actual", "end actual", "year uncertain", "recommended for research",
        "line of credit", "location details",
    }
)  # fmt: skip
_STAGES = {
    "pipeline: pledge": 0, "pipeline: commitment": 1, "implementation": 2, "completion": 3, "suspended": 4, "cancelled": 4,
}  # fmt: skip
_DEBT = ("loan", "export credits", "supplier", "strategic/supplier")
_GRANT = ("grant", "free-standing technical assistance", "technical assistance", "scholarships")
_DEBT_RELIEF = re.compile(r"debt (forgiveness|rescheduling)", re.IGNORECASE)
_GRADES = (
    ("government source", "official"), ("other official", "official"), ("implementing", "company"), ("media", "press"),
)  # fmt: skip
_EVIDENCE_MAX = 100
_TRUE = frozenset({"true", "1", "1.0", "yes"})


class GcofTable:
    """Reads the table of AidData's Global Chinese Official Finance data set; see docs/importing.md for the mapping."""

    name = "gcof"
    source = "/import/gcof"

    def begin(self) -> GcofTable:
        """Itself: it remembers nothing of earlier files."""
        return self

    def edition_of(self, file: Path) -> str | None:
        """Never: the table does not tell its release."""
        return None

    def names(self, file: Path, report: EditionReport) -> Iterator[tuple[str, str, str]]:
        """Nothing: rows do not name each other."""
        return iter(())

    def things(self, file: Path, edition: str, keys: Keys, report: EditionReport) -> Iterator[Thing]:
        """The rows, one after the other."""
        table = open_table(file, _is_gcof, f"the data set has the columns {', '.join(_NEEDED)}", report)
        for row in table.rows:
            thing = _GcofRow(row, edition, report).thing()
            if thing is not None:
                for heading, cell in row.cells.items():
                    if heading not in _READ and text_of(cell) is not None:
                        report.losses.count(heading or "(no heading)")
                yield thing

    def later(self, before: Before, now: Thing, edition: str, report: EditionReport) -> Later:
        """A project that went on keeps its pledge and its commitment; what else is gone is taken back, but a suspension."""
        return resumed_instead_of_taken_back(later_by_stage(before, now), before, now, edition)


def _is_gcof(headings: Headings) -> bool:
    return all(name in headings for name in _NEEDED)


class _GcofRow:
    """One row and what it says."""

    def __init__(self, row: Row, edition: str, report: EditionReport) -> None:
        self._row = row
        self._edition = edition
        self._report = report
        self._id = self._cell("project id") or ""
        self._status = (self._cell("status") or "").casefold()
        self._flow = (self._cell("flow") or "").casefold()
        umbrella = self._is_true("umbrella")
        self._sector, kind = sector_and_kind(self._cell("crs sector code") or "")
        self._kind = "umbrella" if umbrella else kind

    def thing(self) -> Thing | None:
        """The project; None where the row is refused."""
        country = country_of(self._cell("recipient iso3") or "") or country_of(self._cell("recipient condensed") or "")
        countries = [
            code for name in (self._cell("all recipients") or "").split(";") if (code := country_of(name.strip()))
        ]
        title = self._cell("title")
        for field, reason in (
            ("project id", None if slug_of(self._id) else "the row has no project_id"),
            ("status", None if self._status in _STAGES else f"status {self._cell('status')!r} is none of the data set"),
            ("title", None if title else "the project has no title"),
            (
                "recipient iso3",
                None if country or countries else f"{self._cell('recipient condensed')!r} is no country",
            ),
        ):
            if reason is not None:
                self._report.refuse(self._row.line, field, reason)
                return None
        assert title is not None
        registration: Data = {
            "name": title,
            "country": country or countries[0],
            "sector": self._sector,
            "kind": self._kind,
            "commodities": [],
            "ids": [{"scheme": "aiddata-gcof", "id": self._id}],
        }
        if len(countries) > 1:
            registration["countries"] = countries
        if (place := self._cell("location details")) is not None:
            registration["place"] = place
        statements = [Statement("registered", "project.registered", registration, self._row.line), *self._statements()]
        return Thing(self._id, title, "project", self._row.line, tuple(statements), _STAGES[self._status])

    def _statements(self) -> Iterator[Statement]:
        year = edtf_of(self._cell("year") or "")
        if year is None and (text := self._cell("year")) is not None:
            self._report.refuse(self._row.line, "year", f"{text!r} is no year; only the edition bounds it")
        occurred = {} if year is None else {"occurred": year}
        start, end = self._day("start actual"), self._day("end actual")
        amount = self._amount()
        if self._status == "pipeline: pledge":
            if start or end:
                self._contradict("a pledge has an actual start or end; neither is sent")
            if not self._is_amount_readable():
                return
            if amount is None:
                yield self._statement("intent.announced", {**occurred, "kind": "statement", **self._deal()})
            else:
                yield self._statement("pledge.announced", {**occurred, "amount": amount, **self._deal()})
            return
        commitment = self._commitment()
        if commitment is None:
            return
        if self._is_amount_readable():
            yield self._statement(
                commitment, {**occurred, **({} if amount is None else {"amount": amount}), **self._deal()}
            )
        later = {"occurred": f"{year}/.."} if year else {}
        if self._status == "implementation":
            if end:
                self._contradict(f"it ended on {end} and is in implementation; the end is not sent")
            if self._kind in BUILT_KINDS:
                yield self._statement(
                    "construction.started", {**({"occurred": start} if start else later), **self._deal()}
                )
        elif self._status == "completion":
            yield from self._completion(start, end, later)
        elif self._status in ("suspended", "cancelled"):
            yield self._statement(f"project.{self._status}", later)

    def _completion(self, start: str | None, end: str | None, later: Data) -> Iterator[Statement]:
        if start and end and start >= end:
            self._contradict(f"it started on {start} and ended on {end}; the start is not sent")
            start = None
        ended = {"occurred": end} if end else later
        is_started = bool(start) and self._kind in BUILT_KINDS
        if is_started:
            yield self._statement("construction.started", {"occurred": start, **self._deal()})
        if self._kind == "plant":
            yield self._statement("production.started", {**ended, "phase": "commercial", **self._deal()})
            return
        if is_started:
            yield self._statement("construction.completed", {**ended, **self._deal()})
        yield self._statement("project.completed", ended)

    def _commitment(self) -> str | None:
        """The event of the commitment; None where the flow is none of ours, which is reported."""
        if (relief := _DEBT_RELIEF.match(self._flow)) is not None:
            self._report.unsent.count(f"debt {relief[1]}")
        elif self._flow.startswith(_DEBT):
            return "loan.signed"
        elif self._flow.startswith(_GRANT):
            return "grant.committed"
        else:
            self._report.unsent.count(f"commitment of the flow {self._cell('flow') or 'not told'}")
        return None

    def _deal(self) -> Data:
        """Deal and parties: funding agencies pursue, recipient agencies are hosts."""
        role = "financier" if self._flow.startswith(_DEBT) or _DEBT_RELIEF.match(self._flow) else "donor"
        country = country_of(self._cell("donor") or "")
        parties: dict[tuple[str, str], Data] = {}
        for field, part, home in (("funding agency", role, country), ("recipient agencies", "host", None)):
            for name in _names(self._cell(field) or ""):
                key = party_key(name)
                party = {"party": key, "role": part, "name": name}
                parties.setdefault((key, part), {**party, "country": home} if home else party)
        data: Data = {"deal": slug_of(self._id)}
        return {**data, "parties": list(parties.values())} if parties else data

    def _amount(self) -> Data | None:
        amount, currency = self._cell("amount"), self._cell("currency")
        value = None if amount is None else decimal_of(amount)
        if amount is not None and value is None:
            self._report.refuse(
                self._row.line, "amount", f"{amount!r} is no number; its pledge or commitment is not sent"
            )
        elif amount is not None and currency is None:
            self._report.refuse(
                self._row.line, "currency", f"the amount {amount} has no currency; the deal is sent without it"
            )
        if value is None or currency is None:
            return None
        if value == 0:
            self._report.zeros += 1
            return None
        if value < 0:
            self._contradict(f"the amount is {value}; it is left out")
            return None
        return {"value": decimal_text(value), "currency": currency.upper()}

    def _is_amount_readable(self) -> bool:
        """Whether the amount is none or a number: what is sent without it could never be corrected by the same edition."""
        amount = self._cell("amount")
        return amount is None or decimal_of(amount) is not None

    def _statement(self, name: str, data: Data) -> Statement:
        common: Data = {}
        if self._is_true("year uncertain"):
            common["confidence"] = "low"
        if evidence := _evidence(self._cell("sources") or "", self._report):
            common["evidence"] = evidence
        notes = [
            text
            for text, is_so in (
                ("not recommended for research", not self._is_true("recommended for research", missing="true")),
                ("a line of credit", self._is_true("line of credit")),
            )
            if is_so
        ]
        if notes:
            common["note"] = "AidData: " + "; ".join(notes)
        return Statement(name, name, {**data, **common}, self._row.line)

    def _day(self, field: str) -> str | None:
        text = self._cell(field)
        if text is None:
            return None
        day = edtf_of(text)
        if day is None:
            self._report.refuse(self._row.line, field, f"{text!r} is no day such as 2011-07-05; it is left out")
        elif day > self._edition:
            self._contradict(f"{field} is {day}, after the edition; it is left out")
            return None
        return day

    def _cell(self, field: str) -> str | None:
        cell = self._row.cells.get(field)
        return None if cell is None else text_of(cell)

    def _is_true(self, field: str, missing: str = "") -> bool:
        return (self._cell(field) or missing).casefold() in _TRUE

    def _contradict(self, message: str) -> None:
        self._report.contradict(self._row.line, self._id, message)


def _names(text: str) -> Iterator[str]:
    """The names of `Name, kind; Name, kind`; a name may have commas, too."""
    for piece in text.split(";"):
        name, comma, kind = piece.strip().rpartition(", ")
        if not comma or not re.search(
            r"agency|sector|company|multilateral|private|research|ngo|organi[sz]ation|fund|other", kind.casefold()
        ):
            name = piece.strip()
        if name and not is_nobody(name):
            yield name


def _evidence(text: str, report: EditionReport) -> list[Data]:
    """The sources of `URL, kind; URL, kind` as evidence."""
    evidence = []
    for piece in re.split(r";\s+(?=\S)", text):
        url, _, kind = piece.strip().partition(", ")
        if not url:
            continue
        grade = next((grade for word, grade in _GRADES if word in kind.casefold()), "other")
        named = {"url": url} if re.fullmatch(r"https?://\S+", url) else {"title": piece.strip()[:4_000]}
        if {**named, "grade": grade} not in evidence:
            evidence.append({**named, "grade": grade})
    if len(evidence) > _EVIDENCE_MAX:
        report.losses.count("sources beyond the hundredth of a row", len(evidence) - _EVIDENCE_MAX)
    return evidence[:_EVIDENCE_MAX]
