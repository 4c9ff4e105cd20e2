"""Projects as activities of IATI 2.03, the mirror of the importer's mapping (docs/exporting.md). Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

from services.api.export.project_histories import (
    ProjectHistory,
    StoredProjects,
    first_of_role,
    giver_of,
    iati_identifier,
)
from steppe.domain.analysis.crosswalk import IATI, word
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import CORRECTION_NAMES

FOOT = b"</iati-activities>\n"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_NO_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # not allowed in XML 1.0
_LANGUAGE_CODE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
# Purpose codes of the OECD that lead back to the same sector and kind.
_PURPOSES = {
    ("transport", "corridor"): "21010", ("energy", "plant"): "23110", ("processing", "plant"): "32110",
    ("mining", "deposit"): "32210", ("resilience", "plant"): "14010", ("resilience", "programme"): "41010",
    ("human-capital", "programme"): "11110", ("other", "programme"): "43010",
}  # fmt: skip
_OTHER_PURPOSE = "43010"
# By event and leg: type of the transaction, and its finance type.
_TRANSACTIONS: Mapping[tuple[str, str], tuple[str, str | None]] = {
    ("loan.signed", "debt"): ("2", "421"), ("grant.committed", "grant"): ("2", "110"), ("equity.agreed", "equity"): ("2", "510"),
    ("equity.closed", "equity"): ("8", "510"), ("guarantee.issued", "guarantee"): ("10", "1100"),
    ("funds.disbursed", "debt"): ("3", "421"), ("funds.disbursed", "grant"): ("3", "110"),
    ("funds.returned", "debt"): ("3", "421"), ("funds.returned", "grant"): ("3", "110"),
    ("commitment.reduced", "debt"): ("2", "421"), ("commitment.reduced", "grant"): ("2", "110"),
}  # fmt: skip
_PLEDGE = "12"
_ENDINGS = ("project.cancelled", "project.completed", "project.suspended")
_FINALISATION, _IMPLEMENTATION = "3", "2"
_ORGANISATION_ROLES = {"financier": "1", "donor": "1", "investor": "1", "contractor": "4", "host": "2"}
_ROLE_OF_NOBODY = "2"


class Activities(NamedTuple):
    """Activities as XML, how many, and how often Steppe has what they have not, by the name of the event or the field."""

    xml: bytes
    number: int
    left_out: Counter[str]


def head(generated: str) -> bytes:
    """What the file begins with; `generated` is an instant as xsd:dateTime."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<iati-activities version="2.03" generated-datetime="{generated}">\n'
    ).encode()


def activities(stored: StoredProjects) -> Activities:
    """An activity for each project; one without a country is left out, because IATI asks for one."""
    pieces: list[bytes] = []
    left_out = Counter[str]()
    for project in stored.histories():
        if not project.state.countries:
            left_out["project without a country"] += 1
            continue
        pieces.append(tostring(_Activity(project, stored, left_out).element(), encoding="utf-8") + b"\n")
    return Activities(b"".join(pieces), len(pieces), left_out)


