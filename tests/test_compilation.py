"""The compiled domain runs where it is made of the sources as they stand, and never otherwise; compiled for real, if small."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from steppe import compilation, compiler

_ASK = "from steppe.domain.fold import price; import steppe.compilation as c; print(price.of(4), c.domain_in_use(), price.__file__)"
_PRICE = """\
from steppe.domain.values import terms


def of(count: int) -> int:
    return count * terms.TARIFF
"""
# Where no C compiler answers, nothing is compiled, and everybody runs what all other tests run: the interpreted domain.
_NO_COMPILER = shutil.which("cc") is None
_compiles = pytest.mark.skipif(_NO_COMPILER, reason="nothing to compile with")  # the images and CI have cc


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with a domain of two modules, of which one is compiled."""
    checkout = tmp_path_factory.mktemp("checkout")
    for name in ("__init__.py", "compilation.py", "compiler.py"):
        (checkout / "steppe").mkdir(exist_ok=True)
        shutil.copy(Path(compilation.__file__).with_name(name), checkout / "steppe" / name)
    domain = checkout / "steppe" / "domain"
    for package, module, text in (("fold", "price.py", _PRICE), ("values", "terms.py", "TARIFF = 3\n")):
        (domain / package).mkdir(parents=True)
        (domain / package / module).write_text(text)
        (domain / package / "__init__.py").touch()
    (domain / "__init__.py").touch()
    ran = _ran(checkout, "-m", "steppe.compiler")
    assert (ran.returncode, ran.stderr) == (0, "Compiling the domain (half a minute) ...\n")
    return checkout


@pytest.fixture
def checkout(compiled: Path, tmp_path: Path) -> Iterator[Path]:
    """That, to change."""
    yield Path(shutil.copytree(compiled, tmp_path / "checkout"))


@_compiles
def test_what_is_compiled_of_the_sources_as_they_stand_runs(compiled: Path) -> None:
    value, domain, file = _answer(compiled)
    assert (value, domain, Path(file).suffix) == ("12", "compiled", ".so")
    assert compiled / "build" in Path(file).parents


@_compiles
@pytest.mark.parametrize("module", ["fold/price.py", "values/terms.py"])
def test_a_change_of_any_source_is_in_force_at_once(checkout: Path, module: str) -> None:
    source = checkout / "steppe" / "domain" / module
    source.write_text(source.read_text().replace("3", "5").replace("count *", "2 * count *"))
    value, domain, file = _answer(checkout)
    assert (value, domain, Path(file).suffix) == ("20" if module == "values/terms.py" else "24", "interpreted", ".py")


@_compiles
def test_a_new_module_of_the_domain_leaves_nothing_compiled_of_the_sources_without_it(checkout: Path) -> None:
    (checkout / "steppe" / "domain" / "values" / "more.py").touch()
    assert _answer(checkout)[1] == "interpreted"


@_compiles
def test_compiled_again_there_is_nothing_left_of_other_sources(checkout: Path) -> None:
    (before,) = (checkout / "build" / "domain").iterdir()
    (checkout / "steppe" / "domain" / "values" / "terms.py").write_text("TARIFF = 7\n")
    assert _ran(checkout, "-m", "steppe.compiler").stderr == "Compiling the domain (half a minute) ...\n"
    (after,) = (checkout / "build" / "domain").iterdir()
    assert after != before
    assert _answer(checkout)[:2] == ["28", "compiled"]


@_compiles
def test_what_is_compiled_is_not_compiled_again(checkout: Path) -> None:
    ran = _ran(checkout, "-m", "steppe.compiler", CC="/nowhere/cc")
    assert (ran.returncode, ran.stderr) == (0, "")


@_compiles
def test_0_leaves_alone_what_is_compiled(compiled: Path) -> None:
    value, domain, file = _answer(compiled, STEPPE_COMPILED="0")
    assert (value, domain, Path(file).suffix) == ("12", "interpreted", ".py")


@_compiles
def test_1_runs_what_is_compiled_and_nothing_else(checkout: Path) -> None:
    assert _answer(checkout, STEPPE_COMPILED="1")[1] == "compiled"
    (checkout / "steppe" / "domain" / "values" / "terms.py").write_text("TARIFF = 7\n")
    ran = _ran(checkout, "-c", _ASK, STEPPE_COMPILED="1")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == (
        "STEPPE_COMPILED=1, but the domain as it stands is not compiled for this Python:"
        " run `python -m steppe.compiler`, or unset STEPPE_COMPILED.\n"
    )


@_compiles
def test_where_no_compiler_answers_the_domain_is_interpreted(checkout: Path) -> None:
    shutil.rmtree(checkout / "build")
    ran = _ran(checkout, "-m", "steppe.compiler", CC="/nowhere/cc -pthread")
    said = "The domain cannot be compiled: there is no C compiler (/nowhere/cc). "
    assert (ran.returncode, ran.stderr) == (0, f"{said}It is interpreted, which is slower.\n")
    assert _answer(checkout)[:2] == ["12", "interpreted"]
    ran = _ran(checkout, "-m", "steppe.compiler", CC="/nowhere/cc", STEPPE_COMPILED="1")
    assert (ran.returncode, ran.stderr) == (2, f"{said}STEPPE_COMPILED=1 demands it.\n")


@_compiles
def test_a_source_that_mypyc_refuses_is_told_and_leaves_no_half_of_it(checkout: Path) -> None:
    shutil.rmtree(checkout / "build")
    (checkout / "steppe" / "domain" / "fold" / "price.py").write_text("def of(count: int) -> int:\n    return 'four'\n")
    ran = _ran(checkout, "-m", "steppe.compiler", STEPPE_COMPILED="1")
    assert ran.returncode == 2
    assert (
        'steppe/domain/fold/price.py:2: error: Incompatible return value type (got "str", expected "int")' in ran.stderr
    )
    assert list((checkout / "build" / "domain").iterdir()) == []


def test_the_modules_that_are_to_be_compiled_are_there() -> None:
    domain = Path(compilation.__file__).with_name("domain")
    assert [pattern for pattern in compiler.COMPILED if not list(domain.glob(pattern))] == []


def _answer(checkout: Path, **settings: str) -> list[str]:
    ran = _ran(checkout, "-c", _ASK, **settings)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


def _ran(checkout: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STEPPE_") and name != "CC"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=checkout, env=environment | {"PYTHONPATH": str(checkout)} | settings,
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
