"""OCDS releases and records: a contracting process is a project (docs/importing.md)."""

from __future__ import annotations

from collections.abc import Iterator, Set
from pathlib import Path

from steppe.importers.formats.oc4ids import Oc4idsProjects, project_layout
from steppe.importers.formats.open_contracting import (
    Json,
    commodity_of,
    count_losses,
    country_of_address,
    cpv_codes,
    day,
    identifier,
    in_own_words,
    member,
    money,
    objects,
    organisation,
    own_words,
    parties_of,
    past_day,
    point,
    sector_of_codes,
    words,
)
from steppe.importers.formats.release_merging import ReleaseMerging
from steppe.importers.import_report import EditionReport
from steppe.importers.json_items import Item, json_items, text_at_top
from steppe.importers.project_keys import slug_of
from steppe.importers.statement import Before, Data, Keys, Later, Statement, Thing, later_by_stage

_WHAT = "OCDS has releases, a package of releases or of records (OC4IDS of projects), or one of these a line"
_OF_PACKAGES = frozenset(
    {"uri", "publisher", "publishedDate", "version", "extensions", "license", "publicationPolicy", "packages"}
)
_READ = frozenset(
    {"ocid", "id", "date", "tag", "initiationType", "language", "parties", "buyer", "tender", "awards", "contracts"}
)
_READ_OF_TENDER = frozenset(
    {
        "id",
        "title",
        "status",
        "procuringEntity",
        "items",
        "mainProcurementCategory",
        "tenderPeriod",
        "awardPeriod",
        "contractPeriod",
    }
)
_READ_OF_AWARD = frozenset({"id", "title", "status", "date", "value", "suppliers", "items", "contractPeriod"})
_READ_OF_CONTRACT = frozenset(
    {"id", "awardID", "title", "status", "period", "value", "items", "dateSigned", "suppliers", "implementation"}
)
_TENDER, _AWARD, _CONTRACT, _PAYMENT, _TERMINATED = range(1, 6)
_LISTED_MAX = 100


class OcdsReleases:
    """Reads files of OCDS releases and records, and of OC4IDS projects; see docs/importing.md for the mapping."""

    name = "ocds"
    source = "/import/ocds"

    def __init__(self) -> None:
        self._merging: ReleaseMerging | None = None
        self._edition: EditionReport | None = None
        self._of_projects: set[Path] = set()

    def begin(self) -> OcdsReleases:
        """One that remembers releases: those of later files build on them."""
        reading = OcdsReleases()
        reading._merging = ReleaseMerging()
        return reading

    def edition_of(self, file: Path) -> str | None:
        """The day on which the package says that it was published."""
        return day(text_at_top(file, "publishedDate"))

    def names(self, file: Path, report: EditionReport) -> Iterator[tuple[str, str, str]]:
        """Nothing: processes do not name each other. Reads the releases, which may stand in several files of the edition."""
        assert self._merging is not None
        if report is not self._edition:
            self._merging.begin_edition()
            self._edition = report
        for number, item in json_items(file, _layout, _WHAT):
            if number == 1 and project_layout(item.keys(), True) == "" and "ocid" not in item:
                self._of_projects.add(file)
                break
            self._read(file, number, item, report)
        return iter(())

    def things(self, file: Path, edition: str, keys: Keys, report: EditionReport) -> Iterator[Thing]:
        """The processes, in the order in which the edition first names them, each merged of all its releases."""
        assert self._merging is not None
        if file in self._of_projects:
            yield from Oc4idsProjects().things(file, edition, keys, report)
            return
        for merged in self._merging.merged(str(file)):
            if merged.release is None:
                report.refuse(merged.item, merged.ocid, f"its releases cannot be merged: {merged.problem}")
            elif (thing := _Process(merged.release, merged.ocid, merged.item, edition, report).thing()) is not None:
                yield thing

    def later(self, before: Before, now: Thing, edition: str, report: EditionReport) -> Later:
        """What is no longer said is taken back, unless the process went on."""
        return later_by_stage(before, now)

    def _read(self, file: Path, number: int, item: Item, report: EditionReport) -> None:
        assert self._merging is not None
        is_record = not item.keys().isdisjoint({"releases", "compiledRelease", "versionedRelease"})
        report.read["records" if is_record else "releases"] += 1
        ocid = identifier(item.get("ocid")) or identifier(member(item, "compiledRelease", "ocid"))
        if not ocid:
            report.refuse(number, "ocid", "it has no ocid, so nothing tells which process it is of")
            return
        releases = _releases_of_record(item) if is_record else [item]
        if not releases:
            report.refuse(number, "releases", f"{ocid} has only the addresses of its releases, which are not fetched")
            return
        report.duplicates += self._merging.add(str(file), number, ocid, releases, whole=is_record)


