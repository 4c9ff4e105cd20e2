"""What all services share of being told things: STEPPE_ variables, secrets in files, and a word about each mistake.

Each service has one frozen class of its own settings. A variable that nobody reads is refused, because a misspelt one would
leave a default in force that nobody wanted.
"""

from __future__ import annotations

import importlib
import ipaddress
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from steppe.environment import FILE, set_by_kubernetes, setting

PREFIX = "STEPPE_"
_TESTS = "TEST_"  # of the test suite, which starts services with its own environment
KNOWN = frozenset({
    # every service's, because one environment often serves several of them
    "API", "API_BODY_SECONDS_MAX", "API_PORT", "AUDIT", "AUTH", "BATCH_BYTES_MAX", "BATCH_EVENTS_MAX", "COMPILED", "DATABASE", "DATABASE_CONNECTIONS_MAX", "DATABASE_POOLED", "DATABASE_PRIMARY", "DATA_LICENCE", "DATA_PUBLISHER", "EMBED_ORIGINS", "ENTRY_SOURCE", "ENTRY_URL", "EVENT_BYTES_MAX",
    "FLAGS_TOPIC", "HOST", "IMPORTS", "IMPORTS_BYTES_MAX", "IMPORT_BYTES_MAX", "IMPORT_SECONDS_MAX", "INGEST_BODY_SECONDS_MAX", "INGEST_CONNECT_SECONDS_MAX", "INGEST_DELIVER_SECONDS_MAX", "INGEST_IDLE_SECONDS_MAX",
    "INGEST_PORT", "INGEST_TAIL_EVENTS_MAX", "KAFKA", "KEYS", "KNOWN_SUBJECTS_MAX", "LOG_FORMAT", "LOG_LEVEL", "OIDC_ALGORITHM", "OIDC_AUDIENCE",
    "OIDC_ISSUER", "OIDC_JWKS", "PAGE_URL", "PROJECTOR_ANNOUNCE", "PROJECTOR_ANNOUNCE_SECONDS",
    "PROJECTOR_BACKLOG_EVENTS_MIN", "PROJECTOR_BATCH_EVENTS_MAX", "PROJECTOR_BATCH_SECONDS_MAX",
    "PROJECTOR_CACHED_EVENTS_MAX", "PROJECTOR_DATABASE_SECONDS_MAX", "PROJECTOR_GROUP", "PROJECTOR_HEARTBEAT_SECONDS",
    "PROJECTOR_IDLE_TRANSACTION_SECONDS_MAX", "PROJECTOR_LOOP_SECONDS_MAX", "PROJECTOR_LARGE_PROJECT_EVENTS_MIN", "PROJECTOR_PORT",
    "PROJECTOR_QUARANTINE_MAX",
    "PROJECTOR_SESSION_TIMEOUT_SECONDS", "PROJECTOR_STALLED_SECONDS_MAX", "PROJECTOR_STOP_SECONDS_MAX", "PROJECTS_TOPIC",
    "QUARANTINE_TOPIC", "REFERENCE", "REBUILD_EVENTS_A_PART", "REBUILD_EVENTS_A_WORKER", "REBUILD_SHARE", "REJECT_LINES_MAX", "REPORT_ENTRIES_MAX", "REQUESTS_AT_ONCE_A_CALLER_MAX", "REQUESTS_AT_ONCE_MAX", "REQUESTS_A_MINUTE_MAX",
    "STATEMENT_TIMEOUT_MS", "STREAMS_MAX", "STREAM_STUCK_SECONDS_MAX", "TOPIC", "TRACES", "TRACES_SHARE", "TRUSTED_PROXIES", "WORLDS_MAX",
    # of the command, of the compose file, and of the tests
    "API_PASSWORD", "FAULTS", "HYPOTHESIS_LOGS", "HYPOTHESIS_PROFILE", "INGEST", "JAEGER_PORT", "KAFKA_BROKERS", "GRAFANA_PORT", "KAFKA_ALL", "KAFKA_PORT", "KAFKA_VOTERS", "KEY", "PARTITIONS", "PROMETHEUS_PORT",
    "PROJECTOR_PASSWORD",
})  # fmt: skip
"""Names that somebody reads, without the prefix. A test holds them to the classes and to the code."""


