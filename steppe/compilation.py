"""Which domain a process runs: its sources, or what `steppe.compiler` has made of the same sources.

What is made lies in a folder that is named after the contents of all sources of the domain, so that nothing is ever taken
that was made of others. `STEPPE_COMPILED=0` leaves it alone, `=1` demands it; else it is taken where it is there.
"""

from __future__ import annotations

import os
import sys
from functools import cached_property
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from importlib.util import source_hash, spec_from_file_location
from pathlib import Path

SETTING = "STEPPE_COMPILED"
ROOT = Path(__file__).parent.parent
DOMAIN = "steppe.domain"
GROUP = "steppe_domain"
"""What mypyc calls the modules that it compiles into one library; it adds __mypyc for the library itself."""
SUFFIX = EXTENSION_SUFFIXES[0]
"""What a compiled module of this Python on this kind of machine is called behind its name."""


def folder() -> Path:
    """Where the compiled domain is, or would be, for the sources as they stand and for this Python."""
    return ROOT / "build" / "domain" / f"{_digest()}{SUFFIX.removesuffix('.so')}"


def domain_in_use() -> str:
    """Which domain this process runs: "compiled" or "interpreted"."""
    return "compiled" if _compiled_domain.modules else "interpreted"


def install() -> None:
    """Have the domain imported from where it is compiled, if it is. Twice is safe."""
    if _compiled_domain not in sys.meta_path:
        sys.meta_path.insert(0, _compiled_domain)


class _CompiledDomain:
    """Finds the compiled modules of the domain, which Python itself looks for beside their sources only."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Python's protocol of finders."""
        if not name.startswith((f"{DOMAIN}.", f"{GROUP}__")):
            return None
        module = self.modules.get(name)
        return None if module is None else spec_from_file_location(name, module)

    @cached_property
    def modules(self) -> dict[str, Path]:
        """The compiled modules by name; none where the domain is interpreted. Ends the process where that must not be."""
        setting = os.environ.get(SETTING)
        if setting == "0":
            return {}
        where = folder()
        modules = {".".join(file.relative_to(where).parts).removesuffix(SUFFIX): file for file in where.rglob("*.so")}
        if setting == "1" and not modules:
            sys.stderr.write(
                f"{SETTING}=1, but the domain as it stands is not compiled for this Python:"
                f" run `python -m steppe.compiler`, or unset {SETTING}.\n"
            )
            raise SystemExit(2)
        return modules


_compiled_domain = _CompiledDomain()


def _digest() -> str:
    """Of all sources of the domain, because a compiled module relies on the types of those that it imports."""
    here = Path(__file__).parent
    sources = [here / "compiler.py", *sorted(here.glob("domain/**/*.py"))]
    parts = (part for file in sources for part in (str(file.relative_to(here)).encode(), file.read_bytes()))
    return source_hash(b"\0".join(parts)).hex()
