"""IATI activities, standard 2.x and 1.x: an activity is a project and its one deal (docs/importing.md)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from steppe.domain.values.countries import COUNTRIES, likely_country
from steppe.importers.cell_values import decimal_of, decimal_text, edtf_of, is_nobody, text_of
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
from steppe.importers.xml_elements import attributes_of_root, elements

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_ROOT, _ACTIVITY = "iati-activities", "iati-activity"
_WHAT = "a file of IATI activities has the root iati-activities"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
# Letters and words of version 1, and what they are in version 2.
_TYPES = {
    "IF": "1", "C": "2", "D": "3", "E": "4", "IR": "5", "LR": "6", "R": "7", "QP": "8", "QS": "9", "CG": "10",
}  # fmt: skip
_DATES = {"start-planned": "1", "start-actual": "2", "end-planned": "3", "end-actual": "4"}
_ROLES = {"funding": "1", "accountable": "2", "extending": "3", "implementing": "4"}
_UNSENT = {
    "1": "incoming funds", "5": "interest payment", "6": "loan repayment", "7": "reimbursement",
}  # fmt: skip
_PLEDGES, _COMMITMENTS, _PAYMENTS = ("12", "13"), ("2", "11"), ("3", "4")
_READ = frozenset(
    {
        "iati-identifier", "reporting-org", "title", "participating-org", "activity-status", "activity-date", "recipient-country",
        "location", "sector", "default-finance-type", "transaction", "related-activity",
    }
)  # fmt: skip
_READ_OF_TRANSACTION = frozenset(
    {"transaction-type", "transaction-date", "value", "provider-org", "finance-type", "recipient-country", "sector"}
)
_LISTED_MAX = 100
_CRS = frozenset({"1", "2", "DAC", "DAC-3"})
_DIGITS = re.compile(r"[0-9]{1,4}")


class IatiActivities:
    """Reads files of IATI activities; see docs/importing.md for the mapping."""

    name = "iati"
    source = "/import/iati"

    def begin(self) -> IatiActivities:
        """Itself: it remembers nothing of earlier files."""
        return self

    def edition_of(self, file: Path) -> str | None:
        """The day on which the file says it was generated."""
        generated = attributes_of_root(file, _ROOT, _WHAT).get("generated-datetime")
        day = edtf_of(generated or "")
        return day if day is not None and len(day) == len("2021-05-26") else None

    def names(self, file: Path, report: EditionReport) -> Iterator[tuple[str, str, str]]:
        """Identifier and title of the activities: children name their parents, which may come later."""
        for element in elements(file, _ROOT, _ACTIVITY, _WHAT):
            identifier = _text(element.find("iati-identifier"))
            if identifier is not None:
                yield identifier, _title(element) or identifier, "project"

    def things(self, file: Path, edition: str, keys: Keys, report: EditionReport) -> Iterator[Thing]:
        """The activities, one after the other."""
        for element in elements(file, _ROOT, _ACTIVITY, _WHAT):
            report.read["activities"] += 1
            thing = _Activity(element, edition, keys, report).thing()
            if thing is not None:
                yield thing

    def later(self, before: Before, now: Thing, edition: str, report: EditionReport) -> Later:
        """What is gone is taken back, but a suspension: the activity was taken up again."""
        return resumed_instead_of_taken_back(later_by_stage(before, now), before, now, edition)


@dataclass(frozen=True, slots=True)
class _Transaction:
    """A transaction as far as it can be read. `key` is the same in every edition."""

    element: Element
    type: str
    key: str
    alike: str
    day: str | None
    line: int


class _Activity:
    """One activity and what it says."""

    def __init__(self, element: Element, edition: str, keys: Keys, report: EditionReport) -> None:
        self._element = element
        self._edition = edition
        self._keys = keys
        self._report = report
        self._line = int(element.sourceline or 0)
        self._id = _text(element.find("iati-identifier")) or ""
        self._publisher = self._organisation(element.find("reporting-org"))
        self._evidence = [
            {"title": f"IATI activity {self._id}", "grade": "official"}
            | ({"publisher": self._publisher[1]} if self._publisher else {})
        ]
        self._finance_type = _code(element.find("default-finance-type"))
        self._transactions = list(self._read_transactions())
        self._sector, self._kind = self._main_sector()

    def thing(self) -> Thing | None:
        """The project; None where the activity is refused."""
        if not self._id:
            self._report.refuse(self._line, "iati-identifier", "the activity has no identifier")
            return None
        countries = self._countries()
        if not countries:
            self._report.refuse(
                self._line, "recipient-country", f"{self._id} names no country, in itself or in its transactions"
            )
            return None
        self._count_losses()
        title = _title(self._element) or self._id
        registration = Statement("registered", "project.registered", self._registration(title, countries), self._line)
        statements = (registration, *self._of_transactions(), *self._of_dates_and_status())
        return Thing(self._id, title, "project", self._line, statements)

    def _registration(self, title: str, countries: list[str]) -> Data:
        data: Data = {
            "name": title,
            "country": countries[0],
            "sector": self._sector,
            "kind": self._kind,
            "commodities": [],
            "ids": [{"scheme": "iati", "id": self._id}],
            "evidence": self._evidence,
        }
        if len(countries) > 1:
            data["countries"] = countries[:_LISTED_MAX]
        names = {name: language for name, language in _narratives(self._element.find("title")) if name != title}
        if names:
            data["aliases"] = [
                {"name": name, **({"language": language} if language else {})} for name, language in names.items()
            ][:_LISTED_MAX]
        location = self._element.find("location")
        if location is not None:
            if (place := next((name for name, _ in _narratives(location.find("name"))), None)) is not None:
                data["place"] = place
            data |= _point(location)
        return data

    def _countries(self) -> list[str]:
        """Of the transactions, the most frequent first; else of the activity, the largest share first."""
        named: Counter[str] = Counter()
        for transaction in self._transactions:
            if (code := self._country(transaction.element.find("recipient-country"))) is not None:
                named[code] += 1
        if named:
            return [code for code, _ in named.most_common()]
        shares: dict[str, Decimal] = {}
        for element in self._element.findall("recipient-country"):
            if (code := self._country(element)) is not None:
                shares[code] = shares.get(code, Decimal(0)) + (
                    decimal_of(element.get("percentage") or "") or Decimal(0)
                )
        return sorted(shares, key=lambda code: -shares[code])

    def _country(self, element: Element | None) -> str | None:
        code = _code(element)
        if code is None:
            return None
        country = code if code in COUNTRIES else likely_country(code)
        if country is None:
            self._report.unsent.count(f"country {code!r}, which is no code of ISO 3166")
        return country

    def _main_sector(self) -> tuple[str, str]:
        """Sector and kind with the largest share; of the transactions where the activity names none. Several alike: other."""
        shares: dict[tuple[str, str], Decimal] = {}
        of_transactions = [sector for row in self._transactions for sector in row.element.findall("sector")]
        for sectors in (self._element.findall("sector"), of_transactions):
            for sector in sectors:
                code = _code(sector)
                if code is not None and sector.get("vocabulary", "1") in _CRS:
                    share = decimal_of(sector.get("percentage") or "100") or Decimal(0)
                    what = sector_and_kind(code)
                    shares[what] = shares.get(what, Decimal(0)) + share
            if shares:
                break
        largest = [what for what, share in shares.items() if share == max(shares.values())]
        return largest[0] if len(largest) == 1 else sector_and_kind("")

    def _read_transactions(self) -> Iterator[_Transaction]:
        rows = []
        for element in self._element.findall("transaction"):
            self._report.read["transactions"] += 1
            code = (_code(element.find("transaction-type")) or "").upper()
            type_code = _TYPES.get(code, code)
            day = _iso_day(element.find("transaction-date"))
            if day is None:
                day = edtf_of(_attribute(element.find("value"), "value-date"))
                if day is not None and (text_of_day := _day_text(element.find("transaction-date"))):
                    self._refuse_day(
                        element, "transaction-date", f"{text_of_day!r} is no day; that of the value is taken"
                    )
            text = _text(element.find("value")) or ""
            content = (decimal_of(text) or Decimal(0), _text(element.find("description/narrative")) or "")
            rows.append((element, type_code, day, (element.get("ref") or "").strip(), content))
        refs = Counter((type_code, ref) for _, type_code, _, ref, _ in rows if ref)
        counts: Counter[str] = Counter()
        rows.sort(
            key=lambda row: row[4]
        )  # the count of what is alike otherwise does not depend on the order of the file
        for element, type_code, day, ref, _ in rows:
            if ref and refs[type_code, ref] == 1:
                key, same = f"{type_code}/ref/{ref}", ""
            else:
                names = (self._organisation(element.find(name)) for name in ("provider-org", "receiver-org"))
                provider, receiver = (organisation[0] if organisation else "" for organisation in names)
                same = f"{type_code}/{day or ''}/{provider}/{receiver}"
                counts[same] += 1
                key = f"{same}/{counts[same]}"
            yield _Transaction(element, type_code, key, same, day, int(element.sourceline or 0))

    def _of_transactions(self) -> Iterator[Statement]:
        has_commitment = any(row.type == "2" for row in self._transactions)
        for row in self._transactions:
            if row.type in _UNSENT:
                self._report.unsent.count(f"transaction of type {row.type}, {_UNSENT[row.type]}")
            elif row.type == "11" and has_commitment:
                self._report.unsent.count("transaction of type 11, which repeats one of type 2")
            elif row.type in (*_PLEDGES, *_COMMITMENTS, *_PAYMENTS, "8", "9", "10"):
                statement = self._of_transaction(row)
                if statement is not None:
                    yield statement
            else:
                self._report.unsent.count(f"transaction of type {row.type or 'not told'}")

    def _of_transaction(self, row: _Transaction) -> Statement | None:
        """The event of a transaction; None where it is refused or told of in the report."""
        value_element = row.element.find("value")
        value = decimal_of(re.sub(r"\s", "", _text(value_element) or ""))
        currency = _attribute(value_element, "currency") or self._element.get("default-currency") or ""
        if value is None:
            self._report.refuse(row.line, "value", f"a transaction of {self._id} has no value that can be read")
            return None
        if value == 0:
            self._report.zeros += 1
            return None
        if not currency:
            self._report.refuse(
                row.line, "currency", f"a transaction of {self._id} has no currency, and the activity none"
            )
            return None
        if row.day is None:
            self._report.refuse(
                row.line, "transaction-date", f"a transaction of {self._id} has no day that can be read"
            )
            return None
        finance_type = _code(row.element.find("finance-type")) or self._finance_type
        name, leg = self._event_of(row.type, finance_type, negative=value < 0)
        if name is None:
            return None
        data: Data = {"occurred": row.day, **self._deal(row.element, finance_type)}
        if leg is not None:
            data["leg"] = leg
        data["amount"] = {"value": decimal_text(abs(value)), "currency": currency.strip().upper()}
        return replace(self._statement(row.key, name, data, row.line), alike=row.alike)

    def _event_of(self, type: str, finance_type: str | None, *, negative: bool) -> tuple[str | None, str | None]:
        """Name and leg of the event; without a name it is told of in the report."""
        commitment, leg = _commitment_of(finance_type)
        what = f"finance type {finance_type or 'not told'}"
        if type in _PLEDGES and not negative:
            return "pledge.announced", None
        if type in _COMMITMENTS and commitment is not None:
            return ("commitment.reduced", leg) if negative else (commitment, None)
        if type in _PAYMENTS and leg in ("debt", "grant"):
            return ("funds.returned" if negative else "funds.disbursed"), leg
        if type in ("8", "9", "10") and not negative:
            return {"8": "equity.closed", "9": "equity.exited", "10": "guarantee.issued"}[type], None
        self._report.unsent.count(f"transaction of type {type}, {'negative, ' if negative else ''}{what}")
        return None, None

    def _deal(self, transaction: Element | None, finance_type: str | None) -> Data:
        """The activity's deal, its giver, and the programme through which the money comes."""
        role = "financier" if finance_type is not None and re.fullmatch(r"4[0-9]{2}", finance_type) else "donor"
        giver = self._giver(transaction)
        data: Data = {"deal": slug_of(self._id) or "activity"}
        if giver is not None:
            data["parties"] = [{"party": giver[0], "role": role, "name": giver[1]}]
        return data | self._programme()

    def _programme(self) -> Data:
        for related in self._element.findall("related-activity"):
            parent = (related.get("ref") or "").strip()
            if related.get("type") == "1" and parent != self._id and (key := self._keys.of(parent)) is not None:
                return {"programme": key}
        return {}

    def _giver(self, transaction: Element | None) -> tuple[str, str] | None:
        provider = None if transaction is None else self._organisation(transaction.find("provider-org"))
        if provider is not None:
            return provider
        for role in ("1", "3"):
            for element in self._element.findall("participating-org"):
                role_code = (element.get("role") or "").strip().casefold()
                organisation = self._organisation(element)
                if _ROLES.get(role_code, role_code) == role and organisation is not None:
                    return organisation
        return self._publisher

    def _organisation(self, element: Element | None) -> tuple[str, str] | None:
        """Key and name; by its reference where it has no name."""
        if element is None:
            return None
        name = next((name for name, _ in _narratives(element)), None) or self._name_of(
            (element.get("ref") or "").strip()
        )
        return None if name is None or is_nobody(name) else (party_key(name), name)

    def _name_of(self, reference: str) -> str | None:
        """The name that another element of the activity gives to the reference, else the reference."""
        for tag in ("reporting-org", "participating-org"):
            for element in self._element.findall(tag):
                if reference and element.get("ref") == reference:
                    for name, _ in _narratives(element):
                        return name
        return text_of(reference)

    def _of_dates_and_status(self) -> Iterator[Statement]:
        start, end = self._actual_day("2"), self._actual_day("4")
        if start is not None and self._kind in BUILT_KINDS:
            data = {"occurred": start, **self._deal(None, self._finance_type)}
            yield self._statement("construction.started", "construction.started", data, self._line)
        status = _code(self._element.find("activity-status"))
        ended = {} if end is None else {"occurred": end}
        if status in ("3", "4"):
            last = max(
                (row.day for row in self._transactions if row.day is not None and row.day <= self._edition),
                default=None,
            )
            if end is not None and last is not None and end < last:
                self._contradict(f"it ended on {end}, before its last transaction of {last}")
                ended = {"occurred": last}
            yield self._statement("project.completed", "project.completed", {**ended, **self._programme()}, self._line)
        elif status == "5":
            yield self._statement("project.cancelled", "project.cancelled", {**ended, **self._programme()}, self._line)
        elif status == "6":
            yield self._statement("project.suspended", "project.suspended", self._programme(), self._line)

    def _actual_day(self, type: str) -> str | None:
        for element in self._element.findall("activity-date"):
            date_type = (element.get("type") or "").strip().casefold()
            day = _iso_day(element)
            if _DATES.get(date_type, date_type) == type and day is not None:
                if day <= self._edition:
                    return day
                self._contradict(
                    f"its actual {'start' if type == '2' else 'end'} is {day}, after the edition; it is left out"
                )
            elif _DATES.get(date_type, date_type) == type and (text := _day_text(element)):
                self._refuse_day(element, "activity-date", f"{text!r} is no day; it is left out")
        return None

    def _refuse_day(self, element: Element, field: str, reason: str) -> None:
        self._report.refuse(int(element.sourceline or 0), field, f"{self._id}: {reason}")

    def _statement(self, key: str, name: str, data: Data, line: int) -> Statement:
        return Statement(key, name, {**data, "evidence": self._evidence}, line)

    def _count_losses(self) -> None:
        losses = self._report.losses
        for child in self._element:
            if child.tag not in _READ:
                losses.count(_plain(child.tag))
        losses_of_locations = len(self._element.findall("location")) - 1
        if losses_of_locations > 0:
            losses.count("location beyond the first", losses_of_locations)
        for row in self._transactions:
            for child in row.element:
                if child.tag not in _READ_OF_TRANSACTION:
                    losses.count(f"transaction/{_plain(child.tag)}")

    def _contradict(self, message: str) -> None:
        self._report.contradict(self._line, self._id, message)


