"""What ingest of 0.2.0 accepted still folds: codes that nobody assigns, a field that names the event itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from steppe.contracts.codec import Decoded, decode
from steppe.contracts.fast_codec import decode_fast
from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.events.event import Event
from steppe.domain.events.validation import faults_of
from tests.domain.events.test_validation import KNOWN
from tests.domain.flags.portfolio_by_hand import of_project


def stored(event_name: str, id: str, /, **data: Any) -> Event:
    """A record as 0.2.0 wrote it, read from the log."""
    envelope = {
        "specversion": "1.0", "id": id, "source": "/desk", "type": f"steppe.{event_name}.v1", "subject": "north", "time": "2024-01-01T00:00:00Z",
        "recordedtime": "2024-01-01T00:00:00Z", "datacontenttype": "application/json", "data": {"occurred": "2023", **data},
    }  # fmt: skip
    decoded = decode(json.dumps(envelope).encode(), key=b"north")
    assert isinstance(decoded, Decoded)
    fast = decode_fast(json.dumps(envelope).encode(), b"north")
    assert fast is None or fast.content_sha256 == decoded.content_sha256
    return decoded.event


REGISTERED: dict[str, Any] = {
    "name": "North",
    "country": "UK",
    "sector": "energy",
    "kind": "plant",
    "commodities": ["power"],
}
LOAN: dict[str, Any] = {
    "parties": [{"party": "exim", "role": "financier"}],
    "amount": {"value": "5", "currency": "RMB"},
}


@pytest.mark.parametrize(
    ("name", "data", "pointer"),
    [
        ("project.registered", REGISTERED, "/data/country"),
        ("project.registered", {**REGISTERED, "country": "XX"}, "/data/country"),
        ("loan.signed", LOAN, "/data/amount/currency"),
        ("loan.signed", {**LOAN, "amount": {"value": "5", "currency": "QQQ"}}, "/data/amount/currency"),
    ],
)
def test_a_code_that_is_refused_today_is_read_from_the_log(name: str, data: dict[str, Any], pointer: str) -> None:
    assert [fault.pointer for fault in faults_of(name, {"occurred": "2023", **data}, KNOWN)] == [pointer]
    assert stored(name, "old", **data).kind.name == name


def test_a_log_with_such_codes_folds() -> None:
    events = [stored("project.registered", "r", **REGISTERED), stored("loan.signed", "l", **LOAN)]
    state = of_project(portfolio(events).judged("north", KNOWN))
    assert (state.country, state.level.label) == ("UK", "bound")
