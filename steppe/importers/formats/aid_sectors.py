"""Sector and kind of a project by the purpose codes of the OECD (CRS), which IATI and AidData use."""

from __future__ import annotations

BUILT_KINDS = frozenset({"plant", "corridor", "deposit"})
"""Kinds of which a start is the start of construction."""
_BY_PREFIX = (
    ("210", "transport", "corridor"),
    ("23", "energy", "plant"),
    ("320", "processing", "plant"),  # industry without more: AidData tells three digits only
    ("321", "processing", "plant"),
    ("322", "mining", "deposit"),
    ("14", "resilience", "plant"),
    ("41", "resilience", "programme"),
    ("11", "human-capital", "programme"),
    ("12", "human-capital", "programme"),
    ("13", "human-capital", "programme"),
)


def sector_and_kind(code: str) -> tuple[str, str]:
    """Of a code of three or five digits, as 230 or 23110; what is not listed is a programme of another sector."""
    digits = code.strip().removesuffix(".0")
    if digits.isdigit() and len(digits) in (3, 5):
        for prefix, sector, kind in _BY_PREFIX:
            if digits.startswith(prefix):
                return sector, kind
    return "other", "programme"
