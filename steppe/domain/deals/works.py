"""The works of a project: lines of construction and production by deal and part, and their suspensions (section 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from steppe.domain.deals.clock_starts import first_of, first_start, start_of
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import Effect
from steppe.domain.values.levels import Level
from steppe.domain.values.states import Start, WorksState
from steppe.domain.values.value_class import value_class

# Whose line it is, and of which part; either may be unsaid.
LineKey = tuple[str | None, str | None]

STARTS_OF_WORKS = frozenset({"construction.started", "construction.completed", "production.started"})
_PROJECT = "project"


@value_class(frozen=True, slots=True)
class Line:
    """What one deal builds and runs of one part. `suspended` names what stands still: construction, production, project."""

    construction: Level | None = None
    production: Level | None = None
    suspended: frozenset[str] = frozenset()
    construction_since: Start | None = None
    trial_since: Start | None = None
    commercial: bool = False
    evidence: tuple[str, ...] = ()
    retired: bool = False
    # Since when it has been at its level.
    level_since: Start | None = None

    @property
    def level(self) -> Level | None:
        """None, construction, commissioning or producing."""
        if _PROJECT in self.suspended:
            return None
        if self.production is not None:
            if "production" not in self.suspended:
                return self.production
            if self.production is Level.PRODUCING:
                return Level.COMMISSIONING
        if self.construction is Level.CONSTRUCTION and "construction" in self.suspended:
            return None
        return self.construction

    def started(self, event: Event) -> Line:
        """After a start, or a completion: it begins anew when it was retired, and nothing is suspended any more."""
        line = Line() if self.retired else self
        construction, production, commercial = line.construction, line.production, line.commercial
        trial_since = line.trial_since
        match event.kind.name:
            case "construction.started":
                construction = construction or Level.CONSTRUCTION
            case "construction.completed":
                construction = Level.COMMISSIONING
            case _:
                if event.data.get("phase") == "commercial":
                    commercial, production = True, Level.PRODUCING
                else:
                    production = production or Level.COMMISSIONING
                    trial_since = first_start(trial_since, event)
        return replace(
            line._since_construction(event),
            construction=construction,
            production=production,
            commercial=commercial,
            trial_since=trial_since,
            suspended=frozenset(),
            evidence=(*line.evidence, event.reference),
        )

    def stopped(self, event: Event, what: str) -> Line:
        """After a suspension. One of construction proves that it had begun, one of production proves nothing."""
        return replace(self._proven(event), suspended=self.suspended | {what})

    def resumed(self, event: Event, what: str) -> Line:
        """After a resumption."""
        return replace(self._proven(event), suspended=self.suspended - {what})

    def _proven(self, event: Event) -> Line:
        if not event.kind.name.startswith("construction."):
            return self
        return replace(self._since_construction(event), construction=self.construction or Level.CONSTRUCTION)

    def _since_construction(self, event: Event) -> Line:
        if not event.kind.name.startswith("construction."):
            return self
        return replace(self, construction_since=first_start(self.construction_since, event))


@value_class(frozen=True, slots=True)
class Suspension:
    """A suspension that stands: of `what`, of a deal (None: all) and of a part (None: all). `met`: whether it met a line,
    or a line of it was begun since.

    `freed` are the deals and parts that were resumed since: it does not concern their lines, also those begun later. Neither
    does it concern the lines that `started` since.
    """

    what: str
    deal: str | None
    part: str | None
    met: bool
    freed: frozenset[LineKey] = frozenset()
    started: frozenset[LineKey] = frozenset()

    def concerns(self, key: LineKey) -> bool:
        """Whether it is of that line."""
        freed = any(deal in (None, key[0]) and part in (None, key[1]) for deal, part in self.freed)
        return self.covers(key) and not freed and key not in self.started

    def covers(self, key: LineKey) -> bool:
        """Whether its deal and part include that line, whatever was started or resumed since."""
        return self.deal in (None, key[0]) and self.part in (None, key[1])

    def after_start(self, key: LineKey) -> Suspension:
        """What is left of it after a start of a line."""
        return replace(self, met=True, started=self.started | {key}) if self.covers(key) else self

    def without(self, deal: str | None, part: str | None) -> Suspension | None:
        """What is left of it after a resumption of a deal (None: all) and a part (None: all)."""
        if deal in (None, self.deal) and part in (None, self.part):
            return None
        return replace(self, freed=self.freed | {(deal, part)}) if _overlap(self, deal, part) else self


@value_class(frozen=True, slots=True)
class PartClocks:
    """Of a part, over its lines: since when it is built and in trial, and whether it ever produced commercially."""

    part: str | None
    construction_since: Start | None
    trial_since: Start | None
    commercial: bool
    evidence: tuple[str, ...]


class Works:
    """The lines of works up to the events applied so far."""

    def __init__(self) -> None:
        self._lines: dict[LineKey, Line] = {}
        self._suspensions: frozenset[Suspension] = frozenset()
        # The physical state of the project, which is the highest of its lines'.
        self.level: Level | None = None
        self.last_event_on: date | None = None

    def fork(self) -> Works:
        """An independent copy."""
        fork = Works()
        fork._suspensions = self._suspensions
        fork.level = self.level
        fork.last_event_on = self.last_event_on
        fork._lines = self._lines.copy()
        return fork

    @property
    def suspended_as_a_whole(self) -> bool:
        """Whether a suspension of the whole project stands that met no works."""
        return any(
            one.what == _PROJECT and one.deal is None and one.part is None and not one.met for one in self._suspensions
        )

    @property
    def stand_still(self) -> bool:
        """Whether every line that was begun and is not retired stands still; False when there is none."""
        lines = [line for line in self._lines.values() if not line.retired]
        return bool(lines) and all(line.suspended for line in lines)

    @property
    def go_on(self) -> bool:
        """Whether a line that was begun and is not retired does not stand still."""
        return any(not line.retired and not line.suspended for line in self._lines.values())

    def has_line(self, deal: str, part: str | None) -> bool:
        """Whether a deal has a line of a part (None: any line)."""
        return any(key[0] == deal and part in (None, key[1]) for key in self._lines)

    def part_is_suspended(self, deal: str) -> bool:
        """Whether a `project.suspended` of a part stands, of a part of which the deal has a line that stands still so."""
        if not self._suspensions:
            return False
        of_parts = [one for one in self._suspensions if one.what == _PROJECT and one.part]
        return any(
            key[0] == deal and _PROJECT in line.suspended and any(one.concerns(key) for one in of_parts)
            for key, line in self._lines.items()
        )

    def line_keys(self) -> Iterable[LineKey]:
        """The lines that were begun, retired or not."""
        return self._lines.keys()

    def has_unretired_line(self, deal: str | None, part: str | None) -> bool:
        """Whether a line of exactly this deal, and of this part (None: any), was begun and is not retired."""
        return any(key[0] == deal and part in (None, key[1]) and not line.retired for key, line in self._lines.items())

    def runs(self, what: str, deal: str | None, part: str | None) -> bool:
        """Whether construction (or production) of a line of exactly this deal, and of this part (None: any), could be stopped:
        it has begun and is not suspended."""
        return any(
            (line.construction if what == "construction" else line.production) is not None
            and what not in line.suspended
            for key, line in self._lines.items()
            if key[0] == deal and part in (None, key[1])
        )

    def suspended(self, what: str, deal: str | None, part: str | None) -> bool:
        """Whether a suspension stands that a resumption of this deal and part (None: all) would lift."""
        lines = any(
            what in line.suspended and deal in (None, key[0]) and part in (None, key[1])
            for key, line in self._lines.items()
        )
        return lines or any(one.what == what for one in self._suspensions if _overlap(one, deal, part))

    def part_clocks(self) -> list[PartClocks]:
        """Of each part that has a line which is not retired; what names no part is one, too."""
        by_part: dict[str | None, list[Line]] = {}
        for (_, part), line in self._lines.items():
            if not line.retired:
                by_part.setdefault(part, []).append(line)
        return [_clocks_of(part, by_part[part]) for part in sorted(by_part, key=lambda part: part or "")]

    def states(self) -> tuple[WorksState, ...]:
        """Every line, in order of deals and parts."""
        if not self._lines:
            return ()
        return tuple(
            WorksState(
                deal=key[0],
                part=key[1],
                level=line.level,
                suspended=tuple(sorted(line.suspended)),
                retired=line.retired,
                since=None if line.level_since is None else line.level_since.latest,
                since_earliest=None if line.level_since is None else line.level_since.earliest,
                since_given=None if line.level_since is None else line.level_since.given,
            )
            for key, line in sorted(self._lines.items(), key=lambda item: (item[0][0] or "", item[0][1] or ""))
        )

    def apply(self, event: Event) -> None:
        """Take in a physical event, or one that suspends, resumes, retires or cancels works of the project."""
        name = event.kind.name
        if event.kind.effect is Effect.PHYSICAL and name != "funds.disbursed":
            self.last_event_on = event.latest
        what, _, verb = name.partition(".")
        if name in STARTS_OF_WORKS:
            key = (event.deal, event.data.get("part"))
            self._put(key, self._lines.get(key, Line()).started(event), event)
            self._suspensions = frozenset(one.after_start(key) for one in self._suspensions)
        elif verb == "suspended":
            self._suspend(event, what)
        elif verb == "resumed":
            self._resume(event, what)
        elif name == "project.retired" or (name == "project.cancelled" and "part" in event.data):
            for key in self._concerned(event):
                self._put(key, Line(retired=True), event)

    def _put(self, key: LineKey, line: Line, event: Event) -> None:
        """Replace a line by what it is after an event."""
        before = self._lines.get(key, Line())
        since = before.level_since if line.level is before.level else start_of(event)
        self._set(key, replace(line, level_since=since))

    def _set(self, key: LineKey, line: Line) -> None:
        self._lines[key] = line
        self.level = max((line.level for line in self._lines.values() if line.level is not None), default=None)

    def _suspend(self, event: Event, what: str) -> None:
        keys = self._concerned(event)
        if not keys and what == "construction":
            keys = [self._proven_line(event)]
        active = [key for key in keys if not self._lines[key].retired]
        deal = event.deal if what == _PROJECT or self._has_lines(event.deal, keys) else None
        self._suspensions |= {Suspension(what, deal, event.data.get("part"), met=bool(active))}
        for key in active:
            self._put(key, self._lines[key].stopped(event, what), event)

    def _resume(self, event: Event, what: str) -> None:
        keys = self._concerned(event)
        if not keys and what == "construction":
            keys = [self._proven_line(event)]
        for key in keys:
            if not self._lines[key].retired:
                self._put(key, self._lines[key].resumed(event, what), event)
        part = event.data.get("part")
        deal = event.deal if what == _PROJECT or self._has_lines(event.deal, keys) else None
        left = [one if one.what != what else one.without(deal, part) for one in self._suspensions]
        self._suspensions = frozenset(one for one in left if one is not None)

    def _has_lines(self, deal: str | None, keys: Iterable[LineKey]) -> bool:
        """Whether a deal has lines of its own, or one of these is: else it speaks of all lines."""
        return any(key[0] == deal for key in (*self._lines, *keys))

    def _proven_line(self, event: Event) -> LineKey:
        """The line that a suspension or resumption of construction proves, when it meets none."""
        key = (event.deal, event.data.get("part"))
        self._set(key, Line(suspended=frozenset(one.what for one in self._suspensions if one.concerns(key))))
        return key

    def _concerned(self, event: Event) -> list[LineKey]:
        part, deal = event.data.get("part"), event.deal
        of_deal = deal
        if not event.kind.name.startswith("project.") and deal is not None and not self.has_line(deal, None):
            of_deal = None  # a deal without lines of its own speaks of all
        return [key for key in self._lines if part in (None, key[1]) and of_deal in (None, key[0])]


def _overlap(suspension: Suspension, deal: str | None, part: str | None) -> bool:
    deals = None in (deal, suspension.deal) or deal == suspension.deal
    return deals and (None in (part, suspension.part) or part == suspension.part)


def _clocks_of(part: str | None, lines: list[Line]) -> PartClocks:
    construction: Start | None = None
    trial: Start | None = None
    for line in lines:
        if line.construction_since is not None:
            construction = first_of(construction, line.construction_since)
        if line.trial_since is not None:
            trial = first_of(trial, line.trial_since)
    return PartClocks(
        part=part,
        construction_since=construction,
        trial_since=trial,
        commercial=any(line.commercial for line in lines),
        evidence=tuple(reference for line in lines for reference in line.evidence),
    )
