"""Values and the days on which they hold: spans, and tables that collect them day after day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Generic, Self, TypeVar

from steppe.domain.values.states import FOREVER
from steppe.domain.values.value_class import value_class

K = TypeVar("K", bound="str | tuple[str, str]")
T = TypeVar("T")


@value_class(frozen=True, slots=True, kw_only=True)
class Span(Generic[T]):
    """A value and the days on which it held; `valid_to` is the first day on which it no longer does."""

    valid_from: date
    valid_to: date
    value: T


def on_day(spans: Iterable[Span[T]], day: date) -> list[T]:
    """The values that hold on a day."""
    return [span.value for span in spans if span.valid_from <= day < span.valid_to]


class SpanTable(Generic[K, T]):
    """For each key, the values it had and when. Days must come in order; of two values on one day the last counts."""

    def __init__(self) -> None:
        self._open: dict[K, tuple[date, T]] = {}
        self._closed: dict[K, list[Span[T]]] = {}

    def fork(self) -> Self:
        """An independent copy."""
        copy = type(self)()
        copy._open = self._open.copy()
        copy._closed = {key: spans.copy() for key, spans in self._closed.items()}
        return copy

    def put(self, day: date, key: K, value: T | None) -> None:
        """From this day on the key has this value (None: none)."""
        current = self._open.get(key)
        if current is not None:
            since, current_value = current
            if current_value is value or current_value == value:
                return
            first = self._first_day(since, current_value)
            if first < day:
                self._closed.setdefault(key, []).append(Span(valid_from=first, valid_to=day, value=current_value))
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
                first = self._first_day(since, value)
                if first < FOREVER:
                    spans.append(Span(valid_from=first, valid_to=FOREVER, value=value))
        return tuple(spans)

    def _first_day(self, since: date, value: T) -> date:
        """The first day of the span of a value that was put on a day."""
        return since
