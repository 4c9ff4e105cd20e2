"""`steppe keys`: API keys, made, listed and revoked in the file that services look keys up in."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from steppe.access import key_file
from steppe.access.audit import Audit
from steppe.access.callers import SCOPES
from steppe.access.key_file import Key, KeyFileError
from steppe.cli.http_client import RefusedError
from steppe.cli.terminal_table import Column, TerminalTable
from steppe.terminal.options import AsJson, application
from steppe.terminal.output import err, out, print_json

app = application(help="API keys of the services: make, list and revoke them.")

File = Annotated[
    Path, typer.Option("--file", envvar="STEPPE_KEYS", help="The file of keys; services read the same (STEPPE_KEYS).")
]
_FILE = Path("secrets/keys.json")


@app.command()
def make(
    name: Annotated[str, typer.Argument(help="Who will hold it; the audit trail says so.")],
    scope: Annotated[
        list[str],
        typer.Option(help=f"What it may; several times. {'; '.join(f'{k}: {v}' for k, v in SCOPES.items())}."),
    ],
    expires_in_days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Without it, it lasts until revoked.")
    ] = None,
    requests_a_minute: Annotated[int | None, typer.Option(min=1, help="Instead of the service's own limit.")] = None,
    file: File = _FILE,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it: once, for it is kept only as a hash. Running services take it within a second.

    Example: steppe keys make tokyo-desk --scope read --scope events:write
    """
    now = datetime.now(UTC).replace(microsecond=0)
    expires_at = now + timedelta(days=expires_in_days) if expires_in_days else None
    try:
        key, text = key_file.make(name, scope, now, expires_at=expires_at, requests_a_minute=requests_a_minute)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--scope") from None
    _make_folder(file)
    with _exclusive(file):
        keys = _read(file) if file.exists() else ()
        _write(file, [*keys, key])
    _audit("made", key)
    if as_json:
        print_json({**_item(key, now), "key": text})
    else:
        err().print(f"Key {key.id} of {key.name}, kept in {file}. It is shown once:", markup=False)
        sys.stdout.write(text + "\n")


@app.command(name="list")
def list_(file: File = _FILE, as_json: AsJson = False) -> None:
    """List the keys, the newest first, those that no longer count among them.

    Example: steppe keys list --json
    """
    now = datetime.now(UTC)
    keys = sorted(_read(file), key=lambda key: key.made_at, reverse=True)
    if as_json:
        print_json([_item(key, now) for key in keys])
        return
    if not keys:
        out().print("No keys yet: `steppe keys make NAME --scope read` makes one.")
        return
    columns = (
        Column("id", names_row=True), Column("name", names_row=True), Column("scopes", whole=False), Column("state"),
        Column("made"), Column("until"),
    )  # fmt: skip
    out().print(TerminalTable(columns, [_cells(key, now) for key in keys]))


def _cells(key: Key, now: datetime) -> list[Text]:
    ends = key.revoked_at or key.expires_at
    state = key.state(now)
    cells = (
        key.id, key.name, ", ".join(key.scopes), state, f"{key.made_at:%Y-%m-%d}", f"{ends:%Y-%m-%d}" if ends else "",
    )  # fmt: skip
    return [Text(cell, style="" if state == "active" else "dim") for cell in cells]


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The id of the key, as `steppe keys list` shows it.", metavar="ID")],
    file: File = _FILE,
    as_json: AsJson = False,
) -> None:
    """Revoke a key. Running services refuse it within a second; revoking it again changes nothing.

    Rotate without downtime: make another key, give it to whoever holds this one, then revoke this one.

    Example: steppe keys revoke 0f3a9c21d4e5
    """
    now = datetime.now(UTC).replace(microsecond=0)
    _read(file)  # where there is no file of keys, no lock is left either
    with _exclusive(file):
        keys = _read(file)
        wanted = next((key for key in keys if key.id == key_id), None)
        if wanted is None:
            raise RefusedError(f"There is no key {key_id!r} in {file}; `steppe keys list` shows them.")
        if wanted.revoked_at is None:
            wanted = key_file.revoked(wanted, now)
            _write(file, [wanted if key.id == key_id else key for key in keys])
            _audit("revoked", wanted)
    if as_json:
        print_json(_item(wanted, now))
    else:
        out().print(f"Key {wanted.id} of {wanted.name} is revoked.", markup=False)


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RefusedError(f"The folder of {file} cannot be made: {error.strerror}.") from error


@contextmanager
def _exclusive(file: Path) -> Iterator[None]:
    try:
        with key_file.exclusive(file):
            yield
    except OSError as error:
        raise RefusedError(f"{file} cannot be locked beside it: {error.strerror}.") from error


def _read(file: Path) -> tuple[Key, ...]:
    try:
        return key_file.read(file)
    except KeyFileError as error:
        raise RefusedError(str(error)) from error


def _write(file: Path, keys: list[Key]) -> None:
    try:
        key_file.write(file, keys)
    except OSError as error:
        raise RefusedError(f"{file} cannot be written: {error.strerror}.") from error


def _audit(did: str, key: Key) -> None:
    trail = os.environ.get("STEPPE_AUDIT")
    if trail:
        Audit("keys", trail).record(
            f"user:{getpass.getuser()}", f"key {did}", key=key.id, name=key.name, scopes=key.scopes
        )


def _item(key: Key, now: datetime) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "state": key.state(now),
        "made_at": key.made_at.isoformat(),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
        "requests_a_minute": key.requests_a_minute,
    }
