"""The rules of the stylesheet that drawings need, for a file that has no stylesheet beside it: light, and dark for readers who prefer that."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_DRAWINGS = re.compile(r"/\* Drawings\b.*?\*/(.*?)/\* End of drawings \*/", re.DOTALL)
_VARIABLES = re.compile(r":root \{(.*?)\}", re.DOTALL)
_VARIABLE = re.compile(r"--([a-z0-9-]+):\s*([^;]+);")
_USE = re.compile(r"var\(--([a-z0-9-]+)\)")
_DARK = "@media (prefers-color-scheme: dark)"


@cache
def light_styles() -> str:
    """The rules with the colours of the light theme in the place of variables."""
    return _resolved(_themes()[0])


@cache
def file_styles() -> str:
    """The same, and behind it those of the dark theme for programs that support themes."""
    return f"{light_styles()}{_DARK}{{{_resolved(_themes()[1])}}}"


def _stylesheet() -> str:
    return resources.files("steppe.page").joinpath("static", "steppe.css").read_text(encoding="utf-8")


def _themes() -> tuple[dict[str, str], dict[str, str]]:
    """The variables of the light theme, and of the dark one, which changes some."""
    light, dark = (dict(_VARIABLE.findall(block)) for block in _VARIABLES.findall(_stylesheet())[:2])
    return light, {**light, **dark}


def _resolved(theme: dict[str, str]) -> str:
    section = _DRAWINGS.search(_stylesheet())
    assert section is not None, "the stylesheet marks the rules of drawings"
    return _USE.sub(lambda use: theme[use[1]], " ".join(section[1].split()))
