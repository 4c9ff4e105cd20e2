"""An authenticated caller and its scopes: what it is authorized to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

EVENTS_WRITE = "events:write"
LOG_RESTORE = "log:restore"
READ = "read"
OPERATE = "operate"

SCOPES = {
    EVENTS_WRITE: "send events",
    LOG_RESTORE: "send events that say themselves when they were recorded (with events:write)",
    READ: "read everything that the API answers",
    OPERATE: "read metrics and the status",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sends a request. `name` stands in the audit trail; `requests_a_minute` None: the rate limit of the service.

    `still_valid` says whether the key or token that proved it would do so now: a request may stay open for long.
    """

    name: str
    scopes: frozenset[str]
    requests_a_minute: int | None = None
    still_valid: Callable[[], bool] = field(default=lambda: True, compare=False, repr=False)

    def may(self, any_of: Iterable[str]) -> bool:
        """Whether the caller has one of these scopes."""
        return not self.scopes.isdisjoint(any_of)


ANYBODY = Caller(name="anybody", scopes=frozenset({EVENTS_WRITE, READ, OPERATE}))
"""The caller where authentication is off, which is on loopback only. It may not set when an event was recorded."""
