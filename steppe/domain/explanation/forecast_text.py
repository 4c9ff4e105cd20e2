"""What changes by itself, in plain words: flags that rise, legs that run out, holds that end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import assert_never

from steppe.domain.analysis.forecast import FlagEscalates, HoldEnds, LegsExpire, UpcomingChange
from steppe.domain.flags import memorandum_only, unchecked
from steppe.domain.flags.flag_registry import FLAGS
from steppe.domain.values.grammar import by_the_end, day, listed, named
from steppe.domain.values.states import FOREVER, DealState, Flag, LegState


def next_changes(living: Sequence[DealState], changes: Sequence[UpcomingChange]) -> str:
    """What happens to living deals next and when, if nothing else occurs; a sentence or two, never none."""
    if not living and not changes:
        return "Nothing by itself: it waits for a next step."
    sentences = [_sentence(group, named_deals=len(living) > 1) for group in _next_two(changes)]
    if not sentences and any(deal.held_until == FOREVER for deal in living):
        return "No flag rises until the hold is lifted."
    return " ".join(sentences) or "Nothing by itself: no flag rises and no leg runs out from here."


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


def _sentence(group: Sequence[UpcomingChange], *, named_deals: bool) -> str:
    match group[0]:
        case FlagEscalates(on=on, flag=flag):
            deals = [
                change.flag.deal
                for change in group
                if isinstance(change, FlagEscalates) and change.flag.deal is not None
            ]
            return _escalation(on, flag, deals if named_deals else [])
        case LegsExpire(deal=deal, legs=legs, ends=ends, told=told):
            of = f" of {deal}" if named_deals else ""
            if any(leg.conditional for leg in legs):
                expiry = (
                    f"The conditional {_legs(legs)}{of} falls away {by_the_end(told)}"
                    " unless the conditions are met by then"
                )
            else:
                expiry = f"The {_legs(legs)}{of} runs out {by_the_end(told)}"
            return f"{expiry}, and the deal ends as {ends}." if ends else f"{expiry}."
        case HoldEnds(told=told):
            deals = [change.deal for change in group if isinstance(change, HoldEnds)]
            of = f" on {named(deals)}" if named_deals else ""
            return f"The hold{of} ends {by_the_end(told)}, and ages count in full again."
        case _ as never:
            assert_never(never)


def _legs(legs: Sequence[LegState]) -> str:
    return f"{listed(sorted({leg.leg for leg in legs}))} leg"


def _escalation(on: date, flag: Flag, deals: Sequence[str]) -> str:
    if flag.flag == memorandum_only.FLAG.name and flag.severity != "watch":
        verb, new_state = "Turns", flag.severity
    else:
        verb, new_state = "Counts as", f"{flag.flag} ({flag.severity})"
    certain_on = flag.certain_on
    perhaps = ""
    if flag.certainty != "certain" and certain_on is not None and on < certain_on < FOREVER:
        perhaps = f" at the earliest, surely on {day(certain_on)},"
    definition = FLAGS.get(flag.flag)
    unless = definition.unless if definition else "something happens first"
    but = "; another paper could only put that off" if flag.severity == "presumed-dead" else ""
    subject = f"{named(deals)}:" if deals else verb
    return f"{subject} {new_state} on {day(on)}{perhaps} unless {unless}{but}."
