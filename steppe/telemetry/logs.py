"""How services log: lines for people, or JSON for programs (python-json-logger). Knows the standard library's logging."""

from __future__ import annotations

import logging
import sys
import time

from opentelemetry import trace
from pythonjsonlogger.json import JsonFormatter

from steppe.settings import ServiceSettings

_TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_RENAMED = {"asctime": "at", "levelname": "level", "name": "logger"}


def configure(settings: ServiceSettings, service: str) -> None:
    """Log to standard error as the settings say. In JSON, what is given as `extra` (such as `event`) becomes a member, and what
    is said inside a trace has its `trace_id` and `span_id`; times are UTC. Once, at the start of a process.
    """
    handler = logging.StreamHandler(sys.stderr)
    if settings.log_format == "json":
        formatter: logging.Formatter = JsonFormatter(
            _TEXT, datefmt="%Y-%m-%dT%H:%M:%SZ", rename_fields=_RENAMED, static_fields={"service": service}
        )
        formatter.converter = time.gmtime
        handler.addFilter(_with_trace)
    else:
        formatter = logging.Formatter(_TEXT)
    handler.setFormatter(formatter)
    logging.basicConfig(level=settings.log_level, handlers=[handler])


def _with_trace(record: logging.LogRecord) -> bool:
    found = trace.get_current_span().get_span_context()
    if found.is_valid:
        record.trace_id = trace.format_trace_id(found.trace_id)
        record.span_id = trace.format_span_id(found.span_id)
    return True
