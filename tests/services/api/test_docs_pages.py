"""The pages of /docs: whatever they load is served by the service itself, for networks that reach nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest

from tests.stack import Service


@pytest.mark.parametrize("name", ["ingest", "api"])
def test_the_docs_load_nothing_from_elsewhere(start: Callable[..., Service], name: str) -> None:
    with httpx.Client(base_url=start(name).address, timeout=10) as client:
        page = client.get("/docs").raise_for_status().text
        assets = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len(assets) >= 3
        for asset in assets:
            assert asset.startswith("/"), asset
            assert client.get(asset).status_code == 200, asset
        assert client.get("/static-offline-docs/nothing.js").headers["content-type"] == "application/problem+json"
