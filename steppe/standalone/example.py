"""Sends an example through ingest's public door and waits until everybody can read it. A client like any other."""

import asyncio
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

import steppe
from steppe.contracts.topics import DEALS
from steppe.log.positions import position_before
from steppe.standalone.errors import StackError
from steppe.standalone.places import LOOPBACK
from steppe.standalone.stack import Addresses

_CAUGHT_UP_SECONDS = 120.0


def files_of(name: str) -> list[Path]:
    """The files with events of `examples/NAME`, in order."""
    folder = Path(steppe.__file__).parent.parent / "examples" / name
    files = sorted(folder.glob("*.ndjson"))
    if not files:
        raise StackError(f"There is no example {name!r}: {folder} holds no file *.ndjson.")
    return files


def send(files: list[Path], addresses: Addresses) -> None:
    """`steppe send`, whose progress goes to stderr. Sent again, the same events are duplicates and change nothing."""
    ran = _steppe(["send", *map(str, files)], addresses, stdout=sys.stderr.fileno())
    if ran.returncode != 0:
        raise StackError(f"Sending the example was refused (exit code {ran.returncode}); the lines above say why.")


def wait_until_caught_up(addresses: Addresses, meanwhile: Callable[[], None]) -> None:
    """Until the api answers at the end of the log as it is now."""
    position = asyncio.run(_end_of_log(addresses.kafka))
    if not position:
        raise StackError(f"The log has no records although the example was sent: see {addresses.data}/logs.")
    deadline = time.monotonic() + _CAUGHT_UP_SECONDS
    while not _reached(addresses, position):
        if time.monotonic() > deadline:
            raise StackError(
                f"The read models did not reach {position} within {_CAUGHT_UP_SECONDS:.0f} s: "
                f"see {addresses.api}/v1/status and {addresses.data}/logs/projector.log."
            )
        meanwhile()
        time.sleep(0.1)


def print_flags(addresses: Addresses) -> None:
    """`steppe flags`, the table of what has stayed at memoranda."""
    ran = _steppe(["flags", "--flag", "memorandum-only"], addresses, stdout=sys.stdout.fileno())
    if ran.returncode != 0:
        raise StackError(f"`steppe flags` failed with exit code {ran.returncode}; the lines above say why.")


def _steppe(arguments: list[str], addresses: Addresses, stdout: int) -> subprocess.CompletedProcess[bytes]:
    sys.stdout.flush()
    settings = {
        "STEPPE_HOST": LOOPBACK,
        "STEPPE_INGEST_PORT": addresses.ingest.rpartition(":")[2],
        "STEPPE_API_PORT": addresses.api.rpartition(":")[2],
        "STEPPE_KAFKA": addresses.kafka,
        "STEPPE_DATABASE": addresses.database,
    }
    command = [sys.executable, "-m", "steppe.cli", *arguments]
    return subprocess.run(command, env={**os.environ, **settings}, stdout=stdout, check=False)


async def _end_of_log(kafka: str) -> str:
    """The position of the last record, `0:41,3:7`; empty for an empty log."""
    consumer = AIOKafkaConsumer(DEALS.name, bootstrap_servers=kafka)
    async with consumer:
        numbers = sorted(consumer.partitions_for_topic(DEALS.name) or ())
        ends = await consumer.end_offsets([TopicPartition(DEALS.name, number) for number in numbers])
    return position_before({part.partition: end for part, end in ends.items()})


def _reached(addresses: Addresses, position: str) -> bool:
    url = f"{addresses.api}/v1/projects?limit=1&min_position={position}"
    try:
        with urllib.request.urlopen(url, timeout=30) as response:  # noqa: S310  # our own http:// address
            return bool(response.status == 200)
    except urllib.error.HTTPError as error:
        if error.code < 500:
            raise StackError(f"{url} was refused: {error.read().decode(errors='replace')[:300]}") from error
        return False
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
