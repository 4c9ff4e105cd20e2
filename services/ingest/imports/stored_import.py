"""The imports in their folder: files, state and report of each, which survive a restart of the service.

An import has a folder of its own, named by its id. The process that works on it holds a lock on a file in there: who finds a state
that says it goes on, and the lock free, knows that it was interrupted. So several services may share the folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal

import msgspec
from msgspec import Struct

from services.ingest.answers import EventsAnswer
from services.ingest.imports.import_task import MAPPING_FILE, REPORT_FILE

_STATE_FILE = "state.json"
_LOCK_FILE = "lock"
_ID = re.compile(r"[0-9a-f]{32}")
_FILE_NAME_MAX = 100

State = Literal["waiting", "reading", "sending", "done", "refused", "failed", "interrupted"]
GOES_ON: frozenset[State] = frozenset({"waiting", "reading", "sending"})


class StoredFile(Struct):
    """A file of an import, and the day of its edition where somebody said it."""

    name: str
    edition: str | None
    size: int
    sha256: str


class StoredImport(Struct, kw_only=True):
    """The state of an import. `reason`: why it was refused, or failed; `events`: how many it makes, once it has been read."""

    id: str
    caller: str
    format: str
    dry_run: bool
    compare: bool
    source: str | None
    files: list[StoredFile]
    keys: dict[str, str]
    begun_at: datetime
    state: State = "waiting"
    events: int | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    sent: EventsAnswer | None = None


class ImportFolder:
    """All imports of a service, and of those that share its folder."""

    def __init__(self, root: Path, bytes_max: int) -> None:
        self._root = root
        self._bytes_max = bytes_max

    def reserve(self) -> HeldImport:
        """A new, empty folder, held by this process. Older imports that ended are deleted first, as far as the space is needed."""
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._make_room()
        folder = self._root / secrets.token_hex(16)
        folder.mkdir(mode=0o700)
        return HeldImport(folder)

    def find(self, import_id: str) -> StoredImport | None:
        """The import as it is stored; one that nobody works on any more is interrupted. None: there is none of that id."""
        folder = self._folder(import_id)
        if folder is None:
            return None
        try:
            stored = msgspec.json.decode((folder / _STATE_FILE).read_bytes(), type=StoredImport)
        except (OSError, msgspec.MsgspecError):  # it is being received, or deleted
            return None
        if stored.state in GOES_ON and not _is_held(folder):
            stored.state = "interrupted"
            stored.reason = "the service ended meanwhile; import the same again, what was sent counts once"
        return stored

    def report(self, import_id: str) -> bytes | None:
        """The report as JSON; None: there is none."""
        return self._read(import_id, REPORT_FILE)

    def mapping(self, import_id: str) -> bytes | None:
        """The mapping of a table as YAML; None: there is none."""
        return self._read(import_id, MAPPING_FILE)

    def link_files(self, import_id: str, held: HeldImport) -> None:
        """Give the files of an import to another one, too. Raises FileNotFoundError when they were deleted meanwhile."""
        folder = self._folder(import_id)
        if folder is None:
            raise FileNotFoundError(import_id)
        for path in sorted((folder / "files").iterdir()):
            target = held.folder / "files" / path.name
            target.parent.mkdir(exist_ok=True, mode=0o700)
            shutil.copytree(path, target, copy_function=os.link)

    def _folder(self, import_id: str) -> Path | None:
        folder = self._root / import_id
        return folder if _ID.fullmatch(import_id) and folder.is_dir() else None

    def _read(self, import_id: str, name: str) -> bytes | None:
        folder = self._folder(import_id)
        if folder is None:
            return None
        try:
            return (folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def _make_room(self) -> None:
        folders = [folder for folder in self._root.iterdir() if _ID.fullmatch(folder.name)]
        sizes = {folder: _size(folder) for folder in folders}
        total = sum(sizes.values())
        for folder in sorted(folders, key=_changed_at):
            if total <= self._bytes_max:
                return
            if not _is_held(folder):
                shutil.rmtree(folder, ignore_errors=True)
                total -= sizes[folder]


class HeldImport:
    """The folder of an import that this process works on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = folder.name
        self._lock: IO[bytes] = (folder / _LOCK_FILE).open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def place_of(self, number: int, name: str) -> Path:
        """Where the file of this number lies; its folder is there."""
        folder = self.folder / "files" / f"{number:03}"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder / name

    def store(self, stored: StoredImport) -> None:
        """Write the state; the file is whole at any moment."""
        draft = self.folder / f"{_STATE_FILE}.draft"
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(stored))
        draft.replace(self.folder / _STATE_FILE)

    def write_mapping(self, mapping: bytes) -> None:
        """Keep the mapping of a table."""
        (self.folder / MAPPING_FILE).write_bytes(mapping)

    def release(self) -> None:
        """Nobody works on it any more; safe to call twice."""
        self._lock.close()

    def delete(self) -> None:
        """As if it had never been."""
        self.release()
        shutil.rmtree(self.folder, ignore_errors=True)


class FileInArrival:
    """A file that is being received: written piece by piece, and hashed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, piece: bytes) -> None:
        """Append a piece."""
        self._file.write(piece)
        self._hash.update(piece)
        self.size += len(piece)

    def close(self) -> str:
        """The SHA-256 of what was written, in hexadecimal digits."""
        self._file.close()
        return self._hash.hexdigest()


def file_name(given: str) -> str:
    """The name of a file as it can be stored: without folders and control characters, at most a hundred characters."""
    name = re.split(r"[/\\]", given)[-1]
    name = "".join(character for character in name if character.isprintable()).strip(". ")[:_FILE_NAME_MAX]
    return name.encode(errors="ignore")[:200].decode(errors="ignore") or "file"


def now() -> datetime:
    """This instant, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def _is_held(folder: Path) -> bool:
    """Whether somebody works on the import."""
    with suppress(FileNotFoundError), (folder / _LOCK_FILE).open("rb") as lock:  # deleted: nobody works on it
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # deleted meanwhile: it takes no room
            total += path.stat().st_size
    return total


def _changed_at(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0
