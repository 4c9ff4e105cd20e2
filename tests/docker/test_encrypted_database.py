"""A database that demands TLS: migrations, projector and API come in with the certificate checked, and nobody without."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from steppe.cli.commands import migrate
from steppe.database.apply_migrations import Login
from steppe.standalone.places import LOOPBACK, free_port
from tests.services.access.encrypting import PASSWORD, an_event_goes_all_its_way, certificates
from tests.stack import Stack

_POSTGRES_UID = 999


@dataclass(frozen=True)
class Closed:
    """Addresses of one database, without what follows the ?."""

    owner: str
    projector: str
    api: str
    demand: str


@pytest.fixture
def closed() -> Iterator[Closed]:
    folder = Path(tempfile.mkdtemp(prefix="steppe-closed-"))
    both, ca = certificates(folder)
    pem = both.read_text()
    begin = pem.index("-----BEGIN CERTIFICATE")
    (folder / "server.crt").write_text(pem[begin:])
    (folder / "server.key").write_text(pem[:begin])
    (folder / "pg_hba.conf").write_text("local all all trust\nhostssl all all all scram-sha-256\n")
    for name in ("server.crt", "server.key", "pg_hba.conf"):
        os.chown(folder / name, _POSTGRES_UID, _POSTGRES_UID)
        (folder / name).chmod(0o600)
    folder.chmod(0o755)
    name, port = f"steppe-tls-{uuid.uuid4().hex[:8]}", free_port(0)
    subprocess.run(
        ["docker", "run", "-d", "--rm", "--name", name, "-p", f"{LOOPBACK}:{port}:5432", "-v", f"{folder}:/tls:ro",
         "-e", "POSTGRES_USER=steppe", "-e", "POSTGRES_DB=steppe", "-e", f"POSTGRES_PASSWORD={PASSWORD}",
         "-e", "POSTGRES_INITDB_ARGS=--encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8",
         "postgres:18", "-c", "ssl=on", "-c", "ssl_cert_file=/tls/server.crt", "-c", "ssl_key_file=/tls/server.key",
         "-c", "hba_file=/tls/pg_hba.conf"],
        check=True, capture_output=True,
    )  # fmt: skip
    try:
        owner, projector, api = (
            f"postgresql://{user}:{PASSWORD}@{LOOPBACK}:{port}/steppe" for user in ("steppe", "projector", "api")
        )
        demand = f"?sslmode=verify-full&sslrootcert={ca}"
        yield Closed(owner=owner, projector=projector, api=api, demand=demand)
    finally:
        subprocess.run(["docker", "rm", "-f", name], check=False, capture_output=True)
        shutil.rmtree(folder)


async def _looks(closed: Closed) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            connection = await asyncpg.connect(closed.owner + closed.demand)
            break
        except (OSError, asyncpg.PostgresError):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.5)
    assert await connection.fetchval("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    await connection.close()
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await asyncpg.connect(closed.owner, ssl=False)


def test_everything_comes_in_encrypted_and_nobody_without(
    closed: Closed, stack: Stack, topic: str, tmp_path: Path
) -> None:
    asyncio.run(_looks(closed))
    logins = [Login(user=user, group=f"steppe_{user}", password=PASSWORD) for user in ("projector", "api")]
    asyncio.run(migrate.run(stack.kafka, closed.owner + closed.demand, 4, topic=topic, logins=logins))
    common = {"STEPPE_KAFKA": stack.kafka, "STEPPE_TOPIC": topic, "STEPPE_PROJECTOR_ANNOUNCE": "off"}
    an_event_goes_all_its_way(
        {"ingest": common, "projector": {**common, "STEPPE_DATABASE": closed.projector + closed.demand},
         "api": {**common, "STEPPE_DATABASE": closed.api + closed.demand}},
        tmp_path,
    )  # fmt: skip
