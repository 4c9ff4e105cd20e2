"""The crossings of the markets that a worker met last, so that a batch need not read those of a large market again.

What is kept of a market is valid while `market` says that it changed when it had when it was read. Whoever changes the crossings
of a market says so in the same transaction, and a transaction that is undone never says what another one says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from steppe.database.read_model import market_rows
from steppe.database.sql import Statement
from steppe.domain.markets.rivalry import SeenCrossings

if TYPE_CHECKING:
    from steppe.database.connection import Connection

_CROSSINGS_MAX = 20_000


class MarketCache:
    """One worker's; of one read model, and not for use by two batches at once."""

    def __init__(self, crossings_max: int = _CROSSINGS_MAX) -> None:
        self._crossings_max = crossings_max
        self.clear()

    def clear(self) -> None:
        """Forget everything: the read model is another one."""
        self._seen = SeenCrossings()
        self._changed_at: dict[tuple[str, str], datetime | None] = {}
        self._crossings = 0

    async def seen_in(
        self, connection: Connection, statements: Mapping[str, Statement], markets: Collection[tuple[str, str]]
    ) -> SeenCrossings:
        """What is seen in these markets now, and maybe in others."""
        if self._crossings > self._crossings_max:
            self.clear()
        keys = {market: market_rows.market_key(market) for market in markets}
        rows = await connection.fetch(*statements["markets_changed_at"](markets=sorted(keys.values())))
        changed_at: dict[str, datetime] = {row["market"]: row["changed_at"] for row in rows}
        stale = [
            market
            for market, key in keys.items()
            if market not in self._changed_at or self._changed_at[market] != changed_at.get(key)
        ]
        if stale:
            rows = await connection.fetch(
                *statements["crossings_in_markets"](markets=sorted(keys[market] for market in stale))
            )
            for market in stale:
                self._seen.forget(market)
                self._changed_at[market] = changed_at.get(keys[market])
            self._seen.add(map(market_rows.crossing_from, rows))
            self._crossings += len(rows)
        return self._seen
