"""`steppe rules`: the versions of the thresholds, and which one judges."""

from __future__ import annotations

import asyncio
import getpass
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
from rich.progress import Progress

from steppe.cli import http_client, tables
from steppe.cli.http_client import RefusedError, WrongValueError
from steppe.database import rule_versions
from steppe.database.connection import open_connection
from steppe.database.read_model import rule_change
from steppe.database.read_model.rule_change import RuleChange
from steppe.database.rule_versions import RuleVersionError
from steppe.domain.rules.rule_document import RuleDocumentError, rules_from
from steppe.domain.values.grammar import counted
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, Data, application
from steppe.terminal.output import err, out, print_json

app = application(help="The thresholds that judge: list, add and use versions of them.")

By = Annotated[str | None, typer.Option("--by", help="Who decides; kept with the change. Default: your user name.")]


@app.command(name="list")
def list_(as_json: AsJson = False, data: Data = None) -> None:
    """List the versions, the newest first, which one is in force, and what put them in force.

    Example: steppe rules list --json
    """
    answer = http_client.get(addresses.find().api, "/v1/rules")
    if as_json:
        print_json(answer)
    else:
        screen = out()
        screen.print(tables.rule_versions(answer))
        screen.print("\nChanges of the version in force", style="bold")
        screen.print(tables.rule_changes(answer))


@app.command()
def show(
    version: Annotated[str | None, typer.Argument(help="Default: the one in force.")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Print the thresholds of a version.

    Example: steppe rules show 2026-2
    """
    answer = http_client.get(addresses.find().api, "/v1/rules")
    wanted = version or answer["in_force"]
    item = next((item for item in answer["items"] if item["version"] == wanted), None)
    if item is None:
        raise RefusedError(
            f"There is no version {wanted}; there are {', '.join(i['version'] for i in answer['items'])}."
        )
    if as_json:
        print_json(item)
    else:
        out().print(tables.rule_version(item))


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help='JSON: {"version": "2027-1", "values": {...}, "overrides": [...]}')],
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Store a version. It judges nothing until it is used; what it leaves out is as in the version in force.

    Example: steppe rules add strict.json, with {"version": "strict-1", "values": {"memorandum-only.watch": 6}}
    """
    if not file.is_file():
        raise typer.BadParameter(f"there is no file {file}", param_hint="FILE")
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise WrongValueError(f"{file} is not JSON: {error}") from error
    version, added = asyncio.run(_add(_database(), document, by or getpass.getuser()))
    if as_json:
        print_json({"version": version, "added": added})
    else:
        out().print(
            f"{version} {'is stored' if added else 'was stored already'}; `steppe rules use {version}` judges by it."
        )


@app.command()
def use(
    version: Annotated[str, typer.Argument(help="A stored version, as in `steppe rules list`.")],
    reason: Annotated[str | None, typer.Option(help="Why; kept with the change.")] = None,
    by: By = None,
    trial: Annotated[bool, typer.Option("--trial", help="Say what would change, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Judge every project by a version from now on. Kafka is not read; readers see the old answers until the new are whole.

    Example: steppe rules use strict-1 --reason "earlier warning" --trial
    """
    database = _database()
    if not trial and not yes and not typer.confirm(f"Judge everything by {version} from now on?"):
        raise typer.Exit(1)
    rejudged = asyncio.run(_use(database, version, by or getpass.getuser(), reason, trial=trial))
    if as_json:
        print_json(
            {
                **asdict(rejudged),
                "differences": [
                    asdict(difference) | {"deal": difference.deal or None} for difference in rejudged.differences
                ],
            }
        )
        return
    screen = out()
    if rejudged.differences:
        screen.print(tables.differences(rejudged.differences))
    counts = Counter(difference.transition for difference in rejudged.differences)
    changes = ", ".join(f"{number} {transition}" for transition, number in sorted(counts.items())) or "no flag changed"
    verb = (
        "Nothing was changed: this is what would be."
        if trial
        else f"{version} is in force (before: {rejudged.version_before})."
    )
    screen.print(f"\n{counted(rejudged.projects, 'project', 'projects')} judged again: {changes}. {verb}")


def _database() -> str:
    database = addresses.find().database
    if database is None:
        raise WrongValueError("STEPPE_DATABASE is not set: name the database that holds the rules and the read models.")
    return database


@asynccontextmanager
async def _connected(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection; what the database refuses becomes a sentence."""
    connection = await open_connection(database)
    try:
        yield connection
    except asyncpg.LockNotAvailableError as error:
        raise RefusedError("A projector does not let go of its rows; see `steppe status`, and try again.") from error
    finally:
        await connection.close()


async def _add(database: str, document: Any, by: str) -> tuple[str, bool]:
    note = document.get("note") if isinstance(document, dict) else None
    async with _connected(database) as connection:
        try:
            rules = rules_from(document, await rule_versions.in_force(connection))
            return rules.version, await rule_versions.add(connection, rules, by=by, note=note)
        except RuleDocumentError as error:
            faults = "\n".join(f"  {fault.pointer or '/'} {fault.message}" for fault in error.faults)
            raise WrongValueError(f"This is no version of the rules:\n{faults}") from error
        except RuleVersionError as error:
            raise RefusedError(str(error)) from error


async def _use(database: str, version: str, by: str, reason: str | None, *, trial: bool) -> RuleChange:
    async with _connected(database) as connection:
        with Progress(console=err(), transient=True) as progress:
            bar = progress.add_task("Judging again ...", total=None)
            try:
                return await rule_change.put_in_force(
                    connection,
                    version,
                    by=by,
                    reason=reason,
                    trial=trial,
                    progress=lambda done, of: progress.update(bar, completed=done, total=of),
                )
            except RuleVersionError as error:
                raise RefusedError(str(error)) from error
