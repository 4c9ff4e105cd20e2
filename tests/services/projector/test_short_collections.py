"""A worker that keeps much is not stopped for long by looking for garbage in it."""

import json
import subprocess
import sys

_KEEPING = """
import gc, json
from services.projector.__main__ import keep_collections_short

looked_through = []

def note(phase, info):
    if phase == "start":
        looked_through.append(sum(len(gc.get_objects(generation)) for generation in range(info["generation"] + 1)))

kept_before = [[] for _ in range(200_000)]
keep_collections_short()
gc.callbacks.append(note)
kept = [[] for _ in range(300_000)]
circle = []
circle.append(circle)
del circle
gc.callbacks.remove(note)
print(json.dumps({"most": max(looked_through), "found": gc.collect(0)}))
"""


def test_a_collection_looks_through_few_of_the_objects_that_are_kept() -> None:
    printed = json.loads(
        subprocess.run([sys.executable, "-c", _KEEPING], capture_output=True, check=True, timeout=60).stdout
    )
    assert printed["most"] < 50_000
    assert printed["found"] == 1  # new garbage is found as before
