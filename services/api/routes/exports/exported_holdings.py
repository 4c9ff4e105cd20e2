"""`format=bods`: who holds shares of projects and parties, as statements of BODS 0.4."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import IO

from services.api.computation import in_thread
from services.api.export import bods_statements
from services.api.export.bods_statements import Statement
from services.api.routes.exports.exported_projects import stored_projects
from services.api.routes.exports.exported_subjects import is_filtered
from services.api.store.party_groups import read_parents
from services.api.store.snapshot import Row, Snapshot
from services.api.web.query_parameters import Question
from services.api.web.responses import left_out_header
from services.api.web.table_file import spooled


async def fill(snapshot: Snapshot, question: Question, out: IO[bytes]) -> Mapping[str, str]:
    """Write the statements, entities first; returns headers that say how many they are and what is left out."""
    left_out = Counter[str]()
    holders = set[str]()
    statements = _Array(out)
    with spooled() as relationships:
        of_projects = _Array(relationships, begins="")
        async for stored in stored_projects(snapshot, question):
            held = await in_thread(bods_statements.holdings, stored)
            statements.add(held.projects)
            of_projects.add(held.relationships)
            holders |= held.holders
            left_out += held.left_out
        parties = await _parties(snapshot, question, holders)
        rows = await snapshot.rows("parties_on_day", as_of=question.as_of, parties=parties)
        statements.add(await in_thread(_of_parties, rows, parties, question))
        relationships.seek(0)
        if of_projects.number:
            out.write(b",\n" if statements.number else b"[\n")
            shutil.copyfileobj(relationships, out)
        number = statements.number + of_projects.number
    out.write(b"\n]\n" if number else b"[]\n")
    return {"Steppe-Rows": str(number), "Steppe-Left-Out": left_out_header(left_out)}


async def _parties(snapshot: Snapshot, question: Question, holders: set[str]) -> list[str]:
    """The holders with everybody above them; without filters all who belong to somebody."""
    named = set(holders)
    if not is_filtered(question):
        named |= set(await read_parents(snapshot, question.as_of))
    above = await snapshot.rows("parties_with_parents", parties=sorted(named))
    return [row["party"] for row in above]


def _of_parties(rows: Sequence[Row], parties: Sequence[str], question: Question) -> list[Statement]:
    return list(bods_statements.party_statements(rows, parties, question.as_of))


class _Array:
    """Elements of a JSON array, one a line; whoever began it ends it."""

    def __init__(self, out: IO[bytes], begins: str = "[\n") -> None:
        self._out = out
        self._begins = begins.encode()
        self.number = 0

    def add(self, statements: Iterable[Statement]) -> None:
        for statement in statements:
            self._out.write((b",\n" if self.number else self._begins) + bods_statements.line(statement))
            self.number += 1
