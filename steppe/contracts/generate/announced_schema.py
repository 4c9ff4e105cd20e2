"""JSON Schema (2020-12) of what is announced: transitions of flags and states of projects, as whole CloudEvents.

Made of the declared types. Open, because readers are tolerant: fields may be added. What is required stays.
"""

from __future__ import annotations

from steppe.contracts.announcements import FlagEvent, ProjectEvent
from steppe.contracts.generate.json_schema import DIALECT
from steppe.contracts.type_schemas import Schema, components

FLAG_FILE = "flag.v1.schema.json"
PROJECT_FILE = "project.v1.schema.json"


def flag_schema() -> Schema:
    """A transition of a flag, a record of `steppe.flags.v1`."""
    return _document("flag", FlagEvent)


def project_schema() -> Schema:
    """The state of a project, a record of `steppe.projects.v1`."""
    return _document("project", ProjectEvent)


def _document(name: str, declared: type) -> Schema:
    parts = components([declared], "#/$defs/{name}")
    whole = parts.pop(declared.__name__)
    head = {"$schema": DIALECT, "$id": f"urn:steppe:schema:announced:{name}.v1", "title": f"steppe.{name}"}
    return {**head, **whole, "$defs": parts}
