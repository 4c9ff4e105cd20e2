"""Where a program prints: answers, progress, JSON."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from rich.console import Console


def out() -> Console:
    """Where answers go, as they stand, without markup; wide when neither a terminal nor COLUMNS says how wide."""
    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else 160
    return Console(width=width, markup=False, emoji=False)


def err() -> Console:
    """Where progress and refusals go."""
    return Console(stderr=True, markup=False, emoji=False)


def print_json(value: Any) -> None:
    """An answer for programs."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
