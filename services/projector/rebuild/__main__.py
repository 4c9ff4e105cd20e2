"""`steppe rebuild`: words, a bar, exit codes (0 done, 1 refused or failed, 2 used wrongly). The work is elsewhere."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import asyncpg
import msgspec
from aiokafka.errors import KafkaError

from services.projector.projection.errors import ProjectorError
from services.projector.rebuild import roll_back
from services.projector.rebuild.pipeline import RebuildError, Rebuilt, rebuild
from services.projector.rebuild.progress_bar import screen
from services.projector.settings import Settings
from steppe.database.rule_versions import RuleVersionError
from steppe.settings import from_environment

_DIFFERENCES_SHOWN_MAX = 20
_NICENESS = 10


def main() -> None:
    """Run what is asked for."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    asked = _parser().parse_args()
    settings = from_environment(Settings, "steppe rebuild")
    try:
        said = asyncio.run(_do(settings, asked))
    except (RebuildError, ProjectorError, RuleVersionError) as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from None
    except asyncpg.InsufficientPrivilegeError as error:
        sys.stderr.write(f"{error}: STEPPE_DATABASE must name a user with the rights of the projector.\n")
        raise SystemExit(1) from None
    except (OSError, KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        sys.stderr.write(f"The database or the broker does not answer as it should: {error}\n")
        raise SystemExit(1) from None
    with suppress(BrokenPipeError):
        sys.stdout.write(said + "\n")


async def _do(settings: Settings, asked: argparse.Namespace) -> str:
    if asked.status:
        found = await roll_back.read_models(settings)
        return _json(found) if asked.json else _status(found)
    if asked.drop_previous:
        dropped = await roll_back.drop_previous(settings)
        return _json({"dropped": dropped}) if asked.json else f"{dropped} is gone."
    if asked.abandon:
        dropped = await roll_back.abandon(settings)
        return (
            _json({"dropped": dropped})
            if asked.json
            else f"{dropped} is gone; the living read model was never touched."
        )
    if asked.roll_back:
        schema, position = await roll_back.roll_back(settings)
        if asked.json:
            return _json({"living": schema, "position": position})
        return f"{schema} lives again, at {position}. `steppe rebuild --roll-back` once more goes forward."
    # What comes in meanwhile goes first; its workers inherit this.
    os.nice(_NICENESS)
    with screen(quiet=asked.json) as tell:
        done = await rebuild(settings, workers=asked.workers, flip=not asked.no_flip, tell=tell)
    return _json(asdict(done)) if asked.json else _told(done)


def _told(done: Rebuilt) -> str:
    parity = done.parity
    lines = [f"{'table':20} {'living':>12} {'built':>12}"]
    lines += [f"{count.table:20} {count.living:12,} {count.built:12,}" for count in parity.counts]
    lines.append(
        f"\n{parity.compared} of {parity.projects} projects compared (the others went on meanwhile):"
        f" {len(parity.differences)} differences."
    )
    lines += [f"  {project}: {table}" for project, table in parity.differences[:_DIFFERENCES_SHOWN_MAX]]
    if len(parity.differences) > _DIFFERENCES_SHOWN_MAX:
        lines.append(f"  and {len(parity.differences) - _DIFFERENCES_SHOWN_MAX} more; --json has them all")
    if done.flipped:
        lines.append(
            f"{done.schema} lives, at {done.position}. {done.previous} stays for `steppe rebuild --roll-back`."
        )
    else:
        lines.append(
            f"{done.schema} is complete and waits; {done.previous} lives. `steppe rebuild` puts it in its place."
        )
    return "\n".join(lines)


def _status(found: list[dict[str, Any]]) -> str:
    lines = [f"{'read model':12} {'state':10} {'release':10} {'since'}"]
    for one in found:
        since = one["flipped_at"] or one["created_at"]
        lines.append(f"{one['schema_name']:12} {one['state']:10} {one['release'] or '-':10} {since:%Y-%m-%d %H:%M} UTC")
        if one["state"] == "building" and one["rebuild"]:
            at = one["rebuild"]
            left = "" if at["eta_seconds"] is None else f", about {at['eta_seconds']} s to go"
            lines.append(f"  {at['phase']}: {at['done']:,} of {at['total']:,}{left}")
    return "\n".join(lines)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="steppe rebuild",
        description="Build the read models anew from the log, beside those that live, and then put them in their place."
        " Readers notice nothing. One that was stopped goes on where it was.",
        epilog="Reads STEPPE_KAFKA and STEPPE_DATABASE (the projector's rights are enough).",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--status", action="store_true", help="which read models there are, and how far a rebuild is")
    what.add_argument("--roll-back", action="store_true", help="let the previous one live again, brought up to the log")
    what.add_argument("--drop-previous", action="store_true", help="give up the previous one; no way back then")
    what.add_argument("--abandon", action="store_true", help="give up one that is being built")
    what.add_argument("--no-flip", action="store_true", help="build and compare, and leave the living one in its place")
    parser.add_argument(
        "--workers", type=_positive, default=os.cpu_count() or 1, help="processes at once; default: one a core"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--yes", action="store_true", help=argparse.SUPPRESS)  # nothing is asked any more
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


if __name__ == "__main__":
    main()
