"""Keeps a process that folds large projects beside the stream for as long as some wait; there is none when nothing does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys

log = logging.getLogger("steppe.projector")

_SECONDS_BETWEEN_STARTS = 1.0
# By its name: it knows the projection as a whole, and nobody here knows it.
_PROGRAM = "services.projector.large_projects"


async def keep_folding(needed: asyncio.Event) -> None:
    """Start the process each time that it is `needed` and does not run, until cancelled, which ends it."""
    while True:
        await needed.wait()
        needed.clear()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", _PROGRAM, stdin=asyncio.subprocess.PIPE, env=os.environ, start_new_session=True
        )
        try:
            code = await process.wait()
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if code:
            log.error("the process that folds large projects ended with exit code %d; it is started again", code)
            needed.set()
        await asyncio.sleep(_SECONDS_BETWEEN_STARTS)
