"""Positions of the log as text, as they go between ingest, the api, the command and the projector."""

import pytest

from steppe.log.positions import (
    PositionError,
    format_position,
    format_record_id,
    parse_position,
    parse_record_id,
    position_before,
)


def test_a_position_names_the_last_offset_of_each_partition() -> None:
    assert format_position({3: 7, 0: 41}) == "0:41,3:7"
    assert position_before({3: 8, 0: 42}) == "0:41,3:7"


def test_a_partition_of_which_nothing_is_covered_is_left_out() -> None:
    assert position_before({0: 0, 1: 1}) == "1:0"
    assert position_before({0: 0}) == ""


def test_a_position_is_read_as_it_was_written_and_the_higher_offset_counts() -> None:
    assert parse_position("0:41,3:7") == {0: 41, 3: 7}
    assert parse_position("0:4, 0:41,0:7") == {0: 41}


def test_an_id_of_a_record_is_read_as_it_was_written() -> None:
    assert parse_record_id(format_record_id(0, 41)) == (0, 41)


@pytest.mark.parametrize("text", ["", "0", "0:", ":1", "0:-1", "0:1:2", "1,0:1", "0:1,", "0:\u0661", "0:1" + 18 * "0"])
def test_what_is_no_position_is_refused_with_the_part_that_is_wrong(text: str) -> None:
    with pytest.raises(PositionError, match="is not partition:offset, as in 0:41"):
        parse_position(text)
