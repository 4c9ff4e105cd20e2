"""Commands that are programs of their own, which the command may not import: the stack, and the projector's."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

PASS_THROUGH: dict[str, Any] = {
    "context_settings": {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
}
"""For `app.command`: the program reads its options itself, `--help` too."""


def become(module: str, arguments: Sequence[str]) -> NoReturn:
    """Put the program of that module in the place of this process; it keeps terminal and environment, and its exit code is the command's."""
    command = [sys.executable, "-m", "steppe.program", module, *arguments]
    os.execv(sys.executable, command)  # noqa: S606 - the same interpreter, no shell
