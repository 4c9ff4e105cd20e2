"""The decorator of the domain's values, which nobody changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

__all__ = ["value_class"]

if TYPE_CHECKING:
    from dataclasses import dataclass as value_class
else:

    def value_class(*, frozen: bool, **options: Any) -> Any:
        """`dataclass` of values: frozen for the type checker, which alone holds it.

        At run time a frozen dataclass sets each field through `object.__setattr__`, which makes a value of twenty fields
        three times as dear, and the fold makes some for every event. They are equal and hashed by their fields.
        """
        if not frozen:
            raise TypeError("a value is frozen: write @value_class(frozen=True, ...)")
        return dataclass(unsafe_hash=True, **options)
