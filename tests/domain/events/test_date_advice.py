"""A refused date says what to write instead: each kind of form with a second member of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppe.domain.values.date_advice import advice
from steppe.domain.values.edtf import EdtfError, parse


@pytest.mark.parametrize(
    ("kind", "text", "instead"),
    [
        ("quarter", "2021-Q3", "2021-07/2021-09"),
        ("quarter", "Q3 2021", "2021-07/2021-09"),
        ("quarter", "3Q21", "2021-07/2021-09"),
        ("quarter of EDTF", "2021-33", "2021-01/2021-03"),
        ("quarter of EDTF", "2021-36", "2021-10/2021-12"),
        ("half", "1H 2021", "2021-01/2021-06"),
        ("half", "2021-H2", "2021-07/2021-12"),
        ("half of EDTF", "2021-41", "2021-07/2021-12"),
        ("third of EDTF", "2021-38", "2021-05/2021-08"),
        ("season of EDTF", "2021-21", "2021-03/2021-05"),
        ("season of EDTF", "2021-24", "2021-12/2022-02"),
        ("season of EDTF, or two years", "2021-22", "2021-06/2021-08 or 2021/2022 for the two years"),
        ("season of the south", "2021-29", "2021-09/2021-11"),
        ("season", "winter 2021", "2021-12/2022-02, or the months that are meant"),
        ("season", "Spring of 2021", "2021-03/2021-05, or the months that are meant"),
        ("part of a year", "early 2021", "2021-01/2021-04 or 2021"),
        ("part of a year", "mid-2021", "2021-05/2021-08 or 2021"),
        ("uncertain", "2021?", "2021~ (approximate)"),
        ("uncertain", "2021-05%", "2021-05~ (approximate)"),
        ("uncertain", "~2021", "2021~ (approximate)"),
        ("uncertain", "c. 2019", "2019~ (approximate)"),
        ("unspecified", "202X", "2020/2029"),
        ("unspecified", "1990s", "1990/1999"),
        ("unspecified", "20XX", "2000/2099"),
        ("unspecified", "2021-XX", "2021"),
        ("unspecified", "2021-05-XX", "2021-05"),
        ("unspecified", "2021-05-00", "2021-05"),
        ("open end", "2021/", "2021/.. or 2021 if it was then"),
        ("open end", "since 2021-05", "2021-05/.."),
        ("open start", "/2021", "../2021"),
        ("open start", "before 2021", "../2021"),
        ("open at both ends", "../..", "unknown"),
        ("nothing", "", "unknown"),
        ("nothing", "TBC", "unknown"),
        ("instant", "2021-07-05T10:00:00Z", "2021-07-05"),
        ("instant", "2021-07-05 10:00", "2021-07-05"),
        ("instant in a zone", "2021-07-05T02:00:00+09:00", "2021-07-04"),
        ("the day first or the month first", "12/05/2021", "2021-05-12 (12 May) or 2021-12-05 (5 December)"),
        ("the day first", "25/12/2021", "2021-12-25 (25 December)"),
        ("the month first", "12/25/2021", "2021-12-25 (25 December)"),
        ("the day first, with points", "31.12.2021", "2021-12-31 (31 December)"),
        ("two digits", "5/6/21", "2021-06-05 (5 June) or 2021-05-06 (6 May)"),
        ("the month first", "05/2021", "2021-05"),
        ("other signs", "2021/05/12", "2021-05-12"),
        ("other signs", "2021.05", "2021-05"),
        ("no zeros", "2021-5-2", "2021-05-02"),
        ("no signs", "20210512", "2021-05-12"),
        ("words", "July 2021", "2021-07"),
        ("words", "5 July 2021", "2021-07-05"),
        ("words", "Sept. 5th, 2021", "2021-09-05"),
        ("interval", "2020..2022", "2020/2022"),
        ("interval", "[2020..2022]", "2020/2022"),
        ("interval", "2021\u20132022", "2021/2022"),
        ("interval", "2020 to 2022", "2020/2022"),
        ("interval in short", "2021-05/06", "2021-05/2021-06"),
        ("interval in short", "2021-05-12/15", "2021-05-12/2021-05-15"),
        ("interval in short", "2021/22", "2021/2022"),
        ("backwards", "2011/2010", "2010/2011"),
        ("years of other length", "950", "0950"),
        ("years of other length", "21", "2021 or 1921"),
        ("years of other length", "12021", "unknown"),
        ("years of other length", "-0100", "unknown"),
        ("a letter before the year", "Y2021", "2021"),
        ("a letter before the year", "FY2021", "2021"),
        ("day of a spreadsheet", "44327", "2021-05-11"),
        ("Unix time", "1620777600", "2021-05-12"),
        ("Unix time", "1620777600000", "2021-05-12"),
        ("spaces", "  2021", "2021"),
        ("digits of another script", "\uff12\uff10\uff12\uff11", "2021"),
        ("no such day", "2024-02-30", "2024-02 if the day is not known"),
        ("no such month", "2021-13", "2021 if the month is not known"),
    ],
)  # fmt: skip
def test_a_refused_date_says_what_to_write_instead(kind: str, text: str, instead: str) -> None:
    with pytest.raises(EdtfError) as refused:
        parse(text)
    assert str(refused.value).endswith(f"; write {instead}")


@given(st.text(alphabet="0123456789-/.~?X QHTZ:+[]uJulyspring\uff12\u2013", max_size=24))
def test_what_is_advised_can_be_read(text: str) -> None:
    sentence = advice(text)
    if sentence is None:
        return
    for instead in re.split(r" or |, or ", sentence.rpartition("; write ")[2]):
        if instead[:1].isdigit() or instead[:2] in ("..", "un"):
            parse(instead.partition(" ")[0])


def test_what_nothing_is_known_of_is_told_the_forms_there_are() -> None:
    with pytest.raises(EdtfError, match="use 2011, 2011-07, 2011-07-05, A/B"):
        parse("the year of the dragon")
