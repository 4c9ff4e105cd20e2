"""A process that stands back, alone in its session and beside others."""

import os
import subprocess
import sys
from pathlib import Path

_AUTOGROUP = Path("/proc/self/autogroup")
_STAND_BACK = """
import os
from pathlib import Path
from steppe.niceness import stand_back
stand_back(5)
print(os.nice(0))
autogroup = Path("/proc/self/autogroup")
print(autogroup.read_text() if autogroup.exists() else "")
"""


def _session() -> str:
    """What the kernel says of this session; nothing where it does not group processes by session."""
    return _AUTOGROUP.read_text(encoding="ascii").strip() if _AUTOGROUP.exists() else ""


def _standing_back(*, leads_session: bool) -> tuple[int, str]:
    """The niceness of such a process, and what the kernel says of its session."""
    ended = subprocess.run(
        [sys.executable, "-c", _STAND_BACK], start_new_session=leads_session, capture_output=True, text=True, check=True
    )
    niceness, session = ended.stdout.splitlines()[:2]
    return int(niceness), session.strip()


def test_a_process_with_a_session_of_its_own_stands_back_for_other_sessions() -> None:
    niceness, session = _standing_back(leads_session=True)
    assert niceness == os.nice(0) + 5
    assert session.endswith(f"nice {niceness}" if _AUTOGROUP.exists() else "")


def test_a_process_in_the_session_of_others_leaves_the_session_as_it_is() -> None:
    before = _session()
    niceness, session = _standing_back(leads_session=False)
    assert niceness == os.nice(0) + 5
    assert session == before
