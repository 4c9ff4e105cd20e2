"""Rows of a list of the API, asked for without the client."""

from __future__ import annotations

from typing import Any

import httpx

from tests.stack import Service


def items(api: Service, path: str, **parameters: Any) -> list[dict[str, Any]]:
    """All rows of a list, asked for without the client."""
    with httpx.Client(base_url=api.address, timeout=30) as plain:
        page = plain.get(path, params={"limit": 500, **parameters}).raise_for_status().json()
    assert page["next_cursor"] is None
    rows: list[dict[str, Any]] = page["items"]
    return rows
