"""`format=snapshot`: all other formats of one moment in one zip file, with what they are of, licence and citation."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import IO, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from services.api.computation import in_thread
from services.api.export import snapshot_package
from services.api.export.analysis_tables import ANALYSIS_TABLES
from services.api.export.snapshot_package import Origin, Packaged
from services.api.routes.exports import (
    exported_activities,
    exported_events,
    exported_holdings,
    exported_package,
    exported_releases,
    exported_tables,
    exported_units,
)
from services.api.routes.exports.exported_subjects import subjects_of
from services.api.store.snapshot import Snapshot
from services.api.web.query_parameters import EXPORTS, Question
from services.api.web.responses import Filling
from services.api.web.table_file import spooled
from steppe.release import RELEASE

_CHUNK_BYTES = 1 << 18


class _Document(NamedTuple):
    form: str
    path: str
    title: str
    fill: Filling


_DOCUMENTS = (
    _Document("events", "events.ndjson", "The events as they were accepted", exported_events.fill),
    _Document("iati", "iati/activities.xml", "Projects as activities of IATI 2.03", exported_activities.fill),
    _Document("bods", "bods/statements.json", "Holdings as statements of BODS 0.4", exported_holdings.fill),
    _Document("oc4ids", "oc4ids/projects.json", "Projects as a package of OC4IDS 0.9", exported_package.fill),
    _Document("ocds", "ocds/releases.json", "Contracts as releases of OCDS 1.1", exported_releases.fill),
    _Document("gem", "gem/units.csv", "Projects as units in the columns of Global Energy Monitor", exported_units.fill),
)


class Publisher(NamedTuple):
    """Who publishes, and under which licence (an id of SPDX; None: none is stated)."""

    name: str
    licence: str | None


def filling_of(publisher: Publisher, filters: str) -> Filling:
    """What writes the snapshot that somebody publishes. `filters` is the question as it was asked."""

    async def fill(snapshot: Snapshot, question: Question, out: IO[bytes]) -> Mapping[str, str]:
        origin = Origin(
            as_of=question.as_of.isoformat(),
            known_at=question.known_at.isoformat().replace("+00:00", "Z"),
            position=snapshot.position,
            rules=snapshot.rules.version,
            release=RELEASE,
            question=filters,
            publisher=publisher.name,
            licence=publisher.licence,
        )
        folder = f"steppe-{origin.as_of}"
        files: list[Packaged] = []
        with ZipFile(out, "w", ZIP_DEFLATED) as archive:
            for document in _DOCUMENTS:
                with spooled() as file:
                    said = await document.fill(snapshot, question, file)
                    files.append(await in_thread(_add_document, archive, folder, document, file, said))
            subjects = await subjects_of(snapshot, question)
            for name, table in ANALYSIS_TABLES.items():
                with spooled() as file:
                    rows = await exported_tables.write_table(snapshot, question, name, subjects, file)
                    path = f"tables/{exported_tables.path_of(question, name)}"
                    size, digest = await in_thread(_add, archive, f"{folder}/{path}", file, ZIP_STORED)
                title = f"The table {name} for analysis"
                kind = "application/vnd.apache.parquet"
                files.append(Packaged(path, title, kind, size, digest, rows, table.columns, ""))
            archive.writestr(f"{folder}/README.md", snapshot_package.readme(origin, files))
            archive.writestr(f"{folder}/datapackage.json", snapshot_package.data_package(origin, files))
            archive.writestr(f"{folder}/CITATION.cff", snapshot_package.citation(origin))
        return {"Steppe-Rows": str(sum(file.rows for file in files))}

    return fill


def _add_document(
    archive: ZipFile, folder: str, document: _Document, file: IO[bytes], said: Mapping[str, str]
) -> Packaged:
    size, digest = _add(archive, f"{folder}/{document.path}", file, ZIP_DEFLATED)
    return Packaged(
        path=document.path,
        title=document.title,
        media_type=EXPORTS[document.form].media_type,
        bytes=size,
        sha256=digest,
        rows=int(said["Steppe-Rows"]),
        columns=None,
        left_out=said.get("Steppe-Left-Out", ""),
    )


def _add(archive: ZipFile, name: str, file: IO[bytes], compression: int) -> tuple[int, str]:
    """Add a file under a name; its size and SHA-256."""
    digest = hashlib.sha256()
    size = 0
    file.seek(0)
    archive.compression = compression
    with archive.open(name, "w", force_zip64=True) as entry:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            entry.write(chunk)
    return size, digest.hexdigest()
