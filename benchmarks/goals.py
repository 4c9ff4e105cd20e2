"""The goals of a release, each beside what its benchmark left: limits, ratios, and what was measured before.

Figures are told as least, median and most of the rounds; a ratio is that of the medians of a round's value and its limit.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure
from steppe.compilation import domain_in_use
from steppe.release import RELEASE

HISTORY = Path(__file__).with_name("history.jsonl")
COST_OF = "rebuild cost of "
"""What the name of the cost of an event begins with, before the size of its log."""
_WORSE_MOST = 1.5


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure should be: at most, or at least."""

    figure: str
    what: str
    unit: str
    most: float | None = None
    least: float | None = None

    def reached(self, value: float) -> bool:
        """Whether it is."""
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)

    @property
    def text(self) -> str:
        """As in the table."""
        return f"<= {self.most:,g}" if self.most is not None else f">= {self.least:,g}"


GOALS = (
    Goal("rebuild", "rebuild with full judgement", "events/s", least=10_000),
    Goal("rebuild memory", "largest process of a rebuild", "MiB", most=150),
    Goal("verify memory", "verify", "MiB", most=150),
    Goal("verify differences", "rows that verify finds different", "rows", most=0),
    Goal("read model", "the read model, an event", "bytes", most=2_200),
    Goal("growth", "an event of the largest rebuild beside one of the smallest", "times", most=1.15),
    Goal("live", "live projection of a backlog", "events/s", least=3_000),
    Goal("visible p50", "POST to visible, p50", "ms", most=25),
    Goal("visible p99", "POST to visible, p99", "ms", most=100),
    Goal("visible beside a rebuild p99", "the same beside a rebuild, p99", "ms", most=200),
    Goal("market time", "an event where all projects are in one market", "ms CPU", most=5),
    Goal("market rows", "the same, rows inserted, updated and deleted", "rows", most=20),
    Goal("hot project", "one large project whose events come at once, to the end", "events/s", least=2_000),
    Goal("neighbours p99", "its partition's other projects meanwhile, visible, p99", "ms", most=1_000),
    Goal("fold interpreted", "fold, an event of a project of 50", "µs CPU", most=45),
    Goal("fold compiled", "the same, compiled", "µs CPU", most=25),
    Goal("known_at first", "known_at, the first time, at most", "s", most=5),
    Goal("known_at warm", "known_at, warm, at most", "ms", most=30),
    Goal("pages", "the slowest page, p50", "ms", most=50),
    Goal("lists", "the slowest answer of the API beside its bare rows, p50", "times", most=4),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """The values of a figure in the rounds, in order, and the median of its limits."""

    values: Sequence[float]
    limit: float | None

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.values)


def by_name(figures: Iterable[Figure]) -> dict[str, Measured]:
    """The figures of all rounds together; of a cost by size also how it grows."""
    values: dict[str, list[Figure]] = {}
    for figure in figures:
        values.setdefault(figure.name, []).append(figure)
    measured = {name: _measured(of_name) for name, of_name in values.items()}
    costs = [of_size for _, of_size in costs_by_size(measured)]
    if len(costs) > 1:
        least, most = costs[0], costs[-1]
        rounds = zip(most.values, least.values, strict=False)
        measured["growth"] = Measured(sorted(large / small for large, small in rounds), None)
    return measured


def costs_by_size(measured: Mapping[str, Measured]) -> list[tuple[int, Measured]]:
    """What an event costs a rebuild of so many, the smallest first."""
    sizes = sorted(int(name.removeprefix(COST_OF)) for name in measured if name.startswith(COST_OF))
    return [(size, measured[f"{COST_OF}{size}"]) for size in sizes]


def _measured(figures: Sequence[Figure]) -> Measured:
    limits = [figure.limit for figure in figures if figure.limit is not None]
    return Measured(sorted(figure.value for figure in figures), median(limits) if limits else None)


def kind(sizes: str) -> str:
    """What figures can be compared with: the same sizes, interpreter and number of cores."""
    python = ".".join(platform.python_version_tuple()[:2])
    return f"goals {sizes}, {platform.python_implementation()} {python} {domain_in_use()}, {os.cpu_count()} cores"


def before(kind: str) -> dict[str, float]:
    """The medians that were recorded last of this kind; empty: none."""
    lines = [json.loads(line) for line in HISTORY.read_text().splitlines()] if HISTORY.exists() else []
    return next((line["medians"] for line in reversed(lines) if line["kind"] == kind), {})


def record(kind: str, measured: Mapping[str, Measured]) -> None:
    """Add them to the history."""
    line = {
        "kind": kind,
        "release": RELEASE,
        "day": datetime.now(UTC).date().isoformat(),
        "medians": {name: round(one.middle, 3) for name, one in measured.items()},
        "limits": {name: round(one.limit, 3) for name, one in measured.items() if one.limit is not None},
    }
    with HISTORY.open("a") as history:
        history.write(json.dumps(line) + "\n")


def table(measured: Mapping[str, Measured], recorded: Mapping[str, float]) -> str:
    """The goals of which something was measured, in Markdown."""
    lines = [
        "| measure | goal | least / median / most | limit | of the limit | before | |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for goal in GOALS:
        if (one := measured.get(goal.figure)) is None:
            continue
        limit = "" if one.limit is None else _text(one.limit)
        ratio = "" if not one.limit else f"{one.middle / one.limit:.2f}"
        was = recorded.get(goal.figure)
        lines.append(
            f"| {goal.what} | {goal.text} {goal.unit} | {_spread(one)} | {limit} | {ratio} | {'' if was is None else _text(was)} |"
            f" {'reached' if goal.reached(one.middle) else 'missed'}{_fallen(goal, one.middle, was)} |"
        )
    lines += [
        f"| a rebuild of {size:,} events, each | flat µs CPU | {_spread(of_size)} | | | | |"
        for size, of_size in costs_by_size(measured)
    ]
    return "\n".join(lines) + "\n"


def _fallen(goal: Goal, value: float, was: float | None) -> str:
    if not was or not value:
        return ""
    worse = was / value if goal.least is not None else value / was
    return ", worse than before by more than a third" if worse > _WORSE_MOST else ""


def _spread(measured: Measured) -> str:
    """Least, median and most of the rounds."""
    return " / ".join(_text(value) for value in (measured.values[0], measured.middle, measured.values[-1]))


def _text(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"
