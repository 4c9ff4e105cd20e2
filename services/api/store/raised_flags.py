"""The flags of rows on a day, with what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.api.store.knowledge import picklable
from services.api.store.snapshot import Row, Snapshot
from steppe.database.read_model.market_causes import MarketCauses, flags_of_markets, read_causes
from steppe.domain.values.states import Flag


@dataclass(frozen=True, slots=True)
class RaisedFlags:
    """Rows of flags that stand on a day, and what of them comes from markets. Decodes when it is asked; can go to another process."""

    rows: Sequence[Row]
    causes: MarketCauses

    def all(self) -> list[Flag]:
        """The flag of each row."""
        return [
            self.causes.flag_of_clock(row["project"], row["deal"], row["flag"], row["document"]) for row in self.rows
        ]

    def by_project(self) -> dict[str, list[Flag]]:
        """The flags of each project, in the order they came."""
        flags: dict[str, list[Flag]] = {}
        for row, flag in zip(self.rows, self.all(), strict=True):
            flags.setdefault(row["project"], []).append(flag)
        return flags

    def by_deal(self) -> dict[tuple[str, str], list[Flag]]:
        """The flags of each deal, by project and deal, in the order they came; under the deal '' a project's own."""
        flags: dict[tuple[str, str], list[Flag]] = {}
        for row, flag in zip(self.rows, self.all(), strict=True):
            flags.setdefault((row["project"], row["deal"]), []).append(flag)
        return flags


async def flags_of_projects(snapshot: Snapshot, as_of: date, projects: Sequence[str]) -> RaisedFlags:
    """All flags of some projects on a day."""
    if not projects:
        return await flags_of_rows(snapshot, as_of, ())
    return await flags_of_rows(
        snapshot, as_of, await snapshot.rows("flags_of_projects", as_of=as_of, projects=projects)
    )


async def flags_of_deals(snapshot: Snapshot, as_of: date, deals: Sequence[tuple[str, str]]) -> RaisedFlags:
    """All flags of some deals on a day; each is a project and a deal."""
    projects, names = [project for project, _ in deals], [deal for _, deal in deals]
    rows = await snapshot.rows("flags_of_deals", as_of=as_of, projects=projects, deals=names)
    return await flags_of_rows(snapshot, as_of, rows)


async def flags_of_rows(snapshot: Snapshot, as_of: date, rows: Sequence[Row]) -> RaisedFlags:
    """The flags of rows with project, deal, flag and document that stand on a day."""
    rules = picklable(snapshot.rules)
    causes = await read_causes(
        snapshot.connection,
        flags_of_markets(rows),
        as_of,
        rules,
        schema=snapshot.schema,
        fields=snapshot.market_fields,
    )
    return RaisedFlags(rows, causes)
