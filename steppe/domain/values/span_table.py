"""Collects the values of keys, day after day, into spans."""

from __future__ import annotations

from datetime import date
from typing import Generic, TypeVar

from steppe.domain.values.history import Span
from steppe.domain.values.states import FOREVER

K = TypeVar("K", bound="str | tuple[str, str]")
T = TypeVar("T")


class SpanTable(Generic[K, T]):
    """For each key, the values it had and when. Days must come in order; of two values on one day the last counts."""

    def __init__(self) -> None:
        self._open: dict[K, tuple[date, T]] = {}
        self._closed: dict[K, list[Span[T]]] = {}

    def fork(self) -> SpanTable[K, T]:
        """An independent copy."""
        copy: SpanTable[K, T] = SpanTable()
        copy._open = self._open.copy()
        copy._closed = {key: spans.copy() for key, spans in self._closed.items()}
        return copy

    def put(self, day: date, key: K, value: T | None) -> None:
        """From this day on the key has this value (None: none)."""
        current = self._open.get(key)
        if current is not None:
            since, current_value = current
            if current_value == value:
                return
            if since < day:
                self._closed.setdefault(key, []).append(Span(valid_from=since, valid_to=day, value=current_value))
            del self._open[key]
        if value is not None:
            self._open[key] = (day, value)

    def current(self, key: K) -> T:
        """The value that the key has now; KeyError when it has none."""
        return self._open[key][1]

    def spans(self) -> tuple[Span[T], ...]:
        """All spans, in order of keys and days; the last value of a key holds until FOREVER."""
        spans: list[Span[T]] = []
        for key in sorted(self._closed.keys() | self._open.keys()):
            spans.extend(self._closed.get(key, []))
            if key in self._open:
                since, value = self._open[key]
                spans.append(Span(valid_from=since, valid_to=FOREVER, value=value))
        return tuple(spans)
