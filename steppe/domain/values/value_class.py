"""The decorator of the domain's values, which nobody changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def value_class(*, frozen: bool, slots: bool = False, kw_only: bool = False) -> Callable[[type[T]], type[T]]:
    """`dataclass` of values: frozen for the type checker, which alone holds it.

    At run time a frozen dataclass sets each field through `object.__setattr__`, which makes a value of twenty fields
    three times as dear, and the fold makes some for every event. They are equal and hashed by their fields.
    """
    if not frozen:
        raise TypeError("a value is frozen: write @value_class(frozen=True, ...)")
    return dataclass(unsafe_hash=True, slots=slots, kw_only=kw_only)
