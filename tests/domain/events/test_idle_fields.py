"""A field that does nothing where it stands is accepted with a warning; a field that does something is not remarked on."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from steppe.domain.deals.milestones import met_by
from steppe.domain.events.idle_fields import REMARKS, idle_stakes, remarks_on
from steppe.domain.events.validation import FIELDS, faults_of, warnings_of
from steppe.domain.events.vocabulary import MILESTONES, VOCABULARY
from tests.domain.event_logs import event
from tests.domain.events.test_validation import KNOWN

INVESTOR = {"party": "alpha", "role": "investor"}
CONDITIONS = [kind.name for kind in VOCABULARY if "long_stop" in {field.name for field in kind.fields}]
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_long_stop_does_nothing_without_a_condition(name: str) -> None:
    for data in ({"long_stop": "2030"}, {"long_stop": "2030", "conditional": False}):
        assert any("long_stop does nothing without conditional" in text for text in remarks_on(name, data))
    assert remarks_on(name, {"long_stop": "2030", "conditional": True}) == []


@pytest.mark.parametrize(
    ("name", "data", "idle"),
    [
        ("hold.lifted", {"until": "2030"}, "until"),
        ("hold.placed", {"until": "2030/.."}, "until"),
        ("hold.placed", {"until": "unknown"}, "until"),
        ("pledge.announced", {"deadline": "2030/.."}, "deadline"),
        ("memorandum.signed", {"expires_on": "unknown"}, "expires_on"),
        ("memorandum.signed", {"instrument": "treaty", "expires_on": "2030"}, "expires_on"),
        ("permit.granted", {"expires_on": "2030/.."}, "expires_on"),
        ("rights.granted", {"ends_on": "unknown"}, "ends_on"),
        ("works.awarded", {"conditional": True, "long_stop": "2030/.."}, "long_stop"),
        ("funds.disbursed", {"part": "unit-1"}, "part"),
        ("processing.localised", {"part": "unit-1"}, "part"),
        ("rights.granted", {"part": "lot-1"}, "part"),
        ("works.awarded", {"part": "lot-1"}, "part"),
        ("setback.reported", {"part": "unit-1"}, "part"),
        ("project.completed", {"part": "unit-1"}, "project.completed of a part"),
        ("project.registered", {"part": "unit-1"}, "part"),
        ("project.superseded", {"part": "unit-1"}, "part"),
        ("project.registered", {"latitude": 43}, "latitude"),
        ("project.registered", {"longitude": 43}, "longitude"),
        ("project.registered", {"precision": "exact"}, "precision"),
        ("project.registered", {"deal": "alpha"}, "deal"),
        ("project.registered", {"forum": "summit"}, "forum"),
        ("project.registered", {"parties": [INVESTOR]}, "parties"),
        ("project.registered", {"amount": {"value": "1", "currency": "USD"}}, "amount"),
        ("project.registered", {"programme": "fund"}, "programme"),
        ("review.confirmed", {"deal": "alpha"}, "deal"),
        ("review.confirmed", {"part_of": {"source": "/a", "id": "b"}}, "part_of"),
        ("event.retracted", {"deal": "alpha"}, "deal"),
        ("party.registered", {"party": "alpha", "parent": "beta", "parents": [{"party": "gamma"}]}, "parent"),
        ("party.registered", {"party": "alpha", "parent": "alpha"}, "parent"),
        ("party.amended", {"party": "alpha", "parents": [{"party": "alpha"}]}, "parents"),
        ("offtake.signed", {"volume": 5}, "volume is in no sum without unit and per"),
        ("offtake.signed", {"volume": 5, "unit": "t"}, "volume is in no sum without per"),
        ("offtake.signed", {"unit": "t"}, "unit"),
        ("offtake.signed", {"per": "year"}, "per"),
        ("offtake.signed", {"starts_on": "2020", "ends_on": "2025", "term_years": 5}, "term_years"),
        ("offtake.signed", {"starts_on": "2020/.."}, "starts_on"),
        ("production.started", {"output": 5}, "output"),
        ("production.started", {"unit": "t"}, "unit"),
        ("project.amended", {"from": "2020"}, "project.amended changes nothing"),
        ("party.amended", {"party": "alpha"}, "party.amended changes nothing"),
        ("offtake.amended", {"note": "x"}, "offtake.amended changes nothing"),
        ("rights.amended", {"amends": {"source": "/a", "id": "b"}}, "rights.amended changes nothing"),
        ("memorandum.signed", {"programme": "fund"}, "programme does nothing on memorandum.signed"),
        ("milestone.planned", {"milestone": "construction-strat"}, "milestone construction-strat: did you mean construction-start?"),
        ("milestone.met", {"milestone": "finacial-close"}, "milestone finacial-close: did you mean financial-close?"),
        ("milestone.planned", {"milestone": "start-production"}, "milestone start-production: did you mean production-start?"),
        ("review.confirmed", {"amount": {"value": "1", "currency": "USD"}}, "amount"),
        ("funds.returned", {"amount": {"value": "1", "currency": "USD", "semantics": "total"}}, "semantics total"),
        ("commitment.reduced", {"amount": {"value": "1", "currency": "USD", "semantics": "total"}}, "semantics total"),
    ],
)  # fmt: skip
def test_what_does_nothing_is_remarked_on_once(name: str, data: dict[str, Any], idle: str) -> None:
    others = {"project.amended", "party.amended", "offtake.amended", "rights.amended"}
    remarks = [text for text in remarks_on(name, data) if text.startswith(idle)]
    assert len(remarks) == 1, remarks_on(name, data)
    assert len(remarks_on(name, data)) == 1 or name in others | {"project.registered"}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("hold.placed", {"until": "2030"}),
        ("hold.lifted", {"deal": "alpha"}),
        ("memorandum.signed", {"instrument": "mou", "expires_on": "2030"}),
        ("milestone.planned", {"part": "unit-1", "planned_on": "2030/.."}),
        ("permit.granted", {"part": "unit-1", "expires_on": "2030"}),
        ("construction.started", {"part": "unit-1"}),
        ("project.retired", {"part": "unit-1"}),
        ("offtake.amended", {"ends_on": "unknown"}),
        ("rights.amended", {"ends_on": "2030/.."}),
        ("offtake.signed", {"volume": 5, "unit": "t", "per": "year", "term_years": 5, "starts_on": "2020"}),
        ("offtake.signed", {"ends_on": "2025", "term_years": 5}),
        ("project.registered", {"latitude": 43, "longitude": 76, "precision": "region", "country": "KZ"}),
        ("project.registered", {"parties": [{**INVESTOR, "name": "Alpha", "country": "JP"}]}),
        ("project.registered", {"amount": {"value": "1", "currency": "USD", "of": "project-cost"}}),
        ("review.confirmed", {"amount": {"value": "1", "currency": "USD", "of": "claim"}}),
        ("equity.exited", {"amount": {"value": "1", "currency": "USD"}}),  # value at stake, as on all that does not bind
        ("construction.started", {"amount": {"value": "1", "currency": "USD"}}),
        ("loan.signed", {"amount": {"value": "1", "currency": "USD"}, "forum": "summit", "lender_kind": "eca"}),
        ("pledge.announced", {"amount": {"value": "1", "currency": "USD"}}),
        ("memorandum.renewed", {"renews": {"source": "/a", "id": "b"}}),
        ("exploration.reported", {"result": "12 m at 2 g/t"}),
        ("equity.agreed", {"vehicle": "Alpha Holding", "stake_percent": 49}),
        *(("milestone.planned", {"milestone": milestone, "planned_on": "2030"}) for milestone in MILESTONES),
        ("milestone.planned", {"milestone": "unit-3-in-service", "planned_on": "2030"}),
        ("milestone.met", {"milestone": "production-sharing-agreement"}),
        ("project.amended", {"latitude": 43}),
        ("project.amended", {"required_legs": []}),
        ("party.amended", {"party": "alpha", "parents": [{"party": "beta", "percent": 50}]}),
        ("production.started", {"output": 5, "unit": "t"}),
        ("funds.returned", {"amount": {"value": "1", "currency": "USD"}}),
    ],
)  # fmt: skip
def test_what_does_something_is_not_remarked_on(name: str, data: dict[str, Any]) -> None:
    assert remarks_on(name, data) == []


def test_the_milestones_that_events_meet_are_those_that_a_slip_of_the_pen_is_compared_with() -> None:
    fields: dict[str, str] = {"kind": "feasibility", "phase": "commercial"}
    met = {milestone for kind in VOCABULARY for milestone, _ in met_by(event(kind.name, "2020", **fields))}
    assert met == set(MILESTONES)


@pytest.mark.parametrize(
    ("name", "role"),
    [("equity.closed", "regulator"), ("equity.agreed", "financier"), ("grant.committed", "host"), ("works.awarded", "seller")],
)  # fmt: skip
def test_a_stake_of_who_holds_nothing_is_remarked_on(name: str, role: str) -> None:
    stake = {"party": "beta", "role": role, "stake_percent": 49}
    (remark,) = idle_stakes(name, {"parties": [INVESTOR, stake]})
    assert remark.startswith(f"stake_percent of beta does nothing: as {role} it holds nothing by {name}")


@pytest.mark.parametrize(
    ("name", "role"),
    [("equity.closed", "investor"), ("equity.closed", "host"), ("equity.exited", "seller"), ("production.started", "investor")],
)  # fmt: skip
def test_a_stake_of_a_shareholder_is_not(name: str, role: str) -> None:
    assert idle_stakes(name, {"parties": [{"party": "beta", "role": role, "stake_percent": 49}]}) == []


def test_every_remark_is_about_a_field_that_the_event_may_have() -> None:
    for name, remarks in REMARKS.items():
        for remark in remarks:
            assert remark.field is None or remark.field in FIELDS[name]


def test_what_only_tells_is_idle_nowhere() -> None:
    data: dict[str, object] = {"note": "x", "confidence": "high", "evidence": [{"grade": "press", "title": "x"}], "occurred": "2020", "reported": "2020-12-31"}  # fmt: skip
    changing: dict[str, dict[str, object]] = {"project.amended": {"name": "x"}, "party.amended": {"name": "x"}, "offtake.amended": {"volume": 1}, "rights.amended": {"right": "mining"}}  # fmt: skip
    for kind in VOCABULARY:
        assert warnings_of(kind.name, {**data, **changing.get(kind.name, {})}, KNOWN) == []


def test_the_real_events_of_central_asia_have_few_warnings_all_true_and_no_fault() -> None:
    warnings = []
    for line in (ROOT / "examples" / "central-asia" / "events.ndjson").read_text(encoding="utf-8").splitlines():
        sent = json.loads(line)
        name = sent["type"].removeprefix("steppe.").removesuffix(".v1")
        known_day = date.fromisoformat(sent["data"]["reported"]) if "reported" in sent["data"] else KNOWN
        assert faults_of(name, sent["data"], known_day) == []
        warnings += warnings_of(name, sent["data"], known_day)
    assert sorted(warnings) == [
        "parties do nothing on event.reclassified: it is about the record, and nobody does anything by it",
        "stake_percent of uktmp does nothing: as host it holds nothing by production.started; shares are held by the investors "
        "of an equity event",
        *["term_years does nothing beside starts_on and ends_on"] * 3,
    ]
