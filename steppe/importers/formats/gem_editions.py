"""What a later edition of a tracker says of a plant: what its units became, by the table of docs/importing.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from steppe.importers.formats.gem_words import ALIVE, CLOSING, LISTED_MAX, PLANNED, RAN
from steppe.importers.import_report import EditionReport
from steppe.importers.statement import Before, Bounds, Later, Statement, Thing


class PlantNews:
    """What a later edition says of a plant."""

    def __init__(self, before: Before, now: Thing, edition: str, report: EditionReport) -> None:
        self._before = before
        self._now = now
        self._edition = edition
        self._report = report
        self._statements: list[Statement] = []
        self._taken_back: set[str] = set()
        self._said: dict[str, str] = {}
        self._is_closed = False
        self._was_ended = any(f"{CLOSING}/{name}" in before.said for name in ("project.cancelled", "project.retired"))

    def later(self) -> Later:
        """Statements in the order of the edition, with what brings units back to life before them."""
        by_part: dict[str, list[Statement]] = {}
        for statement in self._now.statements:
            by_part.setdefault(statement.key.partition("/")[0], []).append(statement)
        for part in self._before.states.keys() - self._now.states.keys():
            where = f"{part} stood in the edition before and is gone; what was said of it stays"
            self._report.contradict(self._now.line, self._now.name, where)
        self._keep(self._with_parts_that_are_gone(by_part.pop("registered")[0]))
        closing = by_part.pop(CLOSING, [])
        self._is_closed = bool(closing)
        for part, statements in by_part.items():
            self._unit(part, statements)
        self._close(closing)
        return Later(tuple(self._statements), self._taken_back, self._said)

    def _with_parts_that_are_gone(self, registration: Statement) -> Statement:
        gone = self._before.states.keys() - self._now.states.keys()
        parts = [part for part in self._before.registration.get("parts", ()) if part["part"] in gone]
        all_parts = sorted([*registration.data["parts"], *parts], key=lambda part: str(part["part"]))
        data = {**registration.data, "parts": all_parts[:LISTED_MAX]}
        return Statement(registration.key, registration.name, data, registration.line)

    def _unit(self, part: str, statements: Sequence[Statement]) -> None:
        before, now = self._before.states.get(part), self._now.states[part]
        if before is None:
            for statement in statements:
                self._add(replace(statement, bounds=Bounds.BEFORE))
            return
        self._take_back(part, before, now)
        self._take_back_what_dates_contradict(part, statements)
        for name in _revivals(before, now):
            if f"{part}/{_REVIVED[before]}" in self._taken_back:
                continue
            line = statements[0].line
            evidence = statements[0].data["evidence"]
            self._add(Statement(f"{part}/{name}", name, {"part": part, "evidence": evidence}, line), again=True)
        is_taken_back = any(key.startswith(f"{part}/") for key in self._taken_back)
        returns = self._was_ended and not self._is_closed and now in ALIVE
        begins_anew = (before in ("cancelled", "retired") or returns) and now != before
        for statement in statements:
            self._say(statement, begins_anew=begins_anew, is_taken_back=is_taken_back, changed=now != before)

    def _say(self, statement: Statement, *, begins_anew: bool, is_taken_back: bool, changed: bool) -> None:
        """Say what the edition before said, too, as it was said; what was true before that and is again, anew."""
        if statement.key in self._before.said and statement.key not in self._taken_back and not begins_anew:
            self._keep(statement)
        elif statement.name == "intent.announced" and not begins_anew and not is_taken_back:
            return  # it was begun in other words
        elif statement.key in self._before.retracted and (begins_anew or not self._is_dated_before(statement)):
            self._add(_undated(statement, self._before.edition), again=True)
        elif statement.key not in self._sent():
            self._add(replace(statement, bounds=Bounds.SINCE) if begins_anew else statement)
        elif statement.name in _BEGINNINGS and not begins_anew:
            self._keep(statement)  # it was suspended since, and goes on
        else:
            self._add(_undated(statement, self._before.edition), again=changed)

    def _is_dated_before(self, statement: Statement) -> bool:
        return _is_before(statement.data.get("occurred"), self._before.edition)

    def _take_back_what_dates_contradict(self, part: str, statements: Sequence[Statement]) -> None:
        """A unit that was given up, and now is said to have begun before that, was never given up; nor did its plant end."""
        begun = [row for row in statements if row.name in _BEGINNINGS and self._is_dated_before(row)]
        if not begun or all(row.key in self._before.sent for row in begun):
            return
        self._taken_back |= {
            key
            for key, name in self._before.sent.items()
            if (key.startswith(f"{part}/") and name in _GIVEN_UP.values())
            or (key.startswith(f"{CLOSING}/") and name in _CLOSINGS)
        }

    def _close(self, closing: Sequence[Statement]) -> None:
        begun = any(
            row.name in _STEPS and row.key not in self._before.sent and not self._is_dated_before(row)
            for row in self._statements
        )
        for statement in closing:
            key = self._before.said.get(statement.key)
            if key is not None and not begun:
                self._taken_back.discard(key)
                self._keep(statement)
            else:
                self._add(statement, again=begun or statement.key in {*self._sent(), *self._before.retracted})
        if not any(status in RAN for status in self._now.states.values()):
            retired = f"{CLOSING}/project.retired"  # nothing of it ran
            self._taken_back |= {key for key in self._before.sent if key.startswith(retired)} - set(self._said.values())
        if not closing and self._sent_of_plant("project.suspended") > self._sent_of_plant("project.resumed"):
            name = "project.resumed"
            data = {"evidence": self._now.statements[0].data["evidence"]}
            self._add(Statement(f"{CLOSING}/{name}", name, data, self._now.line), again=True)

    def _sent_of_plant(self, name: str) -> int:
        return sum(1 for key in self._sent() if key.startswith(f"{CLOSING}/{name}"))

    def _take_back(self, part: str, before: str, now: str) -> None:
        """What the source no longer says: that it ran, or that it is under construction."""
        wrong: frozenset[str] = frozenset()
        if before in RAN and now not in RAN:
            wrong |= _OF_RUNNING
        if before in RAN | {"construction"} and now in PLANNED:
            wrong |= {"construction.started"}
        self._taken_back |= {
            key for key, name in self._before.sent.items() if key.startswith(f"{part}/") and name in wrong
        }

    def _sent(self) -> set[str]:
        return self._before.sent.keys() - self._taken_back

    def _keep(self, statement: Statement) -> None:
        key = self._said[statement.key] = self._before.said.get(statement.key, statement.key)
        is_second = key != statement.key  # then its key ends with the edition that said it again
        self._statements.append(_undated(statement, key.rpartition("/")[2]) if is_second else statement)

    def _add(self, statement: Statement, *, again: bool = False) -> None:
        was_closed = any(key.startswith(f"{CLOSING}/") for key in self._before.said)
        if (again or was_closed) and statement.bounds is Bounds.BETWEEN and statement.name not in _LIFTING:
            statement = replace(statement, bounds=Bounds.SINCE)
        key = f"{statement.key}/{self._edition}" if again else statement.key
        self._said[statement.key] = key
        self._statements.append(replace(statement, key=key))


def _undated(statement: Statement, edition: str) -> Statement:
    """What happens for the second time, without the day of the first: it happened after the edition that said the opposite."""
    if not _is_before(statement.data.get("occurred"), edition):
        return statement
    return replace(statement, data={name: value for name, value in statement.data.items() if name != "occurred"})


def _is_before(day: str | None, edition: str) -> bool:
    """Whether a day that is told lies before an edition; the year of the edition itself does not."""
    return day is not None and day < edition and not edition.startswith(day)


_LIFTING = frozenset({"project.resumed", "production.resumed"})  # what they lift stood on the day of the edition before
_GIVEN_UP = {"cancelled": "project.cancelled", "shelved": "project.suspended"}
_REVIVED = {**_GIVEN_UP, "mothballed": "production.suspended"}
_CLOSINGS = frozenset({"project.retired", "project.cancelled", "project.suspended"})
_STEPS = frozenset(
    {"intent.announced", "permit.applied", "permit.granted", "construction.started", "production.started"}
)
_BEGINNINGS = frozenset({"construction.started", "production.started"})
_OF_RUNNING = frozenset({"production.started", "production.suspended", "production.resumed", "project.retired"})


def _revivals(before: str, now: str) -> Iterator[str]:
    lives = now in ALIVE
    if before == "mothballed" and now == "operating":
        yield "production.resumed"
    elif before in ("shelved", "cancelled") and lives:
        yield "project.resumed"
