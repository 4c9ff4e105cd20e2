"""`steppe projects` and `steppe search`: finds projects, and parties, by what is known of them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from steppe.cli import http_client, tables
from steppe.cli.project_filters import (
    Commodities,
    Countries,
    Flags,
    Forum,
    Investor,
    InvestorCountries,
    Levels,
    Sectors,
    Severities,
    Words,
)
from steppe.domain.values.grammar import counted
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, AsOf, Data, KnownAt, Rules
from steppe.terminal.output import out, print_json

Limit = Annotated[int | None, typer.Option(min=1, help="Rows at most. Default: all.")]


def projects(
    q: Words = None,
    country: Countries = None,
    commodity: Commodities = None,
    sector: Sectors = None,
    level: Levels = None,
    flag: Flags = None,
    severity: Severities = None,
    investor: Investor = None,
    investor_country: InvestorCountries = None,
    forum: Forum = None,
    sort: Annotated[str | None, typer.Option(help="As the API sorts, by key without it.")] = None,
    limit: Limit = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rules: Rules = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List projects as they stand on a day: level, gravest flag, investors.

    Example: steppe projects --country KZ --flag memorandum-only --as-of 2024-12-31
    """
    query = {
        "q": q, "country": country, "commodity": commodity, "sector": sector, "level": level, "flag": flag,
        "severity": severity, "investor": investor, "investor_country": investor_country, "forum": forum, "sort": sort,
        "as_of": as_of, "known_at": known_at, "rules": rules, "include": None if as_json else "",
    }  # fmt: skip
    items = _rows("/v1/projects", query, limit)
    if as_json:
        print_json(items)
    elif not items:
        out().print("No projects. If you expected some, see `steppe status` and the filters.")
    else:
        screen = out()
        screen.print(tables.projects(items))
        screen.print(f"\n{counted(len(items), 'project', 'projects')} as of {as_of or known_at or 'today'}.")


def search(
    words: Annotated[str, typer.Argument(help="A name, an alias, a key or an id, or a part of it.")],
    limit: Limit = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Find projects and parties by name, alias, key or id; case and accents do not matter.

    Example: steppe search jogmec
    """
    query = {"q": words, "as_of": as_of}
    projects_of = _rows("/v1/projects", {**query, "include": None if as_json else ""}, limit)
    parties_of = _rows("/v1/parties", query, limit)
    if as_json:
        print_json({"projects": projects_of, "parties": parties_of})
    elif not projects_of and not parties_of:
        out().print(f"Nothing has {words} in a name, an alias, a key or an id.")
    else:
        screen = out()
        if projects_of:
            screen.print(tables.projects(projects_of))
        if parties_of:
            screen.print(tables.parties(parties_of))


def _rows(path: str, query: dict[str, Any], limit: int | None) -> list[http_client.Answer]:
    """The first items of a list; None: all of them."""
    return list(http_client.pages(addresses.find().api, path, query, limit))
