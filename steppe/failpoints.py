"""Places at which a test can make a service die, sleep or fail: what a fault suite needs and nothing else may use.

Armed by the environment variable STEPPE_TEST_FAILPOINT, which exists in tests only: `POINT:ACTION` or
`POINT:ACTION:WHICH`, several separated by commas. Without it a place costs an empty call. Actions:

- `kill`: SIGKILL to this process, a power cut.
- `sleep=SECONDS`: the whole process stands still, as one that is not given the processor.
- `raise`: FailpointError.

WHICH is a number (the how-manieth time the place is reached; else every time) or the subject that is in hand.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

VARIABLE = "STEPPE_TEST_FAILPOINT"
Reach = Callable[..., None]


class FailpointError(Exception):
    """Raised where a test asked for it."""


@dataclass(frozen=True, slots=True)
class _Order:
    point: str
    action: str
    which: str | None

    def concerns(self, point: str, subject: str, times: int) -> bool:
        return self.point == point and self.which in (None, str(times), subject)

    def carry_out(self) -> None:
        match self.action.partition("="):
            case ("kill", _, _):
                os.kill(os.getpid(), signal.SIGKILL)
            case ("sleep", _, seconds):
                time.sleep(float(seconds))
            case ("raise", _, _):
                raise FailpointError(f"the test asked for a fault at {self.point}")


def armed(text: str) -> Reach:
    """What `reach` is for such a setting. Raises ValueError for one that cannot be read."""
    orders = [_order(part) for part in text.split(",") if part]
    return _reach(orders) if orders else _nothing


def _nothing(point: str, subject: str = "") -> None:
    return None


def _reach(orders: Sequence[_Order]) -> Reach:
    reached: Counter[str] = Counter()

    def reach(point: str, subject: str = "") -> None:
        reached[point] += 1
        for order in orders:
            if order.concerns(point, subject, reached[point]):
                sys.stderr.write(f"failpoint {point}: {order.action}\n")
                sys.stderr.flush()
                order.carry_out()

    return reach


def _order(text: str) -> _Order:
    point, _, rest = text.partition(":")
    action, _, which = rest.partition(":")
    known, _, seconds = action.partition("=")
    if not point or known not in ("kill", "sleep", "raise") or (known == "sleep") != seconds.replace(".", "").isdigit():
        raise ValueError(f"{VARIABLE} has {text!r}: give POINT:kill, POINT:sleep=SECONDS or POINT:raise, then :WHICH")
    return _Order(point, action, which or None)


reach: Reach = armed(os.environ.get(VARIABLE, ""))
"""`reach(point, subject="")`: called by the services at each place that has a name."""
