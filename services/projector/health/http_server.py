"""The health server: /livez, /readyz and /metrics over HTTP, in threads of its own, so that it answers while the loop is stuck.

It shows states and counts and changes nothing, so it needs no authentication.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from services.projector.health.checks import Problem
from steppe.http.security_headers import DATA_HEADERS

Check = Callable[[], Problem | None]
_SECONDS_OF_A_REQUEST_MAX = 5.0


class HealthServer(ThreadingHTTPServer):
    """Listens from its construction on. Raises OSError when the address is taken."""

    daemon_threads = True

    def __init__(self, host: str, port: int, *, live: Check, ready: Check, metrics: Callable[[], bytes]) -> None:
        self.live = live
        self.ready = ready
        self.metrics = metrics
        super().__init__((host, port), _RequestHandler)

    def start(self) -> None:
        """Start to answer; returns at once."""
        threading.Thread(target=self.serve_forever, name="health-server", daemon=True).start()


class _RequestHandler(BaseHTTPRequestHandler):
    timeout = _SECONDS_OF_A_REQUEST_MAX
    protocol_version = "HTTP/1.1"
    server: HealthServer

    def version_string(self) -> str:
        """Does not name the software, which helps only those who look for vulnerabilities."""
        return "steppe"

    def do_GET(self) -> None:
        match self.path.partition("?")[0]:
            case "/livez":
                self._answer_check(self.server.live(), "live")
            case "/readyz":
                self._answer_check(self.server.ready(), "ready")
            case "/metrics":
                self._answer(200, "text/plain; version=0.0.4; charset=utf-8", self.server.metrics())
            case path:
                body = {
                    "type": "urn:steppe:problem:not-found",
                    "title": "Not found",
                    "status": 404,
                    "detail": "There are /livez, /readyz and /metrics.",
                    "instance": path,
                }
                self._answer(404, "application/problem+json", json.dumps(body).encode())

    do_HEAD = do_GET  # noqa: N815 - the name that the library looks for

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: probes come every few seconds."""

    def _answer_check(self, problem: Problem | None, good: str) -> None:
        if problem is None:
            self._answer(200, "application/json", json.dumps({"status": good}).encode())
        else:
            self._answer(503, "application/problem+json", json.dumps(problem.as_json(self.path)).encode())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        for name, value in DATA_HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
