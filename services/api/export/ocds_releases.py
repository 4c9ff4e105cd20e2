"""Contracts of projects as releases of the Open Contracting Data Standard 1.1 (docs/exporting.md). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec
from babel import Locale

from services.api.export.project_histories import ProjectHistory, StoredProjects
from steppe.domain.analysis.money import DISBURSED
from steppe.domain.events.event import Event, Party
from steppe.domain.events.vocabulary import CORRECTION_NAMES

_COUNTRY_NAMES = Locale("en").territories
_encode = msgspec.json.Encoder(decimal_format="number").encode
_LOCATION = (
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_location_extension/v1.1.5/extension.json"
)
_WORKS = {"scheme": "CPV", "id": "45000000", "description": "Construction work"}
_AWARD = "award"

Json = dict[str, Any]


class Releases(NamedTuple):
    """Releases as JSON, each by itself, and how often Steppe has what they have not, by the name of the event or the field."""

    releases: list[bytes]
    left_out: Counter[str]


def package_head(as_of: date) -> bytes:
    """What the package begins with, up to its first release; PACKAGE_FOOT ends it."""
    about = {
        "uri": f"urn:steppe:ocds:{as_of.isoformat()}",
        "version": "1.1",
        "extensions": [_LOCATION],
        "publishedDate": _moment(as_of),
        "publisher": {"name": "Steppe"},
    }
    return _encode(about)[:-1] + b',"releases":[\n'


PACKAGE_FOOT = b"\n]}\n"


def released(stored: StoredProjects) -> Releases:
    """The processes of each project: one of its works, one of each buyer of its output."""
    left_out = Counter[str]()
    releases: list[bytes] = []
    for project in stored.histories():
        of_project = list(_Project(project, stored, left_out).releases())
        if not of_project:
            left_out["project without a contract"] += 1
        releases += map(_encode, of_project)
    return Releases(releases, left_out)


class _Project:
    """One project and the contracts that its events tell. What has no place in a release is counted in `left_out`."""

    def __init__(self, project: ProjectHistory, stored: StoredProjects, left_out: Counter[str]) -> None:
        self._project = project
        self._state = project.state
        self._stored = stored
        self._left_out = left_out
        self._exported: set[str] = {event.reference for event in project.named("project.registered")[-1:]}
        self._money = list(project.amounts())
        self._values = {row.event.reference: {"amount": value, "currency": row.currency} for row, value in self._money}

    def releases(self) -> Iterator[Json]:
        """Of works by the project, and of each buyer's offtakes; then what is not exported is counted."""
        if works := self._project.named("works.awarded"):
            yield self._release("", works, "contractor", "host", [self._item(_WORKS)])
        buyers: dict[str, list[Event]] = {}
        for event in self._project.named("offtake.signed"):
            buyer = next((party.party for party in event.parties if party.role == "offtaker"), event.deal or "")
            buyers.setdefault(buyer, []).append(event)
        for buyer, events in sorted(buyers.items()):
            commodity = str(events[0].data["commodity"])
            items = [self._item({"scheme": "steppe-commodity", "id": commodity, "description": commodity})]
            yield self._release(f"-offtake-{buyer}", events, "seller", "offtaker", items)
        for event in self._project.events:
            if event.reference not in self._exported and event.kind.name not in CORRECTION_NAMES:
                self._left_out[event.kind.name] += 1

    def _release(self, suffix: str, signed: Sequence[Event], supplier: str, buyer: str, items: Sequence[Json]) -> Json:
        ocid = f"steppe-{self._state.project}{suffix}"
        contracts = [self._contract(event, items, is_works=not suffix) for event in signed]
        awards: dict[str, Json] = {}
        for event in signed:
            award: Json = {
                "id": _award_of(event), "status": "active", "date": _moment(self._day_of(event)),
                "suppliers": [self._reference(party) for party in event.parties if party.role == supplier],
            }  # fmt: skip
            awards.setdefault(award["id"], {name: value for name, value in award.items() if value})
        tags = ["award", "contract"]
        if any("implementation" in contract for contract in contracts):
            tags.append("implementation")
        if any(contract["status"] == "terminated" for contract in contracts):
            tags.append("contractTermination")
        buyers = [party for event in signed for party in event.parties if party.role == buyer]
        release: Json = {
            "ocid": ocid, "id": f"{ocid}-{self._stored.as_of.isoformat()}", "date": _moment(self._stored.as_of), "tag": tags,
            "initiationType": "tender", "language": "en", "parties": self._parties(signed, supplier, buyer),
            "tender": self._tender(ocid, items), "awards": list(awards.values()), "contracts": contracts,
        }  # fmt: skip
        return release | ({"buyer": self._reference(buyers[0])} if buyers else {})

    def _tender(self, ocid: str, items: Sequence[Json]) -> Json:
        tender: Json = {
            "id": ocid, "title": self._state.name or self._state.project, "status": "complete", "items": items,
        }  # fmt: skip
        for event in self._project.named("milestone.planned"):
            planned_on = str(event.data["planned_on"])
            if event.data["milestone"] == _AWARD and len(planned_on) == len("2024-05-01"):
                self._exported.add(event.reference)
                tender["awardPeriod"] = {"endDate": f"{planned_on}T00:00:00Z"}
        return tender

    def _contract(self, event: Event, items: Sequence[Json], *, is_works: bool) -> Json:
        contract: Json = {
            "id": event.reference, "awardID": _award_of(event), "status": "active",
            "dateSigned": _moment(self._day_of(event)), "items": items,
        }  # fmt: skip
        if event.reference in self._values:
            contract["value"] = self._values[event.reference]
        if not is_works:
            period = {
                name: f"{text}T00:00:00Z"
                for name, field in (("startDate", "starts_on"), ("endDate", "ends_on"))
                if len(text := str(event.data.get(field, ""))) == len("2024-05-01")
            }
            if period:
                contract["period"] = period
        for ending in self._project.named("contract.terminated"):
            leg = ending.data.get("leg")
            if ending.deal == event.deal and leg in (None, "works" if is_works else "offtake"):
                # Counted as left out: the award stays, and whoever reads it takes the deal for announced.
                contract |= {"status": "terminated", "period": {"endDate": _moment(ending.latest)}}
        transactions = list(self._payments(event)) if is_works else []
        return contract | ({"implementation": {"transactions": transactions}} if transactions else {})

    def _payments(self, signed: Event) -> Iterator[Json]:
        """What was paid out of the deal, on its first contract."""
        for row, value in self._money:
            event = row.event
            if row.of == DISBURSED and event.deal == signed.deal and event.reference not in self._exported:
                payment = {
                    "id": event.reference,
                    "date": _moment(self._day_of(event)),
                    "value": {"amount": value, "currency": row.currency},
                }
                host = next((party for party in event.parties if party.role == "host"), None)
                yield payment | ({"payer": self._reference(host)} if host is not None else {})

    def _item(self, classification: Json) -> Json:
        """What the contracts are for: the project, with where it is and Steppe's own words for what it is."""
        state = self._state
        own = [
            ("sector", state.sector), ("kind", state.kind), *(("commodity", commodity) for commodity in state.commodities),
        ]  # fmt: skip
        item: Json = {
            "id": "1", "description": state.name or state.project, "classification": classification,
            "additionalClassifications": [{"scheme": f"steppe-{what}", "id": code} for what, code in own if code],
        }  # fmt: skip
        countries = list(dict.fromkeys([*([state.country] if state.country else []), *state.countries]))
        addresses: list[Json] = [{"countryName": str(_COUNTRY_NAMES.get(code, code))} for code in countries]
        if addresses and state.place:
            addresses[0]["region"] = state.place
        if addresses:
            item["deliveryAddresses"] = addresses
        if state.latitude is not None and state.longitude is not None:
            point = {"type": "Point", "coordinates": [state.longitude, state.latitude]}
            item["deliveryLocations"] = [{"geometry": point}]
        return item

    def _parties(self, signed: Sequence[Event], supplier: str, buyer: str) -> list[Json]:
        roles: Mapping[str, str] = {supplier: "supplier", buyer: "buyer"}
        named: dict[str, Json] = {}
        for event in signed:
            for party in event.parties:
                organisation = named.setdefault(party.party, {**self._reference(party), "roles": []})
                role = roles.get(party.role, "interestedParty")
                if role not in organisation["roles"]:
                    organisation["roles"].append(role)
        return [named[key] for key in sorted(named)]

    def _reference(self, party: Party) -> Json:
        return {"id": party.party, "name": self._stored.name_of(party)}

    def _day_of(self, event: Event) -> date:
        """Its latest day; it is exported here."""
        if event.reference not in self._exported and (event.given is not None or event.earliest != event.latest):
            self._left_out["day that is not exact"] += 1
        self._exported.add(event.reference)
        return event.latest


def _award_of(event: Event) -> str:
    """An award and its contracts are a deal."""
    return event.deal or event.reference


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
