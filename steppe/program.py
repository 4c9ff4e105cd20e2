"""`python -m steppe.program MODULE ARGUMENTS`: runs a program as `python -m MODULE` does, and Ctrl-C ends it in one line.

Apart, and with imports of the standard library alone, because importing a program may take longer than a person waits.
"""

from __future__ import annotations

import logging
import runpy
import sys

STOPPED = 130  # what a shell says of a program that SIGINT ended


def run(module: str) -> None:
    """Run that module with the arguments of this process. Raises SystemExit, with 130 after Ctrl-C."""
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        logging.disable()  # asyncio would report what was broken off as never awaited while the interpreter ends
        raise SystemExit(STOPPED) from None


def steppe() -> None:
    """The command `steppe`."""
    run("steppe.cli")


if __name__ == "__main__":
    del sys.argv[0]
    run(sys.argv[0])
