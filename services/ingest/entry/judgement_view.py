"""What an event would do, as a table: levels, legs, clocks and flags of its project before and after, deal by deal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_DEALS_MAX = 12
_OTHERS_MAX = 30
_CLOCKS = ("announcement", "memorandum", "silence", "step")
Term = tuple[str, ...]
"""Its kind (level, ended, leg, clock, flag), then public names: of a leg `conditional` or nothing, of a clock its months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRow:
    """What stands before and after. `deal` None: of the project itself. `what`: level, legs, clocks or flags."""

    deal: str | None
    what: str
    before: Sequence[Term]
    after: Sequence[Term]

    @property
    def is_changed(self) -> bool:
        """Whether the event changes it."""
        return list(self.before) != list(self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What an event would do. `project` None: it is of no project. `others`: flags of other projects in the same markets."""

    project: str | None
    is_new: bool
    rows: Sequence[JudgedRow]
    stands: str
    others: Sequence[Mapping[str, Any]]
    others_left_out: int
    in_log: bool

    @property
    def changes_nothing(self) -> bool:
        """Whether everything stays as it stands."""
        return not self.others and not any(row.is_changed for row in self.rows)


def judgement(answer: Mapping[str, Any]) -> Judgement:
    """The answer of POST /v1/what-if to one event."""
    projects = answer["projects"]
    before, after = (projects[0]["before"], projects[0]["after"]) if projects else (None, None)
    others = answer["others"]
    return Judgement(
        project=(after or before or {}).get("name") if projects else None,
        is_new=bool(projects) and before is None,
        rows=_rows(before, after),
        stands=after["explanation"]["stands"] if after else "",
        others=others[:_OTHERS_MAX],
        others_left_out=max(0, len(others) - _OTHERS_MAX),
        in_log=answer["duplicates"] > 0,
    )


def _rows(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[JudgedRow]:
    earlier, later = _terms(before), _terms(after)
    rows = [
        JudgedRow(deal=deal or None, what=what, before=earlier.get((deal, what), ()), after=later.get((deal, what), ()))
        for deal, what in dict.fromkeys((*earlier, *later))
    ]
    changed = {row.deal for row in rows if row.is_changed}
    deals = [deal for deal in dict.fromkeys(row.deal for row in rows) if deal is not None]
    # Those that it changes first; the others of a large project say nothing of the event.
    shown = {None, *sorted(deals, key=lambda deal: deal not in changed)[:_DEALS_MAX]}
    return [row for row in rows if row.deal in shown and (row.before or row.after)]


def _terms(project: Mapping[str, Any] | None) -> dict[tuple[str, str], list[Term]]:
    if project is None:
        return {}
    terms: dict[tuple[str, str], list[Term]] = {("", "level"): [("level", project["level"] or "ended")]}
    terms["", "flags"] = [_flag(flag) for flag in project["flags"] if flag["deal"] is None]
    for deal in project["deals"]:
        key = deal["deal"]
        terms[key, "level"] = (
            [("level", deal["level"])] if deal["ended"] is None else [("ended", deal["ended"]["how"] or "ended")]
        )
        terms[key, "legs"] = [
            ("leg", leg["leg"], *(["conditional"] if leg["conditional"] else []))
            for leg in deal["legs"]
            if leg["valid"]
        ]
        clocks = [deal["clocks"][name] for name in _CLOCKS]
        terms[key, "clocks"] = [
            ("clock", f"{clock['name']} clock", str(clock["age_months"]))
            for clock in clocks
            if clock is not None and clock.get("running", True)
        ]
        terms[key, "flags"] = [_flag(flag) for flag in deal["flags"]]
    return terms


def _flag(flag: Mapping[str, Any]) -> Term:
    return ("flag", flag["flag"], flag["severity"])
