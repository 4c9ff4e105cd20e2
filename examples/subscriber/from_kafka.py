"""Follows steppe.flags.v1 and says which deals are stuck at paper. Copy this file; it needs nothing but aiokafka.

Records come at least once: `handled` drops those that were seen, by their id. The position is kept here, in a file that is
replaced at once, and not in Kafka, so that what was handled and how far that goes never disagree.

    python from_kafka.py --kafka 127.0.0.1:9092 --state position.json
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer

IDS_KEPT = 10_000


def alert(told: dict[str, Any]) -> None:
    """Replace this by your mail, chat or ticket. `told` is the data of the CloudEvent, see the schema beside asyncapi.yaml."""
    who = told["project"] + (f" ({told['deal']})" if told["deal"] else "")
    if told["flag"] != "memorandum-only":
        return
    if told["transition"] in ("raised", "escalated") and told["severity"] in ("stagnant", "presumed-dead"):
        say(f"{told['severity'].upper()} {who} since {told['since']}: {told['sentence']}")
    elif told["transition"] == "revoked":
        say(f"TAKEN BACK {who}: {told['sentence']}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class State:
    """How far we are, and the ids that were handled last."""

    def __init__(self, file: Path) -> None:
        self._file = file
        found = json.loads(file.read_text()) if file.exists() else {"next_offsets": {}, "ids": []}
        self.next_offsets: dict[str, int] = found["next_offsets"]
        self._ids: dict[str, None] = dict.fromkeys(found["ids"])

    def handled(self, id: str) -> bool:
        """Whether it was seen before; from now on it was."""
        if id in self._ids:
            return True
        self._ids[id] = None
        return False

    def save(self) -> None:
        """All of it or nothing, whatever happens to this process."""
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps({"next_offsets": self.next_offsets, "ids": list(self._ids)[-IDS_KEPT:]}))
        new.replace(self._file)


async def follow(kafka: str, topic: str, state: State) -> None:
    """For ever. To run several, give each some of the partitions."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest", enable_auto_commit=False)
    async with consumer:
        if not consumer.assignment():
            raise SystemExit(f"there is no topic {topic}: is this the right broker, and was `steppe migrate` run?")
        for partition in consumer.assignment():
            if str(partition.partition) in state.next_offsets:
                consumer.seek(partition, state.next_offsets[str(partition.partition)])
        while True:
            for partition, records in (await consumer.getmany(timeout_ms=1000)).items():
                for record in records:
                    event = json.loads(record.value)
                    if not state.handled(event["id"]):
                        alert(event["data"])
                    state.next_offsets[str(partition.partition)] = record.offset + 1
                state.save()


def main() -> None:
    parser = argparse.ArgumentParser(description="Say which deals are stuck at paper, as Steppe finds it out.")
    parser.add_argument("--kafka", default="127.0.0.1:9092", help="bootstrap servers")
    parser.add_argument("--topic", default="steppe.flags.v1")
    parser.add_argument("--state", type=Path, default=Path("position.json"), help="the file that remembers how far")
    asked = parser.parse_args()
    asyncio.run(follow(asked.kafka, asked.topic, State(asked.state)))


if __name__ == "__main__":
    main()