_PLAIN_SERVERS = re.compile(r"[\w.-]+:\d+(,[\w.-]+:\d+)*", re.ASCII)
S = TypeVar("S", bound=BaseSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """One setting as it is in force. `value` is masked when it is secret; `origin` is where it came from; None: it is missing."""

    variable: str
    value: str | None
    origin: str
    help: str


class ServiceSettings(BaseSettings):
    """Environment variables with the prefix STEPPE_. `SECRETS` may also be the contents of a file that STEPPE_…_FILE names."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="What the service logs; DEBUG of the projector has a line for every commit."
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="Lines for people, or one JSON object a line for programs."
    )
    compiled: Literal["auto", "1", "0"] = Field(
        default="auto",
        description="Whether the compiled domain runs: `auto` where it is there, `1` always (in the images; without it nothing starts), `0` never. It differs in speed only.",
    )
    traces: str | None = Field(
        default=None,
        description="Where spans are sent: a receiver of OTLP over HTTP, such as http://127.0.0.1:4318. Absent: nowhere.",
    )
    traces_share: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Which share of the traces is recorded; the same for all services, or traces break off.",
    )
    SECRETS: ClassVar[frozenset[str]] = frozenset({"database", "database_primary", "kafka"})

    @field_validator("traces")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if not value:  # compose passes an empty one where none is set
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"{value!r} is no address of a receiver; write it like http://127.0.0.1:4318")
        return value

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, values: Any) -> Any:
        if isinstance(values, dict):
            for name in cls.SECRETS & cls.model_fields.keys():
                if not values.get(name) and (found := setting(f"{PREFIX}{name.upper()}")):
                    values = {**values, name: found}
        return values

    @model_validator(mode="before")
    @classmethod
    def _leave_out_what_kubernetes_sets(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        return {
            name: value
            for name, value in values.items()
            if not (isinstance(value, str) and set_by_kubernetes(f"{PREFIX}{name.upper()}", value))
        }

    @model_validator(mode="before")
    @classmethod
    def _refuse_what_nobody_reads(cls, values: Any) -> Any:
        unknown = list(nobody_reads(os.environ))
        if unknown:
            raise ValueError(" ".join(unknown))
        return values


def from_environment(settings: type[S], who: str) -> S:
    """The settings of this process. Ends it with exit 2, after a word about each mistake, when they are not right."""
    try:
        return settings()
    except ValidationError as error:
        sys.stderr.write(f"{who} cannot start: {_described(error)}\n")
        raise SystemExit(2) from None


def nobody_reads(environment: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each STEPPE_ variable that no service and no command reads, with the one that may be meant.

    What Kubernetes sets for services that are called steppe-… is no mistake.
    """
    names = sorted(KNOWN)
    for variable in sorted(environment):
        name = variable.removeprefix(PREFIX)
        if name == variable or name.startswith(_TESTS) or name in KNOWN or name.removesuffix(FILE) in KNOWN:
            continue
        if set_by_kubernetes(variable, environment[variable]):
            continue
        near = get_close_matches(name, names, 1)
        yield f"{variable} is no setting{f'; did you mean {PREFIX}{near[0]}?' if near else ', see `steppe config`.'}"


def effective(settings: type[ServiceSettings], environment: Mapping[str, str]) -> list[Effective]:
    """Every setting of a service as it is in force, those that are required and missing among them."""
    settings_in_force = []
    for name, field in settings.model_fields.items():
        variable = f"{PREFIX}{name.upper()}"
        file = environment.get(f"{variable}{FILE}") if name in settings.SECRETS else None
        value: Any
        if variable in environment and not set_by_kubernetes(variable, environment[variable]):
            value, origin = environment[variable], "environment"
        elif file:
            value, origin = _contents_or_none(file), f"file {file}"
        elif field.is_required():
            value, origin = None, "missing"
        else:
            value, origin = field.default, "default"
        text = None if value is None else str(value)
        settings_in_force.append(
            Effective(
                variable=variable,
                value=masked(text) if text is not None and name in settings.SECRETS else text,
                origin=origin,
                help=field.description or "",
            )
        )
    return settings_in_force


# What else stands before :// may be the user of an address without a scheme, and what follows his password.
_SCHEMES = ("postgresql", "postgres", "tls", "sasl+plain", "sasl+tls", "http", "https")


def masked(address: str) -> str:
    """An address without its password; something that is no address is hidden whole."""
    if _PLAIN_SERVERS.fullmatch(address):
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        return "***"
    # An @ behind the host: the password has a / # or ? that is not encoded, and begins where the port would stand.
    if parts.scheme not in _SCHEMES or not parts.hostname or "@" in parts.path + parts.query + parts.fragment:
        return "***"
    login, at, host = parts.netloc.rpartition("@")
    user, colon, _ = login.partition(":")
    return urlunsplit(parts._replace(netloc=f"{user}{':***' if colon else ''}{at}{host}", query=""))


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that address. A name, which may lead anywhere, is not: but `localhost` is."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _contents_or_none(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return None


def _described(error: ValidationError) -> str:
    return "; ".join(
        f"{PREFIX}{'_'.join(map(str, fault['loc'])).upper()}: {_words(fault)}" if fault["loc"] else _words(fault)
        for fault in error.errors()
    )


def _words(fault: ErrorDetails) -> str:
    """A mistake in our own words. A value that may hold a secret stands in none of them: such a setting has words of its own."""
    value, bounds = fault["input"], fault.get("ctx", {})
    match fault["type"]:
        case "missing":
            return "is not set, and is needed"
        case "int_parsing" | "int_type" | "int_from_float":
            return f"{value!r} is no whole number"
        case "float_parsing" | "float_type" | "finite_number":
            return f"{value!r} is no number"
        case "bool_parsing" | "bool_type":
            return f"{value!r} is neither true nor false"
        case "greater_than_equal":
            return f"{value} is too small: give {bounds['ge']} or more"
        case "greater_than":
            return f"{value} is too small: give more than {bounds['gt']}"
        case "less_than_equal":
            return f"{value} is too large: give {bounds['le']} or less"
        case "less_than":
            return f"{value} is too large: give less than {bounds['lt']}"
        case "literal_error" | "enum":
            return f"{value!r} is none of {bounds['expected'].replace(' or ', ', ')}"
        case _:
            return fault["msg"].removeprefix("Value error, ")


def main() -> None:
    """`python -m steppe.settings ingest`: the settings of that service in this environment, as JSON, with what is wrong."""
    service = sys.argv[1]
    settings: type[ServiceSettings] = importlib.import_module(f"services.{service}.settings").Settings
    try:
        settings()
        faults = ""
    except ValidationError as error:
        faults = _described(error)
    in_force = [asdict(setting) for setting in effective(settings, os.environ)]
    sys.stdout.write(json.dumps({"service": service, "settings": in_force, "faults": faults}) + "\n")


if __name__ == "__main__":
    main()
