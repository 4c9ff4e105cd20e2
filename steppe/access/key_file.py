"""API keys in a file of hashes: made, listed, revoked, and looked up by the services. Knows files; knows no HTTP.

A key is `steppe_<id>_<secret>`; the secret has 256 random bits, so a plain SHA-256 of it is kept (what slow hashes protect
against, guessing what people choose, does not arise: NIST SP 800-63B 5.1.1.2 is about chosen secrets). The file is replaced
as a whole and read again within a second of a change, so that keys come and go while the services run.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from steppe.access.callers import SCOPES, Caller

log = logging.getLogger(__name__)

_PREFIX = "steppe"
_LOOK_AGAIN_SECONDS = 1.0


class KeyFileError(Exception):
    """The file cannot be used; says what to do."""


class Key(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One key as it is kept. All instants are UTC."""

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


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    version: int = 1
    keys: tuple[Key, ...] = ()


def read(path: Path) -> tuple[Key, ...]:
    """Every key of the file. Raises KeyFileError."""
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}. `steppe keys make` makes it.") from error
    except msgspec.MsgspecError as error:
        raise KeyFileError(f"{path} is no file of keys: {error}.") from error
    if kept.version != 1:
        raise KeyFileError(f"{path} is of version {kept.version}; this release reads 1.")
    return kept.keys


def write(path: Path, keys: Sequence[Key]) -> None:
    """Replace the file in one step. Readable by all: hashes of random secrets tell nobody anything."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(_Kept(keys=tuple(keys))), indent=1) + b"\n")
    fresh.chmod(0o644)
    fresh.replace(path)


def make(
    name: str,
    scopes: Iterable[str],
    now: datetime,
    *,
    expires_at: datetime | None = None,
    requests_a_minute: int | None = None,
) -> tuple[Key, str]:
    """A new key, and its text, which is nowhere else: it is shown once. Raises ValueError for a scope that is none."""
    wanted = tuple(sorted(set(scopes)))
    for scope in wanted:
        if scope not in SCOPES:
            raise ValueError(f"{scope!r} is no scope; there are {', '.join(SCOPES)}")
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = Key(
        id=key_id,
        name=name,
        scopes=wanted,
        sha256=hashlib.sha256(secret.encode()).hexdigest(),
        made_at=now,
        expires_at=expires_at,
        requests_a_minute=requests_a_minute,
    )
    return key, f"{_PREFIX}_{key_id}_{secret}"


def revoked(key: Key, now: datetime) -> Key:
    """The key as one that no longer counts."""
    return msgspec.structs.replace(key, revoked_at=now)


class KeyRing:
    """The keys of a file, as it is now. One for a service."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys = {key.id: key for key in read(path)}
        self._seen = self._stamp()
        self._look_again_at = 0.0

    def caller(self, text: str) -> Caller | None:
        """Who shows this key; None when it is none of ours, revoked, or past its day."""
        self._follow()
        prefix, _, rest = text.partition("_")
        key_id, _, secret = rest.partition("_")
        key = self._keys.get(key_id) if prefix == _PREFIX else None
        if key is None:
            return None
        shown = hashlib.sha256(secret.encode()).hexdigest()
        if not hmac.compare_digest(shown, key.sha256) or key.state(datetime.now(UTC)) != "active":
            return None
        return Caller(
            name=f"key:{key.id} {key.name}", scopes=frozenset(key.scopes), requests_a_minute=key.requests_a_minute
        )

    def _follow(self) -> None:
        now = time.monotonic()
        if now < self._look_again_at:
            return
        self._look_again_at = now + _LOOK_AGAIN_SECONDS
        stamp = self._stamp()
        if stamp == self._seen:
            return
        try:
            self._keys = {key.id: key for key in read(self._path)}
        except KeyFileError as error:
            # Those who may come in still may: a slip of the pen must not shut everybody out at once.
            log.error("the keys stay as they were: %s", error)
        self._seen = stamp

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
