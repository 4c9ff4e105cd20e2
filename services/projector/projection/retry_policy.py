"""Which database errors are retried, and the backoff between the attempts. Everything not named here ends the process."""

from __future__ import annotations

import random
from collections.abc import Iterator

import asyncpg

# Connection exceptions; out of disk, memory or connections; shutdown, crash and cannot-connect-now.
_TRANSIENT_CLASSES = ("08", "53", "57P0")
_TRANSIENT_STATES = frozenset(
    {
        "25006",  # read_only_sql_transaction: a primary that was demoted, or is only read for a while
        "25P03",  # idle_in_transaction_session_timeout: this process slept inside its transaction
        "40001",  # serialization_failure
        "40P01",  # deadlock_detected
        "55P03",  # lock_not_available
        "57014",  # query_canceled: an operator freed what somebody waited for
    }
)
_SESSION_ENDED = ("connection is closed", "connection was closed", "released back", "another operation")
_PAUSE_SECONDS_FIRST = 0.05
_PAUSE_SECONDS_MAX = 2.0


def is_transient(error: BaseException) -> bool:
    """Whether the same batch may succeed when it is tried again."""
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        return state.startswith(_TRANSIENT_CLASSES) or state in _TRANSIENT_STATES
    if isinstance(error, asyncpg.InterfaceError) or type(error) is asyncpg.InternalClientError:
        # The driver's own words for a session that the server ended. When that happens between two statements, the next
        # one finds it "in progress" or "released back to the pool": nobody else uses the connection of a batch.
        return any(words in str(error) for words in _SESSION_ENDED)
    return isinstance(error, OSError | TimeoutError)  # asyncio's time-out is TimeoutError since 3.11


def backoff(jitter: random.Random) -> Iterator[float]:
    """Seconds to wait before each further attempt: doubling up to a maximum, half of it random."""
    pause = _PAUSE_SECONDS_FIRST
    while True:
        yield pause * (0.5 + jitter.random() / 2)
        pause = min(pause * 2, _PAUSE_SECONDS_MAX)
