"""A project as it stands on a day, put together of the row of its span, its headline and its latest event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from steppe.domain.flags import memorandum_only
from steppe.domain.values.history import whole_project
from steppe.domain.values.states import Headline, ProjectState, Start

if TYPE_CHECKING:
    from collections.abc import Mapping

    import asyncpg

_state = msgspec.json.Decoder(ProjectState)


def project_on_day(row: asyncpg.Record | Mapping[str, Any]) -> ProjectState:
    """The project of a row with `document`, and `headline_...` and `last_event_...` of the day (null: there is none)."""
    headline = last_event = None
    if row["headline_severity"] is not None:
        headline = Headline(
            flag=memorandum_only.FLAG.name,
            severity=row["headline_severity"],
            certainty=row["headline_certainty"],
            since=row["headline_since"],
        )
    if row["last_event_on"] is not None:
        last_event = Start(
            earliest=row["last_event_earliest"], latest=row["last_event_on"], given=row["last_event_given"]
        )
    return whole_project(_state.decode(row["document"]), headline, last_event)
