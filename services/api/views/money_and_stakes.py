"""What a project's events say of shares, volumes and money: stakes, offtakes, sums, steps of the value chain.

Pure functions over the events that had occurred by a day, in fold order (domain page, section 3). Sums are kept in their
own currency; nothing is converted, nothing counted twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Literal, TypedDict

from steppe.contracts.field_types import EARLIEST, Day, Decimal, Given, Key, LegName, Reference, doc
from steppe.domain.analysis.doubtful_claims import figures_of_cost
from steppe.domain.analysis.money import sums
from steppe.domain.events.corrections import Identity
from steppe.domain.events.event import Event
from steppe.domain.values.states import DealState


class Money(TypedDict):
    """The sums of one leg of a deal in one currency. Nothing is converted, nothing counted twice."""

    deal: Annotated[Key | None, doc("The deal; null: of the project.")]
    leg: Annotated[LegName, doc("The leg.")]
    currency: Annotated[str, doc("ISO 4217.")]
    committed: Annotated[Decimal, doc("What was committed.")]
    disbursed: Annotated[Decimal, doc("What was disbursed.")]


class CostFigure(TypedDict):
    """What one event says that the project costs. Figures of several sources stand beside each other; none is the right one."""

    value: Annotated[Decimal, doc("How much.")]
    currency: Annotated[str, doc("ISO 4217.")]
    basis: Annotated[str | None, doc("stated, estimated or imputed; null: nobody said.")]
    on: Annotated[Day, doc("The latest day on which it was said.")]
    on_earliest: Annotated[Day | None, doc(EARLIEST)]
    on_given: Given
    event: Annotated[Reference, doc("The event that says so, source#id.")]


class Stake(TypedDict):
    """A share that somebody holds by a valid equity leg."""

    deal: Annotated[Key, doc("The deal.")]
    party: Annotated[Key, doc("Who holds it.")]
    stake_percent: Annotated[float | None, doc("Per cent of the whole; null: nobody said.")]
    since: Annotated[Day, doc("Since when the leg binds.")]
    since_earliest: Annotated[Day | None, doc(EARLIEST)]
    since_given: Given
    event: Annotated[Reference | None, doc("The event that said how much, source#id; null: none did.")]


class Offtake(TypedDict):
    """An offtake contract with its terms as amended."""

    deal: Annotated[Key | None, doc("The deal; null: of the project.")]
    offtakers: Annotated[list[Key], doc("Who buys, alphabetical.")]
    commodity: Annotated[str | None, doc("What is bought; null: nobody said.")]
    volume: Annotated[float | None, doc("How much, in `unit` per `per`; null: nobody said.")]
    unit: Annotated[str | None, doc("Of the volume, as in t; null: nobody said.")]
    per: Annotated[str | None, doc("Of the volume, as in year; null: nobody said.")]
    term_years: Annotated[float | None, doc("For how many years; null: nobody said.")]
    starts_on: Annotated[str | None, doc("The first day, as sent; null: nobody said.")]
    ends_on: Annotated[str | None, doc("The last day, as sent; null: nobody said.")]
    valid: Annotated[bool, doc("Whether it binds on the day.")]
    event: Annotated[Reference, doc("The event that signed it, source#id.")]


class ChainStep(TypedDict):
    """A step of the value chain that moved into the host country, or what came beside it."""

    event: Annotated[Reference, doc("The event, source#id.")]
    name: Annotated[str, doc("Its name, as in processing.localised.")]
    on: Annotated[Day, doc("The latest day on which it occurred.")]
    on_earliest: Annotated[Day | None, doc(EARLIEST)]
    on_given: Given
    deal: Annotated[Key | None, doc("The deal; null: of the project.")]
    step: Annotated[str | None, doc("The step, as in separation; null: nobody said.")]
    what: Annotated[str | None, doc("What was transferred or taught; null: nobody said.")]
    scheme: Annotated[str | None, doc("The scheme of a certificate; null: nobody said.")]
    people: Annotated[float | None, doc("How many people were trained; null: nobody said.")]


_Term = Literal["commodity", "volume", "unit", "per", "term_years", "starts_on", "ends_on"]
_OFFTAKE_TERMS: tuple[_Term, ...] = ("commodity", "volume", "unit", "per", "term_years", "starts_on", "ends_on")
_BESIDE_THE_CHAIN = ("technology.transferred", "training.delivered", "certification.granted")


def money(events: Sequence[Event], stated_elsewhere: Collection[Identity] = ()) -> list[Money]:
    """Committed and disbursed of each deal, leg and currency, as decimal text.

    What is part of a document of another project that is `stated_elsewhere` is not counted again.
    """
    return [
        {
            "deal": deal or None,
            "leg": leg,
            "currency": currency,
            "committed": f"{total.committed:f}",
            "disbursed": f"{total.disbursed:f}",
        }
        for (deal, leg, currency), total in sorted(sums(events, stated_elsewhere).items())
    ]


def costs(events: Sequence[Event]) -> list[CostFigure]:
    """What is said of the project's cost, in the order in which it was said."""
    return [
        {
            "value": event.data["amount"]["value"],
            "currency": event.data["amount"]["currency"],
            "basis": event.data["amount"].get("basis"),
            "on": event.latest,
            "on_earliest": event.earliest,
            "on_given": event.given,
            "event": event.reference,
        }
        for event in figures_of_cost(events)
    ]


