"""A clock that can be set: what a process reads as the time of day is wrong by the seconds that a file holds.

Python runs this when the folder is on its path. Time that only passes (monotonic) is left as it is, as a step of the
system's clock leaves it.
"""

import datetime
import os
import time
from pathlib import Path

_FILE = Path(os.environ["STEPPE_TEST_CLOCK"])
_true_time = time.time


def _wrong_by() -> float:
    return float(_FILE.read_text() or "0")


class _WrongDatetime(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]
        return datetime.datetime.fromtimestamp(_true_time() + _wrong_by(), tz)


time.time = lambda: _true_time() + _wrong_by()
datetime.datetime = _WrongDatetime  # type: ignore[misc]
