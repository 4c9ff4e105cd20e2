"""The lines of works of a project and what suspends them (section 4, physical state)."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.domain.reference.days import Start
from tests.domain.reference.events import Row
from tests.domain.reference.vocabulary import COMMISSIONING, CONSTRUCTION, PRODUCING

NONE = -1
# Section 4: a later one of these of the line ends all its suspensions.
STARTS = ("construction.started", "construction.completed", "production.started")


@dataclass(slots=True)
class Line:
    """The works of one deal and part, either of which may be absent."""

    deal: str | None
    part: str | None
    number: int
    construction: bool = False
    completed: bool = False
    trial: bool = False
    commercial: bool = False
    retired: bool = False
    started: int = -1
    construction_starts: list[Start] = field(default_factory=list)
    trial_starts: list[Start] = field(default_factory=list)

    @property
    def stands(self) -> bool:
        """Whether it was begun and is not retired."""
        return (self.construction or self.completed or self.trial or self.commercial) and not self.retired


@dataclass(frozen=True, slots=True)
class Scope:
    """Which lines a suspension or resumption concerns."""

    deal: str | None
    part: str | None

    def has(self, line: Line) -> bool:
        """Whether a line is among them."""
        return self.deal in (None, line.deal) and self.part in (None, line.part)

    def covers(self, other: Scope) -> bool:
        """Whether all lines of another are among them."""
        return self.deal in (None, other.deal) and self.part in (None, other.part)

    def meets(self, other: Scope) -> bool:
        """Whether a line may be of both."""
        deals, parts = {self.deal, other.deal} - {None}, {self.part, other.part} - {None}
        return len(deals) < 2 and len(parts) < 2


@dataclass(slots=True)
class Suspension:
    """A row that suspends, and what it met."""

    what: str
    scope: Scope
    row: Row
    number: int
    phase: int | None
    met_no_works: bool


@dataclass(slots=True)
class Resumption:
    """A row that ends the suspensions of its kind."""

    what: str
    scope: Scope
    row: Row
    number: int
    # The deals that have a line of its part by then.
    deals: frozenset[str | None]


class Works:
    """All lines of a project; rows are numbered in fold order, so that later and earlier can be told."""

    def __init__(self) -> None:
        self.lines: dict[tuple[str | None, str | None], Line] = {}
        self.suspensions: list[Suspension] = []
        self.resumptions: list[Resumption] = []
        self.starts: list[tuple[Row, int]] = []

    def state(self) -> int:
        """The physical state of the project: the highest of its lines'."""
        return max((self.state_of(line) for line in self.lines.values()), default=NONE)

    def state_of(self, line: Line) -> int:
        """What a line has reached, less what its suspensions take away."""
        suspended = {suspension.what for suspension in self.standing(line)}
        if line.retired or "project" in suspended:
            return NONE
        state = NONE
        if line.construction and "construction" not in suspended:
            state = CONSTRUCTION
        if line.completed:
            state = COMMISSIONING
        if line.trial and "production" not in suspended:
            state = COMMISSIONING
        if line.commercial:
            state = COMMISSIONING if "production" in suspended else PRODUCING
        return state

    def standing(self, line: Line) -> list[Suspension]:
        """The suspensions of a line: side by side, each until its own resumption, or until the line starts again."""
        return [
            suspension
            for suspension in self.suspensions
            if suspension.scope.has(line)
            and suspension.number > line.started
            and not any(
                resumption.what == suspension.what
                and resumption.number > suspension.number
                and resumption.scope.has(line)
                for resumption in self.resumptions
            )
        ]

    def scope(self, row: Row) -> Scope:
        """Whom a suspension or resumption concerns.

        Of construction or production the lines of its part and of its deal (absent, or a deal without lines of its
        own: all); of the project, with `deal`, only those of that deal itself.
        """
        deal = row.deal
        if not row.name.startswith("project.") and not any(line.deal == deal for line in self.lines.values()):
            deal = None
        return Scope(deal, row.part)

    def apply(self, row: Row, number: int, phase: int | None) -> None:
        """Fold one row of construction, production or the project."""
        what, _, done = row.name.partition(".")
        if row.name in STARTS:
            self._start(row, number)
        elif done in ("suspended", "resumed"):
            scope = self.scope(row)
            if what == "construction":
                self._prove(row, scope, number)
            if done == "suspended":
                met_no_works = not any(scope.has(line) and line.stands for line in self.lines.values())
                self.suspensions.append(Suspension(what, scope, row, number, phase, met_no_works))
            else:
                deals = frozenset(line.deal for line in self.lines.values() if row.part in (None, line.part))
                self.resumptions.append(Resumption(what, scope, row, number, deals))
        elif row.name == "project.retired" or (row.name == "project.cancelled" and row.part is not None):
            for line in self.lines.values():
                if Scope(row.deal, row.part).has(line):
                    line.retired = True

    def _line(self, row: Row, number: int) -> Line:
        return self.lines.setdefault((row.deal, row.part), Line(row.deal, row.part, number))

    def _start(self, row: Row, number: int) -> None:
        line = self._line(row, number)
        if line.retired:  # a later start, with which it begins anew
            line = self.lines[row.deal, row.part] = Line(row.deal, row.part, number)
        line.started = number
        self.starts.append((row, number))
        if row.name == "construction.started":
            line.construction = True
        elif row.name == "construction.completed":
            line.construction = line.completed = True
        elif row.data.get("phase") == "commercial":
            line.commercial = True
        else:
            line.trial = True
            line.trial_starts.append(row.start)
        if row.name.startswith("construction."):
            line.construction_starts.append(row.start)

    def _prove(self, row: Row, scope: Scope, number: int) -> None:
        """A suspension or resumption of construction proves that it had begun."""
        concerned = [line for line in self.lines.values() if scope.has(line)]
        if not concerned:
            concerned = [self._line(row, number)]
        for line in concerned:
            if not line.retired:
                line.construction = True
                line.construction_starts.append(row.start)

    def is_suspended(self) -> bool:
        """Whether every line that stands is suspended, or a suspension of the whole that met no works stands."""
        standing = [line for line in self.lines.values() if line.stands]
        if standing and all(self.standing(line) for line in standing):
            return True
        return any(
            suspension.what == "project"
            and suspension.met_no_works
            and suspension.row.deal is None
            and suspension.row.part is None
            and not self._is_over(suspension, None)
            and not any(number > suspension.number for _, number in self.starts)
            for suspension in self.suspensions
        )

    def go_on(self) -> bool:
        """Whether a line that stands does not stand still."""
        return any(line.stands and not self.standing(line) for line in self.lines.values())

    def suspends(self, deal: str, phase: int) -> bool:
        """Whether a living deal shows `suspended`, for a `project.suspended` that concerns it."""
        return any(self._suspends(suspension, deal, phase) for suspension in self.suspensions)

    def _suspends(self, suspension: Suspension, deal: str, phase: int) -> bool:
        if suspension.what != "project" or suspension.row.deal not in (None, deal):
            return False
        if suspension.row.part is not None:  # an overlay of the deals that have a line of it
            return any(
                line.deal == deal and line.stands and suspension in self.standing(line) for line in self.lines.values()
            )
        if suspension.row.deal is not None and suspension.phase != phase:
            return False
        started_again = any(row.deal == deal and number > suspension.number for row, number in self.starts)
        return not started_again and not self._is_over(suspension, deal)

    def stands_in(self, suspension: Suspension, scope: Scope) -> bool:
        """Whether it stands on a line of a scope, or as one of a scope that meets this: not yet lifted whole."""
        if any(scope.has(line) and suspension in self.standing(line) for line in self.lines.values()):
            return True
        lifted = any(
            resumption.what == suspension.what
            and resumption.number > suspension.number
            and resumption.scope.covers(suspension.scope)
            for resumption in self.resumptions
        )
        return suspension.scope.meets(scope) and not lifted

    def _is_over(self, suspension: Suspension, deal: str | None) -> bool:
        """Whether a suspension without part was lifted, for a deal or (None) for the project.

        A resumption of a part lifts it for the deals that have a line of that part by then.
        """
        return any(
            resumption.what == "project"
            and resumption.number > suspension.number
            and resumption.row.deal in (None, deal)
            and (resumption.row.part is None or (deal is not None and deal in resumption.deals))
            for resumption in self.resumptions
        )
