"""What the core answers about a log, and what the reference does, in one spelling: one value a thing that can be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.history import Judgement
from steppe.domain.values.levels import Level
from steppe.domain.values.states import DealState, Flag, LegState, ProjectState, Start
from tests.domain.event_logs import from_wire
from tests.domain.reference.answers import Answers, answer
from tests.domain.reference.random_wire_logs import Envelope
from tests.domain.reference.thresholds import Thresholds

# "north/alpha level", "north/alpha displaced since", and so on.
Spelled = dict[str, Any]
_BELOW_THE_LINE = (None, "identified", "announced", "memorandum", "advanced")
# Of these flags the answer says what they name.
_NAMES = {"overdue": "milestones", "not-producing": "parts", "partly-bound": "missing"}


@dataclass(frozen=True)
class Question:
    """What is asked of a log."""

    as_of: date
    known_at: datetime
    known_by: str = "reported"


def differences(
    events: Sequence[Envelope], question: Question, rules: Rules, thresholds: Thresholds
) -> list[tuple[str, Any, Any]]:
    """What the reference and the core answer otherwise: the thing, and both values."""
    expected = _reference_answers(events, question, thresholds)
    answers = core_answers(events, question, rules)
    for key in [key for key in answers if key.endswith(" level") and key not in expected]:
        deal = key.removesuffix(" level")
        if answers[key] == "identified" and not answers[f"{deal} legs"]:
            # The core lists a deal of which there is nothing but news.
            answers = {other: value for other, value in answers.items() if not other.startswith(f"{deal} ")}
    missing = "is not there"
    return [
        (key, expected.get(key, missing), answers.get(key, missing))
        for key in sorted(expected.keys() | answers.keys())
        if expected.get(key, missing) != answers.get(key, missing)
    ]


def core_answers(events: Sequence[Envelope], question: Question, rules: Rules) -> Spelled:
    """The answers of the core."""
    whole = portfolio(
        [from_wire(event) for event in events], question.known_at, recorded=question.known_by == "recorded", rules=rules
    )
    spelled: Spelled = {}
    for key in whole.histories:
        judged = whole.judged(key, question.as_of)
        if judged.project is None:
            continue
        _put(spelled, key, _project(judged.project))
        for deal in judged.deals:
            _put(spelled, f"{key}/{deal.deal}", _deal(deal, judged))
        for flag in judged.flags:
            _put(spelled, f"{key}/{flag.deal or ''} {flag.flag}", _flag(flag))
    for subject in whole.subjects.values():
        for reading in subject.by_identity.values():
            if reading.state in ("parked", "refused"):
                spelled[f"{reading.event.reference} {reading.state}"] = True
    return spelled


def _put(spelled: Spelled, what: str, values: Mapping[str, Any]) -> None:
    spelled.update({f"{what} {name}": value for name, value in values.items()})


def _project(state: ProjectState) -> Spelled:
    headline = state.headline
    since = (
        Start(earliest=state.memorandum_since_earliest, latest=state.memorandum_since)
        if state.memorandum_since
        else None
    )
    return {
        "level": state.level.label,
        "highest_level": state.highest_level.label,
        "physical_state": _label(state.physical_state),
        "overlays": list(state.overlays),
        "headline": None if headline is None else [headline.severity, headline.certainty],
        "memorandum_since": _both(since),
    }


def _deal(state: DealState, judged: Judgement) -> Spelled:
    level = _label(state.level)
    spelled: Spelled = {
        "level": level,
        "highest_level": state.highest_level.label,
        "phase": state.phase,
        "overlays": list(state.overlays),
        "legs": [_leg(leg) for leg in state.legs],
        "memorandum_clock": [state.memorandum_runs, _both(state.memorandum)],
        "announcement_clock": [state.announcement_runs, _both(state.announcement)],
        "silence_clock": _both(state.silence),
        "step_clock": _both(state.step),
        "co_investor": list(judged.co_investors.get(state.deal, ())),
    }
    return spelled | _of_living(level, list(state.pursuers), list(state.missing_legs))


def _of_living(level: str | None, pursuers: list[str], missing: list[str]) -> Spelled:
    """What is only asked of a deal that lives, or that is bound."""
    spelled: Spelled = {} if level is None else {"pursuers": pursuers}
    return spelled if level in _BELOW_THE_LINE else spelled | {"missing_legs": missing}


def _leg(leg: LegState) -> list[Any]:
    ended = None if leg.ended_on is None else Start(earliest=leg.ended_on_earliest, latest=leg.ended_on)
    bound = Start(earliest=leg.since_earliest, latest=leg.since)
    kinds = [leg.conditional, leg.inferred]
    return [leg.leg, leg.events[0], _both(bound), leg.valid, _both(ended), leg.ended_how, *kinds]


def _flag(flag: Flag) -> Spelled:
    named = {"milestones": list(flag.milestones), "parts": list(flag.parts), "missing": list(flag.missing)}
    return {
        "severity": [flag.severity, flag.certainty, flag.certain_severity],
        "since": flag.since.isoformat(),
        "certain_on": None if flag.certain_on is None else flag.certain_on.isoformat(),
        "on_hold": flag.on_hold,
        "next": None if flag.next_on is None else [flag.next_severity, flag.next_on.isoformat()],
        "started": _both(flag.start),
        "names": named[_NAMES[flag.flag]] if flag.flag in _NAMES else None,
        "rivals": [list(flag.groups), flag.tier],
    }


def _label(level: Level | None) -> str | None:
    return None if level is None else level.label


def _both(start: Start | None) -> list[str | None] | None:
    if start is None:
        return None
    return [None if start.earliest is None else start.earliest.isoformat(), start.latest.isoformat()]


def _reference_answers(events: Sequence[Envelope], question: Question, thresholds: Thresholds) -> Spelled:
    answers: Answers = answer(
        events,
        as_of=question.as_of,
        known_at=question.known_at,
        known_by=question.known_by,
        thresholds=thresholds,
    )
    spelled: Spelled = {}
    for key, project in answers.projects.items():
        headline = project["headline"]
        fields = {
            name: project[name] for name in ("level", "highest_level", "physical_state", "overlays", "memorandum_since")
        }
        fields["headline"] = None if headline is None else [headline["severity"], headline["certainty"]]
        _put(spelled, key, fields)
    for key, deal in answers.deals.items():
        fields = {name: deal[name] for name in ("level", "highest_level", "phase", "overlays", "co_investor")}
        fields["legs"] = [list(leg.values()) for leg in deal["legs"]]
        for clock in ("memorandum_clock", "announcement_clock"):
            fields[clock] = [deal[clock]["running"], deal[clock]["started"]]
        for clock in ("silence_clock", "step_clock"):
            fields[clock] = None if deal[clock] is None else deal[clock]["last"]
        _put(spelled, key, fields | _of_living(deal["level"], deal["pursuers"], deal["missing_legs"]))
    for flag in answers.flags:
        rising = flag["next"]
        fields = {name: flag[name] for name in ("since", "certain_on", "on_hold", "started")}
        fields["severity"] = [flag["severity"], flag["certainty"], flag["certain_severity"]]
        fields["next"] = None if rising is None else [rising["severity"], rising["on"]]
        fields["names"] = flag[_NAMES[flag["flag"]]] if flag["flag"] in _NAMES else None
        fields["rivals"] = [flag.get("groups", []), flag.get("tier")]
        _put(spelled, f"{flag['project']}/{flag['deal'] or ''} {flag['flag']}", fields)
    spelled |= {f"{ref} parked": True for ref in answers.parked}
    return spelled | {f"{ref} refused": True for ref in answers.refused_ids}
