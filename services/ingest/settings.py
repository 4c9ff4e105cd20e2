"""Settings of ingest: environment variables with the prefix STEPPE_."""

from __future__ import annotations

from pydantic import Field, field_validator

from steppe.access.settings import AccessSettings
from steppe.contracts.topics import DEALS, PROJECTS
from steppe.log.settings import Brokers

KIB = 1024
MIB = 1024 * KIB


class Settings(AccessSettings):
    """Settings of ingest. Where a required one is missing, the process exits with 2 and names it."""

    kafka: Brokers = Field(
        description="Bootstrap servers, host:port[,host:port]; with TLS tls://…, with a user sasl+tls://user:password@… "
        "(docs/operating.md)."
    )
    topic: str = Field(DEALS.name, description="The log that events are appended to.")
    projects_topic: str = Field(PROJECTS.name, description="Where the projects that exist are read.")
    ingest_port: int = Field(8001, ge=0, le=65535, description="The port to listen on.")
    # Above half a mebibyte a record would come near the 1 MiB that a broker takes by default.
    event_bytes_max: int = Field(256 * KIB, ge=KIB, le=512 * KIB, description="One event or one NDJSON line at most.")
    batch_bytes_max: int = Field(10 * MIB, ge=KIB, description="The body of what is taken all or nothing at most.")
    batch_events_max: int = Field(1_000, ge=1, description="Events in one JSON batch at most.")
    reject_lines_max: int = Field(10_000, ge=1, description="NDJSON lines that are taken all or nothing at most.")
    report_entries_max: int = Field(
        1_000, ge=1, description="Rejected lines, and warnings, that an answer lists at most."
    )
    ingest_deliver_seconds_max: float = Field(10.0, gt=0, description="How long the broker may take to acknowledge.")
    ingest_connect_seconds_max: float = Field(
        5.0, gt=0, description="How long one attempt to reach the broker may take."
    )
    ingest_idle_seconds_max: float = Field(30.0, gt=0, description="How long a sender may pause inside a body.")
    ingest_body_seconds_max: float = Field(
        120.0,
        gt=0,
        description="How long a body may take that is taken all or nothing, and each line of a stream.",
    )
    ingest_tail_events_max: int = Field(
        100_000,
        ge=0,
        le=250_000,
        description="Records at the end of the log that are read at the start, to recognise duplicates of them.",
    )
    api: str | None = Field(
        None,
        description="The address of the API, which imports and the entry form ask, as the caller. Absent: projects of imports are "
        "not compared, and are sent with `compare=false` only; the form has plain text fields and no preview of what follows.",
    )
    imports: str | None = Field(
        None,
        description="The folder of imports: files, states and reports. Absent: a temporary one, which a restart does not find.",
    )
    import_bytes_max: int = Field(512 * MIB, ge=KIB, description="The file of an import at most.")
    imports_bytes_max: int = Field(
        4096 * MIB, ge=MIB, description="All imports together: of those that ended the oldest are deleted above it."
    )
    import_seconds_max: float = Field(
        1800.0, gt=0, description="How long a file may take to arrive, and then to be imported."
    )
    known_subjects_max: int = Field(
        50_000,
        ge=0,
        description="Projects that are kept in memory, to warn of a new one that may be a misspelling: some 1 kB each. With "
        "more nothing is kept, and 0 keeps none.",
    )
    page_url: str | None = Field(
        default=None, description="Where browsers find the API's page, for links to it. Absent: STEPPE_API."
    )
    entry_source: str = Field(
        default="/entry", min_length=1, description="The source of events of the entry form that name no other."
    )

    @field_validator("api", "page_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError(f"{value[:80]!r} is no address; write http://127.0.0.1:8000")
        return value
