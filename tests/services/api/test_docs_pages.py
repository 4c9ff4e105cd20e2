"""What services offer beside their answers: pages of /docs that load nothing from elsewhere, and templates of tables."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest

from steppe.importers.mapped.template_tables import template_csv, template_workbook
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


@pytest.mark.parametrize("name", ["ingest", "api"])
def test_both_services_offer_the_templates_of_tables(start: Callable[..., Service], name: str) -> None:
    with httpx.Client(base_url=start(name).address, timeout=10) as client:
        assert client.get("/static/templates/event.csv").raise_for_status().text == template_csv("event")
        workbook = client.get("/static/templates/event.xlsx").raise_for_status()
        assert workbook.content == template_workbook("event")
        assert workbook.headers["content-type"].endswith("spreadsheetml.sheet")
