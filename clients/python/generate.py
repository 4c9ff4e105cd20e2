"""Writes steppe_client/core from the API's OpenAPI document: the types of its answers and of its questions.

`make client-core` in a checkout; a test holds the files equal to what this would write. The types are drawn by
datamodel-code-generator, which lives in .venv-client. What is said to it beforehand:

- Words of which a release may add some are plain text in answers, with today's words as `examples`: readers are tolerant.
  In questions they are literals, so that a type checker finds the misspelt ones.
- A list of a question may be given as one value, and a day as a date.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from services.api.app import create_app
from services.api.settings import Settings

CLIENT = Path(__file__).parent
CORE = CLIENT / "steppe_client" / "core"
GENERATOR = CLIENT.parents[1] / ".venv-client" / "bin" / "datamodel-codegen"
Schema = dict[str, Any]

_SAID_HERE = {"format", "cursor", "bom"}  # the client pages, and makes frames of JSON
_LIMIT = "At most so many rows of all pages together. Default: every row."
_DAYS = {"as_of", "known_at", "next_before", "updated_after", "from", "to"}
_RENAMED = {"from": "from_"}  # no name of an argument in Python; client.py takes the mark off again
_NOT_IN_ANSWERS = {"BacktestBody", "ProblemDocument", "FieldError"}
_OPTIONS = (
    "--input-file-type", "openapi", "--target-python-version", "3.11", "--formatters", "builtin", "--disable-timestamp",
    "--enum-field-as-literal", "all", "--use-standard-collections", "--use-union-operator", "--use-schema-description",
    "--output-date-class", "date", "--output-datetime-class", "datetime",
)  # fmt: skip


def write(folder: Path) -> None:
    """Write answer_types.py and question_types.py into a folder. Raises CalledProcessError when the generator refuses."""
    document = create_app(Settings.model_validate({"database": "postgresql://localhost/none"})).openapi()
    schemas = document["components"]["schemas"]
    answers = {name: _tolerant(schema) for name, schema in schemas.items() if name not in _NOT_IN_ANSWERS}
    questions = dict(_questions(document)) | {"BacktestBody": schemas["BacktestBody"]}
    _draw(answers, folder / "answer_types.py", "The types of answers.", "msgspec.Struct", "--use-annotated")
    _draw(questions, folder / "question_types.py", "What may be asked.", "typing.TypedDict", "--use-field-description")


def _tolerant(schema: Any) -> Any:
    """A schema whose words are examples, and whose texts and numbers have no bounds."""
    if isinstance(schema, list):
        return [_tolerant(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {
        key: {name: _tolerant(of_field) for name, of_field in part.items()} if key == "properties" else _tolerant(part)
        for key, part in schema.items()
        if key not in ("pattern", "minimum", "propertyNames")
    }
    if "enum" in plain:
        plain["examples"] = plain.pop("enum")
    for choice in plain.get("anyOf", ()):
        if "examples" in choice:
            plain["examples"] = choice.pop("examples")
    return plain


def _questions(document: Schema) -> Iterator[tuple[str, Schema]]:
    for methods in document["paths"].values():
        for operation in methods.values():
            omitted = _SAID_HERE - ({"format"} if operation["operationId"] == "export" else set())
            properties = {
                _RENAMED.get(parameter["name"], parameter["name"]): _asked(parameter)
                for parameter in operation.get("parameters", ())
                if parameter["in"] == "query" and parameter["name"] not in omitted
            }
            if properties:
                name = "".join(word.capitalize() for word in operation["operationId"].split("_"))
                yield name, {"type": "object", "description": operation["description"], "properties": properties}


def _asked(parameter: Mapping[str, Any]) -> Schema:
    value = parameter["schema"]
    if value["type"] == "array":
        value = {"anyOf": [value["items"], {"type": "array", "items": value["items"]}]}
    elif parameter["name"] in _DAYS:
        value = {"anyOf": [{"type": "string"}, *({"type": "string", "format": day} for day in ("date", "date-time"))]}
    return {**value, "description": _LIMIT if parameter["name"] == "limit" else parameter["description"]}


def _draw(schemas: Mapping[str, Schema], file: Path, sentence: str, kind: str, *options: str) -> None:
    document = {"openapi": "3.1.0", "info": {"title": "core", "version": "1"}, "components": {"schemas": schemas}}
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "openapi.json"
        given.write_text(json.dumps(document | {"paths": {}}))
        header = f'"""{sentence} Made by generate.py from the OpenAPI document of the API: do not edit."""'
        command = [GENERATOR, "--input", given, "--output", file, "--output-model-type", kind, *_OPTIONS, *options]
        subprocess.run([*command, "--custom-file-header", header], check=True)


if __name__ == "__main__":
    sys.exit(write(CORE))
