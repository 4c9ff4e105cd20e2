"""The items of the answers, made of the values that the projector stored. Pure: no database, no clock, no HTTP.

Names and shapes here are public (the contract). Levels are names; lists of names are alphabetical; ages are reckoned on
the day that is judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from steppe.contracts.items import Clock, clock, flag, level_name, project
from steppe.domain.analysis.crosswalk import SCHEMES, word
from steppe.domain.explanation import deal_text
from steppe.domain.explanation.project_text import Explanation
from steppe.domain.values.states import DealState, Flag, LegState, ProjectState

Item = dict[str, Any]


def _may_stand(started: Clock | None, *, running: bool) -> Item | None:
    return None if started is None else {**started, "running": running}


def deal(project: str, value: DealState, flags: Sequence[Flag], co_investor: Sequence[str], as_of: date) -> Item:
    """One row of `/v1/deals`; `flags` are those of this deal, `co_investor` the rivals' wins in which its group has a part."""
    return {
        "project": project,
        "deal": value.deal,
        "phase": value.phase,
        "level": level_name(value.level),
        "highest_level": value.highest_level.label,
        "overlays": sorted(value.overlays),
        "ended": ended(value),
        "pursuers": sorted(value.pursuers),
        "investors": sorted(value.investors),
        "bound_on": value.bound_on,
        "legs": [leg(one) for one in value.legs],
        "missing_legs": sorted(value.missing_legs),
        "clocks": {
            "memorandum": _may_stand(clock("memorandum", value.memorandum, as_of), running=value.memorandum_runs),
            "silence": clock("silence", value.silence, as_of),
            "step": clock("step", value.step, as_of),
        },
        "co_investor": list(co_investor),
        "sentence": deal_text.sentence(value, flags, as_of),
        "flags": [flag(project, one, as_of) for one in flags],
    }


def ended(value: DealState) -> Item | None:
    """When and how a deal ended; None while it lives."""
    return {"on": value.ended_on, "how": value.ended_how} if value.ended_on else None


def leg(value: LegState) -> Item:
    """One leg of a deal."""
    return {
        "leg": value.leg,
        "since": value.since,
        "valid": value.valid,
        "ended_on": value.ended_on,
        "ended_how": value.ended_how,
        "conditional": value.conditional,
        "long_stop": value.long_stop,
        "inferred": value.inferred,
        "holders": sorted(value.holders),
        "events": list(value.events),
    }


def crosswalk(value: ProjectState, schemes: Collection[str]) -> Item:
    """What these registers would call the project, to be joined to its item; nothing when none is asked for."""
    if not schemes:
        return {}
    found = {key: word(key, value.level, value.highest_level, value.overlays).code for key in SCHEMES if key in schemes}
    return {"crosswalk": {key: {"code": code, "name": SCHEMES[key].name(code)} for key, code in found.items()}}


def quarantine(held: Mapping[str, int], key: str, *, counted: bool = False) -> Item:
    """Whether events of a project wait in quarantine, to be joined to its item: then it stands as it did before them.

    `held` counts them, by project that is held.
    """
    told: Item = {"quarantined": key in held}
    return {**told, "held_events": held.get(key, 0)} if counted else told


def project_detail(
    value: ProjectState,
    deals: Sequence[DealState],
    flags: Sequence[Flag],
    co_investors: Mapping[tuple[str, str], Sequence[str]],
    position: str,
    as_of: date,
    told: Explanation,
) -> Item:
    """The project with its deals and legs, told in words; what follows from its events is added by `ledger`."""
    return {
        **project(value, flags, position, as_of),
        "place": value.place,
        "latitude": value.latitude,
        "longitude": value.longitude,
        "required_legs": None if value.required_legs is None else sorted(value.required_legs),
        "physical_state": level_name(value.physical_state),
        "deals": [
            deal(
                value.project,
                one,
                [flag for flag in flags if flag.deal == one.deal],
                co_investors.get((value.project, one.deal), ()),
                as_of,
            )
            for one in deals
        ],
        "legs": [{"deal": one.deal, **leg(bound)} for one in deals for bound in one.legs],
        "missing_legs": sorted({missing for one in deals for missing in one.missing_legs}),
        "next": next_rise(flags),
        "explanation": {"stands": told.stands, "missing": told.missing, "next": told.next},
    }


def next_rise(flags: Iterable[Flag]) -> Item | None:
    """The first later day on which any flag that stands becomes more severe, if nothing else occurs."""
    rising = [(one.next_on, one.flag, one.deal or "", one) for one in flags if one.next_on is not None]
    if not rising:
        return None
    first = min(rising, key=lambda entry: entry[:3])[3]
    return {"flag": first.flag, "deal": first.deal, "severity": first.next_severity, "on": first.next_on}
