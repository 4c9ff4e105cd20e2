"""Load through ingest with two projector workers for a long time, while faults drawn by chance hit all that can be hit.

`python -m tests.faults.soak --seconds 1200 [--seed N]` (or `make soak SECONDS=1200`) prints the seed first, every fault as it
comes, and figures at the end; exit 0: every promise held. The same seed draws the same faults in the same order.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from steppe.standalone.kafka import free_ports
from tests.faults.invariants import Watch, hold, until, watched
from tests.faults.load import Sender, sending
from tests.faults.own_stack import OwnStack, World, own_brokers, own_database, own_folder, world_on
from tests.faults.proxy import Proxy, proxy_to
from tests.faults.workers import QUICK, Workers
from tests.stack import Service

_PROJECTS = 2_000
_HOUR = 3600


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@dataclass(slots=True)
class Soak:
    """What is running, and what has been done to it."""

    world: World
    proxy: Proxy
    clock: Path
    chance: random.Random
    watch: Watch
    workers: Workers
    ingests: list[Service]
    sender: Sender | None = None
    faults: Counter[str] = field(default_factory=Counter)
    ingest_exits: int = 0
    lag_max: int = 0

    def keep(self) -> None:
        """Start again what has ended, and measure."""
        self.workers.keep()
        if not self.ingests[-1].child.alive:
            self.ingest_exits += 1
            self.ingests.append(self.world.start("ingest", _ingest_settings(self.clock), wait=False))
        assert self.sender is not None
        assert self.sender.failed is None, self.sender.failed
        self.lag_max = max(self.lag_max, len(self.sender.acknowledged) - self.watch.total)

    def pause(self, least: float, most: float) -> None:
        """So many seconds, by chance, while everything that ends is started again."""
        over = time.monotonic() + self.chance.uniform(least, most)
        while time.monotonic() < over:
            self.keep()
            time.sleep(0.1)

    def kill_worker(self) -> None:
        self.chance.choice(self.workers.awake).child.kill()

    def stop_worker(self) -> None:
        self.chance.choice(self.workers.awake).child.ask_to_stop()

    def worker_stands_still(self) -> None:
        worker = self.chance.choice(self.workers.awake)
        worker.child.process.send_signal(signal.SIGSTOP)
        self.pause(2, 8)
        worker.child.process.send_signal(signal.SIGCONT)

    def kill_ingest(self) -> None:
        self.ingests[-1].kill()

    def kill_broker(self) -> None:
        self.world.stack.kill_broker()
        self._away()

    def restart_broker(self) -> None:
        self.world.stack.kafka.brokers[0].stop()
        self._away()

    def broker_stands_still(self) -> None:
        self.world.stack.pause_broker()
        self._away()

    def kill_database(self) -> None:
        self.world.stack.kill_database()
        self._away()

    def restart_database(self) -> None:
        self.world.stack.postgres.stop()
        self._away()

    def cut_network(self) -> None:
        self.proxy.cut()
        self.pause(1, 5)
        self.proxy.restore()

    def silent_network(self) -> None:
        self.proxy.go_silent()

    def slow_network(self) -> None:
        self.proxy.delay_seconds = self.chance.uniform(0.02, 0.2)
        self.pause(2, 6)
        self.proxy.restore()

    def lose_the_answer_to_a_commit(self) -> None:
        self.proxy.swallow_answer_to(b"COMMIT;")

    def end_sessions(self) -> None:
        self._as_owner("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'projector'")

    def read_only_database(self) -> None:
        switch = "ALTER SYSTEM SET default_transaction_read_only = '{}'"
        self._as_owner(switch.format("on"), "SELECT pg_reload_conf()")
        self.pause(1, 5)
        self._as_owner("SET default_transaction_read_only = off", switch.format("off"), "SELECT pg_reload_conf()")

    def hold_the_tables(self) -> None:
        self._as_owner("BEGIN; LOCK TABLE event, checkpoint IN SHARE ROW EXCLUSIVE MODE; SELECT pg_sleep(3); COMMIT")

    def clock_jumps(self) -> None:
        self.clock.write_text(str(self.chance.choice((_HOUR, -_HOUR, 30 * 24 * _HOUR, 0))))

    def _away(self) -> None:
        self.pause(0.5, 5)
        self.world.stack.mend()

    def _as_owner(self, *statements: str) -> None:
        asyncio.run(self.world.as_owner(*statements))

    def run(self, seconds: float) -> None:
        """Fault after fault, with some quiet in between, then everything mended."""
        faults: Mapping[str, Callable[[], None]] = {
            name: getattr(self, name)
            for name in (
                "kill_worker", "stop_worker", "worker_stands_still", "kill_ingest", "kill_broker", "restart_broker",
                "broker_stands_still", "kill_database", "restart_database", "cut_network", "silent_network", "slow_network",
                "lose_the_answer_to_a_commit", "end_sessions", "read_only_database", "hold_the_tables", "clock_jumps",
            )
        }  # fmt: skip
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            self.pause(2, 8)
            name = self.chance.choice(sorted(faults))
            self.faults[name] += 1
            _say(f"{time.monotonic() - began:6.0f} s  {name.replace('_', ' ')}; {self.watch.total:,} records applied")
            faults[name]()
        self.proxy.restore()
        self.world.stack.mend()


def _ingest_settings(clock: Path) -> dict[str, str]:
    return {"STEPPE_INGEST_DELIVER_SECONDS_MAX": "4", **_clock_settings(clock)}


def _clock_settings(clock: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(Path(__file__).parent / "clock"), "STEPPE_TEST_CLOCK": str(clock)}


@contextmanager
def _soak(chance: random.Random) -> Iterator[Soak]:
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(own_folder())
        kafka = stack.enter_context(own_brokers(folder, free_ports()))
        postgres = stack.enter_context(own_database(folder))
        proxy = stack.enter_context(proxy_to(postgres.port))
        logs = Path(tempfile.mkdtemp(prefix="steppe-soak-"))
        _say(f"logs of the services: {logs}")
        world = stack.enter_context(world_on(OwnStack(kafka, postgres), logs))
        clock = logs / "clock"
        clock.write_text("0")
        settings = {
            **QUICK,
            **_clock_settings(clock),
            "STEPPE_DATABASE": world.database.projector.replace(f":{postgres.port}/", f":{proxy.port}/"),
            "STEPPE_PROJECTOR_DATABASE_SECONDS_MAX": "5",
        }
        watch = stack.enter_context(watched(world))
        yield Soak(
            world=world,
            proxy=proxy,
            clock=clock,
            chance=chance,
            watch=watch,
            workers=Workers(lambda: world.start("projector", settings), count=2),
            ingests=[world.start("ingest", _ingest_settings(clock))],
        )


def soak(seconds: float, seed: int, events_a_second: float) -> None:
    """Run it, check that everything held, and print the figures; AssertionError says what did not."""
    _say(f"seed: {seed}")
    with _soak(random.Random(seed)) as running:
        began = time.monotonic()
        address = lambda: running.ingests[-1].address  # noqa: E731
        with sending(address, projects=_PROJECTS, at_once=20, pause_seconds=20 / events_a_second) as sender:
            running.sender = sender
            until("the first events are applied", lambda: running.watch.total > 0, running.workers)
            running.run(seconds)
        mended = time.monotonic()
        _say("all mended; waiting for the read model, then comparing it with a fresh fold of the log")
        verdict = hold(running.world, sender.acknowledged, running.workers, seconds=900)
        held = time.monotonic()
    words = Counter(_word(left) for left in running.workers.exits)
    _say(
        f"seed {seed}: {mended - began:.0f} s of faults; every promise held {held - mended:.0f} s after the last was mended"
    )
    _say(f"events acknowledged: {len(sender.acknowledged):,}; records in the log and applied: {verdict.records:,}")
    _say(f"rows equal to a fresh fold: {verdict.rows:,}; looks of a reader meanwhile: {running.watch.looks:,}")
    _say(f"faults: {sum(running.faults.values())}: {_list(running.faults)}")
    _say(f"ends of projector workers: {sum(words.values())}: {_list(words)}; of ingest: {running.ingest_exits}")
    _say(f"answers of ingest: {_list(sender.answers)}")
    _say(f"acknowledged and not yet applied, at most: {running.lag_max:,}")


def _word(left: int | str) -> str:
    """How a worker ended, short enough to be counted."""
    if isinstance(left, int):
        return signal.Signals(-left).name if left < 0 else f"exit {left}"
    return left.partition(" CRITICAL steppe.projector ")[2][:60]


def _list(counted: Counter[str]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counted.most_common())


def main() -> None:
    """Soak as the arguments say."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=1200)
    arguments.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    arguments.add_argument("--events-a-second", type=float, default=100)
    given = arguments.parse_args()
    soak(given.seconds, given.seed, given.events_a_second)


if __name__ == "__main__":
    main()
