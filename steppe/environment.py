"""A setting from the environment, or from the file that the environment names.

Apart from steppe.settings, whose classes need a library that the command does without.
"""

from __future__ import annotations

import os
from pathlib import Path

FILE = "_FILE"


class SettingFileError(ValueError):
    """A file that is to hold a setting cannot be read; says which."""


def setting(variable: str) -> str:
    """A variable, or the contents of the file that VARIABLE_FILE names; empty when neither is set. Raises SettingFileError."""
    if value := os.environ.get(variable):
        return value
    path = os.environ.get(f"{variable}{FILE}")
    try:
        return Path(path).read_text(encoding="utf-8").strip() if path else ""
    except OSError as error:
        raise SettingFileError(f"{variable}{FILE}={path} cannot be read: {error.strerror}") from None
