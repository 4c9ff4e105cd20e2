"""A version of the rules as a document: read back as the same, and refused with every fault named."""

from __future__ import annotations

from typing import Any

import pytest

from steppe.domain.flags.flag_registry import RULES
from steppe.domain.rules.rule_document import RuleDocumentError, document_of, rules_from


def test_a_version_is_read_back_as_the_same() -> None:
    assert rules_from(document_of(RULES), RULES) == RULES


def test_what_is_left_out_is_as_in_the_version_it_starts_from() -> None:
    rules = rules_from({"version": "2027-1", "values": {"silent.watch": 18}}, RULES)
    assert rules.values == {**RULES.values, "silent.watch": 18}
    assert rules.overrides == RULES.overrides
    assert rules_from({"version": "2027-2", "overrides": []}, RULES).overrides == ()


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ([], ""),
        ({}, "/version"),
        ({"version": "a b"}, "/version"),
        ({"version": "1", "valves": {}}, "/valves"),
        ({"version": "1", "values": []}, "/values"),
        ({"version": "1", "values": {"memo": 1}}, "/values/memo"),
        ({"version": "1", "values": {"silent.watch": 0}}, "/values/silent.watch"),
        ({"version": "1", "values": {"silent.watch": True}}, "/values/silent.watch"),
        ({"version": "1", "values": {"silent.watch": "12"}}, "/values/silent.watch"),
        ({"version": "1", "overrides": {}}, "/overrides"),
        ({"version": "1", "overrides": ["x"]}, "/overrides/0"),
        ({"version": "1", "overrides": [{"value": 3, "country": "KZ"}]}, "/overrides/0/rule"),
        ({"version": "1", "overrides": [{"rule": "memo", "value": 3, "country": "KZ"}]}, "/overrides/0/rule"),
        ({"version": "1", "overrides": [{"rule": "silent.watch", "country": "KZ"}]}, "/overrides/0/value"),
        ({"version": "1", "overrides": [{"rule": "silent.watch", "value": 3}]}, "/overrides/0"),
        (
            {"version": "1", "overrides": [{"rule": "silent.watch", "value": 3, "country": "KZ", "sector": "mining"}]},
            "/overrides/0",
        ),
        ({"version": "1", "overrides": [{"rule": "silent.watch", "value": 3, "country": "kz"}]}, "/overrides/0/country"),
        ({"version": "1", "overrides": [{"rule": "silent.watch", "value": 3, "level": "high"}]}, "/overrides/0/level"),
        ({"version": "1", "overrides": [{"rule": "silent.watch", "value": 3, "sector": "sea"}]}, "/overrides/0/sector"),
        ({"version": "1", "overrides": [{"rule": "silent.watch", "value": 3, "commodity": 7}]}, "/overrides/0/commodity"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(document: Any, pointer: str) -> None:
    with pytest.raises(RuleDocumentError) as refused:
        rules_from(document, RULES)
    assert [fault.pointer for fault in refused.value.faults] == [pointer]
