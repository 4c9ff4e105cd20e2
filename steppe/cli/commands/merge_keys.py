"""`steppe project merge` and `steppe party merge`: two keys were one; the events that say so, and those that undo it."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import IO, Annotated, Any
from urllib.parse import quote

import typer
from rich.progress import Progress

from steppe.cli import http_client
from steppe.cli.commands import try_events
from steppe.cli.commands.send import Sent, send_lines
from steppe.cli.http_client import RefusedError
from steppe.cli.merges import party_merge, project_merge
from steppe.cli.merges.log_records import Envelope, SubjectRecords, name_of
from steppe.cli.merges.merge_plan import MergePlan, MergeRefusedError
from steppe.domain.events.field_checks import is_slug
from steppe.domain.values.grammar import counted
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, AsOf, Data, application
from steppe.terminal.output import err, out, print_json

_TRIED_MAX = 2_000  # as the API takes them
_INTO = "into"

Keys = Annotated[list[str], typer.Argument(metavar="OLD [INTO] NEW", help="The key that goes, and the one that stays.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only say what the events would do; the API tries them, nothing is sent.")
]
Undo = Annotated[bool, typer.Option("--undo", help="Take a merge of these two back.")]
Reason = Annotated[str | None, typer.Option(help="Why, for the record. Without it: that they were one.")]

party_app = application(help="Parties: two keys that were one.")


def merge_projects(
    keys: Keys,
    dry_run: DryRun = False,
    undo: Undo = False,
    reason: Reason = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Merge a project into another: its events are sent again under the other key, and its own key is superseded.

    Saying it twice adds nothing, and takes over what came under the old key since. --undo gives both back what was theirs.

    Example: steppe project merge katpar-north into north-katpar --dry-run
    """
    old, new = _keys(keys)
    api = addresses.find().api
    path = f"/v1/projects/{quote(new, safe='')}"
    registrations = http_client.get(api, f"/v1/projects/{quote(old, safe='')}"), http_client.get(api, path)
    with tempfile.TemporaryFile() as log:
        _download(log, {"project": f"{old},{new}"})
        mine, theirs = (SubjectRecords(key, _envelopes(log)) for key in (old, new))
    try:
        plan = (
            project_merge.undo_merge(mine, theirs, reason or f"{old} and {new} were not one project")
            if undo
            else project_merge.merge_projects(
                mine, theirs, reason or f"{old} and {new} were one project", registrations
            )
        )
    except MergeRefusedError as error:
        raise RefusedError(f"{error}.") from error
    _carry_out(plan, dry_run=dry_run, as_of=as_of, as_json=as_json)


