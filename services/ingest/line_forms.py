"""What a body or a line is that is no event in JSON: a table, an array, text of another encoding; and what to do about it."""

from __future__ import annotations

import re

from steppe.contracts.codec import MalformedError
from steppe.domain.events.validation import Fault

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
HEAD_BYTES = 4  # that `body_form` looks at
_START_BYTES = 200
_UTF_16_WITHOUT_MARK = (b"{\x00", b"[\x00", b"\x00{", b"\x00[")
_ARRAY = "this is a JSON array; send it as application/cloudevents-batch+json (steppe send: a file named .json), or one event a line"
_SEVERAL_LINES = (
    "the event goes over several lines, and in NDJSON a line is one event; write it on one line, or send it alone as "
    "application/cloudevents+json (steppe send: a file named .json)"
)
_TABLE = "this looks like a table (CSV), not like JSON; an event is a JSON object, as in examples/requests.http"
_CR = "several events stand on one line, parted by carriage returns alone; end each line with a line feed"
_SEVERAL_EVENTS = "several JSON values stand on one line; end each event with a line feed"
_MARKUP = "this is XML or HTML, not JSON; an event is a JSON object, as in examples/requests.http"
_PIECE_OF_EVENT = re.compile(rb'\s*(?:[{}\]\[]+,?|"[^"\\]{1,80}"\s*:.*|[}\]]+.*)\s*', re.DOTALL)


def body_form(head: bytes) -> str | None:
    """What a body is that cannot be UTF-8 text, by its first bytes, with the advice; None where it may be."""
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "The body is UTF-32; JSON is UTF-8: save the file as UTF-8."
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or head[:2] in _UTF_16_WITHOUT_MARK:
        return "The body is UTF-16 (in some editors: Unicode); JSON is UTF-8: save the file as UTF-8."
    if head.startswith(b"\x1f\x8b"):
        return "The body is compressed with gzip; send it as it is."
    if head.startswith(b"PK"):
        return "The body is a ZIP archive or a workbook of Excel; send events as JSON."
    return None


def explained(fault: Fault, item: object) -> Fault:
    """The fault of a line that is no JSON, with what the line is where that can be seen."""
    if not isinstance(item, bytes) or fault.pointer:
        return fault
    start = item[:_START_BYTES].removeprefix(BYTE_ORDER_MARK).lstrip()
    what = _form(start, item)
    return fault if what is None else Fault(fault.pointer, f"{fault.message}: {what}")


def _form(start: bytes, line: bytes) -> str | None:
    if start[:1] == b"[":
        return _ARRAY
    if between := re.search(rb"}\s{0,8}{", line):
        return _CR if b"\r" in between[0] else _SEVERAL_EVENTS
    if start[:1] == b"<":
        return _MARKUP
    if _PIECE_OF_EVENT.fullmatch(start):
        return _SEVERAL_LINES
    if start[:1] not in (b"{", b'"') and re.search(rb"[;,\t]", start):
        return _TABLE
    return None


def unreadable(error: MalformedError, body: bytes) -> MalformedError:
    """The error of a body that should be one event, with what it is where that can be seen."""
    if body.lstrip()[:1] == b"[":
        return MalformedError(Fault("", f"{error.fault.message}: {_ARRAY}"))
    return error
