"""The settings of the projector, read once from environment variables with the prefix STEPPE_."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from steppe.contracts.topics import FLAGS, PROJECTS, QUARANTINE
from steppe.database.settings import Database
from steppe.log.settings import Brokers
from steppe.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of one projector worker. Missing required ones end the start with their name."""

    kafka: Brokers = Field(
        description="Bootstrap servers, host:port[,host:port]; with TLS tls://…, with a user sasl+tls://user:password@… "
        "(docs/operating.md)."
    )
    database: Database = Field(description="DSN of Postgres for the role that writes, postgresql://…")
    topic: str = Field(default="steppe.deals.v1", description="The log.")
    host: str = Field(default="127.0.0.1", description="Where /livez, /readyz and /metrics listen; they show no data.")
    projector_port: int = Field(default=8002, ge=0, le=65535, description="Their port; each worker has its own.")
    projector_group: str = Field(
        default="steppe.projector", description="Consumer group; one for all workers of a read model."
    )
    projector_batch_events_max: int = Field(default=500, ge=1, description="Records in one transaction at most.")
    projector_batch_seconds_max: float = Field(
        default=0.0, ge=0, description="How long a batch waits to fill up; 0: it takes what is there."
    )
    projector_backlog_events_min: int = Field(
        default=5_000,
        ge=1,
        description="With more records waiting, a worker reads them in large batches without Faust.",
    )
    projector_session_timeout_seconds: float = Field(
        default=12.0, gt=0, description="A worker silent for longer is replaced."
    )
    projector_heartbeat_seconds: float = Field(
        default=3.0, gt=0, description="How often a worker says that it is alive."
    )
    projector_stalled_seconds_max: float = Field(
        default=60.0,
        gt=0,
        description="With lag, and neither a commit nor progress of a batch for this long, the worker ends itself.",
    )
    projector_loop_seconds_max: float = Field(
        default=15.0, gt=0, description="A worker whose loop has not turned for this long is not live."
    )
    projector_stop_seconds_max: float = Field(
        default=9.0, gt=0, description="How long an orderly stop may take before the process just ends."
    )
    projector_cached_events_max: int = Field(
        default=100_000,
        ge=0,
        description="Events kept in the cache, with the fold states of their projects: about 3 KB each, and 20 KB a project.",
    )
    projector_large_project_events_min: int = Field(
        default=1_000,
        ge=1,
        description="A project of so many events is folded beside the stream, so that no other waits for it.",
    )
    rebuild_events_a_part: int = Field(
        default=10_000, ge=1, description="About so many events are folded in one transaction of a rebuild."
    )
    rebuild_events_a_worker: int = Field(
        default=20_000, ge=1, description="A rebuild takes another process for so many events."
    )
    rebuild_share: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="While workers apply events, each session of a rebuild works for at most this share of the time and pauses for "
        "the rest; 1: it never pauses.",
    )
    projector_database_seconds_max: float = Field(
        default=30.0, gt=0, description="How long one statement may take before the batch is retried."
    )
    projector_idle_transaction_seconds_max: float = Field(
        default=10.0,
        gt=0,
        description="After this long the database frees the locks of a worker that was stopped mid-batch.",
    )
    projector_quarantine_max: int = Field(
        default=1000,
        ge=0,
        description="How many of the last 10,000 records of a partition may be quarantined; with more the worker halts.",
    )
    projector_announce: Literal["on", "off"] = Field(
        default="on", description="Whether this worker may become the one that announces flags and publishes projects."
    )
    projector_announce_seconds: float = Field(
        default=1.0, gt=0, description="How often is looked for what is to be announced."
    )
    flags_topic: str = Field(default=FLAGS.name, description="Where transitions of flags are published.")
    projects_topic: str = Field(default=PROJECTS.name, description="Where the states of projects are published.")
    quarantine_topic: str = Field(default=QUARANTINE.name, description="Where quarantined records are published.")
