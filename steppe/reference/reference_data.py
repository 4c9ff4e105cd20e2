"""The reference series of this process: those of the release, and in their place those of the operator's folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from steppe.domain.measures.exchange_rates import ExchangeRates
from steppe.domain.measures.reference_rows import Aid, Demand, Mark, Membership, Rate, UnitFactor
from steppe.reference.series_reader import Series, WrongReferenceError, provenance, series

SERIES_FILE = "series.json"
"""Names the series of a folder, and says where each comes from."""


@dataclass(frozen=True)
class ReferenceData:
    """All series by name, alphabetical. Nobody changes them while the process runs."""

    series: Mapping[str, Series]

    @cached_property
    def identity(self) -> str:
        """Stands for the content and provenance of all of it: equal for equal data."""
        text = "\n".join(f"{dataset.name} {dataset.sha256} {dataset.about}" for dataset in self.series.values())
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def rates(self) -> ExchangeRates:
        """Average exchange rates of all series of them."""
        return ExchangeRates(row for row in self._rows() if isinstance(row, Rate))

    @cached_property
    def aid(self) -> tuple[Aid, ...]:
        """Amounts of aid of all series of them, in the order of their names and lines."""
        return tuple(row for row in self._rows() if isinstance(row, Aid))

    @cached_property
    def demand(self) -> tuple[Demand, ...]:
        """Demand of all series of it, in the order of their names and lines."""
        return tuple(row for row in self._rows() if isinstance(row, Demand))

    @cached_property
    def memberships(self) -> tuple[Membership, ...]:
        """Members of groups of countries, in the order of names and lines."""
        return tuple(row for row in self._rows() if isinstance(row, Membership))

    @cached_property
    def unit_factors(self) -> tuple[UnitFactor, ...]:
        """Units that may be added up, in the order of names and lines."""
        return tuple(row for row in self._rows() if isinstance(row, UnitFactor))

    @cached_property
    def marks(self) -> tuple[Mark, ...]:
        """How others counted what became of papers, in the order of names and lines."""
        return tuple(row for row in self._rows() if isinstance(row, Mark))

    def _rows(self) -> Iterator[Rate | Aid | Demand | Membership | UnitFactor | Mark]:
        for dataset in self.series.values():
            yield from dataset.rows


def reference_data(folder: Path | None = None) -> ReferenceData:
    """The series of the release; those that the folder has stand in for the shipped ones of their names, or join them.

    The folder has a `series.json` and a CSV file for each series that it names. Raises WrongReferenceError that names file, line and
    field of the first mistake.
    """
    own = {} if folder is None else _of_folder(folder, shipped=False)
    names = sorted({**_shipped(), **own})
    return ReferenceData({name: own.get(name) or _shipped()[name] for name in names})


@cache
def _shipped() -> Mapping[str, Series]:
    return _of_folder(resources.files("steppe.reference").joinpath("series"), shipped=True)


def _of_folder(folder: Traversable, *, shipped: bool) -> dict[str, Series]:
    named = provenance(_content(folder, SERIES_FILE), _shown(folder, SERIES_FILE))
    if not shipped:
        _refuse_unnamed(folder, {f"{name}.csv" for name in named})
    return {
        name: series(name, about, _content(folder, f"{name}.csv"), _shown(folder, f"{name}.csv"), shipped=shipped)
        for name, about in named.items()
    }


def _refuse_unnamed(folder: Traversable, named: set[str]) -> None:
    """A file that would be ignored is a mistake of whoever put it there."""
    for file in sorted(folder.iterdir(), key=lambda path: path.name):
        if file.name.endswith(".csv") and file.name not in named:
            raise WrongReferenceError(f"{_shown(folder, file.name)}: {SERIES_FILE} does not name it")


def _content(folder: Traversable, name: str) -> bytes:
    try:
        return folder.joinpath(name).read_bytes()
    except OSError as error:
        raise WrongReferenceError(f"{_shown(folder, name)}: {(error.strerror or str(error)).lower()}") from None


def _shown(folder: Traversable, name: str) -> str:
    return str(folder.joinpath(name))
