"""docs/ingest.md names every type of problem that ingest answers with, with its status, and every route."""

from __future__ import annotations

import re
from pathlib import Path

from services.ingest.app import create_app
from services.ingest.settings import Settings

_PAGE = (Path(__file__).parents[3] / "docs" / "ingest.md").read_text(encoding="utf-8")


def _document() -> dict[str, dict[str, dict[str, object]]]:
    document: dict[str, dict[str, dict[str, object]]] = create_app(
        Settings.model_validate({"kafka": "127.0.0.1:9092"})
    ).openapi()
    return document


def test_the_page_names_every_type_of_problem() -> None:
    named = {
        slug
        for row in re.findall(r"^\| (`[^|]+) \| \d", _PAGE, re.MULTILINE)
        for slug in re.findall(r"`([a-z-]+)`", row)
    }
    assert named == set(re.findall(r"urn:steppe:problem:([a-z-]+)", str(_document())))


def test_the_page_names_every_route() -> None:
    assert [path for path in _document()["paths"] if path not in _PAGE] == []
