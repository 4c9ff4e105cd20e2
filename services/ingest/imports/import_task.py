"""What the service and the process that reads a file say to each other.

The task goes to the process as one line of JSON on standard input. It answers line by line on standard output, a word and what
belongs to it: how far it is, that the report lies in the folder, each event to send, and why it refuses the files.
"""

from __future__ import annotations

from msgspec import Struct

PROGRESS = b"progress"
"""How many events were read so far."""
REPORTED = b"reported"
"""The report is written; how many events there are to send."""
EVENT = b"event"
"""An event to send, as JSON."""
REFUSED = b"refused"
"""The files cannot be imported; why, as JSON text. Nothing comes behind it."""

LINE_BYTES_MAX = 1 << 20
REPORT_FILE = "report.json"
MAPPING_FILE = "mapping.yaml"


class EditionFile(Struct):
    """A file, and the day on which it was published; None: the file tells it, or the import is refused."""

    path: str
    day: str | None


class ImportTask(Struct, kw_only=True):
    """Editions oldest first. `folder` gets the report; a mapping lies there, or is proposed and put there.

    `api` is asked which projects there are, with `authorization` as the header of that name; None: nobody is asked, for
    `not_compared` says why not.
    """

    folder: str
    format: str
    editions: list[EditionFile]
    source: str | None
    keys: dict[str, str]
    sends: bool
    api: str | None
    authorization: str | None
    not_compared: str | None
