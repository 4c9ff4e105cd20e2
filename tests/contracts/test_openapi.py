"""The OpenAPI documents of both services: valid, with types for every answer, stable names, and a problem for every refusal."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.answer_schemas import documents

Document = dict[str, Any]
SERVICES = ("ingest", "api")
OPERATIONS = {
    "ingest": {"send_events", "import_file", "get_import", "get_vocabulary", "get_schema", "get_liveness", "get_readiness", "get_metrics"},
    "api": {
        "list_projects", "get_project", "get_timeline", "get_portfolio", "list_deals", "list_flags", "list_transitions",
        "stream_transitions", "list_markets", "get_market", "list_forums", "get_scorecard", "get_party", "list_parties", "get_scorecards",
        "list_retractions", "list_conflicts", "list_rules", "run_backtest", "try_events", "get_conversion", "get_money", "get_aid", "list_reference", "get_reference", "get_value_chain", "get_supply", "get_lifecycle", "export", "get_trace", "get_status", "list_quarantine", "get_pledges",
        "get_liveness", "get_readiness", "get_metrics",
    },
}  # fmt: skip


@pytest.fixture(scope="module", name="documents")
def documents_of_both() -> dict[str, Document]:
    return documents()


def operations(document: Document) -> list[tuple[str, Document]]:
    return [(path, operation) for path, methods in document["paths"].items() for operation in methods.values()]


@pytest.mark.parametrize("name", SERVICES)
def test_the_document_is_valid(documents: dict[str, Document], name: str) -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(documents[name]).iter_errors()] == []


@pytest.mark.parametrize("name", SERVICES)
def test_the_names_of_operations_stay(documents: dict[str, Document], name: str) -> None:
    assert {operation["operationId"] for _, operation in operations(documents[name])} == OPERATIONS[name]


@pytest.mark.parametrize("name", SERVICES)
def test_every_type_and_field_every_parameter_and_response_is_described(
    documents: dict[str, Document], name: str
) -> None:
    for component, schema in documents[name]["components"]["schemas"].items():
        assert schema["description"], component
        assert [field for field, its in schema["properties"].items() if not its.get("description")] == [], component
    for path, operation in operations(documents[name]):
        assert operation.get("description") or operation["summary"], path
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), (path, parameter["name"])
        for status, response in operation["responses"].items():
            assert response["description"], (path, status)


@pytest.mark.parametrize("name", SERVICES)
def test_every_json_answer_has_a_declared_type(documents: dict[str, Document], name: str) -> None:
    for path, operation in operations(documents[name]):
        for status, response in operation["responses"].items():
            for media_type, content in response.get("content", {}).items():
                if media_type in ("application/json", "application/problem+json"):
                    # What others have standardised has its type there.
                    assert {"$ref", "externalDocs"} & content["schema"].keys(), (path, status, media_type)


@pytest.mark.parametrize("name", SERVICES)
def test_every_refusal_is_a_problem_with_an_example_of_each_type(documents: dict[str, Document], name: str) -> None:
    document = documents[name]
    for path, operation in operations(document):
        refusals = {status: response for status, response in operation["responses"].items() if status >= "4"}
        assert refusals, path
        for status, response in refusals.items():
            (content,) = response["content"].values()
            for slug in content["examples"]:
                example = document["components"]["examples"][slug]["value"]
                assert (str(example["status"]), example["type"]) == (status, f"urn:steppe:problem:{slug}")


@pytest.mark.parametrize("name", SERVICES)
def test_every_example_of_an_answer_keeps_its_schema(documents: dict[str, Document], name: str) -> None:
    document = documents[name]
    for path, operation in operations(document):
        for response in operation["responses"].values():
            content = response.get("content", {}).get("application/json", {})
            if "example" in content:
                validator = Draft202012Validator({**content["schema"], "components": document["components"]})
                assert [error.message for error in validator.iter_errors(content["example"])] == [], path
