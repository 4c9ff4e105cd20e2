"""A deal in plain words, as it stands on a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from steppe.domain.events.vocabulary import UNKNOWN_LEG
from steppe.domain.flags.displaced import overtaken
from steppe.domain.flags.lapsed import ran_out
from steppe.domain.values.grammar import age, capital, day, listed, named, on, papers, until, when
from steppe.domain.values.levels import Level
from steppe.domain.values.states import BEGINNING, FOREVER, DealState, Flag, LegState, Start

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
        sentences.append(f"The paper ran out {ran_out(by_name['lapsed'])}.")
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
    first = f", first {on(deal.first_step)}" if deal.first_step else ""
    match deal.level:
        case Level.ADVANCED:
            return f"{_advanced(deal)} by {who}{first}; no memorandum, nothing binding"
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
        return f"; {name} since {day(memorandum_only.since)}"
    certain_on = memorandum_only.certain_on
    sure = f", surely on {day(certain_on)}" if certain_on is not None and as_of < certain_on < FOREVER else ""
    return f"; perhaps {name} since {day(memorandum_only.since)}{sure}"


def in_words(severity: str) -> str:
    """A severity as one says it after `is`."""
    return _AS.get(severity, severity)


def halted(deal: DealState) -> list[str]:
    """Sentences about a hold and a suspension of a living deal."""
    sentences = []
    if deal.hold_ends is not None and deal.level is not None:
        end = "; nobody said until when" if deal.held_until == FOREVER else f" {until(deal.hold_ends)}"
        sentences.append(f"On hold{end}.")
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
        first = _first([leg for legs in valid.values() for leg in legs])
        return f"{verb} by {named(deal.pursuers)}: {listed(list(valid))}, the first since {when(first)}{missing}"
    holders = {name: _holders(legs) or deal.pursuers for name, legs in valid.items()}
    if len(set(holders.values())) == 1:
        legs = [_leg(name, of_name) for name, of_name in valid.items()]
        return f"{verb} by {named(next(iter(holders.values())))}: {listed(legs)}{missing}"
    legs = [f"{_leg(name, of_name)} by {named(holders[name])}" for name, of_name in valid.items()]
    return f"{verb}: {listed(legs)}{missing}"


def _holders(legs: Sequence[LegState]) -> tuple[str, ...]:
    return tuple(sorted({holder for leg in legs for holder in leg.holders}))


def _leg(name: str, legs: Sequence[LegState]) -> str:
    since = when(_first(legs))
    if name == UNKNOWN_LEG:
        return f"a leg inferred from work on the ground since {since}"
    if not all(leg.conditional for leg in legs):
        return f"{_kind(name, legs)} since {since}"
    stops = [leg.stops for leg in legs if leg.stops is not None]
    last = max(stops, key=lambda stop: (stop.latest, stop.earliest or BEGINNING), default=None)
    return f"{_kind(name, legs)} since {since} on conditions{f' {until(last)}' if last else ''}"


def _kind(name: str, legs: Sequence[LegState]) -> str:
    """The leg, with the rights of which it is."""
    rights = sorted({leg.right for leg in legs if leg.right is not None})
    return f"{name} ({listed(rights)})" if rights else name


def _first(legs: Sequence[LegState]) -> Start:
    return min((leg.bound for leg in legs), key=lambda start: (start.latest, start.earliest or BEGINNING))


def _advanced(deal: DealState) -> str:
    """How far a deal came that has neither paper nor anything binding; a permit in force is named."""
    permits = sorted({permit.permit for permit in deal.permits})
    if not permits:
        return "studied, applied for or approved"
    return f"permitted ({listed(permits)}), studied or approved"


def _ended(deal: DealState) -> str:
    ended = f"ended as {deal.ended_how or 'terminated'}{f' {on(deal.ended)}' if deal.ended else ''}"
    if deal.bound is not None:
        farther = f" and came as far as {deal.highest_level.label}" if deal.highest_level > Level.BOUND else ""
        return f"{ended}; it was bound {on(deal.bound)}{farther}"
    after = f" after {papers(deal.papers)}" if deal.papers else ""
    return f"{ended}{after}; nothing had bound it"
