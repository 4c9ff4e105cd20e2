"""What ingest answers: what became of the events of a request, and whether it can take any."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from steppe.contracts.field_types import Count, Positions, choice, doc
from steppe.http.openapi_parts import FieldError, ProblemDocument


class EventWarning(TypedDict):
    """An event that was accepted, with something to look at."""

    index: Annotated[Count, doc("Its place in the request, from 0.")]
    id: Annotated[str, doc("Its id.")]
    message: Annotated[str, doc("What to look at.")]


class RejectedEvent(TypedDict):
    """An event that was not accepted."""

    index: Annotated[Count, doc("Its place in the request, from 0.")]
    id: Annotated[str | None, doc("Its id; null: it has none, or that cannot be read.")]
    errors: Annotated[list[FieldError], doc("What is wrong, field by field.")]


class EventsAnswer(TypedDict):
    """What became of the events of a request. What is accepted is on the brokers' disks."""

    accepted: Annotated[Count, doc("How many are in the log now by this request.")]
    duplicates: Annotated[Count, doc("How many were there already, with the same content.")]
    warnings: Annotated[list[EventWarning], doc("Accepted events with something to look at.")]
    rejected: Annotated[list[RejectedEvent], doc("Events that were not accepted; on_error=continue only.")]
    position: Annotated[Positions, doc("Where they are, as in 0:41,3:7: give it as min_position= to read them.")]
    duplicates_known_from: NotRequired[
        Annotated[Positions, doc("Older records are not known as duplicates; absent: the whole log is known.")]
    ]
    rejected_total: NotRequired[Annotated[Count, doc("How many were rejected; only when `rejected` was cut.")]]
    warnings_total: NotRequired[Annotated[Count, doc("How many warnings there are; only when `warnings` was cut.")]]


class EventsProblem(ProblemDocument):
    """A refusal of events, with what is wrong in each, and what of a stream was acknowledged before."""

    rejected: NotRequired[Annotated[list[RejectedEvent], doc("The events that are wrong.")]]
    rejected_total: NotRequired[Annotated[Count, doc("How many are wrong; only when `rejected` was cut.")]]
    bytes_max: NotRequired[Annotated[Count, doc("How many bytes may be sent in this form.")]]
    events_max: NotRequired[Annotated[Count, doc("How many events may be sent in this form.")]]
    so_far: NotRequired[Annotated[EventsAnswer, doc("What of a stream was acknowledged before.")]]


class IngestLiveness(TypedDict):
    """That the process works."""

    status: Annotated[str, choice("live"), doc("It does.")]


class IngestReadiness(TypedDict):
    """That events can be accepted."""

    status: Annotated[str, choice("ready"), doc("The broker answers.")]
