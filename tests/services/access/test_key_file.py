"""The file of API keys while two commands change it."""

from __future__ import annotations

import errno
import logging
import os
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from steppe.access import key_file
from steppe.access.callers import READ
from steppe.access.key_file import KeyRing
from steppe.cli.__main__ import app as command
from tests.services.access.test_authentication import Keys
from tests.services.access.test_authentication import keys as keys

_SECONDS_MAX = 20.0


def test_a_key_that_is_revoked_while_another_is_stays_revoked(keys: Keys) -> None:
    for _ in range(2):
        keys.make(READ)
    first, second = (key.id for key in keys.made)
    arguments = [sys.executable, "-m", "steppe.cli", "keys", "revoke", second, "--file", str(keys.path)]
    with key_file.exclusive(keys.path):
        revoking = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
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


def test_only_make_makes_folders_and_a_wrong_path_leaves_nothing_behind(tmp_path: Path) -> None:
    wrong = tmp_path / "typo" / "keys.json"
    refused = CliRunner().invoke(command, ["keys", "revoke", "0f3a9c21d4e5", "--file", str(wrong)])
    assert refused.exit_code != 0
    assert list(tmp_path.iterdir()) == []
    beside = CliRunner().invoke(command, ["keys", "revoke", "0f3a9c21d4e5", "--file", str(tmp_path / "keys.jsn")])
    assert beside.exit_code != 0
    assert list(tmp_path.iterdir()) == []
    assert CliRunner().invoke(command, ["keys", "make", "tokyo", "--scope", READ, "--file", str(wrong)]).exit_code == 0
    assert len(key_file.read(wrong)) == 1


def test_a_lock_serves_whoever_may_read_it_also_under_a_narrow_umask(keys: Keys) -> None:
    before = os.umask(0o077)
    try:
        with key_file.exclusive(keys.path):
            (opened,) = (link for link in Path("/proc/self/fd").iterdir() if _is_lock(link))
            flags = Path(f"/proc/self/fdinfo/{opened.name}").read_text().split("flags:")[1].split()[0]
            lock = opened.readlink()
    finally:
        os.umask(before)
    assert int(flags, 8) & os.O_ACCMODE == os.O_RDONLY
    assert stat.S_IMODE(lock.stat().st_mode) == 0o644


def _is_lock(link: Path) -> bool:
    try:
        return str(link.readlink()).endswith("keys.json.lock")
    except OSError:  # closed meanwhile
        return False


def _unreadable(_: Path) -> bytes:
    raise OSError(errno.EIO, "Input/output error")


def _waits_for_lock(pid: int) -> bool:
    """Whether the process has opened the lock beside the file of keys."""
    folder = Path(f"/proc/{pid}/fd")
    try:
        return any(str(link.readlink()).endswith(".lock") for link in folder.iterdir())
    except OSError:
        return False
