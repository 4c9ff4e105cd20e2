"""Fixtures of the tests of importers."""

from pathlib import Path

import pytest

from tests.importers.gem_tracker import Write, writer_into


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a tracker as CSV and gives its path."""
    return writer_into(tmp_path)
