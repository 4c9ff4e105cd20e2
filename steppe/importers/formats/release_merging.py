"""Releases of contracting processes, kept on disk by ocid and merged as OCDS has it: what later releases change stands beside the rest."""

from __future__ import annotations

import json
import sqlite3
import warnings
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import ocdsmerge
from ocdsmerge.exceptions import OCDSMergeError

_SCHEMA = """
CREATE TABLE release (ocid TEXT, number INTEGER, id TEXT, content TEXT, PRIMARY KEY (ocid, number)) WITHOUT ROWID;
CREATE TABLE place (ocid TEXT PRIMARY KEY, file TEXT, item INTEGER) WITHOUT ROWID;
"""

Release = dict[str, Any]
# Of the release schema 1.1.5; a test holds that they are those which the library takes from it.
MERGE_RULES: Mapping[tuple[str, ...], str] = {
    **{(name,): "omitWhenMerged" for name in ("id", "date", "tag")},
    **{
        tuple(path.split("/")): "wholeListMerge"
        for path in (
            "awards/amendment/changes", "awards/amendments/changes", "awards/items/additionalClassifications",
            "awards/suppliers/additionalIdentifiers", "buyer/additionalIdentifiers", "contracts/amendment/changes",
            "contracts/amendments/changes", "contracts/implementation/transactions/payee/additionalIdentifiers",
            "contracts/implementation/transactions/payer/additionalIdentifiers", "contracts/items/additionalClassifications",
            "contracts/relatedProcesses/relationship", "parties/additionalIdentifiers", "parties/roles",
            "relatedProcesses/relationship", "tender/additionalProcurementCategories", "tender/amendment/changes",
            "tender/amendments/changes", "tender/items/additionalClassifications", "tender/procuringEntity/additionalIdentifiers",
            "tender/submissionMethod", "tender/tenderers/additionalIdentifiers",
        )
    },
}  # fmt: skip
# Amounts are to the cent: decimals stay as they were written.
_encode = msgspec.json.Encoder(decimal_format="number", order="sorted").encode


class Merged(NamedTuple):
    """A process with the item of the file that names it; `problem` says why its releases cannot be merged."""

    ocid: str
    item: int
    release: Release | None
    problem: str | None


class ReleaseMerging:
    """The releases read so far, of all editions, and of which processes the edition that is being read speaks."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # "": a file of its own, deleted at the end
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.executescript(_SCHEMA)
        self._number = 0

    def begin_edition(self) -> None:
        """From here on files are of the next edition: what the last one held is no longer asked for, its releases stay."""
        self._database.execute("DELETE FROM place")

    def add(self, file: str, item: int, ocid: str, releases: Sequence[Release], *, whole: bool) -> int:
        """Keep the releases of a process. `whole`: they are all there are, and replace those before. How many were there already."""
        if whole:
            self._database.execute("DELETE FROM release WHERE ocid = ?", (ocid,))
        repeated = 0
        for release in releases:
            content = _encode(release).decode()
            same = self._database.execute(
                "SELECT 1 FROM release WHERE ocid = ? AND content = ?", (ocid, content)
            ).fetchone()
            if same is not None:
                repeated += 1
                continue
            self._number += 1
            row = (ocid, self._number, str(release.get("id") or ""), content)
            self._database.execute("INSERT INTO release VALUES (?, ?, ?, ?)", row)
        self._database.execute("INSERT OR IGNORE INTO place VALUES (?, ?, ?)", (ocid, file, item))
        return repeated

    def merged(self, file: str) -> Iterator[Merged]:
        """The processes that the file was the first of its edition to name, each as all its releases together say."""
        places = self._database.execute("SELECT ocid, item FROM place WHERE file = ? ORDER BY item", (file,)).fetchall()
        for ocid, item in places:
            rows = self._database.execute("SELECT content FROM release WHERE ocid = ? ORDER BY number", (ocid,))
            releases = [json.loads(content, parse_float=Decimal) for (content,) in rows]
            try:
                yield Merged(ocid, item, _merged(releases), None)
            except (OCDSMergeError, RecursionError, AttributeError, TypeError, ValueError) as error:
                yield Merged(ocid, item, None, str(error) or type(error).__name__)


def _merged(releases: Sequence[Release]) -> Release:
    complete = [release for release in releases if "compiled" in (release.get("tag") or ())]
    if complete:
        return max(complete, key=lambda release: str(release.get("date") or ""))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # objects of one id in a list: they are merged, as the standard says
        merged: Release = ocdsmerge.Merger(merge_rules=MERGE_RULES).create_compiled_release(list(releases))
    return merged
