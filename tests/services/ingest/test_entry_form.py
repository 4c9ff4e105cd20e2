"""The entry form without scripts, over real HTTP with a real broker: entered, looked at, sent; refused where it must be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.ingest.entry.event_search import find_events
from services.ingest.entry.form_texts import FormTexts, data_of, fields_of, texts_of
from steppe.access import key_file
from steppe.access.callers import EVENTS_WRITE, READ
from steppe.domain.events.vocabulary import EVENT_KINDS, VOCABULARY, name_of_type
from tests.services.ingest.entry_client import EntryClient
from tests.services.ingest.ingest_client import IngestClient, logged
from tests.stack import Service, Stack, start_service

_EXAMPLES = Path(__file__).parents[3] / "steppe" / "contracts" / "examples"
Client = Callable[..., EntryClient]


@pytest.fixture
def ingest(stack: Stack, topic: str, tmp_path: Path) -> Iterator[Service]:
    service = start_service("ingest", {"STEPPE_KAFKA": stack.kafka, "STEPPE_TOPIC": topic}, tmp_path)
    yield service
    service.stop()


@pytest.fixture
def entry(ingest: Service) -> Iterator[EntryClient]:
    client = EntryClient(ingest.address)
    yield client
    client.close()


def fill_in(entry: EntryClient, button: str = "Preview", **texts: str) -> None:
    """A memorandum of the form, unless `texts` make it otherwise."""
    entry.open("/", event="memorandum.signed")
    usual = {
        "subject": "north-katpar",
        "occurred": "around March 2019",
        "instrument": "mou",
        "parties__0__party": "alpha",
        "parties__0__role": "investor",
    }
    entry.press(button, **(usual | texts))


async def test_an_event_is_chosen_filled_in_looked_at_and_sent(entry: EntryClient, stack: Stack, topic: str) -> None:
    entry.open("/", q="MoU")
    entry.follow("Memorandum signed")
    fill_in(
        entry,
        amount__value="40 200 000,50", amount__currency="usd", amount__semantics="total", evidence__0__url="https://example.org/a",
        evidence__0__grade="press",
    )  # fmt: skip
    assert entry.status == 200
    assert "2019-03~" in entry.text
    assert "around March 2019" in entry.text
    assert await logged(stack.kafka, topic) == []
    entry.press("Send")
    assert entry.text.startswith("Sent")
    (record,) = await logged(stack.kafka, topic)
    assert record.key == b"north-katpar"
    assert {name: record.event[name] for name in ("source", "type", "data")} == {
        "source": "/entry",
        "type": "steppe.memorandum.signed.v1",
        "data": {
            "occurred": "2019-03~",
            "instrument": "mou",
            "parties": [{"party": "alpha", "role": "investor"}],
            "amount": {"value": "40200000.50", "currency": "USD", "semantics": "total"},
            "evidence": [{"url": "https://example.org/a", "grade": "press"}],
        },
    }


async def test_sending_the_same_twice_adds_nothing_and_says_so(entry: EntryClient, stack: Stack, topic: str) -> None:
    for words in ("Sent", "It was in the log already"):
        fill_in(entry)
        entry.press("Send")
        assert entry.text.startswith(words)
    assert len(await logged(stack.kafka, topic)) == 1


async def test_what_is_wrong_is_said_at_its_field_in_the_words_of_the_door_for_programs(
    entry: EntryClient, ingest: Service, stack: Stack, topic: str
) -> None:
    fill_in(entry, subject="North Katpar", parties__0__role="", parties__1__party="beta", parties__1__role="host", instrument="",
            occurred="soon", amount__value="many", amount__currency="dollars")  # fmt: skip
    assert entry.status == 422
    event = {
        "source": "/entry",
        "type": "steppe.memorandum.signed.v1",
        "subject": "North Katpar",
        "data": {
            "occurred": "soon", "parties": [{"party": "alpha"}, {"party": "beta", "role": "host"}],
            "amount": {"value": "many", "currency": "DOLLARS"},
        },
    }  # fmt: skip
    refusal = IngestClient(ingest.address).post(event).json()["rejected"][0]["errors"]
    expected: dict[str, list[str]] = {}
    for error in refusal:
        expected.setdefault(error["pointer"][1:].replace("/", "."), []).append(error["message"])
    assert set(expected) > {"subject", "data.occurred", "data.parties.0.role", "data.amount.value"}
    assert entry.errors() == {name: "; ".join(messages) for name, messages in expected.items()}
    assert entry.value("data.parties.1.party") == "beta"
    assert await logged(stack.kafka, topic) == []


def test_a_date_that_can_be_read_in_two_ways_is_asked_for(entry: EntryClient) -> None:
    fill_in(entry, occurred="03/04/2019")
    assert entry.status == 422
    entry.press("2019-04-03")
    assert (entry.status, entry.errors()) == (200, {})
    assert "2019-04-03" in entry.text


def test_rows_are_added_and_nothing_is_lost(entry: EntryClient) -> None:
    fill_in(entry, "One more: Parties", parties__1__party="beta", parties__1__role="host", note="A note.\nTwo lines.")
    assert entry.value("data.parties.2.party") == ""
    assert (entry.value("data.parties.1.party"), entry.value("data.note")) == ("beta", "A note.\nTwo lines.")
    # An empty row in between does not number the others otherwise.
    entry.press(
        "Preview", parties__1__party="", parties__1__role="", parties__2__party="gamma", parties__2__role="host"
    )
    entry.press("Change something")
    assert entry.value("data.parties.1.party") == "gamma"


def test_without_an_api_the_form_says_so_and_asks_ingest_for_what_is_near(entry: EntryClient) -> None:
    fill_in(entry)
    assert "no API is configured" in entry.text
    entry.press("Send")
    fill_in(entry, subject="north-katpa")
    assert "no API is configured" in entry.text


async def test_without_an_api_an_event_is_corrected_blindly(entry: EntryClient, stack: Stack, topic: str) -> None:
    entry.open("/", mode="correct", subject="party:alpha", target="/desk#m-1")
    entry.follow("Party registered")
    assert "cannot be looked up" in entry.text
    entry.press("Preview")
    assert (entry.status, "changes is empty" in entry.text) == (422, True)
    entry.press("Preview", home_country="Japan", own_reason="It moved.")
    entry.press("Send")
    (record,) = await logged(stack.kafka, topic)
    assert record.event["type"] == "steppe.event.corrected.v1"
    assert record.event["data"] == {
        "target": {"source": "/desk", "id": "m-1"},
        "changes": {"home_country": "JP"},
        "reason": "It moved.",
    }


def test_the_form_speaks_the_readers_language(entry: EntryClient) -> None:
    for language, words in (("ru", "Когда произошло"), ("ja", "起きた時期")):
        entry.open("/", event="loan.signed", lang=language)
        assert "When it happened" not in entry.text
        assert words in entry.text
        assert entry.page.get("lang") == language


def _forge(ingest: Service, **headers: str) -> httpx.Response:
    """What another site's form would make a browser send: no cookie of ours comes along, or not its token."""
    texts = {"event": "review.confirmed", "subject": "north-katpar", "form_token": "x" * 32}
    return httpx.post(f"{ingest.address}/send", data=texts, headers=headers)


