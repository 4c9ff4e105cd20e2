"""What a portfolio comes to on a day, as known at an instant, in the spelling of the worked cases (sections 4 to 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from tests.domain.reference.corrections import Record, records
from tests.domain.reference.days import Start, ages, first_of
from tests.domain.reference.events import Event, read
from tests.domain.reference.flags import SEVERITIES
from tests.domain.reference.history import DealView, History, LegView, Snapshot
from tests.domain.reference.judgement import HEADLINE, Judgements, Shown
from tests.domain.reference.markets import Markets
from tests.domain.reference.registry import Parties, Registered
from tests.domain.reference.thresholds import DEFAULTS, Thresholds
from tests.domain.reference.vocabulary import LEVELS
from tests.domain.reference.works import NONE

_NOW = datetime.max.replace(tzinfo=UTC)
_PRESUMED_DEAD = SEVERITIES.index("presumed-dead")


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything that can be asked; projects that are not there are in none of it."""

    flags: list[dict[str, Any]]
    deals: dict[str, dict[str, Any]]
    projects: dict[str, dict[str, Any]]
    parked: list[str]
    refused_ids: list[str]
    conflict_ids: list[str]


def answer(
    events: Sequence[Mapping[str, Any]],
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    known_by: str = "reported",
    thresholds: Thresholds = DEFAULTS,
) -> Answers:
    """Judge a log of CloudEvents in any order, repeats allowed."""
    log = read(events)
    instant = known_at or max((event.recorded for event in log.events), default=_NOW)
    day = as_of or instant.astimezone(UTC).date()

    def is_known(event: Event) -> bool:
        return (event.recorded if known_by == "recorded" else event.known) <= instant

    standing = records(log, is_known)
    parties = Parties(
        {
            subject.removeprefix("party:"): Registered(record)
            for subject, record in standing.items()
            if subject.startswith("party:")
        }
    )
    histories = {
        subject: History(subject, record.rows, _looks(record, log.conflicts, is_known), Registered(record), day)
        for subject, record in sorted(standing.items())
        if ":" not in subject and not any(row.name == "project.superseded" for row in record.rows)
    }
    histories = {subject: history for subject, history in histories.items() if history.is_there(day)}
    markets = Markets(histories, parties, thresholds)
    changes = sorted(markets.changes())
    views = [
        _Project(history, Judgements(history, markets, changes, thresholds), day) for history in histories.values()
    ]
    return Answers(
        flags=[flag for view in views for flag in view.flags()],
        deals={f"{view.key}/{key}": deal for view in views for key, deal in view.deals().items()},
        projects={view.key: view.project() for view in views},
        parked=sorted(ref for record in standing.values() for ref in record.parked),
        refused_ids=sorted({*log.refused, *(ref for record in standing.values() for ref in record.refused)}),
        conflict_ids=sorted({event.ref for event in log.conflicts if is_known(event)}),
    )


def _looks(record: Record, conflicts: Sequence[Event], is_known: object) -> list[Event]:
    """Every known row of a project, whatever became of it (section 6, unchecked)."""
    assert callable(is_known)
    return [
        *record.known_events,
        *(event for event in conflicts if event.subject == record.subject and is_known(event)),
    ]


