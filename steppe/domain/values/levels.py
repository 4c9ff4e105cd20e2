"""The ladder a deal climbs (domain page, section 4). Knows names and order only."""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """How far a deal or project has come. The binding line runs between `ADVANCED` and `PARTLY_BOUND`."""

    IDENTIFIED = 0
    ANNOUNCED = 1
    MEMORANDUM = 2
    ADVANCED = 3
    PARTLY_BOUND = 4
    BOUND = 5
    FINANCED = 6
    CONSTRUCTION = 7
    COMMISSIONING = 8
    PRODUCING = 9

    @property
    def label(self) -> str:
        """The public name, as in `partly-bound`."""
        return self.name.lower().replace("_", "-")

    @property
    def crosses_the_line(self) -> bool:
        """Whether something binding or physical stands behind this level."""
        return self >= Level.PARTLY_BOUND


LEVEL_OF_LABEL = {level.label: level for level in Level}
