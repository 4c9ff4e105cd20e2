"""The levels of a deal and of a project, from identified to producing (domain page, section 4)."""

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
        """Whether a deal of this level is bound or built: it is above the binding line."""
        return self >= Level.PARTLY_BOUND


LEVEL_OF_LABEL = {level.label: level for level in Level}
