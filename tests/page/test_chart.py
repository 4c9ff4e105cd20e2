"""The chart of a project: where labels stand, and what stood still."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

from services.api.page.chart import WIDTH, Chart, chart
from steppe.domain.values.states import FOREVER

AS_OF = date(2024, 12, 31)


def drawn(flags: list[dict[str, Any]], suspensions: list[dict[str, Any]], level: int = 9) -> Chart:
    span = {"deal": "alpha", "valid_from": date(2015, 1, 1), "valid_to": FOREVER, "level": level}
    result = chart([span], flags, [], [], [], suspensions, AS_OF)
    assert result is not None
    return result


def flag(severity: str, begin: str, end: str | None) -> dict[str, Any]:
    return {
        "deal": "alpha", "flag": "memorandum-only", "severity": severity, "valid_from": date.fromisoformat(begin),
        "valid_to": date.fromisoformat(end) if end else FOREVER,
    }  # fmt: skip


def pause(deal: str, begin: str, end: str | None) -> dict[str, Any]:
    return {
        "deal": deal, "valid_from": date.fromisoformat(begin), "valid_to": date.fromisoformat(end) if end else FOREVER,
    }  # fmt: skip


def test_the_label_of_a_flag_stands_once_on_a_line_that_no_bar_crosses() -> None:
    flags = [flag("watch", "2015-06-01", "2016-06-01"), flag("stagnant", "2016-06-01", None)]
    (lane,) = drawn(flags, []).lanes
    labelled = [band for band in lane.bands if band.label_x is not None]
    assert len(labelled) == 1 and labelled[0].label_x == labelled[0].x
    bars = [(band.y, band.y + 6) for band in lane.bands]
    top, foot = labelled[0].y - 11, labelled[0].y - 1
    assert all(foot < begin or top > end for begin, end in bars)
    assert top > lane.base_y + 3.5, "nor do the points of events"


def test_the_label_of_a_late_flag_ends_at_the_edge() -> None:
    (lane,) = drawn([flag("watch", "2024-12-01", None)], []).lanes
    assert lane.bands[0].label_anchor == "end" and lane.bands[0].label_x is not None
    assert lane.bands[0].label_x < WIDTH


def test_what_stood_still_is_drawn_once_over_its_days_also_as_a_whole() -> None:
    pauses = [
        pause("", "2018-01-01", "2019-01-01"),
        pause("alpha", "2018-01-01", "2020-01-01"),
        pause("beta", "2016-01-01", None),
    ]
    (lane,) = drawn([], pauses).lanes
    assert [(block.begin["latest"], block.end["latest"]) for block in lane.suspended] == [
        (date(2018, 1, 1), date(2019, 1, 1)), (date(2019, 1, 1), date(2020, 1, 1)),
    ]  # fmt: skip
    assert all(block.suspended and block.height == lane.blocks[0].height for block in lane.suspended)


def test_a_project_that_stands_still_hatches_no_rival_that_has_only_paper() -> None:
    (lane,) = drawn([], [pause("", "2018-01-01", None)], level=2).lanes
    assert lane.suspended == []


def test_what_goes_on_at_the_same_level_is_one_block() -> None:
    days = [date(2015, 1, 1), date(2016, 1, 1), date(2017, 1, 1), date(2018, 1, 1)]
    spans = [
        {"deal": "alpha", "valid_from": begin, "valid_to": end, "level": level}
        for (begin, end), level in zip(pairwise([*days, FOREVER]), (2, 2, 6, 6), strict=True)
    ]
    result = chart(spans, [], [], [], [], [], AS_OF)
    assert result is not None
    (lane,) = result.lanes
    assert [(block.begin["latest"], block.end["latest"]) for block in lane.blocks] == [
        (days[0], days[2]), (days[2], AS_OF),
    ]  # fmt: skip
    assert result.hidden_changes == 0


def test_of_a_deal_that_changed_very_often_the_latest_changes_are_drawn() -> None:
    begin = date(2000, 1, 1).toordinal()
    days = [date.fromordinal(begin + number) for number in range(1_001)]
    spans = [
        {"deal": "alpha", "valid_from": since, "valid_to": until, "level": 2 + number % 2}
        for number, (since, until) in enumerate(pairwise(days))
    ]
    result = chart(spans, [], [], [], [], [], AS_OF)
    assert result is not None
    (lane,) = result.lanes
    assert len(lane.blocks) + result.hidden_changes == 1_000
    assert 0 < len(lane.blocks) <= 400
    assert lane.blocks[-1].end["latest"] == days[-1]
