"""The mappings that ship: a register whose table is read by name. The next register is one more file in `mappings`, no code."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

from steppe.importers.mapped.mapping_document import MappingDocument, mapping_of

_FOLDER = resources.files("steppe.importers").joinpath("mappings")
_SUFFIX = ".yaml"


@cache
def shipped_mappings() -> Mapping[str, MappingDocument]:
    """The mappings by name, in the order of their names."""
    files = sorted((file.name, file) for file in _FOLDER.iterdir() if file.name.endswith(_SUFFIX))
    return {name.removesuffix(_SUFFIX): mapping_of(file.read_bytes(), name) for name, file in files}


@cache
def shipped_names() -> tuple[str, ...]:
    """The names of the mappings, without reading them."""
    return tuple(sorted(file.name.removesuffix(_SUFFIX) for file in _FOLDER.iterdir() if file.name.endswith(_SUFFIX)))


def shipped_text(name: str) -> bytes:
    """The mapping of a name of `shipped_names`, as the file has it."""
    return _FOLDER.joinpath(f"{name}{_SUFFIX}").read_bytes()
