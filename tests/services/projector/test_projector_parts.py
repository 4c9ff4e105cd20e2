"""The parts of the projector that need no neighbour: what is dropped, what halts, what is retried, what the cache evicts."""

import random
from datetime import UTC, date, datetime
from itertools import islice, permutations
from typing import Any

import asyncpg
import pytest

from services.projector.projection import retry_policy
from services.projector.projection.batches import (
    Record,
    by_partition,
    halves,
    refuse_another_log,
    refuse_going_back,
    unapplied,
)
from services.projector.projection.errors import CheckpointWentBackError, LogGapError, LogShorterError
from services.projector.projection.fold_subjects import fold_before_failure
from services.projector.projection.project_cache import CachedSubject, ProjectCache
from steppe.database.read_model import registry_rows
from steppe.database.read_model.stored_events import encoded_headers, headers_of
from steppe.domain.events.event import Event, interpret
from steppe.domain.values.states import BEGINNING, FOREVER


def record(offset: int, partition: int = 0) -> Record:
    return Record(partition, offset, 0, None, b"{}")


def cache_of(*names: str, events: int = 1) -> ProjectCache:
    cache = ProjectCache(events_max=4)
    for name in names:
        cache.put(0, name, CachedSubject(events=(party_event("x"),) * events, last_offset=0))
    return cache


def party_event(id: str, name: str = "party.amended", day: str = "2024-01-01", /, **data: Any) -> Event:
    return interpret(
        source="/desk", id=id, subject="party:p", name=name,
        recorded=datetime.fromisoformat(day).replace(tzinfo=UTC), data={"party": "p", **data},
    )  # fmt: skip


def test_what_the_checkpoint_covers_is_dropped() -> None:
    assert unapplied([record(3), record(4), record(5)], 5) == [record(5)]
    assert unapplied([record(3)], 9) == []


def test_offsets_that_hold_no_record_are_no_gap_and_what_is_missing_beside_them_is() -> None:
    void = Record(0, 7, 0, None, None, void_from=5)
    assert unapplied([record(4), void, record(8)], 4) == [record(4), void, record(8)]
    assert unapplied([void, record(8)], 6) == [void, record(8)], "the checkpoint may lie within"
    assert unapplied([void], 8) == []
    for records, next_offset in (([record(3), void], 3), ([void, record(9)], 5), ([void], 3)):
        with pytest.raises(LogGapError):
            unapplied(records, next_offset)


@pytest.mark.parametrize(("offsets", "next_offset"), [((4, 5), 3), ((3, 5), 3), ((2, 3, 5), 3)])
def test_a_hole_halts_instead_of_being_stepped_over(offsets: tuple[int, ...], next_offset: int) -> None:
    with pytest.raises(LogGapError, match="continues at offset"):
        unapplied([record(offset) for offset in offsets], next_offset)


def test_a_batch_with_a_rebalance_in_it_is_put_in_order_and_each_offset_comes_once() -> None:
    batch = [record(8), record(9), record(1, partition=1), record(8), record(7), record(9), record(0, partition=1)]
    classified = by_partition(batch)
    assert list(classified) == [0, 1]
    assert [r.offset for r in classified[0]] == [7, 8, 9]
    assert [r.offset for r in classified[1]] == [0, 1]


@pytest.mark.parametrize(
    ("counts", "first", "second"), [((1,), 1, 0), ((5,), 2, 3), ((1, 4), 2, 3), ((0, 1, 0, 3), 2, 2)]
)
def test_a_batch_in_halves_is_the_same_records_in_the_same_order(
    counts: tuple[int, ...], first: int, second: int
) -> None:
    whole = {partition: [record(offset, partition) for offset in range(n)] for partition, n in enumerate(counts) if n}
    parts = halves(whole)
    assert [sum(map(len, part.values())) for part in parts] == [count for count in (first, second) if count]
    assert all(of_it for part in parts for of_it in part.values())
    together = {partition: [r for part in parts for r in part.get(partition, ())] for partition in whole}
    assert together == whole


def test_a_checkpoint_may_run_ahead_of_this_worker_and_never_back() -> None:
    refuse_going_back({0: 5}, {0: 5, 1: 0})
    refuse_going_back({0: 5}, {0: 9})
    with pytest.raises(CheckpointWentBackError, match="went back from 5 to 4"):
        refuse_going_back({0: 5}, {0: 4})


