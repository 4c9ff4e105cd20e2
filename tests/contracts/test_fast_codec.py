"""The fast path never decides otherwise than the slow path, and takes the events that streams consist of."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import steppe.contracts
from steppe.contracts import acceptance, codec, fast_codec
from steppe.contracts.acceptance import Accepted, Refused

RECORDED = datetime(2026, 11, 22, 10, tzinfo=UTC)
EXAMPLES = sorted((Path(steppe.contracts.__file__).parent / "examples").rglob("*.json"))
NASTY: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 0.5, 100, 100.0, 101, 91, 181, 1e15, 1e16, 1e300, 2**53 + 1, 2**64, 10**30, "", " ", "\u2003", "a", "A", "KZ", "kz", "KZT",
    "two-words", "-", "a" * 100, "a" * 101, "a" * 201, "a" * 4000, "a" * 4001, "é" * 4000, "é" * 4001, "a\tb", "a\nb", "a\0b", "a\x7fb", "a\x85b", "a\u2028b",
    'a "quoted" \\ b', "x/y", "\ud800", "2023-02-30", "2023-02-28", "2026-11-22", "2026-11-23", "2026-12-30", "9999-12-31", "2011-07~", "unknown", "2011/2012", "../2011",
    "1500000.50", "-5", "https://example.org/a", "ftp://example.org", "https://a b", "investor", "mou", "12345678901234567890", "2026-11-22T10:00:00Z",
    [], ["a"], ["a", "a"], ["a"] * 101, [1], [None], [[]], {}, {"a": 1}, [{}], {"party": "a", "role": "investor"},
    [{"party": "a", "role": "investor"}], [{"party": "a", "role": "investor"}, {"party": "b", "role": "investor"}], [{"party": "a", "role": "investor"}] * 2,
    [{"party": "a", "role": "investor"}, {"party": "b", "role": "financier"}], [{"party": "a", "role": "host"}],
    [{"party": "a", "role": "investor", "stake_percent": 60}, {"party": "b", "role": "host", "stake_percent": 40.0005}],
    [{"party": "a", "role": "investor", "stake_percent": 60}, {"party": "b", "role": "host", "stake_percent": 60}],
    {"value": "1", "currency": "USD"}, {"value": 1, "currency": "USD"}, {"value": "1\n", "currency": "USD"}, [{"grade": "official"}], [{"grade": "official", "title": " "}],
)  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*at, index))


def changed(event: Any, at: tuple[Any, ...], change: Any) -> Any:
    made = copy.deepcopy(event)
    holder = made
    for step in at[:-1]:
        holder = holder[step]
    change(holder, at[-1])
    return made


def mutations(event: Any) -> Iterator[Any]:
    yield event
    for at in places(event):
        if not at:
            continue
        for nasty in NASTY:
            yield changed(event, at, lambda holder, last, nasty=nasty: holder.__setitem__(last, nasty))
        yield changed(event, at, lambda holder, last: holder.__delitem__(last))
        if isinstance(at[-1], str):
            yield changed(event, at, lambda holder, last: holder.__setitem__(last + "x", 1))
    for name in ("traceparent", "partitionkey", "unheard", "recordedtime", "time", "dataschema"):
        for value in ("north", "2026-11-22T10:00:00Z", "2026-11-22t10:00:00+05:00", None):
            yield {**event, name: value}
    yield {**event, "datacontenttype": "application/json; charset=utf-8"}
    if isinstance(event.get("data"), dict):
        for name in ("starts_on", "ends_on", "renews", "part_of", "reported", "occurred", "deal", "parties", "note"):
            for nasty in NASTY:
                yield {**event, "data": {**event["data"], name: nasty}}


def slow_path(line: bytes) -> Accepted | Refused | str:
    try:
        return acceptance.accept(codec.decode_structured(line), RECORDED)
    except codec.MalformedError as error:
        return str(error)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name + "/" + path.stem)
def test_no_mutation_of_an_example_is_decided_otherwise_on_the_fast_path(path: Path) -> None:
    event = json.loads(path.read_text(encoding="utf-8"))
    event.setdefault("id", "given")
    for mutated in mutations(event) if path.parent.name != "rejected" else [event]:
        for line in (
            json.dumps(mutated).encode(),
            json.dumps(mutated, ensure_ascii=False).encode(errors="surrogatepass"),
        ):
            plain = fast_codec._accept_fast(line, RECORDED)
            if plain is not None:
                assert plain == slow_path(line), line


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("memorandum.signed", {"occurred": "2020", "deal": "a", "instrument": "mou", "programme": "fund"}),
        ("hold.placed", {"until": "2020"}),
        ("hold.placed", {"occurred": "2020-05-05", "until": "2020-05-05", "reported": "2020-06-01"}),
        ("rights.granted", {"occurred": "2020", "deal": "a", "right": "mining", "part": "lot-1", "conditional": True, "long_stop": "2019"}),
        ("milestone.planned", {"occurred": "2020", "milestone": "construction-strat", "planned_on": "2030"}),
        ("equity.closed", {"occurred": "2020", "deal": "a", "parties": [{"party": "b", "role": "adviser", "stake_percent": 5}]}),
        ("equity.closed", {"occurred": "2020", "deal": "a", "parties": [{"party": "b", "role": "host", "stake_percent": 5}]}),
        ("project.amended", {"latitude": 0, "longitude": 0.0}),
    ],
)  # fmt: skip
def test_warnings_of_the_fast_path_are_those_of_the_slow_path(name: str, data: dict[str, object]) -> None:
    sent = {"id": "x", "source": "/desk", "type": f"steppe.{name}.v1", "subject": "north", "data": data}
    line = json.dumps(sent).encode()
    decided = fast_codec._accept_fast(line, RECORDED)
    assert decided is not None
    assert decided == slow_path(line)
    is_host = "host" in str(data)
    assert bool(decided.warnings) is not is_host


def test_bytes_that_are_no_event_take_the_slow_path() -> None:
    for line in (b"", b"[", b"[]", b"1", b'{"id":"\xff"}', b"\xef\xbb\xbf{}", b'{"id":1}', b"[" * 100_000):
        assert fast_codec._accept_fast(line, RECORDED) is None


@pytest.mark.parametrize(
    "path", [p for p in EXAMPLES if p.stem.startswith("accepted")], ids=lambda path: path.parent.name
)
def test_an_ordinary_event_takes_the_fast_path(path: Path) -> None:
    event = json.loads(path.read_text(encoding="utf-8"))
    decoded = fast_codec._accept_fast(json.dumps({"id": "given", **event}).encode(), RECORDED)
    data = event["data"]
    needs_slow_type = event["type"].split(".")[1] in ("event", "party", "forum")
    has_slow_field = not {"renews", "amends", "ends", "repeats", "part_of", "ends_on"}.isdisjoint(data)
    assert (decoded is not None) != (needs_slow_type or has_slow_field)
