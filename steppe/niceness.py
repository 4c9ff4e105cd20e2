"""How far a process stands back for those who serve: its niceness, which Linux may count within a session only."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_OF_SESSION = Path("/proc/self/autogroup")


def stand_back(by: int = 0) -> None:
    """Let others go first, by so much more than the process that started this one; where it leads a session, before other sessions too.

    What cannot be set stays as it is.
    """
    niceness = os.nice(by)
    # Where the kernel groups processes by session, each session gets the same share whatever the niceness of its processes.
    if os.getsid(0) == os.getpid():  # else it would hold for whoever started it
        with contextlib.suppress(OSError):  # no such file, or a container forbids it: then niceness has to do
            _OF_SESSION.write_text(str(niceness), encoding="ascii")
