"""Collects values by day into spans. Knows days only."""

from __future__ import annotations

from datetime import date
from typing import Generic, TypeVar

from steppe.domain.values.states import FOREVER, Span

K = TypeVar("K", bound="str | tuple[str, str]")
T = TypeVar("T")


class SpanTable(Generic[K, T]):
    """For each key, the values it had and when. Days must come in order; a day may be told twice, the last counts."""

    def __init__(self) -> None:
        self._open: dict[K, tuple[date, T]] = {}
        self._closed: dict[K, list[Span[T]]] = {}

    def fork(self) -> SpanTable[K, T]:
        """A copy that goes its own way."""
        twin: SpanTable[K, T] = SpanTable()
        twin._open = self._open.copy()
        twin._closed = {key: spans.copy() for key, spans in self._closed.items()}
        return twin

    def put(self, day: date, key: K, value: T | None) -> None:
        """From this day on the key has this value (None: none)."""
        standing = self._open.get(key)
        if standing is not None:
            since, old = standing
            if old == value:
                return
            if since < day:
                self._closed.setdefault(key, []).append(Span(valid_from=since, valid_to=day, value=old))
            del self._open[key]
        if value is not None:
            self._open[key] = (day, value)

    def current(self, key: K) -> T:
        """The value that the key has now; KeyError when it has none."""
        return self._open[key][1]

    def spans(self) -> tuple[Span[T], ...]:
        """All spans, in order of keys and days; what is still open holds for ever."""
        found: list[Span[T]] = []
        for key in sorted(self._closed.keys() | self._open.keys()):
            found.extend(self._closed.get(key, []))
            if key in self._open:
                since, value = self._open[key]
                found.append(Span(valid_from=since, valid_to=FOREVER, value=value))
        return tuple(found)
