"""Where a project stands, what is missing and what happens next and when, in plain words and as of a day.

Every figure comes from the fold; nothing is judged here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from steppe.domain.analysis.forecast import UpcomingChange
from steppe.domain.events.vocabulary import DELIVERING_KINDS, LEGS, UNKNOWN_LEG
from steppe.domain.explanation import forecast_text
from steppe.domain.explanation.deal_text import ON_THE_GROUND, bound, core, halted, in_words
from steppe.domain.flags.displaced import overtaken
from steppe.domain.values.grammar import capital, day, listed, named, on, when
from steppe.domain.values.history import Superseded
from steppe.domain.values.levels import Level
from steppe.domain.values.states import FOREVER, DealState, Flag, ProjectState

_IS = {"bound": "is bound", "below the line": "is below the line", "ended": "has ended"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Three short texts."""

    stands: str
    missing: str
    next: str


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
    forecast = f"Forecast for {day(as_of)}, if nothing happens until then. " if as_of > known_on else ""
    return Explanation(
        stands=forecast + " ".join([_stands(state, deals, lead, as_of), *_beside(state, deals, lead, flags)]),
        missing=" ".join(_missing(state, living, lead)),
        next=forecast_text.next_changes(living, coming),
    )


def superseded_explanation(superseded: Superseded) -> Explanation:
    """A project whose key is no longer used: what stands in its place."""
    because = f" ({superseded.reason.rstrip('.')})" if superseded.reason else ""
    return Explanation(
        stands=f"Superseded by {listed(superseded.by)}{because}: this key is no longer used.",
        missing="Nothing is waited for.",
        next="Nothing: it is judged no more. Ask for what stands in its place.",
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
) -> str:
    if state.ended is not None and state.ended_how is not None:
        return f"{capital(state.ended_how)} {on(state.ended)}; it had come as far as {state.highest_level.label}."
    if state.physical_state is not None:
        since = f" since {when(state.physical_since)}" if state.physical_since else ""
        ground = f"{capital(ON_THE_GROUND[state.physical_state])}{since}"
        if lead is None or lead.level is None or not lead.level.crosses_the_line:
            return f"{ground}, though no living deal is bound."
        return f"{ground}, {bound(lead)}."
    if lead is None:
        return _unpursued(state, deals)
    headline = state.headline
    if headline is None:
        return f"{capital(core(lead, as_of))}."
    perhaps = "" if headline.certainty == "certain" else "perhaps "
    return (
        f"{capital(core(lead, as_of))}; memorandum-only is {perhaps}{in_words(headline.severity)}"
        f" since {day(headline.since)}."
    )


def _unpursued(state: ProjectState, deals: Sequence[DealState]) -> str:
    if deals:
        last = max(deals, key=lambda deal: (deal.ended_on or date.min, deal.deal))
        each = "Its only deal" if len(deals) == 1 else f"The last of its {len(deals)} deals"
        return f"Nobody pursues it any more. {each}, of {named(last.pursuers)}, {core(last, date.max)}."
    if state.last_event is None:
        return "Registered only: no deal, no paper, nothing on the ground."
    return f"Identified: nobody pursues it; the last event is of {when(state.last_event)}."


def _beside(
    state: ProjectState, deals: Sequence[DealState], lead: DealState | None, flags: Sequence[Flag]
) -> list[str]:
    sentences = [overtaken(flag) for flag in flags if flag.flag == "displaced" and lead and flag.deal == lead.deal]
    others = [deal for deal in deals if lead is not None and deal.deal != lead.deal]
    if len(others) == 1:
        sentences.append(f"Beside it, {others[0].deal} {_IS[_kind(others[0])]}.")
    elif others:
        kinds = Counter(map(_kind, others))
        sentences.append(
            f"Beside it {len(others)} deals: {listed([f'{kinds[kind]} {kind}' for kind in _IS if kinds[kind]])}."
        )
    if lead is not None:
        sentences += halted(lead)
    elif "on-hold" in state.overlays:
        sentences.append("On hold.")
    if "suspended" in state.overlays and "Suspended." not in sentences:
        sentences.append("Suspended.")
    elif "suspended" not in state.overlays:
        sentences += _idle_works(state)
    if "delisted" in state.overlays:
        sentences.append("Its source no longer lists it.")
    return sentences


def _idle_works(state: ProjectState) -> list[str]:
    """That some of its works stand still or were taken out of service, though others go on."""
    sentences = []
    for words, lines in (
        ("stand still", [line for line in state.works if line.suspended]),
        ("were taken out of service", [line for line in state.works if line.retired]),
    ):
        parts = sorted({line.part for line in lines if line.part is not None})
        if parts:
            verb = {"stand still": "stands still", "were taken out of service": "was taken out of service"}[words]
            sentences.append(f"{capital(listed(parts))} {verb if len(parts) == 1 else words}.")
    return sentences


def _kind(deal: DealState) -> str:
    if deal.level is None:
        return "ended"
    return "bound" if deal.level.crosses_the_line else "below the line"


def _missing(state: ProjectState, living: Sequence[DealState], lead: DealState | None) -> list[str]:
    if state.ended_how is not None:
        return ["Nothing is waited for."]
    held = sorted({leg.leg for leg in lead.legs if leg.valid} - {UNKNOWN_LEG}) if lead else []
    required = sorted(state.required_legs or ())
    sentences = []
    if lead is None or lead.level is None or not lead.level.crosses_the_line:
        sentences.append(_nothing_binds(required, anyone=bool(living)))
    elif lead.missing_legs:
        sentences.append(f"Of the required legs {_verbed(lead.missing_legs)} missing; held: {_listed(held)}.")
    elif required:
        sentences.append(f"No required leg is missing: {_verbed(required)} held.")
    else:
        sentences.append(f"Which legs it needs is not registered; held: {_listed(held)}.")
    if state.physical_state is None and held and state.kind in DELIVERING_KINDS:
        sentences.append("Nothing stands on the ground.")
    elif state.physical_state in (Level.CONSTRUCTION, Level.COMMISSIONING):
        sentences.append("Commercial production is missing.")
    return sentences


def _nothing_binds(required: Sequence[str], *, anyone: bool) -> str:
    if not anyone:
        return "A deal is missing: nobody pursues it."
    if not required:
        return f"Nothing binds it: no {', '.join(LEGS[:-1])} or {LEGS[-1]} is held."
    if len(required) == 1:
        return f"Nothing binds it: the required leg {required[0]} is not held."
    return f"Nothing binds it: of the required legs {listed(required)} none is held."


def _verbed(legs: Sequence[str]) -> str:
    return f"{listed(legs)} {'is' if len(legs) == 1 else 'are'}"


def _listed(held: Sequence[str]) -> str:
    return listed(held) if held else "none on record"
