"""The audit trail: one line of JSON for each write, each refusal and each operator's action: who, when, what.

Lines go to standard error, or to a file that is only ever appended to. Control characters cannot break out of a line: JSON
escapes them (OWASP on log injection).
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import msgspec

_TEXT_MAX = 300


class Audit:
    """Writes the audit trail of one service. `path` None: standard error."""

    def __init__(self, service: str, path: str | None = None) -> None:
        self._service = service
        self._out: IO[bytes] = sys.stderr.buffer if path is None else Path(path).open("ab", buffering=0)  # noqa: SIM115

    def record(self, caller: str, action: str, **fields: Any) -> None:
        """Append a line. Texts are cut at 300 characters, because some of them come from an unknown client."""
        line = {
            "audit": self._service,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "who": caller[:_TEXT_MAX],
            "did": action[:_TEXT_MAX],
            **{name: value[:_TEXT_MAX] if isinstance(value, str) else value for name, value in fields.items()},
        }
        self._out.write(msgspec.json.encode(line) + b"\n")
        self._out.flush()
