"""The quick judgement of markets equals the plain one, on markets drawn at random."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steppe.domain.events.event import Event, interpret
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.fold.fold_state import fold_history
from steppe.domain.markets.groups import Groups
from steppe.domain.markets.rivalry import Rival, rivalry, standing_of
from tests.domain.markets.plain_rivalry import plain_rivalry
from tests.domain.properties import PROFILE

_thorough = settings(
    max_examples=30 if PROFILE == "fast" else 300, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
_RECORDED = datetime(2025, 1, 1, tzinfo=UTC)
_PROJECTS = ("a", "b", "c", "d")
_PARTIES = ("alpha", "beta", "gamma", "delta")
_STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("memorandum.signed", {"instrument": "mou"}),
    ("memorandum.signed", {"instrument": "mou"}),
    ("equity.agreed", {}),
    ("equity.agreed", {"conditional": True, "long_stop": "2020-06-30"}),
    ("rights.granted", {"right": "mining"}),
    ("works.awarded", {}),
    ("offtake.signed", {"commodity": "tungsten", "ends_on": "2021-12-31"}),
    ("equity.exited", {}),
    ("contract.terminated", {}),
    ("hold.placed", {"reason": "sanctions", "until": "2021-03-31"}),
    ("investor.withdrew", {}),
)
_days = st.integers(0, 1500).map(lambda days: (date(2018, 1, 1) + timedelta(days=days)).isoformat())


def _event(project: str, id: str, name: str, data: dict[str, Any]) -> Event:
    return interpret(source="/desk", id=id, subject=project, name=name, recorded=_RECORDED, data=data)


@st.composite
def markets(draw: st.DrawFn) -> dict[str, list[Event]]:
    """Projects that come into markets and leave them, and steps of deals."""
    made: dict[str, list[Event]] = {}
    for project in _PROJECTS:
        commodities = draw(st.sampled_from([["tungsten"], ["tungsten", "lithium"], ["lithium"]]))
        place = {"name": project, "country": "KZ", "commodities": commodities}
        place |= {"sector": draw(st.sampled_from(["mining", "mining", "energy"])), "kind": draw(st.sampled_from(["deposit", "plant", "umbrella"]))}  # fmt: skip
        made[project] = [_event(project, "registered", "project.registered", place)]
        if draw(st.booleans()):
            change = {"from": draw(_days), "commodities": ["tungsten"], "sector": "mining"}
            made[project].append(_event(project, "amended", "project.amended", change))
    for number in range(draw(st.integers(3, 16))):
        project, party = draw(st.sampled_from(_PROJECTS)), draw(st.sampled_from(_PARTIES))
        name, own = draw(st.sampled_from(_STEPS))
        role = draw(st.sampled_from(["investor", "investor", "offtaker", "contractor", "financier"]))
        data = {"occurred": draw(_days), "parties": [{"party": party, "role": role}], **own}
        if name == "hold.placed":
            data["deal"] = party
        made[project].append(_event(project, f"e{number}", name, data))
    return made


@_thorough
@given(markets(), st.sampled_from([{}, {"beta": [(date(2019, 6, 1), "alpha")]}]))
def test_the_quick_judgement_equals_the_plain_one(made: dict[str, list[Event]], parents: Any) -> None:
    """Domain page, section 6: displaced, crowded, co-investors."""
    groups = Groups(parents)
    histories = {project: fold_history(project, events, RULES) for project, events in made.items()}
    standings = {project: standing_of(one) for project, one in histories.items()}
    rivals = [rival for standing in standings.values() if (rival := Rival.of(standing)) is not None]
    for project, one in histories.items():
        others = [standing for other, standing in standings.items() if other != project]
        plain = plain_rivalry(standings[project], one.deals, others, groups, RULES)
        assert rivalry(standings[project], one.deals, rivals, groups, RULES) == plain
