"""Elements of an XML file one after the other, in bounded memory: no entities, no document type, nothing from outside."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from steppe.importers.source_file import BadFileError, head_of, is_markup, open_bytes

_CHUNK_BYTES = 65_536
_ELEMENT_BYTES_MAX = 64 << 20
_ELEMENT_MARKS_MAX = 1_000_000
_BEFORE_ROOT_BYTES_MAX = 1 << 20
_DOCUMENT_TYPE = (
    "it declares a document type, or uses entities of one, which are not read; take the DOCTYPE and the entities out"
)


class _Metered(io.RawIOBase):
    """A stream that refuses to go on when too much was read since the last whole element: it would fill the memory."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._since_element = 0
        self._marks = 0

    def readable(self) -> bool:
        return True

    def begin_element(self) -> None:
        self._since_element = self._marks = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(_CHUNK_BYTES if size < 0 else size)
        self._since_element += len(piece)
        self._marks += piece.count(b"<") + piece.count(b"=")  # each tag and each attribute takes a hundred bytes or two
        if self._since_element > _ELEMENT_BYTES_MAX or self._marks > _ELEMENT_MARKS_MAX:
            raise BadFileError(
                f"it goes on for {self._since_element >> 20} MiB without the end of an element that can be read; it is damaged, or no "
                "such file"
            )
        return piece


def elements(path: Path, root: str, tag: str, what: str) -> Iterator[etree._Element]:
    """The elements `tag` under the root, each whole, and emptied when the next is asked for.

    `what` says in a refusal what was expected. Raises BadFileError for what is no such XML, and where it breaks off.
    """
    attributes_of_root(path, root, what)
    with open_bytes(path) as stream:
        metered = _Metered(stream)
        try:
            parser = etree.iterparse(
                metered, events=("end",), tag=tag, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
                remove_comments=True, remove_pis=True,
            )  # fmt: skip
            for _, element in parser:
                metered.begin_element()
                yield element
                element.clear()
                parent = element.getparent()
                if parent is not None:
                    while element.getprevious() is not None:
                        del parent[0]
        except etree.XMLSyntaxError as error:
            raise _broken(error) from error


def attributes_of_root(path: Path, root: str, what: str) -> dict[str, str]:
    """The attributes of the root, by name. Raises BadFileError where the root is another, or a document type is declared."""
    if not is_markup(head_of(path)):
        raise BadFileError(f"it is no XML; {what}")
    parser = etree.XMLPullParser(
        events=("start",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    with open_bytes(path) as stream:
        read = 0
        try:
            while piece := stream.read(_CHUNK_BYTES):
                read += len(piece)
                parser.feed(piece)
                for _, element in parser.read_events():
                    return _checked_root(element, root, what)
                if read > _BEFORE_ROOT_BYTES_MAX:
                    raise BadFileError(f"it has no element in its first MiB; {what}")
            parser.close()
        except etree.XMLSyntaxError as error:
            raise _broken(error) from error
    raise BadFileError(f"it has no element; {what}")


def _checked_root(element: etree._Element, root: str, what: str) -> dict[str, str]:
    if element.getroottree().docinfo.internalDTD is not None:
        raise BadFileError(
            "it declares a document type, and with it entities, which are not read; take the DOCTYPE out"
        )
    if element.tag != root:
        raise BadFileError(f"its root is {str(element.tag)[:80]}, not {root}; {what}")
    return {str(name): str(value) for name, value in element.attrib.items()}


def _broken(error: etree.XMLSyntaxError) -> BadFileError:
    if "entity" in error.msg.casefold():
        return BadFileError(_DOCUMENT_TYPE)
    return BadFileError(f"the XML is damaged or breaks off ({error.msg}); get it again")
