"""What became of a request's events: the counts, lists and positions of its answer, kept within bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from services.ingest.answers import EventsAnswer, EventWarning, RejectedEvent
from services.ingest.memory.named_events import NamedEvents
from steppe.domain.events.claims import Claim
from steppe.http.openapi_parts import FieldError
from steppe.log.positions import format_position
from steppe.telemetry.tracing import LISTED_MAX

_SUGGESTIONS_MAX = 1_000  # a request: each compares a word with all others
Offsets = dict[int, int]
"""The highest offset by partition."""


class IngestResult:
    """The answer to a request. Lists are cut at `entries_max`, counts are not; suggestions are made for the first thousand."""

    def __init__(self, entries_max: int) -> None:
        self.entries_max = entries_max
        self._suggestions_left = _SUGGESTIONS_MAX
        self.accepted = 0
        self.duplicates = 0
        self.rejected_total = 0
        self.warnings_total = 0
        self.rejected: list[RejectedEvent] = []
        self.warnings: list[EventWarning] = []
        self.offsets: Offsets = {}
        self.references: list[str] = []
        self.duplicates_known_from: Mapping[int, int] = {}
        # Of this request: the subjects that it registers, those that were remarked on as new, the events that it names, and what
        # it claims of money.
        self.registered: set[str] = set()
        self.remarked: set[str] = set()
        self.named_events = NamedEvents()
        self.stops_comparing = False
        self.claims: dict[tuple[str, str | None, str, str], list[Claim]] = {}

    def add_rejected(self, index: int, id: str | None, errors: list[FieldError]) -> None:
        """Count a rejected event, and list it while there is room."""
        self.rejected_total += 1
        if not self.full_of_rejected:
            self.rejected.append({"index": index, "id": id, "errors": errors})

    @property
    def full_of_rejected(self) -> bool:
        """Whether no more rejected events are listed, but only counted."""
        return len(self.rejected) >= self.entries_max

    def add_warning(self, index: int, id: str, message: str) -> None:
        """Count a warning about an accepted event, and list it while there is room."""
        self.warnings_total += 1
        if len(self.warnings) < self.entries_max:
            self.warnings.append({"index": index, "id": id, "message": message})

    def may_suggest(self) -> bool:
        """Take one of the suggestions that a request may have; False when all are used up."""
        self._suggestions_left -= 1
        return self._suggestions_left >= 0

    def counts(self) -> tuple[int, int, int]:
        """How many events were duplicates, rejected, warned of; see `return_to`."""
        return self.duplicates, self.rejected_total, self.warnings_total

    def return_to(self, counts: tuple[int, int, int]) -> None:
        """Forget what was counted since, because the same events are tried again. None of them was acknowledged."""
        self.duplicates, self.rejected_total, self.warnings_total = counts
        del self.rejected[self.rejected_total :]
        del self.warnings[self.warnings_total :]

    def add_references(self, references: Iterable[str]) -> None:
        """Keep the references of accepted events for the audit trail; of many only the first 20."""
        self.references += islice(references, max(0, LISTED_MAX - len(self.references)))

    def add_offset(self, partition: int, offset: int) -> None:
        """Take the offset of an accepted event into the position."""
        if offset > self.offsets.get(partition, -1):
            self.offsets[partition] = offset

    @property
    def position(self) -> str:
        """The highest offset of each partition, `0:41,3:7`: a read model at this position contains all these events."""
        return format_position(self.offsets)

    def as_json(self) -> EventsAnswer:
        """The answer as its route sends it. The totals are there when a list was cut."""
        answer: EventsAnswer = {
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "warnings": self.warnings,
            "rejected": self.rejected,
            "position": self.position,
        }
        if self.duplicates_known_from:
            answer["duplicates_known_from"] = format_position(self.duplicates_known_from)
        if self.rejected_total > len(self.rejected):
            answer["rejected_total"] = self.rejected_total
        if self.warnings_total > len(self.warnings):
            answer["warnings_total"] = self.warnings_total
        return answer
