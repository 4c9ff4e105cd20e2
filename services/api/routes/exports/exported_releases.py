"""`format=ocds`: contracts as a package of releases of OCDS 1.1, and what Steppe has that they have not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import IO

from services.api.computation import in_thread
from services.api.export import ocds_releases
from services.api.routes.exports.exported_projects import stored_projects
from services.api.store.snapshot import Snapshot
from services.api.web.query_parameters import Question
from services.api.web.responses import left_out_header


async def fill(snapshot: Snapshot, question: Question, out: IO[bytes]) -> Mapping[str, str]:
    """Write the package; returns headers that say how many releases it has and what is left out."""
    left_out = Counter[str]()
    number = 0
    out.write(ocds_releases.package_head(question.as_of))
    async for stored in stored_projects(snapshot, question):
        part = await in_thread(ocds_releases.released, stored)
        if part.releases:
            out.write((b",\n" if number else b"") + b",\n".join(part.releases))
        left_out += part.left_out
        number += len(part.releases)
    out.write(ocds_releases.PACKAGE_FOOT)
    return {"Steppe-Rows": str(number), "Steppe-Left-Out": left_out_header(left_out)}
