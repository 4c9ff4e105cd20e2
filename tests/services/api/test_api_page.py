"""docs/api.md: what is generated of it is as it would be generated now."""

from __future__ import annotations

from services.api.documentation import PAGE, page


def test_the_page_of_the_api_is_what_would_be_generated() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(text) == text, "run python -m services.api.documentation and commit what it writes"
