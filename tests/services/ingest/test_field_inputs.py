"""Small inputs of the field as they come: forms of files, codes, claims, rounding; each kind with a second member."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from steppe.cli.commands.migrate import ensure_topic
from steppe.contracts.topics import DEALS
from tests.services.ingest.ingest_client import BATCH, LINES, ONE, IngestClient, lines, memorandum, problem
from tests.stack import PARTITIONS, Stack, start_service


@pytest.fixture(scope="module")
def ingest(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[IngestClient]:
    topic = f"inputs.{uuid4().hex}"
    asyncio.run(ensure_topic(stack.kafka, DEALS, PARTITIONS, name=topic))
    folder = tmp_path_factory.mktemp("ingest")
    service = start_service("ingest", {"STEPPE_KAFKA": stack.kafka, "STEPPE_TOPIC": topic}, folder)
    yield IngestClient(service.address)
    service.stop()
    assert "Traceback" not in service.log()


def setback(id: str, **data: Any) -> dict[str, Any]:
    fields = {
        "occurred": "2023",
        "kind": "price",
        "note": "\u04e8\u0441\u043a\u0435\u043c\u0435\u043d a\u2028b",
        **data,
    }
    return {"id": id, "source": "/cases", "type": "steppe.setback.reported.v1", "subject": "north", "data": fields}


def written(*events: dict[str, Any], **how: Any) -> bytes:
    return "\n".join(json.dumps(event, ensure_ascii=False, **how) for event in events).encode()


@pytest.mark.parametrize(
    ("kind", "body", "content_type", "count"),
    [
        ("byte order mark", b"\xef\xbb\xbf" + written(setback("bom1"), setback("bom2")), LINES, 2),
        ("byte order mark", b"\xef\xbb\xbf" + written(setback("bom3")), ONE, 1),
        ("byte order mark", b"\xef\xbb\xbf[" + written(setback("bom4")) + b"]", BATCH, 1),
        ("CRLF and blank lines", written(setback("crlf1"), setback("crlf2")).replace(b"\n", b"\r\n\r\n"), LINES, 2),
        ("no line feed at the end", written(setback("single")), LINES, 1),
        ("line separator in text", written(setback("ls1", note="a\u2028b\u2029c")), LINES, 1),
        ("pretty", written(setback("pretty"), indent=2), ONE, 1),
        ("array", b"[" + written(setback("arr1")) + b"]", BATCH, 1),
    ],
)
def test_a_form_that_can_be_read_is_accepted(
    ingest: IngestClient, kind: str, body: bytes, content_type: str, count: int
) -> None:
    assert ingest.post(body, content_type).json()["accepted"] == count


@pytest.mark.parametrize(
    ("kind", "body", "content_type", "status", "words"),
    [
        ("UTF-16", written(setback("u16")).decode().encode("utf-16"), LINES, 415, "save the file as UTF-8"),
        ("UTF-16", ("\n" + written(setback("u16")).decode()).encode("utf-16"), BATCH, 415, "save the file as UTF-8"),
        ("UTF-32", written(setback("u32")).decode().encode("utf-32"), LINES, 415, "UTF-32"),
        ("cp1251", '{"a": "\u0420\u0443\u0434\u0430"}'.encode("cp1251"), LINES, 422, "JSON is not UTF-8"),
        ("Shift-JIS", '{"a": "\u9271\u5c71"}'.encode("shift-jis"), ONE, 422, "JSON"),
        ("array in NDJSON", b"[" + written(setback("a")) + b",\n" + written(setback("b")) + b"]", LINES, 422, "cloudevents-batch+json"),
        ("array as one event", b"[" + written(setback("a")) + b"]", ONE, 422, "cloudevents-batch+json"),
        ("one event as a batch", written(setback("a")), BATCH, 422, ONE),
        ("pretty in NDJSON", written(setback("p"), indent=2), LINES, 422, "over several lines"),
        ("lone CR", written(setback("c"), setback("d")).replace(b"\n", b"\r"), LINES, 422, "carriage returns"),
        ("no separator", written(setback("c")) + written(setback("d")), LINES, 422, "several JSON values"),
        ("CSV", b"project;type;date;party\nnorth;mou;12/05/2021;acme\n", LINES, 422, "looks like a table"),
        ("TSV", b"project\ttype\nnorth\tmou\n", LINES, 422, "looks like a table"),
        ("XML", b"<iati-activities version='2.03'>\n</iati-activities>\n", LINES, 422, "XML"),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_read_is_named_in_words(
    ingest: IngestClient, kind: str, body: bytes, content_type: str, status: int, words: str
) -> None:
    document = problem(ingest.post(body, content_type), status)
    assert words in document["detail"]


@pytest.mark.parametrize(
    ("kind", "name", "data", "words"),
    [
        ("country", "project.registered", {"country": "UK"}, "did you mean GB?"),
        ("country", "project.registered", {"country": "kz"}, "did you mean KZ?"),
        ("country", "project.registered", {"countries": ["KAZ"]}, "did you mean KZ?"),
        ("currency", "loan.signed", {"amount": {"value": "1", "currency": "RMB"}}, "did you mean CNY?"),
        ("currency", "loan.signed", {"amount": {"value": "1", "currency": "usd"}}, "did you mean USD?"),
        ("negative", "funds.disbursed", {"amount": {"value": "-200", "currency": "USD"}}, "send funds.returned"),
        ("negative", "loan.signed", {"amount": {"value": "-200", "currency": "USD"}}, "send commitment.reduced"),
        ("itself", "memorandum.renewed", {"renews": {"source": "/cases", "id": "x"}}, "is the event itself"),
        ("itself", "contract.terminated", {"ends": {"source": "/cases", "id": "x"}}, "is the event itself"),
        ("itself", "pledge.announced", {"repeats": {"source": "/cases", "id": "x"}}, "is the event itself"),
        ("itself", "project.superseded", {"by": ["north"]}, "by is the project itself"),
        ("no party", "party.amended", {"name": "x"}, "subject is not party:<key>"),
        ("two parents", "party.registered", {"parent": ["a", "b"]}, "for several give parents"),
        ("102 percent", "equity.closed", {"parties": [{"party": "a", "role": "investor", "stake_percent": 60}, {"party": "b", "role": "investor", "stake_percent": 42}]}, "102 percent"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_to_send_instead(
    ingest: IngestClient, kind: str, name: str, data: dict[str, Any], words: str
) -> None:
    event = {
        "id": "x",
        "source": "/cases",
        "type": f"steppe.{name}.v1",
        "subject": "north",
        "data": {"occurred": "2020", **data},
    }
    document = problem(ingest.post(event), 422)
    said = [error["message"] for entry in document["rejected"] for error in entry["errors"]]
    assert any(words in message for message in said), said


@pytest.mark.parametrize("code", ["DEM", "SUR", "ZWD", "XEU"])
def test_a_currency_that_is_no_longer_in_use_is_accepted(ingest: IngestClient, code: str) -> None:
    paid = {"amount": {"value": "1", "currency": code}, "parties": [{"party": "kfw", "role": "financier"}]}
    loan = {
        **setback(f"in-{code.lower()}"),
        "type": "steppe.loan.signed.v1",
        "data": {"occurred": "1992", "lender_kind": "oda", **paid},
    }
    assert ingest.post(loan).status_code == 202


@pytest.mark.parametrize("shares", [(33.34, 33.33, 33.34), (50.5, 50.5)])
def test_shares_by_rounding_are_accepted(ingest: IngestClient, shares: tuple[float, ...]) -> None:
    parties = [{"party": f"p-{at}", "role": "investor", "stake_percent": share} for at, share in enumerate(shares)]
    assert ingest.post(memorandum(f"s-{len(shares)}", "shares", parties=parties, deal="x")).status_code == 202


@pytest.mark.parametrize("url", ["https://example.org/a;jsessionid=1?x=2", "https://example.org/?a=1;b=2"])
def test_an_address_may_have_a_semicolon(ingest: IngestClient, url: str) -> None:
    assert ingest.post(setback(f"url-{len(url)}", evidence=[{"grade": "press", "url": url}])).status_code == 202


def grant(source: str, value: str, **data: Any) -> dict[str, Any]:
    fields = {
        "occurred": "2021-01-01",
        "parties": [{"party": "unido", "role": "donor"}],
        "amount": {"value": value, "currency": "USD"},
    }
    return {
        "id": "g1",
        "source": source,
        "type": "steppe.grant.committed.v1",
        "subject": "north",
        "data": {**fields, **data},
    }


def test_two_sources_of_one_grant_in_one_request_are_warned_of(ingest: IngestClient) -> None:
    answer = ingest.post(lines([grant("/file/2021", "100"), grant("/file/2022", "250")]), LINES).json()
    (warning,) = answer["warnings"]
    assert warning["index"] == 1
    assert warning["message"].startswith("may be the same money as /file/2021#g1, which says 100 USD")
    document = {"source": "/file/2024", "id": "g1"}
    grants = [grant("/file/2024", "100", deal="d"), grant("/file/2025", "250", deal="d", part_of=document)]
    assert ingest.post(lines(grants), LINES).json()["warnings"] == []


def test_one_id_with_other_content_is_refused(ingest: IngestClient) -> None:
    assert ingest.post(grant("/yearly", "100", deal="y")).status_code == 202
    document = problem(ingest.post(grant("/yearly", "250", deal="y")), 422)
    assert "correct it with event.corrected" in document["detail"]


def test_idle_fields_and_doubtful_places_are_warned_of(ingest: IngestClient) -> None:
    right = {"right": "exploration", "long_stop": "2024-03-01", "parties": [{"party": "acme", "role": "investor"}]}
    event = {
        "id": "lic",
        "source": "/cases",
        "type": "steppe.rights.granted.v1",
        "subject": "north",
        "data": {"occurred": "2018", **right},
    }
    (warning,) = ingest.post(event).json()["warnings"]
    assert "long_stop does nothing without conditional" in warning["message"]
    place = {
        "name": "x",
        "country": "KZ",
        "sector": "mining",
        "kind": "deposit",
        "commodities": ["gold"],
        "latitude": 76.9,
        "longitude": 43.2,
    }
    event = {
        "id": "reg",
        "source": "/cases",
        "type": "steppe.project.registered.v1",
        "subject": "swapped",
        "data": place,
    }
    (warning,) = ingest.post(event).json()["warnings"]
    assert "probably swapped" in warning["message"]
