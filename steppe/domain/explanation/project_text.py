"""Where a project stands, what is missing and what happens next and when, in plain words and as of a day.

Every figure comes from the fold; nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from steppe.domain.analysis.forecast import UpcomingChange
from steppe.domain.events.vocabulary import DELIVERING_KINDS, LEGS, UNKNOWN_LEG
from steppe.domain.explanation import forecast_text
from steppe.domain.explanation.deal_text import ON_THE_GROUND, bound, core, halted, in_words
from steppe.domain.flags.displaced import overtaken
from steppe.domain.messages.message import (
    Argument,
    Capital,
    Key,
    Listing,
    Message,
    Sentences,
    Term,
    counting,
    keys,
    message,
    sentences,
    terms,
)
from steppe.domain.messages.phrases import day, named, on, since, when
from steppe.domain.values.history import Superseded
from steppe.domain.values.levels import Level
from steppe.domain.values.states import FOREVER, DealState, Flag, ProjectState
from steppe.domain.values.value_class import value_class

_SUSPENDED = message("Suspended.")


@value_class(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Where a project stands, what is missing, and what comes next, in a few sentences each."""

    stands: Sentences
    missing: Sentences
    next: Sentences


def explanation(
    state: ProjectState,
    deals: Sequence[DealState],
    flags: Sequence[Flag],
    coming: Sequence[UpcomingChange],
    as_of: date,
    known_on: date,
) -> Explanation:
    """A project on a day (UTC). `deals` and `flags` are those of that day, `coming` is what comes after it.

    A day after `known_on` is a forecast.
    """
    living = [deal for deal in deals if deal.level is not None]
    lead = _lead(state, living, flags)
    stands = [*_stands(state, deals, lead, as_of), *_beside(state, deals, lead, flags)]
    if as_of > known_on:
        stands.insert(0, message("Forecast for %(day)s, if nothing happens until then.", day=day(as_of)))
    return Explanation(
        stands=sentences(stands),
        missing=sentences(_missing(state, living, lead)),
        next=forecast_text.next_changes(living, coming),
    )


def superseded_explanation(superseded: Superseded) -> Explanation:
    """A project whose key is no longer used: what stands in its place."""
    in_its_place = Listing(keys(superseded.by, "project"))
    if superseded.reason:
        stands = message(
            "Superseded by %(keys)s (%(reason)s): this key is no longer used.",
            keys=in_its_place,
            reason=superseded.reason.rstrip("."),
        )
    else:
        stands = message("Superseded by %(keys)s: this key is no longer used.", keys=in_its_place)
    return Explanation(
        stands=sentences([stands]),
        missing=sentences([message("Nothing is waited for.")]),
        next=sentences([message("Nothing: it is judged no more."), message("Ask for what stands in its place.")]),
    )


def _lead(state: ProjectState, living: Sequence[DealState], flags: Sequence[Flag]) -> DealState | None:
    """The deal that makes the headline, else the one that has come furthest; of several the one that began first."""
    headline = state.headline
    if headline is not None:
        made_by = {flag.deal for flag in flags if (flag.flag, flag.severity) == (headline.flag, headline.severity)}
        living = [deal for deal in living if deal.deal in made_by]
    order = [(-(deal.level or Level.IDENTIFIED), deal.first_step_on or FOREVER, deal.deal, deal) for deal in living]
    return min(order, key=lambda entry: entry[:3])[3] if order else None


def _stands(
    state: ProjectState,
    deals: Sequence[DealState],
    lead: DealState | None,
    as_of: date,
) -> list[Message]:
    if state.ended is not None and state.ended_how is not None:
        return [
            message(
                "%(how)s %(day)s; it had come as far as %(level)s.",
                how=Capital(Term(state.ended_how, "project-ending")),
                day=on(state.ended),
                level=Term(state.highest_level.label, "level"),
            )
        ]
    if state.physical_state is not None:
        return [_on_the_ground(state, state.physical_state, lead)]
    if lead is None:
        return _unpursued(state, deals)
    clause = Capital(core(lead, as_of))
    headline = state.headline
    if headline is None:
        return [message("%(clause)s.", clause=clause)]
    severity, first_day = in_words(headline.severity), day(headline.since)
    if headline.certainty == "certain":
        return [
            message(
                "%(clause)s; memorandum-only is %(severity)s since %(day)s.",
                clause=clause,
                severity=severity,
                day=first_day,
            )
        ]
    return [
        message(
            "%(clause)s; memorandum-only is perhaps %(severity)s since %(day)s.",
            clause=clause,
            severity=severity,
            day=first_day,
        )
    ]


def _on_the_ground(state: ProjectState, level: Level, lead: DealState | None) -> Message:
    ground: Message = ON_THE_GROUND[level]
    if state.physical_since is not None:
        ground = message("%(ground)s %(since)s", ground=ground, since=since(state.physical_since))
    if lead is None or lead.level is None or not lead.level.crosses_the_line:
        return message("%(ground)s, though no living deal is bound.", ground=Capital(ground))
    return message("%(ground)s, %(bound)s.", ground=Capital(ground), bound=bound(lead))


def _unpursued(state: ProjectState, deals: Sequence[DealState]) -> list[Message]:
    if deals:
        last = max(deals, key=lambda deal: (deal.ended_on or date.min, deal.deal))
        return [message("Nobody pursues it any more."), _last(last, len(deals))]
    if state.last_event is None:
        return [message("Registered only: no deal, no paper, nothing on the ground.")]
    return [
        message("Identified: nobody pursues it; the last event is of %(day)s.", day=when(state.last_event)),
    ]


