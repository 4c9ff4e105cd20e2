"""Follows /v1/stream over HTTP and reports deals that stay at a memorandum. Copy this file; it needs nothing but httpx.

Server-sent events carry an id; a request with `Last-Event-ID` resumes after it, without loss or repeat. The last id is saved after
its event was handled, so after a crash that event may be handled once more, under the same `event_id`.

    python from_stream.py --api http://127.0.0.1:8000 --state last-id.txt
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import httpx

# The stream sends a heartbeat every 15 seconds.
SILENT_SECONDS_MAX = 45.0
RETRY_SECONDS = 2.0


def alert(transition: dict[str, Any]) -> None:
    """Replace this by your mail, chat or ticket. `transition` is an item of /v1/flags/transitions."""
    deal = transition["project"] + (f" ({transition['deal']})" if transition["deal"] else "")
    if transition["transition"] in ("raised", "escalated") and transition["severity"] in ("stagnant", "presumed-dead"):
        say(f"{transition['severity'].upper()} {deal} since {transition['since']}: {transition['sentence']}")
    elif transition["transition"] == "revoked":
        say(f"REVOKED {deal}: {transition['sentence']}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def follow(api: str, state: Path) -> None:
    """Read the stream without end: resume after a lost connection or an unavailable server, stop at a rejected request."""
    while True:
        try:
            listen(api, state)
        except httpx.TransportError as error:
            sys.stderr.write(f"{error!r}: retrying in {RETRY_SECONDS:.0f} s\n")
        time.sleep(RETRY_SECONDS)


def listen(api: str, state: Path) -> None:
    """One stream, until it ends."""
    # The first time from the beginning of the feed; leave `after` out to begin with the next transition, and `backfill` to be
    # told only news: not what old events raised when they were sent.
    parameters = {"flag": "memorandum-only", "after": "0", "backfill": "true"}
    headers = {"Last-Event-ID": state.read_text()} if state.exists() else {}
    timeout = httpx.Timeout(10.0, read=SILENT_SECONDS_MAX)
    with httpx.stream("GET", f"{api}/v1/stream", params=parameters, headers=headers, timeout=timeout) as response:
        if response.status_code in (502, 503, 504):
            return
        if response.status_code != 200:
            raise SystemExit(response.read().decode())
        fields: dict[str, str] = {}
        for line in response.iter_lines():
            if line:
                name, _, text = line.partition(": ")
                fields[name] = text
                continue
            if "data" in fields:
                alert(json.loads(fields["data"]))
                new = state.with_suffix(".new")
                new.write_text(fields["id"])
                new.replace(state)
            fields = {}


def main() -> None:
    parser = argparse.ArgumentParser(description="Report deals that stay at a memorandum.")
    parser.add_argument("--api", default="http://127.0.0.1:8000")
    parser.add_argument("--state", type=Path, default=Path("last-id.txt"), help="the file that keeps the last id")
    arguments = parser.parse_args()
    follow(arguments.api, arguments.state)


if __name__ == "__main__":
    main()
