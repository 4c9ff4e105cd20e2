"""What is seen in markets on a day, kept for whoever asks next: where a market is dense, reading it is most of an answer about it.

As in `market_cache`, what is kept of a market is valid while `market` says that it changed when it had when it was read.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from steppe.database import sql
from steppe.database.read_model import market_rows
from steppe.domain.markets.rival_field import RivalField

if TYPE_CHECKING:
    import asyncpg

    from steppe.database.connection import Connection

Place: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
"""The countries and the commodities of a project; it is in a market of each pair of them."""

_STATEMENTS = sql.load("market")
_CROSSINGS_MAX = 20_000
_ROWS_AT_ONCE = 200


class MarketField:
    """What counts on a day of what projects at one place see. Made of rows by whichever thread asks first; can go to another process."""

    def __init__(self, rows: Sequence[asyncpg.Record]) -> None:
        self.rows = rows
        self._field: RivalField | None = None

    def __getstate__(self) -> Sequence[asyncpg.Record]:
        return self.rows

    def __setstate__(self, rows: Sequence[asyncpg.Record]) -> None:
        self.rows, self._field = rows, None

    def field(self) -> RivalField:
        """To be asked about that day only: then it does not matter how many threads do."""
        if self._field is None:
            self._field = RivalField(map(market_rows.crossing_from, self.rows))
        return self._field


class _Key(NamedTuple):
    schema: str
    place: Place
    day: date
    won_after: date


class _Kept(NamedTuple):
    changed_at: tuple[datetime | None, ...]
    field: MarketField


class MarketFields:
    """Those that were asked for last, in the read models of one database."""

    def __init__(self, crossings_max: int = _CROSSINGS_MAX) -> None:
        self._crossings_max = crossings_max
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._crossings = 0

    async def at(
        self, connection: Connection, schema: str, places: Collection[Place], day: date, won_after: date
    ) -> dict[Place, MarketField]:
        """What counts on a day at each of these places, but for crowding what was won until `won_after`, in the read model on the search
        path, which is in this schema.
        """
        if not places:
            return {}
        markets = {place: sorted(_markets_of(place)) for place in places}
        wanted = sorted({market for of_place in markets.values() for market in of_place})
        rows = await connection.fetch(*_STATEMENTS["markets_changed_at"](markets=wanted))
        changed_at = {row["market"]: row["changed_at"] for row in rows}
        fields: dict[Place, MarketField] = {}
        for place, of_place in markets.items():
            key = _Key(schema, place, day, won_after)
            kept = self._kept.get(key)
            if kept is not None and kept.changed_at == tuple(map(changed_at.get, of_place)):
                self._kept.move_to_end(key)
                fields[place] = kept.field
        missing = [place for place in places if place not in fields]
        if missing:
            seen = await self._read(
                connection, {market for place in missing for market in markets[place]}, day, won_after
            )
            for place in missing:
                await asyncio.sleep(0)
                rows_by_key = {
                    (row["project"], row["deal"], row["scope"], row["valid_from"]): row
                    for market in markets[place]
                    for row in seen.get(market, ())
                }
                fields[place] = MarketField(list(rows_by_key.values()))
                stamp = tuple(map(changed_at.get, markets[place]))
                self._keep(_Key(schema, place, day, won_after), _Kept(stamp, fields[place]))
        return fields

    async def _read(
        self, connection: Connection, markets: Iterable[str], day: date, won_after: date
    ) -> dict[str, list[asyncpg.Record]]:
        rows = await connection.fetch(
            *_STATEMENTS["crossings_on_day"](markets=sorted(markets), day=day, won_after=won_after)
        )
        seen: dict[str, list[asyncpg.Record]] = {}
        for number, row in enumerate(rows):
            if number % _ROWS_AT_ONCE == 0:
                await asyncio.sleep(0)  # others are answered meanwhile
            for market in _markets_of((row["countries"], row["commodities"])):
                seen.setdefault(market, []).append(row)
        return seen

    def _keep(self, key: _Key, kept: _Kept) -> None:
        before = self._kept.pop(key, None)
        if before is not None:
            self._crossings -= 1 + len(before.field.rows)
        self._kept[key] = kept
        self._crossings += 1 + len(kept.field.rows)
        while self._crossings > self._crossings_max:
            _, oldest = self._kept.popitem(last=False)
            self._crossings -= 1 + len(oldest.field.rows)


def _markets_of(place: tuple[Iterable[str], Sequence[str]]) -> Iterable[str]:
    countries, commodities = place
    return (market_rows.market_key((country, commodity)) for country in countries for commodity in commodities)
