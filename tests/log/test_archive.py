"""A backup as a file: byte for byte what went in, or refused by name. Nothing but files is needed."""

import tracemalloc
import zipfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppe.log import archive
from steppe.log.archive import ArchiveError, Manifest, PartitionPart, TablePart
from steppe.log.records import Record, fingerprint

_bytes = st.none() | st.binary(max_size=20) | st.text(max_size=20).map(str.encode)
_headers = st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=5)), max_size=3).map(tuple)
_records = st.builds(
    Record, st.integers(0, 2), st.integers(0, 9), st.integers(0, 2**40), _bytes, _bytes, _headers
)  # fmt: skip


def written(path: Path, records: list[Record], table: bytes = b"a\t1\nb\t2\n") -> Manifest:
    """A backup of these records, renumbered by partition, and of one table."""
    with archive.write_archive(path) as writer:
        with writer.table("rule_version") as sink:
            sink.write(table)
        tables = {"rule_version": TablePart(columns=["version", "x"], rows=sink.lines, sha256=sink.sha256)}
        partitions = {}
        for number in range(3):
            with writer.partition(number) as add:
                for record in records:
                    if record.partition == number:
                        add(record)
            lines = writer.last.lines
            partitions[number] = PartitionPart(start=0, end=lines, records=lines, sha256=writer.last.sha256)
        return writer.close_with(
            Manifest(
                format=archive.FORMAT, taken_at="2026-11-22T10:00:00+00:00", topic="t", cluster="c",
                partitions=partitions, tables=tables, migrations=["0001_a"],
            )
        )  # fmt: skip


@given(st.lists(_records, max_size=8))
def test_every_record_comes_back_byte_for_byte(tmp_path_factory: pytest.TempPathFactory, records: list[Record]) -> None:
    path = tmp_path_factory.mktemp("archive") / "backup.zip"
    manifest = written(path, records)
    with archive.open_archive(path) as found:
        found.verify()
        assert found.manifest == manifest
        for number in range(3):
            assert list(found.records(number)) == [record for record in records if record.partition == number]


def test_the_end_of_a_transaction_is_no_loss_and_a_manifest_of_an_earlier_release_keeps_its_id(tmp_path: Path) -> None:
    manifest = written(tmp_path / "b.zip", [Record(0, 0, 5, b"k", b"v")])
    assert b"void" not in zipfile.ZipFile(tmp_path / "b.zip").read("manifest.json")
    assert manifest.complete
    (part,) = (part for part in manifest.partitions.values() if part.records)
    longer = msgspec.structs.replace(part, end=part.end + 2)
    assert not msgspec.structs.replace(manifest, partitions={0: longer}).complete
    assert not msgspec.structs.replace(manifest, partitions={0: longer}).unbroken
    explained = msgspec.structs.replace(longer, void=2)
    assert msgspec.structs.replace(manifest, partitions={0: explained}).complete


def test_a_backup_without_the_values_of_some_records_is_not_complete(tmp_path: Path) -> None:
    manifest = written(tmp_path / "b.zip", [Record(0, 0, 5, b"k", b"v")])
    (part,) = (part for part in manifest.partitions.values() if part.records)
    without = msgspec.structs.replace(manifest, partitions={0: msgspec.structs.replace(part, unread=1)})
    assert (without.unbroken, without.complete) == (True, False)


def test_partitions_are_merged_by_time_and_each_keeps_its_order(tmp_path: Path) -> None:
    times = {0: [5, 1, 9], 1: [2, 2, 8]}
    records = [Record(p, n, time, b"k", b"v") for p, found in times.items() for n, time in enumerate(found)]
    written(tmp_path / "b.zip", records)
    with archive.open_archive(tmp_path / "b.zip") as found:
        merged = list(found.merged())
        assert merged == list(found.merged())
    assert [(r.partition, r.offset) for r in merged] == [(1, 0), (1, 1), (0, 0), (0, 1), (1, 2), (0, 2)]


