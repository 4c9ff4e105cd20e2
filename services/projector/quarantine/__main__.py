"""`python -m services.projector.quarantine retry|skip`: `steppe quarantine` starts it, because retrying needs the fold.

Arguments, output and exit codes: 0 done, 1 refused or still not applied, 2 used wrongly.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Sequence

import asyncpg
import msgspec

from services.projector.projection.errors import ProjectorError
from services.projector.projection.quarantine_entries import RecordId
from services.projector.quarantine.actions import ActionRefusedError, QuarantineActions
from services.projector.quarantine.refold import FOLDED, SKIPPED, ActionResult, Operator
from steppe.connection_errors import run
from steppe.contracts.topics import DEALS
from steppe.database.connection import open_connection
from steppe.environment import setting
from steppe.log.positions import PositionError, format_record_id, parse_record_id


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say, print what became of it, and return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "retry" and sum(map(bool, (options.ids, options.subject, options.all, options.unknown))) != 1:
        parser.error("retry needs one of: IDs, --subject, --all, --unknown")
    operator = Operator(name=options.by or getpass.getuser(), reason=options.reason)
    if not setting("STEPPE_DATABASE"):
        parser.error("STEPPE_DATABASE is not set: name the database that holds the read models")
    try:
        results, upgraded = asyncio.run(_act(options, operator))
    except (ActionRefusedError, ProjectorError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if options.json:
        records = [
            {"id": format_record_id(*result.record_id), "subject": result.subject, "outcome": result.outcome}
            for result in results
        ]
        sys.stdout.write(msgspec.json.encode({"records": records, "upgraded": upgraded}).decode() + "\n")
    else:
        for result in results:
            name = format_record_id(*result.record_id)
            sys.stdout.write(f"{name}  {result.subject or '-'}  {result.outcome}\n")
        sys.stdout.write(_summary(options, results, upgraded) + "\n")
    return 1 if any(result.outcome not in (FOLDED, SKIPPED) for result in results) else 0


def _summary(options: argparse.Namespace, results: Sequence[ActionResult], upgraded: int) -> str:
    if options.command == "retry" and options.unknown:
        return (
            f"{upgraded} events of types that were unknown are folded now." if upgraded else "No event waits for this."
        )
    if not results:
        return "Nothing to do: no record of this choice is in quarantine."
    applied = sum(result.outcome in (FOLDED, SKIPPED) for result in results)
    verb = "skipped" if options.command == "skip" else "folded"
    return f"{applied} of {len(results)} {verb}; who and why is recorded."


async def _act(options: argparse.Namespace, operator: Operator) -> tuple[list[ActionResult], int]:
    connection = await open_connection(setting("STEPPE_DATABASE"))
    try:
        actions = await QuarantineActions.of(connection, os.environ.get("STEPPE_TOPIC") or DEALS.name, operator)
        if options.command == "skip":
            return await actions.skip(options.ids), 0
        if options.unknown:
            return [], await actions.upgrade()
        if options.ids:
            return await actions.retry(options.ids), 0
        return await actions.retry_all(options.subject), 0
    except asyncpg.LockNotAvailableError as error:
        raise ActionRefusedError(
            "A projector does not let go of its rows; see `steppe status`, and try again."
        ) from error
    finally:
        await connection.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="steppe quarantine")
    commands = parser.add_subparsers(dest="command", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--by", help="who decides; kept with the action (default: your user name)")
    shared.add_argument("--json", action="store_true", help="print JSON for programs")
    retry = commands.add_parser("retry", parents=[shared], help="decode and fold again with this release")
    retry.add_argument("ids", nargs="*", type=_record_id, metavar="ID", help="partition:offset, as in the list")
    retry.add_argument("--subject", help="what holds this project, party or forum")
    retry.add_argument("--all", action="store_true", help="everything that holds")
    retry.add_argument(
        "--unknown", action="store_true", help="events of types that this release knows and others did not"
    )
    retry.add_argument("--reason", help="why; kept with the action")
    skip = commands.add_parser("skip", parents=[shared], help="give records up; what waits for them folds")
    skip.add_argument("ids", nargs="+", type=_record_id, metavar="ID", help="partition:offset, as in the list")
    skip.add_argument("--reason", required=True, help="why; kept with the action")
    return parser


def _record_id(text: str) -> RecordId:
    try:
        return parse_record_id(text)
    except PositionError:
        raise argparse.ArgumentTypeError(f"{text!r} is not the ID of a record; write it like 0:41") from None


if __name__ == "__main__":
    raise SystemExit(run(main))
