"""`steppe rebuild`: arguments, output and exit codes (0 done, 1 refused or failed, 2 used wrongly)."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from contextlib import suppress
from dataclasses import asdict

import msgspec

from services.projector.projection.errors import ProjectorError
from services.projector.rebuild import roll_back
from services.projector.rebuild.pipeline import RebuildError, Rebuilt, rebuild
from services.projector.rebuild.progress_bar import progress_bar
from services.projector.rebuild.roll_back import ReadModelState
from services.projector.settings import Settings
from steppe.connection_errors import run
from steppe.database.rule_versions import RuleVersionError
from steppe.settings import from_environment

_DIFFERENCES_SHOWN_MAX = 20
_NICENESS = 10


def main() -> int:
    """Do what the arguments say, print what became of it, and return the exit code."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    options = _parser().parse_args()
    settings = from_environment(Settings, "steppe rebuild")
    try:
        output = asyncio.run(_run(settings, options))
    except (RebuildError, ProjectorError, RuleVersionError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    with suppress(BrokenPipeError):
        sys.stdout.write(output + "\n")
    return 0


async def _run(settings: Settings, options: argparse.Namespace) -> str:
    if options.status:
        models = await roll_back.read_models(settings)
        return _json(models) if options.json else _status(models)
    if options.drop_previous:
        dropped = await roll_back.drop_previous(settings)
        return _json({"dropped": dropped}) if options.json else f"{dropped} is dropped."
    if options.abandon:
        dropped = await roll_back.abandon(settings)
        return (
            _json({"dropped": dropped})
            if options.json
            else f"{dropped} is dropped; the active read model was never touched."
        )
    if options.roll_back:
        schema, position = await roll_back.roll_back(settings)
        if options.json:
            return _json({"living": schema, "position": position})
        return f"{schema} is active again, at {position}. `steppe rebuild --roll-back` once more goes forward."
    # The live projection goes first; the worker processes inherit this.
    os.nice(_NICENESS)
    with progress_bar(quiet=options.json) as report:
        rebuilt = await rebuild(settings, workers=options.workers, flip=not options.no_flip, report=report)
    return _json(asdict(rebuilt)) if options.json else _summary(rebuilt)


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="steppe rebuild",
        description="Build the read model anew from the log, beside the active one, and then switch readers over."
        " Readers notice nothing. A rebuild that was stopped continues where it was.",
        epilog="Reads STEPPE_KAFKA and STEPPE_DATABASE (the projector's rights are enough).",
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--status", action="store_true", help="which read models there are, and how far a rebuild is")
    action.add_argument(
        "--roll-back",
        action="store_true",
        help="make the previous one active again, after it has caught up with the log",
    )
    action.add_argument(
        "--drop-previous", action="store_true", help="drop the previous one; there is no roll-back then"
    )
    action.add_argument("--abandon", action="store_true", help="drop the one that is being built")
    action.add_argument("--no-flip", action="store_true", help="build and compare, and leave the active one as it is")
    parser.add_argument(
        "--workers", type=_positive, default=os.cpu_count() or 1, help="processes at once; default: one a core"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--yes", action="store_true", help=argparse.SUPPRESS)  # nothing is options any more
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


if __name__ == "__main__":
    raise SystemExit(run(main))