def _last(deal: DealState, count: int) -> Message:
    who, over = named(deal.pursuers), core(deal, date.max)
    if count == 1:
        return message("Its only deal, of %(who)s, %(ended)s.", who=who, ended=over)
    return message("The last of its %(count)s deals, of %(who)s, %(ended)s.", count=count, who=who, ended=over)


def _beside(
    state: ProjectState, deals: Sequence[DealState], lead: DealState | None, flags: Sequence[Flag]
) -> list[Message]:
    statements = [overtaken(flag) for flag in flags if flag.flag == "displaced" and lead and flag.deal == lead.deal]
    others = [deal for deal in deals if lead is not None and deal.deal != lead.deal]
    if len(others) == 1:
        statements.append(_one_beside(others[0]))
    elif others:
        statements.append(_several_beside(others))
    if lead is not None:
        statements += halted(lead)
    elif "on-hold" in state.overlays:
        statements.append(message("On hold."))
    if "suspended" in state.overlays and _SUSPENDED not in statements:
        statements.append(_SUSPENDED)
    elif "suspended" not in state.overlays:
        statements += _idle_works(state)
    if "delisted" in state.overlays:
        statements.append(message("Its source no longer lists it."))
    return statements


def _one_beside(deal: DealState) -> Message:
    if deal.level is None:
        return message("Beside it, %(deal)s has ended.", deal=Key(deal.deal, "deal"))
    if deal.level.crosses_the_line:
        return message("Beside it, %(deal)s is bound.", deal=Key(deal.deal, "deal"))
    return message("Beside it, %(deal)s is below the line.", deal=Key(deal.deal, "deal"))


def _several_beside(deals: Sequence[DealState]) -> Message:
    living = [deal.level for deal in deals if deal.level is not None]
    bound_ones = sum(level.crosses_the_line for level in living)
    counts = (
        (bound_ones, message("%(count)s bound", count=bound_ones)),
        (len(living) - bound_ones, message("%(count)s below the line", count=len(living) - bound_ones)),
        (len(deals) - len(living), message("%(count)s ended", count=len(deals) - len(living))),
    )
    kinds = Listing(tuple(kind for count, kind in counts if count))
    return message("Beside it %(count)s deals: %(kinds)s.", count=len(deals), kinds=kinds)


def _idle_works(state: ProjectState) -> list[Message]:
    """That some of its works stand still or were taken out of service, though others go on."""
    statements = []
    suspended = sorted({line.part for line in state.works if line.suspended and line.part is not None})
    if suspended:
        parts = Capital(Listing(tuple(suspended)))
        statements.append(counting(len(suspended), "%(parts)s stands still.", "%(parts)s stand still.", parts=parts))
    retired = sorted({line.part for line in state.works if line.retired and line.part is not None})
    if retired:
        parts = Capital(Listing(tuple(retired)))
        statements.append(
            counting(
                len(retired),
                "%(parts)s was taken out of service.",
                "%(parts)s were taken out of service.",
                parts=parts,
            )
        )
    return statements


def _missing(state: ProjectState, living: Sequence[DealState], lead: DealState | None) -> list[Message]:
    if state.ended_how is not None:
        return [message("Nothing is waited for.")]
    held = sorted({leg.leg for leg in lead.legs if leg.valid} - {UNKNOWN_LEG}) if lead else []
    required = sorted(state.required_legs or ())
    if lead is None or lead.level is None or not lead.level.crosses_the_line:
        statements = [_nothing_binds(required, anyone=bool(living))]
    else:
        statements = [_legs_missing(lead, required, held)]
    if state.physical_state is None and held and state.kind in DELIVERING_KINDS:
        statements.append(message("Nothing stands on the ground."))
    elif state.physical_state in (Level.CONSTRUCTION, Level.COMMISSIONING):
        statements.append(message("Commercial production is missing."))
    return statements


def _legs_missing(lead: DealState, required: Sequence[str], held: Sequence[str]) -> Message:
    if lead.missing_legs:
        return counting(
            len(lead.missing_legs),
            "Of the required legs %(legs)s is missing; held: %(held)s.",
            "Of the required legs %(legs)s are missing; held: %(held)s.",
            legs=Listing(terms(lead.missing_legs, "leg")),
            held=_held(held),
        )
    if required:
        return counting(
            len(required),
            "No required leg is missing: %(legs)s is held.",
            "No required leg is missing: %(legs)s are held.",
            legs=Listing(terms(required, "leg")),
        )
    return message("Which legs it needs is not registered; held: %(held)s.", held=_held(held))


def _nothing_binds(required: Sequence[str], *, anyone: bool) -> Message:
    if not anyone:
        return message("A deal is missing: nobody pursues it.")
    if not required:
        return message("Nothing binds it: no %(legs)s is held.", legs=Listing(terms(LEGS, "leg"), "or"))
    if len(required) == 1:
        return message("Nothing binds it: the required leg %(leg)s is not held.", leg=Term(required[0], "leg"))
    return message(
        "Nothing binds it: of the required legs %(legs)s none is held.", legs=Listing(terms(required, "leg"))
    )


def _held(legs: Sequence[str]) -> Argument:
    return Listing(terms(legs, "leg")) if legs else message("none on record")
