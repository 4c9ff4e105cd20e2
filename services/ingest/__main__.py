"""`python -m services.ingest`: reads the settings and serves until SIGTERM. Knows the process; composes nothing else."""

from __future__ import annotations

import gc
import logging
import sys

import uvicorn

from services.ingest.app import create_app
from services.ingest.settings import Settings
from steppe.http.header_limits import LimitedHeadersProtocol
from steppe.settings import from_environment
from steppe.telemetry import exporter, logs

_STOP_SECONDS = 15  # longer than the delivery of what was taken in


def main() -> int:
    """Serve; exit 2 when the settings do not allow it."""
    settings = from_environment(Settings, "ingest")
    logs.configure(settings, "ingest")
    exporter.configure(settings, "ingest")
    # The client repeats itself on every attempt; `log.py` says once what it means.
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    app = create_app(settings)
    # Decoded events hold no cycles, and there are very many: the collector would look at them in vain all the time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.ingest_port,
        log_config=None,
        access_log=False,
        server_header=False,
        http=LimitedHeadersProtocol,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
