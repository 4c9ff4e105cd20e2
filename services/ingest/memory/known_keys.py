"""Which projects and parties exist, as far as ingest has seen: so that a typo makes no ghost without a word.

Filled from the compacted topic of projects (with their investors), from the end of the log, and from what was accepted since.
Bounded: with more projects than the limit nothing is kept, and nothing is said.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

import msgspec
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from services.ingest.settings import Settings
from steppe.domain.events.near_keys import NearKeys
from steppe.log.topic_info import make_consumer, open_topic

log = logging.getLogger(__name__)

_PARTY = "party:"
_FORUM = "forum:"
_PARTIES_A_PROJECT = 4  # of the limit, which counts projects
_OPEN_SECONDS = 10.0
_POLL_MS = 500
_AGAIN_SECONDS = 5.0
_RECORDS_AT_ONCE = 500


class _Changed(msgspec.Struct):
    """What is read of a project's state."""

    investors: list[str] = []


class _Announced(msgspec.Struct):
    data: _Changed


_read = msgspec.json.Decoder(_Announced).decode


class KnownKeys:
    """The keys of projects and parties. `unknown_because`: why it cannot be said that a subject is unknown; None: it can."""

    def __init__(self, projects_max: int) -> None:
        self._projects_max = projects_max
        self._projects = NearKeys()
        self._parties = NearKeys()
        self.off = projects_max == 0
        self.unknown_because: str | None = (
            "STEPPE_KNOWN_SUBJECTS_MAX is 0" if self.off else "the projects that exist are still being read"
        )

    def __len__(self) -> int:
        return len(self._projects)

    def add(self, subject: str) -> None:
        """Take in the subject of an event."""
        if self.off:
            return
        if subject.startswith(_PARTY):
            self._add_party(subject.removeprefix(_PARTY))
        elif not subject.startswith(_FORUM):
            self._projects.add(subject)
        if len(self._projects) > self._projects_max:
            self._switch_off()

    def add_parties(self, parties: Iterable[str]) -> None:
        """Take in the parties that an event names."""
        if not self.off:
            for party in parties:
                self._add_party(party)

    def discard_project(self, project: str) -> None:
        """Take out a project that is no more."""
        self._projects.discard(project)

    def complete(self) -> None:
        """From now on a subject that is not here is unknown."""
        if not self.off:
            self.unknown_because = None

    def is_new(self, subject: str) -> bool:
        """Whether nothing has been heard of a project or party; false while that cannot be said, and of a forum."""
        if self.unknown_because is not None or subject.startswith(_FORUM):
            return False
        if subject.startswith(_PARTY):
            return subject.removeprefix(_PARTY) not in self._parties
        return subject not in self._projects

    def is_new_party(self, party: str) -> bool:
        """Whether a party has not been heard of; false while that cannot be said."""
        return self.unknown_because is None and party not in self._parties

    def likely(self, subject: str) -> str | None:
        """The subject that is probably meant by one that is new."""
        if subject.startswith(_PARTY):
            party = self.likely_party(subject.removeprefix(_PARTY))
            return None if party is None else _PARTY + party
        return self._projects.likely(subject)

    def likely_party(self, party: str) -> str | None:
        """The party that is probably meant by one that is new."""
        return self._parties.likely(party)

    def _add_party(self, party: str) -> None:
        if party not in self._parties and len(self._parties) < _PARTIES_A_PROJECT * self._projects_max:
            self._parties.add(party)

    def _switch_off(self) -> None:
        self.off = True
        self.unknown_because = f"there are more than STEPPE_KNOWN_SUBJECTS_MAX={self._projects_max} projects"
        self._projects, self._parties = NearKeys(), NearKeys()
        log.warning("subjects are no longer compared: %s", self.unknown_because)


class ProjectsReader:
    """Reads the compacted topic of projects from its beginning, and follows it. One for the service."""

    def __init__(self, settings: Settings, known_keys: KnownKeys) -> None:
        self._settings = settings
        self._known_keys = known_keys
        self._task: asyncio.Task[None] | None = None
        self._said = ""

    def start(self) -> None:
        """Begin to read in the background; returns at once, also when there is no broker or no topic."""
        if not self._known_keys.off:
            self._task = asyncio.create_task(self._read_forever(), name="known-projects")

    async def close(self) -> None:
        """Stop reading."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _read_forever(self) -> None:
        while not self._known_keys.off:
            try:
                await self._follow()
            except (KafkaError, OSError, TimeoutError, LookupError) as error:
                reason = str(error) or type(error).__name__
                if reason != self._said:
                    log.warning("the projects that exist cannot be read: %s", reason)
                self._said = reason
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _follow(self) -> None:
        topic = self._settings.projects_topic
        async with asyncio.timeout(_OPEN_SECONDS):
            async with open_topic(self._settings.kafka, topic) as reader:
                if reader is None:
                    raise LookupError(f"the broker has no topic {topic}; run `steppe migrate`")
                info = reader.info
        consumer = make_consumer(
            self._settings.kafka, client_id="steppe-ingest-projects", max_poll_records=_RECORDS_AT_ONCE
        )
        await consumer.start()
        try:
            places = [TopicPartition(topic, partition) for partition in info.ends]
            consumer.assign(places)
            for place in places:
                consumer.seek(place, info.starts[place.partition])
            while not self._known_keys.off:
                for records in (await consumer.getmany(*places, timeout_ms=_POLL_MS)).values():
                    for record in records:
                        self._take(record.key, record.value)
                await asyncio.sleep(0)
                if self._known_keys.unknown_because is not None:
                    positions = [await consumer.position(place) for place in places]
                    if all(at >= info.ends[place.partition] for at, place in zip(positions, places, strict=True)):
                        self._known_keys.complete()
                        log.info("%d projects are known", len(self._known_keys))
        finally:
            await consumer.stop()

    def _take(self, key: bytes | None, value: bytes | None) -> None:
        project = (key or b"").decode(errors="replace")
        if not project:
            return
        if value is None:
            self._known_keys.discard_project(project)
            return
        try:
            investors = _read(value).data.investors
        except (msgspec.MsgspecError, UnicodeDecodeError):  # of another release: the key is all that is needed
            investors = []
        self._known_keys.add(project)
        self._known_keys.add_parties(investors)
