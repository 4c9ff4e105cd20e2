"""The types of fields that answers and announced records share: days, instants, levels, severities, keys.

Each is the Python type of the value with what a JSON Schema says of it; `doc` adds what the field means where it stands.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from msgspec import Meta

from steppe.domain.events.field_checks import SLUG_PATTERN
from steppe.domain.events.vocabulary import LEGS, SECTORS, UNKNOWN_LEG
from steppe.domain.values.levels import LEVEL_OF_LABEL
from steppe.domain.values.states import SEVERITIES


def doc(description: str, *, deprecated: bool = False) -> Meta:
    """What a field means: its unit, its time zone, what null says. `deprecated`: it is gone in the next release."""
    return Meta(description=description, extra_json_schema={"deprecated": True} if deprecated else None)


def choice(*values: str) -> Meta:
    """A text that is one of these."""
    return Meta(extra_json_schema={"enum": list(values)})


Day = Annotated[date, Meta(extra_json_schema={"pattern": r"^\d{4}-\d{2}-\d{2}$"})]
"""A calendar day, YYYY-MM-DD; what is judged by the clock is judged by days of UTC."""

Instant = Annotated[datetime, Meta(tz=True)]
"""A moment with its offset from UTC (RFC 3339)."""

Key = Annotated[str, Meta(extra_json_schema={"pattern": f"^{SLUG_PATTERN}$"})]
"""The key of a project, deal, party or forum."""

Reference = Annotated[str, Meta(description="An event, as source#id.")]

Position = Annotated[str, Meta(description="A place in the log, partition:offset.")]

Positions = Annotated[str, Meta(description="A prefix of the log: the last offset of each partition that has any.")]

Count = Annotated[int, Meta(ge=0)]

Severity = Annotated[str, choice(*SEVERITIES)]

Certainty = Annotated[str, choice("certain", "possible")]

LevelName = Annotated[str, choice(*LEVEL_OF_LABEL)]

LegName = Annotated[str, choice(*LEGS, UNKNOWN_LEG)]

Sector = Annotated[str, choice(*SECTORS)]

Decimal = Annotated[str, Meta(extra_json_schema={"pattern": r"^-?\d+(\.\d+)?$"})]
"""A sum of money as decimal text, so that no reader rounds it."""

Given = Annotated[
    str | None,
    Meta(
        description="What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly);"
        " null: they do."
    ),
]
"""The date of an event as it was given, beside its days as they are reckoned."""

EARLIEST = "The earliest such day, the other being the latest; null: open, unknown, or none."
"""What the field beside a day says, whose name ends in `_earliest`."""

JsonObject = dict[str, Any]
"""A document that others wrote, such as the data of an event; the vocabulary says what it may hold."""
