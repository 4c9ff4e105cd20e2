"""The result of the fold: the states of one project as spans of days (valid time), and what they say of one day.

A span says what held on each day from `valid_from` to the day before `valid_to`, the future included if nothing else
occurs. The values of a day, read from the spans, equal those of a fold up to that day.
These values are stored as JSON documents and read back by the api, so fields may be added, with a default, not renamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date

from steppe.domain.values.flag_clock import FlagClock, flags_on_day
from steppe.domain.values.spans import Span, on_day
from steppe.domain.values.states import DealState, Flag, ProjectState
from steppe.domain.values.value_class import value_class


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

    The first span of the project begins on the first day on which one of its events counts (section 8); there is none when
    no event stands. A superseded project has no spans at all.
    """

    project: str
    projects: tuple[Span[ProjectState], ...]
    deals: tuple[Span[DealState], ...]
    flags: tuple[Span[FlagClock], ...]
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
    return Judgement(
        project=next(iter(on_day(history.projects, as_of)), None),
        deals=tuple(on_day(history.deals, as_of)),
        flags=tuple(flags_on_day(history.flags, as_of)),
    )
