"""`format=oc4ids`: projects as a package of OC4IDS 0.9, and what Steppe has that it has not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import IO

from services.api.computation import in_thread
from services.api.export import oc4ids_projects
from services.api.routes.exports.exported_projects import stored_projects
from services.api.store.snapshot import Snapshot
from services.api.web.query_parameters import Question
from services.api.web.responses import left_out_header


async def fill(snapshot: Snapshot, question: Question, out: IO[bytes]) -> Mapping[str, str]:
    """Write the package; returns headers that say how many projects it has and what is left out."""
    left_out = Counter[str]()
    number = 0
    out.write(oc4ids_projects.package_head(question.as_of))
    async for stored in stored_projects(snapshot, question):
        part = await in_thread(oc4ids_projects.packaged, stored)
        out.write((b",\n" if number else b"") + b",\n".join(part.projects))
        left_out += part.left_out
        number += len(part.projects)
    out.write(oc4ids_projects.PACKAGE_FOOT)
    return {"Steppe-Rows": str(number), "Steppe-Left-Out": left_out_header(left_out)}
