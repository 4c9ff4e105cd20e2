"""Deals in answers, with their legs, permits and clocks. Pure: no database, no clock, no HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, TypedDict

from services.api.views import frames
from services.api.views.frames import Ended
from steppe.contracts.field_types import EARLIEST, Count, Day, Given, Key, LegName, LevelName, Reference, doc
from steppe.contracts.items import Clock, FlagItem, Tell, clock, flag, level_name
from steppe.domain.explanation import deal_text
from steppe.domain.messages.english import english
from steppe.domain.values.history import whole_deal
from steppe.domain.values.states import FOREVER, DealState, Flag, LegState, PermitState, ProjectState, Start


class LegItem(TypedDict):
    """One leg of a deal: something that binds, or did."""

    leg: Annotated[LegName, doc("Which leg.")]
    right: Annotated[str | None, doc("Of a leg of rights: which, as in mining; else null.")]
    since: Annotated[Day, doc("Since when it binds.")]
    since_earliest: Annotated[Day | None, doc(EARLIEST)]
    since_given: Given
    valid: Annotated[bool, doc("Whether it binds on the day.")]
    ended: Annotated[Ended | None, doc("When and how it ended; null: it has not.")]
    ended_on: Annotated[Day | None, doc("Use `ended`.", deprecated=True)]
    ended_how: Annotated[str | None, doc("Use `ended`.", deprecated=True)]
    conditional: Annotated[bool, doc("Whether it still depends on conditions.")]
    long_stop: Annotated[Day | None, doc("The day by which the conditions must be met; null: none is named.")]
    long_stop_earliest: Annotated[Day | None, doc(EARLIEST)]
    long_stop_given: Given
    inferred: Annotated[bool, doc("Whether it is inferred from a later event, as a loan from its disbursement.")]
    holders: Annotated[list[Key], doc("Who holds it, alphabetical.")]
    events: Annotated[list[Reference], doc("The events that bind it, each as source#id.")]


class LegOfDeal(LegItem):
    """A leg, with its deal."""

    deal: Annotated[Key, doc("The deal.")]


class MemorandumClock(Clock):
    """The clock of paper; once stopped it may go on from the same start."""

    running: Annotated[bool, doc("Whether it runs: the deal has nothing but paper.")]


class AnnouncementClock(Clock):
    """The clock of what was only said."""

    running: Annotated[bool, doc("Whether it runs: the deal has nothing but announcements.")]


class PermitItem(TypedDict):
    """A permit in force."""

    permit: Annotated[str, doc("Which, as in construction.")]
    part: Annotated[Key | None, doc("The part that it is of; null: the whole, or nobody said.")]
    since: Annotated[Day, doc("Since when it is in force.")]
    since_earliest: Annotated[Day | None, doc(EARLIEST)]
    since_given: Given
    ends_on: Annotated[Day | None, doc("Its last day; null: nobody said one.")]
    ends_on_earliest: Annotated[Day | None, doc(EARLIEST)]
    ends_on_given: Given
    event: Annotated[Reference, doc("The event that granted it, source#id.")]


class Hold(TypedDict):
    """A hold on a deal: flags show no more than when it began."""

    since: Annotated[Day | None, doc("The first day of the unbroken run of holds.")]
    until: Annotated[Day | None, doc("The day on which it is free again; null: nobody said.")]
    until_earliest: Annotated[Day | None, doc(EARLIEST)]
    until_given: Given


class DealClocks(TypedDict):
    """The clocks of a deal."""

    memorandum: Annotated[
        MemorandumClock | None, doc("Since the first paper of this phase; null: no paper was signed.")
    ]
    announcement: Annotated[
        AnnouncementClock | None, doc("Since the first announcement of this phase; null: there was none.")
    ]
    silence: Annotated[Clock | None, doc("Since anything was last heard; null: the deal has ended.")]
    step: Annotated[Clock | None, doc("Since the last step; null: the deal has ended, or took none.")]


class DealItem(TypedDict):
    """A deal as it stands on a day."""

    project: Annotated[Key, doc("The project.")]
    deal: Annotated[Key, doc("The deal's key within the project.")]
    phase: Annotated[Count, doc("Which life of the deal this is: it may begin anew after it ended.")]
    level: Annotated[LevelName | None, doc("How far it has come; null: it has ended.")]
    highest_level: Annotated[LevelName, doc("How far it ever came.")]
    overlays: Annotated[list[str], doc("What lies over its level, such as on-hold, alphabetical.")]
    ended: Annotated[Ended | None, doc("When and how it ended; null: it lives.")]
    pursuers: Annotated[list[Key], doc("The parties that pursue it in whatever role, alphabetical.")]
    investors: Annotated[list[Key], doc("Those of them that do so as investors, alphabetical.")]
    hold: Annotated[Hold | None, doc("The hold on it; null: there is none.")]
    bound_on: Annotated[Day | None, doc("The day on which something first bound; null: nothing has.")]
    bound_on_earliest: Annotated[Day | None, doc(EARLIEST)]
    bound_on_given: Given
    permits: Annotated[list[PermitItem], doc("Its permits in force, as they were granted.")]
    legs: Annotated[list[LegItem], doc("Its legs of this phase, as they bound.")]
    missing_legs: Annotated[list[str], doc("The legs that its project needs and that do not bind, alphabetical.")]
    clocks: Annotated[DealClocks, doc("Its clocks.")]
    co_investor: Annotated[list[Reference], doc("Events in which a rival won and this deal's own group has a part.")]
    sentence: Annotated[str, doc("The deal in one English sentence, with the figures of the day.")]
    flags: Annotated[list[FlagItem], doc("The flags that stand on it.")]


def _may_stand(name: str, start: Start | None, as_of: date, *, running: bool) -> MemorandumClock | None:
    started = clock(name, start, as_of)
    return None if started is None else {**started, "running": running}


def deal(
    project: str,
    value: DealState,
    flags: Sequence[Flag],
    co_investor: Sequence[str],
    as_of: date,
    tell: Tell = english,
) -> DealItem:
    """One row of `/v1/deals`; `flags` are those of this deal, `co_investor` the rivals' wins in which its group has a part."""
    return {
        "project": project,
        "deal": value.deal,
        "phase": value.phase,
        "level": level_name(value.level),
        "highest_level": value.highest_level.label,
        "overlays": sorted(whole_deal(value, flags).overlays),
        "ended": ended(value),
        "pursuers": sorted(value.pursuers),
        "investors": sorted(value.investors),
        "hold": hold(value),
        "bound_on": value.bound_on,
        "bound_on_earliest": value.bound_on_earliest,
        "bound_on_given": value.bound_on_given,
        "permits": [permit(permit_state) for permit_state in value.permits],
        "legs": [leg(leg_state) for leg_state in value.legs],
        "missing_legs": sorted(value.missing_legs),
        "clocks": {
            "memorandum": _may_stand("memorandum", value.memorandum, as_of, running=value.memorandum_runs),
            "announcement": _may_stand("announcement", value.announcement, as_of, running=value.announcement_runs),
            "silence": clock("silence", value.silence, as_of),
            "step": clock("step", value.step, as_of),
        },
        "co_investor": list(co_investor),
        "sentence": tell(deal_text.sentence(value, flags, as_of)),
        "flags": [flag(project, flag_state, as_of, tell) for flag_state in flags],
    }


