"""Works on imports: one of a caller at a time, a few in all, each in a process of its own, with a limit of time.

The events that the process hands out go the way of `POST /v1/events`: validated, deduplicated, acknowledged by the log. So an
import that is interrupted is simply said again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import msgspec

from services.ingest.accept import EventIntake, Input
from services.ingest.imports import stored_import
from services.ingest.imports.import_task import (
    EVENT,
    LINE_BYTES_MAX,
    PROGRESS,
    REFUSED,
    REPORTED,
    EditionFile,
    ImportTask,
)
from services.ingest.imports.stored_import import GOES_ON, HeldImport, State, StoredImport
from services.ingest.ingest_result import IngestResult
from services.ingest.metrics import IngestMetrics
from services.ingest.problems import IMPORT_GOES_ON
from services.ingest.producer import BrokerUnavailableError
from services.ingest.settings import Settings
from steppe.access.audit import Audit
from steppe.access.callers import Caller
from steppe.http.problems import Refusal

log = logging.getLogger(__name__)

_AT_ONCE = 2
_EVENTS_A_BATCH = 500
_ATTEMPTS_MAX = 8
_AGAIN_SECONDS = 2.0
_REASON_MAX = 1_000
_MODULE = "services.ingest.imports.import_process"


class _EndedError(Exception):
    """The import ends here, in this state, for the reason that the message says."""

    def __init__(self, state: State, reason: str) -> None:
        super().__init__(reason)
        self.state = state


@dataclass(slots=True)
class RunningImport:
    """An import that goes on. `events_read` and `events_sent` say how far it is; `changed` is set whenever they do."""

    stored: StoredImport
    held: HeldImport
    caller: Caller
    authorization: str | None
    result: IngestResult
    events_read: int = 0
    events_sent: int = 0
    started: float = field(default_factory=time.monotonic)
    sending_since: float | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def goes_on(self) -> bool:
        """Whether it has not ended."""
        return self.stored.state in GOES_ON

    @property
    def seconds_left(self) -> int | None:
        """How long sending takes, as far as one can say by now; None: one cannot."""
        if self.sending_since is None or self.stored.events is None or not self.events_sent:
            return None
        seconds = time.monotonic() - self.sending_since
        return round(seconds * (self.stored.events - self.events_sent) / self.events_sent)


class ImportRunner:
    """The imports that go on; one for the service."""

    def __init__(self, intake: EventIntake, settings: Settings, metrics: IngestMetrics) -> None:
        self._intake = intake
        self._settings = settings
        self._metrics = metrics
        self._audit = Audit("ingest", settings.audit)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._of_callers: dict[str, str] = {}
        self._running: dict[str, RunningImport] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def place(self, caller: Caller) -> AsyncIterator[None]:
        """Hold the caller's place while files are received; `start` takes it over. Raises Refusal when an import of it goes on."""
        if (other := self._of_callers.get(caller.name)) is not None:
            raise Refusal(IMPORT_GOES_ON, f"An import of {caller.name} goes on{other}; import one after the other.")
        self._of_callers[caller.name] = ""
        try:
            yield
        finally:
            if self._of_callers.get(caller.name) == "":
                del self._of_callers[caller.name]

    def start(self, stored: StoredImport, held: HeldImport, caller: Caller, authorization: str | None) -> RunningImport:
        """Begin to work on an import whose state is stored. It goes on when nobody waits for it."""
        running = RunningImport(stored, held, caller, authorization, IngestResult(self._settings.report_entries_max))
        self._of_callers[caller.name] = f": GET /v1/imports/{stored.id}"
        self._running[stored.id] = running
        task = asyncio.create_task(self._run(running), name=f"import-{stored.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return running

    def find(self, import_id: str) -> RunningImport | None:
        """The import of that id if it goes on here."""
        return self._running.get(import_id)

    async def close(self) -> None:
        """End what goes on: it is interrupted."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, running: RunningImport) -> None:
        stored = running.stored
        try:
            async with self._turns:
                running.started = time.monotonic()
                async with asyncio.timeout(self._settings.import_seconds_max):
                    await self._work(running)
            stored.state = "done"
        except _EndedError as error:
            stored.state, stored.reason = error.state, str(error)[:_REASON_MAX]
        except TimeoutError:
            stored.state = "failed"
            stored.reason = f"it took longer than {self._settings.import_seconds_max:g} s; split the files"
        except asyncio.CancelledError:
            stored.state = "interrupted"
            stored.reason = "the service ended meanwhile; import the same again, what was sent counts once"
        except Exception as error:
            log.exception("an import failed")
            stored.state, stored.reason = (
                "failed",
                f"an internal error, {type(error).__name__}; report it with the time",
            )
        finally:
            self._end(running)

    def _end(self, running: RunningImport) -> None:
        stored = running.stored
        stored.ended_at = stored_import.now()
        if running.result.accepted or running.result.duplicates or (not stored.dry_run and stored.state == "done"):
            stored.sent = running.result.as_json()
        with suppress(OSError):  # the disk is full: it counts as interrupted
            running.held.store(stored)
        running.held.release()
        del self._running[stored.id]
        del self._of_callers[running.caller.name]
        running.changed.set()
        self._metrics.add(running.result)
        self._audit.record(
            running.caller.name,
            f"import {stored.id}",
            state=stored.state,
            because=stored.reason,
            format=stored.format,
            files=[file.name for file in stored.files],
            dry_run=stored.dry_run,
            accepted=running.result.accepted,
            duplicates=running.result.duplicates,
            rejected=running.result.rejected_total,
            position=running.result.position,
            events=running.result.references,
        )

    async def _work(self, running: RunningImport) -> None:
        """Raises _EndedError unless all went well, BrokerUnavailableError, TimeoutError."""
        stored, held = running.stored, running.held
        stored.state = "reading"
        held.store(stored)
        running.changed.set()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", _MODULE,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2 * LINE_BYTES_MAX,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )  # fmt: skip
        try:
            assert process.stdin is not None and process.stdout is not None, "both are pipes"
            process.stdin.write(msgspec.json.encode(self._task(running)) + b"\n")
            process.stdin.close()
            await self._follow(running, process.stdout)
            if status := await process.wait():
                raise _EndedError("failed", f"the process that read the files ended with {status}; split them")
        finally:
            with suppress(ProcessLookupError):  # it has ended by itself
                process.kill()
            await process.wait()

    def _task(self, running: RunningImport) -> ImportTask:
        stored, api = running.stored, self._settings.api
        not_compared = None
        if not stored.compare:
            not_compared = "as you said"
        elif api is None:
            not_compared = "this service does not know the API (STEPPE_API)"
        if not stored.dry_run and stored.compare and api is None:
            raise _EndedError("refused", f"{not_compared}; say compare=false to send without looking")
        return ImportTask(
            folder=str(running.held.folder),
            format=stored.format,
            editions=[
                EditionFile(str(running.held.place_of(number, file.name)), file.edition)
                for number, file in enumerate(stored.files)
            ],
            source=stored.source,
            keys=stored.keys,
            sends=not stored.dry_run,
            api=api if stored.compare else None,
            authorization=running.authorization,
            not_compared=not_compared,
        )

    async def _follow(self, running: RunningImport, lines: asyncio.StreamReader) -> None:
        """Take what the process says, to its end."""
        inputs: list[Input] = []
        while line := await lines.readline():
            word, _, content = line.rstrip(b"\n").partition(b" ")
            if word == EVENT:
                inputs.append((running.events_sent + len(inputs), content))
                if len(inputs) >= _EVENTS_A_BATCH:
                    await self._send(running, inputs)
                    inputs = []
                continue
            await self._take(running, word, content)
        if inputs:
            await self._send(running, inputs)
        if running.stored.events is None:
            raise _EndedError("failed", "the process that read the files ended before the report; split them")
        if running.stored.state == "sending":
            self._intake.warn_of_unseen_events(running.result)

    async def _take(self, running: RunningImport, word: bytes, content: bytes) -> None:
        stored = running.stored
        if word == PROGRESS:
            running.events_read = int(content)
        elif word == REPORTED:
            running.events_read = stored.events = int(content)
            if not stored.dry_run:
                stored.state = "sending"
                running.sending_since = time.monotonic()
            running.held.store(stored)
        elif word == REFUSED:
            raise _EndedError("refused", json.loads(content))
        running.changed.set()

    async def _send(self, running: RunningImport, inputs: list[Input]) -> None:
        if not running.caller.still_valid():
            raise _EndedError("failed", "the key or token was revoked, or expired, meanwhile; what was sent stays sent")
        for attempt in range(1, _ATTEMPTS_MAX + 1):
            counts = running.result.counts()
            try:
                await self._intake.send(await self._intake.accept(inputs, running.result), running.result)
                break
            except BrokerUnavailableError as error:
                running.result.return_to(counts)
                if attempt == _ATTEMPTS_MAX:
                    again = "import the same again, what was sent counts once"
                    raise _EndedError("failed", f"{error}; {again}") from error
                await asyncio.sleep(_AGAIN_SECONDS)
        running.events_sent += len(inputs)
        running.changed.set()
