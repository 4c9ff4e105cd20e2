"""How many requests are answered at once: in all, of one caller, and apart from both those of operators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from steppe.access.callers import ANYBODY, Caller
from steppe.http.problems import Problem, Refusal

BUSY = Problem(slug="busy", status=503, title="Too many requests at once", retry_after_seconds=1)
TOO_MANY_REQUESTS = Problem(slug="too-many-requests", status=429, title="Rate limit exceeded", retry_after_seconds=5)

# For metrics and the status: whoever looks why a service is busy must get an answer then.
_OPERATOR_REQUESTS_MAX = 20


class RequestShares:
    """The open requests of one service. No caller gets more than its share, so that one cannot shut out the others."""

    def __init__(self, in_all_max: int, a_caller_max: int) -> None:
        self._in_all_max = in_all_max
        self._a_caller_max = a_caller_max
        self._of_callers: Counter[str] = Counter()
        self._of_operators = 0

    @contextmanager
    def take(self, caller: Caller, *, operates: bool) -> Iterator[None]:
        """Count a request as open in the context. Raises Refusal: 429 above the caller's share, 503 above the limit of all."""
        if operates:
            if self._of_operators >= _OPERATOR_REQUESTS_MAX:
                raise _busy(self._of_operators)
            self._of_operators += 1
            try:
                yield
            finally:
                self._of_operators -= 1
            return
        if caller is not ANYBODY and self._of_callers[caller.name] >= self._a_caller_max:
            raise Refusal(
                TOO_MANY_REQUESTS,
                f"{self._a_caller_max} requests of {caller.name} are being answered; wait until one of them ends.",
            )
        if self._of_callers.total() >= self._in_all_max:
            raise _busy(self._in_all_max)
        self._of_callers[caller.name] += 1
        try:
            yield
        finally:
            self._of_callers[caller.name] -= 1
            if not self._of_callers[caller.name]:
                del self._of_callers[caller.name]


def _busy(requests: int) -> Refusal:
    return Refusal(BUSY, f"{requests} requests are being answered; ask again in a moment.")
