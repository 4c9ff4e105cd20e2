"""`format=iati`: projects as activities of IATI 2.03, and what Steppe has that they have not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import IO

from services.api.computation import in_thread
from services.api.export import iati_activities
from services.api.routes.exports.exported_projects import stored_projects
from services.api.store.snapshot import Snapshot
from services.api.web.query_parameters import Question
from services.api.web.responses import left_out_header


async def fill(snapshot: Snapshot, question: Question, out: IO[bytes]) -> Mapping[str, str]:
    """Write the activities; returns headers that say how many they are and what is left out."""
    left_out = Counter[str]()
    number = 0
    out.write(iati_activities.head(f"{question.as_of.isoformat()}T00:00:00Z"))
    async for stored in stored_projects(snapshot, question):
        part = await in_thread(iati_activities.activities, stored)
        out.write(part.xml)
        left_out += part.left_out
        number += part.number
    out.write(iati_activities.FOOT)
    return {
        "Steppe-Rows": str(number),
        "Steppe-Left-Out": left_out_header(left_out),
    }
