"""Where a worker begins, asked while it has a batch in hand, as a rebalance in the middle of the load does."""

from __future__ import annotations

import asyncio

from services.projector.commands.verify import verify
from tests.faults.load import messages
from tests.services.quarantine.quarantining import Worked
from tests.stack import PARTITIONS


async def test_what_is_committed_while_a_worker_asks_where_to_begin_is_no_step_back(worked: Worked) -> None:
    await worked.send(*messages(0, 200, projects=40))
    async with worked.worker() as store:
        feeding = asyncio.create_task(worked.feed(store, size=5))
        asked = 0
        while not feeding.done():
            before = dict(store.progress.next_offsets)
            begin = await store.start_offsets(range(PARTITIONS))
            assert all(begin[partition] >= offset for partition, offset in before.items())
            asked += 1
        await feeding
        assert asked > 1
        assert sum(store.progress.next_offsets.values()) == 200
    assert (await verify(worked.stack.kafka, worked.database.api, worked.topic)).differences == []


async def test_a_partition_that_comes_back_is_folded_with_what_another_worker_brought_in_meanwhile(
    worked: Worked,
) -> None:
    async with worked.worker() as first, worked.worker() as second:
        for start in range(0, 400, 100):
            ours, theirs = (first, second) if start % 200 == 0 else (second, first)
            await worked.send(*messages(start, 100, projects=10))
            # A rebalance gives everything to one of them, and then to the other.
            await theirs.start_offsets(())
            await ours.start_offsets(range(PARTITIONS))
            await worked.feed(ours, size=25)
            differences = (await verify(worked.stack.kafka, worked.database.api, worked.topic)).differences
            assert differences == [], f"after {start + 100} events"
