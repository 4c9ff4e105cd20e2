"""The Kafka topics: names, and the settings on which our guarantees depend. `steppe migrate` creates them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

PARTITIONS_DEFAULT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic. Its partitions are fixed when it is created: another number would break the order of each key."""

    name: str
    key: str
    meaning: str
    settings: Mapping[str, str]


DEALS = Topic(
    name="steppe.deals.v1",
    key="project",
    meaning="The log: every event, never deleted. The source of truth; everything else follows from it.",
    settings=MappingProxyType(
        {
            "cleanup.policy": "delete",
            "retention.ms": "-1",
            "retention.bytes": "-1",
            # The time of a record is the broker's, not that of the sender's clock.
            "message.timestamp.type": "LogAppendTime",
            "compression.type": "producer",
            "unclean.leader.election.enable": "false",
        }
    ),
)

_YEAR_MS = 365 * 24 * 60 * 60 * 1000

FLAGS = Topic(
    name="steppe.flags.v1",
    key="project",
    meaning="Transitions of flags, each told once: raised, escalated, eased, cleared, revoked.",
    settings=MappingProxyType({"cleanup.policy": "delete", "retention.ms": str(_YEAR_MS)}),
)

PROJECTS = Topic(
    name="steppe.projects.v1",
    key="project",
    meaning="The current state of each project; of each the last record stays.",
    settings=MappingProxyType({"cleanup.policy": "compact"}),
)

QUARANTINE = Topic(
    name="steppe.quarantine.v1",
    key="original key",
    meaning="What could not be applied: original bytes and headers, and why. Not the record of it: that is in the database.",
    settings=MappingProxyType(
        {
            "cleanup.policy": "delete",
            "retention.ms": str(_YEAR_MS),
            "compression.type": "producer",
            # The original record and the headers with the reason.
            "max.message.bytes": str(16 * 2**20),
        }
    ),
)

TOPICS = (DEALS, FLAGS, PROJECTS, QUARANTINE)
