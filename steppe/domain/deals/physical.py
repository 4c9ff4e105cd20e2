"""The physical state of a project: construction, production and their suspensions (section 4)."""

from __future__ import annotations

from datetime import date

from steppe.domain.deals.clock_starts import first_start
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import Effect
from steppe.domain.values.levels import Level
from steppe.domain.values.states import Start


class PhysicalState:
    """The physical state up to the events applied so far. Several suspensions may hold, each until its own resumption."""

    def __init__(self) -> None:
        self._construction: Level | None = None
        self._production: Level | None = None
        self._suspended: set[str] = set()
        self.construction_since: Start | None = None
        self.trial_since: Start | None = None
        self.commercial = False
        self.last_event_on: date | None = None
        self.evidence: tuple[str, ...] = ()

    def fork(self) -> PhysicalState:
        """An independent copy."""
        fork = object.__new__(PhysicalState)
        fork.__dict__.update(self.__dict__)
        fork._suspended = self._suspended.copy()
        return fork

    @property
    def suspended(self) -> bool:
        """Whether any suspension holds."""
        return bool(self._suspended)

    @property
    def project_suspended(self) -> bool:
        """Whether the whole project was suspended, and neither resumed nor built on since."""
        return "project" in self._suspended

    @property
    def level(self) -> Level | None:
        """None, construction, commissioning or producing."""
        if self._suspended & {"construction", "project"}:
            return None
        if self._production is None:
            return self._construction
        if "production" not in self._suspended:
            return self._production
        return Level.COMMISSIONING if self._production is Level.PRODUCING else self._construction

    def apply(self, event: Event) -> None:
        """Take in a physical event, or a suspension of the project that names no deal."""
        self._note_clocks(event)
        name = event.kind.name
        match name:
            case "construction.started":
                self._construction = self._construction or Level.CONSTRUCTION
                self._suspended.clear()
            case "construction.completed":
                self._construction = Level.COMMISSIONING
                self._suspended.clear()
            case "construction.suspended":
                self._construction = self._construction or Level.CONSTRUCTION
                self._suspended.add("construction")
            case "construction.resumed":
                self._construction = self._construction or Level.CONSTRUCTION
                self._suspended.discard("construction")
            case "production.started":
                commercial = event.data.get("phase") == "commercial"
                if commercial or self._production is None:
                    self._production = Level.PRODUCING if commercial else Level.COMMISSIONING
                self._suspended.clear()
            case "production.suspended":
                self._suspended.add("production")
            case "production.resumed":
                self._suspended.discard("production")
            case "project.suspended":
                self._suspended.add("project")
            case "project.resumed":
                self._suspended.discard("project")
            case _:
                return

    def _note_clocks(self, event: Event) -> None:
        """What the flags ask for: the last physical event, the starts of construction and trial, and the evidence of them."""
        name = event.kind.name
        if event.kind.effect is Effect.PHYSICAL and name != "funds.disbursed":
            self.last_event_on = event.latest
        if name in ("construction.started", "construction.completed", "production.started"):
            self.evidence = (*self.evidence, event.reference)
        if name.startswith("construction."):
            self.construction_since = first_start(self.construction_since, event)
        elif name == "production.started":
            if event.data.get("phase") == "commercial":
                self.commercial = True
            else:
                self.trial_since = first_start(self.trial_since, event)