def stakes(events: Sequence[Event], deals: Sequence[DealState]) -> list[Stake]:
    """Who holds a share by a valid equity leg, and how much where it was said."""
    said: dict[tuple[str, str], tuple[float, str]] = {}
    for event in events:
        if not event.kind.name.startswith("equity.") or event.deal is None:
            continue
        investors = [party for party in event.parties if party.role == "investor"]
        moved = event.data.get("stake_percent")
        for party in investors:
            key = (event.deal, party.party)
            if party.stake_percent is not None:
                said[key] = (float(party.stake_percent), event.reference)
            elif event.kind.name == "equity.exited":
                if key in said and moved is not None:
                    said[key] = (max(said[key][0] - float(moved), 0.0), event.reference)
            elif len(investors) == 1 and moved is not None and key not in said:
                said[key] = (float(moved), event.reference)  # the first share that moved is the holding
    holders = {
        (deal.deal, holder): leg.bound
        for deal in deals
        for leg in deal.legs
        if leg.leg == "equity" and leg.valid
        for holder in leg.holders
    }
    return [
        {
            "deal": deal,
            "party": party,
            "stake_percent": said[deal, party][0] if (deal, party) in said else None,
            "since": since.latest,
            "since_earliest": since.earliest,
            "since_given": since.given,
            "event": said[deal, party][1] if (deal, party) in said else None,
        }
        for (deal, party), since in sorted(holders.items(), key=lambda held: held[0])
    ]


def offtakes(
    events: Sequence[Event], deals: Sequence[DealState], stated_elsewhere: Collection[Identity] = ()
) -> list[Offtake]:
    """The offtake contracts with their terms as amended, and whether they still bind; those `stated_elsewhere` are not told again."""
    valid = {
        (deal.deal, event)
        for deal in deals
        for leg in deal.legs
        if leg.leg == "offtake" and leg.valid
        for event in leg.events
    }
    stated = {*stated_elsewhere, *((event.source, event.id) for event in events if "volume" in event.data)}
    contracts: dict[str, Offtake] = {}
    for event in events:
        if event.kind.name == "offtake.signed" and not _is_repeated(event, stated):
            contracts[event.reference] = {
                "deal": event.deal,
                "offtakers": sorted(party.party for party in event.parties if party.role == "offtaker"),
                "commodity": event.data.get("commodity"),
                "volume": event.data.get("volume"),
                "unit": event.data.get("unit"),
                "per": event.data.get("per"),
                "term_years": event.data.get("term_years"),
                "starts_on": event.data.get("starts_on"),
                "ends_on": event.data.get("ends_on"),
                "valid": (event.deal, event.reference) in valid,
                "event": event.reference,
            }
        elif event.kind.name == "offtake.amended":
            for reference in _amended(event, contracts):
                for term in _OFFTAKE_TERMS:
                    if term in event.data:
                        contracts[reference][term] = event.data[term]
    return list(contracts.values())


def _is_repeated(event: Event, stated: Collection[Identity]) -> bool:
    """Whether a contract is part of a document that states a volume: what states none, or is not there, tells nothing of it."""
    part_of = event.data.get("part_of")
    return part_of is not None and (part_of["source"], part_of["id"]) in stated


def _amended(event: Event, contracts: dict[str, Offtake]) -> list[str]:
    """The named contract, else those of the deal's named offtakers, else all of the deal."""
    amends = event.data.get("amends")
    if amends:
        reference = f"{amends['source']}#{amends['id']}"
        return [reference] if reference in contracts else []
    named = {party.party for party in event.parties if party.role == "offtaker"}
    return [
        reference
        for reference, contract in contracts.items()
        if contract["deal"] == event.deal and (not named or named & set(contract["offtakers"]))
    ]


def value_chain(events: Sequence[Event]) -> list[ChainStep]:
    """The steps that moved into the host country; technology, training and certificates beside them."""
    return [
        {
            "event": event.reference,
            "name": event.kind.name,
            "on": event.latest,
            "on_earliest": event.earliest,
            "on_given": event.given,
            "deal": event.deal,
            "step": event.data.get("step"),
            "what": event.data.get("what"),
            "scheme": event.data.get("scheme"),
            "people": event.data.get("people"),
        }
        for event in events
        if event.kind.name == "processing.localised" or event.kind.name in _BESIDE_THE_CHAIN
    ]
