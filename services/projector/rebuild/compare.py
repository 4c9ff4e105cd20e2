"""Compares a read model that was built with the active one: the rows of every table, and every project at the same position in both.

A project at another position is not compared, and neither is what a market does to a project if that market has one of those.
Differences are what a rebuild is for when a release judges otherwise; without such a release they are a fault. Both are reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from steppe.database.read_model import projection_rows, registry_rows

_OF_MARKETS = "flag IN ('displaced', 'crowded')"
_COMPARED = {
    "project": ([column for column in projection_rows.PROJECT if column != "updated_at"], "TRUE"),
    "project_span": (projection_rows.PROJECT_SPAN, "TRUE"),
    "deal_span": (projection_rows.DEAL_SPAN, "TRUE"),
    "flag_span": (projection_rows.FLAG_SPAN, f"NOT {_OF_MARKETS}"),
    "standing": (projection_rows.STANDING, "TRUE"),
}
_COMPARED_IN_MARKETS = {
    "flag_span": (projection_rows.FLAG_SPAN, _OF_MARKETS),
    "co_investment_span": (projection_rows.CO_INVESTMENT_SPAN, "TRUE"),
}
_COUNTED = (
    "event", "conflict", "quarantine", "parked", "project", "project_span", "deal_span", "flag_span", "party_span", "forum",
    "standing", "co_investment_span",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The rows of a table in both."""

    table: str
    living: int
    built: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """What was compared. `differences` are project and table, in order."""

    counts: tuple[Count, ...]
    projects: int
    compared: int
    differences: tuple[tuple[str, str], ...]


async def compare(connection: asyncpg.Connection, living: str, built: str) -> Parity:
    """Compare two read models as of one moment. Both need their keys."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        counts = [
            Count(
                table=table,
                living=await connection.fetchval(f"SELECT count(*) FROM {living}.{table}"),  # noqa: S608
                built=await connection.fetchval(f"SELECT count(*) FROM {built}.{table}"),  # noqa: S608
            )
            for table in _COUNTED
        ]
        places = await connection.fetchrow(_projects_compared(living, built))
        assert places is not None, "counts are a row"
        projects, compared = places
        differing: list[tuple[str, str]] = []
        for table, (columns, which) in _COMPARED.items():
            differing += await _differing(connection, living, built, table, columns, which, _ALIKE)
        if not await connection.fetchval(_registries_differ(living, built)):
            for table, (columns, which) in _COMPARED_IN_MARKETS.items():
                differing += await _differing(connection, living, built, table, columns, which, _MARKETS_ALIKE)
    return Parity(counts=tuple(counts), projects=projects, compared=compared, differences=tuple(sorted(set(differing))))


# The names in what follows are the constants above and the pointer's, never input.
_ALIKE = """
    alike AS (
        SELECT a.project
        FROM {living}.project AS a
        JOIN {built}.project AS b USING (project)
        WHERE (a.partition, a.log_offset, a.event_count) = (b.partition, b.log_offset, b.event_count)
    )"""
_MOVED = """
    moved AS (
        SELECT DISTINCT unnest(standing.markets) AS market
        FROM (TABLE {living}.standing UNION ALL TABLE {built}.standing) AS standing
        WHERE NOT EXISTS (SELECT 1 FROM known_alike WHERE known_alike.project = standing.project)
    ),
    alike AS (
        SELECT known_alike.project
        FROM known_alike
        JOIN {living}.standing AS standing USING (project)
        WHERE NOT standing.markets && (SELECT COALESCE(array_agg(moved.market), '{{}}') FROM moved)
    )"""
_MARKETS_ALIKE = f"{_ALIKE.replace('alike AS', 'known_alike AS')},{_MOVED}"


async def _differing(
    connection: asyncpg.Connection,
    living: str,
    built: str,
    table: str,
    columns: Sequence[str],
    which: str,
    alike: str,
) -> list[tuple[str, str]]:
    rows_of = (
        f"SELECT project, count(*) AS number, bit_xor(hashtextextended(ROW({', '.join(columns)})::text, 0)) AS content"  # noqa: S608
        f" FROM {{schema}}.{table} JOIN alike USING (project) WHERE {which} GROUP BY project"
    )
    found = await connection.fetch(
        f"WITH {alike.format(living=living, built=built)},"  # noqa: S608
        f" old AS ({rows_of.format(schema=living)}), new AS ({rows_of.format(schema=built)})"
        " SELECT project FROM old FULL JOIN new USING (project)"
        " WHERE (old.number, old.content) IS DISTINCT FROM (new.number, new.content)"
    )
    return [(row["project"], table) for row in found]


def _projects_compared(living: str, built: str) -> str:
    alike = _ALIKE.format(living=living, built=built)
    return (
        f"WITH {alike} SELECT (SELECT count(*) FROM {living}.project FULL JOIN {built}.project USING (project)),"  # noqa: S608
        " (SELECT count(*) FROM alike)"
    )


def _registries_differ(living: str, built: str) -> str:
    columns = ", ".join(registry_rows.PARTY_SPAN)
    one, other = (f"SELECT {columns} FROM {schema}.party_span" for schema in (living, built))  # noqa: S608
    return f"SELECT EXISTS (({one} EXCEPT {other}) UNION ALL ({other} EXCEPT {one}))"
