"""The commands of docs/tutorial.md, run as they stand there, print what stands there."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.services.projector.projection import QUICK
from tests.services.publisher.published import Topics
from tests.stack import Service, Stack

_PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
_SECONDS_MAX = 60


def test_every_command_of_the_tutorial_prints_what_the_page_says(
    stack: Stack, topic: str, start: Callable[..., Service], tmp_path: Path
) -> None:
    topics = Topics.of(stack.kafka, topic)
    asyncio.run(topics.create())
    ingest, api = start("ingest"), start("api")
    start("projector", **QUICK, **topics.settings)
    environment = {
        **os.environ,
        "COLUMNS": "100",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "STEPPE_INGEST": ingest.address,
        "STEPPE_API": api.address,
    }
    for command, expected in _commands(_PAGE.read_text(encoding="utf-8")):
        ran = subprocess.run(
            ["bash", "-c", command.replace("http://localhost:8000", api.address).replace("localhost:8000", api.address)],
            env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=_SECONDS_MAX, check=False,
        )  # fmt: skip
        # What a person sees of a refusal is on standard error; of what goes well only the progress bar is.
        printed = ran.stdout + (ran.stderr if ran.returncode else "")
        lines = "\n".join(line.rstrip() for line in printed.splitlines() if "━" not in line).strip("\n")
        assert _pattern(expected).fullmatch(lines), f"{command}\n\nthe page says:\n{expected}\n\nit prints:\n{lines}"


def _commands(page: str) -> Iterator[tuple[str, str]]:
    """Each command of a `console` block, with its further lines after `> `, and what it prints."""
    for block in re.findall(r"```console\n(.*?)\n```", page, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            first, *rest = part.rstrip("\n").split("\n")
            further = [line for line in rest if line.startswith("> ")]
            yield (
                "\n".join([first, *(line.removeprefix("> ") for line in further)]),
                "\n".join(line.rstrip() for line in rest[len(further) :]),
            )


def _pattern(expected: str) -> re.Pattern[str]:
    """What is printed, with `...` for what is of another day or clock."""
    return re.compile(".*?".join(re.escape(part) for part in expected.split("...")), re.DOTALL)
