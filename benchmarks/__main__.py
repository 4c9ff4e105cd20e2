"""Runs every benchmark, one after the other, or those that are named, round by round, and prints the goals beside what came out.

    python -m benchmarks [NAME ...] [--rounds 3] [--small | --million] [--record]      (make bench)

At the sizes of the goals it takes hours, with the rebuild of a million events, which `--million` adds, some more; `--small` shows in a
quarter of an hour that everything runs. What was measured is compared with what was recorded last at the same sizes (`history.jsonl`
beside this), to which `--record` adds it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import figures, goals
from steppe.compilation import domain_in_use

# Each with its arguments at the sizes of the goals, and at small ones; without small ones, only if it is named or at full size.
RUNS: tuple[tuple[str, str, str | None], ...] = (
    ("fold", "", ""),
    ("ingest_ndjson", "--events 100000 --rounds 1", "--events 20000 --rounds 1"),
    ("projector_live", "--events 100000 --projects 20000 --seconds 30 --rate 200", "--events 3000 --projects 600 --seconds 5 --rate 50"),
    ("workers", "", "--events 1000 --workers 1 2 --markets 1"),
    ("dense_market", "--projects 2000", "--projects 100 --markets 20 1 --single 50"),
    ("hot_project", "", "--events 2000 4000 --late 5"),
    ("known_at", "--events 100000", "--events 3000 --projects 100"),
    ("rejudge", "", None),
    ("page", "--events 100000 --projects 5000", "--events 3000 --projects 200 --rounds 5"),
    ("fairness", "", None),
    ("rebuild", "--events 10000 --only-cost", "--events 2000 --only-cost"),
    ("rebuild", "--events 100000", "--events 20000"),
)  # fmt: skip
# Instead of the last of them: the goals of a rebuild are then those of the million.
WITH_A_MILLION: tuple[tuple[str, str, str | None], ...] = (
    *RUNS[:-1], ("rebuild", "--events 100000 --only-cost", None), ("rebuild", "--events 1000000", None),
)  # fmt: skip
NAMES = tuple(dict.fromkeys(name for name, _, _ in RUNS))

parser = argparse.ArgumentParser(
    prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)}; none: all of them")
parser.add_argument("--rounds", type=int, default=3)
sizes = parser.add_mutually_exclusive_group()
sizes.add_argument("--small", action="store_true", help="sizes that show no more than that everything runs")
sizes.add_argument("--million", action="store_true", help="rebuild a million events, too")
parser.add_argument("--record", action="store_true", help="add what is measured to the history")
given = parser.parse_args()
if unknown := [name for name in given.names if name not in NAMES]:
    parser.error(f"no benchmark {unknown[0]!r}: use {', '.join(NAMES)}")
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "figures"
    for number in range(1, given.rounds + 1):
        for name, full, small in WITH_A_MILLION if given.million else RUNS:
            arguments = small if given.small else full
            if arguments is None or (given.names and name not in given.names):
                continue
            sys.stdout.write(f"\nround {number} of {given.rounds}: {name} {arguments}\n")
            sys.stdout.flush()
            command = [sys.executable, "-m", f"benchmarks.{name}", *arguments.split()]
            subprocess.run(command, check=True, env={**os.environ, figures.FILE: str(file)})
            if name == "fold" and domain_in_use() == "compiled":  # and the sources as they are
                subprocess.run(command, check=True, env={**os.environ, figures.FILE: str(file), "STEPPE_COMPILED": "0"})
    measured = goals.by_name(figures.read(file))
kind = goals.kind("small" if given.small else "with a million" if given.million else "full")
sys.stdout.write(f"\n{kind}, load {os.getloadavg()[0]:.1f}, {given.rounds} rounds\n\n")
sys.stdout.write(goals.table(measured, goals.before(kind)))
if given.record:
    goals.record(kind, measured)