@party_app.command(name="merge")
def merge_parties(
    keys: Keys,
    dry_run: DryRun = False,
    undo: Undo = False,
    reason: Reason = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Merge a party into another: all events that name it are corrected to name the other, in all projects.

    Saying it twice adds nothing. --undo takes the corrections back.

    Example: steppe party merge xiamen-tungsten-co into xiamen-tungsten --dry-run
    """
    old, new = _keys(keys)
    api = addresses.find().api
    with tempfile.TemporaryFile() as log:
        _download(log, {})
        records = _records_of_party(log, old, new)
    try:
        if undo:
            plan = party_merge.undo_merge(old, new, records, reason or f"{old} and {new} were not one party")
        else:
            registered = _party(api, old, records), _party(api, new, records)
            plan = party_merge.merge_parties(old, new, records, reason or f"{old} and {new} were one party", registered)
    except MergeRefusedError as error:
        raise RefusedError(f"{error}.") from error
    _carry_out(plan, dry_run=dry_run, as_of=as_of, as_json=as_json)


def _keys(words: Sequence[str]) -> tuple[str, str]:
    """The two keys. Raises typer.BadParameter."""
    keys = [words[0], words[2]] if len(words) == 3 and words[1].lower() == _INTO else list(words)
    if len(keys) != 2:
        raise typer.BadParameter("name two keys, as in: merge OLD into NEW", param_hint="OLD [INTO] NEW")
    for key in keys:
        if not is_slug(key):
            raise typer.BadParameter(f"{key!r} is no key; keys are like north-katpar", param_hint="OLD [INTO] NEW")
    if keys[0] == keys[1]:
        raise typer.BadParameter("the two are the same key", param_hint="OLD [INTO] NEW")
    return keys[0], keys[1]


def _download(log: IO[bytes], query: dict[str, str]) -> None:
    """The events of the log, or of some projects, with the moments at which they were accepted."""
    with Progress(console=err(), transient=True) as progress:
        task = progress.add_task("Reading the log ...", total=None)

        def write(piece: bytes, length: int | None) -> None:
            log.write(piece)
            progress.update(task, advance=len(piece), total=length)

        path = "/v1/export"
        http_client.download(addresses.find().api, path, {"format": "events", "recordedtime": "true", **query}, write)


def _envelopes(log: IO[bytes]) -> Iterator[Envelope]:
    log.seek(0)
    return (json.loads(line) for line in log)


def _records_of_party(log: IO[bytes], old: str, new: str) -> list[SubjectRecords]:
    """The events of all subjects that name the old party, or that a merge of the two said something of."""
    marks = (f'"{old}"'.encode(), f'"{party_merge.prefix_of(old, new)}'.encode())
    log.seek(0)
    subjects = {f"party:{old}", f"party:{new}"}
    subjects |= {json.loads(line)["subject"] for line in log if any(mark in line for mark in marks)}
    by_subject: dict[str, list[Envelope]] = {subject: [] for subject in sorted(subjects)}
    for envelope in _envelopes(log):
        if envelope["subject"] in by_subject:
            by_subject[envelope["subject"]].append(envelope)
    return [SubjectRecords(subject, envelopes) for subject, envelopes in by_subject.items()]


def _party(api: str, key: str, records: Sequence[SubjectRecords]) -> dict[str, Any]:
    """What is known of a party; one that was merged before is known to nobody any more."""
    try:
        return http_client.get(api, f"/v1/parties/{quote(key, safe='')}", {"limit": 1})
    except RefusedError:
        if not any(its.subject == f"party:{key}" and list(its) for its in records):
            raise
        return {"name": None, "registered": False, "aliases": [], "ids": [], "lei": None, "parents": []}


def _carry_out(plan: MergePlan, *, dry_run: bool, as_of: str | None, as_json: bool) -> None:
    if faults := plan.faults(datetime.now(UTC)):
        raise RefusedError("Nothing was sent, for ingest would refuse:\n  " + "\n  ".join(faults[:20]))
    answer = _tried(plan, as_of) if dry_run and plan.events else None
    sent = _sent(plan) if plan.events and not dry_run else None
    if as_json:
        outcome = None if sent is None else {"accepted": sent.accepted, "duplicates": sent.duplicates,
                                             "rejected": sent.rejected, "position": sent.position_text}  # fmt: skip
        print_json({"events": plan.events, "remarks": plan.remarks, "what_if": answer, "sent": outcome})
    else:
        _print(plan, answer, sent, dry_run=dry_run)
    if sent is not None and sent.rejected:
        raise typer.Exit(1)


def _tried(plan: MergePlan, as_of: str | None) -> dict[str, Any] | None:
    if len(plan.events) > _TRIED_MAX:
        return None
    query = {} if as_of is None else {"as_of": as_of}
    with err().status("Judging before and after ..."):
        return http_client.post(addresses.find().api, "/v1/what-if", plan.events, query)


def _sent(plan: MergePlan) -> Sent:
    lines = (json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() for event in plan.events)
    return send_lines("events", lines, len(plan.events), addresses.find().ingest, err())


def _print(plan: MergePlan, answer: dict[str, Any] | None, sent: Sent | None, *, dry_run: bool) -> None:
    screen = out()
    for remark in plan.remarks:
        screen.print(f"Note: {remark}.", soft_wrap=True)
    if not plan.events:
        screen.print("There is nothing to do.")
        return
    names = Counter(str(name_of(event)) for event in plan.events)
    listed = ", ".join(f"{count} {name}" for name, count in sorted(names.items()))
    screen.print(f"{counted(len(plan.events), 'event', 'events')}: {listed}.", soft_wrap=True)
    if answer is not None:
        for part in try_events.parts(answer):
            screen.print(part)
    elif dry_run:
        screen.print(f"Nothing was sent. What they would do cannot be tried: they are more than {_TRIED_MAX:,}.")
    if sent is not None:
        for line in sent.rejected_lines[:20]:
            err().print(line, soft_wrap=True)
        screen.print(
            f"{sent.accepted} accepted, {sent.duplicates} duplicates, {len(sent.rejected)} rejected; "
            f"position {sent.position_text or '-'}"
        )
