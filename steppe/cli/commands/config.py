"""`steppe config`: the settings of each service in this environment, and what is wrong with them."""

from __future__ import annotations

import json
import subprocess
import sys
from enum import StrEnum
from typing import Annotated, TypedDict

import typer
from rich.table import Table

from steppe.cli.http_client import RefusedError
from steppe.terminal.options import AsJson
from steppe.terminal.output import err, out, print_json


class Service(StrEnum):
    """Those that have settings."""

    INGEST = "ingest"
    PROJECTOR = "projector"
    API = "api"


class SettingInForce(TypedDict):
    """A setting as `python -m steppe.settings` prints it; `origin`: default, missing, environment, or file and its path."""

    variable: str
    value: str | None
    origin: str
    help: str


class ServiceSettings(TypedDict):
    """The settings of a service; `faults` is empty when it would start."""

    service: str
    settings: list[SettingInForce]
    faults: str


def command(
    services: Annotated[list[Service] | None, typer.Argument(help="Which; all three if none is named.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the settings in force in this environment, where each comes from, and what is wrong. Secrets are masked.

    Exit 1: something is wrong, and that service would not start.

    Example: steppe config ingest
    """
    all_settings = [_settings_of(service) for service in services or list(Service)]
    if as_json:
        print_json(all_settings)
    else:
        for settings in all_settings:
            out().print(_table(settings))
            if settings["faults"]:
                err().print(
                    f"{settings['service']} would not start: {settings['faults']}",
                    style="red",
                    markup=False,
                    soft_wrap=True,
                )
    if any(settings["faults"] for settings in all_settings):
        raise typer.Exit(1)


def _settings_of(service: Service) -> ServiceSettings:
    command = [sys.executable, "-m", "steppe.settings", service.value]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the same interpreter
    if ran.returncode != 0:
        why = ran.stderr.strip().splitlines()
        raise RefusedError(
            f"The settings of {service.value} cannot be read here: {why[-1] if why else 'it said nothing'}. In compose each service "
            f"has an image and an environment of its own: docker compose run --rm {service.value} python -m steppe.settings {service.value}"
        )
    settings: ServiceSettings = json.loads(ran.stdout)
    return settings


def _table(settings: ServiceSettings) -> Table:
    table = Table(title=settings["service"], title_justify="left", title_style="bold")
    table.add_column("setting", no_wrap=True)
    table.add_column("value", overflow="fold")
    table.add_column("from", overflow="fold")
    table.add_column("what")
    for setting in settings["settings"]:
        value = "" if setting["value"] is None else setting["value"]
        style = {"default": "dim", "missing": "red"}.get(setting["origin"])
        table.add_row(setting["variable"], value, setting["origin"], setting["help"], style=style)
    return table
