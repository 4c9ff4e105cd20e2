"""A deal in plain words, as it stands on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from steppe.domain.events.vocabulary import UNKNOWN_LEG
from steppe.domain.flags.displaced import overtaken
from steppe.domain.flags.lapsed import ran_out
from steppe.domain.messages.message import (
    Argument,
    Capital,
    Listing,
    Message,
    Sentences,
    Term,
    message,
    sentences,
    terms,
)
from steppe.domain.messages.phrases import age, day, named, on, papers, since, until
from steppe.domain.values.levels import Level
from steppe.domain.values.states import BEGINNING, FOREVER, DealState, Flag, LegState, Start

_LEGS_TOLD_MOST = 3
ON_THE_GROUND = {
    Level.CONSTRUCTION: message("under construction"),
    Level.COMMISSIONING: message("built or in trial production"),
    Level.PRODUCING: message("producing"),
}
_ONLY_BOUND = message("bound")
_BOUND = {Level.PARTLY_BOUND: message("bound in part"), Level.FINANCED: message("bound and financed")}
_AS = {"watch": message("on watch")}


def sentence(deal: DealState, flags: Iterable[Flag], as_of: date) -> Sentences:
    """Where a deal stands on a day, in a sentence or two. `flags` are those of this deal on that day."""
    by_name = {flag.flag: flag for flag in flags}
    statements = [_stands(core(deal, as_of), by_name.get("memorandum-only"), as_of)]
    if "displaced" in by_name:
        statements.append(overtaken(by_name["displaced"]))
    if "lapsed" in by_name:
        statements.append(message("The paper ran out %(day)s.", day=ran_out(by_name["lapsed"])))
    statements += halted(deal)
    if deal.phase > 1:
        statements.append(message("This is phase %(phase)s of the deal.", phase=deal.phase))
    return sentences(statements)


def _stands(clause: Message, memorandum_only: Flag | None, as_of: date) -> Message:
    """A clause as a sentence, with how severe the paper is where the flag stands."""
    if memorandum_only is None:
        return message("%(clause)s.", clause=Capital(clause))
    return message("%(clause)s; %(severity)s.", clause=Capital(clause), severity=_severity(memorandum_only, as_of))


def _severity(flag: Flag, as_of: date) -> Message:
    name, first_day = in_words(flag.severity), day(flag.since)
    if flag.certainty == "certain":
        return message("%(severity)s since %(day)s", severity=name, day=first_day)
    if flag.certain_on is not None and as_of < flag.certain_on < FOREVER:
        return message(
            "perhaps %(severity)s since %(day)s, surely on %(sure)s",
            severity=name,
            day=first_day,
            sure=day(flag.certain_on),
        )
    return message("perhaps %(severity)s since %(day)s", severity=name, day=first_day)


def core(deal: DealState, as_of: date) -> Message:
    """The same as a clause: no capital letter, no full stop, no flag."""
    if deal.level is None:
        return _ended(deal)
    if deal.level.crosses_the_line:
        if deal.level not in ON_THE_GROUND:
            return bound(deal)
        return message("%(ground)s, %(bound)s", ground=ON_THE_GROUND[deal.level], bound=bound(deal))
    who = named(deal.pursuers)
    if deal.memorandum_runs and deal.memorandum is not None:
        return message(
            "on paper: %(papers)s by %(who)s %(since)s (%(age)s), nothing binding",
            papers=papers(deal.papers) if deal.papers else message("part of another deal's paper"),
            who=who,
            since=since(deal.memorandum),
            age=age(deal.memorandum, as_of),
        )
    return _without_paper(deal, who)


def _without_paper(deal: DealState, pursuers: Argument) -> Message:
    who = pursuers
    if deal.first_step is not None:
        who = message("%(who)s, first %(day)s", who=pursuers, day=on(deal.first_step))
    match deal.level:
        case Level.ADVANCED:
            return message("%(how)s by %(who)s; no memorandum, nothing binding", how=_advanced(deal), who=who)
        case Level.MEMORANDUM:
            return message("a treaty by %(who)s, which promises no deal; nothing binding", who=who)
        case Level.ANNOUNCED:
            return message("announced by %(who)s; nothing signed", who=who)
        case _:
            return message("named, without any step so far")


def in_words(severity: str) -> Argument:
    """A severity as one says it after `is`."""
    return _AS.get(severity, Term(severity, "severity"))


def halted(deal: DealState) -> list[Message]:
    """Sentences about a hold and a suspension of a living deal."""
    statements = []
    if deal.hold_ends is not None and deal.level is not None:
        if deal.held_until == FOREVER:
            statements.append(message("On hold; nobody said until when."))
        else:
            statements.append(message("On hold %(until)s.", until=until(deal.hold_ends)))
    if "suspended" in deal.overlays:
        statements.append(message("Suspended."))
    return statements


def bound(deal: DealState) -> Message:
    """By whom and by which legs it is bound, since when, and which legs are missing: a clause."""
    valid: dict[str, list[LegState]] = {}
    for leg in deal.legs:
        if leg.valid:
            valid.setdefault(leg.leg, []).append(leg)
    clause = _bound_by(deal, valid)
    if not deal.missing_legs:
        return clause
    return message("%(bound)s; %(legs)s missing", bound=clause, legs=Listing(terms(deal.missing_legs, "leg")))


def _bound_by(deal: DealState, valid: Mapping[str, Sequence[LegState]]) -> Message:
    verb = _BOUND.get(deal.level or Level.BOUND, _ONLY_BOUND)
    if not valid:
        return verb
    if len(valid) > _LEGS_TOLD_MOST:
        return message(
            "%(bound)s by %(who)s: %(legs)s, the first %(since)s",
            bound=verb,
            who=named(deal.pursuers),
            legs=Listing(terms(list(valid), "leg")),
            since=since(_first([leg for legs in valid.values() for leg in legs])),
        )
    holders = {name: _holders(legs) or deal.pursuers for name, legs in valid.items()}
    if len(set(holders.values())) == 1:
        legs = Listing(tuple(_leg(name, of_name) for name, of_name in valid.items()))
        who = named(next(iter(holders.values())))
        return message("%(bound)s by %(who)s: %(legs)s", bound=verb, who=who, legs=legs)
    by_holder = [
        message("%(leg)s by %(who)s", leg=_leg(name, of_name), who=named(holders[name]))
        for name, of_name in valid.items()
    ]
    return message("%(bound)s: %(legs)s", bound=verb, legs=Listing(tuple(by_holder)))


def _holders(legs: Sequence[LegState]) -> tuple[str, ...]:
    return tuple(sorted({holder for leg in legs for holder in leg.holders}))


def _leg(name: str, legs: Sequence[LegState]) -> Message:
    since_start = since(_first(legs))
    if name == UNKNOWN_LEG:
        return message("a leg inferred from work on the ground %(since)s", since=since_start)
    leg = _kind(name, legs)
    if not all(leg.conditional for leg in legs):
        return message("%(leg)s %(since)s", leg=leg, since=since_start)
    stops = [leg.stops for leg in legs if leg.stops is not None]
    last = max(stops, key=lambda stop: (stop.latest, stop.earliest or BEGINNING), default=None)
    if last is None:
        return message("%(leg)s %(since)s on conditions", leg=leg, since=since_start)
    return message("%(leg)s %(since)s on conditions %(until)s", leg=leg, since=since_start, until=until(last))


def _kind(name: str, legs: Sequence[LegState]) -> Argument:
    """The leg, with the rights of which it is."""
    rights = sorted({leg.right for leg in legs if leg.right is not None})
    leg = Term(name, "leg")
    return message("%(leg)s (%(rights)s)", leg=leg, rights=Listing(terms(rights, "right"))) if rights else leg


def _first(legs: Sequence[LegState]) -> Start:
    return min((leg.bound for leg in legs), key=lambda start: (start.latest, start.earliest or BEGINNING))


def _advanced(deal: DealState) -> Message:
    """How far a deal came that has neither paper nor anything binding; a permit in force is named."""
    permits = sorted({permit.permit for permit in deal.permits})
    if not permits:
        return message("studied, applied for or approved")
    return message("permitted (%(permits)s), studied or approved", permits=Listing(terms(permits, "permit")))


def _ended(deal: DealState) -> Message:
    """How and when it ended, and how far it had come: a clause."""
    how = Term(deal.ended_how or "terminated", "ending")
    if deal.ended is None:
        over = message("ended as %(how)s", how=how)
    else:
        over = message("ended as %(how)s %(day)s", how=how, day=on(deal.ended))
    if deal.bound is None:
        if not deal.papers:
            return message("%(ended)s; nothing had bound it", ended=over)
        return message("%(ended)s after %(papers)s; nothing had bound it", ended=over, papers=papers(deal.papers))
    if deal.highest_level <= Level.BOUND:
        return message("%(ended)s; it was bound %(day)s", ended=over, day=on(deal.bound))
    return message(
        "%(ended)s; it was bound %(day)s and came as far as %(level)s",
        ended=over,
        day=on(deal.bound),
        level=Term(deal.highest_level.label, "level"),
    )
