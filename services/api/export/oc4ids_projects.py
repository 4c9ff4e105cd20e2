"""Projects as those of the Open Contracting for Infrastructure Data Standard 0.9 (docs/exporting.md). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from babel import Locale

from services.api.export.project_histories import ProjectHistory, StoredProjects, first_of_role, giver_of
from steppe.domain.analysis.crosswalk import OC4IDS, word
from steppe.domain.analysis.money import DISBURSED, MoneyRow
from steppe.domain.events.event import Event, Party
from steppe.domain.events.vocabulary import CORRECTION_NAMES

_COUNTRY_NAMES = Locale("en").territories
# A total is exported as what it adds, and numbers stay what they are in decimal.
_encode = msgspec.json.Encoder(decimal_format="number").encode
_ROLES = {
    "financier": "funder", "donor": "funder", "investor": "funder", "contractor": "supplier", "host": "publicAuthority",
    "bidder": "tenderer",
}  # fmt: skip
_OTHER_ROLE = "interestedParty"
_FINANCE: Mapping[str, Mapping[str, Any]] = {
    "debt": {"type": "loan", "assetClass": ["debt"]},
    "grant": {"type": "grant"},
    "equity": {"type": "shares.unlisted", "assetClass": ["equity"]},
    "guarantee": {"type": "guarantee"},
}
_ENDINGS = ("project.cancelled", "project.retired")  # the status tells them


class PackagedProjects(NamedTuple):
    """Projects as JSON, each by itself, and how often Steppe has what they have not, by the name of the event or the field."""

    projects: list[bytes]
    left_out: Counter[str]


def package_head(as_of: date) -> bytes:
    """What the package begins with, up to its first project; PACKAGE_FOOT ends it."""
    about = {
        "uri": f"urn:steppe:oc4ids:{as_of.isoformat()}",
        "publishedDate": _moment(as_of),
        "publisher": {"name": "Steppe"},
        "version": "0.9",
    }
    return _encode(about)[:-1] + b',"projects":[\n'


PACKAGE_FOOT = b"\n]}\n"


def packaged(stored: StoredProjects) -> PackagedProjects:
    """Each project in its own JSON, in the order of their rows."""
    left_out = Counter[str]()
    return PackagedProjects(
        [_encode(_Project(project, stored, left_out).item()) for project in stored.histories()], left_out
    )


class _Project:
    """One project. What has no place in it is counted in `left_out`."""

    def __init__(self, project: ProjectHistory, stored: StoredProjects, left_out: Counter[str]) -> None:
        self._project = project
        self._state = project.state
        self._events = project.events
        self._stored = stored
        self._left_out = left_out
        self._exported = {event.reference for event in self._project.named("project.registered")[-1:]}
        self._money = list(project.amounts())

    def item(self) -> dict[str, Any]:
        """Without what is not known: an empty list is not valid."""
        state = self._state
        whole = {
            "id": oc4ids_id(state.project),
            "updated": _moment(self._stored.as_of),
            "title": state.name or state.project,
            "description": f"Judged by Steppe as of {self._stored.as_of}: {state.level.label}.",
            "status": self._status(),
            "sector": [state.sector] if state.sector else [],
            "identifiers": self._identifiers(),
            "additionalClassifications": self._classifications(),
            "period": self._period(),
            "locations": self._locations(),
            "publicAuthority": self._public_authority(),
            "parties": self._parties(),
            "budget": {"finance": finance} if (finance := self._finance()) else {},
            "transactions": self._transactions(),
            "contractingProcesses": self._contracts(),
        }
        for event in self._events:
            if event.reference not in self._exported and event.kind.name not in CORRECTION_NAMES:
                self._left_out[event.kind.name] += 1
        return {name: value for name, value in whole.items() if value}

    def _status(self) -> str:
        """The word of the crosswalk. In this version of the standard a completed project is at its completion, and there is a word for
        a retired one; and implementation says that works go on, so one that is only financed is still prepared.
        """
        state = self._state
        if "retired" in state.overlays:
            return "decommissioned"
        code = word(OC4IDS, state.level, state.highest_level, state.overlays).code
        if code == "implementation" and not self._project.named("construction.started"):
            return "preparation"
        return "completion" if code == "completed" else code

    def _identifiers(self) -> list[dict[str, str]]:
        return [
            {"id": self._state.project, "scheme": "steppe"},
            *({"id": own.id, "scheme": own.scheme} for own in self._state.ids),
        ]

    def _classifications(self) -> list[dict[str, str]]:
        kinds = [{"scheme": "steppe-kind", "id": self._state.kind}] if self._state.kind else []
        return [*kinds, *({"scheme": "steppe-commodity", "id": name} for name in self._state.commodities)]

    def _period(self) -> dict[str, str]:
        period: dict[str, str] = {}
        if starts := self._project.named("construction.started"):
            self._exported.add(starts[0].reference)
            period["startDate"] = _moment(starts[0].latest)
        if self._state.ended_on is not None:
            period["endDate"] = _moment(self._state.ended_on)
            for name in _ENDINGS:
                endings = self._project.named(name)
                if endings and endings[-1].deal is None:
                    self._exported.add(endings[-1].reference)
        return period

    def _locations(self) -> list[dict[str, Any]]:
        """One of the first country with the place and the point, and one of each other country."""
        state = self._state
        locations: list[dict[str, Any]] = []
        for number, country in enumerate(
            dict.fromkeys([*([state.country] if state.country else []), *state.countries]), 1
        ):
            address = {"countryName": str(_COUNTRY_NAMES.get(country, country))}
            location: dict[str, Any] = {"id": str(number), "address": address}
            if number == 1 and state.place:
                address["region"] = state.place
            if number == 1 and state.latitude is not None and state.longitude is not None:
                location["geometry"] = {"type": "Point", "coordinates": [state.longitude, state.latitude]}
            locations.append(location)
        return locations

    def _parties(self) -> list[dict[str, Any]]:
        roles: dict[str, set[str]] = {}
        names: dict[str, str] = {}
        for event in self._events:
            for party in event.parties:
                roles.setdefault(party.party, set()).add(_ROLES.get(party.role, _OTHER_ROLE))
                names.setdefault(party.party, self._stored.name_of(party))
        return [{"id": key, "name": names[key], "roles": sorted(roles[key])} for key in sorted(roles)]

    def _public_authority(self) -> dict[str, str]:
        hosts = (party for event in self._events for party in event.parties if party.role == "host")
        return next((self._reference(host) for host in hosts), {})

    def _finance(self) -> list[dict[str, Any]]:
        """Of what is committed: loans, grants, shares, guarantees; a reduction is an entry of less than nothing."""
        finance = []
        for row, value in self._money:
            if row.of != DISBURSED and row.leg in _FINANCE:
                entry = {"id": row.event.reference, "value": _value(row, value), **_FINANCE[row.leg]}
                if (giver := giver_of(row.event)) is not None:
                    entry["financingParty"] = self._reference(giver)
                finance.append({**entry, "period": {"startDate": _moment(self._day_of(row.event))}})
        return finance

    def _transactions(self) -> list[dict[str, Any]]:
        """Of what is disbursed; what came back is less than nothing."""
        transactions = []
        for row, value in self._money:
            if row.of == DISBURSED:
                entry = {
                    "id": row.event.reference,
                    "date": _moment(self._day_of(row.event)),
                    "value": _value(row, value),
                }
                for name, party in (("payer", giver_of(row.event)), ("payee", first_of_role(row.event, "host"))):
                    if party is not None:
                        entry[name] = self._reference(party)
                transactions.append(entry)
        return transactions

    def _contracts(self) -> list[dict[str, Any]]:
        """Of works that were awarded."""
        values = {row.event.reference: _value(row, value) for row, value in self._money}
        contracts = []
        for event in self._project.named("works.awarded"):
            summary: dict[str, Any] = {
                "nature": ["construction"],
                "contractPeriod": {"startDate": _moment(self._day_of(event))},
            }
            suppliers = [self._reference(party) for party in event.parties if party.role == "contractor"]
            if suppliers:
                summary["suppliers"] = suppliers
            if event.reference in values:
                summary["contractValue"] = values[event.reference]
            contracts.append({"id": event.reference, "summary": summary})
        return contracts

    def _reference(self, party: Party) -> dict[str, str]:
        return {"id": party.party, "name": self._stored.name_of(party)}

    def _day_of(self, event: Event) -> date:
        """Its latest day; it is exported here."""
        self._exported.add(event.reference)
        if event.given is not None or event.earliest != event.latest:
            self._left_out["day that is not exact"] += 1
        return event.latest


def oc4ids_id(project: str) -> str:
    """Our id of a project. Who publishes the package puts the prefix that is registered for them for `steppe`."""
    return f"steppe-{project}"


def _value(row: MoneyRow, value: Decimal) -> dict[str, Any]:
    return {"amount": value, "currency": row.currency}


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
