"""`steppe send`: posts files of events to ingest, in batches, with a progress bar."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypedDict

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from steppe.cli.http_client import RefusedError, credentials, problem, wrong_address
from steppe.log.positions import format_position, parse_position

_LINES_A_BATCH = 500
_ATTEMPTS_MAX = 8
_SECONDS_TO_ANSWER = 60.0
_NDJSON = "application/x-ndjson"
_ONE = "application/cloudevents+json"
_BATCH = "application/cloudevents-batch+json"


# What ingest says of one event, `errors` or a `message`; printed with its file and line, else as it came.
Entry = dict[str, Any]


class IngestAnswer(TypedDict, total=False):
    """What is read of an answer of ingest; a problem document may have `rejected` alone."""

    accepted: int
    duplicates: int
    rejected: list[Entry]
    warnings: list[Entry]
    position: str


@dataclass(slots=True)
class Sent:
    """The outcome for the events of all files. `position` is the highest that was acknowledged, by partition."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[Entry] = field(default_factory=list)
    warnings: list[Entry] = field(default_factory=list)
    position: dict[int, int] = field(default_factory=dict)

    def add(self, answer: IngestAnswer, file: str, first_line: int) -> None:
        """Count one answer; indexes become line numbers that count from 1."""
        self.accepted += answer.get("accepted", 0)
        self.duplicates += answer.get("duplicates", 0)
        for entries, answered in (
            (self.rejected, answer.get("rejected", [])),
            (self.warnings, answer.get("warnings", [])),
        ):
            for entry in answered:
                entries.append({"file": file, "line": first_line + entry.get("index", 0), **entry})
        position = answer.get("position")
        for partition, offset in parse_position(position).items() if position else ():
            self.position[partition] = max(offset, self.position.get(partition, -1))

    @property
    def rejected_lines(self) -> list[str]:
        """What is wrong, a line a fault, as in `file.ndjson:3: /data/occurred ...`."""
        return [
            f"{entry['file']}:{entry['line']}: {error['pointer']} {error['message']}"
            for entry in self.rejected
            for error in entry["errors"]
        ]

    @property
    def warning_lines(self) -> list[str]:
        """The warnings, a line each."""
        return [f"{entry['file']}:{entry['line']}: warning: {entry['message']}" for entry in self.warnings]

    @property
    def position_text(self) -> str:
        """As in `0:41,3:7`."""
        return format_position(self.position)


def send(files: list[Path], ingest: str, on_error: str, console: Console) -> Sent:
    """Send every file. Sending the same again is safe. Raises RefusedError when ingest does not answer, or refuses all."""
    sent = Sent()
    with _client(ingest) as client, _progress(console) as progress:
        for path in files:
            _send_file(path, client, on_error, sent, progress)
    return sent


def send_lines(name: str, lines: Iterable[bytes], count: int, ingest: str, console: Console) -> Sent:
    """Send events that are made one after the other, `count` of them, each a line; none of them is kept. Else as `send`."""
    sent = Sent()
    rest = iter(lines)
    with _client(ingest) as client, _progress(console) as progress:
        task = progress.add_task(f"Sending {name}", total=count)
        first = 1
        try:
            while batch := list(islice(rest, _LINES_A_BATCH)):
                answer = _post(client, b"\n".join(batch) + b"\n", _NDJSON, {"on_error": "continue"})
                sent.add(answer, name, first)
                first += len(batch)
                progress.advance(task, len(batch))
        except (RefusedError, KeyboardInterrupt) as error:
            raise RefusedError(f"{str(error) or 'Interrupted.'} {_how_far(first - 1, count)}") from error
    return sent


def _how_far(sent: int, count: int) -> str:
    return (
        f"{sent:,} of {count:,} events were sent. To send the rest, say the same again: what was sent is a duplicate."
    )


def _client(ingest: str) -> httpx.Client:
    return httpx.Client(base_url=ingest, headers=credentials(), timeout=_SECONDS_TO_ANSWER)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    )


def _send_file(path: Path, client: httpx.Client, on_error: str, sent: Sent, progress: Progress) -> None:
    name = "stdin" if str(path) == "-" else path.name
    if path.suffix == ".json":
        body = path.read_bytes()
        kind = _BATCH if body.lstrip()[:1] == b"[" else _ONE
        task = progress.add_task(name, total=1)
        sent.add(_post(client, body, kind, {}), name, 0)
        progress.advance(task)
        return
    lines = sys.stdin.buffer.read().splitlines() if name == "stdin" else path.read_bytes().splitlines()
    task = progress.add_task(f"Sending {name}", total=len(lines))
    for first, batch in _batches(lines, on_error):
        answer = _post(client, b"\n".join(batch) + b"\n", _NDJSON, {"on_error": on_error})
        sent.add(answer, name, first + 1)
        progress.advance(task, len(batch))


def _batches(lines: list[bytes], on_error: str) -> Iterator[tuple[int, list[bytes]]]:
    # All or nothing holds for one request, so then the file has to be one.
    size = _LINES_A_BATCH if on_error == "continue" else max(len(lines), 1)
    for first in range(0, len(lines), size):
        yield first, lines[first : first + size]


def _post(client: httpx.Client, body: bytes, kind: str, query: dict[str, str]) -> IngestAnswer:
    for attempt in range(_ATTEMPTS_MAX):
        try:
            answer = client.post("/v1/events", content=body, headers={"content-type": kind}, params=query)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise wrong_address("STEPPE_INGEST", str(client.base_url), error) from error
        except httpx.ConnectError as error:
            raise RefusedError(
                f"Ingest does not answer at {client.base_url} ({error}). Start it with `steppe up`."
            ) from error
        except httpx.TransportError as error:
            raise RefusedError(
                f"Ingest at {client.base_url} broke off before it answered ({error or type(error).__name__}); whether it has the last events is "
                "not known. Sending the same again is safe."
            ) from error
        if answer.status_code in (429, 503) and attempt < _ATTEMPTS_MAX - 1:
            time.sleep(min(float(answer.headers.get("retry-after", "1")), 10.0))
            continue
        body_json: IngestAnswer = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        if answer.status_code == 202 or "rejected" in body_json:
            return body_json
        raise RefusedError(problem(answer))
    raise RefusedError("Ingest has no broker; the events were not accepted. Sending the same again later is safe.")
