"""The real events are accepted and decoded from the log as what was sent."""

from __future__ import annotations

from datetime import UTC, datetime

from steppe.contracts.acceptance import Accepted, accept
from steppe.contracts.codec import Decoded, decode, decode_structured
from steppe.contracts.generate.__main__ import CHECKOUT

RECORDED = datetime(2026, 11, 22, 10, tzinfo=UTC)


def test_all_real_events_are_accepted_with_few_warnings_and_decoded() -> None:
    lines = (CHECKOUT / "examples/central-asia/events.ndjson").read_bytes().splitlines()
    seen: set[tuple[str, str, str]] = set()
    warnings: list[str] = []
    for line in lines:
        sent = decode_structured(line)
        accepted = accept(sent, RECORDED)
        assert isinstance(accepted, Accepted), (sent["id"], accepted)
        warnings += accepted.warnings
        decoded = decode(accepted.value, key=accepted.subject.encode())
        assert isinstance(decoded, Decoded)
        event = decoded.event
        assert (event.source, event.id, event.subject, event.data) == (
            sent["source"],
            sent["id"],
            sent["subject"],
            sent["data"],
        )
        seen.add((event.subject, event.source, event.id))
    assert len(seen) == len(lines) == 830
    # Three contracts tell both ends and the years between; a reclassification repeats the parties of its target; a start of
    # production repeats the share of a host.
    assert sorted(warning.split(" ")[0] for warning in warnings) == [
        "parties", "stake_percent", *["term_years"] * 3,
    ]  # fmt: skip
