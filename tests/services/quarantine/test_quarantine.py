"""What cannot be applied holds its own project and nobody else, is kept byte for byte, and is the operator's to decide."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from services.projector.projection.errors import QuarantineFullError
from services.projector.quarantine import refold
from services.projector.quarantine.actions import ActionRefusedError
from steppe.contracts import codec
from steppe.domain.events import vocabulary
from tests.services.projector.projection import QUICK, Message, event, until
from tests.services.quarantine.quarantining import Worked, ids, neighbours
from tests.stack import Service

HEADERS = (("h", b"\x00\xff"), ("h", b"again"), ("traceparent", b"00-1-2-03"))
VICTIM = "deep-lead-mine"


def poisoned(change: Callable[[dict[str, Any]], None]) -> Callable[[str], bytes]:
    """An event that would do, but for this."""

    def value(subject: str) -> bytes:
        envelope = json.loads(event("poison", subject)[1] or b"")
        change(envelope)
        return json.dumps(envelope).encode()

    return value


POISONS: dict[str, Callable[[str], bytes | None]] = {
    "bad JSON": lambda subject: b'{"subject": "' + subject.encode() + b'", ',
    "bad UTF-8": lambda subject: b'{"subject": "\xff\xfe"}',
    "no value": lambda subject: None,
    "an empty value": lambda subject: b"",
    "a megabyte": lambda subject: b"x" * 1_000_000,
    "NaN": poisoned(lambda e: e["data"].update(amount={"value": float("nan"), "currency": "USD"})),
    "a number out of range": lambda subject: (event("p", subject)[1] or b"").replace(b'"mou"', b"1e999"),
    "a number of 400 digits": lambda subject: (event("p", subject)[1] or b"").replace(b'"mou"', b"9" * 400),
    "a missing field": poisoned(lambda e: e["data"].pop("parties")),
    "no recordedtime": poisoned(lambda e: e.pop("recordedtime")),
    "another subject": poisoned(lambda e: e.update(subject="somebody-else")),
    "U+0000 in its id": poisoned(lambda e: e.update(id="a\0b")),
    "nested too deep": lambda subject: b"[" * 100_000,
    "a list": lambda subject: b"[]",
}


@pytest.mark.parametrize("kind", POISONS)
async def test_a_poison_holds_its_own_project_from_there_on_wherever_it_lies_in_a_batch(
    worked: Worked, kind: str
) -> None:
    others = neighbours(VICTIM, 2)
    poison: Message = (VICTIM.encode(), POISONS[kind](VICTIM), HEADERS)
    before, after = [event(f"b{n}", VICTIM) for n in range(2)], [event(f"a{n}", VICTIM) for n in range(2)]
    await worked.send(
        *before, event("o0", others[0]), poison, event("o1", others[1]), *after, event("o2", others[0]),
        event("far", "somewhere-else"),
    )  # fmt: skip
    # Everything in one batch; the poison as the last of one, as the first, in the middle, and alone.
    for size in (500, 4, 3, 2, 1):
        await worked.afresh(size)
        await worked.verified()
        assert await worked.states(VICTIM) == {"b0": "folded", "b1": "folded", "a0": "held", "a1": "held"}
        for other, expected in ((others[0], ["o0", "o2"]), (others[1], ["o1"]), ("somewhere-else", ["far"])):
            assert ids(await worked.states(other), "folded") == expected
        assert await worked.owner.fetchval("SELECT event_count FROM project WHERE project = $1", VICTIM) == 2
        kept = await worked.owner.fetchrow("SELECT * FROM quarantine WHERE stage = 'decode'")
        assert kept is not None
        assert (kept["key"], kept["value"], kept["subject"], kept["state"]) == (poison[0], poison[1], VICTIM, "open")
        headers = [(name, base64.b64decode(text)) for name, text in json.loads(kept["headers"])]
        assert headers == list(HEADERS)
        assert kept["reason"] and kept["record_at"]


async def test_the_first_record_of_a_project_and_several_of_them_can_be_poison(worked: Worked) -> None:
    first, *rest = neighbours(VICTIM, 3)
    broken: Message = (VICTIM.encode(), b"broken", ())
    one, two = await worked.send(broken, broken)
    await worked.send(
        event("a", VICTIM), (first.encode(), None, ()), event("b", first), *(event("c", other) for other in rest)
    )
    for size in (500, 2, 1):
        await worked.afresh(size)
        await worked.verified()
        assert await worked.states(VICTIM) == {"a": "held"}
        assert await worked.states(first) == {"b": "held"}
        assert [await worked.states(other) for other in rest] == [{"c": "folded"}, {"c": "folded"}]
        assert await worked.owner.fetchval("SELECT count(*) FROM project") == 2
    assert await worked.skip(one) == ["skipped"]
    assert await worked.states(VICTIM) == {"a": "held"}, "the second one holds it still"
    assert await worked.skip(two) == ["skipped"]
    assert await worked.states(VICTIM) == {"a": "folded"}
    await worked.verified()


async def test_a_record_without_a_key_holds_whom_it_speaks_of_only_where_his_records_lie(worked: Worked) -> None:
    value = event("keyless", VICTIM)[1]
    ((home, _),) = await worked.send(event("one", VICTIM))
    await worked.send((None, value, ()), partition=(home + 1) % 4)
    await worked.send(event("two", VICTIM))
    await worked.apply()
    assert ids(await worked.states(VICTIM), "folded") == ["one", "two"], "no order between partitions, nobody waits"
    await worked.send((None, value, ()), partition=home)
    await worked.send(event("three", VICTIM))
    await worked.apply()
    await worked.verified()
    assert await worked.states(VICTIM) == {"one": "folded", "two": "folded", "three": "held"}
    rows = await worked.owner.fetch("SELECT subject FROM quarantine WHERE stage = 'decode' ORDER BY stored_at")
    assert [row["subject"] for row in rows] == [None, VICTIM]


async def test_a_party_and_a_forum_are_held_as_a_project_is(worked: Worked) -> None:
    party = {"party": "big-mining", "name": "Big Mining", "home_country": "KR", "kind": "company"}
    await worked.send(
        event("p1", "party:big-mining", "party.registered", **party),
        (b"party:big-mining", b"broken", ()),
        event("p2", "party:big-mining", "party.amended", party="big-mining", home_country="JP"),
        (b"forum:first-summit", b"broken", ()),
        event("f1", "forum:first-summit", "forum.held", forum="first-summit", name="First summit", occurred="2023-09"),
    )
    await worked.apply()
    await worked.verified()
    assert await worked.states("party:big-mining") == {"p1": "registry", "p2": "held"}
    assert await worked.states("forum:first-summit") == {"f1": "held"}
    assert await worked.act(lambda quarantine: quarantine.retry_all("party:big-mining")) != []
    await worked.skip(*[(row["partition"], row["log_offset"]) for row in await open_records(worked)])
    assert await worked.states("party:big-mining") == {"p1": "registry", "p2": "registry"}
    assert await worked.owner.fetchval("SELECT name FROM forum") == "First summit"
    await worked.verified()


async def open_records(worked: Worked) -> list[asyncpg.Record]:
    return list(
        await worked.owner.fetch(
            "SELECT partition, log_offset FROM quarantine WHERE stage IN ('decode', 'fold') AND state = 'open'"
            " ORDER BY partition, log_offset"
        )
    )


async def test_a_skipped_record_does_not_hold_again_after_a_rebuild_and_a_running_worker_obeys_the_skip(
    worked: Worked,
) -> None:
    async with worked.worker() as store:
        await worked.send(event("one", VICTIM))
        await worked.feed(store)
        (place,) = await worked.send((VICTIM.encode(), b"broken", HEADERS))
        await worked.send(event("two", VICTIM))
        await worked.feed(store)
        assert await worked.skip(place) == ["skipped"]
        await worked.send(event("three", VICTIM))
        await worked.feed(store)
    assert set((await worked.states(VICTIM)).values()) == {"folded"}
    assert await worked.owner.fetchval("SELECT event_count FROM project") == 3
    assert await worked.stages(VICTIM) == [("decode", "skipped")]
    before = await worked.verified()
    assert await worked.skip(place) == ["skipped"], "twice is safe"
    actions = await worked.owner.fetch("SELECT * FROM steppe.quarantine_action")
    assert [(row["action"], row["acted_by"], row["reason"], row["outcome"]) for row in actions] == [
        ("skip", "desk", "a test", "skipped")
    ]
    for size in (500, 1):
        await worked.afresh(size)
        assert (await worked.verified()).rows == before.rows


async def test_what_a_later_release_decodes_is_folded_with_what_waited_for_it(
    worked: Worked, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, value, _ = event("late", VICTIM)
    place, *_ = await worked.send(
        (key, value, (("unreadable", b""),)),
        event("next", VICTIM),
        (key, value, ()),
        event("other", VICTIM),
        event("other", VICTIM, note="another content"),
    )
    with monkeypatch.context() as older:
        older.setattr(codec, "decode", an_older_decode(codec.decode))
        await worked.apply(2)
        assert await worked.states(VICTIM) == {"next": "held", "late": "held", "other": "held"}
        assert await worked.retry(place) == ["this release cannot read it"]
    assert await worked.retry(place) == ["folded"]
    assert await worked.retry(place) == ["folded"], "twice is safe"
    assert await worked.states(VICTIM) == {"late": "folded", "next": "folded", "other": "folded"}
    assert await worked.stages(VICTIM) == [("conflict", "open")]
    await worked.verified()
    recorded = await worked.owner.fetch("SELECT action, outcome FROM steppe.quarantine_action ORDER BY action_id")
    assert [tuple(row) for row in recorded] == [("retry", "this release cannot read it"), ("retry", "folded")]


def an_older_decode(decode: Callable[..., Any]) -> Callable[..., Any]:
    """That of a release that stumbles over a header."""

    def older(value: bytes | None, headers: Any = (), *, key: bytes | None) -> Any:
        if any(name == "unreadable" for name, _ in headers):
            raise codec.UndecodableError("this release cannot read it")
        return decode(value, headers, key=key)

    return older


@pytest.mark.parametrize("content", ["the same", "another"])
async def test_a_record_that_was_sent_again_before_the_first_could_be_read_counts_as_if_it_had_been(
    worked: Worked, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    """The first in log order stands, as after a rebuild."""
    key, value, _ = event("twice", VICTIM)
    again = value if content == "the same" else event("twice", VICTIM, note="mended")[1]
    first, _ = await worked.send((key, value, (("unreadable", b""),)), (key, again, ()))
    with monkeypatch.context() as older:
        older.setattr(codec, "decode", an_older_decode(codec.decode))
        await worked.apply()
    assert await worked.retry(first) == ["folded"]
    await worked.verified()
    assert await worked.owner.fetchval("SELECT log_offset FROM event") == first[1]
    assert await worked.owner.fetchval("SELECT count(*) FROM conflict") == (content == "another")


async def test_what_was_skipped_frees_its_name_for_the_mended_event_whatever_a_later_release_can_read(
    worked: Worked, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, value, _ = event("mended", VICTIM)
    first, second = await worked.send((key, value, (("unreadable", b""),)), event("mended", VICTIM, note="mended"))
    with monkeypatch.context() as older:
        older.setattr(codec, "decode", an_older_decode(codec.decode))
        await worked.apply()
        await worked.skip(first)
        await worked.verified()
    await worked.afresh(500)
    await worked.verified()
    assert await worked.owner.fetchval("SELECT log_offset FROM event") == second[1]
    assert await worked.stages(VICTIM) == [("decode", "skipped")]
    with pytest.raises(ActionRefusedError, match="was given up; have the event sent again"):
        await worked.retry(first)


async def test_a_conflict_is_shown_and_kept_byte_for_byte_and_holds_nobody(worked: Worked) -> None:
    other = event("one", VICTIM, note="other")
    _, place, _ = await worked.send(event("one", VICTIM), (other[0], other[1], HEADERS), event("two", VICTIM))
    await worked.apply()
    await worked.verified()
    assert await worked.states(VICTIM) == {"one": "folded", "two": "folded"}
    kept = await worked.owner.fetchrow("SELECT * FROM quarantine")
    assert kept is not None
    assert (kept["stage"], kept["key"], kept["value"]) == ("conflict", other[0], other[1])
    assert await worked.owner.fetchval("SELECT count(*) FROM conflict") == 1
    with pytest.raises(ActionRefusedError, match="the first event of that name stands"):
        await worked.retry(place)
    assert await worked.skip(place) == ["skipped"]
    await worked.afresh(1)
    await worked.verified()
    assert await worked.stages(VICTIM) == [("conflict", "skipped")]


async def test_what_only_waits_is_not_the_operators_to_decide(worked: Worked) -> None:
    poison, waiting = await worked.send((VICTIM.encode(), b"broken", ()), event("one", VICTIM))
    await worked.apply()
    for act in (worked.retry, worked.skip):
        with pytest.raises(ActionRefusedError, match=f"waits for an earlier record of {VICTIM}"):
            await act(waiting)
        with pytest.raises(ActionRefusedError, match="Nothing is in quarantine at 0:77"):
            await act((0, 77))
        with pytest.raises(ActionRefusedError, match="There is no partition 9; the log has 4"):
            await act((9, 0))
    assert await worked.owner.fetchval("SELECT count(*) FROM steppe.quarantine_action") == 0
    assert poison[1] == 0


async def test_too_much_of_it_ends_the_worker_before_the_batch_that_goes_too_far_is_committed(
    worked: Worked, start: Callable[..., Service]
) -> None:
    await worked.send(*[(f"project-{n}".encode(), b"broken", ()) for n in range(40)])
    with pytest.raises(QuarantineFullError, match="STEPPE_PROJECTOR_QUARANTINE_MAX"):
        await worked.apply(1, projector_quarantine_max=3)
    diverted = await worked.owner.fetch("SELECT partition, count(*) AS records FROM quarantine GROUP BY partition")
    assert max(row["records"] for row in diverted) == 3
    service = start("projector", **QUICK, STEPPE_PROJECTOR_QUARANTINE_MAX="3")
    await until("the projector ends", lambda: not service.child.alive)
    assert service.child.process.returncode == 1
    assert "QuarantineFullError: more than 3 of the last 10000 records of partition" in service.log()
    again = await worked.owner.fetch("SELECT partition, count(*) AS records FROM quarantine GROUP BY partition")
    assert max(row["records"] for row in again) == 3, "a worker that is started again has no new allowance"
    await worked.skip(*[(row["partition"], row["log_offset"]) for row in await open_records(worked)])
    await worked.apply(1, projector_quarantine_max=40)
    await worked.verified()


async def test_an_unknown_type_is_kept_and_folded_by_the_release_that_knows_it_without_a_rebuild(
    worked: Worked, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = neighbours(VICTIM, 1)[0]
    await worked.send(event("a", VICTIM), event("t", VICTIM, "termsheet.signed", **TERMSHEET), event("o", other))
    with monkeypatch.context() as older:
        for module in (codec, refold):
            older.setattr(module, "name_of_type", an_older_vocabulary(vocabulary.name_of_type))
        await worked.apply()
        await worked.apply()
        assert await worked.states(VICTIM) == {"a": "folded", "t": "unknown"}
        assert await worked.owner.fetchval("SELECT event_count FROM project WHERE project = $1", VICTIM) == 1
    touched = "SELECT updated_at FROM project WHERE project = $1"
    before = await worked.owner.fetchval(touched, other)
    async with worked.worker() as store:
        assert await worked.states(VICTIM) == {"a": "folded", "t": "folded"}
        await worked.send(event("b", VICTIM))
        await worked.feed(store)
    await worked.verified()
    assert await worked.owner.fetchval("SELECT event_count FROM project WHERE project = $1", VICTIM) == 3
    assert await worked.owner.fetchval(touched, other) == before, "nobody else was folded again"
    action = await worked.owner.fetchrow("SELECT * FROM steppe.quarantine_action")
    assert action is not None
    assert (action["action"], action["outcome"], action["acted_by"]) == ("upgrade", "folded", "the projector")
    assert await worked.act(lambda quarantine: quarantine.upgrade()) == 0, "twice is safe"


async def test_an_unknown_type_that_turns_out_to_be_no_event_holds_its_project_as_after_a_rebuild(
    worked: Worked, monkeypatch: pytest.MonkeyPatch
) -> None:
    await worked.send(event("t", VICTIM, "termsheet.signed", instrument=7), event("a", VICTIM))
    with monkeypatch.context() as older:
        for module in (codec, refold):
            older.setattr(module, "name_of_type", an_older_vocabulary(vocabulary.name_of_type))
        await worked.apply()
    assert await worked.states(VICTIM) == {"t": "unknown", "a": "folded"}
    assert await worked.act(lambda quarantine: quarantine.upgrade()) == 1
    assert await worked.states(VICTIM) == {"a": "held"}
    assert await worked.owner.fetchval("SELECT count(*) FROM project") == 0
    await worked.verified()


TERMSHEET: dict[str, Any] = {
    "instrument": "heads",
    "occurred": "2022-06",
    "parties": [{"party": "first-investor", "role": "investor"}],
}


def an_older_vocabulary(name_of_type: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """That of a release before term sheets."""
    return lambda wire_type: None if "termsheet" in wire_type else name_of_type(wire_type)
