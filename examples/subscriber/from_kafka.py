"""Follows steppe.flags.v1 and reports deals that stay at a memorandum. Copy this file; it needs nothing but aiokafka.

Records are delivered at least once: `handled` deduplicates them by their id. Ids and offsets are saved together in one file that
is replaced atomically, and not in Kafka, so that they never disagree.

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


def alert(transition: dict[str, Any]) -> None:
    """Replace this by your mail, chat or ticket. `transition` is the data of the CloudEvent; asyncapi.yaml has its schema."""
    deal = transition["project"] + (f" ({transition['deal']})" if transition["deal"] else "")
    if transition["flag"] != "memorandum-only":
        return
    if transition["transition"] in ("raised", "escalated") and transition["severity"] in ("stagnant", "presumed-dead"):
        say(f"{transition['severity'].upper()} {deal} since {transition['since']}: {transition['sentence']}")
    elif transition["transition"] == "revoked":
        say(f"REVOKED {deal}: {transition['sentence']}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class State:
    """The next offset of each partition, and the ids that were handled last."""

    def __init__(self, file: Path) -> None:
        self._file = file
        saved = json.loads(file.read_text()) if file.exists() else {"next_offsets": {}, "ids": []}
        self.next_offsets: dict[str, int] = saved["next_offsets"]
        self._ids: dict[str, None] = dict.fromkeys(saved["ids"])

    def handled(self, id: str) -> bool:
        """Whether the id was seen before; remembers it."""
        if id in self._ids:
            return True
        self._ids[id] = None
        return False

    def save(self) -> None:
        """Replace the file atomically."""
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps({"next_offsets": self.next_offsets, "ids": list(self._ids)[-IDS_KEPT:]}))
        new.replace(self._file)


async def follow(kafka: str, topic: str, state: State) -> None:
    """Handle records as they come, without end. To run several, give each some of the partitions."""
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
                        if "data" in event:
                            alert(event["data"])
                        else:  # too large for a record
                            say(f"LOOK UP {event['subject']}: {event['dataref']} of the API")
                    state.next_offsets[str(partition.partition)] = record.offset + 1
                state.save()


def main() -> None:
    parser = argparse.ArgumentParser(description="Report deals that stay at a memorandum.")
    parser.add_argument("--kafka", default="127.0.0.1:9092", help="bootstrap servers")
    parser.add_argument("--topic", default="steppe.flags.v1")
    parser.add_argument("--state", type=Path, default=Path("position.json"), help="the file that keeps offsets and ids")
    arguments = parser.parse_args()
    asyncio.run(follow(arguments.kafka, arguments.topic, State(arguments.state)))


if __name__ == "__main__":
    main()
