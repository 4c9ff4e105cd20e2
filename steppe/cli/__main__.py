"""The `steppe` command: its subcommands and options. Exit codes: 0 done, 1 refused, 2 used wrongly: words, values, files or settings that cannot be right."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer
from rich.progress import Progress

from steppe import connection_errors
from steppe.cli import http_client, project_report, tables, timeline_diff
from steppe.cli.commands import (
    backup,
    config,
    export_files,
    import_files,
    keys,
    list_projects,
    manage_rules,
    merge_keys,
    migrate,
    quarantine,
    restore,
    run_backtest,
    try_events,
)
from steppe.cli.commands import (
    send as sending,
)
from steppe.cli.commands.measures import (
    show_conversion,
    show_lifecycle,
    show_money,
    show_pledges,
    show_reference,
    show_supply,
    show_value_chain,
)
from steppe.cli.http_client import Answer, RefusedError
from steppe.cli.other_program import PASS_THROUGH, become
from steppe.compilation import domain_in_use
from steppe.domain.values.grammar import counted
from steppe.release import EDITION, RELEASE
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, AsOf, Data, KnownAt, Rules, ShowsByDefault, application
from steppe.terminal.output import err, out, print_json

app = application()
app.add_typer(manage_rules.app, name="rules")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(keys.app, name="keys")
project_app = application(help="A project: `steppe project KEY` shows it.", cls=ShowsByDefault)
app.add_typer(project_app, name="project")
project_app.command(name="merge")(merge_keys.merge_projects)
app.add_typer(merge_keys.party_app, name="party")
log_app = application(help="The log that the read models are made from.")
app.add_typer(log_app, name="log")
app.command(name="projects")(list_projects.projects)
app.command(name="search")(list_projects.search)
app.command(name="import")(import_files.command)
app.command(name="export")(export_files.command)
app.command(name="backtest")(run_backtest.command)
app.command(name="conversion")(show_conversion.command)
app.command(name="money")(show_money.command)
app.command(name="reference")(show_reference.command)
app.command(name="value-chain")(show_value_chain.command)
app.command(name="supply")(show_supply.command)
app.command(name="pledges")(show_pledges.command)
app.command(name="lifecycle")(show_lifecycle.command)
app.command(name="what-if")(try_events.command)
app.command(name="config")(config.command)
app.command(name="backup")(backup.command)
app.command(name="restore")(restore.command)
_SECONDS_TO_CATCH_UP = 600.0
_LINES_SHOWN_MAX = 20


def _print_version(wanted: bool) -> None:
    if wanted:
        out().print(f"steppe {RELEASE} (domain {domain_in_use()})")
        raise typer.Exit


@app.callback()
def command(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the release, and whether the domain is compiled, and exit.",
            callback=_print_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Follows resource deals from the first memorandum to metal in the ground."""


@app.command(**PASS_THROUGH)
def up(context: typer.Context) -> None:
    """Start broker, database and services here, without Docker."""
    become("steppe.standalone", context.args)


@log_app.command(name="adopt", **PASS_THROUGH)
def adopt_log(context: typer.Context) -> None:
    """Accept the log that is there as the one to read from now on."""
    become("services.projector.commands.adopt_log", context.args)


