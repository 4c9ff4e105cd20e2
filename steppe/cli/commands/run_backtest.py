"""`steppe backtest`: history under other thresholds, which the API judges."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from steppe.cli import backtest_tables, http_client
from steppe.cli.http_client import WrongValueError
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, Data, KnownAt, day
from steppe.terminal.output import err, out, print_json

_SET = re.compile(r"([^=\s]+)=(\d+)")
_OVERRIDE = re.compile(r"(level|commodity|sector|country)=([^:=\s]+):([^=\s]+)=(\d+)")
_WHERE = ("level", "commodity", "sector", "country")

Several = list[str] | None
# The rule, its value, and one of _WHERE with its name: as in a document of `steppe rules add`.
Override = dict[str, str | int]


def command(
    sets: Annotated[
        Several, typer.Option("--set", metavar="RULE=N", help="Try this threshold, as memorandum-only.stagnant=18.")
    ] = None,
    overrides: Annotated[
        Several,
        typer.Option(
            "--override",
            metavar="WHERE=NAME:RULE=N",
            help="Try it in one place: level, commodity, sector or country, as sector=mining:silent.watch=12.",
        ),
    ] = None,
    version: Annotated[str | None, typer.Option(help="Or try a stored version, as in `steppe rules list`.")] = None,
    rules: Annotated[
        Path | None, typer.Option(help="Or try the version in this file, as `steppe rules add` reads it.")
    ] = None,
    against: Annotated[str | None, typer.Option(help="Compare with this version. Default: the one in force.")] = None,
    flag: Annotated[
        Several, typer.Option(metavar="FLAG", help="Compare this flag. Default: those whose rules differ.")
    ] = None,
    first_day: Annotated[
        str | None, typer.Option("--from", parser=day, metavar="DAY", help="Leave out what was raised before this day.")
    ] = None,
    last_day: Annotated[
        str | None, typer.Option("--to", parser=day, metavar="DAY", help="Look until this day. Default: today (UTC).")
    ] = None,
    known_at: KnownAt = None,
    country: Annotated[Several, typer.Option(metavar="CC", help="Only projects in this country, as KZ.")] = None,
    commodity: Annotated[Several, typer.Option(metavar="NAME", help="Only projects of this commodity.")] = None,
    project: Annotated[Several, typer.Option(metavar="KEY", help="Only this project.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="List every warning, also those that do not differ.")
    ] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Say which flags other thresholds would have raised, how much earlier, and how often the deal bound anyway.

    Changes nothing. Options that say "this" may be repeated, or name several with commas.

    Example: steppe backtest --set memorandum-only.stagnant=18 --from 2015-01-01 --country KZ
    """
    ways = [bool(sets or overrides), version is not None, rules is not None]
    if sum(ways) != 1:
        raise typer.BadParameter(
            "say what to try in one way: --set and --override, or --version, or --rules", param_hint="--set"
        )
    api = addresses.find().api
    body: dict[str, object] = {
        "against": against, "flags": _each(flag), "from": first_day, "to": last_day, "known_at": known_at,
        "country": _each(country), "commodity": _each(commodity), "project": _each(project), "version": version,
    }  # fmt: skip
    if rules is not None:
        body["rules"] = _document(rules)
    elif version is None:
        values = dict(_set(text) for text in sets or ())
        places = [_override(text) for text in overrides or ()]
        body["rules"] = {
            "values": values,
            **({"overrides": _beside(places, _stored_overrides(api, against))} if places else {}),
        }
    with err().status("Judging history by both versions ..."):
        answer = http_client.post(
            api, "/v1/backtest", {name: value for name, value in body.items() if value is not None}
        )
    if as_json:
        print_json(answer)
        return
    screen = out()
    for part in backtest_tables.parts(answer, everything=everything):
        screen.print(part)


def _each(texts: Several) -> Several:
    return [part.strip() for text in texts for part in text.split(",")] if texts else None


def _set(text: str) -> tuple[str, int]:
    match = _SET.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is not RULE=N, as memorandum-only.stagnant=18", param_hint="--set")
    return match[1], int(match[2])


def _override(text: str) -> Override:
    match = _OVERRIDE.fullmatch(text)
    if match is None:
        raise typer.BadParameter(
            f"{text!r} is not WHERE=NAME:RULE=N, as sector=mining:silent.watch=12; WHERE is one of {', '.join(_WHERE)}",
            param_hint="--override",
        )
    return {match[1]: match[2], "rule": match[3], "value": int(match[4])}


def _document(file: Path) -> Any:
    if not file.is_file():
        raise typer.BadParameter(f"there is no file {file}", param_hint="--rules")
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise WrongValueError(f"{file} is not JSON: {error}") from error


def _stored_overrides(api: str, version: str | None) -> list[Override]:
    """The overrides of a version: those typed stand beside them, because a document's replace them all."""
    answer = http_client.get(api, "/v1/rules")
    wanted = version or answer["in_force"]
    item = next((item for item in answer["items"] if item["version"] == wanted), None)
    if item is None:
        there = ", ".join(item["version"] for item in answer["items"])
        raise WrongValueError(f"against: there is no version {wanted!r}; there are {there}.")
    overrides: list[Override] = item["overrides"]
    return overrides


def _beside(typed: Sequence[Override], stored: Sequence[Override]) -> list[Override]:
    places = [_place(override) for override in typed]
    return [*(override for override in stored if _place(override) not in places), *typed]


def _place(override: Override) -> tuple[str | int | None, ...]:
    return (override["rule"], *(override.get(name) for name in _WHERE))
