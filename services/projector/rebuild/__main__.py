"""`steppe rebuild`: arguments, output and exit codes (0 done, 1 refused or failed, 2 used wrongly)."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from contextlib import suppress
from dataclasses import asdict
from enum import StrEnum
from functools import partial
from typing import Annotated, assert_never

import msgspec
import typer

from services.projector.projection.errors import ProjectorError
from services.projector.rebuild import roll_back
from services.projector.rebuild.pipeline import RebuildError, Rebuilt, rebuild
from services.projector.rebuild.progress_bar import progress_bar
from services.projector.rebuild.roll_back import ReadModelState
from services.projector.settings import Settings
from steppe.connection_errors import run
from steppe.database.rule_versions import RuleVersionError
from steppe.niceness import stand_back
from steppe.settings import from_environment
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, Data, application

_DIFFERENCES_SHOWN_MAX = 20
_NICENESS = 10


class Action(StrEnum):
    """What a rebuild does instead of building and switching over: one option each."""

    STATUS = "--status"
    ROLL_BACK = "--roll-back"
    DROP_PREVIOUS = "--drop-previous"
    ABANDON = "--abandon"
    NO_FLIP = "--no-flip"


def command(
    status: Annotated[
        bool, typer.Option(Action.STATUS.value, help="Say which read models there are, and how far a rebuild is.")
    ] = False,
    back: Annotated[
        bool,
        typer.Option(
            Action.ROLL_BACK.value, help="Make the previous one active again, after it has caught up with the log."
        ),
    ] = False,
    drop: Annotated[
        bool, typer.Option(Action.DROP_PREVIOUS.value, help="Drop the previous one; there is no roll-back then.")
    ] = False,
    abandon: Annotated[bool, typer.Option(Action.ABANDON.value, help="Drop the one that is being built.")] = False,
    no_flip: Annotated[
        bool, typer.Option(Action.NO_FLIP.value, help="Build and compare, and leave the active one as it is.")
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes at once.", show_default="one a core")] = None,
    yes: Annotated[bool, typer.Option("--yes", hidden=True)] = False,  # nothing is asked any more
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Rebuild the read models from the log, beside the active ones, and then switch readers over, who notice nothing.

    A rebuild that was stopped continues where it was. Reads STEPPE_KAFKA and STEPPE_DATABASE (the projector's rights are enough).

    Example: steppe rebuild --no-flip && steppe rebuild
    """
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    chosen = [action for action, given in zip(Action, (status, back, drop, abandon, no_flip), strict=True) if given]
    if len(chosen) > 1:
        raise typer.BadParameter(f"give one of {', '.join(Action)}", param_hint=chosen[1].value)
    addresses.find().into_environment()
    settings = from_environment(Settings, "steppe rebuild")
    try:
        output = asyncio.run(_run(settings, chosen[0] if chosen else None, workers or os.cpu_count() or 1, as_json))
    except (RebuildError, ProjectorError, RuleVersionError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from None
    with suppress(BrokenPipeError):  # who reads it, as `head` does, has enough
        sys.stdout.write(output + "\n")


async def _run(settings: Settings, action: Action | None, workers: int, as_json: bool) -> str:
    match action:
        case Action.STATUS:
            models = await roll_back.read_models(settings)
            return _json(models) if as_json else _status(models)
        case Action.DROP_PREVIOUS:
            dropped = await roll_back.drop_previous(settings)
            return _json({"dropped": dropped}) if as_json else f"{dropped} is dropped."
        case Action.ABANDON:
            dropped = await roll_back.abandon(settings)
            return (
                _json({"dropped": dropped})
                if as_json
                else f"{dropped} is dropped; the active read model was never touched."
            )
        case Action.ROLL_BACK:
            schema, position = await roll_back.roll_back(settings)
            if as_json:
                return _json({"living": schema, "position": position})
            return f"{schema} is active again, at {position}. `steppe rebuild --roll-back` once more goes forward."
        case Action.NO_FLIP | None:
            # The live projection goes first; the worker processes inherit this.
            stand_back(_NICENESS)
            with progress_bar(quiet=as_json) as report:
                rebuilt = await rebuild(settings, workers=workers, flip=action is None, report=report)
            return _json(asdict(rebuilt)) if as_json else _summary(rebuilt)
        case _:
            assert_never(action)


def _summary(rebuilt: Rebuilt) -> str:
    parity = rebuilt.parity
    lines = [f"{'table':20} {'active':>12} {'built':>12}"]
    lines += [f"{count.table:20} {count.living:12,} {count.built:12,}" for count in parity.counts]
    lines.append(
        f"\n{parity.compared} of {parity.projects} projects compared (the others have changed meanwhile):"
        f" {len(parity.differences)} differences."
    )
    lines += [f"  {project}: {table}" for project, table in parity.differences[:_DIFFERENCES_SHOWN_MAX]]
    if len(parity.differences) > _DIFFERENCES_SHOWN_MAX:
        lines.append(f"  and {len(parity.differences) - _DIFFERENCES_SHOWN_MAX} more; --json has them all")
    if rebuilt.flipped:
        lines.append(
            f"{rebuilt.schema} is active, at {rebuilt.position}. {rebuilt.previous} is kept for `steppe rebuild --roll-back`."
        )
    else:
        lines.append(
            f"{rebuilt.schema} is complete; {rebuilt.previous} is still active. `steppe rebuild` switches over."
        )
    return "\n".join(lines)


def _status(models: list[ReadModelState]) -> str:
    lines = [f"{'read model':12} {'state':10} {'release':10} {'since'}"]
    for model in models:
        since = model.flipped_at or model.created_at
        lines.append(f"{model.schema_name:12} {model.state:10} {model.release or '-':10} {since:%Y-%m-%d %H:%M} UTC")
        progress = model.rebuild
        if model.state == "building" and progress is not None:
            left = "" if progress.eta_seconds is None else f", about {progress.eta_seconds} s left"
            lines.append(f"  {progress.phase}: {progress.done:,} of {progress.total:,}{left}")
    return "\n".join(lines)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


if __name__ == "__main__":
    raise SystemExit(run(partial(application(command), prog_name="steppe rebuild")))
