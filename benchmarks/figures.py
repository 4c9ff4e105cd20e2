"""Where a benchmark leaves its figures for the table of goals: a line each in the file that `BENCH_FIGURES` names, if it does."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "BENCH_FIGURES"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value, and what nobody can avoid, measured in the same run; None: there is no such thing."""

    name: str
    value: float
    limit: float | None = None


def note(name: str, value: float, limit: float | None = None) -> None:
    """Leave a figure, if somebody asks for it."""
    if file := os.environ.get(FILE):
        with Path(file).open("a") as figures:
            figures.write(json.dumps(asdict(Figure(name, value, limit))) + "\n")


def read(file: Path) -> Iterable[Figure]:
    """What benchmarks have left."""
    return [Figure(**json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []
