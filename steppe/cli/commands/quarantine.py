"""`steppe quarantine`: lists and shows the records that could not be applied; retry and skip are programs of the projector."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Annotated, Any

import asyncpg
import typer

from steppe.cli import tables
from steppe.cli.http_client import RefusedError, WrongValueError
from steppe.cli.other_program import PASS_THROUGH, become
from steppe.contracts.topics import DEALS
from steppe.database import active_read_model, sql
from steppe.database.connection import open_connection
from steppe.database.read_model.stored_events import headers_of
from steppe.domain.values.grammar import counted
from steppe.log.positions import PositionError, format_record_id, parse_record_id
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, Data, application
from steppe.terminal.output import out, print_json

app = application(help="What could not be applied: list, show, retry and skip it.")
_STAGES = ("decode", "fold", "conflict", "market")
_STATEMENTS = sql.load("quarantine")
_PROGRAM = "services.projector.quarantine"


@app.command(name="list")
def list_(
    stage: Annotated[str | None, typer.Option(help=f"Only these, separated by commas: {', '.join(_STAGES)}.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only of this project, party:key or forum:slug.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that were given up, too.")] = False,
    limit: Annotated[int, typer.Option(help="Rows at most.", min=1, max=100_000)] = 1000,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List what could not be applied, the oldest first, and how many events wait behind it.

    decode: no event. fold: its project cannot be folded with it. conflict: its name was taken; holds nobody.
    market: what rivals do to a project could not be judged; holds nobody.

    Example: steppe quarantine list --stage decode,fold
    """
    stages = stage.split(",") if stage else None
    if unknown := sorted(set(stages or ()) - set(_STAGES)):
        raise typer.BadParameter(f"there is no stage {', '.join(unknown)}", param_hint="--stage")
    rows = asyncio.run(
        _fetch(_STATEMENTS["list_quarantined"](stages=stages, subject=subject, skipped=everything, limit=limit + 1))
    )
    items = [_item(row) for row in rows[:limit]]
    if as_json:
        print_json(items)
    elif not items:
        out().print(
            "Nothing is in quarantine." if not (stage or subject) else "Nothing of this choice is in quarantine."
        )
    else:
        screen = out()
        screen.print(tables.quarantined(items))
        holding = {item["subject"] for item in items if item["stage"] in ("decode", "fold") and item["state"] == "open"}
        more = f" There are more: --limit {limit * 10}." if len(rows) > limit else ""
        subjects = counted(len(holding - {None}), "subject", "subjects")
        screen.print(f"\n{counted(len(items), 'record', 'records')}; held: {subjects}.{more}")


@app.command()
def show(
    record: Annotated[str, typer.Argument(metavar="ID", help="partition:offset, as in the list.")],
    raw: Annotated[bool, typer.Option("--raw", help="Write the exact bytes of the value and nothing else.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Show one record: why it is here, its headers, its bytes, and what was done about it.

    Example: steppe quarantine show 0:41 --raw > record.json
    """
    try:
        partition, offset = parse_record_id(record)
    except PositionError:
        raise typer.BadParameter(f"{record!r} is not the ID of a record; write it like 0:41", param_hint="ID") from None
    topic = os.environ.get("STEPPE_TOPIC") or DEALS.name
    rows = asyncio.run(_fetch(_STATEMENTS["quarantined_at"](partition=partition, log_offset=offset)))
    actions = asyncio.run(
        _fetch(_STATEMENTS["quarantine_actions_at"](topic=topic, partition=partition, log_offset=offset))
    )
    done = [{**dict(row), "acted_at": row["acted_at"].isoformat()} for row in actions]
    if not rows:
        last = (
            f" It was {done[-1]['outcome']} on {done[-1]['acted_at'][:16]} by {done[-1]['acted_by']}." if done else ""
        )
        raise RefusedError(f"Nothing is in quarantine at {record}.{last}")
    row = rows[0]
    if raw:
        sys.stdout.buffer.write(row["value"] or b"")
        return
    (held,) = asyncio.run(_fetch(_STATEMENTS["held_events_of_subject"](subject=row["subject"])))
    item = {
        **_item({**dict(row), "held_events": held["events"]}),
        "key": _as_text(row["key"]),
        "headers": [{"name": name, "value": _as_text(value)} for name, value in headers_of(row["headers"])],
        "value": _as_text(row["value"]),
        "actions": done,
    }
    if as_json:
        print_json(item)
    else:
        out().print(tables.quarantined_record(item))


@app.command(**PASS_THROUGH)
def retry(context: typer.Context) -> None:
    """Decode and fold again with this release."""
    become(_PROGRAM, ["retry", *context.args])


@app.command(**PASS_THROUGH)
def skip(context: typer.Context) -> None:
    """Give records up; what waits behind them is folded."""
    become(_PROGRAM, ["skip", *context.args])


async def _fetch(query: tuple[Any, ...]) -> list[asyncpg.Record]:
    database = addresses.find().database
    if database is None:
        raise WrongValueError("STEPPE_DATABASE is not set: name the database that holds the read models.")
    connection = await open_connection(database)
    try:
        async with connection.transaction(readonly=True):
            await active_read_model.use_active(connection)
            return list(await connection.fetch(*query))
    except active_read_model.NoReadModelError as error:
        raise RefusedError(f"{error}.") from error
    finally:
        await connection.close()


def _item(row: Any) -> dict[str, Any]:
    # What a market could not be judged with is no single record.
    is_record = row["stage"] != "market"
    return {
        "id": format_record_id(row["partition"], row["log_offset"]) if is_record else None,
        "subject": row["subject"],
        "stage": row["stage"],
        "state": row["state"],
        "reason": row["reason"],
        "held_events": row["held_events"],
        "recorded": row["record_at"].isoformat() if row["record_at"] else None,
        "since": row["stored_at"].isoformat(),
    }


def _as_text(value: bytes | None) -> dict[str, str] | None:
    """Bytes as text where they are text, else as hexadecimal digits."""
    if value is None:
        return None
    try:
        return {"text": value.decode()}
    except UnicodeDecodeError:
        return {"hex": value.hex()}
