"""Claims that may be one (domain page, section 3): two sources that state the money of one deal and leg differently."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from steppe.domain.events.event import Party, clamp_to_known_day, deal_of
from steppe.domain.events.field_checks import days_of
from steppe.domain.events.vocabulary import EVENT_KINDS, Effect
from steppe.domain.values.value_class import value_class


@value_class(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a binding row states of the money of a leg. `key`: subject, deal, leg and currency; None: of the project."""

    key: tuple[str, str | None, str, str]
    source: str
    id: str
    earliest: date | None
    latest: date
    value: Decimal
    part_of: tuple[str, str] | None

    @property
    def reference(self) -> str:
        """As answers name it: `source#id`."""
        return f"{self.source}#{self.id}"


def claim_of(
    *, name: str, source: str, id: str, subject: str, data: Mapping[str, Any], known_day: date
) -> Claim | None:
    """The claim of data that validation has accepted; None when it states no money that binds."""
    kind = EVENT_KINDS[name]
    amount = data.get("amount")
    if amount is None or kind.effect is not Effect.BINDING or kind.leg is None:
        return None
    days = days_of(data["occurred"])
    if days is None or amount.get("of", "price") not in ("price", "leg"):
        return None
    earliest, latest = clamp_to_known_day(days, known_day)
    parties = tuple(Party(party["party"], party["role"]) for party in data.get("parties", ()))
    document = data.get("part_of")
    return Claim(
        key=(subject, deal_of(name, data.get("deal"), parties), kind.leg, amount["currency"]),
        source=source,
        id=id,
        earliest=earliest,
        latest=latest,
        value=Decimal(amount["value"]),
        part_of=None if document is None else (document["source"], document["id"]),
    )


def may_be_one(one: Claim, other: Claim) -> bool:
    """Whether two claims may state one document: other sources, overlapping days, other amounts, and no `part_of` between."""
    if one.key != other.key or one.source == other.source or one.value == other.value:
        return False
    if one.part_of == (other.source, other.id) or other.part_of == (one.source, one.id):
        return False
    if one.part_of is not None and one.part_of == other.part_of:
        return False
    starts_in_time = one.earliest is None or one.earliest <= other.latest
    return starts_in_time and (other.earliest is None or other.earliest <= one.latest)
