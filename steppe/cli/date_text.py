"""Days of events as an answer of the api has them, no more exact than they were given (domain page, section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from steppe.domain.messages import phrases
from steppe.domain.messages.english import english
from steppe.domain.values.states import Start

Item = Mapping[str, Any]


def since(item: Item, name: str) -> str:
    """The day of that field as one says it after `since`; a dash for none."""
    start = _start(item, name)
    return "-" if start is None else english(phrases.when(start))


def happened(item: Item, name: str) -> str:
    """The same of something that happened: `on 31 August 2024`, `in 2014`."""
    start = _start(item, name)
    return "on a day that is not known" if start is None else english(phrases.on(start))


def dated(item: Item, name: str) -> str:
    """The same as it stands alone in a table."""
    start = _start(item, name)
    return "" if start is None else english(phrases.dated(start))


def short(item: Item, name: str) -> str:
    """The same among days of ISO 8601: as one of them where it is known to the day, else as it stands alone."""
    start = _start(item, name)
    if start is None:
        return ""
    exact = start.earliest == start.latest and start.given is None
    return start.latest.isoformat() if exact else english(phrases.dated(start))


def _start(item: Item, name: str) -> Start | None:
    """The interval beside a day: `<name>`, `<name>_earliest`, `<name>_given`; an api of an older release has the day alone."""
    latest = item.get(name)
    if latest is None:
        return None
    earliest = item.get(f"{name}_earliest", latest)
    return Start(
        earliest=None if earliest is None else date.fromisoformat(earliest),
        latest=date.fromisoformat(latest),
        given=item.get(f"{name}_given"),
    )
