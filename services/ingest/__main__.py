"""`python -m services.ingest`: reads the settings and serves until SIGTERM."""

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

_STOP_TIMEOUT_SECONDS = 15  # longer than the delivery of pending batches


def main() -> int:
    """Serve until SIGTERM; exit with 2 when a setting is missing or wrong."""
    settings = from_environment(Settings, "ingest")
    logs.configure(settings, "ingest")
    exporter.configure(settings, "ingest")
    # aiokafka logs every attempt to connect; producer.py logs once that the broker is unavailable.
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    app = create_app(settings)
    # Decoded events have no reference cycles and there are very many: the garbage collector would scan them in vain.
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
        proxy_headers=settings.trusted_proxies is not None,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=_STOP_TIMEOUT_SECONDS,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
