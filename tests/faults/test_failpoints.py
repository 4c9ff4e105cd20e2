"""Services that die, or stand still, at a named step: the fault that falls exactly where it hurts most."""

from __future__ import annotations

import asyncio
import signal

import httpx
import pytest

from steppe.failpoints import FailpointError, armed
from tests.faults.invariants import hold, until, watched
from tests.faults.load import identities, messages, sending
from tests.faults.own_stack import World
from tests.faults.workers import QUICK, Workers
from tests.services.ingest.ingest_client import IngestClient, logged, memorandum
from tests.services.projector.projection import Message, publish
from tests.stack import Service

_STEPS = ("before-apply", "after-decode", "fold", "after-events", "before-checkpoint", "before-commit", "after-commit")


def test_a_projector_killed_at_each_step_of_a_batch_loses_and_repeats_nothing(world: World) -> None:
    """One worker after the other dies in its second batch, each one step later, with its first batch committed."""
    dooms = iter([{"STEPPE_TEST_FAILPOINT": f"{step}:kill:{30 if step == 'fold' else 2}"} for step in _STEPS])
    workers = Workers(lambda: world.start("projector", QUICK | next(dooms, {})))
    written: list[Message] = []
    with watched(world, all_distinct=True) as watch:
        for step in _STEPS:
            workers.keep()
            (doomed,) = workers.awake
            while doomed.child.alive:
                written += (more := messages(len(written), 50, projects=20))
                asyncio.run(publish(world.kafka, world.topic, more))
                until("it has applied that or is dead", lambda: watch.total >= len(written) or not doomed.child.alive)  # noqa: B023
            assert f"failpoint {step}: kill" in doomed.log()
        workers.keep()
        hold(world, identities(written), workers)
    assert workers.exits == [-signal.SIGKILL] * len(_STEPS)


def test_a_worker_that_stood_still_inside_its_transaction_comes_back_to_find_it_gone(world: World) -> None:
    """Longer than the database lets a transaction idle and longer than the group waits for a member."""
    asleep = iter([{"STEPPE_TEST_FAILPOINT": "before-commit:sleep=5:2"}])
    workers = Workers(lambda: world.start("projector", QUICK | next(asleep, {})))
    written = messages(0, 400, projects=20)
    with watched(world, all_distinct=True) as watch:
        asyncio.run(publish(world.kafka, world.topic, written[:200]))
        until("the first batch is there", lambda: watch.total > 0, workers)
        (sleeper,) = workers.awake
        asyncio.run(publish(world.kafka, world.topic, written[200:]))
        until("it sleeps", lambda: "failpoint before-commit: sleep=5" in sleeper.log(), workers)
        hold(world, identities(written), workers)


def test_a_batch_that_takes_longer_than_a_transaction_may_idle_gets_in_all_the_same(world: World) -> None:
    """Slow is not idle: a worker that folds for seconds shows that it works, else it would begin the same batch for ever."""
    slow = {"STEPPE_TEST_FAILPOINT": "fold:sleep=0.2"}
    workers = Workers(lambda: world.start("projector", QUICK | slow))
    written = messages(0, 25, projects=25)
    asyncio.run(publish(world.kafka, world.topic, written))
    with watched(world, all_distinct=True):
        hold(world, identities(written), workers)
    (worker,) = workers.awake
    assert "the database is unavailable" not in worker.log()


def test_ingest_killed_between_the_word_of_the_broker_and_its_answer_leaves_one_event(world: World) -> None:
    doomed = world.start("ingest", {"STEPPE_TEST_FAILPOINT": "after-acknowledgement:kill:2"})
    assert IngestClient(doomed.address).post(memorandum("first")).status_code == 202
    with pytest.raises(httpx.TransportError):
        IngestClient(doomed.address).post(memorandum("second"))
    assert doomed.child.process.wait(10) == -signal.SIGKILL
    again = IngestClient(world.start("ingest").address)
    answer = again.post(memorandum("second"))
    assert (answer.status_code, answer.json()["duplicates"]) == (202, 1)
    # The sender could not know; who is started again has read the end of the log.
    ids = [record.event["id"] for record in asyncio.run(logged(world.kafka, world.topic))]
    assert sorted(ids) == ["first", "second"]
    workers = Workers(lambda: world.start("projector", QUICK))
    with watched(world):
        hold(world, {("north-katpar", "/desk", "first"), ("north-katpar", "/desk", "second")}, workers)


def test_every_202_of_an_ingest_that_is_killed_under_load_is_in_the_log(world: World) -> None:
    doors: list[Service] = [world.start("ingest")]
    workers = Workers(lambda: world.start("projector", QUICK))
    with watched(world), sending(lambda: doors[-1].address) as sender:
        for _ in range(4):
            reached = len(sender.acknowledged)
            until("more is acknowledged", lambda: len(sender.acknowledged) > reached + 100, workers)  # noqa: B023
            doors[-1].kill()
            doors.append(world.start("ingest"))
    assert sender.answers["cut"] > 0
    with watched(world):
        hold(world, sender.acknowledged, workers)


def test_an_order_that_cannot_be_read_is_refused_and_an_unset_one_does_nothing() -> None:
    armed("")("before-commit")
    with pytest.raises(ValueError, match="STEPPE_TEST_FAILPOINT has 'before-commit:explode'"):
        armed("before-commit:explode")
    with pytest.raises(ValueError, match="give POINT:kill"):
        armed("before-commit:sleep=")


def test_an_order_waits_for_its_time_or_its_subject() -> None:
    reach = armed("fold:raise:project-7,before-commit:raise:2")
    reach("fold", "project-6")
    with pytest.raises(FailpointError, match="at fold"):
        reach("fold", "project-7")
    reach("before-commit")
    with pytest.raises(FailpointError, match="at before-commit"):
        reach("before-commit")
    reach("before-commit")
