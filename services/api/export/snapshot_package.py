"""What describes a snapshot of the day: its README, its data package (Frictionless), its citation. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_FIELD_TYPES = {
    "text": "string", "int": "integer", "float": "number", "bool": "boolean", "date": "date", "instant": "datetime",
    "texts": "array",
}  # fmt: skip


class Packaged(NamedTuple):
    """A file of the snapshot: its path, what it is, how many rows it has, and what there was no place for."""

    path: str
    title: str
    media_type: str
    bytes: int
    sha256: str
    rows: int
    columns: Mapping[str, str] | None
    left_out: str


class Origin(NamedTuple):
    """What a snapshot is of and who publishes it. `licence` is an id of SPDX; None: the publisher has stated none."""

    as_of: str
    known_at: str
    position: str
    rules: str
    release: str
    question: str
    publisher: str
    licence: str | None

    @property
    def title(self) -> str:
        """As in a citation."""
        return f"Steppe: resource and infrastructure deals as of {self.as_of}"


def data_package(origin: Origin, files: Sequence[Packaged]) -> bytes:
    """`datapackage.json`: the files with their sizes, hashes and columns."""
    package: dict[str, Any] = {
        "name": f"steppe-{origin.as_of}",
        "title": origin.title,
        "created": origin.known_at,
        "version": origin.as_of,
        "contributors": [{"title": origin.publisher, "role": "publisher"}],
        "steppe": {
            "position": origin.position,
            "rules": origin.rules,
            "release": origin.release,
            "filters": origin.question,
        },
    }
    if origin.licence is not None:
        package["licenses"] = [{"name": origin.licence}]
    package["resources"] = [_resource(file) for file in files]
    return (json.dumps(package, indent=2, ensure_ascii=False) + "\n").encode()


def citation(origin: Origin) -> bytes:
    """`CITATION.cff`, of the Citation File Format 1.2.0. JSON texts are YAML texts."""
    fields = {
        "cff-version": "1.2.0",
        "message": "If you use these data, please cite them so.",
        "type": "dataset",
        "title": origin.title,
        "version": origin.as_of,
        "date-released": origin.known_at[:10],
        **({"license": origin.licence} if origin.licence is not None else {}),
    }
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    authors = ["authors:", f"  - name: {json.dumps(origin.publisher, ensure_ascii=False)}"]
    return ("\n".join([*lines, *authors]) + "\n").encode()


def readme(origin: Origin, files: Sequence[Packaged]) -> bytes:
    """`README.md`: what is here, of when, and how it may be used."""
    licence = origin.licence or "none is stated: ask the publisher before you use or pass on these data"
    rows = "\n".join(
        f"| `{file.path}` | {file.title} | {file.rows:,} | {file.left_out.replace('=', ' ') or '-'} |" for file in files
    )
    return f"""# {origin.title}

| | |
| --- | --- |
| publisher | {origin.publisher} |
| licence | {licence} |
| judged as of | {origin.as_of} |
| known at | {origin.known_at} |
| filters | {origin.question or "none: everything"} |
| position in the log | {origin.position or "-"} |
| rules, release of Steppe | {origin.rules}, {origin.release} |

Cite it as: {origin.publisher} ({origin.known_at[:4]}). {origin.title}. (`CITATION.cff`)

Each event carries its sources in `evidence`; their own terms hold for what is theirs. `datapackage.json` has the size, the SHA-256 and the columns of each file.

| file | what | rows | what Steppe has and this has no place for |
| --- | --- | --- | --- |
{rows}

`events.ndjson` can be sent into another Steppe (`steppe send events.ndjson`). A day in the tables is asked by `valid_from <= day AND day < valid_to`.
""".encode()


def _resource(file: Packaged) -> dict[str, Any]:
    table = "" if file.columns is None else "table-"  # names differ, and there are events as lines and as a table
    name = table + file.path.removesuffix("/part-0.parquet").rpartition("/")[2].partition(".")[0]
    resource: dict[str, Any] = {
        "name": name.replace("_", "-"),
        "path": file.path,
        "title": file.title,
        "format": file.path.rpartition(".")[2],
        "mediatype": file.media_type,
        "encoding": "utf-8",
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
    }
    if file.columns is not None:
        del resource["encoding"]
        fields = [{"name": column, "type": _FIELD_TYPES[kind]} for column, kind in file.columns.items()]
        resource["schema"] = {"fields": fields}
    return resource
