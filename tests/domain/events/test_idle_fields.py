"""A field that does nothing where it stands is accepted with a warning; a field that does something is not remarked on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from steppe.domain.events.idle_fields import REMARKS, remarks_on
from steppe.domain.events.validation import FIELDS, faults_of, warnings_of
from steppe.domain.events.vocabulary import VOCABULARY
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
        ("loan.signed", {"amount": {"value": "1", "currency": "USD"}, "programme": "fund", "forum": "summit"}),
        ("pledge.announced", {"amount": {"value": "1", "currency": "USD"}, "programme": "fund", "deadline": "2030"}),
        ("project.amended", {"latitude": 43}),
        ("project.amended", {"required_legs": []}),
        ("party.amended", {"party": "alpha", "parents": [{"party": "beta", "percent": 50}]}),
        ("production.started", {"output": 5, "unit": "t"}),
        ("funds.returned", {"amount": {"value": "1", "currency": "USD"}}),
    ],
)  # fmt: skip
def test_what_does_something_is_not_remarked_on(name: str, data: dict[str, Any]) -> None:
    assert remarks_on(name, data) == []


def test_every_remark_is_about_a_field_that_the_event_may_have() -> None:
    for name, remarks in REMARKS.items():
        for remark in remarks:
            assert remark.field is None or remark.field in FIELDS[name]


def test_what_only_tells_is_idle_nowhere() -> None:
    data: dict[str, object] = {"note": "x", "confidence": "high", "evidence": [{"grade": "press", "title": "x"}], "occurred": "2020", "reported": "2020-12-31"}  # fmt: skip
    changing: dict[str, dict[str, object]] = {"project.amended": {"name": "x"}, "party.amended": {"name": "x"}, "offtake.amended": {"volume": 1}, "rights.amended": {"right": "mining"}}  # fmt: skip
    for kind in VOCABULARY:
        assert warnings_of(kind.name, {**data, **changing.get(kind.name, {})}) == []


def test_the_real_events_of_central_asia_have_few_idle_fields_and_no_fault() -> None:
    remarks = []
    for line in (ROOT / "examples" / "central-asia" / "events.ndjson").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        name = event["type"].removeprefix("steppe.").removesuffix(".v1")
        assert faults_of(name, event["data"], KNOWN) == []
        remarks += remarks_on(name, event["data"])
    assert sorted(set(remarks)) == [
        "parties do nothing on event.reclassified: it is about the record, and nobody does anything by it",
        "term_years does nothing beside starts_on and ends_on",
    ]
    assert len(remarks) == 4
