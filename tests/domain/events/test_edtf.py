"""The EDTF subset: what each form means in days, and what is refused."""

from __future__ import annotations

import calendar
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppe.domain.values.edtf import Days, EdtfError, parse


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2011", date(2011, 1, 1), date(2011, 12, 31)),
        ("2011~", date(2011, 1, 1), date(2011, 12, 31)),
        ("2011-07", date(2011, 7, 1), date(2011, 7, 31)),
        ("2012-02", date(2012, 2, 1), date(2012, 2, 29)),
        ("2011-07~", date(2011, 7, 1), date(2011, 7, 31)),
        ("2011-07-05", date(2011, 7, 5), date(2011, 7, 5)),
        ("2011-07-05~", date(2011, 7, 5), date(2011, 7, 5)),
        ("2015/2016", date(2015, 1, 1), date(2016, 12, 31)),
        ("2015-03/2016-02-10~", date(2015, 3, 1), date(2016, 2, 10)),
        ("2011/2011-07", date(2011, 1, 1), date(2011, 7, 31)),
        ("../2016", None, date(2016, 12, 31)),
        ("2016-05/..", date(2016, 5, 1), None),
        ("unknown", None, None),
    ],
)
def test_each_form_is_an_interval_of_days(text: str, earliest: date | None, latest: date | None) -> None:
    assert parse(text) == Days(earliest, latest)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "2023-02-30", "2023-13", "2023-00", "2023-01-00", "0000", "11", "2011-7", "2011-07-5", "20110705",
        "2011-07-05T00:00:00Z", "2011?", "2011%", "~2011", "2011~~", "../..", "..", "/", "2011/", "/2011", "2011/2010",
        "2011-07-05/2011-07-04", "2011/2012/2013", "unknown/2011", "2011/unknown", "Unknown", "-2011", "+2011", "2011 ",
        " 2011", "2011\n", "１９９９", "201X", "2011-21", "[2011,2012]", "2011-07-05/../..", "y12011", "9" * 10_000,
    ],
)  # fmt: skip
def test_what_is_not_in_the_subset_is_refused_with_a_short_reason(text: str) -> None:
    with pytest.raises(EdtfError) as refused:
        parse(text)
    assert 0 < len(str(refused.value)) < 200


days = st.dates()
marks = st.sampled_from(["", "~"])


@given(days, st.integers(0, 2), marks)
def test_a_date_of_any_precision_spans_the_day_it_was_cut_from(day: date, precision: int, mark: str) -> None:
    days_seen = parse(day.isoformat()[: (4, 7, 10)[precision]] + mark)
    assert days_seen.earliest is not None
    assert days_seen.latest is not None
    assert days_seen.earliest <= day <= days_seen.latest
    longest = {0: 366, 1: calendar.monthrange(day.year, day.month)[1], 2: 1}[precision]
    assert (days_seen.latest - days_seen.earliest).days < longest


@given(days, days, marks, marks)
def test_an_interval_runs_from_the_first_day_to_the_last_or_is_refused(a: date, b: date, left: str, right: str) -> None:
    text = f"{a.isoformat()}{left}/{b.isoformat()}{right}"
    if a <= b:
        assert parse(text) == Days(a, b)
    else:
        with pytest.raises(EdtfError):
            parse(text)


@given(st.text(alphabet="0123456789-/.~ uUTZ", max_size=24))
def test_any_text_is_read_or_refused_and_nothing_else_happens(text: str) -> None:
    try:
        days = parse(text)
    except EdtfError:
        return
    assert days.earliest is None or days.latest is None or days.earliest <= days.latest