def test_nothing_is_overwritten_and_what_broke_off_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    with pytest.raises(RuntimeError), archive.write_archive(path):
        raise RuntimeError("the broker went away")
    assert list(tmp_path.iterdir()) == []
    written(path, [])
    before = path.read_bytes()
    with pytest.raises(ArchiveError, match="exists: name another file"):
        written(path, [])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_appears_meanwhile_is_not_overwritten_either(tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    with pytest.raises(ArchiveError, match="exists by now"), archive.write_archive(path):
        path.write_text("of somebody else")
    assert path.read_text() == "of somebody else"
    assert list(tmp_path.iterdir()) == [path]


def test_every_flipped_byte_and_every_cut_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    written(path, [Record(n % 3, n, n, b"key", b'{"id":"%d"}' % n) for n in range(6)])
    whole = path.read_bytes()
    unnoticed = []
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        if _content_of(path) is not None and _content_of(path) != _content_of_whole(tmp_path, whole):
            unnoticed.append(place)
    assert unnoticed == []
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert _content_of(path) is None


def test_a_manifest_that_was_changed_or_a_part_that_was_added_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    written(path, [Record(0, 0, 0, b"k", b"v")])
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("tables/more.copy", b"")
    with archive.open_archive(path) as found, pytest.raises(ArchiveError, match=r"tables/more\.copy"):
        found.verify()
    (tmp_path / "c.txt").write_text("no zip")
    with pytest.raises(ArchiveError, match="no whole backup"), archive.open_archive(tmp_path / "c.txt"):
        pass
    with pytest.raises(ArchiveError, match="cannot be read"), archive.open_archive(tmp_path / "nowhere.zip"):
        pass


def test_a_line_that_inflates_to_more_than_any_record_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    with archive.write_archive(path) as writer:
        with writer.partition(0) as _:
            for _ in range(1 + archive.LINE_BYTES_MAX // 2**20):
                writer.last.write(b" " * 2**20)
            writer.last.write(b"\n")
        part = PartitionPart(start=0, end=1, records=1, sha256=writer.last.sha256)
        writer.close_with(
            Manifest(
                format=archive.FORMAT, taken_at="2026-11-22T10:00:00+00:00", topic="t", cluster="c",
                partitions={0: part}, tables={}, migrations=[],
            )
        )  # fmt: skip
    assert path.stat().st_size < 2**20
    with archive.open_archive(path) as found:
        tracemalloc.start()
        try:
            with pytest.raises(ArchiveError, match=r"log/0\.ndjson in the backup has a line of more than"):
                found.verify()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 10 * 2**20
        with pytest.raises(ArchiveError, match=r"log/0\.ndjson in the backup has a line of more than"):
            list(found.records(0))


def test_a_record_that_could_not_be_read_again_is_not_backed_up(tmp_path: Path) -> None:
    with (
        pytest.raises(ArchiveError, match=r"The record at 0:7 takes 1\d\d,\d\d\d,\d\d\d bytes"),
        archive.write_archive(tmp_path / "b.zip") as writer,
        writer.partition(0) as add,
    ):
        add(Record(0, 6, 0, b"k", b"v"))
        add(Record(0, 7, 0, b"k", b"v" * archive.LINE_BYTES_MAX))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("method", "length", "said"),
    [
        (zipfile.ZIP_LZMA, 1, "packed in another way than deflate"),
        (zipfile.ZIP_BZIP2, 1, "packed in another way than deflate"),
        (zipfile.ZIP_DEFLATED, 17 * 2**20, "its manifest is longer than"),
    ],
)
def test_a_zip_that_would_be_inflated_in_whole_is_no_backup(
    tmp_path: Path, method: int, length: int, said: str
) -> None:
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("manifest.json", b" " * length, compress_type=method)
    with pytest.raises(ArchiveError, match=said), archive.open_archive(path):
        pass


def test_a_fingerprint_tells_key_value_and_headers_apart_and_nothing_else() -> None:
    one = Record(0, 0, 0, b"key", b"value", (("a", b"b"),))
    assert fingerprint(one) == fingerprint(Record(3, 7, 99, b"key", b"value", (("a", b"b"),)))
    others = [
        Record(0, 0, 0, b"keyv", b"alue", (("a", b"b"),)),
        Record(0, 0, 0, None, b"value", (("a", b"b"),)),
        Record(0, 0, 0, b"", b"value", (("a", b"b"),)),
        Record(0, 0, 0, b"key", b"value", ()),
        Record(0, 0, 0, b"key", b"value", (("ab", b""),)),
        Record(0, 0, 0, b"key", b"value", (("ab", None),)),
    ]
    assert len({fingerprint(record) for record in [one, *others]}) == 7


def _content_of(path: Path) -> object:
    try:
        with archive.open_archive(path) as found:
            found.verify()
            with found.table("rule_version") as table:
                return found.manifest, [list(found.records(n)) for n in range(3)], table.read()
    except ArchiveError:
        return None


def _content_of_whole(folder: Path, whole: bytes) -> object:
    path = folder / "whole.zip"
    path.write_bytes(whole)
    return _content_of(path)
