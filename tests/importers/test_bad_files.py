"""Files that cannot be imported: each is refused with what it is and what to do, nothing is sent, and the memory stays as it was."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.importers.bad_files import BAD_TABLES, BAD_XML

# Whatever is read of a bad file before it is refused; the whole of the smallest bomb is twice that.
_GROWTH_KIB_MAX = 300 * 1_024
_IMPORT = """
import re, sys
from datetime import UTC, datetime
from pathlib import Path
from steppe.importers.formats.format_registry import FORMATS
from steppe.importers.importer import Edition, Import
from steppe.importers.source_file import BadFileError
peak = lambda: int(re.search(r"VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1])
before = peak()
whole = Import(FORMATS[sys.argv[1]], [Edition("2021-05-26", [Path(sys.argv[2])])], datetime(2026, 1, 1, tzinfo=UTC))
count = 0
try:
    for _ in whole.events():
        count += 1
except BadFileError as error:
    print(error)
else:
    print("it was read, and", whole.reports)
print(count, peak() - before)
"""


@pytest.mark.parametrize(
    ("form", "write", "name", "said"),
    [("gem", *case) for case in BAD_TABLES] + [("iati", *case) for case in BAD_XML],
)
def test_a_bad_file_is_refused_with_what_it_is_and_memory_stays(
    tmp_path: Path, form: str, write: Callable[[Path], None], name: str, said: str
) -> None:
    path = tmp_path / name
    write(path)
    ran = subprocess.run(
        [sys.executable, "-c", _IMPORT, form, str(path)], capture_output=True, text=True, timeout=60, check=True
    )
    *message, figures = ran.stdout.splitlines()
    assert re.search(said, "\n".join(message)), ran.stdout
    assert message[0].startswith(f"{name}: ")
    assert "a secret" not in ran.stdout
    assert int(figures.split()[1]) < _GROWTH_KIB_MAX


def test_a_file_that_breaks_off_sends_nothing_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "activities.xml"
    whole = '<iati-activity default-currency="EUR"><iati-identifier>A</iati-identifier><recipient-country code="KZ"/></iati-activity>'
    path.write_text(f"<iati-activities>{whole}<iati-activity>")
    environment = {**os.environ, "STEPPE_INGEST": "http://127.0.0.1:9"}
    command = [
        sys.executable,
        "-m",
        "steppe.cli",
        "import",
        "iati",
        str(path),
        "--edition",
        "2021-05-26",
        "--send",
        "--no-compare",
    ]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 2
    assert ran.stderr.lstrip().startswith("activities.xml: the XML is damaged or breaks off")
    assert ran.stderr.rstrip().endswith("Nothing of it was sent.")
