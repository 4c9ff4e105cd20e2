"""What an import answers: its state, and the report of what becomes of its files."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, TypedDict

from services.ingest.answers import EventsAnswer
from services.ingest.imports.import_runner import RunningImport
from services.ingest.imports.stored_import import GOES_ON, State, StoredImport
from steppe.contracts.field_types import Count, Instant, choice, doc

STATES: tuple[State, ...] = ("waiting", "reading", "sending", "done", "refused", "failed", "interrupted")


class ImportedFile(TypedDict):
    """A file of an import."""

    name: Annotated[str, doc("Its name, as the sender said.")]
    edition: Annotated[
        str | None, doc("The day on which it was published, as the sender said; null: the file tells it.")
    ]
    size: Annotated[Count, doc("How many bytes it has.")]
    sha256: Annotated[str, doc("The SHA-256 of it, in hexadecimal digits.")]


class ImportProgress(TypedDict):
    """How far an import is."""

    events_read: Annotated[Count, doc("How many events were made so far.")]
    events_sent: Annotated[Count, doc("How many of them were sent.")]
    seconds_left: Annotated[Count | None, doc("How long sending takes, about; null: that cannot be said yet.")]


class ImportListing(TypedDict):
    """Entries of one sort."""

    count: Annotated[Count, doc("How many there are.")]
    entries: Annotated[
        list[dict[str, Any]], doc("The first thousand of them, with line, field and reason where they apply.")
    ]


class ImportedEdition(TypedDict):
    """What one edition holds and what becomes of it. Lines count from 1. See docs/importing.md."""

    edition: Annotated[str, doc("The day on which it was published.")]
    files: Annotated[list[str], doc("Its files.")]
    read: Annotated[dict[str, Count], doc("What was read, by sort.")]
    projects: Annotated[Count, doc("How many projects it holds.")]
    events: Annotated[dict[str, Count], doc("What becomes of it: events by name.")]
    parties: Annotated[Count, doc("How many parties its events name.")]
    refused: Annotated[ImportListing, doc("Rows and events that are not sent.")]
    contradictions: Annotated[ImportListing, doc("Where the file says two things that cannot both be so.")]
    warnings: Annotated[ImportListing, doc("Events that are accepted with something to look at.")]
    differences: Annotated[ImportListing, doc("What is otherwise than in the edition before.")]
    missing: Annotated[ImportListing, doc("What the edition before held and this one does not.")]
    matches: Annotated[dict[str, Count], doc("What its projects are for Steppe, with the reason.")]
    undecided: Annotated[ImportListing, doc("Projects whose key belongs to another: nothing of them is sent.")]
    alike: Annotated[ImportListing, doc("New projects whose names are near to those of others.")]
    parties_known: Annotated[Count | None, doc("How many of the parties Steppe knows; null: nobody was asked.")]
    parties_alike: Annotated[ImportListing, doc("Parties of new keys whose names are near to those of others.")]
    losses: Annotated[dict[str, Count], doc("What the format has and Steppe does not keep.")]
    unsent: Annotated[dict[str, Count], doc("What was read and is no event, by reason.")]
    duplicates: Annotated[Count, doc("What stands in the edition twice, with the same content.")]
    unchanged: Annotated[Count, doc("What the edition before said as well.")]
    zeros: Annotated[Count, doc("Amounts of 0, which are left out.")]


class ImportReport(TypedDict):
    """What becomes of the files."""

    source: Annotated[str, doc("The source of the events.")]
    editions: Annotated[list[ImportedEdition], doc("A report for each edition, oldest first.")]
    not_compared: Annotated[str | None, doc("Why nothing was compared with what Steppe has; null: it was.")]


class ImportAnswer(TypedDict):
    """An import, and its report once the files are read."""

    id: Annotated[str, doc("Its id, for /v1/imports/{id} and for `of` and `after`.")]
    state: Annotated[
        str,
        choice(*STATES),
        doc("It goes on (`waiting` for its turn, `reading`, `sending`), or how it ended. `refused`: nothing was sent."),
    ]
    reason: Annotated[str | None, doc("Why it was refused, failed or was interrupted; else null.")]
    format: Annotated[str, doc("What the files are.")]
    dry_run: Annotated[bool, doc("Whether only a report was asked for.")]
    files: Annotated[list[ImportedFile], doc("Its files, oldest edition first.")]
    begun_at: Annotated[Instant, doc("When it began.")]
    ended_at: Annotated[Instant | None, doc("When it ended; null: it goes on, or was interrupted.")]
    events: Annotated[Count | None, doc("How many events it makes; null: that is not known yet.")]
    progress: NotRequired[
        Annotated[ImportProgress, doc("How far it is; absent: it has ended, or another process works on it.")]
    ]
    mapping: NotRequired[
        Annotated[str, doc("The mapping of a table, as it was given or guessed: read and correct it.")]
    ]
    report: NotRequired[Annotated[ImportReport, doc("What becomes of the files; absent: they are not read.")]]
    sent: Annotated[EventsAnswer | None, doc("What became of the events that were sent; null: none was.")]


def state_of(stored: StoredImport, running: RunningImport | None = None) -> dict[str, Any]:
    """The answer without mapping and report."""
    answer: dict[str, Any] = {
        "id": stored.id,
        "state": stored.state,
        "reason": stored.reason,
        "format": stored.format,
        "dry_run": stored.dry_run,
        "files": stored.files,
        "begun_at": stored.begun_at,
        "ended_at": stored.ended_at,
        "events": stored.events,
        "sent": stored.sent,
    }
    if running is not None and stored.state in GOES_ON:
        answer["progress"] = {
            "events_read": running.events_read,
            "events_sent": running.events_sent,
            "seconds_left": running.seconds_left,
        }
    return answer