def _commitment_of(finance_type: str | None) -> tuple[str | None, str | None]:
    """The event of a commitment, and its leg; (None, None) for what Steppe does not keep."""
    if finance_type is None:
        return "grant.committed", "grant"
    if not _DIGITS.fullmatch(finance_type):
        return None, None
    code = int(finance_type)
    if (410 <= code <= 425 and code != 422) or code in (431, 433):
        return "loan.signed", "debt"
    if code in (110, 422) or 200 <= code <= 299 or 310 <= code <= 319:
        return "grant.committed", "grant"
    if code == 432 or 500 <= code <= 599:
        return "equity.agreed", "equity"
    if code == 1100:
        return "guarantee.issued", "guarantee"
    return None, None


def _title(activity: Element) -> str | None:
    return next((name for name, _ in _narratives(activity.find("title"))), None)


def _narratives(element: Element | None) -> Iterator[tuple[str, str | None]]:
    """The texts of an element with their languages: narratives of version 2, else its own text as in version 1."""
    if element is None:
        return
    for narrative in (*element.findall("narrative"), element):
        text = _text(narrative)
        if text is not None:
            yield text, narrative.get(_LANGUAGE)


def _text(element: Element | None) -> str | None:
    return None if element is None else text_of(re.sub(r"\s+", " ", element.text or ""))


