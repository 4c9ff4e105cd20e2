"""The columns of tables lead through the declared types of the items: none leads nowhere."""

from __future__ import annotations

import types
from typing import Annotated, Any, NotRequired, Union, get_args, get_origin, is_typeddict

import pytest

from services.api.export import csv_columns
from services.api.views.list_answers import DealRow, FlagRow
from services.api.views.market_answer import MarketSummary
from services.api.views.measures.forum_view import ForumItem
from services.api.views.party_view import KnownParty
from services.api.views.project_view import ProjectRow
from services.api.views.record_view import ConflictItem, QuarantineItem, RetractionItem
from services.api.views.timeline_view import TimelineEntry
from services.api.views.trials.backtest_view import BacktestWarning
from steppe.contracts.announcements import TransitionItem
from steppe.contracts.type_schemas import fields
from steppe.domain.analysis.crosswalk import SCHEMES

TABLES = {
    "projects": (ProjectRow, csv_columns.PROJECTS),
    "projects in other registers": (ProjectRow, csv_columns.crosswalk(tuple(SCHEMES))),
    "deals": (DealRow, csv_columns.DEALS),
    "flags": (FlagRow, csv_columns.FLAGS),
    "markets": (MarketSummary, csv_columns.MARKETS),
    "timeline": (TimelineEntry, csv_columns.TIMELINE),
    "forums": (ForumItem, csv_columns.FORUMS),
    "retractions": (RetractionItem, csv_columns.RETRACTIONS),
    "transitions": (TransitionItem, csv_columns.TRANSITIONS),
    "parties": (KnownParty, csv_columns.PARTIES),
    "quarantine": (QuarantineItem, csv_columns.QUARANTINE),
    "conflicts": (ConflictItem, csv_columns.CONFLICTS),
    "back-test": (BacktestWarning, csv_columns.BACKTEST),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_column_leads_to_a_field(name: str) -> None:
    item, columns = TABLES[name]
    assert [column for column in columns if not leads_somewhere(item, column.split("."))] == []


@pytest.mark.parametrize("column", ["nothing", "headline.nothing", "flags.clock.nothing", "key.nothing"])
def test_a_column_that_leads_nowhere_is_seen(column: str) -> None:
    assert not leads_somewhere(ProjectRow, column.split("."))


def leads_somewhere(hint: Any, path: list[str]) -> bool:
    """Whether the path leads through this type to a value: through a list into each element, past null."""
    origin = get_origin(hint)
    if origin in (Annotated, NotRequired):
        return leads_somewhere(get_args(hint)[0], path)
    if origin in (Union, types.UnionType):
        return any(leads_somewhere(part, path) for part in get_args(hint) if part is not type(None))
    if origin is list:
        return leads_somewhere(get_args(hint)[0], path)
    if not path or hint is Any:
        return True
    if origin is dict:
        return leads_somewhere(get_args(hint)[1], path[1:])
    name = path[0].removesuffix("_told")
    return is_typeddict(hint) and name in fields(hint) and leads_somewhere(fields(hint)[name], path[1:])
