"""The file of API keys while two commands change it."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from steppe.access import key_file
from steppe.access.callers import READ
from tests.services.access.test_authentication import Keys
from tests.services.access.test_authentication import keys as keys

_SECONDS_MAX = 20.0


def test_a_key_that_is_revoked_while_another_is_stays_revoked(keys: Keys) -> None:
    for _ in range(2):
        keys.make(READ)
    first, second = (key.id for key in keys.made)
    command = [sys.executable, "-m", "steppe.cli", "keys", "revoke", second, "--file", str(keys.path)]
    with key_file.exclusive(keys.path):
        revoking = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 3 * _SECONDS_MAX
        while not _waits_for_lock(revoking.pid):
            assert revoking.poll() is None, "it did not wait for the file"
            assert time.monotonic() < deadline
        read = key_file.read(keys.path)
        now = datetime.now(UTC)
        key_file.write(keys.path, [key_file.revoked(key, now) if key.id == first else key for key in read])
    assert revoking.wait(timeout=_SECONDS_MAX) == 0
    assert [key.revoked_at is not None for key in key_file.read(keys.path)] == [True, True]


def _waits_for_lock(pid: int) -> bool:
    """Whether the process has opened the lock beside the file of keys."""
    folder = Path(f"/proc/{pid}/fd")
    try:
        return any(str(link.readlink()).endswith(".lock") for link in folder.iterdir())
    except OSError:
        return False
