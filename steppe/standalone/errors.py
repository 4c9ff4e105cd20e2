"""What can go wrong while the stack starts, as sentences for the person who started it.

StackError
├── NoNetworkError    something has to be fetched once and could not be
├── NoSpaceError      the disk under the data or the cache is full
├── AlreadyUpError    another `steppe up` holds this data folder
└── ChildFailedError  a child ended or did not get ready; its log says why
"""

from pathlib import Path


class StackError(Exception):
    """The stack cannot start; the message says why and what to do."""


class NoNetworkError(StackError):
    """Something has to be fetched once and could not be."""


class NoSpaceError(StackError):
    """The disk under the data or the cache is full."""


class AlreadyUpError(StackError):
    """Another process holds this data folder."""


class ChildFailedError(StackError):
    """A child ended or did not get ready in time."""

    def __init__(self, name: str, what: str, log: Path) -> None:
        self.name = name
        self.log = log
        tail = _last_lines(log)
        super().__init__(f"{name} {what}. Its log is {log}" + (f" and ends with:\n{tail}" if tail else "."))


def _last_lines(log: Path, lines_max: int = 12) -> str:
    if not log.exists():
        return ""
    return "\n".join("    " + line for line in log.read_text(errors="replace").splitlines()[-lines_max:])
