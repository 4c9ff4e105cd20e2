"""docs/settings.md as the classes of the services have it: `python -m tests.settings_page` writes it."""

from __future__ import annotations

from pathlib import Path

from services.api.settings import Settings as ApiSettings
from services.ingest.settings import Settings as IngestSettings
from services.projector.settings import Settings as ProjectorSettings
from steppe.settings import ServiceSettings, effective

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
SERVICES: dict[str, type[ServiceSettings]] = {
    "ingest": IngestSettings,
    "projector": ProjectorSettings,
    "api": ApiSettings,
}
_HEAD = """\
# Settings

Every service reads environment variables with the prefix `STEPPE_`, once, at its start. One that nobody reads is refused with the
name that may be meant. `STEPPE_DATABASE_FILE` names a file that holds the address, for secrets that must not stand in the
environment. `steppe config` shows what is in force, where it comes from and what is wrong with it, secrets masked.
`steppe rebuild`, `steppe verify` and what acts on quarantine read those of the projector.

`steppe up` and `steppe migrate` make the topics: a new log gets `STEPPE_PARTITIONS` partitions, 12 by default. One that is there keeps
its own, whatever is asked for ([scaling](scaling.md#what-to-add-and-when)).
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for name, settings in SERVICES.items():
        rows = [
            f"| `{one.variable}` | {'required' if one.origin == 'missing' else _shown(one.value)} | {one.help} |"
            for one in effective(settings, {})
        ]
        parts.append("\n".join([f"## {name}", "", "| setting | default | what |", "| --- | --- | --- |", *rows, ""]))
    return "\n".join(parts)


def _shown(value: str | None) -> str:
    return "" if value is None else f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
