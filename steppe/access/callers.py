"""Who asks, and what they may do. Knows the scopes; knows no way of proving who one is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
    """Somebody who asks. `name` is what the audit trail says; `requests_a_minute` None: as the service has it."""

    name: str
    scopes: frozenset[str]
    requests_a_minute: int | None = None

    def may(self, any_of: Iterable[str]) -> bool:
        """Whether one of these scopes is held."""
        return not self.scopes.isdisjoint(any_of)


ANYBODY = Caller(name="anybody", scopes=frozenset({EVENTS_WRITE, READ, OPERATE}))
"""Who asks where nobody has to say who they are, which is on loopback only. Dates in the log are still not theirs to set."""