_FORGED: tuple[dict[str, str], ...] = (
    {},
    {"cookie": f"steppe-form={'x' * 32}", "sec-fetch-site": "cross-site"},
    {"cookie": f"steppe-form={'x' * 32}", "sec-fetch-site": "same-site"},
    {"cookie": f"steppe-form={'x' * 32}", "origin": "https://elsewhere.example"},
    {"cookie": f"steppe-form={'x' * 32}", "origin": "null"},
    {"cookie": f"steppe-form={'y' * 32}", "sec-fetch-site": "same-origin"},
    {"cookie": "steppe-form="},
)


async def test_a_form_that_another_site_made_is_refused_and_the_same_from_here_is_taken(
    ingest: Service, stack: Stack, topic: str
) -> None:
    for headers in _FORGED:
        answer = _forge(ingest, **headers)
        assert answer.status_code == 403, headers
        assert "nothing was done" in answer.text
    assert await logged(stack.kafka, topic) == []
    answer = _forge(ingest, **{"cookie": f"steppe-form={'x' * 32}", "sec-fetch-site": "same-origin"})
    assert answer.status_code == 303


def test_the_cookie_is_kept_from_scripts_and_other_sites(ingest: Service) -> None:
    cookie = httpx.get(ingest.address).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax"} <= set(cookie.split("; "))


