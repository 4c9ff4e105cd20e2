"""Writes the generated part of docs/api.md: every route, parameter, type and problem, from the OpenAPI document.

`python -m services.api.documentation` in a checkout; a test holds the file equal to what this would write.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from services.api.app import create_app
from services.api.problems import PROBLEMS
from services.api.settings import Settings
from services.api.web.operations import EXAMPLES
from services.api.web.query_parameters import (
    EXPORT_PARAMETERS,
    FLAG_PARAMETERS,
    MEDIA_TYPES,
    MONEY_PARAMETERS,
    PARAMETERS,
)
from steppe.access import middleware
from steppe.contracts.type_schemas import Schema

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
BEGIN = "<!-- generated: python -m services.api.documentation -->\n"
END = "<!-- end of what is generated -->\n"
_FORMATS = {media_type: f"`format={name}`" for name, media_type in MEDIA_TYPES.items()}


def page(text: str) -> str:
    """The text of the page with the generated part as it is now. Raises ValueError when the marks are not there."""
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}\n{generated()}\n{END}{tail}"


def generated() -> str:
    """Routes, parameters, types and problems as Markdown."""
    document = create_app(Settings.model_validate({"database": "postgresql://localhost/none"})).openapi()
    parts = (_routes(document), _parameters(), _types(document), _problems())
    return "\n".join(line for part in parts for line in part)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def _routes(document: Schema) -> Iterator[str]:
    everywhere = set.intersection(*(_problems_of(operation) for operation in _operations(document)))
    of_keys = {problem.slug for problem in middleware.PROBLEMS}
    yield "## Routes\n"
    yield f"Every route under `/v1` may refuse with {_named(everywhere - of_keys)},"
    yield f"and, where keys or tokens are asked for, with {_named(of_keys)}."
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield from _route(method.upper(), path, operation, everywhere | of_keys)


def _operations(document: Schema) -> Iterator[Schema]:
    """The routes that answer questions."""
    for path, methods in document["paths"].items():
        yield from (operation for operation in methods.values() if path.startswith("/v1/"))


def _problems_of(operation: Schema) -> set[str]:
    contents = [
        response.get("content", {}).get("application/problem+json", {}) for response in operation["responses"].values()
    ]
    return {slug for content in contents for slug in content.get("examples", ())}


def _route(method: str, path: str, operation: Schema, common: set[str]) -> Iterator[str]:
    name = operation["operationId"]
    yield f"\n### {method} {path}\n"
    yield f"`{name}`. {_one_line(operation['description'])}\n"
    yield f"- Answers {_answer(operation['responses']['200'])}."
    if name in EXAMPLES:
        yield f"- Example: `{EXAMPLES[name].method} {EXAMPLES[name].request}` gives [{name}.json](../services/api/examples/{name}.json)."
    if "requestBody" in operation:
        yield f"- Body: {_type(operation['requestBody']['content']['application/json']['schema'])}."
    if parameters := [parameter["name"] for parameter in operation.get("parameters", ())]:
        yield f"- Parameters: {_named(parameters)}."
    if "x-scopes" in operation:
        yield f"- Scope, where keys or tokens are asked for: {_named(operation['x-scopes'], ' or ')}."
    if own := _problems_of(operation) - common:
        yield f"- Problems of its own: {_named(sorted(own))}."


def _answer(response: Schema) -> str:
    content = response["content"]
    declared = [_type(content["application/json"]["schema"])] if "application/json" in content else []
    others = [_FORMATS.get(media_type, f"`{media_type}`") for media_type in content if media_type != "application/json"]
    return ", or ".join([*declared, *([", ".join(others)] if others else [])])


def _named(names: Iterable[str], between: str = ", ") -> str:
    return between.join(f"`{name}`" for name in (names if isinstance(names, list) else sorted(names)))


def _parameters() -> Iterator[str]:
    yield "\n## Parameters\n"
    yield "| name | what |"
    yield "| --- | --- |"
    named = {
        **{f"`{name}`": own for name, own in PARAMETERS.items()},
        **{f"`{name}` of flags": own for name, own in FLAG_PARAMETERS.items()},
        **{f"`{name}` of money": own for name, own in MONEY_PARAMETERS.items()},
        **{f"`{name}` of exports": own for name, own in EXPORT_PARAMETERS.items()},
    }
    for name, parameter in sorted(named.items()):
        choices = f" One of {', '.join(f'`{choice}`' for choice in parameter.choices)}." if parameter.choices else ""
        yield f"| {name} | {_cell(parameter.help)}{choices} |"


def _types(document: Schema) -> Iterator[str]:
    yield "\n## Types"
    for name, schema in document["components"]["schemas"].items():
        yield f"\n### {name}\n"
        yield f"{_one_line(schema['description'])}\n"
        yield "| field | type | what |"
        yield "| --- | --- | --- |"
        yield from (_field(field, its, schema["required"]) for field, its in schema["properties"].items())


def _field(name: str, schema: Schema, required: list[str]) -> str:
    marks = [" Not always there."] if name not in required else []
    marks += [" **Deprecated.**"] if schema.get("deprecated") else []
    return f"| `{name}` | {_type(schema)} | {_cell(schema['description'])}{''.join(marks)} |"


def _type(schema: Mapping[str, Any]) -> str:
    match schema:
        case {"$ref": str(reference)}:
            name = reference.rpartition("/")[2]
            return f"[{name}](#{name.lower()})"
        case {"anyOf": [value, {"type": "null"}]}:
            return f"{_type(value)} or null"
        case {"enum": choices}:
            return "one of " + ", ".join(f"`{choice}`" for choice in choices)
        case {"const": value}:
            return f"`{value}`"
        case {"type": "array", "items": items}:
            return f"list of {_type(items)}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"object, each value {_type(values)}"
        case {"type": "string", "format": shape}:
            return str(shape)
        case {"type": shape}:
            return str(shape)
        case _:
            return "any JSON"


def _problems() -> Iterator[str]:
    yield "\n## Problems\n"
    yield "| type, after `urn:steppe:problem:` | status | title | retry after |"
    yield "| --- | --- | --- | --- |"
    for problem in sorted((*PROBLEMS, *middleware.PROBLEMS), key=lambda problem: (problem.status, problem.slug)):
        wait = "" if problem.retry_after_seconds is None else f"{problem.retry_after_seconds} s"
        yield f"| `{problem.slug}` | {problem.status} | {problem.title} | {wait} |"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")


if __name__ == "__main__":
    main()
