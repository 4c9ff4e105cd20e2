"""The filters of projects as options of commands, as `/v1/projects` takes them."""

from __future__ import annotations

from typing import Annotated

import typer

Words = Annotated[str | None, typer.Option("--q", metavar="WORDS", help="Only whose name, alias, key or id has it.")]
Countries = Annotated[str | None, typer.Option(help="Only in these countries, as KZ,UZ.")]
Commodities = Annotated[str | None, typer.Option(help="Only of these commodities.")]
Sectors = Annotated[str | None, typer.Option(help="Only of these sectors.")]
Levels = Annotated[str | None, typer.Option(help="Only on these levels, as advanced.")]
Flags = Annotated[str | None, typer.Option(help="Only with this flag, as memorandum-only.")]
Severities = Annotated[str | None, typer.Option(help="Only with a flag of these severities.")]
Investor = Annotated[str | None, typer.Option(help="Only which this party pursues, or one that belongs to it.")]
InvestorCountries = Annotated[str | None, typer.Option(help="Only investors from these countries.")]
Forum = Annotated[str | None, typer.Option(help="Only with a deal of this forum.")]
