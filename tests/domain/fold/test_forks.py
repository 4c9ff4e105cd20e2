"""A fork has every attribute of what it is a copy of, also one that was added yesterday: they are copied by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from hypothesis import given

from steppe.domain.flags.flag_registry import RULES
from steppe.domain.fold.fold_state import begin_fold, in_fold_order
from steppe.domain.fold.looks import looks_of
from tests.domain.event_logs import event
from tests.domain.properties import EVENTS_MAX, as_often_as_the_profile_says
from tests.domain.random_logs import Log, logs

_FORKABLE = {
    "ProjectFold", "RegistryCursor", "ProjectAggregate", "Deal", "Legs", "Shareholdings", "HeldRuns", "Works", "Holds",
    "TrackedDeal", "FlagState", "Schedule", "DealSpans", "SpanTable", "ClockTable",
}  # fmt: skip


@given(log=logs(EVENTS_MAX))
@as_often_as_the_profile_says
def test_a_fork_has_every_attribute_of_its_original(log: Log) -> None:
    fold = begin_fold("north", log, RULES, looks_of(log))
    fold.run_through(in_fold_order(log), date(2019, 12, 31))
    assert list(_differences(fold, fold.fork(), "fold")) == []


def test_everything_that_can_be_forked_is_compared() -> None:
    log = [
        event("memorandum.signed", "2016-01-01", instrument="mou"),
        event("offtake.signed", "2017-01-01", commodity="tungsten"),
    ]
    fold = begin_fold("north", log, RULES, looks_of(log))
    fold.run_through(in_fold_order(log), date(2019, 12, 31))
    assert {type(one).__name__ for one in _forkable(fold)} == _FORKABLE


def _differences(original: Any, copy: Any, path: str) -> Iterator[str]:
    if not hasattr(original, "fork"):
        if isinstance(original, dict) and any(hasattr(value, "fork") for value in original.values()):
            assert list(original) == list(copy), path
            for key in original:
                yield from _differences(original[key], copy[key], f"{path}[{key}]")
        elif original != copy:
            yield path
        return
    for name in _attributes(original):
        if not hasattr(copy, name):
            yield f"{path}.{name} is missing"
        else:
            yield from _differences(getattr(original, name), getattr(copy, name), f"{path}.{name}")


def _forkable(thing: Any) -> Iterator[Any]:
    if hasattr(thing, "fork"):
        yield thing
        for name in _attributes(thing):
            yield from _forkable(getattr(thing, name))
    elif isinstance(thing, dict):
        for value in thing.values():
            yield from _forkable(value)


def _attributes(thing: Any) -> list[str]:
    """Of its class as it is: compiled, with slots, or with a dictionary."""
    named = getattr(thing, "__mypyc_attrs__", None) or getattr(thing, "__slots__", None)
    return list(vars(thing) if named is None else named)
