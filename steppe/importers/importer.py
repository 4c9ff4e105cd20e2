"""An import: the editions of a source, oldest first, become events; each is checked as ingest checks it.

The events of all editions come out, in order. Whoever imports a later edition gives the earlier ones again: what they said was
sent, so it is a duplicate, and only the differences are new. So nothing needs to be remembered between two imports.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from steppe.contracts.acceptance import Refused, accept
from steppe.domain.events.vocabulary import EVENT_KINDS, Effect
from steppe.importers.edition_memory import EditionMemory, Sent, ThingState
from steppe.importers.import_report import EditionReport
from steppe.importers.known_names import KnownNames
from steppe.importers.project_keys import ProjectKeys
from steppe.importers.project_matching import Verdict
from steppe.importers.source_file import BadFileError
from steppe.importers.statement import Before, Bounds, Data, Format, Statement, Thing

Event = dict[str, Any]
_THINGS_MAX = 1_000_000
_REGISTRATION = "project.registered"
_PARTY = "party"
_PARTY_SUBJECT = "party:"
_AMENDED = ("parts", "capacity")  # of a project: they change as it does, and the first registration holds from ever


@dataclass(frozen=True, slots=True)
class Edition:
    """The files that a source published on a day."""

    day: str
    files: Sequence[Path]


class Import:
    """The events of the editions of one source, oldest first. `reports` has one report an edition, complete when all are read."""

    def __init__(
        self,
        form: Format,
        editions: Sequence[Edition],
        recorded: datetime,
        source: str | None = None,
        *,
        names: KnownNames | None = None,
        decided: Mapping[str, str] | None = None,
    ) -> None:
        """`names` compare with what Steppe has; `decided` are keys of projects by the things of which somebody said them, and keys
        of parties by `party:` and the key that the files would give them.
        """
        self._form = form
        self.names = names
        self.decided: Mapping[str, str] = decided or {}
        self.decided_parties = {
            thing.removeprefix(_PARTY_SUBJECT): key
            for thing, key in self.decided.items()
            if thing.startswith(_PARTY_SUBJECT)
        }
        self._editions = editions
        self._recorded = recorded
        self._source = source or form.source
        self.reports: list[EditionReport] = []

    def events(self) -> Iterator[Event]:
        """Every event that ingest would accept, in the order of the files. Raises BadFileError, which names the file."""
        with ExitStack() as stack:
            memory = stack.enter_context(EditionMemory()) if len(self._editions) > 1 else None
            keys = ProjectKeys(self.decided)
            reading = self._form.begin()
            self.reports.clear()
            for number, edition in enumerate(self._editions):
                report = EditionReport(edition.day, [file.name for file in edition.files])
                self.reports.append(report)
                yield from _EditionImport(self, reading, number, report, keys, memory).events()

    @property
    def source(self) -> str:
        return self._source

    @property
    def recorded(self) -> datetime:
        return self._recorded

    def edition(self, number: int) -> Edition:
        return self._editions[number]


class _Destination(Enum):
    """To which project the events of a thing go: its own, another that has a registration, or none until somebody decides."""

    OWN = "own"
    OTHER = "other"
    ASK = "ask"


class _EditionImport:
    """One edition of an import."""

    def __init__(
        self,
        whole: Import,
        form: Format,
        number: int,
        report: EditionReport,
        keys: ProjectKeys,
        memory: EditionMemory | None,
    ) -> None:
        self._whole = whole
        self._form = form
        self._number = number
        self._edition = whole.edition(number)
        self._report = report
        self._keys = keys
        self._memory = memory
        self._read: dict[str, bytes] = {}

    def events(self) -> Iterator[Event]:
        form, day, report = self._form, self._edition.day, self._report
        self._keys.begin_edition()
        for file in self._edition.files:
            with _naming(file):
                for count, (key, name, kind_word) in enumerate(form.names(file, report)):
                    if count >= _THINGS_MAX:
                        raise BadFileError(f"it has more than {_THINGS_MAX:,} projects; split it")
                    self._keys.take(key, name, kind_word)
        for file in self._edition.files:
            with _naming(file):
                for thing in form.things(file, day, self._keys, report):
                    if self._is_new(thing):
                        report.projects += thing.kind_word != _PARTY
                        yield from self._events_of(thing)
        if self._whole.names is not None:
            report.parties_known = sum(1 for party in report.parties if self._whole.names.parties.knows(party))
        if self._memory is not None and self._number:
            for key, state in self._memory.last_held_in(self._number - 1):
                report.missing.add(thing=key, name=state.name, project=state.project)

    def _is_new(self, thing: Thing) -> bool:
        if len(self._read) >= _THINGS_MAX:
            raise BadFileError(f"with it the edition has more than {_THINGS_MAX:,} projects; give it in pieces")
        content = hashlib.blake2b(
            _text([[statement.key, statement.name, statement.data] for statement in thing.statements]).encode(),
            digest_size=16,
        ).digest()
        before = self._read.setdefault(thing.key, content)
        if before is content:
            return True
        if before == content:
            self._report.duplicates += 1
        else:
            self._report.refuse(
                thing.line, "", f"{thing.key} stands in the edition twice, and otherwise; the first is taken"
            )
        return False

    def _events_of(self, thing: Thing) -> Iterator[Event]:
        project = thing.subject or self._keys.take(thing.key, thing.name, thing.kind_word)
        state = None if self._memory is None else self._memory.get(thing.key)
        writer = _Writer(self._whole, thing, project, self._edition.day, self._report)
        if state is None:
            match self._destination(project, thing):
                case _Destination.ASK:
                    return
                case destination:
                    yield from writer.first(registers=destination is _Destination.OWN)
            said = {key: key for key in writer.sent}
        else:
            before = Before(
                edition=self._whole.edition(self._number - 1).day,
                stage=state.stage,
                states=state.states,
                sent={key: sent.name for key, sent in state.sent.items() if sent.retraction is None},
                retracted={key for key, sent in state.sent.items() if sent.retraction is not None},
                data={key: sent.data for key, sent in state.sent.items()},
                said=state.said,
                registration=next((sent.data for sent in state.sent.values() if sent.name == _REGISTRATION), {}),
            )
            later = self._form.later(before, thing, self._edition.day, self._report)
            writer.sent = state.sent
            said = dict(later.said)
            yield from writer.later(later.statements, later.taken_back, said, self._between())
        if self._memory is not None and writer.sent:
            remembered = ThingState(project, thing.name, thing.stage, dict(thing.states), writer.sent, said)
            self._memory.put(thing.key, remembered, self._number)

    def _destination(self, project: str, thing: Thing) -> _Destination:
        """Whose project that of the key is; what a person should look at is reported."""
        names, report = self._whole.names, self._report
        if names is None or thing.subject is not None:
            return _Destination.OWN
        match = names.projects.match(project, thing.statements[0].data)
        if match.alike:
            others = [f"{other.project.key} ({other.project.name}): {other.because}" for other in match.alike]
            report.alike.add(line=thing.line, thing=thing.key, project=project, name=thing.name, others=others)
        if match.verdict is not Verdict.TAKEN:
            report.matches[
                match.verdict.value if match.verdict is Verdict.NEW else f"{match.verdict.value}: {match.reason}"
            ] += 1
            return _Destination.OWN
        if thing.key in self._whole.decided:
            report.matches["as you said"] += 1
            return _Destination.OTHER
        report.matches["undecided"] += 1
        report.undecided.add(line=thing.line, thing=thing.key, project=project, name=thing.name, reason=match.reason)
        return _Destination.ASK

    def _between(self) -> dict[Bounds, str]:
        day = self._edition.day
        previous = date.fromisoformat(self._whole.edition(self._number - 1).day)
        return {
            Bounds.BETWEEN: f"{previous}/{day}",
            Bounds.BEFORE: f"../{day}",
            Bounds.SINCE: f"{previous + timedelta(days=1)}/{day}",
        }


class _Writer:
    """Makes events of the statements of one thing. `sent` has what was sent of it, by key."""

    def __init__(self, whole: Import, thing: Thing, project: str, edition: str, report: EditionReport) -> None:
        self._whole = whole
        self._thing = thing
        self._project = project
        self._edition = edition
        self._report = report
        self.sent: dict[str, Sent] = {}

    def first(self, *, registers: bool) -> Iterator[Event]:
        """Every statement, as an edition says it of a thing that none before held; `registers`: its registration, too."""
        for statement in self._thing.statements:
            if statement.name == _REGISTRATION and not registers:
                continue
            event = self._send_new(statement, f"../{self._edition}")
            if event is not None:
                yield event
            elif statement.name == _REGISTRATION:
                rest = len(self._thing.statements) - 1
                self._report.unsent.count("events of a project whose registration is refused", rest)
                return

    def later(
        self, statements: Sequence[Statement], taken_back: Set[str], said: dict[str, str], between: Mapping[Bounds, str]
    ) -> Iterator[Event]:
        """What differs from what was sent: new statements, corrections, retractions."""
        for statement in statements:
            key = said.get(statement.key, statement.key)
            sent = self.sent.get(key)
            if sent is None and statement.name == _REGISTRATION:
                continue  # its project has another's
            if sent is None:
                event = self._send_new(statement, between[statement.bounds])
                if event is not None:
                    self._differ("new", statement.name, statement.line)
                    yield event
                continue
            before = len(self._report.differences.entries), self._report.differences.count
            if sent.retraction is not None:
                yield from self._give_back(sent, statement)
            yield from self._mend(key, sent, statement)
            if before == (len(self._report.differences.entries), self._report.differences.count):
                self._report.unchanged += 1
        for key in sorted(taken_back):
            yield from self._take_back(self.sent[key])

    def _send_new(self, statement: Statement, bounded: str) -> Event | None:
        data = dict(statement.data)
        if "occurred" not in data and EVENT_KINDS[statement.name].effect is not Effect.RECORD:
            data = {"occurred": bounded, **data}
        event_id = self._id(statement.key)
        event = self._accepted(event_id, statement.name, data, statement.line)
        if event is not None:
            self.sent[statement.key] = Sent(event_id, statement.name, statement.data)
        return event

    def _mend(self, key: str, sent: Sent, statement: Statement) -> Iterator[Event]:
        changes = _changes(sent.data, statement.data)
        is_other = statement.name != sent.name
        if not changes and not is_other:
            return
        if changes.get("occurred", "") is None:
            changes["occurred"] = f"../{self._edition}"
        reason = f"the edition of {self._edition} says otherwise"
        target = {"source": self._whole.source, "id": sent.id}
        if is_other:
            data: Data = {"target": target, "name": statement.name, "reason": reason}
            if changes:
                data["changes"] = changes
            event = self._accepted(self._id(key, "reclassified"), "event.reclassified", data, statement.line)
            self._differ("reclassified", f"{sent.name} is {statement.name}", statement.line, sent.data, changes)
            events = [event]
        else:
            events = list(self._corrections(key, target, sent, changes, reason, statement.line))
        if any(events):
            self.sent[key] = Sent(sent.id, statement.name, statement.data, sent.retraction)
        yield from (event for event in events if event is not None)

    def _corrections(
        self, key: str, target: Data, sent: Sent, changes: Data, reason: str, line: int
    ) -> Iterator[Event | None]:
        amended = {}
        if sent.name == _REGISTRATION:
            amended = {name: changes.pop(name) for name in _AMENDED if changes.get(name) is not None}
        if amended:
            self._differ("amended", sent.name, line, sent.data, amended)
            yield self._accepted(self._id(key, "amended"), "project.amended", amended, line)
        if changes:
            self._differ("corrected", sent.name, line, sent.data, changes)
            data = {"target": target, "changes": changes, "reason": reason}
            yield self._accepted(self._id(key, "corrected"), "event.corrected", data, line)

    def _take_back(self, sent: Sent) -> Iterator[Event]:
        if sent.retraction is not None:
            return
        event_id = self._id(sent.id, "retracted")
        data = {
            "target": {"source": self._whole.source, "id": sent.id},
            "reason": f"the edition of {self._edition} no longer says so",
        }
        self._differ("retracted", sent.name, self._thing.line)
        event = self._accepted(event_id, "event.retracted", data, self._thing.line)
        if event is not None:
            sent.retraction = event_id
            yield event

    def _give_back(self, sent: Sent, statement: Statement) -> Iterator[Event]:
        data = {
            "target": {"source": self._whole.source, "id": sent.retraction},
            "reason": f"the edition of {self._edition} says so again",
        }
        self._differ("given back", sent.name, statement.line)
        event = self._accepted(self._id(sent.id, "given back"), "event.retracted", data, statement.line)
        if event is not None:
            sent.retraction = None
            yield event

    def _accepted(self, event_id: str, name: str, data: Data, line: int) -> Event | None:
        """The event if ingest would accept it; else None, and it stands among the refused."""
        data = _with_parties(data, self._whole.decided_parties)
        event = {
            "specversion": "1.0",
            "id": event_id,
            "source": self._whole.source,
            "type": EVENT_KINDS[name].type,
            "subject": self._project,
            "datacontenttype": "application/json",
            "data": {**data, "reported": self._edition},
        }
        verdict = accept(event, self._whole.recorded)
        if isinstance(verdict, Refused):
            for fault in verdict.errors:
                self._report.refuse(line, fault.pointer, f"{name}: {fault.message}")
            return None
        self._report.events[name] += 1
        self._compare_parties(data, line)
        self._report.name_parties(verdict.parties)
        for warning in verdict.warnings:
            self._report.warnings.add(line=line, project=self._project, event=name, message=warning)
        return event

    def _compare_parties(self, data: Data, line: int) -> None:
        """Reports the parties that the edition names for the first time, and that may be others that Steppe has."""
        if self._whole.names is None:
            return
        for party in data.get("parties", ()):
            key, name = party["party"], party.get("name")
            if name is None or key in self._report.parties:
                continue
            likely = self._whole.names.parties.alike(key, name, party.get("country"))
            if likely:
                others = [f"{other.key} ({other.name}): {because}" for other, because in likely]
                self._report.parties_alike.add(line=line, thing=f"{_PARTY_SUBJECT}{key}", name=name, others=others)

    def _differ(self, what: str, name: str, line: int, before: Data | None = None, changes: Data | None = None) -> None:
        fields = {field: [(before or {}).get(field), value] for field, value in (changes or {}).items()}
        self._report.differences.add(line=line, project=self._project, what=what, event=name, changes=fields)

    def _id(self, key: str, what: str = "") -> str:
        """What is said once has an id without edition; what an edition changes has that of the edition in it."""
        pieces = [self._whole.source, self._thing.key, key, *([what, self._edition] if what else [])]
        return hashlib.sha256("\x00".join(pieces).encode()).hexdigest()[:32]


def _with_parties(data: Data, keys: Mapping[str, str]) -> Data:
    """The data with other keys of parties, in the changes of a correction, too."""
    if not keys:
        return data
    if "parties" in data and data["parties"] is not None:
        renamed = [{**party, "party": keys.get(party["party"], party["party"])} for party in data["parties"]]
        data = {**data, "parties": renamed}
    if "changes" in data:
        data = {**data, "changes": _with_parties(data["changes"], keys)}
    return data


def _changes(before: Data, now: Data) -> Data:
    return {field: now.get(field) for field in sorted({*before, *now}) if before.get(field) != now.get(field)}


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """Puts the name of the file before what is wrong with it."""
    try:
        yield
    except BadFileError as error:
        raise BadFileError(f"{file.name}: {error}") from error
