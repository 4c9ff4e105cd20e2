"""`make fuzz`: schemathesis over both OpenAPI documents against the running services, with the real events in them, and
cursors, positions and headers that somebody forged.

Fails on any answer of 5xx, any status, content type or body that the document does not have. `SEED` repeats all of them.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.operations import forgeries

_BIN = Path(sys.executable).parent
_CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
_IMPORTS = "/v1/imports"
# Of a service, which paths and how many examples of each operation: an import has a process of its own, so that one takes long.
_RUNS = (
    ("ingest", ("--exclude-path", _IMPORTS), 2_000),
    ("ingest", ("--include-path", _IMPORTS), 150),
    ("api", ("--exclude-path", "/v1/stream"), 900),
)
_FORGED = 5_000


def main() -> int:
    """Run it; the exit code says whether every answer was as documented."""
    with tempfile.TemporaryDirectory(prefix="steppe-fuzz-") as folder:
        stack = subprocess.Popen(
            [str(_BIN / "steppe"), "up", "--example", "central-asia", "--data", folder, "--ingest-port", "0",
             "--api-port", "0", "--json"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert stack.stdout is not None
        try:
            addresses = json.loads(stack.stdout.readline())
            seed = int(os.environ.get("SEED") or random.randrange(1 << 32))
            outcomes = [
                _forge(addresses, seed),
                *(_fuzz(name, addresses[name], paths, examples, seed) for name, paths, examples in _RUNS),
            ]
        finally:
            stack.terminate()
            stack.wait(60)
    total = sum(cases for cases, _ in outcomes)
    sys.stdout.write(
        f"{total:,} requests; {'every answer was as documented' if all(ok for _, ok in outcomes) else 'see above'}\n"
    )
    return 0 if all(ok for _, ok in outcomes) and total >= 20_000 else 1


def _forge(addresses: dict[str, str], seed: int) -> tuple[int, bool]:
    statuses, faults = forgeries.run(addresses["api"], addresses["ingest"], seed, _FORGED)
    counts = ", ".join(f"{count:,} x {status}" for status, count in sorted(statuses.items()))
    sys.stdout.write(f"forged: {statuses.total():,} requests, seed {seed}: {counts}\n")
    sys.stdout.writelines(f"{fault}\n" for fault in faults[:20])
    return statuses.total(), not faults


def _fuzz(name: str, address: str, paths: Sequence[str], examples: int, seed: int) -> tuple[int, bool]:
    ran = subprocess.run(
        [str(_BIN / "schemathesis"), "--no-color", "run", f"{address}/openapi.json", "--checks", _CHECKS,
         "--max-examples", str(examples), "--seed", str(seed), "--continue-on-failure", "--no-shrink", *paths,
         "--request-timeout", "60", "--phases", "examples,coverage,fuzzing", "--suppress-health-check", "all",
         # Two threads at once: ast.parse of CPython 3.11 fails now and then ("recursion depth mismatch").
         "--workers", "1"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    match = re.search(r"(\d+) generated", ran.stdout)
    cases = int(match[1]) if match else 0
    sys.stdout.write(f"{name} {' '.join(paths)}: {cases:,} requests, seed {seed}, exit {ran.returncode}\n")
    sys.stdout.flush()
    if ran.returncode:
        sys.stdout.write(ran.stdout[-6000:] + ran.stderr[-2000:])
    return cases, ran.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
