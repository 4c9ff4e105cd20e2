"""What is generated from the domain's tables is committed as it would be generated now, and says what the topics are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from steppe.contracts import topics, vocabulary_table
from steppe.contracts.generate.__main__ import CHECKOUT, SCHEMAS, generated
from steppe.contracts.generate.json_schema import file_name
from steppe.domain.events.vocabulary import VOCABULARY

ADVICE = "run python -m steppe.contracts.generate and commit what it writes"


@pytest.mark.parametrize("path", sorted(generated()), ids=str)
def test_the_committed_file_is_what_would_be_generated(path: Path) -> None:
    assert (CHECKOUT / path).read_text(encoding="utf-8") == generated_texts()[path], ADVICE


def test_there_is_a_schema_for_each_event_and_no_other() -> None:
    committed = {path.name for path in (CHECKOUT / SCHEMAS).iterdir()}
    assert committed == {file_name(kind) for kind in VOCABULARY}, ADVICE


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi()
    for reference in references(document):
        if reference.startswith("#/"):
            found: Any = document
            for part in reference[2:].split("/"):
                found = found[part]
        else:
            assert (CHECKOUT / "steppe/contracts" / reference).is_file(), reference


def test_the_asyncapi_document_names_the_topics_that_are_created() -> None:
    addresses = {channel["address"] for channel in asyncapi()["channels"].values()}
    assert addresses == {"steppe.deals.v1", "steppe.flags.v1", "steppe.projects.v1", "steppe.quarantine.v1"}
    assert {topic.name for topic in topics.TOPICS} <= addresses


def test_every_event_is_a_message_of_the_log() -> None:
    document = asyncapi()
    names = {document["components"]["messages"][name]["name"] for name in document["channels"]["deals"]["messages"]}
    assert names == {kind.type for kind in VOCABULARY}


def test_the_vocabulary_answer_is_json_and_lists_every_event_with_its_fields() -> None:
    answer = msgspec.json.decode(msgspec.json.encode(vocabulary_table.as_json()))
    assert [event["name"] for event in answer["events"]] == [kind.name for kind in VOCABULARY]
    memorandum = next(event for event in answer["events"] if event["name"] == "memorandum.signed")
    assert memorandum["level"] == "memorandum"
    assert memorandum["leg"] is None
    assert [field["name"] for field in memorandum["fields"]] == ["instrument", "expires_on"]


def generated_texts() -> dict[Path, str]:
    return _GENERATED


def asyncapi() -> Any:
    return yaml.safe_load((CHECKOUT / "steppe/contracts/asyncapi.yaml").read_text(encoding="utf-8"))


def references(value: object) -> list[str]:
    match value:
        case dict():
            own = [value["$ref"]] if "$ref" in value else []
            return own + [found for item in value.values() for found in references(item)]
        case list():
            return [found for item in value for found in references(item)]
        case _:
            return []


_GENERATED = generated()
