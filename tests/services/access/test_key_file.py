"""The file of API keys while two commands change it."""

from __future__ import annotations

import errno
import logging
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from steppe.access import key_file
from steppe.access.callers import READ
from steppe.access.key_file import KeyRing
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


def test_a_revocation_counts_also_when_the_file_could_not_be_read_at_first(
    keys: Keys, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    text = keys.make(READ)
    ring = KeyRing(keys.path)
    monkeypatch.setattr(key_file, "_RELOAD_CHECK_SECONDS", 0.0)
    key_file.write(keys.path, [key_file.revoked(keys.made[0], datetime.now(UTC))])
    with monkeypatch.context() as failing, caplog.at_level(logging.ERROR, logger="steppe.access.key_file"):
        failing.setattr(Path, "read_bytes", _unreadable)
        assert ring.caller(text) is not None, "what was loaded before stays valid"
        assert ring.caller(text) is not None
    assert [record.levelname for record in caplog.records] == ["ERROR"], "it is said once"
    assert ring.caller(text) is None


def _unreadable(_: Path) -> bytes:
    raise OSError(errno.EIO, "Input/output error")


def _waits_for_lock(pid: int) -> bool:
    """Whether the process has opened the lock beside the file of keys."""
    folder = Path(f"/proc/{pid}/fd")
    try:
        return any(str(link.readlink()).endswith(".lock") for link in folder.iterdir())
    except OSError:
        return False
