"""The client for people who compute (clients/python), against the real API on the real events of Central Asia."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pandas
import polars
import pytest
import steppe_client
from steppe_client import Client, ForeignAnswerError, Refusal, UnreachableError
from steppe_client import client as client_module
from steppe_client.columns import columns
from steppe_client.core import answer_types
from steppe_client.data_frames import frame_maker

from services.api.web import what_if_request
from steppe.access import key_file
from steppe.access.callers import READ
from tests.central_asia import api_of_central_asia
from tests.services.api.listed_rows import items
from tests.stack import Service, Stack

AS_OF = "2026-11-01"


@pytest.fixture(scope="module")
def api(stack: Stack, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with api_of_central_asia(stack, template, tmp_path_factory.mktemp("python-client")) as service:
        yield service


@pytest.fixture
def steppe(api: Service) -> Iterator[Client[pandas.DataFrame]]:
    with steppe_client.connect(api.address, frame="pandas", patience=20) as client:
        yield client


@pytest.fixture
def in_polars(api: Service) -> Iterator[Client[polars.DataFrame]]:
    with steppe_client.connect(api.address, frame="polars", patience=20) as client:
        yield client


def test_flags_are_a_frame_with_days_as_dates_and_the_words_of_the_api_as_categories(
    api: Service, steppe: Client[pandas.DataFrame]
) -> None:
    rows = items(api, "/v1/flags", as_of=AS_OF, country="KZ,UZ")
    flags = steppe.flags(as_of=date(2026, 11, 1), country=["KZ", "UZ"])
    assert len(flags) == len(rows) > 20
    assert flags.flag.tolist() == [row["flag"] for row in rows]
    assert [str(day.date()) for day in flags.since] == [row["since"] for row in rows]
    assert flags.severity.tolist() == [row["severity"] for row in rows]
    assert list(flags.severity.cat.categories) == ["notice", "watch", "stagnant", "presumed-dead", "alert"]
    assert flags.evidence.tolist() == [row["evidence"] for row in rows]
    ages = [row["clock"] and row["clock"]["age_months"] for row in rows]
    assert [None if age is pandas.NA else age for age in flags.clock_age_months] == ages
    assert str(flags.since.dtype) == "datetime64[s]"
    assert str(flags.clock_age_months.dtype) == "Int64"
    assert str(flags.on_hold.dtype) == "boolean"


def test_a_frame_says_of_which_day_and_moment_and_position_it_is(steppe: Client[pandas.DataFrame]) -> None:
    instant = datetime(2024, 6, 30, 23, 59, 59, tzinfo=UTC)
    flags = steppe.flags(as_of=AS_OF, known_at="2024-06-30T23:59:59Z")
    assert flags.attrs["as_of"] == date(2026, 11, 1)
    assert flags.attrs["known_at"] == instant
    assert flags.attrs["position"].startswith("0:")
    assert flags.attrs["positions"] == [flags.attrs["position"]]
    assert flags.attrs["total"] == len(flags)
    assert flags[flags.severity == "watch"].attrs["known_at"] == instant
    assert len(steppe.flags(as_of=AS_OF, known_at=instant)) == len(flags) != len(steppe.flags(as_of=AS_OF))


def test_pages_are_walked_inside_and_limit_counts_all_of_them(
    api: Service, steppe: Client[pandas.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_ROWS_OF_PAGE", 7)
    keys = [row["key"] for row in items(api, "/v1/projects", as_of=AS_OF)]
    assert len(keys) > 20
    assert steppe.projects(as_of=AS_OF).key.tolist() == keys
    assert steppe.projects(as_of=AS_OF, limit=10).key.tolist() == keys[:10]
    assert steppe.projects(as_of=AS_OF, limit=7).key.tolist() == keys[:7]


def test_things_whose_lists_come_in_pages_are_whole(
    api: Service, steppe: Client[pandas.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    parties = steppe.parties(as_of=AS_OF, country="JP")
    parties_whole = [steppe.party(key, as_of=AS_OF) for key in parties.key]
    market_whole = steppe.market("KZ", "uranium", as_of=AS_OF)
    monkeypatch.setattr(client_module, "_ROWS_OF_PAGE", 2)
    assert [steppe.party(key, as_of=AS_OF).deals for key in parties.key] == [party.deals for party in parties_whole]
    assert max(len(party.deals) for party in parties_whole) > 2
    market = steppe.market("KZ", "uranium", as_of=AS_OF)
    assert len(market.projects) > 2
    assert market.projects == market_whole.projects
    assert [nation.nation for nation in market.nations] == [nation.nation for nation in market_whole.nations]
    for one, whole in zip(market.nations, market_whole.nations, strict=True):
        assert sorted(deal.deal for deal in one.deals) == sorted(deal.deal for deal in whole.deals)
    assert market.displaced == market_whole.displaced


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_an_empty_answer_keeps_its_columns_and_their_types(api: Service, library: Any) -> None:
    client = steppe_client.connect(api.address, frame=library)
    some = client.flags(as_of=AS_OF)
    none = client.flags(as_of=AS_OF, q="there is nothing of this name")
    assert len(some) > 0 == len(none)
    assert list(none.columns) == list(some.columns)
    assert [str(kind) for kind in none.dtypes] == [str(kind) for kind in some.dtypes]
    assert none.attrs["as_of"] == date(2026, 11, 1)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("flags", "/v1/flags"), ("projects", "/v1/projects"), ("deals", "/v1/deals"), ("parties", "/v1/parties"),
        ("markets", "/v1/markets"), ("forums", "/v1/forums"), ("transitions", "/v1/flags/transitions"),
        ("retractions", "/v1/retractions"), ("conflicts", "/v1/conflicts"),
    ],
)  # fmt: skip
def test_every_list_is_a_frame_in_both_libraries_with_the_rows_of_the_api(
    api: Service, steppe: Client[pandas.DataFrame], in_polars: Client[polars.DataFrame], name: str, path: str
) -> None:
    question = {"limit": 40} | ({} if name == "transitions" else {"as_of": AS_OF})
    with httpx.Client(base_url=api.address, timeout=30) as plain:
        rows = plain.get(path, params=question).raise_for_status().json()["items"]
    one, other = getattr(steppe, name)(**question), getattr(in_polars, name)(**question)
    assert list(one.columns) == other.columns
    first = one.columns[0]
    assert one[first].tolist() == other[first].to_list() == [row[first] for row in rows]
    for column in other.columns:
        if isinstance(other[column].dtype, polars.Date):
            days = [None if day is pandas.NaT else day.date() for day in one[column]]
            assert days == other[column].to_list()


def test_days_and_words_of_polars_have_its_own_types(in_polars: Client[polars.DataFrame]) -> None:
    flags = in_polars.flags(as_of=AS_OF)
    assert flags.schema["since"] == polars.Date
    assert flags.schema["evidence"] == polars.List(polars.String)
    assert flags.filter(polars.col("severity") >= "stagnant").height == flags.filter(
        polars.col("severity").is_in(["stagnant", "presumed-dead", "alert"])
    ).height > 0  # fmt: skip
    legs = in_polars.deals(as_of=AS_OF).select(polars.col("legs").explode()).unnest("legs")
    assert "equity" in legs["leg"].to_list()


def test_a_word_that_this_client_does_not_know_yet_is_a_category_like_the_others() -> None:
    row = dict.fromkeys((column.path[0] for column in columns(answer_types.FlagRow)), None)
    rows = [row | {"severity": "watch"}, row | {"severity": "dire"}]
    for library in ("pandas", "polars"):
        frame = frame_maker(library)(rows, answer_types.FlagRow, {})
        assert list(frame["severity"]) == ["watch", "dire"]


def test_a_timeline_is_a_frame_and_tells_of_flags_beside_it(api: Service, steppe: Client[pandas.DataFrame]) -> None:
    entries = items(api, "/v1/projects/kz-masdar-wind/timeline", as_of=AS_OF)
    timeline = steppe.timeline("kz-masdar-wind", as_of=AS_OF)
    assert timeline.event.tolist() == [entry["event"] for entry in entries]
    assert [str(day.date()) for day in timeline.occurred_latest] == [entry["occurred"]["latest"] for entry in entries]
    assert timeline.attrs["project"] == "kz-masdar-wind"
    assert timeline.attrs["flag_changes"]


def test_single_things_have_fields_and_days(api: Service, steppe: Client[pandas.DataFrame]) -> None:
    with httpx.Client(base_url=api.address, timeout=30) as plain:
        shown_project = plain.get("/v1/projects/kz-masdar-wind", params={"as_of": AS_OF}).json()
    project = steppe.project("kz-masdar-wind", as_of=AS_OF)
    assert project.level == shown_project["level"]
    assert project.as_of == date(2026, 11, 1)
    assert isinstance(project.known_at, datetime)
    assert [deal.deal for deal in project.deals] == [deal["deal"] for deal in shown_project["deals"]]
    assert project.memorandum_since == (
        shown_project["memorandum_since"] and date.fromisoformat(shown_project["memorandum_since"])
    )
    assert project.explanation.stands == shown_project["explanation"]["stands"]
    assert sum(steppe.portfolio(as_of=AS_OF).by_level.values()) == len(steppe.projects(as_of=AS_OF))
    assert steppe.scorecard("cop27-2022-11", as_of=AS_OF).forum == "cop27-2022-11"
    papers = steppe.conversion(as_of=AS_OF, by="sector", from_=date(2015, 1, 1), include=["deals"]).deals
    assert papers and min(paper.signed_on for paper in papers) >= date(2015, 1, 1)
    assert len(papers) < steppe.conversion(as_of=AS_OF).total.deals
    event = steppe.timeline("kz-masdar-wind", as_of=AS_OF).event[0]
    assert steppe.trace(event).items[0].event == event
    assert steppe.rules().items[0].version
    assert sum(partition.quarantined for partition in steppe.status().partitions) >= 0


def test_what_if_and_back_tests_are_asked_with_bodies(steppe: Client[pandas.DataFrame]) -> None:
    tried = steppe.what_if(what_if_request.EXAMPLE, as_of=AS_OF)
    assert [project.project for project in tried.projects] == ["kz-masdar-wind"]
    assert tried.projects[0].changes
    tested = steppe.backtest({
        "rules": {"values": {"memorandum-only.stagnant": 18}}, "project": ["kz-masdar-wind"], "to": date(2026, 11, 1),
    })  # fmt: skip
    assert tested.changed["memorandum-only.stagnant"].tried == 18
    assert tested.items


def test_a_refusal_names_the_parameter_the_reason_and_what_may_have_been_meant(
    steppe: Client[pandas.DataFrame],
) -> None:
    with pytest.raises(Refusal, match=r"400 Invalid parameter \(severity\)") as refused:
        steppe.flags(severity="stagnent")  # type: ignore[arg-type]
    assert (refused.value.status, refused.value.type, refused.value.parameter) == (400, "bad-parameter", "severity")
    with pytest.raises(Refusal) as refused:
        steppe.project("kz-masdar-winds")
    assert refused.value.type == "not-found"
    assert "kz-masdar-wind" in refused.value.suggestions
    with pytest.raises(Refusal) as refused:
        steppe.what_if([{"source": "/desk", "type": "steppe.equity.agreed.v1", "subject": "a", "data": {}}])
    assert refused.value.errors[0][0].startswith("/")
    assert refused.value.errors[0][1] in str(refused.value)


def test_an_export_is_a_whole_file_and_a_refused_one_leaves_none(
    api: Service, steppe: Client[pandas.DataFrame], tmp_path: Path
) -> None:
    path = steppe.export(tmp_path / "events.ndjson", format="events", country="UZ", known_at="2026-11-29")
    lines = httpx.get(
        f"{api.address}/v1/export?format=events&country=UZ&known_at=2026-11-29", timeout=30
    ).text.splitlines()
    assert path.read_text(encoding="utf-8").splitlines() == lines
    assert len(lines) > 20
    with pytest.raises(Refusal, match="country"):
        steppe.export(tmp_path / "none.xml", format="iati", country="Kazakhstan")
    assert [file.name for file in tmp_path.iterdir()] == ["events.ndjson"]


class Gateway:
    """Stands before the API, refuses as often as it is told to, and then lets through."""

    def __init__(self, behind: str, *refusals: tuple[int, dict[str, str]] | None) -> None:
        self.asked_at: list[float] = []
        left = list(refusals)
        gateway = self

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                gateway.asked_at.append(time.monotonic())
                refusal = left.pop(0) if left else (200, {})
                if refusal is None:
                    return  # hangs up without a word
                status, headers = refusal
                body = httpx.get(behind + self.path, timeout=30).content if status == 200 else b"<h1>Sorry</h1>"
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Gateway:
        Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_what_may_pass_is_tried_again_after_the_time_that_the_answer_names(api: Service) -> None:
    with Gateway(api.address, (503, {"retry-after": "1"}), (429, {"retry-after": "0"}), (502, {}), None) as gateway:
        flags = steppe_client.connect(gateway.address, patience=30).flags(as_of=AS_OF, country="UZ")
        assert len(flags) == len(items(api, "/v1/flags", as_of=AS_OF, country="UZ"))
        assert len(gateway.asked_at) == 5
        assert gateway.asked_at[1] - gateway.asked_at[0] >= 1


def test_what_does_not_pass_within_the_patience_is_raised_at_once(api: Service) -> None:
    with Gateway(api.address, (503, {"retry-after": "600"})) as gateway:
        with pytest.raises(Refusal, match="503"):
            steppe_client.connect(gateway.address, patience=30).flags()
        assert len(gateway.asked_at) == 1


def test_nobody_there_and_somebody_else_there_are_said(api: Service) -> None:
    with pytest.raises(UnreachableError, match="does not answer"):
        steppe_client.connect("http://127.0.0.1:9", patience=0.2).flags()
    with pytest.raises(UnreachableError, match="is no address"):
        steppe_client.connect("localhost:8000").flags()
    with pytest.raises(ForeignAnswerError, match="is it a Steppe API"):
        steppe_client.connect(f"{api.address}/docs?", patience=1).flags()


def test_a_key_is_shown_and_its_limit_is_a_refusal_that_says_how_long(
    start: Callable[..., Service], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, text = key_file.make("desk", [READ], datetime.now(UTC), requests_a_minute=2)
    key_file.write(tmp_path / "keys.json", [key])
    service = start("api", STEPPE_AUTH="keys", STEPPE_KEYS=str(tmp_path / "keys.json"))
    monkeypatch.delenv("STEPPE_KEY", raising=False)
    with pytest.raises(Refusal) as refused:
        steppe_client.connect(service.address).rules()
    assert refused.value.type == "unauthenticated"
    monkeypatch.setenv("STEPPE_API", service.address)
    monkeypatch.setenv("STEPPE_KEY", text)
    asking = steppe_client.connect(patience=0.5)
    assert asking.rules().items
    assert asking.rules().items
    with pytest.raises(Refusal) as refused:
        asking.rules()
    assert refused.value.type == "too-many-requests"
    assert (refused.value.retry_after or 0) > 0.5
