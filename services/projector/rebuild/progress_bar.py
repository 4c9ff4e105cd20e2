"""The progress bar of a rebuild on standard error, with the time that is left. Without rich, a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from services.projector.rebuild.rebuild_progress import Report, Step

_SECONDS_BETWEEN_LINES = 5.0
_LABELS = {
    "read": "reading the log", "sort": "removing duplicates", "fold": "folding", "index": "indexing",
    "judge": "judging markets", "finish": "indexing the rest", "catch-up": "catching up", "compare": "comparing",
    "flip": "switching readers over",
}  # fmt: skip


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Report]:
    """What shows each step; nothing when `quiet`."""
    if quiet:
        yield lambda step: None
        return
    try:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn
    except ImportError:  # the image of the projector has no need of it
        yield _lines()
        return
    columns = (
        TextColumn("{task.description:24}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task("starting", total=None, left="")
        yield lambda step: bars.update(
            bar, description=_LABELS[step.stage], completed=step.done, total=step.total or None, left=_left(step)
        )


def _lines() -> Report:
    printed_at, stage = 0.0, ""

    def print_step(step: Step) -> None:
        nonlocal printed_at, stage
        now = time.monotonic()
        if step.stage != stage or now - printed_at > _SECONDS_BETWEEN_LINES:
            printed_at, stage = now, step.stage
            sys.stderr.write(f"{_LABELS[step.stage]}: {step.done:,} of {step.total:,} {_left(step)}\n")

    return print_step


def _left(step: Step) -> str:
    if step.eta_seconds is None:
        return ""
    minutes, seconds = divmod(step.eta_seconds, 60)
    return f"about {minutes}:{seconds:02} left"
