"""Bytes to events and back: both modes, what makes two records one, and that nothing but a reason comes of bad bytes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steppe.contracts.acceptance import Accepted, Refused, accept
from steppe.contracts.codec import (
    Decoded,
    UndecodableError,
    Unknown,
    decode,
    decode_http_binary,
    decode_structured,
    encode,
)
from steppe.domain.events.event import Event, interpret
from steppe.domain.events.validation import faults_of
from steppe.domain.events.vocabulary import COMMON_FIELDS, PAPER_INSTRUMENTS, ROLES

RECORDED = datetime(2026, 11, 22, 10, tzinfo=UTC)
DATA: dict[str, Any] = {"occurred": "2022-03-01", "deal": "alpha", "instrument": "mou"}
SENT: dict[str, Any] = {"source": "/desk", "type": "steppe.memorandum.signed.v1", "subject": "north", "data": DATA}
STRUCTURED = [("content-type", b"application/cloudevents+json; charset=utf-8")]


def accepted(raw: object, recorded: datetime = RECORDED) -> Accepted:
    result = accept(raw, recorded)
    assert isinstance(result, Accepted), result
    return result


def record(**changes: object) -> bytes:
    """A sound record with some attributes changed; None takes one away."""
    whole = {**json.loads(accepted({**SENT, "id": "m"}).value), **changes}
    return json.dumps({name: value for name, value in whole.items() if value is not None}).encode()


def event_of(value: bytes, headers: Any = (), key: bytes = b"north") -> Event:
    decoded = decode(value, headers, key=key)
    assert isinstance(decoded, Decoded), decoded
    return decoded.event


def reason(value: bytes | None, headers: Any = (), key: bytes | None = b"north") -> str:
    with pytest.raises(UndecodableError) as undecodable:
        decode(value, headers, key=key)
    return undecodable.value.reason


def test_what_a_sender_leaves_out_is_filled() -> None:
    whole = json.loads(accepted(SENT).value)
    assert whole.pop("id") == accepted(SENT).id
    assert whole == {
        **SENT,
        "specversion": "1.0",
        "datacontenttype": "application/json",
        "time": "2026-11-22T10:00:00Z",
        "recordedtime": "2026-11-22T10:00:00Z",
    }


def test_the_same_content_always_has_the_same_id_whatever_the_order_of_its_fields() -> None:
    turned = {name: SENT[name] for name in reversed(SENT)} | {"data": dict(reversed(DATA.items()))}
    later = accepted(turned, RECORDED + timedelta(days=1))
    assert later.id == accepted(SENT).id
    assert later.content_sha256 == accepted(SENT).content_sha256
    assert accepted({**SENT, "data": {**DATA, "note": "x"}}).id != later.id


def test_time_and_recordedtime_are_no_content_and_everything_else_is() -> None:
    first = accepted({**SENT, "id": "m"})
    assert accepted({**SENT, "id": "m", "time": "2020-01-01T00:00:00+05:00"}).content_sha256 == first.content_sha256
    assert accepted({**SENT, "id": "m", "specversion": "1.0"}).content_sha256 == first.content_sha256
    assert accepted({**SENT, "id": "m", "sequence": "2"}).content_sha256 != first.content_sha256
    assert accepted({**SENT, "id": "m", "data": {**DATA, "note": "x"}}).content_sha256 != first.content_sha256


def test_a_null_attribute_is_an_unset_one() -> None:
    assert accepted({**SENT, "id": None, "time": None, "dataschema": None}) == accepted(SENT)


def test_the_recorded_instant_is_written_in_utc() -> None:
    east = RECORDED.astimezone(timezone(timedelta(hours=9)))
    assert accepted(SENT, east).value == accepted(SENT).value


def test_reported_may_be_the_day_of_recording_and_not_a_later_one() -> None:
    accepted({**SENT, "data": {**DATA, "reported": "2026-11-22"}})
    refused = accept({**SENT, "data": {**DATA, "reported": "2026-11-23"}}, RECORDED)
    assert isinstance(refused, Refused)
    assert [fault.pointer for fault in refused.errors] == ["/data/reported"]


def test_a_refusal_keeps_the_id_and_names_every_fault() -> None:
    refused = accept({**SENT, "id": "m", "source": "", "mood": 1, "data": {**DATA, "instrument": "x"}}, RECORDED)
    assert isinstance(refused, Refused)
    assert refused.id == "m"
    assert [fault.pointer for fault in refused.errors] == ["/source", "/mood", "/data/instrument"]


def test_what_is_accepted_is_decoded_as_the_event_that_was_meant() -> None:
    sent = accepted({**SENT, "id": "m"})
    decoded = decode(sent.value, STRUCTURED, key=b"north")
    assert isinstance(decoded, Decoded)
    assert decoded.content_sha256 == sent.content_sha256
    assert decoded.event.reference == "/desk#m"
    assert decoded.event.recorded == RECORDED
    assert (decoded.event.earliest, decoded.event.latest) == (date(2022, 3, 1), date(2022, 3, 1))


def test_both_modes_give_the_same_event_and_the_same_hash() -> None:
    sent = accepted({**SENT, "id": "m"})
    whole = json.loads(sent.value)
    data = json.dumps(whole.pop("data")).encode()
    content_type = whole.pop("datacontenttype")
    headers = [(f"ce_{name}", text.encode()) for name, text in whole.items()] + [
        ("content-type", content_type.encode())
    ]
    assert decode(data, headers, key=b"north") == decode(sent.value, STRUCTURED, key=b"north")


def test_binary_mode_over_http_reads_percent_encoded_headers() -> None:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Ce-Specversion": "1.0",
        "CE-Id": "m%20%E2%82%AC",
        "ce-source": "/desk",
        "ce-type": "steppe.memorandum.signed.v1",
        "ce-subject": "north",
        "accept": "*/*",
    }
    decoded = accepted(decode_http_binary(headers, json.dumps(DATA).encode()))
    assert decoded.id == "m €"
    assert decoded.content_sha256 == accepted({**SENT, "id": "m €"}).content_sha256


def test_an_unknown_type_or_version_is_kept_whole() -> None:
    for wire_type in ("steppe.memorandum.signed.v2", "steppe.moon.landed.v1", "com.example.other"):
        decoded = decode(record(type=wire_type, data={"deep": [{"a": 1}]}), STRUCTURED, key=b"north")
        assert isinstance(decoded, Unknown)
        assert (decoded.type, decoded.source, decoded.id, decoded.subject) == (wire_type, "/desk", "m", "north")
        assert decoded.recorded == RECORDED
        assert decoded.envelope["data"] == {"deep": [{"a": 1}]}


def test_a_reader_ignores_fields_and_attributes_of_a_later_release() -> None:
    assert event_of(record(mood="good", data={**DATA, "mood": {"very": "good"}})).deal == "alpha"


@pytest.mark.parametrize(
    ("value", "headers", "key", "said"),
    [
        (None, STRUCTURED, b"north", "no value"),
        (b"", STRUCTURED, b"north", "no value"),
        (b"{", STRUCTURED, b"north", "JSON cannot be read"),
        (b"[]", STRUCTURED, b"north", "JSON object"),
        (b"\xff\xfe", STRUCTURED, b"north", "JSON cannot be read"),
        (b'{"id": "\xff"}', STRUCTURED, b"north", "not UTF-8"),
        (b"[" * 100_000, STRUCTURED, b"north", "nested too deep"),
        (record(), STRUCTURED, None, "key is absent"),
        (record(), STRUCTURED, b"south", "must be equal"),
        (record(), STRUCTURED, b"\xff", "must be equal"),
        (record(), [("content-type", b"application/cloudevents-batch+json")], b"north", "one event a record"),
        (record(), [("content-type", b"text/plain")], b"north", "text/plain"),
        (record(), [("content-type", b"\xff")], b"north", "header content-type is not UTF-8"),
        (b"{}", [("ce_id", b"\xff")], b"north", "header ce_id is not UTF-8"),
        (b"{}", [("ce_id", b"m")], b"north", "/source: source is missing"),
        (record(recordedtime=None), STRUCTURED, b"north", "did not come through ingest"),
        (record(recordedtime="yesterday"), STRUCTURED, b"north", "/recordedtime"),
        (record(recordedtime="2026-11-22T10:00:00"), STRUCTURED, b"north", "/recordedtime"),
        (record(recordedtime="9999-12-31T23:59:59Z"), STRUCTURED, b"north", "/recordedtime"),
        (record(recordedtime=5), STRUCTURED, b"north", "/recordedtime"),
        (record(specversion="0.3"), STRUCTURED, b"north", "/specversion"),
        (record(id=""), STRUCTURED, b"north", "/id"),
        (record(id="a\x00"), STRUCTURED, b"north", "/id"),
        (record(subject=7), STRUCTURED, b"north", "/subject"),
        (record(datacontenttype="text/xml"), STRUCTURED, b"north", "/datacontenttype"),
        (record(data=None), STRUCTURED, b"north", "/data"),
        (record(data=[DATA]), STRUCTURED, b"north", "/data"),
        (record(data={**DATA, "occurred": "2023-02-30"}), STRUCTURED, b"north", "no day of the calendar"),
        (record(data={**DATA, "occurred": "2027-01-01"}), STRUCTURED, b"north", "milestone.planned"),
        (record(data={**DATA, "reported": "2027-01-01"}), STRUCTURED, b"north", "/data/reported"),
        (record(data={"occurred": "2022", "instrument": "mou"}), STRUCTURED, b"north", "name the pursuer"),
        (record(subject="party:north"), STRUCTURED, b"party:north", "/subject"),
    ],
)
def test_what_cannot_be_decoded_has_a_reason(value: bytes | None, headers: Any, key: bytes | None, said: str) -> None:
    assert said in reason(value, headers, key)


def test_data_that_the_rules_refuse_is_told_apart_from_bytes_that_cannot_be_read() -> None:
    with pytest.raises(UndecodableError) as refused:
        decode(record(data={**DATA, "occurred": "2027"}), key=b"north")
    assert refused.value.subject == "north"
    assert [fault.pointer for fault in refused.value.faults] == ["/data/occurred"]
    with pytest.raises(UndecodableError) as unreadable:
        decode(b"{", key=b"north")
    assert (unreadable.value.subject, unreadable.value.faults) == (None, ())


Strategy = st.SearchStrategy[Any]
slugs = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,4})?", fullmatch=True)
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=20).filter(
    str.strip
)


def objects(required: dict[str, Strategy], optional: dict[str, Strategy]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


parties = objects(
    {"party": slugs, "role": st.sampled_from(ROLES)},
    {
        "name": texts,
        "country": st.sampled_from(["KZ", "JP"]),
        "stake_percent": st.floats(0, 10) | st.integers(0, 10),
    },
)
evidence = objects({"title": texts, "grade": st.just("press")}, {})
papers = objects(
    {
        "occurred": st.dates(date(1990, 1, 1), date(2025, 1, 1)).map(str)
        | st.sampled_from(["2011~", "../2016", "unknown"]),
        "deal": slugs,
        "instrument": st.sampled_from(PAPER_INSTRUMENTS),
    },
    {
        "reported": st.dates(date(2025, 1, 2), date(2026, 11, 22)).map(str),
        "parties": st.lists(parties, max_size=3, unique_by=lambda party: (party["party"], party["role"])),
        "note": texts,
        "expires_on": st.sampled_from(["2030", "2031-05~"]),
        "evidence": st.lists(evidence, max_size=2),
    },
)
instants = st.datetimes(datetime(2026, 11, 22), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (Hypothesis wants bounds without a zone)


@given(texts, slugs, papers, instants)
def test_an_event_encoded_and_decoded_is_the_same_event(
    id: str, subject: str, data: dict[str, Any], recorded: datetime
) -> None:
    assert faults_of("memorandum.signed", data, recorded.date()) == []
    event = interpret(source="/desk", id=id, subject=subject, name="memorandum.signed", recorded=recorded, data=data)
    assert event_of(encode(event), key=subject.encode()) == event


@given(texts, slugs, papers, instants)
def test_what_is_accepted_is_always_decoded_with_the_same_hash(
    id: str, subject: str, data: dict[str, Any], recorded: datetime
) -> None:
    sent = accepted({**SENT, "id": id, "subject": subject, "data": data}, recorded)
    decoded = decode(sent.value, key=sent.subject.encode())
    assert isinstance(decoded, Decoded)
    assert decoded.content_sha256 == sent.content_sha256
    assert decoded.event.data == data
    assert decoded.event.recorded == recorded
    again = accepted({**SENT, "id": id, "subject": subject, "data": data}, recorded)
    assert again == sent


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**40), 10**40) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from([field.name for field in COMMON_FIELDS] + ["instrument", "target", "changes", "name", "mood"])
attributes = st.sampled_from(
    ["id", "source", "subject", "time", "recordedtime", "specversion", "data", "partitionkey", "type"]
)
types = st.sampled_from(
    ["memorandum.signed", "event.corrected", "event.reclassified", "party.registered", "offtake.signed"]
)


@settings(max_examples=300)
@given(types, st.dictionaries(attributes, json_values, max_size=2), st.dictionaries(fields, json_values, max_size=4))
def test_no_json_makes_acceptance_or_decoding_fail_otherwise(
    name: str, odd: dict[str, Any], data: dict[str, Any]
) -> None:
    raw = {**SENT, "id": "m", "type": f"steppe.{name}.v1", "data": {**DATA, **data}, **odd}
    result = accept(raw, RECORDED)
    assert isinstance(result, (Accepted, Refused))
    value = msgspec.json.encode({"specversion": "1.0", "recordedtime": "2026-11-22T10:00:00Z", **raw})
    try:
        decode(value, key=b"north")
    except UndecodableError as undecodable:
        assert undecodable.reason
    if isinstance(result, Accepted):
        assert decode_structured(result.value)["id"] == result.id


@given(st.binary(max_size=60))
def test_no_bytes_make_decoding_fail_otherwise(value: bytes) -> None:
    with pytest.raises(UndecodableError):
        decode(value, key=b"north")
