"""How large the faults are: small for every day, and as large as was promised with STEPPE_FAULTS=full (`make faults`)."""

from __future__ import annotations

import os
import random
import sys

FULL = os.environ.get("STEPPE_FAULTS") == "full"


def seeded() -> random.Random:
    """Chance with a seed that is printed, and taken from STEPPE_TEST_SEED to repeat a run."""
    seed = int(os.environ.get("STEPPE_TEST_SEED") or random.SystemRandom().randrange(2**32))
    sys.stdout.write(f"STEPPE_TEST_SEED={seed}\n")
    return random.Random(seed)
