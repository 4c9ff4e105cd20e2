"""Files that cannot be imported: who writes each, its name, and what is said of it."""

from __future__ import annotations

import gzip
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import openpyxl

_MIB = 1 << 20
_HEADINGS = "country,plant,unit,status"
_WORKBOOK = b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
_IATI = "<iati-activities><iati-activity><iati-identifier>{}</iati-identifier></iati-activity></iati-activities>"


def _workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(_HEADINGS.split(","))
    for number in range(2_000):
        sheet.append(["Kazakhstan", "Aktau", f"Unit {number}", "operating"])
    book.save(path)


def _truncated_workbook(path: Path) -> None:
    _workbook(path)
    os.truncate(path, path.stat().st_size // 2)


def _damaged_workbook(path: Path) -> None:
    _workbook(path)
    content = bytearray(path.read_bytes())
    middle = content.index(b"xl/worksheets/sheet1.xml") + 200
    content[middle : middle + 400] = bytes(400)
    path.write_bytes(content)


def _workbook_with_sheet(path: Path, sheet: bytes) -> None:
    _workbook(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = sheet
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def _far_cell(path: Path) -> None:
    cells = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    namespace = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    _workbook_with_sheet(
        path, b'<worksheet xmlns="' + namespace + b'"><sheetData>' + cells + b"</sheetData></worksheet>"
    )


def _no_sheet_in_it(path: Path) -> None:
    _workbook_with_sheet(path, b"this is no sheet")


def _zip_bomb(path: Path) -> None:
    """4 GiB of zeros in a sheet that says that it has 1,000 bytes: a flushed piece repeats without a seam."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = deflate.compress(bytes(_MIB)) + deflate.flush(zlib.Z_FULL_FLUSH)
    content = piece * 4_096 + deflate.flush()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", _WORKBOOK)
    plain = path.read_bytes()
    name = b"xl/worksheets/sheet1.xml"
    sizes = struct.pack("<III", 0, len(content), 1_000)
    local = (
        b"PK\x03\x04"
        + struct.pack("<HHHHH", 20, 0, 8, 0, 0)
        + sizes
        + struct.pack("<HH", len(name), 0)
        + name
        + content
    )
    start = plain.index(b"PK\x01\x02")
    central = plain[start : plain.index(b"PK\x05\x06")]
    entry = b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0) + sizes
    entry += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, start) + name
    end = struct.pack("<HHHHIIH", 0, 0, 2, 2, len(central) + len(entry), start + len(local), 0)
    path.write_bytes(plain[:start] + local + central + entry + b"PK\x05\x06" + end)


def _other_archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tracker.csv", _HEADINGS)


def _truncated_gzip(path: Path) -> None:
    rows = "".join(f"Kazakhstan,{os.urandom(20).hex()},Unit 1,operating\n" for _ in range(20_000))
    path.write_bytes(gzip.compress(f"{_HEADINGS}\n{rows}".encode())[: _MIB // 4])


def _two_gigabytes_of_commas(path: Path) -> None:
    path.write_bytes(gzip.compress(b"," * _MIB) * 2_048)


def _unclosed_quote(path: Path) -> None:
    path.write_text(
        f'{_HEADINGS}\nKazakhstan,"Aktau,Unit 1,operating\n' + "Kazakhstan,Aktau,Unit 1,operating\n" * 100_000
    )


def _written(content: str | bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    return write


def _laughs(path: Path) -> None:
    entities = "".join(f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' for number in range(1, 12))
    path.write_text(f'<!DOCTYPE iati-activities [<!ENTITY a0 "ha">{entities}]>{_IATI.format("&a11;")}')


def _laughs_in_the_root(path: Path) -> None:
    _laughs(path)
    path.write_text(path.read_text().replace("<iati-activities>", '<iati-activities version="&a11;">'))


def _external_entity(path: Path) -> None:
    secret = path.with_name("secret.txt")
    secret.write_text("a secret")
    path.write_text(f'<!DOCTYPE iati-activities [<!ENTITY s SYSTEM "{secret.as_uri()}">]>{_IATI.format("&s;")}')


def _external_subset(path: Path) -> None:
    path.write_text(f'<!DOCTYPE iati-activities SYSTEM "http://127.0.0.1:9/x.dtd">{_IATI.format("A")}')


def _endless(path: Path, piece: bytes, start: bytes = b"<iati-activities>") -> None:
    path.write_bytes(gzip.compress(start) + gzip.compress(piece * (_MIB // len(piece))) * 600)


def _endless_other_elements(path: Path) -> None:
    _endless(path, b"<x/>")


def _endless_activity(path: Path) -> None:
    _endless(path, b"<transaction/>", b"<iati-activities><iati-activity>")


def _endless_attributes(path: Path) -> None:
    names = b"".join(b'a%06d=""' % number + b" " for number in range(60_000))
    path.write_bytes(b"<iati-activities><iati-activity>" + (b"<x " + names + b"/>") * 100)


def _endless_beginning(path: Path) -> None:
    _endless(path, b"<?x?>", b"<?xml version='1.0'?>")


def _deep(path: Path) -> None:
    path.write_text("<iati-activities><iati-activity>" + "<x>" * 100_000)


BAD_TABLES = [
    (_truncated_workbook, "tracker.xlsx", "cut off or damaged"),
    (_damaged_workbook, "tracker.xlsx", "damaged|cannot be read"),
    (_far_cell, "tracker.xlsx", "reaches to row 1,048,576 and column 16,384; delete what stands far outside the table"),
    (_no_sheet_in_it, "tracker.xlsx", "no sheet of the workbook is a table|cannot be read"),
    (_zip_bomb, "tracker.xlsx", "unpacks to more than 512 MiB; save the sheet as CSV"),
    (_other_archive, "tracker.zip", "a ZIP archive and no workbook; unpack it"),
    (_written(b"%PDF-1.7\n%\xe2\xe3"), "tracker.xlsx", "it is a PDF; import the table that it was made from"),
    (_written(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)), "tracker.xlsx", "save it as .xlsx without a password"),
    (_truncated_gzip, "tracker.csv.gz", "it ends early, or is damaged"),
    (_two_gigabytes_of_commas, "tracker.csv.gz", "line 1 has more than 1,000,000 characters: this is no table"),
    (_written("," * 5_000), "tracker.csv", "line 1 has 5,001 cells: this is no table"),
    (_unclosed_quote, "tracker.csv", "a quote is opened and never closed"),
    (_written(f"{_HEADINGS}\nKazakhstan,Ak".encode() + b"\n" * 70_000 + b"\xff\xfe\xff"), "tracker.csv", "it is not utf-8, as its beginning is"),
    (_written("name,value\na,1\n"), "tracker.csv", "a tracker has columns for status, country and the name of the plant"),
    (_written(_IATI.format("A")), "tracker.csv", "it is XML or HTML, not a table"),
    (_written(""), "tracker.csv", "it is empty"),
    (_written(bytes(1_000)), "tracker.csv", "it is empty"),
]  # fmt: skip
BAD_XML = [
    (_laughs, "a.xml", "declares a document type"),
    (_laughs_in_the_root, "a.xml", "declares a document type|the XML is damaged"),
    (_external_entity, "a.xml", "declares a document type"),
    (_external_subset, "a.xml", "declares a document type"),
    (_endless_other_elements, "a.xml.gz", "without the end of an element that can be read"),
    (_endless_activity, "a.xml.gz", "without the end of an element that can be read"),
    (_endless_attributes, "a.xml", "without the end of an element that can be read|damaged"),
    (_endless_beginning, "a.xml.gz", "it has no element in its first MiB"),
    (_deep, "a.xml", "the XML is damaged or breaks off"),
    (_written(_IATI.format("A")[:-30]), "a.xml", "the XML is damaged or breaks off"),
    (_written("<rss><channel/></rss>"), "a.xml", "its root is rss, not iati-activities"),
    (_written("<!doctype html><html><body>404</body></html>"), "a.xml", "declares a document type|damaged"),
    (_written(f"{_HEADINGS}\n"), "a.xml", "it is no XML"),
    (_written(b"%PDF-1.7"), "a.xml", "it is a PDF"),
]  # fmt: skip
