"""How near names are to each other; the thresholds are data, in `name_matching.json` beside this file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import msgspec
from msgspec import Struct
from rapidfuzz import fuzz, process

from steppe.domain.values.search_folding import folded


class Thresholds(Struct, frozen=True, forbid_unknown_fields=True):
    """From which share of equal letters on names are alike, in percent, whatever the order of their words.

    `alike_at_place_percent_min` holds where the place is the same, too. `company_words` say nothing of who a company is.
    """

    alike_percent_min: int
    alike_at_place_percent_min: int
    parties_alike_percent_min: int
    alike_listed_max: int
    company_words: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Why two may be one: how many percent of a name are the same, and whether the place is, or the id that both have.

    `str()` of it says so in English.
    """

    percent: float = 0.0
    name: str = ""
    is_at_place: bool = False
    id: str = ""

    def __str__(self) -> str:
        if self.id:
            return f"the id {self.id}"
        return f"{self.percent:.0f}% of a name{' and the place' if self.is_at_place else ''}"


@cache
def thresholds() -> Thresholds:
    """Those that ship."""
    content = resources.files("steppe.importers").joinpath("name_matching.json").read_bytes()
    return msgspec.json.decode(content, type=Thresholds)


def company_name(name: str) -> str:
    """The name of a party folded, without the words for its legal form; all of it where nothing else is left."""
    words = re.findall(r"\w+", folded(name))
    significant = [word for word in words if word not in thresholds().company_words]
    return " ".join(significant or words)


def alike(
    name: str, others: Mapping[tuple[str, str], str], percent_min: float
) -> Iterable[tuple[tuple[str, str], float]]:
    """Of names by key and spelling, all of them folded, those near to a name, the nearest first, with the percentage.

    Names whose numbers differ are never alike: they tell the second of two plants from the first.
    """
    near = process.extract(
        name, others, scorer=fuzz.token_sort_ratio, score_cutoff=percent_min, limit=4 * thresholds().alike_listed_max
    )
    numbers = _numbers(name)
    return [(key, percent) for other, percent, key in near if _numbers(other) == numbers]


def _numbers(text: str) -> list[str]:
    return re.findall(r"[0-9]+|\b[ivx]+\b", text)
