"""Which steps of the value chain are localised in the host country by the record, and by whom (domain page, section 9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import PROCESSING_STEPS, PURSUING_ROLES
from steppe.domain.values.levels import Level
from steppe.domain.values.states import ProjectState

LOCALISED = "processing.localised"
BESIDE_THE_STEPS = ("technology.transferred", "training.delivered", "certification.granted")
CHAIN_NAMES = frozenset({LOCALISED, *BESIDE_THE_STEPS})


def chain_rows(in_order: Iterable[Event], until: date) -> list[Event]:
    """The rows of the value chain of a project that count by a day. Events are in fold order, as corrections leave them."""
    return [event for event in in_order if event.kind.name in CHAIN_NAMES and event.latest <= until]


def concerned(row: Event) -> tuple[str, ...]:
    """The parties that a row is about: those that pursue, whatever their role; where none does, its advisers."""
    pursuing = sorted({party.party for party in row.parties if party.role in PURSUING_ROLES})
    return tuple(pursuing or sorted({party.party for party in row.parties if party.role == "adviser"}))


def furthest(steps: Iterable[str]) -> str | None:
    """The last of these steps along the chain from the mine to the component; None for none."""
    return max(steps, key=PROCESSING_STEPS.index, default=None)


def localised_steps(rows: Sequence[Event]) -> list[str]:
    """The steps that these rows state as localised, each once, along the chain."""
    localised = {row.data["step"] for row in rows if row.kind.name == LOCALISED}
    return [step for step in PROCESSING_STEPS if step in localised]


def runs(project: ProjectState) -> bool:
    """Whether the works of a project put something out on its day: in trial or commercial production, and not suspended."""
    level = project.physical_state
    return level is not None and level >= Level.COMMISSIONING and "suspended" not in project.overlays
