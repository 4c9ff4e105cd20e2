"""JSON Schema of declared types (TypedDict): one component a type, as OpenAPI and the announced schemas show them."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import msgspec

Schema = dict[str, Any]


def components(types: Iterable[type], template: str) -> dict[str, Schema]:
    """The schema of each type and of every type it is made of, by class name; `template` as in `#/$defs/{name}`.

    Fields stand in the order in which they are declared, and a class says in its docstring what it is.
    """
    wanted = sorted(set(types), key=lambda declared: declared.__name__)
    _, schemas = msgspec.json.schema_components(wanted, ref_template=template)
    declared = _all_of(wanted)
    return {name: _in_declared_order(schemas[name], declared[name]) for name in sorted(schemas)}


def fields(declared: type) -> Mapping[str, Any]:
    """The fields of a declared type with their types, in order."""
    return get_type_hints(declared, include_extras=True)


def _in_declared_order(schema: Schema, declared: type) -> Schema:
    places = {name: place for place, name in enumerate(fields(declared))}
    return {
        "type": "object",
        "description": inspect.getdoc(declared),
        "required": sorted(schema.get("required", ()), key=places.__getitem__),
        "properties": {name: schema["properties"][name] for name in places},
    }


def _all_of(types: Iterable[type]) -> dict[str, type]:
    """These types and those of their fields, by name."""
    types_by_name: dict[str, type] = {}
    waiting = list(types)
    while waiting:
        declared = waiting.pop()
        if types_by_name.setdefault(declared.__name__, declared) is not declared:
            raise ValueError(f"two types are called {declared.__name__}")
        waiting += [
            inner
            for hint in fields(declared).values()
            for inner in _declared_in(hint)
            if inner not in types_by_name.values()
        ]
    return types_by_name


def _declared_in(hint: Any) -> list[type]:
    """The declared types that stand anywhere in a hint."""
    if is_typeddict(hint):
        return [hint]
    return [inner for part in get_args(hint) if get_origin(hint) is not None for inner in _declared_in(part)]