class _Activity:
    """One activity. What has no place in it is counted in `left_out`."""

    def __init__(self, project: ProjectHistory, stored: StoredProjects, left_out: Counter[str]) -> None:
        self._project = project
        self._state = project.state
        self._events = project.events
        self._stored = stored
        self._left_out = left_out
        self._exported: set[str] = set()

    def element(self) -> Element:
        """In the order of the schema."""
        state = self._state
        activity = Element("iati-activity")
        SubElement(activity, "iati-identifier").text = _text(iati_identifier(state.project, state.ids))
        reporter = SubElement(activity, "reporting-org", ref="STEPPE", type="90", attrib={"secondary-reporter": "1"})
        _narrate(reporter, "Steppe")
        title = SubElement(activity, "title")
        _narrate(title, state.name or state.project)
        for alias in state.aliases:
            _narrate(title, alias.name, alias.language)
        _narrate(SubElement(activity, "description"), self._description())
        self._add_organisations(activity)
        self._add_others(activity)
        SubElement(activity, "activity-status", code=self._status())
        self._add_dates(activity)
        self._add_countries(activity)
        self._add_location(activity)
        SubElement(activity, "sector", vocabulary="1", code=self._purpose())
        transactions = sorted(self._transactions(), key=lambda pair: pair[0])
        activity.extend(transaction for _, transaction in transactions)
        self._add_programmes(activity)
        for event in self._events:
            if event.reference not in self._exported and event.kind.name not in CORRECTION_NAMES:
                self._left_out[event.kind.name] += 1
        return activity

    def _status(self) -> str:
        """The word of the crosswalk; but who reads Finalisation takes the project for completed, and one that produces goes on."""
        code = word(IATI, self._state.level, self._state.highest_level, self._state.overlays).code
        return _IMPLEMENTATION if code == _FINALISATION else code

    def _description(self) -> str:
        state = self._state
        beside = f" ({', '.join(state.overlays)})" if state.overlays else ""
        return f"Judged by Steppe as of {self._stored.as_of}: {state.level.label}{beside}."

    def _add_organisations(self, activity: Element) -> None:
        named: dict[tuple[str, str], str] = {}
        for event in self._events:
            for party in event.parties:
                role = _ORGANISATION_ROLES.get(party.role)
                if role is not None:
                    named.setdefault((role, party.party), self._stored.name_of(party))
        for (role, key), name in sorted(named.items()) or [((_ROLE_OF_NOBODY, ""), "unknown")]:
            organisation = SubElement(activity, "participating-org", role=role)
            if key:
                organisation.set("ref", f"STEPPE-{key}")
            _narrate(organisation, name)

    def _add_others(self, activity: Element) -> None:
        """The key here, and the ids in other registers."""
        state = self._state
        SubElement(activity, "other-identifier", ref=_text(state.project), type="A1")
        for own in state.ids:
            if own.scheme != IATI:
                SubElement(activity, "other-identifier", ref=_text(f"{own.scheme}:{own.id}"), type="A9")

    def _add_dates(self, activity: Element) -> None:
        """Actual start and end; the day of the first event as the planned start where there is neither: a date is asked for."""
        starts = self._project.named("construction.started")
        ended = self._state.ended_on
        if starts:
            self._exported.add(starts[0].reference)
            SubElement(activity, "activity-date", type="2", attrib={"iso-date": self._day_of(starts[0])})
        elif ended is None:
            first = min((event.latest for event in self._events), default=self._stored.as_of)
            SubElement(activity, "activity-date", type="1", attrib={"iso-date": first.isoformat()})
        if ended is not None:
            SubElement(activity, "activity-date", type="4", attrib={"iso-date": ended.isoformat()})
        for name in _ENDINGS:  # which the status says
            ending = self._project.named(name)
            if ending and ending[-1].deal is None:
                self._exported.add(ending[-1].reference)

    def _add_countries(self, activity: Element) -> None:
        """Equal shares, the first country a little more where they do not divide."""
        first, *others = dict.fromkeys([self._state.country or self._state.countries[0], *self._state.countries])
        share = (Decimal(100) / (len(others) + 1)).quantize(Decimal("0.01"), ROUND_DOWN)
        for code, percentage in ((first, 100 - share * len(others)), *((code, share) for code in others)):
            SubElement(activity, "recipient-country", code=code, percentage=f"{percentage:f}")

    def _add_location(self, activity: Element) -> None:
        state = self._state
        if state.place is None and state.latitude is None:
            return
        location = SubElement(activity, "location")
        if state.place is not None:
            _narrate(SubElement(location, "name"), state.place)
        if state.latitude is not None and state.longitude is not None:
            point = SubElement(location, "point", srsName="http://www.opengis.net/def/crs/EPSG/0/4326")
            SubElement(point, "pos").text = f"{state.latitude} {state.longitude}"

    def _purpose(self) -> str:
        purpose = _PURPOSES.get((self._state.sector or "", self._state.kind or ""))
        if purpose is None:
            self._left_out[f"sector {self._state.sector or 'unknown'} with kind {self._state.kind or 'unknown'}"] += 1
        return purpose or _OTHER_PURPOSE

    def _transactions(self) -> Iterator[tuple[tuple[str, str], Element]]:
        """With what they are ordered by: the day and the id of the event."""
        registrations = self._project.named("project.registered")
        self._exported.update(event.reference for event in registrations[-1:])
        for event in self._project.named("pledge.announced"):
            if event.data.get("amount"):
                yield self._transaction(event, _PLEDGE, None, Decimal(event.data["amount"]["value"]))
        for row, value in self._project.amounts():
            types = _TRANSACTIONS.get((row.event.kind.name, row.leg))
            if types is not None:
                yield self._transaction(row.event, *types, value)

    def _transaction(
        self, event: Event, type: str, finance_type: str | None, value: Decimal
    ) -> tuple[tuple[str, str], Element]:
        self._exported.add(event.reference)
        day = self._day_of(event)
        transaction = Element("transaction", ref=_text(event.id))
        SubElement(transaction, "transaction-type", code=type)
        SubElement(transaction, "transaction-date", attrib={"iso-date": day})
        amount = SubElement(transaction, "value", currency=event.data["amount"]["currency"], attrib={"value-date": day})
        amount.text = f"{value:f}"
        if event.data.get("note"):
            _narrate(SubElement(transaction, "description"), event.data["note"])
        for tag, party in (("provider-org", giver_of(event)), ("receiver-org", first_of_role(event, "host"))):
            if party is not None:
                _narrate(SubElement(transaction, tag, ref=f"STEPPE-{party.party}"), self._stored.name_of(party))
        if finance_type is not None:
            SubElement(transaction, "finance-type", code=finance_type)
        return (day, event.reference), transaction

    def _add_programmes(self, activity: Element) -> None:
        programmes = {event.data["programme"] for event in self._events if event.data.get("programme")}
        for programme in sorted(programmes - {self._state.project}):
            SubElement(activity, "related-activity", ref=_text(self._stored.iati_identifier(programme)), type="1")

    def _day_of(self, event: Event) -> str:
        if event.given is not None or event.earliest != event.latest:
            self._left_out["day that is not exact"] += 1
        return event.latest.isoformat()


def _narrate(element: Element, text: str, language: str | None = None) -> None:
    narrative = SubElement(element, "narrative")
    narrative.text = _text(text)
    if language is not None and _LANGUAGE_CODE.fullmatch(language):
        narrative.set(_LANGUAGE, language)


def _text(text: str) -> str:
    return _NO_TEXT.sub(" ", text)
