"""`python -m services.projector.quarantine retry|skip`: `steppe quarantine` starts it, because retrying needs the fold.

Arguments, output and exit codes: 0 done, 1 refused or still not applied, 2 used wrongly.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Annotated, Any

import asyncpg
import msgspec
import typer

from services.projector.projection.errors import ProjectorError
from services.projector.projection.quarantine_entries import RecordId
from services.projector.quarantine.actions import ActionRefusedError, QuarantineActions
from services.projector.quarantine.refold import FOLDED, SKIPPED, ActionResult, Operator
from steppe.connection_errors import run
from steppe.contracts.topics import DEALS
from steppe.database.connection import open_connection
from steppe.environment import setting
from steppe.log.positions import PositionError, format_record_id, parse_record_id
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, Data, application

app = application(help="What could not be applied: retry and skip it.")


def _record_id(text: str) -> RecordId:
    try:
        return parse_record_id(text)
    except PositionError:
        raise typer.BadParameter(f"{text!r} is not the ID of a record; write it like 0:41") from None


_ID_HELP = "partition:offset, as in the list."
By = Annotated[str | None, typer.Option(help="Who decides; kept with the action. Default: your user name.")]


@app.command()
def retry(
    ids: Annotated[list[Any] | None, typer.Argument(metavar="ID", help=_ID_HELP, parser=_record_id)] = None,
    subject: Annotated[str | None, typer.Option(help="What holds this project, party or forum.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that holds.")] = False,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Events of types that this release knows and others did not.")
    ] = False,
    reason: Annotated[str | None, typer.Option(help="Why; kept with the action.")] = None,
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Decode and fold again with this release: IDs, --subject, --all or --unknown.

    Exit 1: something still cannot be applied.

    Example: steppe quarantine retry --subject sareco-stepnogorsk --reason "release 0.3.1 reads it"
    """
    if sum(map(bool, (ids, subject, everything, unknown))) != 1:
        raise typer.BadParameter("retry needs one of: IDs, --subject, --all, --unknown", param_hint="ID")

    async def act(actions: QuarantineActions) -> list[ActionResult] | int:
        if unknown:
            return await actions.upgrade()
        return await (actions.retry(ids) if ids else actions.retry_all(subject))

    _act(act, Operator(name=by or getpass.getuser(), reason=reason), "folded", as_json=as_json)


@app.command()
def skip(
    ids: Annotated[list[Any], typer.Argument(metavar="ID", help=_ID_HELP, parser=_record_id)],
    reason: Annotated[str, typer.Option(help="Why; kept with the action.")],
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Give records up; what waits for them is folded.

    Example: steppe quarantine skip 0:41 3:7 --reason "sent again as two events"
    """

    async def act(actions: QuarantineActions) -> list[ActionResult] | int:
        return await actions.skip(ids)

    _act(act, Operator(name=by or getpass.getuser(), reason=reason), "skipped", as_json=as_json)


Act = Callable[[QuarantineActions], Awaitable[list[ActionResult] | int]]
"""An action on the quarantine. Returns what became of each record, or how many events of unknown types were folded."""


def _act(act: Act, operator: Operator, verb: str, *, as_json: bool) -> None:
    """Do it, and print what became of it. Raises Exit with 1 when something is not applied."""
    addresses.find().into_environment()
    if not setting("STEPPE_DATABASE"):
        raise typer.BadParameter(
            "STEPPE_DATABASE is not set: name the database that holds the read models", param_hint="STEPPE_DATABASE"
        )
    try:
        answer = asyncio.run(_connected(act, operator))
    except (ActionRefusedError, ProjectorError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from None
    results, upgraded = ([], answer) if isinstance(answer, int) else (answer, 0)
    if as_json:
        records = [
            {"id": format_record_id(*result.record_id), "subject": result.subject, "outcome": result.outcome}
            for result in results
        ]
        sys.stdout.write(msgspec.json.encode({"records": records, "upgraded": upgraded}).decode() + "\n")
    else:
        for result in results:
            name = format_record_id(*result.record_id)
            sys.stdout.write(f"{name}  {result.subject or '-'}  {result.outcome}\n")
        sys.stdout.write(_summary(answer, verb) + "\n")
    if any(result.outcome not in (FOLDED, SKIPPED) for result in results):
        raise typer.Exit(1)


def _summary(answer: Sequence[ActionResult] | int, verb: str) -> str:
    if isinstance(answer, int):
        return f"{answer} events of types that were unknown are folded now." if answer else "No event waits for this."
    if not answer:
        return "Nothing to do: no record of this choice is in quarantine."
    applied = sum(result.outcome in (FOLDED, SKIPPED) for result in answer)
    return f"{applied} of {len(answer)} {verb}; who and why is recorded."


async def _connected(act: Act, operator: Operator) -> list[ActionResult] | int:
    connection = await open_connection(setting("STEPPE_DATABASE"))
    try:
        return await act(await QuarantineActions.of(connection, os.environ.get("STEPPE_TOPIC") or DEALS.name, operator))
    except asyncpg.LockNotAvailableError as error:
        raise ActionRefusedError(
            "A projector does not let go of its rows; see `steppe status`, and try again."
        ) from error
    finally:
        await connection.close()


if __name__ == "__main__":
    raise SystemExit(run(partial(app, prog_name="steppe quarantine")))
