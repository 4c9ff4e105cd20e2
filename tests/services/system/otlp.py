"""A receiver of OTLP over HTTP on loopback, which keeps the spans it is sent. What a collector is for the services."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span as it arrived. Ids are lowercase hex, times nanoseconds, `links` pairs of trace and span."""

    service: str
    name: str
    kind: int
    trace: str
    id: str
    parent: str
    began: int
    ended: int
    attributes: dict[str, Any]
    links: list[tuple[str, str]]
    events: list[tuple[str, dict[str, Any]]]
    failed: bool


@dataclass(slots=True)
class Receiver:
    """What was received, and where to send to."""

    address: str
    spans: list[Span] = field(default_factory=list)

    def settings(self, **more: str) -> dict[str, str]:
        """What a service is told to send here, soon after a span has ended."""
        return {"STEPPE_TRACES": self.address, "OTEL_BSP_SCHEDULE_DELAY": "100", **more}

    def of_trace(self, trace: str) -> list[Span]:
        """The spans of a trace, in the order in which they began."""
        return sorted((span for span in self.spans if span.trace == trace), key=lambda span: span.began)

    def until(self, holds: Callable[[list[Span]], bool], seconds: float = 30) -> None:
        """Until what was received is enough."""
        deadline = time.monotonic() + seconds
        while not holds(list(self.spans)):
            assert time.monotonic() < deadline, "\n".join(map(str, self.spans))
            time.sleep(0.05)


@contextmanager
def receiver() -> Iterator[Receiver]:
    """One that listens while the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            listening.spans.extend(_read(ExportTraceServiceRequest.FromString(body)))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening = Receiver(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield listening
    finally:
        server.shutdown()
        server.server_close()


def _read(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for resource in request.resource_spans:
        service = _attributes(resource.resource.attributes)["service.name"]
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Span(
                    service=service,
                    name=span.name,
                    kind=span.kind,
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    began=span.start_time_unix_nano,
                    ended=span.end_time_unix_nano,
                    attributes=_attributes(span.attributes),
                    links=[(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
                    events=[(event.name, _attributes(event.attributes)) for event in span.events],
                    failed=span.status.code == 2,
                )


def _attributes(found: Any) -> dict[str, Any]:
    return {one.key: _value(one.value) for one in found}


def _value(value: AnyValue) -> Any:
    if value.WhichOneof("value") == "array_value":
        return [_value(one) for one in value.array_value.values]
    kind = value.WhichOneof("value")
    return None if kind is None else getattr(value, kind)
