"""Runs every benchmark, one after the other. Knows their names only."""

import subprocess
import sys

for name in ("fold", "ingest_ndjson", "projector_live", "known_at", "rejudge", "page", "rebuild"):
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
