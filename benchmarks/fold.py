"""What does an event cost the fold, in order, out of order, and in a project of thousands of events?

    python -m benchmarks.fold [--events 50 500 5000] [--rounds 5]

The limit in the same run is what no fold can avoid: interpret each event, drop repeats and sort. Nothing else runs here,
no broker and no database.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

from benchmarks import figures
from steppe.compilation import domain_in_use
from steppe.domain.events.event import Event, interpret
from steppe.domain.fold.fold_state import fold_history

_RECORDED = datetime(2026, 1, 15, tzinfo=UTC)
_FIRST = date(2005, 1, 1)
_EVENTS_OF_GOAL = 50
_MADE: Sequence[tuple[str, dict[str, Any]]] = (
    ("memorandum.signed", {"instrument": "mou"}),
    ("setback.reported", {"kind": "price"}),
    ("study.started", {"kind": "scoping"}),
    ("memorandum.renewed", {"instrument": "mou"}),
    ("exploration.reported", {"result": "a second seam"}),
    ("termsheet.signed", {"instrument": "heads"}),
    ("study.completed", {"kind": "scoping"}),
    ("review.confirmed", {}),
    ("offtake.signed", {"commodity": "tungsten", "ends_on": "2021-06-30"}),
    ("intent.announced", {"kind": "talks"}),
)


def wire(count: int, deals: int) -> list[dict[str, Any]]:
    """The data of a project's life: a step every few days over twenty years, in the order of the days."""
    found = []
    for number in range(count):
        name, own = _MADE[number // deals % len(_MADE)]
        day = _FIRST + timedelta(days=number * 7_300 // count)
        party = {"party": f"investor-{number % deals}", "role": "investor"}
        found.append(
            {"id": str(number), "name": name, "data": {"occurred": day.isoformat(), "parties": [party], **own}}
        )
    return found


def interpreted(life: Sequence[dict[str, Any]]) -> list[Event]:
    """Those as events."""
    return [
        interpret(
            source="/benchmarks",
            id=made["id"],
            subject="north",
            name=made["name"],
            recorded=_RECORDED,
            data=made["data"],
        )
        for made in life
    ]


def limit(life: Sequence[dict[str, Any]]) -> None:
    """Interpret, drop repeats, sort."""
    unique = {(event.source, event.id): event for event in interpreted(life)}
    sorted(unique.values(), key=lambda event: event.order)


def microseconds(work: Callable[[], object], events: int, rounds: int) -> float:
    """Per event, the median of the rounds; small projects are folded often enough to be measured."""
    often = max(1, 2_000 // events)
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        for _ in range(often):
            work()
        taken.append((time.process_time() - began) / often / events * 1e6)
    return median(taken)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, nargs="+", default=[50, 500, 5_000])
    arguments.add_argument("--deals", type=int, default=3)
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    sys.stdout.write(
        f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python"
        f" {platform.python_version()}, domain {domain_in_use()}; {given.deals} deals a project; µs CPU an event\n"
        f"{'events':>7} {'limit':>7} {'in order':>9} {'shuffled':>9}\n"
    )
    for count in given.events:
        life = wire(count, given.deals)
        ordered = interpreted(life)
        shuffled = random.Random(1).sample(ordered, count)
        assert fold_history("north", ordered) == fold_history("north", shuffled)
        limited, in_order, mixed = (
            microseconds(lambda life=life: limit(life), count, given.rounds),  # type: ignore[misc]
            microseconds(lambda events=ordered: fold_history("north", events), count, given.rounds),  # type: ignore[misc]
            microseconds(lambda events=shuffled: fold_history("north", events), count, given.rounds),  # type: ignore[misc]
        )
        sys.stdout.write(f"{count:>7,} {limited:>7.1f} {in_order:>9.1f} {mixed:>9.1f}\n")
        if count == _EVENTS_OF_GOAL:
            figures.note(f"fold {domain_in_use()}", in_order, limited)


if __name__ == "__main__":
    main()