@app.command()
def send(
    files: Annotated[list[Path], typer.Argument(help="NDJSON files, a .json event or batch, or - for standard input.")],
    on_error: Annotated[
        str, typer.Option(help="continue: accept all but the invalid events; reject: all or nothing.")
    ] = "continue",
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the API answers with these events.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Send events to ingest. Sending the same events again is safe.

    Example: steppe send examples/central-asia/events.ndjson --wait
    """
    if on_error not in ("continue", "reject"):
        raise typer.BadParameter("say continue or reject", param_hint="--on-error")
    for path in files:
        if str(path) != "-" and not path.is_file():
            raise typer.BadParameter(f"there is no file {path}", param_hint="FILES")
    where = addresses.find()
    sent = sending.send(files, where.ingest, on_error, err())
    if wait and sent.position:
        _wait_for(where.api, sent.position_text)
    if as_json:
        print_json(
            {
                "accepted": sent.accepted,
                "duplicates": sent.duplicates,
                "rejected": sent.rejected,
                "warnings": sent.warnings,
                "position": sent.position_text,
            }
        )
    else:
        for lines in (sent.rejected_lines, sent.warning_lines):
            for line in lines[:_LINES_SHOWN_MAX]:
                err().print(line, soft_wrap=True)
            if (more := len(lines) - _LINES_SHOWN_MAX) > 0:
                err().print(f"... and {more} more like this; `steppe send --json` prints them all.", soft_wrap=True)
        out().print(
            f"{sent.accepted} accepted, {sent.duplicates} duplicates, {len(sent.rejected)} rejected; "
            f"position {sent.position_text or '-'}"
        )
    if sent.rejected:
        raise typer.Exit(1)


@app.command()
def flags(
    flag: Annotated[str | None, typer.Option(help="Only this flag, as memorandum-only.")] = None,
    severity: Annotated[str | None, typer.Option(help="Only these severities, separated by commas.")] = None,
    country: Annotated[str | None, typer.Option(help="Only projects in these countries, as KZ,UZ.")] = None,
    commodity: Annotated[str | None, typer.Option(help="Only projects of these commodities.")] = None,
    investor_country: Annotated[str | None, typer.Option(help="Only investors from these countries.")] = None,
    certainty: Annotated[str | None, typer.Option(help="possible or certain.")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rules: Rules = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List the flags that stand on a day.

    Example: steppe flags --flag memorandum-only --severity stagnant,presumed-dead --as-of 2024-12-31
    """
    query = {
        "flag": flag, "severity": severity, "country": country, "commodity": commodity,
        "investor_country": investor_country, "certainty": certainty, "as_of": as_of, "known_at": known_at,
        "rules": rules,
    }  # fmt: skip
    items = list(http_client.pages(addresses.find().api, "/v1/flags", query))
    if as_json:
        print_json(items)
    elif not items:
        out().print("No flags. If you expected some, see `steppe status` and the filters.")
    else:
        screen = out()
        screen.print(tables.flags(items))
        projects = len({item["project"] for item in items})
        counts = f"{counted(len(items), 'flag', 'flags')} on {counted(projects, 'project', 'projects')}"
        screen.print(f"\n{counts} as of {as_of or known_at or 'today'}.")


@project_app.command(name="show")
def project(
    key: Annotated[str, typer.Argument(help="The project's key, as in `steppe flags`.")],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rules: Rules = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Show a project: its deals, legs and flags on a day, and its timeline with when things happened and when they were known.

    With --known-at also what was learnt since then, and the state on the same day as known now.

    `show` may be left out.

    Example: steppe project show north-katpar-upper-kairakty --known-at 2021-12-31
    """
    api = addresses.find().api
    answer = _get_project(api, key, {"as_of": as_of, "known_at": known_at, "rules": rules})
    now = learnt_since = None
    if known_at is not None:
        now = _get_project(api, key, {"as_of": answer["as_of"], "rules": rules})
        learnt_since = timeline_diff.since(answer["timeline"], now["timeline"])
    if as_json:
        print_json(
            answer if now is None else {**answer, "learnt_since": learnt_since, "as_known_now": now["explanation"]}
        )
        return
    screen = out()
    for part in project_report.parts(answer, learnt_since, now):
        screen.print(part)


@app.command()
def status(
    wait: Annotated[bool, typer.Option("--wait", help="Wait until there is no lag.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Show the lag of the read models behind the log, by partition.

    Example: steppe status --data .steppe --wait
    """
    api = addresses.find().api
    answer = _wait_until_caught_up(api) if wait else http_client.get(api, "/v1/status")
    if as_json:
        print_json(answer)
    else:
        screen = out()
        screen.print(tables.status(answer))
        screen.print(tables.not_folded(answer["totals"]))
        for halt in answer["halts"]:
            screen.print(
                f"partition {halt['partition']} is halted since {halt['since']}: {halt['message']}", soft_wrap=True
            )


@app.command(**PASS_THROUGH)
def rebuild(context: typer.Context) -> None:
    """Rebuild the read models beside the active ones, without downtime."""
    become("services.projector.rebuild", context.args)


@app.command(**PASS_THROUGH)
def verify(context: typer.Context) -> None:
    """Compare the read models with a new fold of the log, row by row."""
    become("services.projector.commands.verify", context.args)


@app.command()
def trace(
    event: Annotated[str, typer.Argument(help="The event's id, or source#id.")],
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Trace one event: request, log, read model, flags.

    Example: steppe trace kz-masdar-wind-2023-01-mou
    """
    api = addresses.find().api
    answer = http_client.get(api, f"/v1/trace/{event.replace('%', '%25').replace('#', '%23').replace('?', '%3F')}")
    if as_json:
        print_json(answer["items"])
        return
    for stop in answer["items"]:
        tables.trace(out(), stop, api)


@app.command(name="migrate")
def prepare() -> None:
    """Prepare broker and database: topics, tables, roles. Safe to repeat. Reads STEPPE_KAFKA and STEPPE_DATABASE.

    Example: steppe migrate
    """
    try:
        with Progress(console=err(), transient=True) as progress:
            bar = progress.add_task("Preparing ...", total=None)
            prepared = asyncio.run(
                migrate.run_from_environment(
                    lambda done, of: progress.update(bar, description="Judging again ...", completed=done, total=of)
                )
            )
    except migrate.SettingError as error:
        raise typer.BadParameter(str(error)) from error
    if (rejudged := prepared.rejudged) is not None:
        counts = Counter(difference.transition for difference in rejudged.differences)
        changes = ", ".join(f"{number} {transition}" for transition, number in sorted(counts.items()))
        out().print(
            f"{counted(rejudged.projects, 'project', 'projects')} judged again by edition {EDITION} of the domain page,"
            f" rules {rejudged.version}: {changes or 'no flag changed'}."
        )
        for subject, fault in rejudged.faults.items():
            err().print(f"{subject} could not be judged and is not shown: {fault}; report it, then `steppe rebuild`.")
    done = ", ".join(prepared.migrations) or "nothing to migrate"
    out().print(f"{done}; topic {prepared.topic} with {counted(prepared.partitions, 'partition', 'partitions')}.")


def _get_project(api: str, key: str, when: dict[str, str | None]) -> Answer:
    """The project with its whole timeline, and the flags' changes and conflicts beside it."""
    path = f"/v1/projects/{quote(key, safe='')}"
    project = http_client.get(api, path, when)
    timeline = http_client.all_pages(api, f"{path}/timeline", {**when, "as_of": project["as_of"]})
    return {
        **project,
        "timeline": timeline["items"],
        "flag_changes": timeline["flag_changes"],
        "conflicts": timeline["conflicts"],
    }


def _wait_for(api: str, position: str) -> None:
    deadline = time.monotonic() + _SECONDS_TO_CATCH_UP
    while True:
        try:
            http_client.get(api, "/v1/projects", {"min_position": position, "limit": 1})
        except RefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def _wait_until_caught_up(api: str) -> Answer:
    deadline = time.monotonic() + _SECONDS_TO_CATCH_UP
    with err().status("Waiting for the read models ...") as spinner:
        while True:
            answer = http_client.get(api, "/v1/status")
            lags = [part.get("lag_events") for part in answer["partitions"]]
            if all(lag == 0 for lag in lags):
                return answer
            if time.monotonic() > deadline:
                raise RefusedError(f"There is still lag after {_SECONDS_TO_CATCH_UP:.0f} s: {lags}.")
            spinner.update(f"{sum(lag or 0 for lag in lags)} records to go ...")
            time.sleep(0.3)


def main() -> None:
    """Entry point."""
    raise SystemExit(connection_errors.run(_run))


def _run() -> int:
    try:
        app(prog_name="steppe")
    except RefusedError as error:
        err().print(str(error), style="red", markup=False, soft_wrap=True)
        return error.exit_code
    return 0


if __name__ == "__main__":
    main()
