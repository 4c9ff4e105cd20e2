"""More than a hundred malformed requests: each is refused with a 4xx problem that names field and reason, and nothing
reaches the log."""

from __future__ import annotations

import asyncio
import json
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from steppe.cli.commands.migrate import ensure_topic
from steppe.contracts.topics import DEALS
from tests.services.ingest.ingest_client import BATCH, LINES, ONE, IngestClient, logged, memorandum, problem
from tests.stack import PARTITIONS, Stack, start_service

_MIB = 2**20
EVENT = memorandum("m-1")
WHOLE = json.dumps(EVENT).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request, and what its problem must say: the status, the pointer of the first error, a word of its message."""

    name: str
    body: object
    pointer: str | None = None
    says: str = ""
    status: int = 422
    content_type: str | None = ONE
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def attribute(name: str, value: object, says: str = "", pointer: str | None = None) -> Case:
    return Case(
        name=f"{name}={str(value)[:60]}", body={**EVENT, name: value}, pointer=pointer or f"/{name}", says=says or name
    )


def absent(name: str) -> Case:
    return Case(
        name=f"no-{name}", body={k: v for k, v in EVENT.items() if k != name}, pointer=f"/{name}", says="missing"
    )


def data(name: str, value: object, says: str = "", pointer: str | None = None) -> Case:
    return Case(
        name=f"data.{name}={str(value)[:60]}",
        body={**EVENT, "data": {**EVENT["data"], name: value}},
        pointer=f"/data/{name}" if pointer is None else pointer,
        says=says or (pointer or name).rpartition("/")[2],
    )


def party(**fields: object) -> dict[str, object]:
    return {"party": "alpha", "role": "investor", **fields}


def raw(name: str, body: bytes, says: str = "JSON", **more: Any) -> Case:
    return Case(name=name, body=body, pointer="", says=says, **more)


def form(name: str, content_type: str | None, says: str, status: int = 415, **more: Any) -> Case:
    return Case(name=name, body=more.pop("body", WHOLE), content_type=content_type, says=says, status=status, **more)


BYTES = [
    raw("empty", b""),
    raw("blank", b"  \n "),
    raw("cut", WHOLE[:-9]),
    raw("two values", WHOLE + WHOLE),
    raw("trailing comma", WHOLE[:-1] + b",}"),
    raw("single quotes", WHOLE.replace(b'"', b"'")),
    raw("comment", b"/* hello */" + WHOLE),
    raw("NaN", WHOLE.replace(b'"mou"', b"NaN")),
    raw("Infinity", WHOLE.replace(b'"mou"', b"Infinity")),
    raw("hexadecimal", WHOLE.replace(b'"mou"', b"0x10")),
    raw("leading zero", WHOLE.replace(b'"mou"', b"007")),
    raw("1e999", WHOLE.replace(b'"mou"', b"1e999")),
    raw("latin-1", WHOLE.replace(b"mou", b"m\xf6u"), says="UTF-8"),
    form("utf-16", ONE, "UTF-16", body=WHOLE.decode().encode("utf-16")),
    form("utf-16 without a mark", ONE, "UTF-16", body=WHOLE.decode().encode("utf-16-le")),
    form("utf-16 the other way round", LINES, "UTF-16", body=WHOLE.decode().encode("utf-16-be")),
    form("utf-32", ONE, "UTF-32", body=WHOLE.decode().encode("utf-32")),
    form("gzip without a word", LINES, "gzip", body=b"\x1f\x8b\x08\x00" + WHOLE),
    form("a workbook", LINES, "Excel", body=b"PK\x03\x04" + WHOLE),
    raw("overlong", WHOLE.replace(b"mou", b"\xc0\xafou"), says="UTF-8"),
    raw("surrogate bytes", WHOLE.replace(b"mou", b"\xed\xa0\x80"), says="UTF-8"),
    raw("cut utf-8", WHOLE.replace(b"mou", b"\xe2\x82"), says="UTF-8"),
    raw("control character", WHOLE.replace(b"mou", b"m\x00u")),
    raw("bad escape", WHOLE.replace(b"mou", b"m\\qu")),
    raw("bad unicode escape", WHOLE.replace(b"mou", b"m\\u12u")),
    raw("binary", bytes(range(256))),
    raw("xml", b"<event/>"),
    raw("csv", b"id,source\n1,/desk\n"),
    raw("deep lists", b"[" * 100_000 + b"]" * 100_000, says="deep"),
    raw("deep objects", b'{"a":' * 20_000 + b"1" + b"}" * 20_000, says="deep"),
    raw("a list as one event", b"[" + WHOLE + b"]", says="object"),
    raw("text", b'"memorandum"', says="object"),
    raw("number", b"42", says="object"),
    raw("null", b"null", says="object"),
    raw("an object as batch", WHOLE, content_type=BATCH, says="array"),
    raw("a number in a batch", b"[42]", content_type=BATCH, says="object"),
    raw("cut batch", b"[" + WHOLE, content_type=BATCH),
    raw("pretty-printed as lines", json.dumps(EVENT, indent=1).encode(), content_type=LINES),
    raw("a batch as lines", b"[" + WHOLE + b"]", content_type=LINES, says="object"),
]
ENVELOPE = [
    absent("source"),
    absent("type"),
    absent("subject"),
    absent("data"),
    attribute("specversion", "0.3"),
    attribute("specversion", 1.0),
    attribute("id", ""),
    attribute("id", 7),
    attribute("id", "x" * 201),
    attribute("id", "a\nb"),
    attribute("id", "a\u0000b"),
    attribute("source", ""),
    attribute("source", "not a uri"),
    attribute("source", {"desk": "tokyo"}),
    attribute("type", "steppe.memorandum.sined.v1", says="did you mean"),
    attribute("type", "steppe.memorandum.signed.v2"),
    attribute("type", "memorandum.signed"),
    attribute("type", ["steppe.memorandum.signed.v1"]),
    attribute("subject", "North Katpar"),
    attribute("subject", "north--katpar"),
    attribute("subject", "x" * 101),
    attribute("subject", "party:alpha"),
    attribute("subject", "../../etc/passwd"),
    attribute("time", "yesterday"),
    attribute("time", "2022-13-01T00:00:00Z"),
    attribute("time", 1646092800),
    attribute("recordedtime", "2022-03-01T00:00:00Z", says="ingest"),
    attribute("datacontenttype", "text/xml"),
    attribute("data", "text"),
    attribute("data", []),
    attribute("data_base64", "e30="),
    attribute("colour", "red"),
    attribute("partitionkey", "elsewhere"),
]
DATA = [
    data("occurred", "2023-02-30", says="calendar"),
    data("occurred", "2023-13"),
    data("occurred", "2023-00-01"),
    data("occurred", "0000"),
    data("occurred", "01.03.2022"),
    data("occurred", "2022-3-1"),
    data("occurred", "２０２２"),
    data("occurred", "2022/2021", says="backwards"),
    data("occurred", "../.."),
    data("occurred", 2022),
    data("occurred", ""),
    data("occurred", "2199", says="milestone.planned"),
    data("reported", "2022"),
    data("reported", "2023-02-29"),
    data("reported", "2199-01-01", says="after"),
    data("instrument", "handshake", says="one of"),
    data("instrument", None),
    data("instruments", "mou", says="did you mean"),
    data("expires_on", "soon"),
    data("deal", "Not A Slug"),
    data("forum", 7),
    data("note", "x" * 4_001, says="at most"),
    data("note", " "),
    data("note", "a\u0000b", says="control"),
    data("note", "\ud800", says="JSON", pointer=""),
    data("confidence", "certain"),
    data("parties", "alpha"),
    data("parties", [], says="pursue"),
    data("parties", [party()] * 101),
    data("parties", [party(role="spy")], pointer="/data/parties/0/role"),
    data("parties", [party(party="")], pointer="/data/parties/0/party"),
    data("parties", [party(country="KAZ")], pointer="/data/parties/0/country"),
    data("parties", [party(stake_percent=-1)], pointer="/data/parties/0/stake_percent"),
    data("parties", [party(stake_percent=101)], pointer="/data/parties/0/stake_percent"),
    data("parties", [party(stake_percent="51")], pointer="/data/parties/0/stake_percent"),
    data("parties", [party(stake_percent=1e300)], pointer="/data/parties/0/stake_percent"),
    data("parties", [party(stake_percent=True)], pointer="/data/parties/0/stake_percent"),
    data("parties", [party(stake_percent=10**400)], pointer="/data/parties/0/stake_percent"),
    data("parties", [party(shoe_size=1)], pointer="/data/parties/0/shoe_size"),
    data("parties", [party(), party()], says="twice", pointer="/data/parties/1"),
    data("parties", [party(), 7], says="object", pointer="/data/parties/1"),
    data("parties", [{"party": "host", "role": "host"}], says="pursue"),
    data("amount", 5),
    data("amount", {"value": 5, "currency": "USD"}, pointer="/data/amount/value"),
    data("amount", {"value": "-5", "currency": "USD"}, pointer="/data/amount/value"),
    data("amount", {"value": "1e9", "currency": "USD"}, pointer="/data/amount/value"),
    data("amount", {"value": "9" * 19, "currency": "USD"}, pointer="/data/amount/value"),
    data("amount", {"value": "5", "currency": "dollars"}, pointer="/data/amount/currency"),
    data("amount", {"value": "5"}, pointer="/data/amount/currency", says="missing"),
    data("amount", {"value": "5", "currency": "USD", "of": "it"}, pointer="/data/amount/of"),
    data("evidence", [{"grade": "rumour", "url": "https://example.org"}], pointer="/data/evidence/0/grade"),
    data("evidence", [{"grade": "press"}], pointer="/data/evidence/0", says="url"),
    data("evidence", [{"grade": "press", "url": "javascript:alert(1)"}], pointer="/data/evidence/0/url"),
    data("part_of", {"source": "/desk", "id": "m-1"}, says="itself"),
    data("part_of", "m-0"),
    data("a/b~c", 1, says="not a field", pointer="/data/a~1b~0c"),
]
FORMS = [
    form("no content type", None, "Content-Type"),
    form("text", "text/plain", "application/x-ndjson"),
    form("form", "application/x-www-form-urlencoded", "application/cloudevents+json"),
    form("json without attributes", "application/json", "ce-"),
    form("avro", "application/cloudevents+avro", "not read"),
    form("latin-1 charset", f"{ONE}; charset=iso-8859-1", "charset"),
    form("gzip", ONE, "Content-Encoding", headers={"content-encoding": "gzip"}),
    form("unknown parameter", ONE, "on_error", 400, query="?on_error=continue"),
    form("misspelt parameter", LINES, "did you mean on_error", 400, query="?on_eror=continue"),
    form("wrong mode", LINES, "reject", 400, query="?on_error=ignore"),
    form("mode twice", LINES, "twice", 400, query="?on_error=reject&on_error=continue"),
    form("no lines", LINES, "no line", 422, body=b"\n\r\n  \n"),
    form("nothing as stream", LINES, "no line", 422, body=b"", query="?on_error=continue"),
    form("one event above the limit", ONE, "larger", 413, body=b" " * (_MIB + 1)),
    form("50 MB", ONE, "larger", 413, body=b" " * (50 * _MIB)),
    form("50 MB batch", BATCH, "larger", 413, body=b" " * (50 * _MIB)),
    form("50 MB of lines", LINES, "larger", 413, body=b" \n" * (25 * _MIB)),
    form("one line of 50 MB", LINES, "longer", 422, body=b"x" * (50 * _MIB), query="?on_error=continue"),
    form(
        "binary mode without type", "application/json", "type", 422, headers={"ce-source": "/desk", "ce-subject": "n"}
    ),
    raw("binary mode, no JSON", b"[", content_type="application/json", headers={"ce-type": "x"}),
]
CASES = [*BYTES, *ENVELOPE, *DATA, *FORMS]


@pytest.fixture(scope="module")
def log_of_its_own(stack: Stack) -> str:
    name = f"{DEALS.name}.{uuid.uuid4().hex[:12]}"
    asyncio.run(ensure_topic(stack.kafka, DEALS, PARTITIONS, name=name))
    return name


@pytest.fixture(scope="module")
def ingest(stack: Stack, log_of_its_own: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[IngestClient]:
    folder = tmp_path_factory.mktemp("ingest")
    service = start_service("ingest", {"STEPPE_KAFKA": stack.kafka, "STEPPE_TOPIC": log_of_its_own}, folder)
    yield IngestClient(service.address)
    service.stop()
    assert "Traceback" not in service.log()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_malformed_request_is_refused_with_field_and_reason(
    case: Case, ingest: IngestClient, stack: Stack, log_of_its_own: str
) -> None:
    document = problem(ingest.post(case.body, case.content_type, case.query, case.headers), case.status)
    if case.pointer is None:
        assert case.says in document["detail"]
    else:
        errors = document["rejected"][0]["errors"]
        said = [error["message"] for error in errors if error["pointer"] == case.pointer]
        assert said, errors
        assert any(case.says in message for message in said), said


def test_there_are_at_least_a_hundred_malformed_requests() -> None:
    assert len({case.name for case in CASES}) >= 100


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/events", 405), ("PUT", "/v1/events", 405), ("DELETE", "/v1/events", 405), ("POST", "/v1/event", 404),
     ("GET", "/entry", 404), ("GET", "/v1/schemas/..%2f..%2fsecrets", 404), ("GET", "/v1/vocabulary?lang=fr", 400)],
)  # fmt: skip
def test_wrong_paths_and_methods_are_problems_too(ingest: IngestClient, method: str, path: str, status: int) -> None:
    problem(httpx.request(method, ingest.address + path, timeout=30), status)


@pytest.mark.parametrize("length", ["Content-Length: 52428800", "Transfer-Encoding: chunked"])
def test_a_body_that_is_too_large_is_refused_before_it_was_sent(ingest: IngestClient, length: str) -> None:
    chunk = b"" if "Content-Length" in length else b"80000\r\n" + b" " * 0x80000 + b"\r\n"
    at = urlsplit(ingest.address)
    with socket.create_connection((at.hostname or "", at.port or 0), timeout=10) as line:
        line.sendall(f"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: {ONE}\r\n{length}\r\n\r\n".encode() + chunk)
        assert line.recv(4096).startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_breaks_off_is_not_taken(ingest: IngestClient, stack: Stack, log_of_its_own: str) -> None:
    at = urlsplit(ingest.address)
    for content_type in (ONE, LINES):
        with socket.create_connection((at.hostname or "", at.port or 0), timeout=10) as line:
            head = (
                f"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\nContent-Length: 9000\r\n\r\n"
            )
            line.sendall(head.encode() + WHOLE + b"\n")
    assert ingest.get("/livez").status_code == 200
    assert await logged(stack.kafka, log_of_its_own) == []


async def test_nothing_malformed_has_reached_the_log(ingest: IngestClient, stack: Stack, log_of_its_own: str) -> None:
    """Runs after the others of this module, whose log it reads; the good event proves that the log would show them."""
    for case in CASES:
        assert 400 <= ingest.post(case.body, case.content_type, case.query, case.headers).status_code < 500
    assert ingest.post({**EVENT, "id": "sound"}).status_code == 202
    assert [record.event["id"] for record in await logged(stack.kafka, log_of_its_own)] == ["sound"]
