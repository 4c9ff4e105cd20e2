"""A child process with a log file that cannot outlive its parent.

The kernel sends the death signal when the *thread* that started the child ends, so children are started from the main
thread. It is set after the switch to another user, which would clear it.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from steppe.standalone.errors import ChildFailedError

_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None, use_errno=True).prctl


def _tied_to(parent: int, death_signal: int) -> Callable[[], None]:
    def tie() -> None:
        _prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        # The parent may have died between the fork and this line.
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return tie


class Child:
    """One started program."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path = Path("/"),
        user: str | None = None,
        death_signal: signal.Signals = signal.SIGKILL,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.log = log
        self._stop_signal = stop_signal
        log.parent.mkdir(parents=True, exist_ok=True)
        who = identity(user)
        with log.open("ab") as output:
            self.process: subprocess.Popen[bytes] = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if environment is None else dict(environment),
                cwd=folder,
                # Its own session: Ctrl-C reaches the parent only, which stops the children in order.
                start_new_session=True,
                preexec_fn=_tied_to(os.getpid(), death_signal),
                user=who.user,
                group=who.group,
                extra_groups=who.extra_groups,
            )

    @property
    def pid(self) -> int:
        return int(self.process.pid)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the signal for an orderly end, and do not wait for it."""
        if self.alive:
            self.process.send_signal(self._stop_signal)

    def stop(self, grace_seconds: float = 15.0) -> None:
        """Ask, wait, then insist. Safe to call on a child that has ended."""
        if self.alive:
            self.ask_to_stop()
            try:
                self.process.wait(grace_seconds)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.wait()

    def wait_until(self, ready: Callable[[], bool], seconds: float, what: str = "did not get ready") -> None:
        """Poll until ready; ChildFailedError when it ends first or takes longer than that."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.alive:
                raise ChildFailedError(self.name, f"ended with {describe_exit(self.process.returncode)}", self.log)
            if time.monotonic() > deadline:
                raise ChildFailedError(self.name, f"{what} within {seconds:.0f} s", self.log)
            time.sleep(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """As whom a program runs, in the words of subprocess; all None: as we do."""

    user: int | None = None
    group: int | None = None
    extra_groups: tuple[int, ...] | None = None


def identity(user: str | None) -> Identity:
    """The identity of a system user, without any further groups."""
    if user is None:
        return Identity()
    entry = pwd.getpwnam(user)
    return Identity(user=entry.pw_uid, group=entry.pw_gid, extra_groups=())


def describe_exit(code: int) -> str:
    """`signal SIGKILL` or `exit code 1`."""
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
