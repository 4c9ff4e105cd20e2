"""A deal in plain words, as it stands on a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from steppe.domain.events.vocabulary import UNKNOWN_LEG
from steppe.domain.flags.displaced import overtaken
from steppe.domain.values.grammar import age, capital, listed, named, papers, when
from steppe.domain.values.levels import Level
from steppe.domain.values.states import FOREVER, DealState, Flag, LegState

_LEGS_TOLD_MOST = 3
ON_THE_GROUND = {
    Level.CONSTRUCTION: "under construction",
    Level.COMMISSIONING: "built or in trial production",
    Level.PRODUCING: "producing",
}
_BOUND = {Level.PARTLY_BOUND: "bound in part", Level.FINANCED: "bound and financed"}
_AS = {"watch": "on watch"}


def sentence(deal: DealState, flags: Iterable[Flag], as_of: date) -> str:
    """Where a deal stands on a day, in a sentence or two. `flags` are those of this deal on that day."""
    by_name = {flag.flag: flag for flag in flags}
    sentences = [f"{capital(core(deal, as_of))}{severity(by_name.get('memorandum-only'), as_of)}."]
    if "displaced" in by_name:
        sentences.append(overtaken(by_name["displaced"]))
    if "lapsed" in by_name:
        sentences.append(f"The paper ran out on {by_name['lapsed'].expired_on or by_name['lapsed'].since}.")
    sentences += halted(deal)
    if deal.phase > 1:
        sentences.append(f"This is phase {deal.phase} of the deal.")
    return " ".join(sentences)


def core(deal: DealState, as_of: date) -> str:
    """The same as a clause: no capital letter, no full stop, no flag."""
    who = named(deal.pursuers)
    if deal.level is None:
        return _ended(deal)
    if deal.level.crosses_the_line:
        ground = f"{ON_THE_GROUND[deal.level]}, " if deal.level in ON_THE_GROUND else ""
        return ground + bound(deal)
    if deal.memorandum_runs and deal.memorandum is not None:
        paper = papers(deal.papers) if deal.papers else "part of another deal's paper"
        since = f"since {when(deal.memorandum)} ({age(deal.memorandum, as_of)})"
        return f"on paper: {paper} by {who} {since}, nothing binding"
    first = f", first on {deal.first_step_on}" if deal.first_step_on else ""
    match deal.level:
        case Level.ADVANCED:
            return f"studied or approved by {who}{first}; no memorandum, nothing binding"
        case Level.MEMORANDUM:
            return f"a treaty by {who}{first}, which promises no deal; nothing binding"
        case Level.ANNOUNCED:
            return f"announced by {who}{first}; nothing signed"
        case _:
            return "named, without any step so far"


def severity(memorandum_only: Flag | None, as_of: date) -> str:
    """How severe the paper is, to be appended to a clause; nothing when the flag does not stand."""
    if memorandum_only is None:
        return ""
    name = in_words(memorandum_only.severity)
    if memorandum_only.certainty == "certain":
        return f"; {name} since {memorandum_only.since}"
    certain_on = memorandum_only.certain_on
    sure = f", surely on {certain_on}" if certain_on is not None and as_of < certain_on < FOREVER else ""
    return f"; perhaps {name} since {memorandum_only.since}{sure}"


def in_words(severity: str) -> str:
    """A severity as one says it after `is`."""
    return _AS.get(severity, severity)


def halted(deal: DealState) -> list[str]:
    """Sentences about a hold and a suspension of a living deal."""
    sentences = []
    if deal.held_until is not None and deal.level is not None:
        until = "; nobody said until when" if deal.held_until == FOREVER else f" until {deal.held_until}"
        sentences.append(f"On hold{until}.")
    if "suspended" in deal.overlays:
        sentences.append("Suspended.")
    return sentences


def bound(deal: DealState) -> str:
    """By whom and by which legs it is bound, since when, and which legs are missing: a clause."""
    valid: dict[str, list[LegState]] = {}
    for leg in deal.legs:
        if leg.valid:
            valid.setdefault(leg.leg, []).append(leg)
    verb = _BOUND.get(deal.level or Level.BOUND, "bound")
    missing = f"; {listed(deal.missing_legs)} missing" if deal.missing_legs else ""
    if not valid:
        return f"{verb}{missing}"
    if len(valid) > _LEGS_TOLD_MOST:
        first = min(leg.since for legs in valid.values() for leg in legs)
        return f"{verb} by {named(deal.pursuers)}: {listed(list(valid))}, the first since {first}{missing}"
    holders = {name: _holders(legs) or deal.pursuers for name, legs in valid.items()}
    if len(set(holders.values())) == 1:
        legs = [_leg(name, of_name) for name, of_name in valid.items()]
        return f"{verb} by {named(next(iter(holders.values())))}: {listed(legs)}{missing}"
    legs = [f"{_leg(name, of_name)} by {named(holders[name])}" for name, of_name in valid.items()]
    return f"{verb}: {listed(legs)}{missing}"


def _holders(legs: Sequence[LegState]) -> tuple[str, ...]:
    return tuple(sorted({holder for leg in legs for holder in leg.holders}))


def _leg(name: str, legs: Sequence[LegState]) -> str:
    since = min(leg.since for leg in legs)
    if name == UNKNOWN_LEG:
        return f"a leg inferred from work on the ground since {since}"
    if not all(leg.conditional for leg in legs):
        return f"{name} since {since}"
    stops = [leg.long_stop for leg in legs if leg.long_stop is not None]
    return f"{name} since {since} on conditions{f' until {max(stops)}' if stops else ''}"


def _ended(deal: DealState) -> str:
    ended = f"ended as {deal.ended_how or 'terminated'} on {deal.ended_on}"
    if deal.bound_on is not None:
        farther = f" and came as far as {deal.highest_level.label}" if deal.highest_level > Level.BOUND else ""
        return f"{ended}; it was bound on {deal.bound_on}{farther}"
    after = f" after {papers(deal.papers)}" if deal.papers else ""
    return f"{ended}{after}; nothing had bound it"
