"""Dates as people say them, to EDTF."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppe.domain.values import edtf
from steppe.page.spoken_dates import spoken_date


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2019-03~", "2019-03~"),
        ("around March 2019", "2019-03~"),
        ("March 2019", "2019-03"),
        ("in March 2019", "2019-03"),
        ("15 March 2019", "2019-03-15"),
        ("circa 2019", "2019~"),
        ("about 5 Mar 2019", "2019-03-05~"),
        ("Q2 2021", "2021-04/2021-06"),
        ("spring 2020", "2020-03/2020-05"),
        ("since 2019", "2019/.."),
        ("between March 2019 and May 2019", "2019-03/2019-05"),
        ("unknown", "unknown"),
        ("около марта 2019 года", "2019-03~"),
        ("в марте 2019 г.", "2019-03"),
        ("15 мая 2019 г.", "2019-05-15"),
        ("примерно 2019", "2019~"),
        ("2-й квартал 2021", "2021-04/2021-06"),
        ("II квартал 2021 года", "2021-04/2021-06"),
        ("до 2020 года", "../2020"),
        ("весной 2020", "2020-03/2020-05"),
        ("неизвестно", "unknown"),
        ("2019年3月頃", "2019-03~"),
        ("2019年3月15日", "2019-03-15"),
        ("約2019年", "2019~"),
        ("2019年以降", "2019/.."),
        ("不明", "unknown"),
    ],
)
def test_what_people_say_is_read_as_one_date(text: str, meant: str) -> None:
    assert spoken_date(text) == (meant,)


def test_what_can_be_read_in_two_ways_is_not_decided() -> None:
    assert spoken_date("03/04/2019") == ("2019-04-03", "2019-03-04")


@pytest.mark.parametrize("text", ["", "soon", "after the elections", "31 June 2019", "март", "2019-13-45 or 2020"])
def test_what_says_no_date_is_read_as_none(text: str) -> None:
    assert spoken_date(text) in ((), ("unknown",) if not text else ())


@given(st.text(max_size=60))
def test_whatever_is_read_is_a_date(text: str) -> None:
    for one in spoken_date(text):
        edtf.parse(one)
