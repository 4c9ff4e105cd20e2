"""Fixtures of the fault suite: `breakable`, a stack that may be broken, and `world`, a log and a database of one test on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from steppe.standalone.kafka import free_ports
from tests.faults.own_stack import OwnStack, World, own_brokers, own_database, own_folder, world_on
from tests.faults.sizes import FULL

# Three brokers take minutes at any size, so they belong to `make faults` alone (README.md beside this).
collect_ignore = [] if FULL else ["test_broker_faults.py"]


@pytest.fixture(scope="session")
def breakable() -> Iterator[OwnStack]:
    """One broker and one database for all tests that break them; use `world`, which mends them first."""
    with own_folder() as folder, own_brokers(folder, free_ports()) as kafka, own_database(folder) as postgres:
        yield OwnStack(kafka, postgres)


@pytest.fixture
def world(breakable: OwnStack, tmp_path: Path) -> Iterator[World]:
    """A log and a migrated database of the test's own on processes that the test may kill, stop and restart."""
    with world_on(breakable, tmp_path) as made:
        yield made
