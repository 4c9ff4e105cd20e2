"""What services are told: every name is known, a misspelt one is refused, secrets stay secret, and the page says what there is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from steppe.settings import KNOWN, PREFIX, effective, from_environment, masked, nobody_reads
from steppe.terminal import addresses
from tests.settings_page import PAGE, SERVICES, page

ROOT = Path(__file__).parent.parent
DSN = "postgresql://reader:only-for-tests@127.0.0.1:1/nowhere"


def test_the_page_of_settings_says_what_the_classes_have() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `.venv/bin/python -m tests.settings_page`"


def test_every_name_that_is_read_anywhere_is_known_and_no_other() -> None:
    of_services = {name.upper() for settings in SERVICES.values() for name in settings.model_fields}
    assert of_services <= KNOWN
    code = [*ROOT.glob("steppe/**/*.py"), *ROOT.glob("services/**/*.py"), *ROOT.glob("tests/**/*.py")]
    text = "".join(file.read_text(encoding="utf-8") for file in code if file != Path(__file__))
    text += "".join((ROOT / name).read_text(encoding="utf-8") for name in ("docker-compose.yml", "Makefile"))
    # A name that ends in an underscore is the beginning of one that is put together.
    named = {name for name in re.findall(rf"\b{PREFIX}([A-Z][A-Z_]*[A-Z])\b", text) if not name.startswith("TEST_")}
    assert {name.removesuffix("_FILE") for name in named} - KNOWN == set()
    assert KNOWN - of_services <= named | {"API_PASSWORD", "PROJECTOR_PASSWORD"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_misspelt_setting_is_refused_with_the_one_that_may_be_meant(service: str) -> None:
    own = {"STEPPE_KAFKA": "127.0.0.1:1", "STEPPE_DATABASE": DSN, "STEPPE_TOPICC": "x"}
    ran = subprocess.run(
        [sys.executable, "-m", f"services.{service}"],
        env={**os.environ, **own}, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 2
    assert ran.stderr.strip() == f"{service} cannot start: STEPPE_TOPICC is no setting; did you mean STEPPE_TOPIC?"


def test_a_missing_and_a_wrong_setting_are_named_together() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "services.api"],
        env={**os.environ, "STEPPE_API_PORT": "many"}, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 2
    assert "STEPPE_DATABASE: is not set, and is needed" in ran.stderr
    assert "STEPPE_API_PORT: 'many' is no whole number" in ran.stderr


_KUBERNETES = {
    "STEPPE_API_PORT": "tcp://10.0.0.7:8000",
    "STEPPE_API_PORT_8000_TCP": "tcp://10.0.0.7:8000",
    "STEPPE_API_PORT_8000_TCP_ADDR": "10.0.0.7",
    "STEPPE_INGEST_SERVICE_HOST": "10.0.0.8",
    "STEPPE_INGEST_SERVICE_PORT": "8001",
    "STEPPE_INGEST_SERVICE_PORT_HTTP": "8001",
    "STEPPE_PAGE_PORT": "tcp://10.0.0.9:80",
}


@pytest.mark.parametrize("service", SERVICES)
def test_what_kubernetes_sets_for_its_services_is_no_mistake_and_no_port(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"STEPPE_KAFKA": "127.0.0.1:1", "STEPPE_DATABASE": DSN}
    for name, value in (own | _KUBERNETES).items():
        monkeypatch.setenv(name, value)
    settings = SERVICES[service]()
    in_force = {one.variable: one for one in effective(SERVICES[service], os.environ)}
    if service == "api":
        assert settings.model_dump()["api_port"] == 8000
        assert (in_force["STEPPE_API_PORT"].value, in_force["STEPPE_API_PORT"].origin) == ("8000", "default")
    assert addresses.find().api == "http://127.0.0.1:8000"


@pytest.mark.parametrize("variable", ["STEPPE_API_PROT", "STEPPE_INGEST_SERVICE_HOTS", "STEPPE_PAGE_PORT"])
def test_a_typo_that_looks_like_kubernetes_is_refused(variable: str) -> None:
    assert len(list(nobody_reads({variable: "8000"}))) == 1


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("STEPPE_API_PORT", "99999", "99999 is too large: give 65535 or less"),
        ("STEPPE_WORLDS_MAX", "0", "0 is too small: give 1 or more"),
        ("STEPPE_STREAM_STUCK_SECONDS_MAX", "0", "0 is too small: give more than 0"),
        ("STEPPE_TRACES_SHARE", "half", "'half' is no number"),
        ("STEPPE_LOG_LEVEL", "LOUD", "'LOUD' is none of 'DEBUG', 'INFO', 'WARNING', 'ERROR'"),
        ("STEPPE_TRACES", "nowhere", "'nowhere' is no address of a receiver"),
    ],
)
def test_a_wrong_value_is_named_in_words(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STEPPE_DATABASE", DSN)
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as ended:
        from_environment(SERVICES["api"], "api")
    assert ended.value.code == 2
    assert f"{variable}: {said}" in capsys.readouterr().err


def test_names_of_tests_and_of_files_are_no_mistakes() -> None:
    read = dict.fromkeys(["STEPPE_DATABASE_FILE", "STEPPE_TEST_ANYTHING", "PATH", "STEPPE_TOPIC"], "x")
    assert list(nobody_reads(read)) == []
    assert list(nobody_reads({"STEPPE_QWERTY": "x"})) == ["STEPPE_QWERTY is no setting, see `steppe config`."]


def test_secrets_are_masked_and_each_value_says_where_it_comes_from(tmp_path: Path) -> None:
    file = tmp_path / "dsn"
    file.write_text(DSN + "\n")
    settings = {
        setting.variable: setting
        for setting in effective(SERVICES["api"], {"STEPPE_DATABASE_FILE": str(file), "STEPPE_TOPIC": "t"})
    }
    assert settings["STEPPE_DATABASE"].value == "postgresql://reader:***@127.0.0.1:1/nowhere"
    assert settings["STEPPE_DATABASE"].origin == f"file {file}"
    assert (settings["STEPPE_TOPIC"].value, settings["STEPPE_TOPIC"].origin) == ("t", "environment")
    assert (settings["STEPPE_API_PORT"].value, settings["STEPPE_API_PORT"].origin) == ("8000", "default")
    assert {setting.variable for setting in effective(SERVICES["api"], {}) if setting.origin == "missing"} == {
        "STEPPE_DATABASE"
    }
    assert masked("postgresql:///x?password=hidden") == "***"
    assert "hidden" not in masked("postgresql://reader@h/x?password=hidden")


def test_the_command_shows_what_is_in_force_and_what_is_wrong() -> None:
    command = [sys.executable, "-m", "steppe.cli", "config"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    right = {**environment, "STEPPE_KAFKA": "h:1", "STEPPE_DATABASE": DSN}
    ran = subprocess.run([*command, "--json"], env=right, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    assert [one["service"] for one in json.loads(ran.stdout)] == list(SERVICES)
    assert "only-for-tests" not in ran.stdout
    wrong = {**right, "STEPPE_HOST": "0.0.0.0"}
    ran = subprocess.run([*command, "api"], env=wrong, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 1
    assert "api would not start: STEPPE_HOST=0.0.0.0 is reachable from outside" in ran.stderr
    assert "STEPPE_STATEMENT_TIMEOUT_MS" in ran.stdout


def test_a_file_that_is_to_hold_a_secret_and_cannot_be_read_is_named_by_services_and_by_the_command() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment |= {"STEPPE_KAFKA": "h:1", "STEPPE_DATABASE_FILE": "/nowhere/dsn"}
    for command in (["services.api"], ["steppe.cli", "quarantine", "list"]):
        ran = subprocess.run(
            [sys.executable, "-m", *command],
            env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert ran.returncode in (1, 2)
        assert "STEPPE_DATABASE_FILE=/nowhere/dsn cannot be read: No such file or directory" in ran.stderr.replace(
            "\n", " "
        )
