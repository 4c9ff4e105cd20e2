"""Holdings as statements of the Beneficial Ownership Data Standard 0.4: who holds a share of a project or of a party. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import msgspec
from babel import Locale

from services.api.export.project_histories import StoredProjects
from services.api.store.party_groups import registered_in
from services.api.store.snapshot import Row
from services.api.views.money_and_stakes import stakes
from steppe.domain.values.states import ProjectState

Statement = Mapping[str, Any]
_VERSION = "0.4"
_UNKNOWN = {"reason": "informationUnknownToPublisher"}
_ENTITY_TYPES: Mapping[str | None, Mapping[str, str]] = {
    "company": {"type": "registeredEntity"},
    "state-company": {"type": "registeredEntity"},
    "agency": {"type": "stateBody", "subtype": "stateAgency"},
    "government": {"type": "stateBody", "subtype": "governmentDepartment"},
    "development-bank": {"type": "legalEntity"},
    "multilateral": {"type": "legalEntity"},
    "fund": {"type": "legalEntity"},
    "other": {"type": "legalEntity"},
}
_COUNTRY_NAMES = Locale("en").territories
_encode = msgspec.json.encode


@dataclass(slots=True)
class Holdings:
    """Statements about projects, and who holds a share of one; `left_out` counts what they have no place for."""

    projects: list[Statement] = field(default_factory=list)
    relationships: list[Statement] = field(default_factory=list)
    holders: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)


def holdings(stored: StoredProjects) -> Holdings:
    """The shares that are held of these projects on their day, by a valid equity leg."""
    held = Holdings()
    for project in stored.histories():
        shares = stakes(project.events, project.deals)
        if not shares:
            continue
        state = project.state
        held.projects.append(_statement("entity", _project_record(state.project), _project_entity(state), stored.as_of))
        for share in shares:
            held.holders.add(share["party"])
            if share["stake_percent"] is None:
                held.left_out["share of a holding that nobody said"] += 1
            details = _relationship(
                _project_record(state.project),
                share["party"],
                share["stake_percent"],
                share["since"],
                f"Deal {share['deal']}",
            )
            record = f"{_project_record(state.project)}/{share['deal']}/{share['party']}"
            held.relationships.append(_statement("relationship", record, details, stored.as_of))
        for event in project.events:
            if event.data.get("vehicle"):
                held.left_out["vehicle"] += 1
    return held


def party_statements(rows: Iterable[Row], known: Iterable[str], as_of: date) -> Iterator[Statement]:
    """The parties and who holds a share of them; of those of `known` that have no row, their keys."""
    unregistered = set(known)
    relationships: list[Statement] = []
    for row in rows:
        party = row["party"]
        unregistered.discard(party)
        yield _statement("entity", party_record(party), _party_entity(row), as_of)
        for parent in registered_in(row["document"]).parents:
            details = _relationship(party_record(party), parent.party, parent.percent, None, None)
            record = f"{party_record(party)}/{parent.party}"
            relationships.append(_statement("relationship", record, details, as_of))
    for party in sorted(unregistered):
        entity = {
            "isComponent": False,
            "entityType": {"type": "unknownEntity"},
            "unspecifiedEntityDetails": _UNKNOWN,
            "name": party,
            "identifiers": _own_identifier(party),
        }
        yield _statement("entity", party_record(party), entity, as_of)
    yield from relationships


def line(statement: Statement) -> bytes:
    """A statement as JSON."""
    return _encode(statement)


def party_record(party: str) -> str:
    """The record id of a party."""
    return f"party-{party}"


def _project_record(project: str) -> str:
    return f"project-{project}"


def _project_entity(state: ProjectState) -> Statement:
    """A project has no legal form that Steppe knows: whoever holds a share holds it of a vehicle, named or not."""
    entity: dict[str, Any] = {
        "isComponent": False,
        "entityType": {
            "type": "unknownEntity",
            "details": f"A project ({state.kind or 'of unknown kind'}) followed by Steppe",
        },
        "unspecifiedEntityDetails": _UNKNOWN,
        "name": state.name or state.project,
        "identifiers": [
            *_own_identifier(state.project),
            *({"id": own.id, "schemeName": own.scheme} for own in state.ids),
        ],
    }
    if state.aliases:
        entity["alternateNames"] = [alias.name for alias in state.aliases]
    return entity | _jurisdiction(state.country)


def _party_entity(row: Row) -> Statement:
    registered = registered_in(row["document"])
    kind = _ENTITY_TYPES.get(row["kind"], {"type": "unknownEntity"})
    identifiers = [
        *_own_identifier(row["party"]),
        *({"id": own.id, "schemeName": own.scheme} for own in registered.ids),
    ]
    if row["lei"]:
        identifiers.append({"id": row["lei"], "scheme": "XI-LEI"})
    entity: dict[str, Any] = {
        "isComponent": False,
        "entityType": {**kind, **({"details": row["kind"]} if row["kind"] else {})},
        "name": row["name"] or row["party"],
        "identifiers": identifiers,
    }
    if kind["type"] == "unknownEntity":
        entity["unspecifiedEntityDetails"] = _UNKNOWN
    if registered.aliases:
        entity["alternateNames"] = [alias.name for alias in registered.aliases]
    return entity | _jurisdiction(row["home_country"])


def _own_identifier(key: str) -> list[dict[str, str]]:
    return [{"id": key, "schemeName": "Steppe"}]


def _jurisdiction(country: str | None) -> dict[str, Any]:
    if country is None or country == "ZZ":  # the sender did not know
        return {}
    return {"jurisdiction": {"name": _COUNTRY_NAMES.get(country, country), "code": country}}


def _relationship(
    subject: str, holder: str, percent: float | None, since: date | None, details: str | None
) -> Statement:
    interest: dict[str, Any] = {
        "type": "shareholding",
        "directOrIndirect": "unknown",
        "beneficialOwnershipOrControl": False,
    }
    if details is not None:
        interest["details"] = details
    if percent is not None:
        interest["share"] = {"exact": percent}
    if since is not None:
        interest["startDate"] = since.isoformat()
    return {
        "isComponent": False,
        "subject": subject,
        "interestedParty": party_record(holder),
        "interests": [interest],
    }


def _statement(kind: str, record: str, details: Statement, as_of: date) -> Statement:
    """The id is a function of what is stated and of the day."""
    identity = hashlib.sha256(_encode([record, as_of, details])).hexdigest()
    return {
        "statementId": identity,
        "declarationSubject": details.get("subject", record),
        "statementDate": as_of.isoformat(),
        "recordId": record,
        "recordType": kind,
        "recordStatus": "new",
        "recordDetails": details,
        "publicationDetails": {
            "publicationDate": as_of.isoformat(),
            "bodsVersion": _VERSION,
            "publisher": {"name": "Steppe"},
        },
        "source": {"type": ["thirdParty"]},
    }
