"""A fork has what its original has, in every attribute, also in one that was added yesterday: they are copied by name."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import given

import steppe.domain
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.fold.fold_state import begin_fold, in_fold_order
from steppe.domain.fold.looks import looks_of
from tests.domain.properties import EVENTS_MAX, as_often_as_the_profile_says
from tests.domain.random_logs import Log, logs


@given(log=logs(EVENTS_MAX))
@as_often_as_the_profile_says
def test_a_fork_has_every_attribute_of_its_original(log: Log) -> None:
    fold = begin_fold("north", log, RULES, looks_of(log))
    fold.run_through(in_fold_order(log), date(2019, 12, 31))
    assert list(_differences(fold, fold.fork(), "fold")) == []


def test_whatever_a_class_sets_on_itself_it_sets_on_its_fork() -> None:
    forgotten = {}
    for name, methods in _classes_that_copy_by_name():
        parameters = {argument.arg for argument in methods["__init__"].args.args}
        set_on_itself = {attribute for method in methods.values() for attribute in _set_on("self", method, parameters)}
        forgotten[name] = set_on_itself - set(_set_on("fork", methods["fork"], set()))
    assert {name: attributes for name, attributes in forgotten.items() if attributes} == {}
    assert {"ProjectFold", "ProjectAggregate", "Deal", "Legs", "Works", "FlagState"} <= forgotten.keys()


def _classes_that_copy_by_name() -> Iterator[tuple[str, dict[str, ast.FunctionDef]]]:
    for file in Path(steppe.domain.__path__[0]).rglob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                methods = {method.name: method for method in node.body if isinstance(method, ast.FunctionDef)}
                if "fork" in methods and _set_on("fork", methods["fork"], set()):
                    yield node.name, methods


def _set_on(name: str, method: ast.FunctionDef, parameters: set[str]) -> list[str]:
    """The attributes that a method sets on an object, but for those of a constructor that are its parameters."""
    constructed = {
        id(target)
        for node in ast.walk(method)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in parameters
        for target in node.targets
        if method.name == "__init__"
    }
    return [
        node.attr
        for node in ast.walk(method)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and id(node) not in constructed
        if isinstance(node.value, ast.Name) and node.value.id == name
    ]


def _differences(original: Any, copy: Any, path: str) -> Iterator[str]:
    if isinstance(original, dict):
        if list(original) != list(copy):
            yield path
        else:
            for key in original:
                yield from _differences(original[key], copy[key], f"{path}[{key}]")
    elif hasattr(original, "fork"):
        for name in _attributes(original):
            yield from _differences(getattr(original, name), getattr(copy, name), f"{path}.{name}")
    elif original != copy:
        yield path


def _attributes(thing: Any) -> list[str]:
    """Of an object with a dictionary or slots, or of a compiled class, whose attributes look like properties."""
    described = {
        name
        for base in type(thing).__mro__
        for name, member in vars(base).items()
        if (inspect.ismemberdescriptor(member) or inspect.isgetsetdescriptor(member)) and not name.startswith("__")
    }
    return [*described, *getattr(thing, "__dict__", ())]
