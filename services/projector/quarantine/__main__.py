"""`python -m services.projector.quarantine retry|skip`: what `steppe quarantine` hands over to, because it needs the fold.

Knows arguments, output and exit codes: 0 done, 1 refused or still not applied, 2 used wrongly.
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
from services.projector.quarantine.actions import Quarantine, RefusedError
from services.projector.quarantine.refold import FOLDED, SKIPPED, Doer, Done
from steppe.contracts.topics import DEALS
from steppe.environment import SettingFileError, setting
from steppe.log.positions import PositionError, format_record_id, parse_record_id


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say, print what became of it, and return the exit code."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.command == "retry" and sum(map(bool, (asked.ids, asked.subject, asked.all, asked.unknown))) != 1:
        parser.error("retry needs one of: IDs, --subject, --all, --unknown")
    doer = Doer(name=asked.by or getpass.getuser(), reason=asked.reason)
    try:
        done, upgraded = asyncio.run(_act(asked, doer))
    except (RefusedError, ProjectorError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if asked.json:
        told = [{"id": format_record_id(*one.place), "subject": one.subject, "outcome": one.outcome} for one in done]
        sys.stdout.write(msgspec.json.encode({"records": told, "upgraded": upgraded}).decode() + "\n")
    else:
        for one in done:
            sys.stdout.write(f"{format_record_id(*one.place)}  {one.subject or '-'}  {one.outcome}\n")
        sys.stdout.write(_summary(asked, done, upgraded) + "\n")
    return 1 if any(one.outcome not in (FOLDED, SKIPPED) for one in done) else 0


def _summary(asked: argparse.Namespace, done: Sequence[Done], upgraded: int) -> str:
    if asked.command == "retry" and asked.unknown:
        return f"{upgraded} events of types that were unknown are read now." if upgraded else "No event waits for this."
    if not done:
        return "Nothing to do: no record of this choice is in quarantine."
    applied = sum(one.outcome in (FOLDED, SKIPPED) for one in done)
    verb = "skipped" if asked.command == "skip" else "folded"
    return f"{applied} of {len(done)} {verb}; who and why is recorded."


async def _act(asked: argparse.Namespace, doer: Doer) -> tuple[list[Done], int]:
    try:
        connection = await asyncpg.connect(_database())
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise RefusedError(f"The database of STEPPE_DATABASE does not let us in: {error}") from error
    try:
        quarantine = await Quarantine.of(connection, os.environ.get("STEPPE_TOPIC") or DEALS.name, doer)
        if asked.command == "skip":
            return await quarantine.skip(asked.ids), 0
        if asked.unknown:
            return [], await quarantine.upgrade()
        if asked.ids:
            return await quarantine.retry(asked.ids), 0
        return await quarantine.retry_all(asked.subject), 0
    except asyncpg.LockNotAvailableError as error:
        raise RefusedError("A projector does not let go of its rows; see `steppe status`, and try again.") from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise RefusedError(f"{error}: STEPPE_DATABASE must name a user with the rights of the projector.") from error
    except asyncpg.UndefinedTableError as error:
        raise RefusedError(f"{error}: run `steppe migrate`.") from error
    finally:
        await connection.close()


def _database() -> str:
    try:
        database = setting("STEPPE_DATABASE")
    except SettingFileError as error:
        raise RefusedError(str(error)) from error
    if not database:
        raise RefusedError("STEPPE_DATABASE is not set: name the database that holds the read models.")
    return database


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="steppe quarantine")
    commands = parser.add_subparsers(dest="command", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--by", help="who decides; kept with the action (default: your user name)")
    shared.add_argument("--json", action="store_true", help="print JSON for programs")
    retry = commands.add_parser("retry", parents=[shared], help="decode and fold again with this release")
    retry.add_argument("ids", nargs="*", type=_place, metavar="ID", help="partition:offset, as in the list")
    retry.add_argument("--subject", help="what holds this project, party or forum")
    retry.add_argument("--all", action="store_true", help="everything that holds")
    retry.add_argument(
        "--unknown", action="store_true", help="events of types that this release knows and others did not"
    )
    retry.add_argument("--reason", help="why; kept with the action")
    skip = commands.add_parser("skip", parents=[shared], help="give records up; what waits for them folds")
    skip.add_argument("ids", nargs="+", type=_place, metavar="ID", help="partition:offset, as in the list")
    skip.add_argument("--reason", required=True, help="why; kept with the action")
    return parser


def _place(text: str) -> RecordId:
    try:
        return parse_record_id(text)
    except PositionError:
        raise argparse.ArgumentTypeError(f"{text!r} is not the ID of a record; write it like 0:41") from None


if __name__ == "__main__":
    raise SystemExit(main())
