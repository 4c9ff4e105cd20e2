"""What ingest has done since its start, as Prometheus text. Knows counts only."""

from __future__ import annotations

from services.ingest.intake import Tally

_HELP = {
    "accepted": "Events that the log has acknowledged.",
    "duplicates": "Events that were in the log already.",
    "rejected": "Events that were refused.",
    "away": "Requests that the log did not acknowledge in time.",
}


class Counters:
    """Counters that only rise."""

    def __init__(self) -> None:
        self._values = dict.fromkeys(_HELP, 0)

    def add(self, tally: Tally, *, away: bool = False) -> None:
        """Count a request that has been answered."""
        self._values["accepted"] += tally.accepted
        self._values["duplicates"] += tally.duplicates
        self._values["rejected"] += tally.rejected_total
        self._values["away"] += away

    def as_text(self) -> str:
        """The exposition format."""
        return "".join(
            f"# HELP steppe_ingest_{name}_total {_HELP[name]}\n"
            f"# TYPE steppe_ingest_{name}_total counter\n"
            f"steppe_ingest_{name}_total {value}\n"
            for name, value in self._values.items()
        )
