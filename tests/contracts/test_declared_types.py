"""What is announced is made of declared types: each says what it is, and each of its fields what it means."""

from __future__ import annotations

from typing import TypedDict

import pytest

from steppe.contracts.announcements import FlagEvent, ProjectEvent
from steppe.contracts.type_schemas import components

COMPONENTS = components([FlagEvent, ProjectEvent], "#/$defs/{name}")


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_type_and_every_field_of_it_is_described(name: str) -> None:
    schema = COMPONENTS[name]
    assert schema["description"]
    assert [field for field, its in schema["properties"].items() if not its.get("description")] == []


def test_fields_stand_as_declared_those_of_the_base_first() -> None:
    assert list(COMPONENTS["FlagClock"]["properties"])[-1] == "threshold_months"
    assert list(COMPONENTS["ProjectChanged"]["properties"])[:2] == ["as_of", "key"]


def test_two_types_of_one_name_are_refused() -> None:
    def other() -> type:
        class FlagEvent(TypedDict):
            """Another."""

        return FlagEvent

    with pytest.raises(ValueError, match="FlagEvent"):
        components([FlagEvent, other()], "#/$defs/{name}")
