"""Makes trackers of Global Energy Monitor as files, and imports one."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from tests.importers.imports import Imported, imported

HEADINGS = (
    "country", "url", "plant", "unit", "chinese_name", "owner", "parent", "capacity", "status", "year", "subnational", "lat", "lng",
)  # fmt: skip
EDITION, NEXT, LAST = "2023-01-31", "2024-02-07", "2025-01-31"
Unit = dict[str, str]
Write = Callable[..., Path]


def unit_row(name: str = "Unit 1", plant: str = "Kökşetau power station", **cells: str) -> Unit:
    url = f"https://www.gem.wiki/{plant.replace(' ', '_')}"
    return {
        "country": "Kazakhstan",
        "url": url,
        "plant": plant,
        "unit": name,
        "capacity": "300",
        "owner": "Samruk [100%]",
        **cells,
    }


def writer_into(folder: Path) -> Write:
    """What writes a tracker as CSV into a folder, and gives its path."""

    def written(*units: Unit, name: str = "tracker.csv", encoding: str = "utf-8") -> Path:
        text = io.StringIO()
        writer = csv.DictWriter(text, HEADINGS)
        writer.writeheader()
        writer.writerows(units)
        path = folder / name
        path.write_bytes(text.getvalue().encode(encoding))
        return path

    return written


def import_edition(path: Path) -> Imported:
    """What the first edition says."""
    return imported("gem", (EDITION, path))


ALIVE = unit_row("Other", status="operating", year="1990")
