"""The request of POST /v1/what-if: events as ingest takes them, read and validated as ingest does, and kept nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import Request

from services.api.computation import in_thread
from steppe.contracts.acceptance import Accepted, Refused, accept
from steppe.contracts.codec import MalformedError, decode_json
from steppe.http.problems import UNPROCESSABLE, Refusal

EVENTS_MAX = 2_000
_BODY_BYTES_MAX = 4_000_000
_NDJSON = "application/x-ndjson"
_STORED_OTHERWISE = (
    "was already sent with other content; correct it with event.corrected, or give a new event its own id"
)
EXAMPLE = [
    {
        "source": "/desk/tokyo",
        "type": "steppe.equity.agreed.v1",
        "subject": "kz-masdar-wind",
        "data": {"occurred": "2026-10-30", "parties": [{"party": "masdar", "role": "investor"}], "stake_percent": 50},
    }
]

Identity = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class TriedEvents:
    """Events that would be accepted, by their index in the request."""

    accepted: Mapping[int, Accepted]

    def but_stored(self, contents: Mapping[Identity, bytes]) -> TriedEvents:
        """Those that are not in the log or earlier in the request, whose `contents` are the hashes of those in the log.

        Raises Refusal that names those whose id another content has.
        """
        hashes = dict(contents)
        new: dict[int, Accepted] = {}
        faults: list[tuple[str, str]] = []
        for index, event in self.accepted.items():
            identity = (event.subject, event.source, event.id)
            if identity not in hashes:
                hashes[identity] = event.content_sha256
                new[index] = event
            elif hashes[identity] != event.content_sha256:
                faults.append((f"/{index}/id", f"id {event.id!r} of {event.source} {_STORED_OTHERWISE}"))
        if faults:
            raise _refusal(faults)
        return TriedEvents(new)


async def parse_request(request: Request) -> TriedEvents:
    """Read and validate the body: a JSON array of events, one event, or a line each. Raises Refusal with every fault."""
    return await in_thread(_tried, await _body(request), request.headers.get("content-type", ""))


def _tried(body: bytes, content_type: str) -> TriedEvents:
    values = _values(body, content_type)
    if not values:
        raise _refusal([("", "has no event; send one, an array of them, or one a line")])
    if len(values) > EVENTS_MAX:
        raise _refusal([("", f"has {len(values):,} events; at most {EVENTS_MAX:,} are tried at once")])
    recorded = datetime.now(UTC)
    verdicts = {index: accept(value, recorded) for index, value in enumerate(values)}
    if faults := list(_faults(verdicts)):
        raise _refusal(faults)
    return TriedEvents({index: verdict for index, verdict in verdicts.items() if isinstance(verdict, Accepted)})


def _faults(verdicts: Mapping[int, Accepted | Refused]) -> Iterator[tuple[str, str]]:
    for index, verdict in verdicts.items():
        if isinstance(verdict, Refused):
            for fault in verdict.errors:
                yield f"/{index}{fault.pointer}", fault.message


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _BODY_BYTES_MAX:
            raise _refusal([("", f"is longer than {_BODY_BYTES_MAX:,} bytes; try fewer events at once")])
    return bytes(body)


def _values(body: bytes, content_type: str) -> Sequence[object]:
    if content_type.partition(";")[0].strip().lower() == _NDJSON:
        lines = [line for line in body.split(b"\n") if line.strip()]
        return [_decoded(line, f"/{index}") for index, line in enumerate(lines[: EVENTS_MAX + 1])]
    if not body.strip():
        return ()
    value = _decoded(body, "")
    return value if isinstance(value, list) else [value]


def _decoded(value: bytes, pointer: str) -> object:
    try:
        return decode_json(value)
    except MalformedError as error:
        raise _refusal([(pointer, error.fault.message)]) from None


def _refusal(faults: list[tuple[str, str]]) -> Refusal:
    errors = [{"pointer": pointer, "message": message} for pointer, message in faults]
    detail = "; ".join(f"{pointer or 'the body'} {message}" for pointer, message in faults[:3])
    return Refusal(UNPROCESSABLE, detail, errors=errors)
