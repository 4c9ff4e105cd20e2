"""The three services as children, and what happens when one of them ends by itself: it is started again."""

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from steppe.standalone.children import Child, describe_exit
from steppe.standalone.places import Say

_BACK_OFF_SECONDS_FIRST = 0.5
_BACK_OFF_SECONDS_MAX = 30.0
# A service that has lived this long is taken to be well; its next restart is quick again.
_WELL_AFTER_SECONDS = 60.0


class SupervisedService:
    """`python -m services.NAME`, kept alive. Ending is what the projector does when it cannot go on safely."""

    def __init__(self, name: str, settings: Mapping[str, str], logs: Path, say: Say) -> None:
        self.name = name
        self._settings = settings
        self._log = logs / f"{name}.log"
        self._say = say
        self._back_off = _BACK_OFF_SECONDS_FIRST
        self._restart_at: float | None = None
        self.child = self._start()

    def tick(self) -> None:
        """Look after it: notice its end, and start it again when its pause is over. Returns at once."""
        now = time.monotonic()
        if self._restart_at is not None:
            if now >= self._restart_at:
                self._restart_at = None
                self.child = self._start()
            return
        if self.child.alive:
            return
        if now - self._started_at > _WELL_AFTER_SECONDS:
            self._back_off = _BACK_OFF_SECONDS_FIRST
        ended = describe_exit(self.child.process.returncode)
        self._say(f"{self.name} ended with {ended}, starting it again in {self._back_off:g} s. Its log: {self._log}")
        self._restart_at = now + self._back_off
        self._back_off = min(self._back_off * 2, _BACK_OFF_SECONDS_MAX)

    def _start(self) -> Child:
        self._started_at = time.monotonic()
        return Child(
            self.name,
            [sys.executable, "-m", f"services.{self.name}"],
            log=self._log,
            environment={**os.environ, "PYTHONUNBUFFERED": "1", **self._settings},
            folder=Path.cwd(),
        )


def answers(url: str) -> bool:
    """Whether a GET is answered with success."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310  # our own http:// address
            return bool(response.status < 300)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
