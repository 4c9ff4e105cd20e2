"""What flags that come from a market rest on, on one day. It is not stored with them: in a dense market each crossing of the line is
among what nearly all of them rest on. It is told from the rows by which they were judged, for those that somebody asks for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

from steppe.database import sql
from steppe.database.read_model import market_rows, registry_rows
from steppe.database.read_model.flag_rows import flag_of_clock
from steppe.database.read_model.market_fields import MarketField, MarketFields, Place
from steppe.domain.flags.flag_registry import MARKET_FLAGS
from steppe.domain.markets.groups import Groups
from steppe.domain.markets.rivalry import Rivals, SeenCrossings, with_causes
from steppe.domain.markets.standings import Contender, Standing
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.spans import Span
from steppe.domain.values.states import BEGINNING, Flag

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from steppe.database.connection import Connection

log = logging.getLogger("steppe")

FLAGS_OF_MARKETS = frozenset(flag.name for flag in MARKET_FLAGS)

_STATEMENTS = sql.load("market")
_DAYS_A_MONTH_MAX = 31
_DECODED_AT_ONCE = 20  # a millisecond or two


class MarketCauses:
    """What the flags of some projects rest on, on one day, as far as they come from a market."""

    def __init__(
        self,
        day: date,
        rules: Rules,
        projects: Mapping[str, tuple[Standing, Sequence[Span[Contender]]]],
        fields: Mapping[Place, MarketField],
        groups: Groups,
    ) -> None:
        self._day = day
        self._rules = rules
        self._projects = projects
        self._fields = fields
        self._groups = groups
        self._rivals: Rivals | None = None

    def flag_of_clock(self, project: str, deal: str, name: str, document: str) -> Flag:
        """The flag of a row of one of the projects, on a day on which it says that the flag shows; the deal '' is for its own."""
        flag = flag_of_clock(deal, name, document, self._day)
        if flag.flag not in FLAGS_OF_MARKETS or project not in self._projects:
            return flag
        if self._rivals is None:
            seen = SeenCrossings()
            for (countries, commodities), field in self._fields.items():
                seen.put_field(countries, commodities, field.field())
            self._rivals = Rivals(seen, self._groups)
        standing, contenders = self._projects[project]
        try:
            return with_causes(flag, standing, contenders, self._rivals, self._day, self._rules)
        except (
            Exception
        ):  # a defect, because of which the project was not judged either: its flags stay, and it is logged
            log.exception("what %s of %s rests on cannot be told", flag.flag, project)
            return flag


async def read_causes(
    connection: Connection,
    projects: Collection[str],
    day: date,
    rules: Rules,
    *,
    schema: str = "",
    fields: MarketFields | None = None,
) -> MarketCauses:
    """For flags of these projects, those that come from a market at least; of none of them no statement is run.

    `fields`: what readers of the same database, and of the read model in this schema, have read before; None: nothing.
    """
    if not projects:
        return MarketCauses(day, rules, {}, {}, Groups({}))
    near: dict[str, tuple[Standing, Sequence[Span[Contender]]]] = {}
    places: set[Place] = set()
    parties: set[str] = set()
    rows = await connection.fetch(*_STATEMENTS["standings_of_projects"](projects=sorted(projects)))
    for number, row in enumerate(rows):
        if number % _DECODED_AT_ONCE == 0:
            await asyncio.sleep(0)  # others are answered meanwhile
        standing, contenders = market_rows.standing_from(row), market_rows.contenders_from(row)
        near[standing.project] = standing, contenders
        places |= {(p.countries, p.commodities) for span in standing.places if (p := span.value).trades}
        parties |= market_rows.pursuers_of(contenders) | market_rows.parties_of(standing)
    groups = registry_rows.groups_from(await connection.fetch(*_STATEMENTS["parents_above"](parties=sorted(parties))))
    seen = await (fields or MarketFields()).at(connection, schema, sorted(places), day, _before(day, rules))
    return MarketCauses(day, rules, near, seen, groups)


def flags_of_markets(rows: Collection[asyncpg.Record]) -> set[str]:
    """Of rows with project and flag the projects that have flags which come from a market."""
    return {row["project"] for row in rows if row["flag"] in FLAGS_OF_MARKETS}


def crowded_months(rules: Rules) -> list[int]:
    """For how many months what was won crowds others, wherever that may be."""
    overridden = {override.value for override in rules.overrides if override.rule == "crowded.months"}
    return sorted({rules.values["crowded.months"], *overridden})


def _before(day: date, rules: Rules) -> date:
    """A day so long ago that nobody is crowded any more by what was won then."""
    days = (crowded_months(rules)[-1] + 1) * _DAYS_A_MONTH_MAX
    return BEGINNING if (day - BEGINNING).days <= days else day - timedelta(days=days)