def _code(element: Element | None) -> str | None:
    return text_of(_attribute(element, "code"))


def _attribute(element: Element | None, name: str) -> str:
    return "" if element is None else str(element.get(name) or "")


def _iso_day(element: Element | None) -> str | None:
    """The day of `iso-date`, else of the text, as version 1 allows."""
    if element is None:
        return None
    return edtf_of(re.sub(r"(Z|[+-][0-9]{2}:[0-9]{2})$", "", _day_text(element)))


def _day_text(element: Element | None) -> str:
    return "" if element is None else (_attribute(element, "iso-date") or element.text or "").strip()


def _point(location: Element) -> Data:
    position = (location.findtext("point/pos") or "").split()
    coordinates = location.find("coordinates")  # version 1
    if coordinates is not None:
        position = [_attribute(coordinates, "latitude"), _attribute(coordinates, "longitude")]
    numbers = [number for text in position if (number := decimal_of(text)) is not None]
    if len(numbers) != 2 or abs(numbers[0]) > 90 or abs(numbers[1]) > 180:
        return {}
    return {"latitude": float(numbers[0]), "longitude": float(numbers[1])}


def _plain(tag: str) -> str:
    """The name of an element; extensions of publishers without their address."""
    return tag.rpartition("}")[2] + (" (extension)" if tag.startswith("{") else "")