def test_what_is_no_form_is_refused_as_a_page(ingest: Service, entry: EntryClient) -> None:
    form = "application/x-www-form-urlencoded"
    for content, media_type, status in (
        (b"event=loan.signed", "text/plain", 415),
        (b"event=%ff", form, 400),
        (b"a=1&" * 2_001, form, 400),
        (b"a=" + b"x" * 600_000, form, 413),
    ):
        answer = httpx.post(ingest.address, content=content, headers={"content-type": media_type})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    entry.open("/", event="loan.signed", subjekt="x")
    assert entry.status == 400


def test_a_page_loads_nothing_of_others_and_escapes_what_it_is_given(ingest: Service) -> None:
    answer = httpx.get(ingest.address, params={"event": "loan.signed", "subject": '"><script>alert(1)</script>'})
    assert "<script>alert" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_a_browser_shows_a_key_by_basic_authentication_and_programs_do_not(
    start: Callable[..., Service], tmp_path: Path
) -> None:
    made = [
        key_file.make(name, scopes, datetime.now(UTC))
        for name, scopes in (("desk", [EVENTS_WRITE]), ("reader", [READ]))
    ]
    (_, desk), (_, reader) = made
    key_file.write(tmp_path / "keys.json", [key for key, _ in made])
    ingest = start("ingest", STEPPE_AUTH="keys", STEPPE_KEYS=str(tmp_path / "keys.json"))
    form_page = httpx.get(ingest.address)
    assert form_page.status_code == 401
    assert "Basic" in form_page.headers["www-authenticate"]
    assert httpx.get(f"{ingest.address}/static/steppe.css", auth=("me", desk)).status_code == 200
    answer = httpx.post(f"{ingest.address}/v1/events", json={}, auth=("me", desk))
    assert (answer.status_code, "Basic" in answer.headers["www-authenticate"]) == (401, False)
    entry = EntryClient(ingest.address, auth=("me", reader))
    fill_in(entry)
    assert (entry.status, [one.text_content() for one in entry.page.iter("button")].count("Send")) == (200, 0)
    token = entry.value("form_token")
    assert entry.http.post("/send", data={"form_token": token}).status_code == 403
    entry.http.auth = httpx.BasicAuth("me", desk)
    fill_in(entry)
    entry.press("Send")
    assert entry.text.startswith("Sent")
    entry.close()


def test_when_the_broker_is_away_nothing_that_was_entered_is_lost(tmp_path: Path) -> None:
    settings = {"STEPPE_KAFKA": "127.0.0.1:1", "STEPPE_INGEST_DELIVER_SECONDS_MAX": "1"}
    service = start_service("ingest", settings, tmp_path, wait=False)
    service.child.wait_until(lambda: _listens(service.address), 30)
    entry = EntryClient(service.address)
    fill_in(entry)
    entry.press("Send")
    assert entry.status == 503
    assert "send the same again" in entry.text
    assert entry.value("data.parties.0.party") == "alpha"
    entry.close()
    service.stop()


def _listens(address: str) -> bool:
    try:
        return httpx.get(f"{address}/livez").status_code < 600
    except httpx.TransportError:  # not yet
        return False


def _examples() -> list[dict[str, Any]]:
    events = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(_EXAMPLES.glob("*/*.json"))]
    return [event for event in events if not EVENT_KINDS[name_of_type(event["type"]) or ""].is_correction]


@pytest.mark.parametrize("event", _examples(), ids=lambda event: event["type"])
def test_what_a_form_says_is_the_data_that_it_was_filled_in_with(event: dict[str, Any]) -> None:
    fields = fields_of(name_of_type(event["type"]) or "")
    written_data = {name: value for name, value in event["data"].items() if value != []}
    assert data_of(fields, FormTexts(texts_of(fields, event["data"], "data")), "data") == written_data


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("offtake", "offtake.signed"), ("loan", "loan.signed"), ("MoU", "memorandum.signed"), ("меморандум", "memorandum.signed"),
        ("меморандума", "memorandum.signed"), ("кредит", "loan.signed"), ("覚書", "memorandum.signed"), ("FID", "investment.decided"),
        ("term sheet", "termsheet.signed"), ("licence", "rights.granted"), ("arbitration", "setback.reported"), ("ТЭО", "study.started"),
    ],
)  # fmt: skip
def test_words_of_the_trade_find_the_event(words: str, name: str) -> None:
    assert find_events(words)[0].name == name


def test_words_that_mean_nothing_find_nothing_and_corrections_are_never_found() -> None:
    assert not find_events("zebra")
    assert not any(kind.is_correction for kind in VOCABULARY for kind in find_events(kind.name))
