"""API keys in a file of hashes: created, listed, revoked, and verified by the services.

A key is `steppe_<id>_<secret>`; the secret has 256 random bits, so a plain SHA-256 of it is kept (what slow hashes protect
against, guessing what people choose, does not arise: NIST SP 800-63B 5.1.1.2 is about chosen secrets). The file is replaced
as a whole and reloaded within a second of a change, so no service has to restart for a new or a revoked key.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import logging
import os
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from steppe.access.callers import SCOPES, Caller

log = logging.getLogger(__name__)

_PREFIX = "steppe"
_RELOAD_CHECK_SECONDS = 1.0
_MODE = 0o644


class KeyFileError(Exception):
    """The key file cannot be used; the message says what to do."""


class Key(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One key as it is stored: the hash of its secret. All instants are UTC."""

    id: str
    name: str
    scopes: tuple[str, ...]
    sha256: str
    made_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    requests_a_minute: int | None = None

    def state(self, now: datetime) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


class _Contents(msgspec.Struct, frozen=True, kw_only=True):
    version: int = 1
    keys: tuple[Key, ...] = ()


def read(path: Path) -> tuple[Key, ...]:
    """Every key of the file, also expired and revoked ones. Raises KeyFileError."""
    try:
        contents = msgspec.json.decode(path.read_bytes(), type=_Contents)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}. `steppe keys make` makes it.") from error
    except msgspec.MsgspecError as error:
        raise KeyFileError(f"{path} is no file of keys: {error}.") from error
    if contents.version != 1:
        raise KeyFileError(f"{path} is of version {contents.version}; this release reads 1.")
    return contents.keys


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Nobody else changes the file in the context: two commands that read, change and write it would lose a revocation.

    The folder must be there. Raises OSError. The lock that stays beside the file serves every user, whoever made it.
    """
    # The file itself is replaced at every change. A lock needs no right to write.
    lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, _MODE)
    try:
        if os.fstat(lock).st_uid == os.geteuid():  # of others it cannot be changed; the umask may have narrowed it
            os.fchmod(lock, _MODE)
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def write(path: Path, keys: Sequence[Key]) -> None:
    """Replace the file atomically, in a folder that is there. Readable by all: hashes of random secrets are no secret."""
    new_file = path.with_name(f".{path.name}.{os.getpid()}")
    new_file.write_bytes(msgspec.json.format(msgspec.json.encode(_Contents(keys=tuple(keys))), indent=1) + b"\n")
    new_file.chmod(_MODE)
    new_file.replace(path)


def make(
    name: str,
    scopes: Iterable[str],
    now: datetime,
    *,
    expires_at: datetime | None = None,
    requests_a_minute: int | None = None,
) -> tuple[Key, str]:
    """A new key, and its text, which is stored nowhere: show it once. Raises ValueError for an unknown scope."""
    key_scopes = tuple(sorted(set(scopes)))
    for scope in key_scopes:
        if scope not in SCOPES:
            raise ValueError(f"{scope!r} is no scope; there are {', '.join(SCOPES)}")
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = Key(
        id=key_id,
        name=name,
        scopes=key_scopes,
        sha256=hashlib.sha256(secret.encode()).hexdigest(),
        made_at=now,
        expires_at=expires_at,
        requests_a_minute=requests_a_minute,
    )
    return key, f"{_PREFIX}_{key_id}_{secret}"


def revoked(key: Key, now: datetime) -> Key:
    """The key, revoked at `now` (UTC)."""
    return msgspec.structs.replace(key, revoked_at=now)


class KeyRing:
    """Verifies keys against the file, which it reloads when it changes. One for a service."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._loaded = self._file_version()  # before reading, or a change meanwhile would count as read
        self._keys = {key.id: key for key in read(path)}
        self._failing = False
        self._next_check_at = 0.0

    def caller(self, text: str) -> Caller | None:
        """The caller of this key; None when it is unknown, revoked or expired."""
        prefix, _, rest = text.partition("_")
        key_id, _, secret = rest.partition("_")
        digest = hashlib.sha256(secret.encode()).hexdigest()
        key = self._active(key_id, digest) if prefix == _PREFIX else None
        if key is None:
            return None
        return Caller(
            name=f"key:{key.id} {key.name}",
            scopes=frozenset(key.scopes),
            requests_a_minute=key.requests_a_minute,
            still_valid=lambda: self._active(key_id, digest) is not None,
        )

    def _active(self, key_id: str, digest: str) -> Key | None:
        self._reload_if_changed()
        key = self._keys.get(key_id)
        if key is None or not hmac.compare_digest(digest, key.sha256):
            return None
        return key if key.state(datetime.now(UTC)) == "active" else None

    def _reload_if_changed(self) -> None:
        now = time.monotonic()
        if now < self._next_check_at:
            return
        self._next_check_at = now + _RELOAD_CHECK_SECONDS
        version = self._file_version()
        if version == self._loaded:
            return
        try:
            self._keys = {key.id: key for key in read(self._path)}
        except KeyFileError as error:
            # The keys loaded before stay valid: a broken file must not lock everybody out at once. It is tried again at the
            # next check, also unchanged: what could not be read once may hold a revocation. It is logged once.
            if not self._failing:
                log.error("the key file cannot be reloaded, the keys loaded before stay valid: %s", error)
            self._failing = True
        else:
            self._loaded, self._failing = version, False

    def _file_version(self) -> tuple[int, int, int] | None:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns, stat.st_size
