"""What the OpenAPI documents of all services share: the problem document as a type, and responses that are problems.

Responses name their problems as examples, by slug: `unknown-parameter` leads to a whole document of that type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NotRequired, TypedDict

from steppe.contracts.field_types import Count, doc
from steppe.contracts.type_schemas import Schema, components
from steppe.http.problems import MEDIA_TYPE, Problem

_OF_FRAMEWORK = "HTTPValidationError"  # how FastAPI would refuse; the services refuse by problem documents only


class FieldError(TypedDict):
    """What is wrong with one field."""

    pointer: Annotated[str, doc("Where in the body, as a JSON Pointer (RFC 6901); empty: the whole of it.")]
    message: Annotated[str, doc("What is wrong, as the end of a sentence that begins with the field.")]


class ProblemDocument(TypedDict):
    """A refusal (RFC 9457). Programs may branch on `type`; the other members that it names are there where they apply."""

    type: Annotated[str, doc("What kind of problem it is: urn:steppe:problem: and a stable name.")]
    title: Annotated[str, doc("The same in words.")]
    status: Annotated[int, doc("The status of the answer.")]
    detail: Annotated[str, doc("What is wrong with this request, and what to do about it.")]
    instance: Annotated[str, doc("The path that was asked.")]
    parameter: NotRequired[Annotated[str, doc("The parameter that is wrong.")]]
    parameters: NotRequired[Annotated[list[str], doc("The parameters that are known at this path.")]]
    suggestions: NotRequired[Annotated[list[str], doc("Keys that may have been meant, the nearest first.")]]
    formats: NotRequired[Annotated[list[str], doc("The formats that are available at this path.")]]
    versions: NotRequired[Annotated[list[str], doc("The versions of the rules that there are.")]]
    last: NotRequired[Annotated[Count, doc("The last id of the feed.")]]
    wanted: NotRequired[Annotated[str, doc("The position that was asked for.")]]
    position: NotRequired[Annotated[str, doc("How far the read model is.")]]
    place: NotRequired[Annotated[Count, doc("The place in the queue that the next question would get.")]]
    seconds_expected: NotRequired[Annotated[Count, doc("In how many seconds it would be answered, about.")]]
    partitions: NotRequired[Annotated[list[int], doc("The partitions that the log has.")]]
    errors: NotRequired[Annotated[list[FieldError], doc("What is wrong in the body, field by field.")]]


def schema(declared: type) -> Schema:
    """Where the component of a declared type stands."""
    return _ref("schemas", declared.__name__)


def add_problems(responses: Schema, problems: Iterable[Problem], document: type = ProblemDocument) -> Schema:
    """The responses by status, with these problems added to them. `document` is the type of their bodies."""
    by_status: dict[str, list[Problem]] = {}
    for problem in problems:
        by_status.setdefault(str(problem.status), []).append(problem)
    added = {
        status: _with_problems(responses.get(status), of_status, document) for status, of_status in by_status.items()
    }
    return dict(sorted({**responses, **added}.items()))


def complete(document: Mapping[str, Any], types: Iterable[type], problems: Iterable[Problem]) -> Schema:
    """The framework's document with components of these types and an example of each of these problems."""
    schemas = components([*types, ProblemDocument], "#/components/schemas/{name}")
    examples = {problem.slug: example(problem) for problem in problems}
    paths = {
        path: {method: _without_framework(operation) for method, operation in methods.items()}
        for path, methods in document["paths"].items()
    }
    return {**document, "paths": paths, "components": {"schemas": schemas, "examples": examples}}


def _with_problems(response: Schema | None, problems: list[Problem], document: type) -> Schema:
    before = response or {"description": "", "content": {MEDIA_TYPE: {"schema": schema(document), "examples": {}}}}
    media = before["content"][MEDIA_TYPE]
    sentences = [before["description"], *(f"`{problem.slug}`: {problem.title}." for problem in problems)]
    examples = {problem.slug: _ref("examples", problem.slug) for problem in problems}
    content = {MEDIA_TYPE: {**media, "examples": {**media["examples"], **examples}}}
    return {**before, "description": " ".join(filter(None, sentences)), "content": content}


def example(problem: Problem) -> Schema:
    """The problem as an example of the document."""
    return {"summary": problem.title, "value": problem.document(f"{problem.title}.", "/v1/…")}


def _without_framework(operation: Mapping[str, Any]) -> Schema:
    responses = {
        status: response
        for status, response in operation["responses"].items()
        if _OF_FRAMEWORK not in str(response.get("content", ""))
    }
    return {**operation, "responses": responses}


def _ref(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}