def _layout(names: Set[str], is_all: bool) -> str | None:
    """Packages name their list; a release or a record has an ocid itself."""
    if "records" in names:
        return "records"
    if "releases" in names and (names & _OF_PACKAGES or (is_all and "ocid" not in names)):
        return "releases"
    return "" if is_all and "ocid" in names else project_layout(names, is_all)


def _releases_of_record(record: Item) -> list[Item]:
    """All releases where they stand in the record, else what they were compiled to; nothing where there are addresses only."""
    releases = [dict(release) for release in objects(record.get("releases"))]
    if releases and not any("url" in release and "ocid" not in release for release in releases):
        return releases
    compiled = record.get("compiledRelease")
    return [{**compiled, "tag": ["compiled"]}] if isinstance(compiled, dict) else []


class _Process:
    """One process and what it says."""

    def __init__(self, release: Json, ocid: str, line: int, edition: str, report: EditionReport) -> None:
        self._release = release
        self._ocid = ocid
        self._line = line
        self._edition = edition
        self._report = report
        self._parties = {identifier(entry.get("id")): entry for entry in objects(release.get("parties"))}
        tender = release.get("tender")
        self._tender: Json = tender if isinstance(tender, dict) else {}
        self._awards = {identifier(award.get("id")): award for award in objects(release.get("awards"))}
        self._contracts = list(objects(release.get("contracts")))
        self._buyer = organisation(release.get("buyer") or self._tender.get("procuringEntity"), self._parties)
        self._stage = 0
        publisher = words(self._buyer.get("name"))
        self._evidence = [
            {"title": f"OCDS process {ocid}", "grade": "official"} | ({"publisher": publisher} if publisher else {})
        ]

    def thing(self) -> Thing | None:
        """The project; None where the process is refused."""
        report = self._report
        countries = list(dict.fromkeys(self._countries()))[:_LISTED_MAX]
        if not countries:
            report.refuse(
                self._line,
                "parties",
                f"{self._ocid} names no country: neither where it delivers nor where the buyer is",
            )
            return None
        self._count_losses()
        name = self._name()
        items = list(self._items())
        own = [classification for item in items for classification in objects(item.get("additionalClassifications"))]
        sector, kind, commodities = in_own_words(own, sector_of_codes(cpv_codes(items)))
        registration: Data = {
            "name": name, "country": countries[0], "sector": sector, "kind": kind, "commodities": commodities,
            "ids": [{"scheme": "ocid", "id": self._ocid}], "evidence": self._evidence, **self._place(),
        }  # fmt: skip
        if len(countries) > 1:
            registration["countries"] = countries
        statements = [Statement("registered", "project.registered", registration, self._line)]
        statements += [*self._of_tender(), *self._of_awards(), *self._of_contracts()]
        return Thing(self._ocid, name, "project", self._line, tuple(statements), self._stage)

    def _name(self) -> str:
        planning = self._release.get("planning")
        titles = (
            self._tender.get("title"), member(planning, "project", "title"), member(planning, "budget", "project"),
            *(award.get("title") for award in self._awards.values()), *(contract.get("title") for contract in self._contracts),
        )  # fmt: skip
        return next((title for text in titles if (title := words(text)) is not None), self._ocid)

    def _items(self) -> Iterator[Json]:
        for part in (self._tender, *self._awards.values(), *self._contracts):
            yield from objects(part.get("items"))

    def _countries(self) -> Iterator[str]:
        """Where it is delivered, else where the buyer is."""
        delivered = [address for item in self._items() for address in _addresses(item)]
        countries = [code for address in delivered if (code := country_of_address(address)) is not None]
        if countries:
            yield from countries
            return
        roles = ("buyer", "procuringEntity")
        of_role = [entry for entry in self._parties.values() if not set(roles).isdisjoint(entry.get("roles") or ())]
        for entry in (self._buyer, organisation(self._tender.get("procuringEntity"), self._parties), *of_role):
            if (code := country_of_address(entry.get("address"))) is not None:
                yield code
                return

    def _place(self) -> Data:
        place: Data = {}
        for item in self._items():
            for address in _addresses(item):
                text = words(member(address, "locality")) or words(member(address, "region"))
                if text is not None:
                    place.setdefault("place", text)
            for location in (item.get("deliveryLocation"), *objects(item.get("deliveryLocations"))):
                if "latitude" not in place:
                    place |= point(member(location, "geometry"))
        return place

    def _of_tender(self) -> Iterator[Statement]:
        """When the award is to come, and that it came."""
        if not self._tender:
            return
        status = self._tender.get("status")
        if status in ("cancelled", "unsuccessful", "withdrawn"):
            self._report.unsent.count(f"tender that is {status}")
            return
        self._stage = _TENDER
        closing = day(member(self._tender, "tenderPeriod", "endDate"))
        planned = next(
            (
                planned_on
                for path in (("awardPeriod", "endDate"), ("awardPeriod", "startDate"), ("contractPeriod", "startDate"))
                if (planned_on := day(member(self._tender, *path))) is not None
            ),
            None if closing is None else f"{closing}/..",
        )
        if planned is None:
            self._report.unsent.count("tender that does not tell when it is awarded")
            return
        opened = self._past(member(self._tender, "tenderPeriod", "startDate"), "the tender opened")
        plan = {**opened, "milestone": "award", "planned_on": planned, **self._hosts()}
        yield self._statement("tender", "milestone.planned", plan)
        awarded = [award for award in self._awards.values() if award.get("status") in (None, "active")]
        if awarded:
            days = sorted(
                made for award in awarded if (made := day(award.get("date"))) is not None and made <= self._edition
            )
            yield self._statement(
                "awarded",
                "milestone.met",
                {**({"occurred": days[0]} if days else {}), "milestone": "award", **self._hosts()},
            )

    def _of_awards(self) -> Iterator[Statement]:
        for key, award in self._awards.items():
            status = award.get("status")
            if status not in (None, "active"):
                self._report.unsent.count(f"award that is {status}")
                continue
            self._stage = max(self._stage, _AWARD)
            data = {
                **self._past(award.get("date"), "an award was made"), "kind": "selection", "deal": self._deal(key),
                **self._pursued(objects(award.get("suppliers")), "contractor"),
            }  # fmt: skip
            yield self._statement(f"award/{key}", "intent.announced", data)

    def _of_contracts(self) -> Iterator[Statement]:
        for contract in self._contracts:
            key = identifier(contract.get("id"))
            status = contract.get("status")
            if status not in ("active", "terminated", None) or (status is None and not contract.get("dateSigned")):
                self._report.unsent.count(f"contract that is {status or 'of no status'}")
                continue
            award = self._awards.get(identifier(contract.get("awardID")), {})
            deal = self._deal(identifier(contract.get("awardID")) or key)
            signed = self._signed(contract, award, key, deal)
            if signed is not None:
                self._stage = max(self._stage, _CONTRACT)
                yield signed
                if status == "terminated":
                    self._stage = _TERMINATED
                    yield self._terminated(contract, signed)
            yield from self._of_payments(contract, key, deal)

    def _terminated(self, contract: Json, signed: Statement) -> Statement:
        """The end of a contract: of its leg, and where no other contract of the award goes on, of the whole deal."""
        ends_on = day(member(contract, "period", "endDate"))
        data: Data = {name: signed.data[name] for name in ("deal", "parties") if name in signed.data}
        if ends_on is not None and ends_on <= self._edition:
            data["occurred"] = ends_on
        others = [other for other in self._contracts if other.get("awardID") == contract.get("awardID")]
        if any(other.get("status") != "terminated" for other in others):
            data["leg"] = "works" if signed.name == "works.awarded" else "offtake"
        return self._statement(f"{signed.key}/terminated", "contract.terminated", data)

    def _signed(self, contract: Json, award: Json, key: str, deal: str) -> Statement | None:
        """Works, or an offtake of what a plant or mine puts out; None of all else, which is told of in the report."""
        items = (
            [*objects(contract.get("items"))] or [*objects(award.get("items"))] or [*objects(self._tender.get("items"))]
        )
        codes = list(cpv_codes(items))
        category = self._tender.get("mainProcurementCategory") or (
            "works" if any(code.startswith("45") for code in codes) else None
        )
        delivered = own_words(objects([item.get("classification") for item in items]), "commodity")
        commodity = slug_of(delivered[0]) if delivered else commodity_of(codes)
        suppliers = [*objects(contract.get("suppliers"))] or [*objects(award.get("suppliers"))]
        data: Data = {
            **(
                self._past(contract.get("dateSigned"), "a contract was signed")
                or self._past(member(contract, "period", "startDate"), "a contract began")
            ),
            "deal": deal,
        }
        amount = money(contract.get("value") or award.get("value"), self._report)
        if amount is not None and not amount[1]:
            data["amount"] = amount[0]
        period = member(contract, "period") or member(award, "contractPeriod")
        begins, ends = day(member(period, "startDate")), day(member(period, "endDate"))
        if category == "works":
            if begins or ends:
                data["note"] = f"contract period {begins or '..'} to {ends or '..'}"
            return self._statement(
                f"contract/{key}", "works.awarded", data | self._pursued(iter(suppliers), "contractor")
            )
        if commodity is None:
            self._report.unsent.count(f"contract for {category or 'what is not told'}")
            return None
        data |= {"commodity": commodity, **_quantity(items)}
        data |= {name: value for name, value in (("starts_on", begins), ("ends_on", ends)) if value is not None}
        sellers = [(organisation(supplier, self._parties), "seller") for supplier in suppliers]
        if parties := parties_of([(self._buyer, "offtaker"), *sellers]):
            data["parties"] = parties
        return self._statement(f"contract/{key}", "offtake.signed", data)

    def _of_payments(self, contract: Json, contract_key: str, deal: str) -> Iterator[Statement]:
        payments: dict[str, int] = {}
        for row in objects(member(contract, "implementation", "transactions")):
            self._report.read["transactions"] += 1
            amount = money(row.get("value") or row.get("amount"), self._report)
            if amount is None:
                continue
            key = identifier(row.get("id")) or str(row.get("date"))
            payments[key] = payments.get(key, 0) + 1
            payer = organisation(row.get("payer") or row.get("providerOrganization"), self._parties)
            data: Data = {**self._past(row.get("date"), "a payment was made"), "deal": deal, "amount": amount[0]}
            if parties := parties_of([(payer, "host")]):
                data["parties"] = parties
            self._stage = max(self._stage, _PAYMENT)
            name = "funds.returned" if amount[1] else "funds.disbursed"
            statement = f"contract/{contract_key}/payment/{key}"
            yield self._statement(statement if payments[key] == 1 else f"{statement}/{payments[key]}", name, data)

    def _deal(self, award: str) -> str:
        """An award and its contracts are one deal."""
        return slug_of(f"award-{award}") or "award"

    def _hosts(self) -> Data:
        parties = parties_of([(self._buyer, "host")])
        return {"parties": parties} if parties else {}

    def _pursued(self, suppliers: Iterator[Json], role: str) -> Data:
        named = [(organisation(supplier, self._parties), role) for supplier in suppliers]
        parties = parties_of([*named, (self._buyer, "host")])
        return {"parties": parties} if parties else {}

    def _past(self, text: object, what: str) -> Data:
        return past_day(text, self._edition, self._contradict, what)

    def _contradict(self, message: str) -> None:
        self._report.contradict(self._line, self._ocid, message)

    def _statement(self, key: str, name: str, data: Data) -> Statement:
        return Statement(key, name, {**data, "evidence": self._evidence}, self._line)

    def _count_losses(self) -> None:
        report = self._report
        count_losses(report, self._release, _READ)
        count_losses(report, self._tender, _READ_OF_TENDER, "tender/")
        for award in self._awards.values():
            count_losses(report, award, _READ_OF_AWARD, "awards/")
        for contract in self._contracts:
            count_losses(report, contract, _READ_OF_CONTRACT, "contracts/")
            count_losses(
                report, contract.get("implementation"), frozenset({"transactions"}), "contracts/implementation/"
            )


def _addresses(item: Json) -> list[Json]:
    return [*objects([item.get("deliveryAddress")]), *objects(item.get("deliveryAddresses"))]


def _quantity(items: list[Json]) -> Data:
    """Volume and unit where there is one item."""
    quantity, unit = (
        (items[0].get("quantity"), words(member(items[0], "unit", "name"))) if len(items) == 1 else (None, None)
    )
    if quantity is None or isinstance(quantity, bool | str) or unit is None or quantity <= 0:
        return {}
    return {"volume": float(quantity), "unit": unit, "per": "total"}
