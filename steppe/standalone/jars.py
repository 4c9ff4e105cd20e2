"""The jars of the Kafka broker: resolved once into the user's cache and held against a committed list of checksums."""

import fcntl
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from steppe.standalone.errors import NoNetworkError, StackError
from steppe.standalone.places import Say, cache_folder, require_space

KAFKA_VERSION = "4.3.0"
LOG4J_VERSION = "2.25.1"
# The exclamation marks matter: without them jgo manages versions by itself and picks kafka-clients 3.9.1, with which
# a 4.3.0 broker dies of NoSuchMethodError.
ENDPOINT = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}!+org.apache.logging.log4j:log4j-slf4j-impl:{LOG4J_VERSION}!"

_POM = f"""<project><modelVersion>4.0.0</modelVersion>
<groupId>steppe</groupId><artifactId>kafka</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA_VERSION}</version></dependency>
<dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>{LOG4J_VERSION}</version></dependency>
</dependencies></project>
"""


def kafka_jars(say: Say) -> Path:
    """The folder with exactly the listed jars; resolves them if they are not there yet."""
    folder = cache_folder() / f"kafka-{KAFKA_VERSION}"
    expected = listed_checksums()
    if folder.is_dir() and not differences(folder, expected):
        return folder
    require_space(folder, 200 * 2**20)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "kafka.lock").open("w") as lock:
        # Two starts at once: the second waits here and finds the work done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir() or differences(folder, expected):
            say(f"Fetching Kafka {KAFKA_VERSION} (about 45 MB, only this once)")
            _fill(folder, expected)
    return folder


def _fill(folder: Path, expected: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="kafka-") as name:
        work = Path(name)
        jars = work / "jars"
        _resolve(work, jars)
        wrong = differences(jars, expected)
        if wrong:
            raise StackError(
                f"The Kafka jars are not the expected ones ({', '.join(wrong[:3])}): a mirror may serve other files. "
                "They were not used; see steppe/standalone/kafka_jars.sha256.txt for the list."
            )
        # Whole or not there: a start that is cut off before this line leaves nothing half-done.
        if folder.exists():
            folder.rename(work / "replaced")
        jars.rename(folder)


def listed_checksums() -> dict[str, str]:
    """Jar name to SHA-256, as committed."""
    text = resources.files("steppe.standalone").joinpath("kafka_jars.sha256.txt").read_text()
    return {name: digest for digest, name in (line.split() for line in text.splitlines() if line)}


def differences(folder: Path, expected: dict[str, str]) -> list[str]:
    """Names of jars that are missing, not listed, or of another content."""
    present = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in folder.glob("*.jar")}
    return sorted(name for name in present.keys() | expected.keys() if present.get(name) != expected.get(name))


def _resolve(work: Path, target: Path) -> None:
    try:
        jars = _by_jgo(work)
    except (OSError, RuntimeError, ValueError) as error:  # requests' errors are OSErrors
        _by_maven(work, target, error)
        return
    target.mkdir()
    for jar in jars:
        shutil.copy2(jar, target / jar.name)


def _by_jgo(work: Path) -> Iterable[Path]:
    from jgo.env import EnvironmentBuilder
    from jgo.maven import MavenContext

    # Its own repository, so that nothing is written to ~/.m2.
    context = MavenContext(repo_cache=work / "repository", timeout=30)
    environment = EnvironmentBuilder(context=context, cache_dir=work / "environments").from_endpoint(ENDPOINT)
    return [Path(jar) for jar in environment.all_jars]


def _by_maven(work: Path, target: Path, first: Exception) -> None:
    """Maven knows mirrors and proxies from its own settings, which jgo does not read."""
    maven = shutil.which("mvn")
    if maven is None:
        raise NoNetworkError(
            f"Kafka {KAFKA_VERSION} has to be fetched once from the Maven repository, which did not work "
            f"({_short(first)}). Is there a network? Behind a mirror, install Maven (mvn) with the mirror in its settings."
        ) from first
    (work / "pom.xml").write_text(_POM)
    ran = subprocess.run(
        [maven, "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={target}", "-DincludeScope=runtime"],
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise NoNetworkError(
            f"Kafka {KAFKA_VERSION} has to be fetched once from the Maven repository, which did not work, neither "
            f"directly ({_short(first)}) nor through mvn ({ran.stdout.strip()[-300:]}). Is there a network?"
        ) from first


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:160]}"
