"""What comes by itself, in plain words: flags that rise, legs that run out, holds that end. Knows English; judges nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from steppe.domain.analysis.forecast import Coming, Rise, RunOut, Thaw
from steppe.domain.explanation.grammar import listed, named
from steppe.domain.values.states import FOREVER, DealState, Flag, LegState

_UNLESS = {
    "memorandum-only": "something binding or physical happens first",
    "silent": "something is heard first",
    "unchecked": "somebody looks first",
    "lapsed": "a new paper or something binding comes first",
    "partly-bound": "what is missing is bound first",
    "not-building": "something begins on the ground first",
    "not-producing": "commercial production begins first",
}


def told(living: Sequence[DealState], coming: Sequence[Coming]) -> str:
    """What happens to living deals next and when, if nothing else occurs; a sentence or two, never none."""
    if not living and not coming:
        return "Nothing by itself: it waits for a next step."
    sentences = [_coming(some, named_deals=len(living) > 1) for some in _chosen(coming)]
    if not sentences and any(deal.held_until == FOREVER for deal in living):
        return "No flag rises until the hold is lifted."
    return " ".join(sentences) or "Nothing by itself: no flag rises and no leg runs out from here."


def _chosen(coming: Sequence[Coming]) -> list[list[Coming]]:
    """The next turn of the memorandum clock and the next other one; that nobody looked is told only if nothing else is.

    What comes to several deals on one day is told at once.
    """
    looks = [one for one in coming if isinstance(one, Rise) and one.flag.flag == "unchecked"]
    paper = [one for one in coming if isinstance(one, Rise) and one.flag.flag == "memorandum-only"]
    others = [one for one in coming if one not in looks and one not in paper]
    first = sorted(paper[:1] + others[:1], key=lambda one: one.on) or looks[:1]
    return [[one for one in coming if _same(one, wanted)] for wanted in first]


def _same(one: Coming, other: Coming) -> bool:
    if isinstance(one, Rise) and isinstance(other, Rise):
        return (one.on, one.flag.flag, one.flag.severity) == (other.on, other.flag.flag, other.flag.severity)
    return one == other or (isinstance(one, Thaw) and isinstance(other, Thaw) and one.on == other.on)


def _coming(some: Sequence[Coming], *, named_deals: bool) -> str:
    match some[0]:
        case Rise(on=on, flag=flag):
            deals = [one.flag.deal for one in some if isinstance(one, Rise) and one.flag.deal is not None]
            return _rise(on, flag, deals if named_deals else [])
        case RunOut(on=on, deal=deal, legs=legs, ends=ends):
            of = f" of {deal}" if named_deals else ""
            if any(leg.conditional for leg in legs):
                what = f"The conditional {_legs(legs)}{of} falls away on {on} unless the conditions are met by then"
            else:
                what = f"The {_legs(legs)}{of} runs out on {on}"
            return f"{what}, and the deal ends as {ends}." if ends else f"{what}."
        case Thaw(on=on):
            deals = [one.deal for one in some if isinstance(one, Thaw)]
            return f"The hold{f' on {named(deals)}' if named_deals else ''} ends on {on}, and ages count in full again."


def _legs(legs: Sequence[LegState]) -> str:
    return f"{listed(sorted({leg.leg for leg in legs}))} leg"


def _rise(on: date, flag: Flag, deals: Sequence[str]) -> str:
    if flag.flag == "memorandum-only" and flag.severity != "watch":
        verb, what = "Turns", flag.severity
    else:
        verb, what = "Counts as", f"{flag.flag} ({flag.severity})"
    certain_on = flag.certain_on
    perhaps = ""
    if flag.certainty != "certain" and certain_on is not None and on < certain_on < FOREVER:
        perhaps = f" at the earliest, surely on {certain_on},"
    unless = _UNLESS.get(flag.flag, "something happens first")
    but = "; another paper could only put that off" if flag.severity == "presumed-dead" else ""
    who = f"{named(deals)}:" if deals else verb
    return f"{who} {what} on {on}{perhaps} unless {unless}{but}."
