"""The golden cases hold through the running system: the whole example through ingest, Kafka and the projector to the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asyncpg
import httpx

from tests.golden.documents import EXAMPLE, SLUGS, Document, Question, load, reduced
from tests.golden.show import difference
from tests.services.api.reading_api import get
from tests.services.ingest.ingest_client import LINES, IngestClient
from tests.services.projector.projection import QUICK, until_covered
from tests.stack import Database, Service

_OF_PROJECT = ("project_name", "country", "sector")
_KATPAR = "north-katpar-upper-kairakty"
_PURCHASE = f"/examples/central-asia#{_KATPAR}-2018-equity-agreed"
_CORRECTION = f"/examples/central-asia#{_KATPAR}-2025-11-26-reclassified"


async def test_the_example_sent_through_ingest_answers_as_the_golden_documents_say(
    database: Database, start: Callable[..., Service]
) -> None:
    api = await _with_the_example_read(database, start)
    wrong = []
    expected_answers = [
        (question, project, flags)
        for golden in map(load, SLUGS)
        for question, project, flags in zip(golden.questions, golden.projects, golden.flags, strict=True)
    ]
    async with httpx.AsyncClient(base_url=api.address, timeout=40) as client:
        for question, project, flags in sorted(
            expected_answers, key=lambda one: one[0].known_at
        ):  # each past is made once
            answer_given = await _answer(client, question)
            if answer_given != (project, flags):
                wrong.append(
                    f"{question}\n{difference(project, answer_given[0])}\n{difference(flags, answer_given[1])}"
                )
        await _the_timeline_says_why_the_answers_of_katpar_differ(client)
    assert not wrong, "\n".join(wrong)


async def _with_the_example_read(database: Database, start: Callable[..., Service]) -> Service:
    projector, ingest, api = start("projector", **QUICK), IngestClient(start("ingest").address), start("api")
    answer = ingest.post(EXAMPLE.read_bytes(), LINES, "?on_error=reject").json()
    assert answer["rejected"] == []
    # The facts are kept as they were collected, with a few fields that do nothing where they stand.
    assert all("nothing" in warning["message"] for warning in answer["warnings"])
    places = (place.split(":") for place in answer["position"].split(","))
    connection = await asyncpg.connect(database.api)
    try:
        await until_covered(connection, {int(partition): int(offset) for partition, offset in places}, projector, 60)
    finally:
        await connection.close()
    return api


async def _answer(client: httpx.AsyncClient, question: Question) -> tuple[Document, list[Document]]:
    parameters = {"as_of": question.as_of, "known_at": question.known_at}
    detail = await get(client, f"/v1/projects/{question.project}", **parameters)
    # The documents have flags in the order of their names.
    listed = (await get(client, "/v1/flags", project=question.project, sort="project", **parameters))["items"]
    # What a list of flags says of the project stands in the document of the project.
    flags = [{name: value for name, value in flag.items() if name not in _OF_PROJECT} for flag in listed]
    corrections = [
        {"event": entry["event"], **correction}
        for entry in await _timeline(client, question.project, **parameters)
        for correction in entry["corrections"]
    ]
    return reduced({**detail, "corrections": corrections}), flags


async def _timeline(client: httpx.AsyncClient, project: str, **asked: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await get(client, f"/v1/projects/{project}/timeline", **asked))["items"]
    return items


async def _the_timeline_says_why_the_answers_of_katpar_differ(client: httpx.AsyncClient) -> None:
    """Domain page, section 8: both answers come out, and the reason."""
    then = await _timeline(client, _KATPAR, as_of="2021-12-31", known_at="2021-12-31")
    (purchase,) = [entry for entry in then if entry["event"] == _PURCHASE]
    assert (purchase["name"], purchase["deal_level"], purchase["corrections"]) == ("equity.agreed", "bound", [])
    now = await _timeline(client, _KATPAR, as_of="2021-12-31")
    (purchase,) = [entry for entry in now if entry["event"] == _PURCHASE]
    assert (purchase["name"], purchase["deal_level"]) == ("termsheet.signed", "advanced")
    assert {(change["by"], change["before"], change["after"]) for change in purchase["corrections"]} == {
        (_CORRECTION, "equity.agreed", "termsheet.signed"),
        (_CORRECTION, None, "term-sheet"),
    }
    assert {change["reason"] for change in purchase["corrections"]} == {
        "Tau-Ken Samruk: only a memorandum and a non-binding term sheet were signed in 2018; no stake ever passed."
    }
    assert {entry["name"] for entry in now if entry["deal"] == "xiamen-tungsten"} == {
        "termsheet.signed",
        "memorandum.signed",
        "event.reclassified",
    }