class _Project:
    """The views of one project on the day asked."""

    def __init__(self, history: History, judgements: Judgements, day: date) -> None:
        self.key = history.key
        self.history = history
        self.judgements = judgements
        self.day = day
        snapshot = history.at(day)
        assert snapshot is not None
        self.snapshot: Snapshot = snapshot
        self.shown = judgements.shown(day)

    def flags(self) -> list[dict[str, Any]]:
        return [
            self._flag(name, deal, shown)
            for (name, deal), shown in sorted(self.shown.items(), key=lambda item: (item[0][1] or "", item[0][0]))
        ]

    def _flag(self, name: str, deal: str | None, shown: Shown) -> dict[str, Any]:
        condition = shown.condition
        assert condition is not None
        severity = SEVERITIES[shown.severity]
        step = next(step for step in condition.steps if step.severity == severity)
        rising = self.judgements.next((name, deal), self.day)
        return {
            "project": self.key,
            "deal": deal,
            "flag": name,
            "severity": severity,
            "certainty": "certain" if shown.certain >= shown.severity else "possible",
            "certain_severity": None if shown.certain < 0 else SEVERITIES[shown.certain],
            "since": self.judgements.since((name, deal), self.day).isoformat(),
            "certain_on": _text(self.judgements.certain_on((name, deal), self.day)),
            "started": _both(step.start),
            "age_months": None if step.start is None else ages(step.start, self.day),
            "threshold_months": step.threshold,
            "next": None if rising is None else {"severity": rising[0], "on": rising[1].isoformat()},
            "evidence": list(step.evidence),
            "on_hold": shown.on_hold,
            **condition.about(self.day),
        }

    def deals(self) -> dict[str, dict[str, Any]]:
        return {key: self._deal(deal) for key, deal in self.snapshot.deals.items()}

    def _deal(self, deal: DealView) -> dict[str, Any]:
        paper, silence = deal.memorandum, deal.silence
        return {
            "level": None if deal.level is None else LEVELS[deal.level],
            "highest_level": LEVELS[deal.highest],
            "living": deal.living,
            "phase": deal.phase,
            "overlays": self._deal_overlays(deal),
            "ended": None if deal.ended is None else {"on": deal.ended.as_list(), "how": deal.how},
            "pursuers": list(deal.pursuers),
            "legs": [_leg(leg) for leg in deal.legs],
            "leg_details": [_leg_details(leg) for leg in deal.legs],
            "missing_legs": list(deal.missing),
            "conditional": any(leg.conditional for leg in deal.valid_legs),
            "inferred": any(leg.inferred for leg in deal.valid_legs),
            "memorandum_clock": {
                "running": deal.memorandum_runs,
                "started": _both(paper),
                "age_months": None if paper is None else ages(paper, self.day),
            },
            "announcement_clock": {
                "running": deal.announcement_runs,
                "started": _both(deal.announcement),
            },
            "silence_clock": None
            if silence is None
            else {"last": silence.as_list(), "age_months": ages(silence, self.day)},
            "step_clock": None
            if deal.step is None or not deal.living
            else {"last": deal.step.as_list(), "age_months": ages(deal.step, self.day)},
            "papers": len(deal.papers),
            "permits": sorted(
                ({"permit": permit, "part": part, "id": ref} for permit, part, ref in deal.permits), key=str
            ),
            "co_investor": sorted(self.judgements.rivalry(deal, self.day).co_investor),
        }

    def _deal_overlays(self, deal: DealView) -> list[str]:
        overlays = set()
        if deal.held_since is not None:
            overlays.add("on-hold")
        if not deal.living:
            overlays.add(str(deal.how))
            return sorted(overlays)
        if deal.suspended:
            overlays.add("suspended")
        if ("lapsed", deal.key) in self.shown:
            overlays.add("lapsed")
        paper = self.shown.get(("memorandum-only", deal.key))
        if paper is not None and paper.certain >= _PRESUMED_DEAD:
            overlays.add("presumed-dead")
        return sorted(overlays)

    def project(self) -> dict[str, Any]:
        snapshot = self.snapshot
        headline = self.judgements.headline(self.day)
        running = [deal.memorandum for deal in snapshot.living if deal.memorandum_runs and deal.memorandum is not None]
        return {
            "level": LEVELS[snapshot.level],
            "highest_level": LEVELS[snapshot.highest],
            "overlays": self._overlays(headline),
            "physical_state": None if snapshot.physical == NONE else LEVELS[snapshot.physical],
            "headline": None
            if headline is None
            else {
                "flag": "memorandum-only",
                "severity": SEVERITIES[headline.severity],
                "certainty": "certain" if headline.certain >= headline.severity else "possible",
                "since": self.judgements.since(HEADLINE, self.day).isoformat(),
            },
            "memorandum_since": _both(first_of(running)) if running else None,
            "deals": {deal.key: deal.phase for deal in snapshot.deals.values()},
            "speaks_of_project": [row.ref for row in snapshot.spoken],
            "narrowed": {row.ref: row.narrowed_by for row in snapshot.rows if row.narrowed_by is not None},
            "lines": sorted(
                (
                    {
                        "deal": line.deal,
                        "part": line.part,
                        "state": None if line.state == NONE else LEVELS[line.state],
                        "suspended": line.still,
                    }
                    for line in snapshot.lines
                ),
                key=str,
            ),
        }

    def _overlays(self, headline: Shown | None) -> list[str]:
        snapshot = self.snapshot
        overlays = set()
        if snapshot.on_hold:
            overlays.add("on-hold")
        if snapshot.ended_how is not None:
            overlays.add(snapshot.ended_how)
        if not snapshot.living and snapshot.physical == NONE and snapshot.last_end is not None:
            overlays.add(snapshot.last_end)
        if snapshot.delisted:
            overlays.add("delisted")
        all_suspended = bool(snapshot.living) and all(deal.suspended for deal in snapshot.living)
        if snapshot.works_suspended or (all_suspended and not snapshot.works_go_on):
            overlays.add("suspended")
        if headline is not None and headline.certain >= _PRESUMED_DEAD:
            overlays.add("presumed-dead")
        return sorted(overlays)


def _leg(leg: LegView) -> dict[str, Any]:
    return {
        "leg": leg.kind,
        "id": leg.id,
        "bound_on": leg.bound.as_list(),
        "valid": leg.valid,
        "ended_on": None if leg.ended is None else leg.ended.as_list(),
        "ended_by": leg.ended_by,
        "conditional": leg.conditional,
        "inferred": leg.inferred,
    }


def _leg_details(leg: LegView) -> dict[str, Any]:
    return {
        "id": leg.id,
        "right": leg.right,
        "holders": list(leg.holders),
        "financed": leg.financed,
        "events": list(leg.rows),
    }


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _both(start: Start | None) -> list[str | None] | None:
    return None if start is None else start.as_list()
