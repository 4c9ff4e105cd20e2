"""What the commands share at the terminal: options, output, JSON."""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a table.")]


def day(text: str) -> str:
    """A day as it is typed, for an option's `parser`."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day; write it like 2025-12-31") from None


AsOf = Annotated[str | None, typer.Option("--as-of", help="Judge as of this day (UTC).", parser=day, metavar="DAY")]

KnownAt = Annotated[
    str | None,
    typer.Option(
        "--known-at", help="Use only what was known by then: a day (its end, UTC) or an instant.", metavar="WHEN"
    ),
]


def out() -> Console:
    """Where answers go, as they stand, without markup; wide when neither a terminal nor COLUMNS says how wide."""
    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else 160
    return Console(width=width, markup=False, emoji=False)


def err() -> Console:
    """Where progress and refusals go."""
    return Console(stderr=True, markup=False, emoji=False)


def print_json(value: Any) -> None:
    """An answer for programs."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


Rules = Annotated[
    str | None, typer.Option("--rules", help="Judge by this version of the rules instead of the one in force.")
]
