"""Runs every benchmark, one after the other, or those that are named. Knows their names only."""

import argparse
import subprocess
import sys

NAMES = (
    "fold", "ingest_ndjson", "projector_live", "dense_market", "known_at", "rejudge", "page", "fairness", "rebuild",
)  # fmt: skip

parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)}; none: all of them")
chosen = parser.parse_args().names
if unknown := [name for name in chosen if name not in NAMES]:
    parser.error(f"no benchmark {unknown[0]!r}: use {', '.join(NAMES)}")
for name in chosen or NAMES:
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
