"""`python -m services.ingest.imports.import_process`: reads the files of one import, in a process that nobody else waits for.

It takes the lowest priority, ends first where memory is short, and may use a gibibyte. See import_task for what it says.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import httpx
import msgspec

from services.ingest.imports.import_task import (
    EVENT,
    LINE_BYTES_MAX,
    MAPPING_FILE,
    PROGRESS,
    REFUSED,
    REPORT_FILE,
    REPORTED,
    ImportTask,
)
from steppe.importers.formats.format_registry import FORMATS
from steppe.importers.importer import Edition, Import
from steppe.importers.known_names import KnownNames, read_names
from steppe.importers.mapped.mapped_table import MappedTable
from steppe.importers.mapped.mapping_document import BadMappingError, read_mapping
from steppe.importers.mapped.mapping_guess import propose_mapping
from steppe.importers.mapped.template_tables import TemplateTable, is_template
from steppe.importers.source_file import BadFileError
from steppe.importers.statement import Format

_MEMORY_BYTES_MAX = 1 << 30
_PROGRESS_SECONDS = 0.5
_SECONDS_TO_ANSWER = 60.0
_TEXT_MAX = 300
_NOT_CONFIRMED = "a table that is no template is sent with a mapping only: import it with dry_run=true, look at the mapping, then use of="
_TOO_MUCH_MEMORY = "it needs more than a gibibyte of memory to be read; split it"


class RefusedImportError(Exception):
    """The import is refused; the message says why."""


def work(task: ImportTask, out: IO[bytes]) -> None:
    """Read the files, write the report, and hand out the events if they are to be sent."""
    try:
        form = _format(task)
        editions = _editions(form, task)
        names, not_compared = _names(task)
        whole = Import(form, editions, datetime.now(UTC), task.source, names=names, decided=task.keys)
        count = _read(whole, out)
        _write_report(task, whole, not_compared)
        _say(out, REPORTED, str(count).encode())
        if task.sends:
            for event in whole.events():
                line = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
                if len(line) >= LINE_BYTES_MAX:
                    raise RefusedImportError(f"the event {event['id']} is larger than {LINE_BYTES_MAX} bytes")
                _say(out, EVENT, line, flush=False)
    except (BadFileError, BadMappingError, RefusedImportError) as error:
        _say(out, REFUSED, json.dumps(str(error)).encode())
    except MemoryError:
        _say(out, REFUSED, json.dumps(_TOO_MUCH_MEMORY).encode())
    out.flush()


def _format(task: ImportTask) -> Format:
    if task.format in FORMATS:
        return FORMATS[task.format]
    mapping = Path(task.folder) / MAPPING_FILE
    if not mapping.exists():
        first = Path(task.editions[0].path)
        try:
            if is_template(first):
                return TemplateTable()
            proposal = propose_mapping(first)
        except BadFileError as error:
            raise BadFileError(f"{first.name}: {error}") from error
        if task.sends:
            raise RefusedImportError(_NOT_CONFIRMED)
        mapping.write_text(proposal, encoding="utf-8")
    return MappedTable(read_mapping(mapping))


def _editions(form: Format, task: ImportTask) -> list[Edition]:
    """Those of the task, in order; files of one day are one edition. Raises BadFileError, RefusedImportError."""
    days: list[str] = []
    files: dict[str, list[Path]] = {}
    for given in task.editions:
        path = Path(given.path)
        day = given.day or _edition_of_file(form, path)
        days.append(day)
        files.setdefault(day, []).append(path)
    if days != sorted(days):
        raise RefusedImportError(f"the editions are not in order, {', '.join(days)}; import the oldest first")
    if days[-1] > (today := datetime.now(UTC).date().isoformat()):
        raise RefusedImportError(f"the edition is of {days[-1]}, after today, {today}")
    return [Edition(day, paths) for day, paths in files.items()]


def _edition_of_file(form: Format, path: Path) -> str:
    try:
        day = form.edition_of(path)
    except BadFileError as error:
        raise BadFileError(f"{path.name}: {error}") from error
    if day is None:
        raise RefusedImportError(f"{path.name} does not tell on which day it was published; say it with edition=")
    return day


def _names(task: ImportTask) -> tuple[KnownNames | None, str | None]:
    """What compares with the projects that Steppe has, or why nothing does. Raises RefusedImportError if it must be and cannot."""
    if task.api is None:
        return None, task.not_compared
    headers = {} if task.authorization is None else {"authorization": task.authorization}
    client = httpx.Client(base_url=task.api, headers=headers, timeout=_SECONDS_TO_ANSWER)

    def get(path: str, query: Mapping[str, Any]) -> Any:
        answer = client.get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    try:
        return read_names(get), None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        reason = f"the API does not say which projects there are ({error})"
        if task.sends:
            raise RefusedImportError(f"{reason}; say compare=false to send without looking") from error
        return None, reason


def _read(whole: Import, out: IO[bytes]) -> int:
    """Read everything once, which fills the reports; how many events there are."""
    count, say_at = 0, time.monotonic()
    for count, _ in enumerate(whole.events(), 1):
        if time.monotonic() >= say_at:
            _say(out, PROGRESS, str(count).encode())
            say_at = time.monotonic() + _PROGRESS_SECONDS
    return count


def _write_report(task: ImportTask, whole: Import, not_compared: str | None) -> None:
    document = {
        "source": whole.source,
        "editions": [_shortened(report.as_json()) for report in whole.reports],
        "not_compared": not_compared,
    }
    draft = Path(task.folder) / f"{REPORT_FILE}.draft"
    draft.write_bytes(msgspec.json.encode(document))
    draft.replace(draft.with_name(REPORT_FILE))


def _shortened(value: Any) -> Any:
    """With texts cut, so that the thousand entries of a list stay small whatever stood in the cells."""
    match value:
        case str():
            return value if len(value) <= _TEXT_MAX else value[: _TEXT_MAX - 3] + "..."
        case dict():
            return {name: _shortened(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_shortened(inner) for inner in value]
        case _:
            return value


def _say(out: IO[bytes], word: bytes, content: bytes, *, flush: bool = True) -> None:
    out.write(word + b" " + content + b"\n")
    if flush:
        out.flush()


def _give_way() -> None:
    """Before others of the service: they have the processor, and the memory."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES_MAX, _MEMORY_BYTES_MAX))
    with suppress(OSError):  # where the kernel is another than Linux, or does not let us
        Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the service ends this process
    _give_way()
    own_output = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=1 << 16)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with suppress(BrokenPipeError):  # the service has ended
        work(msgspec.json.decode(sys.stdin.buffer.readline(), type=ImportTask), own_output)
