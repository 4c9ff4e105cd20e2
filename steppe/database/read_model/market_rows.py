"""What others see of a project as rows, and back: standings, contenders, crossings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from steppe.database.read_model.stored_documents import compact_document, reader
from steppe.domain.markets.groups import Groups
from steppe.domain.markets.standings import (
    Contender,
    RivalCrossing,
    Standing,
    contenders_of,
    rival_crossings,
    standing_of,
)
from steppe.domain.values.history import History
from steppe.domain.values.spans import Span

if TYPE_CHECKING:
    import asyncpg

STANDING = ("project", "markets", "parties", "document", "contenders")
CROSSING = (
    "project", "deal", "scope", "valid_from", "valid_to", "won_on", "since", "event", "winners", "parts", "countries",
    "commodities", "markets",
)  # fmt: skip

_encode = msgspec.json.Encoder().encode
_standing_from = msgspec.json.Decoder(Standing).decode
_contenders_from = reader(tuple[Span[Contender], ...])


def standing_row(history: History) -> tuple[Any, ...]:
    """How a project stands in its markets."""
    standing = standing_of(history)
    parties = {party for span in history.deals for party in span.value.pursuers}
    parties |= {party for crossing in standing.crossings for party in (*crossing.parties, *crossing.pursuers)}
    contenders = compact_document(contenders_of(history))
    return (
        history.project, sorted(market_keys(standing.markets)), sorted(parties), _encode(standing).decode(), contenders,
    )  # fmt: skip


def standing_from(row: asyncpg.Record) -> Standing:
    """The standing of a row that has its document."""
    return _standing_from(row["document"])


def contenders_from(row: asyncpg.Record) -> tuple[Span[Contender], ...]:
    """The deals of the same row that others can do something to."""
    return _contenders_from(row["contenders"])


def crossing_rows(standing: Standing, groups: Groups) -> list[tuple[Any, ...]]:
    """What others see of a project. `groups` must know the parties of its crossings."""
    return [
        (
            one.project, one.deal, one.scope, one.valid_from, one.valid_to, one.on, one.since, one.event,
            sorted(one.winners), sorted(one.parts), list(one.countries), list(one.commodities),
            sorted(market_keys(one.markets)),
        )
        for one in rival_crossings(standing, groups)
    ]  # fmt: skip


def crossing_from(row: asyncpg.Record) -> RivalCrossing:
    """The crossing of a row that has all columns but `markets`."""
    return RivalCrossing(
        project=row["project"],
        deal=row["deal"],
        scope=row["scope"],
        on=row["won_on"],
        since=row["since"],
        event=row["event"],
        winners=frozenset(row["winners"]),
        parts=frozenset(row["parts"]),
        countries=tuple(row["countries"]),
        commodities=tuple(row["commodities"]),
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
    )


def market_key(market: tuple[str, str]) -> str:
    """A market as text: `KZ/tungsten`."""
    country, commodity = market
    return f"{country}/{commodity}"


def market_keys(markets: Iterable[tuple[str, str]]) -> set[str]:
    """Markets as text."""
    return {market_key(market) for market in markets}


def parties_of(standing: Standing) -> set[str]:
    """Whose groups decide what the crossings of a project do to others."""
    return {party for crossing in standing.crossings for party in (*crossing.parties, *crossing.pursuers)}


def pursuers_of(contenders: Sequence[Span[Contender]]) -> set[str]:
    """Whose groups decide what others do to these deals."""
    return {party for span in contenders for party in span.value.pursuers}
