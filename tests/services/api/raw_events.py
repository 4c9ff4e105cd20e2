"""Raw events read without any code of the product, for tests that reckon its measures again the slow way.

Corrections are read as of now and without the rules of refusal: the logs of these tests have none that is refused.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

Raw = dict[str, Any]
BEGINNING = date(1, 1, 1)


def name_of(event: Raw) -> str:
    """As in processing.localised."""
    return str(event["type"]).removeprefix("steppe.").removesuffix(".v1")


def days_of(text: str) -> tuple[date | None, date | None]:
    """The first and the last day of an EDTF text; None: open."""
    if "/" in text:
        first, last = text.split("/")
        return days_of(first)[0] if first != ".." else None, days_of(last)[1] if last != ".." else None
    if text == "unknown":
        return None, None
    year, month, day = [int(part) for part in text.removesuffix("~").split("-")] + [0] * (2 - text.count("-"))
    if day:
        return date(year, month, day), date(year, month, day)
    if month:
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    return date(year, 1, 1), date(year, 12, 31)


def occurred(event: Raw) -> tuple[date | None, date]:
    """Both ends of the interval in which an event occurred. It must say when it was reported."""
    reported = date.fromisoformat(event["data"]["reported"])
    if "occurred" not in event["data"]:
        return reported, reported
    first, last = days_of(event["data"]["occurred"])
    return first, reported if last is None else min(last, reported)


def latest(event: Raw) -> date:
    """The day from which on it counts."""
    return occurred(event)[1]


def effective(events: Iterable[Raw]) -> list[Raw]:
    """The events of a log as corrections leave them, without these: the last one of a field counts."""
    by_key = {(event["subject"], event["source"], event["id"]): event for event in events}
    taken_back = set()
    changed = {key: dict(event["data"]) for key, event in by_key.items()}
    renamed: dict[tuple[str, str, str], str] = {}
    for event in sorted(by_key.values(), key=lambda event: (event["data"].get("reported", ""), event["id"])):
        name = name_of(event)
        if not name.startswith("event."):
            continue
        target = event["data"]["target"]
        key = (event["subject"], target["source"], target["id"])
        if name == "event.retracted":
            taken_back.add(key)
            continue
        if name == "event.reclassified":
            renamed[key] = event["data"]["name"]
        for field, value in event["data"].get("changes", {}).items():
            if value is None:
                changed[key].pop(field, None)
            else:
                changed[key][field] = value
    return [
        {**event, "data": changed[key], "type": f"steppe.{renamed[key]}.v1" if key in renamed else event["type"]}
        for key, event in by_key.items()
        if key not in taken_back and not name_of(event).startswith("event.")
    ]


def registered(events: Iterable[Raw]) -> dict[str, Raw]:
    """By project what it is registered as; amendments of name, country, kind and commodities do not occur in these logs."""
    return {event["subject"]: event["data"] for event in events if name_of(event) == "project.registered"}


class Nations:
    """Of which nation parties are on a day: their home country, a bank of several states itself."""

    def __init__(self, events: Iterable[Raw]) -> None:
        self._registered: dict[str, list[tuple[date, Raw]]] = {}
        for event in events:
            name = name_of(event)
            if name == "party.registered":
                self._registered.setdefault(event["data"]["party"], []).insert(0, (BEGINNING, event["data"]))
            elif name == "party.amended":
                first = event["data"].get("from")
                holds = latest(event) if first is None else days_of(first)[0] or BEGINNING
                self._registered.setdefault(event["data"]["party"], []).append((holds, event["data"]))

    def of(self, parties: Iterable[str], day: date) -> set[str]:
        """The nations of these parties."""
        nations = set()
        for party in parties:
            home = kind = None
            for first, data in self._registered.get(party, ()):
                if first <= day:
                    home, kind = data.get("home_country", home), data.get("kind", kind)
            nation = party if kind == "multilateral" else home
            if nation not in (None, "ZZ"):
                nations.add(nation)
        return nations


def parties_of(event: Raw, *roles: str) -> list[str]:
    """The parties of an event in some roles."""
    return [party["party"] for party in event["data"].get("parties", ()) if party["role"] in roles]


def day_before(day: date) -> date:
    """The day before."""
    return day - timedelta(days=1)
