"""`format=gem`: projects as rows in the columns of Global Energy Monitor, and what Steppe has that they have not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import IO

from services.api.computation import in_thread
from services.api.export import gem_units
from services.api.routes.exports.exported_projects import stored_projects
from services.api.store.snapshot import Snapshot
from services.api.web.query_parameters import Question
from services.api.web.responses import left_out_header


async def fill(snapshot: Snapshot, question: Question, out: IO[bytes]) -> Mapping[str, str]:
    """Write the rows; returns headers that say how many they are and what is left out."""
    left_out = Counter[str]()
    number = 0
    out.write(gem_units.HEAD)
    async for stored in stored_projects(snapshot, question):
        part = await in_thread(gem_units.units, stored)
        out.write(part.csv)
        left_out += part.left_out
        number += part.number
    return {"Steppe-Rows": str(number), "Steppe-Left-Out": left_out_header(left_out)}
