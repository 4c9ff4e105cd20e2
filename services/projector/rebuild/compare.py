"""Compares a read model that was built with the active one: the rows of every table, and every project at the same position in both.

A project at another position is not compared, and neither is what a market does to a project if that market has one of those.
Differences are what a rebuild is for when a release judges otherwise; without such a release they are a fault. Both are reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from steppe.database import sql

# The statement that gives the projects whose rows differ, and the table of these rows.
_COMPARED = {
    "differing_projects": "project",
    "differing_project_spans": "project_span",
    "differing_headline_spans": "headline_span",
    "differing_last_event_spans": "last_event_span",
    "differing_deal_spans": "deal_span",
    "differing_flag_spans": "flag_span",
    "differing_standings": "standing",
    "differing_party_namings": "party_naming",
}
_COMPARED_IN_MARKETS = {
    "differing_crossings": "crossing",
    "differing_market_flag_spans": "flag_span",
    "differing_co_investment_spans": "co_investment_span",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The rows of a table in both; `living` is the active read model."""

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


async def compare(connection: asyncpg.Connection, active: str, built: str) -> Parity:
    """Compare two read models, named by their schemas, as of one moment. Both need their keys."""
    statements = statements_between(active, built)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        counts = await connection.fetch(statements["row_counts"])
        projects = await connection.fetchrow(statements["compared_projects"])
        assert projects is not None, "counts are a row"
        compared = dict(_COMPARED)
        if not await connection.fetchval(statements["registries_differ"]):
            compared |= _COMPARED_IN_MARKETS
        differences = {
            (row["project"], table)
            for name, table in compared.items()
            for row in await connection.fetch(statements[name])
        }
    return Parity(
        counts=tuple(Count(table=row["table_name"], living=row["active"], built=row["built"]) for row in counts),
        projects=projects["projects"],
        compared=projects["compared"],
        differences=tuple(sorted(differences)),
    )


def statements_between(active: str, built: str) -> dict[str, str]:
    """The statements of compare.sql for two schemas, by name."""
    return {
        name: statement.replace("active_model.", f"{active}.").replace("built_model.", f"{built}.")
        for name, statement in sql.load("compare").items()
    }
