"""OC4IDS projects: an infrastructure project with its money and its contracts (docs/importing.md)."""

from __future__ import annotations

from collections.abc import Iterator, Set
from pathlib import Path

from steppe.importers.formats.open_contracting import (
    Json,
    count_losses,
    country_of_address,
    day,
    identifier,
    in_own_words,
    member,
    money,
    objects,
    organisation,
    parties_of,
    past_day,
    point,
    sector_of_words,
    words,
)
from steppe.importers.import_report import EditionReport
from steppe.importers.json_items import json_items, text_at_top
from steppe.importers.project_keys import slug_of
from steppe.importers.statement import (
    Before,
    Data,
    Keys,
    Later,
    Statement,
    Thing,
    later_by_stage,
)

_WHAT = "OC4IDS has a package of projects, or one of them a line"
_READ = frozenset(
    {
        "id", "updated", "title", "identifiers", "status", "sector", "additionalClassifications", "period", "locations", "publicAuthority",
        "parties", "budget", "transactions", "contractingProcesses", "completion",
    }
)  # fmt: skip
_READ_OF_SUMMARY = frozenset(
    {"ocid", "nature", "title", "status", "suppliers", "contractValue", "contractPeriod", "transactions", "finance"}
)
_STAGES = {
    "identification": 1, "preparation": 2, "implementation": 3, "completion": 4, "maintenance": 5, "completed": 6, "decommissioning": 6,
    "decommissioned": 7, "cancelled": 7,
}  # fmt: skip
# By the kind of finance: the event, the leg, the role of who gives.
_FINANCE = {
    "loan": ("loan.signed", "debt", "financier"), "bond": ("loan.signed", "debt", "financier"), "hybrid": ("loan.signed", "debt", "financier"),
    "grant": ("grant.committed", "grant", "donor"), "shares.listed": ("equity.agreed", "equity", "investor"),
    "shares.unlisted": ("equity.agreed", "equity", "investor"), "guarantee": ("guarantee.issued", "guarantee", "financier"),
}  # fmt: skip
_OWN = "steppe"
_LISTED_MAX = 100


class Oc4idsProjects:
    """Reads packages of OC4IDS projects; see docs/importing.md for the mapping."""

    name = "oc4ids"
    source = "/import/ocds"  # the format ocds reads these files, too: whichever is said, the events are the same

    def begin(self) -> Oc4idsProjects:
        """Itself: it remembers nothing of earlier files."""
        return self

    def edition_of(self, file: Path) -> str | None:
        """The day on which the package says that it was published."""
        return day(text_at_top(file, "publishedDate"))

    def names(self, file: Path, report: EditionReport) -> Iterator[tuple[str, str, str]]:
        """Nothing: projects do not name each other by what is kept."""
        return iter(())

    def things(self, file: Path, edition: str, keys: Keys, report: EditionReport) -> Iterator[Thing]:
        """The projects, one after the other."""
        for number, item in json_items(file, project_layout, _WHAT):
            report.read["projects"] += 1
            thing = _Project(item, number, edition, report).thing()
            if thing is not None:
                yield thing

    def later(self, before: Before, now: Thing, edition: str, report: EditionReport) -> Later:
        """What is no longer said is taken back, unless the project went on."""
        return later_by_stage(before, now)


def project_layout(names: Set[str], is_all: bool) -> str | None:
    """Where projects stand in a file with these names at its top (json_items.Layout)."""
    if "projects" in names:
        return "projects"
    is_project = {"id", "title"} <= names and not names.isdisjoint(
        {"status", "contractingProcesses", "publicAuthority"}
    )
    return "" if is_all and is_project else None


