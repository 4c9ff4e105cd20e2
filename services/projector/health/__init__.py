"""Liveness, readiness and metrics of a worker, and the watchdog that ends it when it is stuck."""
