"""The metric that says which release a process is, and whether its domain is compiled: `steppe_build_info`."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Info

from steppe.compilation import domain_in_use
from steppe.release import RELEASE


def register(registry: CollectorRegistry) -> None:
    """Add it to a registry, which must not have it."""
    build = Info("steppe_build", "The release, and the domain: compiled or interpreted.", registry=registry)
    build.info({"release": RELEASE, "domain": domain_in_use()})
