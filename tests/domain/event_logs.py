"""Events for tests of the domain, made by hand and read from cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from steppe.domain.events.event import Event, interpret
from steppe.domain.events.vocabulary import name_of_type

RECORDED = datetime(2026, 11, 22, 10, tzinfo=UTC)


def event(name: str, occurred: str, /, *, id: str = "", deal: str | None = "alpha", **data: Any) -> Event:
    """One event of the project `north`."""
    named = {"deal": deal} if deal else {}
    return interpret(
        source="/desk",
        id=id or f"{name}-{occurred}",
        subject="north",
        name=name,
        recorded=RECORDED,
        data={"occurred": occurred, **named, **data},
    )


def from_wire(envelope: Mapping[str, Any]) -> Event:
    """An event as a case spells it."""
    name = name_of_type(envelope["type"])
    assert name is not None, envelope["type"]
    return interpret(
        source=envelope["source"],
        id=envelope["id"],
        subject=envelope["subject"],
        name=name,
        recorded=datetime.fromisoformat(envelope["recordedtime"]),
        data=envelope["data"],
    )
