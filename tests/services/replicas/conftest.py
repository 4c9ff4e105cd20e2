"""Fixtures: `primary` and `standby`, shared by the tests of a module, and `standby_to_promote`, of the test's own."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.own_stack import own_database, own_folder
from tests.services.replicas.replicated import Server, pooler_of, prepare, standby_of


@pytest.fixture(scope="package")
def folder() -> Iterator[Path]:
    """Where the files of the servers lie."""
    with own_folder() as made:
        yield made


@pytest.fixture(scope="package")
def primary(folder: Path) -> Iterator[Server]:
    """A primary with the events of Central Asia."""
    with own_database(folder) as postgres:
        yield asyncio.run(prepare(postgres))
        postgres.kill()


@pytest.fixture(scope="package")
def standby(primary: Server, folder: Path) -> Iterator[Server]:
    """A hot standby of it, which every test leaves replaying."""
    with standby_of(primary, folder / "standby") as started:
        yield started


@pytest.fixture
def standby_to_promote(primary: Server, folder: Path) -> Iterator[Server]:
    """Another one, for one test."""
    with standby_of(primary, folder / "promoted") as started:
        yield started


@pytest.fixture(scope="package")
def pooled(primary: Server, folder: Path) -> Iterator[Server]:
    """The primary through a pooler in transaction mode."""
    with pooler_of(primary, folder / "pooler") as through:
        yield through
