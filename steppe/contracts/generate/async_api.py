"""The AsyncAPI 3.0 document of the four public topics: channels, keys and messages. Schemas are referred to by file."""

from __future__ import annotations

from steppe.contracts.announcements import PROJECT_TYPE, TRANSITIONS, transition_type
from steppe.contracts.codec import STRUCTURED
from steppe.contracts.generate import announced_schema
from steppe.contracts.generate.json_schema import file_name
from steppe.contracts.type_schemas import Schema
from steppe.domain.events.field_checks import SLUG_PATTERN
from steppe.domain.events.vocabulary import VOCABULARY, EventKind

DEALS = "steppe.deals.v1"
_YEAR_MS = 365 * 24 * 60 * 60 * 1000
_KEY = {"type": "string", "pattern": f"^(?:(?:party|forum):)?{SLUG_PATTERN}$"}
# name, channel id, title, settings of the topic: what contract.md promises of each
TOPICS: tuple[tuple[str, str, str, Schema], ...] = (
    (DEALS, "deals", "The log: every event, never deleted, the source of truth. A record lies in the partition that Kafka's default partitioner (murmur2) gives its key; in another one it is quarantined, not folded.", {"cleanup.policy": ["delete"], "retention.ms": -1}),
    ("steppe.flags.v1", "flags", "Flags as they are raised, escalated, eased, cleared and revoked, each transition once; a record may come again under the same id.", {"cleanup.policy": ["delete"], "retention.ms": _YEAR_MS}),
    ("steppe.projects.v1", "projects", "The current state of each project; of each key the last record counts.", {"cleanup.policy": ["compact"]}),
    ("steppe.quarantine.v1", "quarantine", "What could not be applied: original key, bytes and headers, and why.", {"cleanup.policy": ["delete"], "retention.ms": _YEAR_MS}),
)  # fmt: skip


def document() -> Schema:
    """The whole document as plain values, the same at every call."""
    of_channel = {
        "deals": {_message_id(kind.name): _event_message(kind) for kind in VOCABULARY},
        "flags": {
            _message_id(f"flag.{name}"): _announced(
                transition_type(name), f"A flag was {name}.", announced_schema.FLAG_FILE
            )
            for name in TRANSITIONS
        },
        "projects": {
            "ProjectChanged": _announced(PROJECT_TYPE, "A project stands otherwise.", announced_schema.PROJECT_FILE)
        },
        "quarantine": {"quarantine": _quarantined()},
    }
    channels = {
        channel: {
            "address": topic,
            "description": meaning,
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in of_channel[channel]},
            "bindings": {"kafka": {"topic": topic, "topicConfiguration": settings, "bindingVersion": "0.5.0"}},
        }
        for topic, channel, meaning, settings in TOPICS
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Steppe",
            "version": "1.0.0",
            "description": "Deal events in, flags and project states out. Values are CloudEvents 1.0 in structured mode; "
            "the subject is the key of the record. Fields may be added, none is taken away.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": STRUCTURED,
        "channels": channels,
        "operations": {
            "recordEvents": _operation("send", "deals", "Ingest writes what it has accepted."),
            "projectEvents": _operation("receive", "deals", "The projector folds the log into the read models."),
            "announceFlags": _operation("send", "flags", "Transitions of flags are announced once."),
            "publishProjects": _operation("send", "projects", "The state of a project is published when it changes."),
            "quarantineRecords": _operation(
                "send", "quarantine", "What cannot be applied is set aside, never dropped."
            ),
        },
        "components": {
            "messages": {name: message for messages in of_channel.values() for name, message in messages.items()}
        },
    }


def _operation(action: str, channel: str, summary: str) -> Schema:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}


def _message_id(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("."))


def _event_message(kind: EventKind) -> Schema:
    return _message(kind.type, kind.name, kind.summary, f"./schemas/{file_name(kind)}")


def _announced(type: str, summary: str, file: str) -> Schema:
    return _message(type, type.removeprefix("steppe.").removesuffix(".v1"), summary, f"./announced/{file}")


def _message(type: str, title: str, summary: str, schema: str) -> Schema:
    return {
        "name": type,
        "title": title,
        "summary": summary,
        "contentType": STRUCTURED,
        "bindings": {"kafka": {"key": _KEY, "bindingVersion": "0.5.0"}},
        "payload": {"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": {"$ref": schema}},
    }


def _quarantined() -> Schema:
    topic, _, meaning, _ = TOPICS[-1]
    return {
        "name": topic,
        "summary": meaning,
        "bindings": {"kafka": {"key": _KEY, "bindingVersion": "0.5.0"}},
        "contentType": "application/octet-stream",
    }