def test_a_log_that_begins_after_or_ends_before_the_checkpoint_is_another_log() -> None:
    refuse_another_log({0: 5}, {0: 5}, {0: 5})
    with pytest.raises(LogGapError):
        refuse_another_log({0: 5}, {0: 6}, {0: 9})
    with pytest.raises(LogShorterError, match="ends at offset 4, the checkpoint expects 5"):
        refuse_another_log({0: 5}, {0: 0}, {0: 4})


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.ConnectionDoesNotExistError("gone"),
        asyncpg.AdminShutdownError("terminated"),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.TooManyConnectionsError("full"),
        asyncpg.DiskFullError("no space left on device"),
        asyncpg.OutOfMemoryError("no cache"),
        asyncpg.ReadOnlySQLTransactionError("a standby"),
        asyncpg.QueryCanceledError("by an operator"),
        asyncpg.SerializationError("again"),
        asyncpg.DeadlockDetectedError("locked"),
        asyncpg.LockNotAvailableError("held"),
        asyncpg.IdleInTransactionSessionTimeoutError("slept"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InterfaceError("cannot call Connection.execute(): connection has been released back to the pool"),
        asyncpg.InternalClientError("cannot switch to state 21; another operation (2) is in progress"),
        ConnectionResetError(),
        TimeoutError(),
    ],
)
def test_what_passes_by_itself_is_tried_again(error: Exception) -> None:
    assert retry_policy.is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.UndefinedTableError("no table"),
        asyncpg.UniqueViolationError("twice"),
        asyncpg.InsufficientPrivilegeError("no"),
        asyncpg.InterfaceError("the server expects 1 argument for this query, 2 were passed"),
        LogGapError(0, 1, 2),
        ValueError("a bug"),
    ],
)
def test_everything_else_is_not(error: Exception) -> None:
    assert not retry_policy.is_transient(error)


def test_pauses_grow_and_are_capped() -> None:
    pauses = list(islice(retry_policy.backoff(random.Random(1)), 20))
    assert pauses[0] <= 0.05
    assert max(pauses) <= 2.0
    assert min(pauses[-5:]) >= 1.0


def test_the_cache_evicts_what_was_used_longest_ago() -> None:
    cache = cache_of("a", "b", events=2)
    assert cache.get(0, "a") is not None
    cache.put(0, "c", CachedSubject(events=(party_event("x"),), last_offset=1))
    assert cache.get(0, "b") is None
    assert cache.get(0, "a") is not None


def test_the_cache_of_a_partition_whose_checkpoint_was_moved_is_dropped_alone() -> None:
    cache = cache_of("a")
    cache.put(1, "b", CachedSubject(events=(), last_offset=1))
    cache.mark_valid_at({0: 5, 1: 2})
    cache.invalidate_stale({0: 5})
    assert cache.get(0, "a") is not None
    cache.invalidate_stale({0: 6, 1: 2})
    assert cache.get(0, "a") is None
    assert cache.get(1, "b") is not None


@pytest.mark.parametrize(("events", "fails_with"), [(1, 1), (5, 1), (5, 3), (5, 5), (1000, 700)])
async def test_a_subject_stops_before_the_first_event_with_which_its_fold_raises(events: int, fails_with: int) -> None:
    attempts = []

    def fold(count: int) -> str:
        attempts.append(count)
        if count >= fails_with:
            raise ValueError(f"event {count}")
        return f"{count} folded"

    async def keep_alive() -> None:
        return None

    longest = await fold_before_failure(events, fold, ValueError(f"event {events}"), keep_alive)
    assert (longest.count, longest.reason) == (fails_with - 1, f"ValueError: event {fails_with}")
    assert longest.result == (None if fails_with == 1 else f"{fails_with - 1} folded")
    assert len(attempts) == len(set(attempts)) <= 10, "none is folded twice, and of a thousand ten are"


def test_headers_come_back_as_they_were() -> None:
    headers = [("ce_id", b"\x00\xff"), ("ce_id", None), ("", b"")]
    assert headers_of(encoded_headers(headers)) == headers


def test_a_party_holds_from_ever_and_changes_from_a_day_in_whatever_order_it_was_said() -> None:
    events = [
        party_event("1", "party.registered", "2024-01-01", name="Old", home_country="KR", kind="company"),
        party_event("2", "party.amended", "2024-02-01", home_country="JP", **{"from": "2010"}),
        party_event("3", "party.registered", "2024-03-01", name="New", home_country="US", kind="fund"),
    ]
    spans = {tuple(row[:6] for row in registry_rows.party_spans("p", order)) for order in permutations(events)}
    assert spans == {
        (
            ("p", BEGINNING, date(2010, 1, 1), "Old", "KR", "company"),
            ("p", date(2010, 1, 1), date(2024, 3, 1), "Old", "JP", "company"),
            ("p", date(2024, 3, 1), FOREVER, "New", "US", "fund"),
        )
    }


def test_an_amendment_without_registration_holds_from_its_day() -> None:
    (row,) = registry_rows.party_spans("p", [party_event("1", parent="q")])
    assert row[:8] == ("p", date(2024, 1, 1), FOREVER, None, None, None, None, ["q"])
    assert registry_rows.shares_in(row[9]) == (("q", None),)
    assert registry_rows.party_spans("p", []) == []
    assert registry_rows.forum_rows("f", []) == ()


def test_parents_keep_their_shares_and_a_party_is_found_by_its_names_and_ids() -> None:
    parents = [{"party": "q", "percent": 60}, {"party": "r", "percent": 40.5}]
    aliases, ids = [{"name": "\u041f\u0435", "language": "ru"}], [{"scheme": "lei", "id": "X1"}]
    (row,) = registry_rows.party_spans("p", [party_event("1", name="Pe", parents=parents, aliases=aliases, ids=ids)])
    assert registry_rows.shares_in(row[9]) == (("q", 60), ("r", 40.5))
    assert (row[7], row[8]) == (["q", "r"], "p\npe\nx1"), "\u041f\u0435 is folded as Pe is"
