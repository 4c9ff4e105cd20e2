"""Logging of the services: text lines for people, or JSON for programs (python-json-logger)."""

from __future__ import annotations

import logging
import sys
import time

from opentelemetry import trace
from pythonjsonlogger.json import JsonFormatter

from steppe.compilation import domain_in_use
from steppe.release import RELEASE
from steppe.settings import ServiceSettings

_log = logging.getLogger("steppe")
_TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_RENAMED = {"asctime": "at", "levelname": "level", "name": "logger"}


def configure(settings: ServiceSettings, service: str) -> None:
    """Log to standard error in the format and at the level of the settings. Call once, at the start of a process.

    The first line says the release, and whether the domain is compiled. In JSON, `extra` (such as `event`) becomes a member,
    a line inside a trace has `trace_id` and `span_id`, and times are UTC.
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
    domain = domain_in_use()
    _log.info("Steppe %s, domain %s", RELEASE, domain, extra={"release": RELEASE, "domain": domain})


def _with_trace(record: logging.LogRecord) -> bool:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        record.trace_id = trace.format_trace_id(context.trace_id)
        record.span_id = trace.format_span_id(context.span_id)
    return True
