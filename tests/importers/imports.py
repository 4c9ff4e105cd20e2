"""Imports of small files that a test writes, and how the domain judges what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from steppe.domain.events.corrections import apply_corrections
from steppe.domain.events.event import Event as InterpretedEvent
from steppe.domain.events.event import interpret
from steppe.domain.events.vocabulary import name_of_type
from steppe.domain.fold.fold_state import fold_history
from steppe.domain.values.history import Judgement, judgement_on
from steppe.importers.formats.format_registry import FORMATS
from steppe.importers.import_report import EditionReport
from steppe.importers.importer import Edition, Event, Import

RECORDED = datetime(2026, 11, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Imported:
    """The events of an import, and its reports."""

    events: list[Event]
    reports: list[EditionReport]

    def named(self, name: str) -> list[dict[str, Any]]:
        """The data of the events of a name."""
        return [event["data"] for event in self.events if name_of_type(event["type"]) == name]

    def of_edition(self, day: str) -> list[Event]:
        return [event for event in self.events if event["data"]["reported"] == day]

    def names_of(self, day: str) -> list[str]:
        return names(self.of_edition(day))

    def effective(self, project: str, known_at: str | None = None) -> list[Mapping[str, Any]]:
        """The data of a project's events with what corrections say, as known on a day."""
        instant = None if known_at is None else datetime.fromisoformat(known_at).replace(tzinfo=UTC)
        return [event.data for event in apply_corrections(self._interpreted(project), instant).events]

    def judged(self, project: str, as_of: str) -> Judgement:
        """How the project stands on a day, after all editions."""
        events = apply_corrections(self._interpreted(project)).events
        return judgement_on(fold_history(project, events), date.fromisoformat(as_of))

    def _interpreted(self, project: str) -> list[InterpretedEvent]:
        return [
            interpret(
                source=event["source"], id=event["id"], subject=event["subject"], name=names([event])[0], recorded=RECORDED,
                data=event["data"],
            )
            for event in self.events
            if event["subject"] == project
        ]  # fmt: skip


def names(events: Sequence[Event]) -> list[str]:
    return [str(name_of_type(event["type"])) for event in events]


def imported(form: str, *editions: tuple[str, Path]) -> Imported:
    """Every edition, oldest first."""
    whole = Import(FORMATS[form], [Edition(day, [file]) for day, file in editions], RECORDED)
    return Imported(list(whole.events()), whole.reports)
