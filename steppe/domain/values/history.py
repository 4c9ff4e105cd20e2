"""The result of the fold: the states of one project as spans of days (valid time), and what they say of one day.

A span says what held on each day from `valid_from` to the day before `valid_to`, the future included if nothing else
occurs. The values of a day, read from the spans, equal those of a fold up to that day.
These values are stored as JSON documents and read back by the api, so fields may be added, with a default, not renamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import date

from steppe.domain.values.flag_clock import FlagClock, flags_on_day, headline_on
from steppe.domain.values.spans import Span, on_day
from steppe.domain.values.states import DealState, Flag, Headline, ProjectState, Start
from steppe.domain.values.value_class import value_class

# The flags that overlays follow from.
_LAPSED, _MEMORANDUM_ONLY, _PRESUMED_DEAD = "lapsed", "memorandum-only", "presumed-dead"


@value_class(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A run of days at whose ends a deal holds a valid leg of a kind that counts (section 6, displaced and crowded).

    `on` is its winning day (`on_earliest`, `on_given` as of a Start), `event` the winning event, `leg` what that bound. From
    `since` to the day before `held_until` the deal held such a leg and was pursued in `pursuing_role`. `scope` says which kinds count: `asset` (equity, rights), `works` (these, works and
    investment), `market` (equity, rights, offtake) or `any`. `parties` are the investors of the winning event, else the
    deal's pursuers at the end of the winning day, `pursuers` those pursuers.
    """

    project: str
    deal: str
    on: date
    since: date
    held_until: date
    leg: str
    event: str
    parties: tuple[str, ...]
    pursuers: tuple[str, ...]
    pursuing_role: str | None
    scope: str
    on_earliest: date | None = None
    on_given: str | None = None


@value_class(frozen=True, slots=True, kw_only=True)
class Superseded:
    """What stands in the place of a project (section 7): the keys of others. `event` says so."""

    by: tuple[str, ...]
    reason: str | None
    event: str


@value_class(frozen=True, slots=True, kw_only=True)
class History:
    """Everything that follows from a project's own events. Spans of one key never overlap and are in order of days.

    What changes most often, or follows from the day, has spans of its own: the clocks of the flags and of the headline, and the
    latest event. `judgement_on` puts them together: the spans of projects and deals know nothing of them.

    The first span of the project begins on the first day on which one of its events counts (section 8); there is none when
    no event stands. A superseded project has no spans at all.
    """

    project: str
    projects: tuple[Span[ProjectState], ...]
    deals: tuple[Span[DealState], ...]
    flags: tuple[Span[FlagClock], ...]
    headlines: tuple[Span[FlagClock], ...] = ()
    last_events: tuple[Span[Start], ...] = ()
    crossings: tuple[Crossing, ...] = ()
    superseded: Superseded | None = None


@value_class(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The states of a project, its deals and its flags on one day. `co_investors`: references of events by deal.

    `project` None: on that day there is no such project, and nothing else of it.
    """

    project: ProjectState | None
    deals: tuple[DealState, ...]
    flags: tuple[Flag, ...]
    co_investors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def judgement_on(history: History, as_of: date) -> Judgement:
    """What the history says of a day (UTC). Deals and flags are in order of their keys."""
    project = next(iter(on_day(history.projects, as_of)), None)
    flags = flags_on_day(history.flags, as_of)
    headline = next(iter(on_day(history.headlines, as_of)), None)
    if project is not None:
        last_event = next(iter(on_day(history.last_events, as_of)), None)
        project = whole_project(project, None if headline is None else headline_on(headline, as_of), last_event)
    return Judgement(
        project=project,
        deals=tuple(whole_deal(deal, flags) for deal in on_day(history.deals, as_of)),
        flags=tuple(flags),
    )


def whole_project(state: ProjectState, headline: Headline | None, last_event: Start | None) -> ProjectState:
    """A project of a span with what spans of their own say of the day: the headline, with its overlay, and the latest event."""
    overlays = state.overlays
    if headline is not None and headline.severity == _PRESUMED_DEAD and headline.certainty == "certain":
        overlays = tuple(sorted([*overlays, _PRESUMED_DEAD]))
    if last_event is None:
        return replace(state, overlays=overlays, headline=headline)
    return replace(
        state,
        overlays=overlays,
        headline=headline,
        last_event_on=last_event.latest,
        last_event_on_earliest=last_event.earliest,
        last_event_on_given=last_event.given,
    )


def whole_deal(state: DealState, flags: Iterable[Flag]) -> DealState:
    """A deal of a span with the overlays that follow from flags of the day, its own or of others (section 4). Twice is safe."""
    overlays = set()
    for flag in flags:
        if flag.deal == state.deal:
            if flag.flag == _LAPSED:
                overlays.add(_LAPSED)
            elif flag.flag == _MEMORANDUM_ONLY and flag.certain_severity == _PRESUMED_DEAD:
                overlays.add(_PRESUMED_DEAD)
    return replace(state, overlays=tuple(sorted(overlays.union(state.overlays)))) if overlays else state
