"""`python -m steppe.program MODULE ARGUMENTS`: runs a program as `python -m MODULE` does, and Ctrl-C ends it in one line.

Apart, and with imports of the standard library alone, because importing a program may take longer than a person waits.
"""

from __future__ import annotations

import logging
import os
import runpy
import signal
import sys
from contextlib import suppress

STOPPED = 130  # what a shell says of a program that SIGINT ended


def run(module: str) -> None:
    """Run that module with the arguments of this process. Raises SystemExit, with 130 after Ctrl-C."""
    interrupt = _Interrupt()
    logging.getLogger("asyncio").addFilter(lambda _: not interrupt.arrived())
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        raise SystemExit(STOPPED) from None
    finally:
        if interrupt.arrived():
            logging.disable()  # the filter is taken apart, too, while the interpreter ends


class _Interrupt:
    """Whether SIGINT has arrived. It leaves the handler alone: asyncio sets one that cancels, but only in the default's place."""

    def __init__(self) -> None:
        self._arrived = False
        self._numbers, written = os.pipe()
        for end in (self._numbers, written):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(written, warn_on_full_buffer=False)

    def arrived(self) -> bool:
        with suppress(BlockingIOError):
            self._arrived |= signal.SIGINT in os.read(self._numbers, 4096)
        return self._arrived


def steppe() -> None:
    """The command `steppe`."""
    run("steppe.cli")


if __name__ == "__main__":
    del sys.argv[0]
    run(sys.argv[0])