class _Project:
    """One project and what it says."""

    def __init__(self, item: Json, line: int, edition: str, report: EditionReport) -> None:
        self._item = item
        self._line = line
        self._edition = edition
        self._report = report
        self._id = identifier(item.get("id"))
        self._deal = slug_of(self._id) or "project"
        self._parties = {identifier(entry.get("id")): entry for entry in objects(item.get("parties"))}
        publisher = words(member(item, "publicAuthority", "name"))
        self._evidence = [
            {"title": f"OC4IDS project {self._id}", "grade": "official"}
            | ({"publisher": publisher} if publisher else {})
        ]

    def thing(self) -> Thing | None:
        """The project; None where it is refused."""
        if not self._id:
            self._report.refuse(self._line, "id", "the project has no id")
            return None
        countries = list(dict.fromkeys(self._countries()))[:_LISTED_MAX]
        if not countries:
            where = f"{self._id} names no country, neither as its place nor as that of its authority"
            self._report.refuse(self._line, "locations", where)
            return None
        self._count_losses()
        title = words(self._item.get("title")) or self._id
        status = self._item.get("status")
        statements = (
            Statement("registered", "project.registered", self._registration(title, countries), self._line),
            *self._of_status(status), *self._of_finance(), *self._of_transactions(self._item, ""), *self._of_contracts(),
        )  # fmt: skip
        return Thing(self._id, title, "project", self._line, statements, _STAGES.get(str(status), 0))

    def _registration(self, title: str, countries: list[str]) -> Data:
        meant = sector_of_words(str(sector) for sector in self._item.get("sector") or ())
        sector, kind, commodities = in_own_words(objects(self._item.get("additionalClassifications")), meant)
        identifiers = [
            (str(entry.get("scheme") or ""), identifier(entry.get("id")))
            for entry in objects(self._item.get("identifiers"))
        ]
        ids = {("oc4ids", self._id), *((slug_of(scheme), text) for scheme, text in identifiers if scheme != _OWN)}
        data: Data = {
            "name": title, "country": countries[0], "sector": sector, "kind": kind,
            "commodities": commodities,
            "ids": [{"scheme": scheme, "id": text} for scheme, text in sorted(ids) if scheme and text][:_LISTED_MAX],
            "evidence": self._evidence,
        }  # fmt: skip
        if len(countries) > 1:
            data["countries"] = countries
        for location in objects(self._item.get("locations")):
            address = location.get("address")
            text = (
                words(member(address, "locality"))
                or words(member(address, "region"))
                or words(location.get("description"))
            )
            if text is not None:
                data.setdefault("place", text)
            if "latitude" not in data:
                data |= point(location.get("geometry"))
        return data

    def _countries(self) -> Iterator[str]:
        """Of its places, else of its authority."""
        of_places = [country_of_address(place.get("address")) for place in objects(self._item.get("locations"))]
        authority = organisation(self._item.get("publicAuthority"), self._parties)
        yield from (
            code for code in (of_places if any(of_places) else [country_of_address(authority.get("address"))]) if code
        )

    def _of_status(self, status: object) -> Iterator[Statement]:
        started = self._past(
            member(self._item, "implementationPeriod", "startDate") or member(self._item, "period", "startDate"),
            "it began",
        )
        ended = self._past(
            member(self._item, "completion", "endDate") or member(self._item, "period", "endDate"), "it ended"
        )
        deal: Data = {"deal": self._deal, **self._hosts()}
        match status:
            case "identification" | "preparation":
                yield self._statement("intent", "intent.announced", {"kind": "statement", **deal})
            case "implementation":
                yield self._statement("construction", "construction.started", {**started, **deal})
            case "completion" | "maintenance" | "decommissioning":
                if started:
                    yield self._statement("construction", "construction.started", {**started, **deal})
                yield self._statement("built", "construction.completed", {**ended, **deal})
            case "completed" | "cancelled" | "decommissioned":
                if started and status != "cancelled":
                    yield self._statement("construction", "construction.started", {**started, **deal})
                name = "project.retired" if status == "decommissioned" else f"project.{status}"
                yield self._statement("end", name, ended)
            case _:
                self._report.unsent.count(f"status {status or 'not told'}")

    def _of_finance(self) -> Iterator[Statement]:
        """What is committed: loans, grants, shares, guarantees; less than nothing is a reduction."""
        finance = [("", row) for row in objects(member(self._item, "budget", "finance"))]
        for process in objects(self._item.get("contractingProcesses")):
            where = f"{identifier(process.get('id'))}/"
            finance += [(where, row) for row in objects(member(process, "summary", "finance"))]
        for where, row in finance:
            meant = _FINANCE.get(str(row.get("type") or ""))
            if meant is None:
                self._report.unsent.count(f"finance of the type {row.get('type') or 'not told'}")
                continue
            name, leg, role = meant
            amount = money(row.get("value"), self._report)
            parties = parties_of([(organisation(row.get("financingParty"), self._parties), role)])
            data: Data = {
                **self._past(member(row, "period", "startDate"), "finance began"), "deal": self._deal,
                **({"parties": parties} if parties else {}), **({"amount": amount[0]} if amount else {}),
            }  # fmt: skip
            if amount is not None and amount[1]:
                name, data = "commitment.reduced", {**data, "leg": leg}
            yield self._statement(f"finance/{where}{identifier(row.get('id'))}", name, data)

    def _of_transactions(self, of: object, where: str) -> Iterator[Statement]:
        payments: dict[str, int] = {}
        for row in objects(member(of, "transactions")):
            self._report.read["transactions"] += 1
            amount = money(row.get("value"), self._report)
            if amount is None:
                continue
            key = f"payment/{where}{identifier(row.get('id')) or row.get('date')}"
            payments[key] = payments.get(key, 0) + 1
            payer = organisation(row.get("payer"), self._parties)
            funds = "funder" in (payer.get("roles") or ())
            parties = parties_of(
                [(payer, "donor" if funds else "host"), (organisation(row.get("payee"), self._parties), "host")]
            )
            data: Data = {
                **self._past(row.get("date"), "a payment was made"), "deal": self._deal, "amount": amount[0],
                **({"parties": parties} if parties else {}),
            }  # fmt: skip
            name = "funds.returned" if amount[1] else "funds.disbursed"
            yield self._statement(key if payments[key] == 1 else f"{key}/{payments[key]}", name, data)

    def _of_contracts(self) -> Iterator[Statement]:
        for process in objects(self._item.get("contractingProcesses")):
            summary, key = process.get("summary"), identifier(process.get("id"))
            count_losses(self._report, summary, _READ_OF_SUMMARY, "contractingProcesses/summary/")
            if process.get("releases"):
                self._report.losses.count("contractingProcesses/releases")
            yield from self._of_transactions(summary, f"{key}/")
            suppliers = [
                (organisation(supplier, self._parties), "contractor")
                for supplier in objects(member(summary, "suppliers"))
            ]
            if "construction" not in (member(summary, "nature") or ()):
                self._report.unsent.count("contracting process that builds nothing")
                continue
            amount = money(member(summary, "contractValue"), self._report)
            if not suppliers and amount is None:
                self._report.unsent.count("contracting process without supplier and value")
                continue
            authority = organisation(self._item.get("publicAuthority"), self._parties)
            parties = parties_of([*suppliers, (authority, "host")])
            begins, ends = (day(member(summary, "contractPeriod", name)) for name in ("startDate", "endDate"))
            data: Data = {
                **self._past(begins, "a contract began"), "deal": slug_of(f"contract-{key}") or self._deal,
                **({"parties": parties} if parties else {}), **({"amount": amount[0]} if amount and not amount[1] else {}),
                **({"note": f"contract period {begins or '..'} to {ends}"} if ends else {}),
            }  # fmt: skip
            yield self._statement(f"contract/{key}", "works.awarded", data)

    def _hosts(self) -> Data:
        parties = parties_of([(organisation(self._item.get("publicAuthority"), self._parties), "host")])
        return {"parties": parties} if parties else {}

    def _past(self, text: object, what: str) -> Data:
        return past_day(text, self._edition, self._contradict, what)

    def _contradict(self, message: str) -> None:
        self._report.contradict(self._line, self._id, message)

    def _statement(self, key: str, name: str, data: Data) -> Statement:
        return Statement(key, name, {**data, "evidence": self._evidence}, self._line)

    def _count_losses(self) -> None:
        count_losses(self._report, self._item, _READ)
        count_losses(self._report, self._item.get("budget"), frozenset({"finance"}), "budget/")
        count_losses(self._report, self._item.get("completion"), frozenset({"endDate"}), "completion/")
