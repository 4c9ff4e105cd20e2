"""`python -m services.api`: reads the settings once and serves until told to stop."""

from __future__ import annotations

import gc
import sys
from types import FrameType

import uvicorn

from services.api.app import create_app
from services.api.settings import Settings
from steppe.http.header_limits import LimitedHeadersProtocol
from steppe.settings import from_environment
from steppe.telemetry import exporter, logs

_STOP_SECONDS_MAX = 5
# A thread that computes lets the event loop have the interpreter after so long; by default after ten times of it.
_SWITCH_SECONDS = 0.0005
_NOT_STARTED = 3


class Server(uvicorn.Server):
    """Uvicorn's server; it waits for open answers before it stops, so the streams are ended first."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.config.app.state.streams.end()  # type: ignore[union-attr]  # create_app gives a FastAPI with it
        super().handle_exit(sig, frame)


def main() -> int:
    """Serve; exit 2 when the settings are wrong, 3 when the server cannot start."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    settings = from_environment(Settings, "api")
    logs.configure(settings, "api")
    exporter.configure(settings, "api")
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.api_port,
        log_config=None,
        access_log=False,
        server_header=False,
        http=LimitedHeadersProtocol,
        proxy_headers=settings.trusted_proxies is not None,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=_STOP_SECONDS_MAX,
    )
    # A collection stops every thread for as long as it looks at all there is: a quarter of a second where a copy of the read model
    # is made. The app itself is no garbage, and events have no reference cycles.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    server = Server(config)
    server.run()
    return 0 if server.started else _NOT_STARTED


if __name__ == "__main__":
    sys.exit(main())
