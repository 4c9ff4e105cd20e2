"""Follows /v1/stream over HTTP and says which deals are stuck at paper. Copy this file; it needs nothing but httpx.

Server-sent events carry an id; asking again with `Last-Event-ID` goes on behind it, without loss or repeat. The last id is
written down after it was handled, so after a crash the last one may be handled once more, under the same `event_id`.

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

# The stream sends a sign of life every 15 seconds.
SILENT_SECONDS_MAX = 45.0
RETRY_SECONDS = 2.0


def alert(told: dict[str, Any]) -> None:
    """Replace this by your mail, chat or ticket. `told` is an item of /v1/flags/transitions."""
    who = told["project"] + (f" ({told['deal']})" if told["deal"] else "")
    if told["transition"] in ("raised", "escalated") and told["severity"] in ("stagnant", "presumed-dead"):
        say(f"{told['severity'].upper()} {who} since {told['since']}: {told['sentence']}")
    elif told["transition"] == "revoked":
        say(f"TAKEN BACK {who}: {told['sentence']}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def follow(api: str, state: Path) -> None:
    """For ever: whatever ends the stream, it is asked for again from where it ended. Wrong questions end this."""
    while True:
        try:
            listen(api, state)
        except httpx.TransportError as error:
            sys.stderr.write(f"{error!r}: again in {RETRY_SECONDS:.0f} s\n")
        time.sleep(RETRY_SECONDS)


def listen(api: str, state: Path) -> None:
    """One stream, until it ends."""
    # From the beginning of the feed the first time; leave `after` out to begin with what comes next.
    asked = {"flag": "memorandum-only", "after": "0"}
    headers = {"Last-Event-ID": state.read_text()} if state.exists() else {}
    timeout = httpx.Timeout(10.0, read=SILENT_SECONDS_MAX)
    with httpx.stream("GET", f"{api}/v1/stream", params=asked, headers=headers, timeout=timeout) as response:
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
    parser = argparse.ArgumentParser(description="Say which deals are stuck at paper, as Steppe finds it out.")
    parser.add_argument("--api", default="http://127.0.0.1:8000")
    parser.add_argument("--state", type=Path, default=Path("last-id.txt"), help="the file that remembers how far")
    asked = parser.parse_args()
    follow(asked.api, asked.state)


if __name__ == "__main__":
    main()
