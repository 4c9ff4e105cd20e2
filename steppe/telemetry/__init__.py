"""Observability: structured logs and OpenTelemetry traces."""
