"""Options that several commands have, with one meaning, and how a program reads its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from typer._click import Context
from typer.core import TyperGroup

from steppe.terminal import addresses


def day(text: str) -> str:
    """A day as it is typed, for an option's `parser`."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day; write it like 2025-12-31") from None


def _use_stack(folder: Path | None) -> None:
    if folder is None:
        return
    try:
        addresses.use_stack(folder)
    except addresses.NoStackError as error:
        raise typer.BadParameter(str(error)) from None


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a table.")]

AsOf = Annotated[str | None, typer.Option("--as-of", help="Judge as of this day (UTC).", parser=day, metavar="DAY")]

KnownAt = Annotated[
    str | None,
    typer.Option(
        "--known-at", help="Use only what was known by then: a day (its end, UTC) or an instant.", metavar="WHEN"
    ),
]

Rules = Annotated[
    str | None, typer.Option("--rules", help="Judge by this version of the rules instead of the one in force.")
]

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Ask the stack that runs on this folder, as `steppe up --data DIR` made it, whatever STEPPE_... say.",
        callback=_use_stack,
        expose_value=False,
        is_eager=True,
    ),
]
"""It works by itself, by setting the addresses in the environment, so commands that take it need not look at it."""


class ShowsByDefault(TyperGroup):
    """A group of commands whose first word may also be what `show` shows."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """The words of the command that they begin with, else of `show`."""
        says_which = not args or args[0] in self.commands or args[0] == "--help"
        return super().parse_args(ctx, args if says_which else ["show", *args])


def application(
    command: Callable[..., None] | None = None, *, help: str | None = None, cls: type[TyperGroup] | None = None
) -> typer.Typer:
    """A program, or a group of commands, that reads its options as all of `steppe` do: of one command, or with its commands added."""
    app = typer.Typer(
        cls=cls, help=help, no_args_is_help=command is None, pretty_exceptions_enable=False, add_completion=False
    )
    if command is not None:
        app.command()(command)
    return app
