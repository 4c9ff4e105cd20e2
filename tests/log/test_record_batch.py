"""Batches as other producers write them: every codec, header names of any bytes, and far more in them than on the wire."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Sequence

import cramjam
import pytest
from aiokafka import codec as codecs
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from steppe.log import record_batch
from steppe.log.record_batch import BATCH_BYTES_MAX, RECORD_BYTES_MAX, inflate, records_of
from steppe.log.records import Remark

Sent = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]
HEADER_BYTES = 61
PACK: dict[int, Callable[[bytes], bytes]] = {
    1: codecs.gzip_encode,
    2: codecs.snappy_encode,
    3: codecs.lz4_encode,
    4: codecs.zstd_encode,
}


class RawName(str):
    """A name of a header that a client of another language may write."""

    def encode(self, *_: str) -> bytes:
        return b"n\xff\xfe"


def batch(*sent: Sent) -> bytes:
    """A batch without compression, as a producer builds it."""
    builder = _DefaultRecordBatchBuilderPy(
        magic=2, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1, base_sequence=-1,
        batch_size=2**31 - 1,
    )  # fmt: skip
    for number, (key, value, headers) in enumerate(sent):
        assert builder.append(number, 1_700_000_000_000 + number, key, value, headers) is not None
    return bytes(builder.build())


def packed(plain: bytes, codec: int, pack: Callable[[bytes], bytes] | None = None) -> memoryview:
    """The same batch, compressed."""
    header = bytearray(plain[:HEADER_BYTES])
    header[22] |= codec
    return memoryview(bytes(header) + (pack or PACK[codec])(plain[HEADER_BYTES:]))


def values(of: Sequence[record_batch.BatchRecord]) -> list[bytes | None]:
    return [record.value for record in of]


@pytest.mark.parametrize("codec", PACK)
def test_every_codec_gives_the_batch_back(codec: int) -> None:
    plain = batch((b"k", b"value" * 20_000, [("h", None)]), (None, None, []))
    assert inflate(packed(plain, codec)) == (plain, True)


def test_snappy_in_one_block_as_other_clients_write_it_is_read_too() -> None:
    plain = batch((b"k", b"value" * 20_000, []))
    assert inflate(packed(plain, 2, lambda payload: bytes(cramjam.snappy.compress_raw(payload)))) == (plain, True)


def test_what_cannot_be_inflated_is_named_corrupt() -> None:
    plain = batch((b"k", b"value" * 100, []))
    for codec in (*PACK, 7):
        with pytest.raises(CorruptRecordException, match=f"codec {codec}"):
            inflate(packed(plain, codec, lambda _: b"\x01\x02\x03 nothing of the kind"))


def test_a_header_name_that_is_not_utf8_is_escaped_and_all_else_is_as_it_was_sent() -> None:
    first, second = records_of(batch((b"k", b"v", [(RawName("n"), b"\xff"), ("n", None)]), (None, b"", [])))
    assert (first.key, first.value, first.headers) == (b"k", b"v", (("n\\xff\\xfe", b"\xff"), ("n", None)))
    assert (first.offset, first.timestamp) == (0, 1_700_000_000_000)
    assert (second.offset, second.timestamp, second.key, second.value, second.headers) == (
        1, 1_700_000_000_001, None, b"", (),
    )  # fmt: skip


@pytest.mark.parametrize("codec", PACK)
def test_a_record_that_inflates_to_more_than_is_read_leaves_its_key_and_the_reason_and_its_neighbours(
    codec: int,
) -> None:
    large = b"a" * (RECORD_BYTES_MAX + 1)
    plain, whole = inflate(packed(batch((b"x", b"before", []), (b"k", large, []), (b"y", b"after", [])), codec))
    before, unread, after = records_of(plain)
    assert whole
    assert values([before, unread, after]) == [b"before", None, b"after"]
    assert unread.key == b"k"
    assert isinstance(unread.headers, Remark)
    assert "inflates to 16,777," in (unread.headers.unreadable or "")


@pytest.mark.parametrize("codec", PACK)
def test_a_batch_of_many_records_is_read_up_to_a_limit_and_each_one_beyond_is_accounted_for(codec: int) -> None:
    one = b"a" * (BATCH_BYTES_MAX // 16)
    plain, whole = inflate(packed(batch(*[(b"k%d" % number, one, []) for number in range(40)]), codec))
    made = list(records_of(plain))
    assert not whole
    assert [record.offset for record in made] == list(range(40))
    cut = values(made).index(None)
    assert 0 < cut <= 16
    assert set(values(made[:cut])) == {one}
    assert all(record.value is None for record in made[cut:])
    reasons = {record.headers.unreadable for record in made[cut:] if isinstance(record.headers, Remark)}
    (reason,) = reasons  # also of the record that the limit cuts in two
    assert "its batch inflates to more than 33,554,432 bytes" in (reason or "")


@pytest.mark.parametrize("codec", [1, 4])
def test_a_bomb_takes_no_more_memory_than_what_is_read_of_it(codec: int) -> None:
    bomb = packed(batch((b"k", b"a" * (300 * 2**20), [])), codec)
    assert len(bomb) < 2**20
    tracemalloc.start()
    try:
        (record,) = records_of(inflate(bomb)[0])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (record.key, record.value) == (b"k", None)
    assert peak < 5 * BATCH_BYTES_MAX
