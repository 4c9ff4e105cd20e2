"""JSON Schema (2020-12) of what is announced: transitions of flags and states of projects, as whole CloudEvents.

Open, because readers are tolerant: fields may be added. What is required stays.
"""

from __future__ import annotations

from typing import Any

from steppe.contracts.announcements import CAUSES, PROJECT_TYPE, SOURCE, TRANSITIONS, transition_type
from steppe.contracts.generate.json_schema import DIALECT
from steppe.domain.events.field_checks import SLUG_PATTERN
from steppe.domain.events.vocabulary import SECTORS
from steppe.domain.values.levels import LEVEL_OF_LABEL
from steppe.domain.values.states import SEVERITIES

Schema = dict[str, Any]

FLAG_FILE = "flag.v1.schema.json"
PROJECT_FILE = "project.v1.schema.json"

_TEXT: Schema = {"type": "string"}
_DAY: Schema = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_INSTANT: Schema = {"type": "string", "format": "date-time"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_SLUG: Schema = {"type": "string", "pattern": f"^{SLUG_PATTERN}$"}
_SEVERITY: Schema = {"enum": list(SEVERITIES)}
_CERTAINTY: Schema = {"enum": ["certain", "possible"]}
_LEVEL: Schema = {"enum": list(LEVEL_OF_LABEL)}
_REFERENCES: Schema = {"type": "array", "items": _TEXT, "description": "Events, each as source#id."}


def flag_schema() -> Schema:
    """A transition of a flag, a record of `steppe.flags.v1`."""
    data = _object(
        id={**_COUNT, "description": "Its place in the feed; where /v1/stream and after= go on."},
        event_id={"type": "string", "format": "uuid", "description": "The id of the CloudEvent: drop what you have by it."},
        project=_SLUG,
        country=_or_null(_TEXT),
        deal={**_or_null(_SLUG), "description": "null: the flag is the project's own."},
        flag=_TEXT,
        transition={"enum": list(TRANSITIONS)},
        severity_before=_or_null(_SEVERITY),
        severity={**_or_null(_SEVERITY), "description": "null: it no longer stands."},
        certainty=_or_null(_CERTAINTY),
        since={**_or_null(_DAY), "description": "Since when it stands or stood at that severity."},
        on={**_DAY, "description": "The day (UTC) as of which this is told."},
        cause={"enum": list(CAUSES)},
        events={**_REFERENCES, "description": "The events that brought it about, each as source#id, where known."},
        evidence={**_REFERENCES, "description": "The events on which the flag rests or rested, each as source#id."},
        sentence=_or_null(_TEXT),
        standing={**_or_null(_flag()), "description": "The flag as in /v1/flags, as of the day; null: it no longer stands."},
        rule_version=_TEXT,
        found_at=_INSTANT,
    )  # fmt: skip
    return _cloud_event("flag", [transition_type(name) for name in TRANSITIONS], "What became of one flag.", data)


def project_schema() -> Schema:
    """The state of a project, a record of `steppe.projects.v1`."""
    headline = _object(flag=_TEXT, severity=_SEVERITY, certainty=_CERTAINTY, since=_DAY)
    data = _object(
        as_of={**_DAY, "description": "The day (UTC) for which this holds; ages grow from there."},
        key=_SLUG,
        name=_or_null(_TEXT),
        country=_or_null(_TEXT),
        sector=_or_null({"enum": list(SECTORS)}),
        kind=_or_null(_TEXT),
        commodities=_list(_TEXT),
        level=_LEVEL,
        highest_level=_LEVEL,
        overlays=_list(_TEXT),
        headline=_or_null(headline),
        flags=_list(_flag()),
        investors=_list(_SLUG),
        memorandum_since=_or_null(_DAY),
        bound_on=_or_null(_DAY),
        last_event_on=_or_null(_DAY),
        position={**_TEXT, "description": "Where the last event that changed it stands in the log, partition:offset."},
    )
    return _cloud_event("project", [PROJECT_TYPE], "How a project stands now; the last record of a key counts.", data)


def _flag() -> Schema:
    clock = _object(
        name=_TEXT,
        started=_DAY,
        started_earliest=_or_null(_DAY),
        age_months={"type": "integer"},
        age_months_most=_or_null({"type": "integer"}),
        threshold_months=_or_null(_COUNT),
    )
    return _object(
        flag=_TEXT,
        severity=_SEVERITY,
        certainty=_CERTAINTY,
        project=_SLUG,
        deal=_or_null(_SLUG),
        since=_DAY,
        clock=_or_null(clock),
        certain_severity=_or_null(_SEVERITY),
        certain_on=_or_null(_DAY),
        on_hold={"type": "boolean"},
        missing=_list(_TEXT),
        tier=_or_null(_TEXT),
        groups=_list(_TEXT),
        evidence=_REFERENCES,
        sentence=_TEXT,
        next=_or_null(_object(severity=_SEVERITY, on=_DAY)),
        rule_version=_TEXT,
    )


def _cloud_event(name: str, types: list[str], description: str, data: Schema) -> Schema:
    return {
        "$schema": DIALECT,
        "$id": f"urn:steppe:schema:announced:{name}.v1",
        "title": f"steppe.{name}",
        "description": description,
        **_object(
            specversion={"const": "1.0"},
            id={"type": "string", "format": "uuid"},
            source={"const": SOURCE},
            type={"enum": types},
            subject={**_SLUG, "description": "The project; also the key of the record."},
            time=_INSTANT,
            datacontenttype={"const": "application/json"},
            data=data,
        ),
    }


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}
