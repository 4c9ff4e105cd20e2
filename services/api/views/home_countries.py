"""Whose a deal is: the registered home countries of those who pursue it. Pure: no database, no HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

# The code with which ISO 3166-1 lets a sender say that it does not know.
_UNKNOWN = "ZZ"


class Homes:
    """The home countries of parties through the days: (party, first day, first day no more, country)."""

    def __init__(self, spans: Iterable[tuple[str, date, date, str]]) -> None:
        self._spans: dict[str, list[tuple[date, date, str]]] = {}
        for party, valid_from, valid_to, country in spans:
            if country != _UNKNOWN:
                self._spans.setdefault(party, []).append((valid_from, valid_to, country))

    def of(self, parties: Iterable[str], day: date) -> list[str]:
        """The nations of these parties on a day, alphabetical and each once; empty when no home is known."""
        return sorted(
            {
                country
                for party in parties
                for valid_from, valid_to, country in self._spans.get(party, ())
                if valid_from <= day < valid_to
            }
        )
