"""A list as a file: rows come page by page and lie on disk until the last one is there. Then the file is sent.

So an answer that fails half way is a refusal and no file that ends early, its length is known before it is sent, and who
reads slowly holds no connection to the database.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Protocol

from fastapi.responses import StreamingResponse

from services.api.computation import in_thread
from services.api.export.csv_columns import csv_head, csv_lines
from services.api.export.spreadsheets import XLSX_ROWS_MAX, ParquetFile, TooManyRowsError, XlsxFile
from services.api.problems import FORMAT_NOT_AVAILABLE
from services.api.web.query_parameters import Question
from steppe.http.problems import Refusal

Item = Mapping[str, Any]

_IN_MEMORY_BYTES_MAX = 1 << 20
_CHUNK_BYTES = 1 << 18
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# CSV has no metadata, so each line carries these; the names of their columns.
_IN_EACH_LINE = {"as_of": "as_of", "known_at": "known_at", "position": "log_position"}


class _Writer(Protocol):
    def add(self, items: Sequence[Item]) -> None: ...

    def finish(self, about: Mapping[str, str]) -> None: ...


class TableFile:
    """A file that is being written, of the format that a question asks for. `rows` counts what is in it."""

    def __init__(self, question: Question, columns: Sequence[str], about: Mapping[str, str]) -> None:
        self._about = about
        self._format = question.format
        self._file = spooled()  # closed when it was sent
        self._writer = _writer(question, self._file, columns, about)
        self.rows = 0

    async def add(self, items: Sequence[Item]) -> None:
        """Write these rows. Raises Refusal when the format cannot hold so many."""
        try:
            await in_thread(self._writer.add, items)
        except TooManyRowsError:
            detail = (
                f"A sheet holds {XLSX_ROWS_MAX} rows and the list has more. Ask for csv or parquet, or add filters."
            )
            raise Refusal(FORMAT_NOT_AVAILABLE, detail, parameter="format", formats=["csv", "parquet"]) from None
        self.rows += len(items)

    async def response(
        self, headers: Mapping[str, str], media_type: str, holds: Mapping[str, str]
    ) -> StreamingResponse:
        """The finished file as an answer. `holds` says of the rows what is known only at the end."""
        await in_thread(self._writer.finish, {**self._about, **holds})
        return sent(self._file, headers, media_type)

    def close(self) -> None:
        """Give up what was written; only for a file that is not sent."""
        self._file.close()


class _CsvFile:
    def __init__(self, out: IO[bytes], columns: Sequence[str], about: Mapping[str, str], *, bom: bool) -> None:
        self._out = out
        self._beside = {column: about[name] for name, column in _IN_EACH_LINE.items()}
        self._columns = (*columns, *self._beside)
        out.write((_BYTE_ORDER_MARK if bom else b"") + csv_head(self._columns))

    def add(self, items: Sequence[Item]) -> None:
        self._out.write(csv_lines(({**item, **self._beside} for item in items), self._columns))

    def finish(self, about: Mapping[str, str]) -> None:
        """Nothing follows the last line: a program would read it as a row."""


def _writer(question: Question, out: IO[bytes], columns: Sequence[str], about: Mapping[str, str]) -> _Writer:
    match question.format:
        case "xlsx":
            return XlsxFile(out, columns)
        case "parquet":
            return ParquetFile(out, columns)
        case _:
            return _CsvFile(out, columns, about, bom=question.bom)


def spooled() -> IO[bytes]:
    """An empty file to be written and `sent`, on disk where it grows beyond a little."""
    return SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES_MAX)


def sent(file: IO[bytes], headers: Mapping[str, str], media_type: str) -> StreamingResponse:
    """A finished file as an answer, which closes it."""
    length = file.seek(0, 2)
    file.seek(0)
    return StreamingResponse(_chunks(file), headers={**headers, "Content-Length": str(length)}, media_type=media_type)


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        while chunk := await in_thread(file.read, _CHUNK_BYTES):
            yield chunk
    finally:
        file.close()
