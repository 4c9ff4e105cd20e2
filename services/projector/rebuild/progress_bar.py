"""What a person sees of a rebuild, on standard error: a bar with the time that is left. Without rich, a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from services.projector.rebuild.rebuild_progress import Step, Tell

_SECONDS_BETWEEN_LINES = 5.0
_WORDS = {
    "read": "reading the log", "sort": "setting repeats aside", "fold": "folding", "index": "indexing",
    "judge": "judging markets", "finish": "indexing the rest", "catch-up": "catching up", "compare": "comparing",
    "flip": "putting it in its place",
}  # fmt: skip


@contextmanager
def screen(*, quiet: bool) -> Iterator[Tell]:
    """Whom to tell each step."""
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
        bar = bars.add_task("beginning", total=None, left="")
        yield lambda step: bars.update(
            bar, description=_WORDS[step.stage], completed=step.done, total=step.total or None, left=_left(step)
        )


def _lines() -> Tell:
    said_at, stage = 0.0, ""

    def tell(step: Step) -> None:
        nonlocal said_at, stage
        now = time.monotonic()
        if step.stage != stage or now - said_at > _SECONDS_BETWEEN_LINES:
            said_at, stage = now, step.stage
            sys.stderr.write(f"{_WORDS[step.stage]}: {step.done:,} of {step.total:,} {_left(step)}\n")

    return tell


def _left(step: Step) -> str:
    if step.eta_seconds is None:
        return ""
    minutes, seconds = divmod(step.eta_seconds, 60)
    return f"about {minutes}:{seconds:02} left"
