"""The settings of the API, from environment variables. Read once in `__main__`."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import Field, field_validator

from steppe.access.settings import AccessSettings
from steppe.database.settings import Database
from steppe.log.settings import Brokers
from steppe.reference.reference_data import reference_data

_ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?")


class Settings(AccessSettings):
    """Environment variables with the prefix STEPPE_; the same names in compose, demo and tests."""

    database: Database = Field(
        description="Postgres DSN, postgresql://user:password@host:port/name. A reading role is enough."
    )
    kafka: Brokers | None = Field(
        default=None, description="Bootstrap servers, to show log ends in /v1/status. Absent: shown as unknown."
    )
    topic: str = Field(default="steppe.deals.v1", description="The log that the read model follows.")
    api_port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on.")
    api_body_seconds_max: float = Field(
        default=30.0, gt=0, description="How long the body of a back-test may take to arrive."
    )
    database_connections_max: int = Field(
        default=8, ge=1, le=200, description="Connections to Postgres, at most; /readyz and /metrics have one besides."
    )
    database_pooled: bool = Field(
        default=False,
        description="Whether a pooler in transaction mode, such as PgBouncer, stands before STEPPE_DATABASE: nothing is kept in a session then.",
    )
    database_primary: Database | None = Field(
        default=None,
        description="DSN of the primary, no pooler between, where copies of the read model under another known_at or other rules are made. Absent: STEPPE_DATABASE.",
    )
    worlds_max: int = Field(
        default=4,
        ge=1,
        le=50,
        description="Copies of the read model under another known_at, at most; one connection each.",
    )
    streams_max: int = Field(
        default=100, ge=1, description="Readers of /v1/stream at once, at most; a quarter of them of one caller."
    )
    stream_stuck_seconds_max: float = Field(
        default=20.0, gt=0, description="A reader of /v1/stream that takes nothing for so long is dropped."
    )
    statement_timeout_ms: int = Field(default=10_000, ge=100, description="How long one query may take.")
    data_publisher: str = Field(
        default="Steppe",
        min_length=1,
        description="Who publishes snapshots of /v1/export: named in their README, data package and citation.",
    )
    data_licence: str | None = Field(
        default=None,
        description="The licence under which snapshots of /v1/export may be used, an SPDX id such as CC-BY-4.0. Absent: they say that none is stated.",
    )
    reference: Path | None = Field(
        default=None,
        description="A folder with `series.json` and CSV files: reference series that join the shipped ones or stand in for those of their names (docs/reference.md). Absent: the shipped ones.",
    )
    entry_url: str | None = Field(
        default=None,
        description="Where browsers find ingest's entry form, to which the page then links: to enter, correct, reclassify and retract events. Absent: it does not.",
    )
    embed_origins: str | None = Field(
        default=None,
        description="Origins whose pages may frame the drawings at /embed/…, separated by commas: https://www.example.org,https://*.example.org. Absent: none may.",
    )

    @property
    def framing_origins(self) -> tuple[str, ...]:
        """Those of `embed_origins`, one by one."""
        return tuple(origin.strip() for origin in (self.embed_origins or "").split(",") if origin.strip())

    @field_validator("embed_origins")
    @classmethod
    def _origins(cls, value: str | None) -> str | None:
        for origin in (value or "").split(","):
            if origin.strip() and not _ORIGIN.fullmatch(origin.strip()):
                raise ValueError(f"{origin[:80]!r} is no origin; write https://www.example.org, without a path")
        return value

    @field_validator("reference")
    @classmethod
    def _can_be_read(cls, value: Path | None) -> Path | None:
        reference_data(value)
        return value

    @field_validator("entry_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError(f"{value[:80]!r} is no address; write http://127.0.0.1:8001")
        return value