def ended(value: DealState | LegState | ProjectState) -> Ended | None:
    """When and how a deal, a leg or a project ended; None while it lives."""
    return frames.ended(value.ended, value.ended_how)


def hold(value: DealState) -> Hold | None:
    """The hold on a deal; None when there is none."""
    ends = value.hold_ends
    if ends is None:
        return None
    if ends.latest == FOREVER:
        return {"since": value.held_since, "until": None, "until_earliest": None, "until_given": None}
    return {
        "since": value.held_since,
        "until": ends.latest,
        "until_earliest": ends.earliest,
        "until_given": ends.given,
    }


def permit(value: PermitState) -> PermitItem:
    """A permit in force."""
    return {
        "permit": value.permit,
        "part": value.part,
        "since": value.since,
        "since_earliest": value.since_earliest,
        "since_given": value.since_given,
        "ends_on": value.ends_on,
        "ends_on_earliest": value.ends_on_earliest,
        "ends_on_given": value.ends_on_given,
        "event": value.event,
    }


def leg(value: LegState) -> LegItem:
    """One leg of a deal."""
    return {
        "leg": value.leg,
        "right": value.right,
        "since": value.since,
        "since_earliest": value.since_earliest,
        "since_given": value.since_given,
        "valid": value.valid,
        "ended": ended(value),
        "ended_on": value.ended_on,
        "ended_how": value.ended_how,
        "conditional": value.conditional,
        "long_stop": value.long_stop,
        "long_stop_earliest": value.long_stop_earliest,
        "long_stop_given": value.long_stop_given,
        "inferred": value.inferred,
        "holders": sorted(value.holders),
        "events": list(value.events),
    }
