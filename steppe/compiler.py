"""Compiles the machines of the domain with mypyc, from the sources that Python runs too: `python -m steppe.compiler`.

Where no compiler answers it says so, and the domain is interpreted, which differs in nothing but speed.
"""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import shutil
import sys
import sysconfig
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from steppe.compilation import GROUP, ROOT, SETTING, folder

# What the fold and the markets go through for every event. The rest is asked too seldom to be worth the time of the compiler.
# Not the values that are read from JSON (`values`, `markets/standings.py`): mypyc leaves their fields without the types that
# msgspec asks for.
# Nor groups of companies, which the API sends to its computing processes: what mypyc makes of a class with arguments cannot be pickled.
COMPILED = (
    "deals/*.py",
    "evaluation/*.py",
    "flags/*.py",
    "fold/*.py",
    "legs/*.py",
    "markets/day_runs.py",
    "markets/rival*.py",
)
# Names the release that compiled it: another one compiles it again.
_COMPILED_BY = "compiled_by"


class CompilationError(Exception):
    """The domain cannot be compiled here; says why."""


def compile_domain() -> None:
    """Compile the domain into its folder, if it is not there, after a word to standard error. All of it or nothing.

    What was compiled of other sources for the same Python is removed. Raises CompilationError.
    """
    try:
        release = f"mypy {version('mypy')}"
    except PackageNotFoundError:
        raise CompilationError("mypy is not installed (requirements/compiler.txt)") from None
    target = folder()
    if (target / _COMPILED_BY).is_file() and (target / _COMPILED_BY).read_text(encoding="utf-8") == release:
        return
    _look_for_compiler()
    sys.stderr.write("Compiling the domain (half a minute) ...\n")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="unfinished-") as place:
        modules = Path(place, "modules")
        _build(modules, Path(place))
        (modules / _COMPILED_BY).write_text(release, encoding="utf-8")
        for other in target.parent.glob(f"*{target.suffix}"):
            shutil.rmtree(other)
        modules.rename(target)


def _look_for_compiler() -> None:
    command = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    program = shlex.split(command)[0]
    if shutil.which(program) is None:
        raise CompilationError(f"there is no C compiler ({program})")
    header = Path(sysconfig.get_path("include"), "Python.h")
    if not header.is_file():
        raise CompilationError(f"the headers of this Python are missing ({header})")


def _build(modules: Path, place: Path) -> None:
    from mypyc.build import mypycify
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext
    from setuptools.errors import BaseError

    output = io.StringIO()
    try:
        with contextlib.chdir(ROOT), contextlib.redirect_stdout(output):
            sources = sorted(
                str(file)
                for pattern in COMPILED
                for file in Path("steppe/domain").glob(pattern)
                if file.name != "__init__.py"
            )
            options = ["--config-file=", "--strict", f"--cache-dir={place / 'types'}"]
            extensions = mypycify(
                [*options, *sources],
                opt_level="1",  # -O2 takes a third longer and gains nothing: most of the time is Python's own
                debug_level="0",
                group_name=GROUP,
                target_dir=str(place / "c"),
            )
            command = build_ext(Distribution({"name": GROUP, "ext_modules": extensions}))
            command.build_lib, command.build_temp = str(modules), str(place / "objects")
            command.ensure_finalized()
            command.run()
    except (BaseError, OSError, SystemExit) as error:  # mypyc exits
        raise CompilationError(f"{output.getvalue()}{error}") from error


def main() -> int:
    """Compile the domain if it is not yet compiled. Exit 2 when it cannot be, though STEPPE_COMPILED=1 demands it."""
    demanded = os.environ.get(SETTING) == "1"
    if os.environ.get(SETTING) == "0":
        return 0
    try:
        compile_domain()
    except CompilationError as error:
        sys.stderr.write(f"The domain cannot be compiled: {error}. ")
        sys.stderr.write(f"{SETTING}=1 demands it.\n" if demanded else "It is interpreted, which is slower.\n")
        return 2 if demanded else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
