"""What the API is told from outside. Read once in `__main__`; knows the environment and nothing else."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from steppe.settings import ServiceSettings, is_loopback


class Settings(ServiceSettings):
    """Environment variables with the prefix STEPPE_; the same names in compose, demo and tests."""

    database: str = Field(
        description="Postgres DSN, postgresql://user:password@host:port/name. A reading role is enough."
    )
    kafka: str | None = Field(
        default=None, description="Bootstrap servers, to show log ends in /v1/status. Absent: shown as unknown."
    )
    topic: str = Field(default="steppe.deals.v1", description="The log that the read model follows.")
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    api_port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on.")
    auth: Literal["none", "published-on-loopback"] = Field(
        default="none",
        description="Who may read. `none`: everybody, only on loopback. `published-on-loopback`: the same inside a "
        "container whose port is published on the host's loopback.",
    )
    database_connections_max: int = Field(default=8, ge=1, le=200, description="Connections to Postgres, at most.")
    worlds_max: int = Field(
        default=4,
        ge=1,
        le=50,
        description="Copies of the read model under another known_at, at most; one connection each.",
    )
    streams_max: int = Field(default=100, ge=1, description="Readers of /v1/stream at once, at most.")
    stream_stuck_seconds_max: float = Field(
        default=20.0, gt=0, description="A reader of /v1/stream that takes nothing for so long is dropped."
    )
    statement_timeout_ms: int = Field(default=10_000, ge=100, description="How long one query may take.")

    @model_validator(mode="after")
    def _open_only_on_loopback(self) -> Settings:
        if self.auth == "none" and not is_loopback(self.host):
            raise ValueError(
                f"STEPPE_HOST={self.host} is reachable from outside and STEPPE_AUTH=none lets everybody read; "
                "listen on 127.0.0.1"
            )
        return self
