"""What changes by itself, in plain words: flags that rise, legs that run out, holds that end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import assert_never

from steppe.domain.analysis.forecast import FlagEscalates, HoldEnds, LegsExpire, UpcomingChange
from steppe.domain.evaluation.flag_definition import SOMETHING_HAPPENS
from steppe.domain.flags import memorandum_only, unchecked
from steppe.domain.flags.flag_registry import FLAGS
from steppe.domain.messages.message import (
    Key,
    Listing,
    Message,
    Sentences,
    Term,
    message,
    sentences,
    terms,
)
from steppe.domain.messages.phrases import by_the_end, day, named
from steppe.domain.values.states import FOREVER, DealState, Flag, LegState


def next_changes(living: Sequence[DealState], changes: Sequence[UpcomingChange]) -> Sentences:
    """What happens to living deals next and when, if nothing else occurs; a sentence or two, never none."""
    if not living and not changes:
        return sentences([message("Nothing by itself: it waits for a next step.")])
    statements = [_sentence(group, named_deals=len(living) > 1) for group in _next_two(changes)]
    if statements:
        return sentences(statements)
    if any(deal.held_until == FOREVER for deal in living):
        return sentences([message("No flag rises until the hold is lifted.")])
    return sentences([message("Nothing by itself: no flag rises and no leg runs out from here.")])


def _next_two(changes: Sequence[UpcomingChange]) -> list[list[UpcomingChange]]:
    """The next step of the memorandum flag and the next other change, each with what happens alike to other deals.

    That nobody looked is said only if nothing else changes.
    """
    unchecked_changes = [change for change in changes if _is_of(change, unchecked.FLAG.name)]
    memorandum_changes = [change for change in changes if _is_of(change, memorandum_only.FLAG.name)]
    others = [change for change in changes if change not in unchecked_changes and change not in memorandum_changes]
    first = sorted(memorandum_changes[:1] + others[:1], key=lambda change: change.on) or unchecked_changes[:1]
    return [[change for change in changes if _is_alike(change, wanted)] for wanted in first]


def _is_of(change: UpcomingChange, flag: str) -> bool:
    return isinstance(change, FlagEscalates) and change.flag.flag == flag


def _is_alike(change: UpcomingChange, other: UpcomingChange) -> bool:
    if isinstance(change, FlagEscalates) and isinstance(other, FlagEscalates):
        first, second = change.flag, other.flag
        return (change.on, first.flag, first.severity) == (other.on, second.flag, second.severity)
    if isinstance(change, HoldEnds) and isinstance(other, HoldEnds):
        return change.told == other.told
    return change == other


def _sentence(group: Sequence[UpcomingChange], *, named_deals: bool) -> Message:
    match group[0]:
        case FlagEscalates(on=on, flag=flag):
            deals = [
                change.flag.deal
                for change in group
                if isinstance(change, FlagEscalates) and change.flag.deal is not None
            ]
            return _escalation(on, flag, deals if named_deals else [])
        case LegsExpire(deal=deal, legs=legs, ends=ends, told=told):
            expiry = _expiry(legs, deal if named_deals else None, by_the_end(told))
            if ends is None:
                return message("%(expiry)s.", expiry=expiry)
            return message("%(expiry)s, and the deal ends as %(how)s.", expiry=expiry, how=Term(ends, "ending"))
        case HoldEnds(told=told):
            deals = [change.deal for change in group if isinstance(change, HoldEnds)]
            if not named_deals:
                return message("The hold ends %(day)s, and ages count in full again.", day=by_the_end(told))
            return message(
                "The hold on %(deals)s ends %(day)s, and ages count in full again.",
                deals=named(deals, "deal"),
                day=by_the_end(told),
            )
        case _ as never:
            assert_never(never)


def _expiry(expired: Sequence[LegState], deal: str | None, day: Message) -> Message:
    """That legs cease; `deal` is named where there are several."""
    legs = Listing(terms(sorted({leg.leg for leg in expired}), "leg"))
    match any(leg.conditional for leg in expired), deal:
        case True, None:
            return message(
                "The conditional %(legs)s leg falls away %(day)s unless the conditions are met by then",
                legs=legs,
                day=day,
            )
        case True, str(name):
            return message(
                "The conditional %(legs)s leg of %(deal)s falls away %(day)s unless the conditions are met by then",
                legs=legs,
                deal=Key(name, "deal"),
                day=day,
            )
        case _, None:
            return message("The %(legs)s leg runs out %(day)s", legs=legs, day=day)
        case _, name:
            return message("The %(legs)s leg of %(deal)s runs out %(day)s", legs=legs, deal=Key(name, "deal"), day=day)


def _escalation(on: date, flag: Flag, deals: Sequence[str]) -> Message:
    turn = _turn(flag, deals, on, _certain_later(flag, on))
    definition = FLAGS.get(flag.flag)
    unless = definition.unless if definition else SOMETHING_HAPPENS
    if flag.severity == "presumed-dead":
        return message("%(turn)s unless %(unless)s; another paper could only put that off.", turn=turn, unless=unless)
    return message("%(turn)s unless %(unless)s.", turn=turn, unless=unless)


def _certain_later(flag: Flag, on: date) -> date | None:
    """From when on it is certain, where it is not yet so when it turns."""
    if flag.certainty == "certain" or flag.certain_on is None or not on < flag.certain_on < FOREVER:
        return None
    return flag.certain_on


def _turn(flag: Flag, deals: Sequence[str], on: date, sure: date | None) -> Message:
    """What becomes of a flag and when: a clause. `deals` are named where there are several, `sure` is when it is certain."""
    severity = Term(flag.severity, "severity")
    worse = flag.flag == memorandum_only.FLAG.name and flag.severity != "watch"
    if worse:
        state = message("%(severity)s", severity=severity)
    else:
        state = message("%(flag)s (%(severity)s)", flag=Term(flag.flag, "flag"), severity=severity)
    if deals:
        if sure is None:
            return message("%(deals)s: %(state)s on %(day)s", deals=named(deals, "deal"), state=state, day=day(on))
        return message(
            "%(deals)s: %(state)s on %(day)s at the earliest, surely on %(sure)s,",
            deals=named(deals, "deal"),
            state=state,
            day=day(on),
            sure=day(sure),
        )
    if worse:
        if sure is None:
            return message("Turns %(state)s on %(day)s", state=state, day=day(on))
        return message(
            "Turns %(state)s on %(day)s at the earliest, surely on %(sure)s,", state=state, day=day(on), sure=day(sure)
        )
    if sure is None:
        return message("Counts as %(state)s on %(day)s", state=state, day=day(on))
    return message(
        "Counts as %(state)s on %(day)s at the earliest, surely on %(sure)s,", state=state, day=day(on), sure=day(sure)
    )
