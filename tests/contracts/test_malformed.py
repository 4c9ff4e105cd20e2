"""Malformed events, byte by byte: each is refused with the field and the reason, and nothing else happens."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from steppe.contracts.acceptance import Refused, accept
from steppe.contracts.codec import MalformedError, decode_http_binary, decode_structured
from steppe.domain.events.validation import Fault

RECORDED = datetime(2026, 11, 22, 10, tzinfo=UTC)
DATA: dict[str, Any] = {
    "occurred": "2022-03-01",
    "parties": [{"party": "alpha", "role": "investor", "stake_percent": 51}],
    "instrument": "mou",
    "amount": {"value": "40200000", "currency": "USD"},
}
SENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "m",
    "source": "/desk",
    "type": "steppe.memorandum.signed.v1",
    "subject": "north",
    "datacontenttype": "application/json",
    "data": DATA,
}
WHOLE = json.dumps(SENT)


def faults_of_bytes(value: bytes) -> tuple[Fault, ...]:
    try:
        raw = decode_structured(value)
    except MalformedError as malformed:
        return (malformed.fault,)
    result = accept(raw, RECORDED)
    assert isinstance(result, Refused), result
    return result.errors


def attribute(**changes: object) -> bytes:
    return json.dumps({**SENT, **changes}).encode()


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in SENT.items() if key != name}).encode()


def data(**changes: object) -> bytes:
    return attribute(data={**DATA, **changes})


def party(**changes: object) -> bytes:
    return data(parties=[{"party": "alpha", "role": "investor", **changes}])


def amount(**changes: object) -> bytes:
    return data(amount={"value": "1", "currency": "USD", **changes})


def evidence(item: object) -> bytes:
    return data(evidence=[item])


def event(name: str, fields: dict[str, object], subject: str = "north") -> bytes:
    return attribute(type=f"steppe.{name}.v1", subject=subject, data=fields)


def nested(depth: int) -> bytes:
    return WHOLE.replace('"mou"', '{"a":' * depth + "1" + "}" * depth).encode()


# The bytes, where the fault is, and a word of the reason.
MALFORMED: list[tuple[str, bytes, str, str]] = [
    ("no bytes", b"", "", "JSON cannot be read"),
    ("blank", b"  \n", "", "JSON cannot be read"),
    ("cut off", WHOLE[:-2].encode(), "", "JSON cannot be read"),
    ("two values", (WHOLE + WHOLE).encode(), "", "trailing"),
    ("a comma too many", WHOLE[:-1].encode() + b",}", "", "comma"),
    ("single quotes", WHOLE.replace('"', "'").encode(), "", "JSON cannot be read"),
    ("byte order mark", b"\xef\xbb\xbf" + WHOLE.encode(), "", "JSON cannot be read"),
    ("utf-16", WHOLE.encode("utf-16"), "", "JSON cannot be read"),
    ("latin-1", WHOLE.replace("alpha", "café").encode("latin-1"), "", "UTF-8"),
    ("half a surrogate pair", WHOLE.replace("alpha", "\\ud83d").encode(), "", "surrogate"),
    ("a raw control character", WHOLE.replace("alpha", "al\x01pha").encode(), "", "invalid character"),
    ("NaN", WHOLE.replace("51", "NaN").encode(), "", "JSON cannot be read"),
    ("Infinity", WHOLE.replace("51", "-Infinity").encode(), "", "JSON cannot be read"),
    ("a number beyond doubles", WHOLE.replace("51", "1e400").encode(), "", "out of range"),
    ("a number of 100 digits", WHOLE.replace("51", "9" * 100).encode(), "/data/parties/0/stake_percent", "0 to 100"),
    ("a number of a million digits", WHOLE.replace("51", "9" * 1_000_000).encode(), "", "out of range"),
    ("a leading zero", WHOLE.replace("51", "051").encode(), "", "invalid number"),
    ("nested 20 levels", nested(20), "/data/instrument", "an object"),
    ("nested 100 000 levels", nested(100_000), "", "nested too deep"),
    ("a list of events", f"[{WHOLE}]".encode(), "", "JSON object"),
    ("text", b'"event"', "", "JSON object"),
    ("null", b"null", "", "JSON object"),
    ("an empty object", b"{}", "/data", "missing"),
    ("specversion of the past", attribute(specversion="0.3"), "/specversion", "only 1.0"),
    ("specversion a number", attribute(specversion=1.0), "/specversion", "only 1.0"),
    ("id empty", attribute(id=""), "/id", "empty"),
    ("id blank", attribute(id=" "), "/id", "empty"),
    ("id a number", attribute(id=7), "/id", "give text"),
    ("id too long", attribute(id="x" * 201), "/id", "at most 200"),
    ("id with NUL", attribute(id="a\x00"), "/id", "control characters"),
    ("id with a line break", attribute(id="a\nb"), "/id", "control characters"),
    ("source missing", without("source"), "/source", "missing"),
    ("source with blanks", attribute(source="desk in tokyo"), "/source", "URI reference"),
    ("source with half an escape", attribute(source="/desk%2"), "/source", "URI reference"),
    ("type missing", without("type"), "/type", "missing"),
    ("type a list", attribute(type=["steppe.memorandum.signed.v1"]), "/type", "give text"),
    ("type misspelt", attribute(type="steppe.memorandum.sgined.v1"), "/type", "did you mean steppe.memorandum.signed.v1"),
    ("type of another version", attribute(type="steppe.memorandum.signed.v2"), "/type", "not in the vocabulary"),
    ("type without a version", attribute(type="memorandum.signed"), "/type", "not in the vocabulary"),
    ("subject missing", without("subject"), "/subject", "missing"),
    ("subject in words", attribute(subject="Northern Katpar"), "/subject", "not a project key"),
    ("subject of a party", attribute(subject="party:alpha"), "/subject", "not a project key"),
    ("subject too long", attribute(subject="n" * 101), "/subject", "at most 100"),
    ("time in words", attribute(time="yesterday"), "/time", "RFC 3339"),
    ("time without zone", attribute(time="2026-11-22T10:00:00"), "/time", "RFC 3339"),
    ("time of no day", attribute(time="2026-02-30T10:00:00Z"), "/time", "RFC 3339"),
    ("time a number", attribute(time=1_700_000_000), "/time", "RFC 3339"),
    ("recordedtime", attribute(recordedtime="2026-11-22T10:00:00Z"), "/recordedtime", "ingest's to set"),
    ("xml", attribute(datacontenttype="application/xml"), "/datacontenttype", "application/json"),
    ("dataschema no uri", attribute(dataschema="the schema"), "/dataschema", "not a URI"),
    ("unknown attribute", attribute(tenant="x"), "/tenant", "not an attribute"),
    ("attribute misspelt", attribute(subjekt="x"), "/subjekt", "did you mean subject"),
    ("trace context a number", attribute(traceparent=1), "/traceparent", "give text"),
    ("partition key of another project", attribute(partitionkey="south"), "/partitionkey", "not the subject"),
    ("base64", attribute(data_base64="e30="), "/data_base64", "not read"),
    ("data missing", without("data"), "/data", "missing"),
    ("data a list", attribute(data=[DATA]), "/data", "no object"),
    ("data as text", attribute(data=json.dumps(DATA)), "/data", "no object"),
    ("occurred missing", attribute(data={k: v for k, v in DATA.items() if k != "occurred"}), "/data/occurred", "missing"),
    ("the 30th of February", data(occurred="2023-02-30"), "/data/occurred", "no day of the calendar"),
    ("month 13", data(occurred="2023-13"), "/data/occurred", "no day of the calendar"),
    ("year zero", data(occurred="0000"), "/data/occurred", "no day of the calendar"),
    ("an instant", data(occurred="2022-03-01T00:00:00Z"), "/data/occurred", "write 2022-03-01"),
    ("a number as date", data(occurred=2022), "/data/occurred", "as text"),
    ("Arabic digits", data(occurred="٢٠٢٢"), "/data/occurred", "not a date"),
    ("backwards", data(occurred="2022/2020"), "/data/occurred", "runs backwards"),
    ("open at both ends", data(occurred="../.."), "/data/occurred", "write unknown"),
    ("a plan", data(occurred="2027-01-01"), "/data/occurred", "milestone.planned"),
    ("reported a month", data(reported="2022-03"), "/data/reported", "YYYY-MM-DD"),
    ("reported tomorrow", data(reported="2026-11-23"), "/data/reported", "recorded"),
    ("a stake below zero", party(stake_percent=-1), "/data/parties/0/stake_percent", "0 to 100"),
    ("a stake of 101", party(stake_percent=101), "/data/parties/0/stake_percent", "0 to 100"),
    ("a stake in words", party(stake_percent="half"), "/data/parties/0/stake_percent", "give a number"),
    ("a stake of true", party(stake_percent=True), "/data/parties/0/stake_percent", "give a number"),
    ("role missing", data(parties=[{"party": "alpha"}]), "/data/parties/0/role", "missing"),
    ("role unknown", party(role="invester"), "/data/parties/0/role", "did you mean investor"),
    ("party in words", party(party="Alpha Mining"), "/data/parties/0/party", "not a slug"),
    ("country in words", party(country="Kazakhstan"), "/data/parties/0/country", "ISO 3166-1"),
    ("unknown field of a party", party(share=5), "/data/parties/0/share", "not a field"),
    ("parties an object", data(parties={"party": "alpha"}), "/data/parties", "give a list"),
    ("parties of text", data(parties=["alpha"]), "/data/parties/0", "give an object"),
    ("101 parties", data(parties=[{"party": f"p{n}", "role": "host"} for n in range(101)]), "/data/parties", "at most 100"),
    ("nobody pursues", party(role="host"), "/data/parties", "name the pursuer"),
    ("amount a number", data(amount=40_200_000), "/data/amount", "give an object"),
    ("amount below zero", amount(value="-1"), "/data/amount/value", "decimal text"),
    ("amount with exponent", amount(value="1e9"), "/data/amount/value", "decimal text"),
    ("amount of 40 digits", amount(value="9" * 40), "/data/amount/value", "at most 18"),
    ("currency in words", amount(currency="dollar"), "/data/amount/currency", "ISO 4217"),
    ("semantics unknown", amount(semantics="sum"), "/data/amount/semantics", "increment, total"),
    ("evidence of nothing", evidence({"grade": "press"}), "/data/evidence/0", "neither url nor title"),
    ("evidence without grade", evidence({"title": "x"}), "/data/evidence/0/grade", "missing"),
    ("evidence by script", evidence({"url": "javascript:alert(1)", "grade": "press"}), "/data/evidence/0/url", "http"),
    ("deal in words", data(deal="The Alpha Deal"), "/data/deal", "not a slug"),
    ("confidence unknown", data(confidence="sure"), "/data/confidence", "high, medium, low"),
    ("note empty", data(note=""), "/data/note", "empty"),
    ("note null", data(note=None), "/data/note", "null"),
    ("note with NUL", data(note="a\x00"), "/data/note", "control characters"),
    ("note too long", data(note="x" * 4001), "/data/note", "at most 4000"),
    ("instrument unknown", data(instrument="handshake"), "/data/instrument", "not one of"),
    ("field of no event", data(mood="good"), "/data/mood", "not a field"),
    ("part of itself", data(part_of={"source": "/desk", "id": "m"}), "/data/part_of", "the event itself"),
    ("reference in words", data(part_of="/desk#x"), "/data/part_of", "give an object"),
    ("reference too long", data(part_of={"source": "/desk", "id": "x" * 201}), "/data/part_of/id", "at most 200"),
    ("party under another subject", event("party.amended", {"party": "alpha"}, "party:beta"), "/subject", "party:alpha"),
    ("forum under a project", event("forum.held", {"forum": "f", "name": "F"}), "/subject", "forum:f"),
    ("a correction of nothing", event("event.corrected", {"target": {"source": "/d", "id": "x"}}), "/data/changes", "missing"),
    ("a retraction of itself", event("event.retracted", {"target": {"source": "/desk", "id": "m"}}), "/data/target", "itself"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "pointer", "said"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED]
)
def test_a_malformed_event_is_refused_with_field_and_reason(value: bytes, pointer: str, said: str) -> None:
    faults = faults_of_bytes(value)
    assert any(fault.pointer == pointer and said in fault.message for fault in faults), faults
    assert len(faults) <= 60
    assert all(len(fault.message) < 1000 for fault in faults)


def test_the_event_that_they_are_made_from_is_accepted() -> None:
    assert not isinstance(accept(decode_structured(WHOLE.encode()), RECORDED), Refused)


def test_of_a_key_given_twice_the_last_counts_and_is_all_that_is_written() -> None:
    accepted = accept(decode_structured(WHOLE.replace('"id": "m"', '"id": "first", "id": "m"').encode()), RECORDED)
    assert not isinstance(accepted, Refused)
    assert accepted.id == "m"
    assert accepted.value.count(b'"id"') == 1


@pytest.mark.parametrize(
    ("headers", "body", "pointer"),
    [
        ({"ce-id": "%FF"}, b"{}", "/id"),
        ({"ce-id": "m"}, b"", ""),
        ({"ce-id": "m"}, b"{", ""),
    ],
)
def test_binary_mode_that_cannot_be_read_is_malformed(headers: dict[str, str], body: bytes, pointer: str) -> None:
    with pytest.raises(MalformedError) as malformed:
        decode_http_binary(headers, body)
    assert malformed.value.fault.pointer == pointer
