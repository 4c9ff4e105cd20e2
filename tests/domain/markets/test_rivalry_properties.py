"""The quick judgement of markets equals the plain one, on markets drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steppe.domain.events.event import Event, interpret
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.fold.fold_state import fold_history
from steppe.domain.markets.groups import Groups, Parents
from steppe.domain.markets.rivalry import Rivals, SeenCrossings, rivalry, with_causes
from steppe.domain.markets.standings import contenders_of, rival_crossings, standing_of
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.flag_clock import flag_spans, flags_on_day
from steppe.domain.values.spans import Span
from steppe.domain.values.states import Flag
from tests.domain.markets.plain_rivalry import PlainMarkets, plain_groups
from tests.domain.properties import LOGS, PROFILE, SHORT

_thorough = settings(
    max_examples={"fast": 30, "quick": 200, "soak": LOGS}[PROFILE],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
_RECORDED = datetime(2025, 1, 1, tzinfo=UTC)
_PROJECTS = ("a", "b", "c", "d")
_PARTIES = ("alpha", "beta", "gamma", "delta")
_STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("intent.announced", {"kind": "talks"}),
    ("memorandum.signed", {"instrument": "mou"}),
    ("memorandum.signed", {"instrument": "mou"}),
    ("memorandum.signed", {"instrument": "mou"}),
    ("permit.granted", {"permit": "planning"}),
    ("equity.agreed", {}),
    ("equity.agreed", {}),
    ("equity.agreed", {"conditional": True, "long_stop": "2020-06-30"}),
    ("rights.granted", {"right": "mining"}),
    ("rights.granted", {"right": "exploration", "ends_on": "2021-02"}),
    ("works.awarded", {}),
    ("investment.decided", {}),
    ("loan.signed", {}),
    ("offtake.signed", {"commodity": "tungsten", "ends_on": "2021-12-31"}),
    ("offtake.signed", {"commodity": "tungsten", "term_years": 1}),
    ("construction.started", {}),
    ("processing.localised", {"step": "metal"}),
    ("equity.exited", {}),
    ("rights.revoked", {}),
    ("contract.terminated", {}),
    ("contract.terminated", {"leg": "debt"}),
    ("hold.placed", {"reason": "sanctions", "until": "2021-03-31"}),
    ("investor.withdrew", {}),
    ("project.cancelled", {}),
)
# So few that several events often fall on one, and coarse ones that are narrowed.
_days = st.one_of(
    st.integers(0, 60).map(lambda count: (date(2018, 1, 1) + timedelta(days=25 * count)).isoformat()),
    st.sampled_from(["2018", "2019", "2020", "2021", "2019/2020", "../2020-02", "2019-06"]),
)
_roles = st.sampled_from(["investor", "investor", "investor", "offtaker", "contractor", "financier", "donor"])
_shares = st.sampled_from([(), *(((party, percent),) for party in _PARTIES for percent in (None, 40.0)), (("alpha", 50.0), ("beta", 50.0)), (("gamma", 49.0), ("delta", 51.0)), (("alpha", 30.0), ("delta", 20.0))])  # fmt: skip


def _event(project: str, id: str, name: str, data: dict[str, Any]) -> Event:
    return interpret(source="/desk", id=id, subject=project, name=name, recorded=_RECORDED, data=data)


@st.composite
def _parents(draw: st.DrawFn) -> Parents:
    """Who is whose parent, in two or three steps of days; some own each other."""
    made: dict[str, list[tuple[date, Any]]] = {}
    for party in draw(st.lists(st.sampled_from([*_PARTIES, "holding"]), unique=True, max_size=4)):
        later = date(2019, 6, 1) + timedelta(days=draw(st.integers(0, 400)))
        made[party] = [(date.min, draw(_shares)), (later, draw(_shares))]
    return made


@st.composite
def markets(draw: st.DrawFn) -> dict[str, list[Event]]:
    """Projects that come into markets and leave them, and steps of deals."""
    made: dict[str, list[Event]] = {}
    for project in _PROJECTS:
        place = {
            "name": project,
            "country": draw(st.sampled_from(["KZ", "KZ", "UZ"])),
            "countries": draw(st.sampled_from([[], [], ["UZ"], ["KZ", "TJ"]])),
            "commodities": draw(st.sampled_from([["tungsten"], ["tungsten", "lithium"], ["lithium"]])),
            "sector": draw(st.sampled_from(["mining", "mining", "processing", "energy"])),
            "kind": draw(st.sampled_from(["deposit", "plant", "corridor", "umbrella"])),
        }
        made[project] = [_event(project, "registered", "project.registered", place)]
        if draw(st.booleans()):
            change: dict[str, Any] = {"from": draw(_days), "commodities": ["tungsten"], "sector": "mining"}
            change |= draw(st.sampled_from([{}, {"kind": "plant"}, {"countries": ["TJ"]}]))
            made[project].append(_event(project, "amended", "project.amended", change))
    for number in range(draw(st.integers(3, 20))):
        project, party = draw(st.sampled_from(_PROJECTS)), draw(st.sampled_from(_PARTIES))
        name, own = draw(st.sampled_from(_STEPS))
        parties = [{"party": party, "role": draw(_roles)}]
        other = draw(st.integers(0, 7))
        if other == 0:
            parties.append({"party": draw(st.sampled_from(_PARTIES)), "role": draw(_roles)})
        data: dict[str, Any] = {"occurred": draw(_days), "parties": parties, **own}
        if name in ("hold.placed", "project.cancelled") or other == 1:
            data["deal"] = draw(st.sampled_from(_PARTIES))
        elif other == 2:
            data["deal"], data["parties"] = party, []
        made[project].append(_event(project, f"e{number}", name, data))
    return made


@_thorough
@given(markets(), _parents(), st.sampled_from([RULES, SHORT]))
def test_the_quick_judgement_equals_the_plain_one(made: dict[str, list[Event]], parents: Parents, rules: Rules) -> None:
    """Domain page, section 6: displaced, crowded, co-investors."""
    groups = Groups(parents)
    histories = {project: fold_history(project, events, rules) for project, events in made.items()}
    standings = {project: standing_of(one) for project, one in histories.items()}
    crossings = list(chain.from_iterable(rival_crossings(one, groups) for one in standings.values()))
    rivals = Rivals(SeenCrossings(crossings), groups)
    plain = PlainMarkets(histories, made, parents, rules)
    for project, one in histories.items():
        expected, contenders = plain.rivalry(project), contenders_of(one)
        quick = rivalry(standings[project], contenders, rivals, rules)
        assert quick.co_investments == expected.co_investments, project
        flags = flag_spans(expected.flags)
        assert flag_spans(quick.flags) == _without_causes(flags), project
        for span in flags:
            for day in (span.valid_from, span.valid_to - timedelta(days=1)):
                of_the_day = SeenCrossings(one for one in crossings if one.valid_from <= day < one.valid_to)
                seen = Rivals(of_the_day, groups)
                (flag,) = (flag for flag in flags_on_day(quick.flags, day) if _key(flag) == _key(span.value))
                assert with_causes(flag, standings[project], contenders, seen, day, rules) == span.value, (project, day)


def _without_causes(spans: Sequence[Span[Flag]]) -> tuple[Span[Flag], ...]:
    """The spans of flags without what they rest on: those between which nothing else differs are one."""
    merged: list[Span[Flag]] = []
    for span in spans:
        valid_from, flag = span.valid_from, replace(span.value, count=None, evidence=(), groups=(), tier=None)
        if merged and merged[-1].valid_to == valid_from and merged[-1].value == flag:
            valid_from = merged.pop().valid_from
        merged.append(Span(valid_from=valid_from, valid_to=span.valid_to, value=flag))
    return tuple(merged)


def _key(flag: Flag) -> tuple[str | None, str]:
    return flag.deal, flag.flag


@_thorough
@given(_parents(), st.sampled_from([*_PARTIES, "holding"]), st.integers(0, 700))
def test_the_groups_of_a_party_are_those_of_the_page(parents: Parents, party: str, days: int) -> None:
    """Domain page, section 1: group."""
    day = date(2019, 1, 1) + timedelta(days=days)
    assert Groups(parents).of(party, day) == plain_groups(parents, party, day)
