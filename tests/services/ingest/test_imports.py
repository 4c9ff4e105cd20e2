"""Imports over HTTP: a report first, then the events; one of a caller at a time; states that survive the service."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from steppe.access.callers import EVENTS_WRITE, READ
from tests.importers.bad_files import BAD_TABLES, BAD_XML
from tests.services.access.test_authentication import Keys
from tests.services.access.test_authentication import keys as keys
from tests.services.ingest.ingest_client import logged, problem
from tests.stack import Service, Stack

_FILE = "application/octet-stream"
_HEADING = "country,url,plant,unit,owner,parent,capacity,status,year\n"
_TRACKER = (
    "Kazakhstan,https://www.gem.wiki/A,Aktau power station,Unit 1,Samruk [100%],State,300,{status},\n"
    "Kazakhstan,https://www.gem.wiki/A,Aktau power station,Unit 2,Samruk [100%],State,300,retired,1970\n"
)
_TABLE = "Проект;Страна;Отрасль;Дата меморандума;Инвестор\nНовый рудник;Казахстан;горнодобыча;05.07.2011;Alpha\n"
_TEMPLATE = "name,country,sector,kind,commodities\nNew mine,Kazakhstan,mining,deposit,tungsten\n"
_GROWTH_KIB_MAX = 60 * 1_024


def _tracker(status: str = "construction") -> bytes:
    return (_HEADING + _TRACKER.format(status=status)).encode()


def _long_tracker(plants: int) -> bytes:
    rows = (
        f"Kazakhstan,https://www.gem.wiki/{n},Plant {n} of Aktau,Unit 1,Samruk,S,300,operating,2001\n"
        for n in range(plants)
    )
    return (_HEADING + "".join(rows)).encode()


class Importer:
    """`/v1/imports` of one service."""

    def __init__(self, service: Service, key: str | None = None) -> None:
        self.service = service
        self.headers = {"authorization": f"Bearer {key}"} if key else {}

    def post(self, body: Any = b"", content_type: str | None = _FILE, **query: str) -> httpx.Response:
        named = {"content-type": content_type} if content_type else {}
        address = f"{self.service.address}/v1/imports"
        return httpx.post(address, content=body, params=query, headers=self.headers | named, timeout=120)

    def run(self, body: bytes = b"", content_type: str | None = _FILE, **query: str) -> dict[str, Any]:
        """The last line of an import's answer, which must also be what is stored."""
        answer = self.post(body, content_type, **query)
        assert answer.status_code == 200, answer.text
        last: dict[str, Any] = json.loads(answer.text.splitlines()[-1])
        assert answer.headers["location"] == f"/v1/imports/{last['id']}"
        assert self.get(last["id"]) == last
        return last

    def begin(self, body: bytes) -> str:
        """The id of an import that sends; who began it hangs up."""
        query = {"format": "gem", "edition": "2023-01-31", "dry_run": "false", "compare": "false"}
        address = f"{self.service.address}/v1/imports"
        headers = {"content-type": _FILE, **self.headers}
        with httpx.stream("POST", address, content=body, params=query, headers=headers, timeout=60) as answer:
            import_id: str = json.loads(next(answer.iter_lines()))["id"]
        return import_id

    def wait(self, import_id: str) -> dict[str, Any]:
        while (document := self.get(import_id))["ended_at"] is None:
            time.sleep(0.2)
        return document

    def get(self, import_id: str) -> dict[str, Any]:
        answer = httpx.get(f"{self.service.address}/v1/imports/{import_id}", headers=self.headers, timeout=30)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where imports are kept."""
    return tmp_path / "imports"


@pytest.fixture
def importer(start: Callable[..., Service], folder: Path) -> Importer:
    """Ingest that compares nothing."""
    return Importer(start("ingest", STEPPE_IMPORTS=str(folder), STEPPE_IMPORT_BYTES_MAX=str(8 << 20)))


def _edition(answer: dict[str, Any]) -> dict[str, Any]:
    edition: dict[str, Any] = answer["report"]["editions"][-1]
    return edition


async def test_a_file_is_reported_then_sent_and_its_next_edition_gives_the_differences(
    importer: Importer, stack: Stack, topic: str
) -> None:
    gem = {"format": "gem", "edition": "2023-01-31", "name": "first.csv"}
    first = importer.run(_tracker(), **gem)
    assert (first["state"], first["events"], first["sent"]) == ("done", 4, None)
    assert _edition(first)["events"]["construction.started"] == 1
    assert _edition(first)["losses"]["parent"] == 2
    assert first["report"]["not_compared"].startswith("this service does not know the API")
    assert await logged(stack.kafka, topic) == []

    refused = importer.run(of=first["id"], dry_run="false", content_type=None)
    assert (refused["state"], refused["sent"]) == ("refused", None)
    assert "compare=false" in refused["reason"]
    sent = importer.run(of=first["id"], dry_run="false", compare="false", content_type=None)
    assert (sent["state"], sent["sent"]["accepted"], sent["report"]["not_compared"]) == ("done", 4, "as you said")
    assert len(await logged(stack.kafka, topic)) == 4
    again = importer.run(of=sent["id"], dry_run="false", compare="false", content_type=None)
    assert (again["sent"]["accepted"], again["sent"]["duplicates"]) == (0, 4)

    later = {"after": sent["id"], "edition": "2024-02-07", "name": "second.csv", "dry_run": "false", "compare": "false"}
    second = importer.run(_tracker("operating"), **later)
    assert [file["name"] for file in second["files"]] == ["first.csv", "second.csv"]
    assert (second["sent"]["accepted"], second["sent"]["duplicates"]) == (1, 4)
    assert _edition(second)["differences"]["entries"][0]["event"] == "production.started"


def test_what_a_table_means_is_guessed_and_confirmed(importer: Importer) -> None:
    guessed = importer.run(_TABLE.encode(), "text/csv", format="csv", edition="2025-01-31", name="deals.csv")
    assert guessed["state"] == "done"
    assert "memorandum.signed" in guessed["mapping"]
    table = {"format": "csv", "edition": "2025-01-31", "dry_run": "false", "compare": "false"}
    at_once = importer.run(_TABLE.encode(), "text/csv", **table)
    assert (at_once["state"], "with a mapping only" in at_once["reason"]) == ("refused", True)
    template = importer.run(_TEMPLATE.encode(), "text/csv", **table)
    assert (template["sent"]["accepted"], "mapping" in template) == (1, False)
    no_table = importer.run(_tracker(), format="gem", edition="2023-01-31")
    mapped = importer.post(json.dumps({"mapping": "a: b"}).encode(), "application/json", of=no_table["id"])
    assert "has no mapping" in problem(mapped, 422)["detail"]

    mapping = (
        "source: /desk/astana\ndates: dmy\nproject: {name: Проект, fields: {country: Страна, sector: {constant: mining},"
        " kind: {constant: deposit}}}\n"
        "events: [{name: memorandum.signed, occurred: Дата меморандума, parties: [{name: Инвестор, role: investor}],"
        " fields: {instrument: {constant: mou}}}]\n"
    )
    decided = json.dumps({"mapping": mapping}).encode()
    confirmed = importer.run(decided, "application/json", of=guessed["id"])
    assert confirmed["mapping"] == mapping
    assert _edition(confirmed)["events"] == {"memorandum.signed": 1, "project.registered": 1}
    sent = importer.run(of=confirmed["id"], dry_run="false", compare="false", content_type=None)
    assert sent["report"]["source"] == "/desk/astana"
    assert sent["sent"]["accepted"] == 2
    shipped = importer.run(_TABLE.encode(), "text/csv", format="csv", edition="2025-01-31", mapping="uk-repd")
    assert (shipped["state"], "Ref ID" in shipped["reason"]) == ("refused", True), shipped["reason"]
    wrong = importer.run(json.dumps({"mapping": "project: 1"}).encode(), "application/json", of=guessed["id"])
    assert wrong["state"] == "refused"


def test_projects_are_compared_as_the_caller_and_an_undecided_one_is_sent_once_its_key_is_said(
    start: Callable[..., Service], folder: Path, keys: Keys
) -> None:
    by_keys = {"STEPPE_AUTH": "keys", "STEPPE_KEYS": str(keys.path)}
    start("projector")
    api = start("api", **by_keys)
    ingest = start("ingest", STEPPE_IMPORTS=str(folder), STEPPE_API=api.address, **by_keys)
    writer, desk = Importer(ingest, keys.make(EVENTS_WRITE)), Importer(ingest, keys.make(EVENTS_WRITE, READ))
    reader = Importer(ingest, keys.make(READ))
    own = {
        "source": "/desk/example", "type": "steppe.project.registered.v1", "subject": "aktau-power-station",
        "data": {"name": "Aktau nuclear plant", "country": "KZ", "sector": "energy", "kind": "plant", "commodities": []},
    }  # fmt: skip
    headers = {"content-type": "application/cloudevents+json", **desk.headers}
    accepted = httpx.post(f"{ingest.address}/v1/events", json=own, headers=headers, timeout=30).json()
    from_position = {"min_position": accepted["position"]}
    httpx.get(f"{api.address}/v1/projects", params=from_position, headers=desk.headers, timeout=30).raise_for_status()

    gem = {"format": "gem", "edition": "2023-01-31", "dry_run": "false"}
    unseen = writer.run(_tracker(), **gem)
    assert (unseen["state"], unseen["sent"]) == ("refused", None)
    assert "403" in unseen["reason"]
    own_import = desk.run(_tracker(), **gem)
    assert own_import["sent"]["accepted"] == 0
    assert own_import["report"]["not_compared"] is None
    (entry,) = _edition(own_import)["undecided"]["entries"]
    assert "Aktau nuclear plant" in entry["reason"]
    decided = json.dumps({"keys": {entry["thing"]: "aktau-coal"}}).encode()
    assert desk.run(decided, "application/json", of=own_import["id"], dry_run="false")["sent"]["accepted"] == 4
    assert problem(Importer(ingest).post(_tracker(), format="gem"), 401)
    assert problem(reader.post(_tracker(), format="gem"), 403)


def test_one_import_of_a_caller_goes_on_at_a_time_and_what_became_of_it_is_in_the_audit_trail(
    start: Callable[..., Service], folder: Path, keys: Keys, tmp_path: Path
) -> None:
    trail = tmp_path / "audit.ndjson"
    settings = {"STEPPE_AUTH": "keys", "STEPPE_KEYS": str(keys.path), "STEPPE_AUDIT": str(trail)}
    ingest = start("ingest", STEPPE_IMPORTS=str(folder), **settings)
    tokyo, astana = Importer(ingest, keys.make(EVENTS_WRITE)), Importer(ingest, keys.make(EVENTS_WRITE))
    import_id = tokyo.begin(_long_tracker(3_000))
    refused = problem(tokyo.post(_tracker(), format="gem"), 429)
    assert import_id in refused["detail"]
    assert astana.run(_tracker(), format="gem", edition="2023-01-31")["state"] == "done"
    assert problem(astana.post(of=import_id), 400)["parameter"] == "of"
    ended = tokyo.wait(import_id)  # although who began it has hung up
    assert (ended["state"], ended["sent"]["accepted"]) == ("done", 6_000)
    assert tokyo.run(_tracker(), format="gem", edition="2023-01-31")["state"] == "done"

    lines = [json.loads(line) for line in trail.read_text().splitlines()]
    (told,) = [line for line in lines if line["did"] == f"import {import_id}"]
    assert (told["state"], told["accepted"], told["dry_run"]) == ("done", 6_000, False)
    assert len(told["events"]) == 20
    (asked,) = [line for line in lines if line["did"] == "POST /v1/imports" and line.get("import") == import_id]
    assert asked["who"] == told["who"]
    assert asked["files"][0].startswith("file ")


def test_an_import_that_a_crash_interrupts_says_so_and_is_completed_by_saying_it_again(
    start: Callable[..., Service], folder: Path
) -> None:
    importer = Importer(start("ingest", STEPPE_IMPORTS=str(folder)))
    import_id = importer.begin(_long_tracker(3_000))
    while not importer.get(import_id)["progress"]["events_sent"]:
        time.sleep(0.05)
    importer.service.kill()
    after = Importer(start("ingest", STEPPE_IMPORTS=str(folder)))
    interrupted = after.get(import_id)
    assert interrupted["state"] == "interrupted"
    assert interrupted["report"]["editions"][0]["projects"] == 3_000
    again = after.run(of=import_id, dry_run="false", compare="false", content_type=None)
    assert again["sent"]["accepted"] < 6_000
    assert again["sent"]["accepted"] + again["sent"]["duplicates"] == 6_000


def test_an_import_that_the_service_ends_or_that_takes_too_long_says_so(
    start: Callable[..., Service], folder: Path
) -> None:
    importer = Importer(start("ingest", STEPPE_IMPORTS=str(folder)))
    import_id = importer.begin(_long_tracker(3_000))
    importer.service.stop()
    hurried = Importer(start("ingest", STEPPE_IMPORTS=str(folder), STEPPE_IMPORT_SECONDS_MAX="0.2"))
    assert hurried.get(import_id)["state"] == "interrupted"
    late = hurried.run(of=import_id, content_type=None)
    assert (late["state"], late["reason"]) == ("failed", "it took longer than 0.2 s; split the files")


def test_the_oldest_imports_make_room_for_new_ones(start: Callable[..., Service], folder: Path) -> None:
    importer = Importer(start("ingest", STEPPE_IMPORTS=str(folder), STEPPE_IMPORTS_BYTES_MAX=str(1 << 20)))
    ids = [importer.run(b"a" * 600_000, format="gem", edition="2023-01-31")["id"] for _ in range(3)]
    assert len(list(folder.iterdir())) == 2
    assert httpx.get(f"{importer.service.address}/v1/imports/{ids[0]}", timeout=30).status_code == 404
    assert importer.get(ids[1])["state"] == "refused"


_BAD = [
    *(("gem", *case) for case in BAD_TABLES if case[0].__name__ in
      ("_truncated_workbook", "_zip_bomb", "_two_gigabytes_of_commas")),
    *(("gem", *case) for case in BAD_TABLES if "it is a PDF" in case[2] or case[2].startswith("a tracker has columns")),
    *(("iati", *case) for case in BAD_XML if case[0].__name__ in ("_laughs", "_external_entity", "_endless_activity")),
]  # fmt: skip


async def test_bad_files_are_refused_with_what_they_are_nothing_is_sent_and_memory_stays(
    importer: Importer, stack: Stack, topic: str, tmp_path: Path
) -> None:
    importer.run(_tracker(), format="gem", edition="2023-01-31")
    before = _peak_kib(importer.service.child.pid)
    assert len(_BAD) == 8
    for form, write, name, reason in _BAD:
        path = tmp_path / name
        write(path)
        answer = importer.run(
            path.read_bytes(), format=form, edition="2021-05-26", name=name, dry_run="false", compare="false"
        )
        assert answer["state"] == "refused", (name, answer)
        assert re.search(reason, answer["reason"])
        assert answer["reason"].startswith(f"{name}: ")
        assert "a secret" not in json.dumps(answer)
        assert answer["sent"] is None
    assert await logged(stack.kafka, topic) == []
    assert _peak_kib(importer.service.child.pid) - before < _GROWTH_KIB_MAX


def test_two_gigabytes_of_commas_are_refused_while_they_come(importer: Importer, folder: Path) -> None:
    before = _peak_kib(importer.service.child.pid)
    sent, answer = _send_commas(importer.service.address, 2 << 30)
    assert b" 413 " in answer.splitlines()[0]
    assert b"larger than 8388608 bytes" in answer
    assert sent < 1 << 30
    assert list(folder.iterdir()) == []
    assert _peak_kib(importer.service.child.pid) - before < _GROWTH_KIB_MAX
    refusal = problem(importer.post(b"a" * ((8 << 20) + 1), format="gem"), 413)
    assert refusal["bytes_max"] == 8 << 20


def _send_commas(address: str, size: int) -> tuple[int, bytes]:
    """Streams a body until it is refused; how much of it went, and the answer."""
    where = urlsplit(address)
    with socket.create_connection((where.hostname, where.port), timeout=60) as connection:
        head = "POST /v1/imports?format=gem HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode())
        piece = b"10000\r\n" + b"," * 0x10000 + b"\r\n"
        sent, rest = 0, piece
        connection.setblocking(False)
        answer = b""
        while sent < size and not answer:
            try:
                went = connection.send(rest)
                sent, rest = sent + went, rest[went:] or piece
            except BlockingIOError:
                time.sleep(0.001)
            except OSError:
                break
            try:
                answer = connection.recv(65_536)
            except BlockingIOError:
                continue
        return sent, answer


@pytest.mark.parametrize(
    ("content_type", "query", "status", "detail"),
    [
        ("text/plain", {"format": "gem"}, 415, "may come from any page"),
        ("multipart/form-data; boundary=x", {"format": "gem"}, 415, "application/octet-stream"),
        (None, {"format": "gem"}, 415, "There is no Content-Type"),
        (_FILE, {}, 400, "format is missing; it is one of csv, gcof, gem, iati"),
        (_FILE, {"format": "gemm"}, 400, "format is 'gemm'"),
        (_FILE, {"format": "gem", "dry_rn": "false"}, 400, "did you mean dry_run?"),
        (_FILE, {"format": "gem", "dry_run": "no"}, 400, "dry_run is 'no'; it is true or false"),
        (_FILE, {"format": "csv", "mapping": "mine"}, 400, "iea-hydrogen, uk-repd, world-bank"),
        (_FILE, {"format": "gem", "mapping": "uk-repd"}, 400, "of the format csv"),
        (_FILE, {"format": "gem", "edition": "yesterday"}, 400, "edition is 'yesterday'; it is a day"),
        (_FILE, {"format": "gem", "source": "no address"}, 400, "source"),
        (_FILE, {"of": "0" * 32}, 404, "There is no import"),
        (_FILE, {"of": "../../etc"}, 404, "There is no import"),
        (_FILE, {"format": "gem", "after": "0" * 32}, 404, "There is no import"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_kept(
    importer: Importer, folder: Path, content_type: str | None, query: dict[str, str], status: int, detail: str
) -> None:
    assert detail in problem(importer.post(_tracker(), content_type, **query), status)["detail"]
    assert "empty" in problem(importer.post(b"", format="gem"), 422)["detail"]
    assert not folder.exists() or list(folder.iterdir()) == []


def _peak_kib(pid: int) -> int:
    return int(re.findall(r"VmHWM:\s+([0-9]+)", Path(f"/proc/{pid}/status").read_text())[0])
