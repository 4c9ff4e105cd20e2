"""The entry form in a real browser, with the API, the projector and the log behind it."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from steppe.cli.commands.migrate import ensure_topic
from steppe.contracts.topics import DEALS
from steppe.page.i18n import LANGUAGES
from steppe.standalone.places import LOOPBACK, free_port
from tests.central_asia import EVENTS
from tests.conftest import clone_database, drop_database
from tests.page.conftest import ARTEFACTS, Visit, chromium
from tests.services.ingest.entry_client import EntryClient
from tests.stack import PARTITIONS, Stack, database_of, start_service

_KATPAR = "north-katpar-upper-kairakty"
_TERM_SHEET = f"{_KATPAR}-2025-11-06-termsheet"
_SUBJECTS = (
    _KATPAR,
    "party:cove-capital",
    "party:tau-ken-samruk",
    "party:xiamen-tungsten",
    "party:us-exim",
    "party:us-dfc",
)
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}


@dataclass(frozen=True, slots=True)
class Desk:
    """The services of one test: where the form is, and where the page."""

    ingest: str
    api: str


@pytest.fixture(scope="module")
def desk(stack: Stack, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The log holds what is known of Northern Katpar and its parties, but the term sheet of its joint venture."""
    topic = f"{DEALS.name}.{uuid.uuid4().hex[:12]}"
    name = f"steppe_desk_{uuid.uuid4().hex[:12]}"
    asyncio.run(ensure_topic(stack.kafka, DEALS, PARTITIONS, name=topic))
    asyncio.run(clone_database(stack, template, name, topic))
    database, folder = database_of(stack.database, name), tmp_path_factory.mktemp("desk")
    shared = {"STEPPE_KAFKA": stack.kafka, "STEPPE_TOPIC": topic}
    ports = {name: str(free_port(0)) for name in ("ingest", "api")}
    running = Desk(*(f"http://{LOOPBACK}:{ports[name]}" for name in ("ingest", "api")))
    own = {
        "ingest": {"STEPPE_API": running.api, "STEPPE_INGEST_PORT": ports["ingest"]},
        "api": {"STEPPE_DATABASE": database.api, "STEPPE_ENTRY_URL": running.ingest, "STEPPE_API_PORT": ports["api"]},
        "projector": {
            "STEPPE_DATABASE": database.projector, "STEPPE_PROJECTOR_GROUP": topic, "STEPPE_PROJECTOR_ANNOUNCE": "off",
        },
    }  # fmt: skip
    services = [start_service(name, {**shared, **settings}, folder) for name, settings in own.items()]
    _send_what_is_known(running)
    yield running
    for service in services:
        service.stop()
    asyncio.run(drop_database(stack, name))


def _send_what_is_known(desk: Desk) -> None:
    events = [json.loads(line) for line in EVENTS.read_text(encoding="utf-8").splitlines()]
    earlier_events = [event for event in events if event["subject"] in _SUBJECTS and event["id"] != _TERM_SHEET]
    content = "".join(f"{json.dumps(event)}\n" for event in earlier_events).encode()
    headers = {"content-type": "application/x-ndjson"}
    sent = httpx.post(f"{desk.ingest}/v1/events", content=content, headers=headers, timeout=60)
    reached = httpx.get(
        f"{desk.api}/v1/projects/{_KATPAR}",
        params={"min_position": sent.json()["position"]}, headers={"prefer": "wait=30"}, timeout=60,
    )  # fmt: skip
    assert reached.status_code == 200, reached.text


@pytest.fixture
def visit(desk: Desk) -> Iterator[Visit]:
    """A page of the form at a desk; what is refused is answered with 403 or 422, which is no error of the page."""
    with chromium() as browser:
        context = browser.new_context(base_url=desk.ingest, viewport={"width": 1440, "height": 900})
        opened = Visit(context)
        yield opened
        context.close()
    assert [error for error in opened.console_errors if not re.search("403|422", error)] == []


def is_accessible(page: Page, name: str) -> None:
    """By the rules of WCAG 2.2 AA, in both themes; the theme is looked at in one language."""
    for scheme in _SCHEMES if page.locator("html[lang=en]").count() else _SCHEMES[:1]:
        page.emulate_media(color_scheme=scheme)
        report = Axe().run(page, options=_AXE)
        assert report.violations_count == 0, f"{name} in {scheme}: {report.generate_report()}"
    page.emulate_media(color_scheme="light")


def fits(page: Page, name: str) -> None:
    """At every width; the pictures are left for people to look at."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    for width in (1440, 375):
        page.set_viewport_size({"width": width, "height": 900})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{name} is {over} pixels too wide at {width}"
        page.screenshot(path=ARTEFACTS / f"entry-{name}-{width}.png", full_page=True)


def press(page: Page, button: str) -> None:
    """Press a button of the form's end."""
    page.locator(".actions").get_by_role("button", name=button).click()


def test_the_form_is_accessible_and_fits_in_every_language(visit: Visit) -> None:
    page = visit.page
    for language in LANGUAGES:
        pages = {"choose": "/?q=project", "register": "/?event=project.registered", "article": "/article?"}
        for name, path in pages.items():
            page.goto(f"{path}&lang={language}")
            is_accessible(page, f"{name} in {language}")
            fits(page, f"{name}-{language}")
        page.goto(
            f"/?event=memorandum.signed&lang={language}&subject=katpar&data.occurred=03/04/2019&data.parties.0.party=cove"
        )
        page.locator(".actions button").click()
        expect(page.locator(".error-summary")).to_be_visible()
        is_accessible(page, f"refused in {language}")
        fits(page, f"refused-{language}")
        page.goto(
            f"/?event=review.confirmed&lang={language}&subject=north-katpar-uper-kairakty&data.occurred=2024-05-03"
        )
        page.locator(".actions button").click()
        expect(page.locator("fieldset.warning")).to_be_visible()
        is_accessible(page, f"question in {language}")
        fits(page, f"question-{language}")


def test_what_one_types_is_looked_up_and_read_while_one_types(visit: Visit) -> None:
    page = visit.page
    page.goto("/?event=termsheet.signed")
    page.get_by_label("Project").press_sequentially("katpar")
    expect(page.locator("[id='subject-keys'] option")).to_have_attribute("value", _KATPAR)
    page.get_by_label("When it happened").fill("around March 2019")
    page.get_by_label("When it happened").blur()
    expect(page.get_by_text("Will be read as 2019-03~.")).to_be_visible()
    page.get_by_role("button", name="日本語").click()
    expect(page.get_by_label("起きた時期")).to_have_value("2019-03~")


def test_a_form_on_another_site_is_refused(visit: Visit, desk: Desk) -> None:
    page = visit.page
    page.goto("/")
    token = next(one["value"] for one in page.context.cookies() if one["name"] == "steppe-form")
    # It even knows the token.
    forged = f'''<form method="post" action="{desk.ingest}/send"><input name="form_token" value="{token}">
        <input name="event" value="review.confirmed"><input name="subject" value="{_KATPAR}"><button>Win a prize</button></form>'''
    page.route("http://elsewhere.example/**", lambda route: route.fulfill(body=forged, content_type="text/html"))
    page.goto("http://elsewhere.example/")
    with page.expect_response(f"{desk.ingest}/send") as answer:
        page.get_by_role("button").click()
    assert answer.value.status == 403


_TERMS = {
    "occurred": "6 November 2025",
    "instrument": "heads",
    "parties.0.party": "cove-capital",
    "parties.0.role": "investor",
    "parties.0.stake_percent": "67",
    "parties.1.party": "tau-ken-samruk",
    "parties.1.role": "host",
    "parties.1.stake_percent": "30",
    "deal": "cove-capital",
    "amount.value": "1 100 000 000",
    "amount.currency": "USD",
    "amount.of": "project-cost",
    "amount.basis": "stated",
    "reported": "2025-11-06",
    "evidence.0.url": "https://aijourn.com/u-s-based-cove-capital-llc-and-kazakhstans-national-mining-company-announce-joint-venture",
    "evidence.0.publisher": "aijourn.com",
    "evidence.0.grade": "company",
}
_CHOICES = ("instrument", "role", "of", "basis", "grade")


def fill_in(page: Page, texts: dict[str, str]) -> None:
    """Type into the form's fields, and choose from its lists."""
    for name, text in texts.items():
        at = page.locator(f"[name='data.{name}']")
        if name.rpartition(".")[2] in _CHOICES:
            at.select_option(text)
        else:
            at.fill(text)


def entry_of(desk: Desk, event: str) -> dict[str, Any]:
    """What the API's timeline says of an event."""
    timeline = httpx.get(f"{desk.api}/v1/projects/{_KATPAR}/timeline", params={"limit": 500}).json()
    return next(entry for entry in timeline["items"] if entry["event"] == event)


def test_an_analyst_enters_a_term_sheet_corrects_the_stake_and_takes_it_back(visit: Visit, desk: Desk) -> None:
    page = visit.page
    page.goto(f"{desk.api}/projects/{_KATPAR}")
    page.get_by_role("link", name="Enter an event of this project").click()
    page.get_by_role("searchbox").fill("term sheet")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Termsheet signed").click()
    expect(page.get_by_label("Project")).to_have_value(_KATPAR)
    fill_in(page, _TERMS)
    press(page, "Preview")
    judged = page.get_by_role("region", name="What it would do")
    expect(judged).to_contain_text("cove-capital")
    expect(page.locator("dl.told")).to_contain_text("Tau-Ken Samruk")
    is_accessible(page, "preview")
    fits(page, "preview")
    press(page, "Send")
    event = page.locator("main code").inner_text()
    page.get_by_role("link", name="See it in the project").click()
    row = page.locator(f"tr[data-key='{event}']")
    expect(row).to_contain_text("termsheet.signed")
    is_accessible(page, "project")
    fits(page, "project")
    assert entry_of(desk, event)["data"]["amount"]["value"] == "1100000000"

    row.get_by_role("link", name="Correct").click()
    expect(page.locator("[name='data.parties.0.stake_percent']")).to_have_value("67")
    is_accessible(page, "correct")
    page.locator("[name='data.parties.0.stake_percent']").fill("70")
    page.get_by_label("Reason").fill("The statement says 70%.")
    press(page, "Preview")
    changed = page.get_by_role("region", name="What changes")
    expect(changed).to_contain_text("investor, 67%")
    expect(changed).to_contain_text("investor, 70%")
    is_accessible(page, "correct-preview")
    fits(page, "correct-preview")
    press(page, "Send")
    page.get_by_role("link", name="See it in the project").click()
    expect(row.locator(".correction")).to_contain_text("The statement says 70%.")
    assert entry_of(desk, event)["parties"][0]["stake_percent"] == 70

    row.get_by_role("link", name="Retract").click()
    expect(page.locator("dl.told")).to_contain_text("investor, 70%")
    page.get_by_label("Reason").fill("No such paper was signed.")
    press(page, "Preview")
    is_accessible(page, "retract-preview")
    press(page, "Send")
    page.get_by_role("link", name="See it in the project").click()
    expect(page.locator(f"tr.retracted[data-key='{event}']")).to_be_visible()
    retracted_entry = entry_of(desk, event)
    assert (retracted_entry["state"], [change["field"] for change in retracted_entry["corrections"]]) == (
        "retracted",
        ["parties"],
    )
    expect(row.get_by_role("link", name="Retract")).to_have_count(0)


def test_the_same_way_is_gone_without_scripts(desk: Desk) -> None:
    entry = EntryClient(desk.api)
    entry.open(f"/projects/{_KATPAR}")
    entry.follow("Enter an event of this project")
    entry.follow("Equity agreed")
    entry.press(
        "Preview", occurred="March 2026", parties__0__party="Cove", parties__0__role="investor", deal="second-entry", stake_percent="60",
    )  # fmt: skip
    assert entry.status == 422
    entry.press("Cove Capital LLC / Cove Kaz Capital Group cove-capital")
    assert entry.status == 200
    assert "second-entry Level – partly-bound" in entry.text, entry.text
    entry.press("日本語")
    assert "second-entry" in entry.text
    entry.press("English")
    entry.press("Send")
    event = entry.page.xpath("//main//code")[0].text
    entry.follow("See it in the project")
    entry.open(_link(entry, event, "Reclassify"))
    entry.follow("Termsheet signed")
    entry.press("Preview", instrument="term-sheet", own_reason="Nothing bound anybody.")
    assert "second-entry Level partly-bound advanced" in entry.text
    entry.press("Send")
    entry.follow("See it in the project")
    assert entry_of(desk, event)["name"] == "termsheet.signed"
    entry.open(_link(entry, event, "Correct"))
    entry.press("Preview", occurred="2026-03-10", note="Read again.")
    assert "When it happened 2026-03 2026-03-10" in entry.text
    entry.press("Send")
    entry.follow("See it in the project")
    entry.open(_link(entry, event, "Retract"))
    entry.press("Preview", own_reason="Entered twice.")
    entry.press("Send")
    entry.follow("See it in the project")
    retracted_entry = entry_of(desk, event)
    assert retracted_entry["state"] == "retracted"
    assert [change["field"] for change in retracted_entry["corrections"]] == ["name", "instrument", "note", "occurred"]
    entry.close()


def _link(entry: EntryClient, event: str, words: str) -> str:
    row = entry.page.xpath(f"//tr[@data-key='{event}']")[0]
    return str(next(link for link in row.iter("a") if link.text == words).get("href"))


def test_a_name_near_to_a_registered_one_is_asked_for_and_never_put_in_its_place(desk: Desk) -> None:
    entry = EntryClient(desk.ingest)
    entry.open("/", event="memorandum.signed", subject=_KATPAR)
    entry.press(
        "Preview", occurred="2024-05-02", instrument="mou", parties__0__party="tau-ken-samruc", parties__0__role="host",
        parties__1__party="nobody-like-it", parties__1__role="investor",
    )  # fmt: skip
    assert "“tau-ken-samruc” is new here. Did you mean one of these?" in entry.text
    assert "Tau-Ken Samruk" in entry.text
    assert "because 93% of “tau-ken-samruk” is the same" in entry.text, entry.text
    entry.press("Send")
    assert (entry.status, "Nothing was sent: say of each name" in entry.text) == (422, True)
    entry.press("Send", new="data.parties.1.party=nobody-like-it")
    assert entry.status == 422
    entry.press("Send", new="data.parties.0.party=tau-ken-samruc")
    event = entry.page.xpath("//main//code")[0].text
    assert entry.text.startswith("Sent")
    entry.follow("See it in the project")
    assert [party["party"] for party in entry_of(desk, event)["parties"]] == ["tau-ken-samruc", "nobody-like-it"]
    entry.close()


def test_the_registered_name_takes_the_place_of_what_was_typed_when_somebody_says_so(desk: Desk) -> None:
    entry = EntryClient(desk.ingest)
    entry.open("/", event="review.confirmed")
    entry.press("Preview", occurred="2024-05-03", subject="north-katpar-uper-kairakty")
    entry.press("Send")
    assert entry.status == 422
    (button,) = [one.text_content() for one in entry.page.xpath("//fieldset[@class='warning']//button")]
    entry.press(" ".join(button.split()))
    assert "Did you mean" not in entry.text
    entry.press("Send")
    assert entry.text.startswith("Sent")
    entry.close()


def test_a_registration_is_compared_by_name_country_place_and_ids_with_those_that_there_are(desk: Desk) -> None:
    known = httpx.get(f"{desk.api}/v1/projects/{_KATPAR}").json()
    entry = EntryClient(desk.ingest)
    fields = {"sector": "mining", "kind": "deposit", "commodities": "tungsten", "reported": "2026-01-05"}
    for name, country, asks in (
        (known["name"], "KZ", True),
        (known["name"], "MN", False),
        ("Balkhash copper", "KZ", False),
    ):
        entry.open("/", event="project.registered")
        entry.press("Preview", subject="another-key", name=name, country=country, **fields)
        assert (entry.status, entry.errors()) == (200, {})
        assert (f"because 100% of “{known['name']}” is the same" in entry.text) is asks, name
    entry.open("/", event="project.registered")
    entry.press("Preview", subject=_KATPAR, name="Balkhash copper", country="KZ", **fields)
    assert f"The key “{_KATPAR}” is that of “{known['name']}”" in entry.text
    entry.press("Send")
    assert entry.status == 422
    entry.close()


def _row(entry: EntryClient, table: str, label: str) -> list[str]:
    """The cells of a row of a table, by its caption and label."""
    (row,) = entry.page.xpath(f"//table[caption='{table}']//tr[th='{label}']")
    return [" ".join(cell.text_content().split()) for cell in row.iter("td")]


def test_a_correction_of_a_party_shows_what_the_event_said_and_what_is_registered(desk: Desk) -> None:
    entry = EntryClient(desk.ingest)
    entry.open("/", mode="correct", subject="party:us-exim", target="/examples/central-asia#party-us-exim")
    name = entry.value("data.name")
    assert name == httpx.get(f"{desk.api}/v1/parties/us-exim").json()["name"]
    entry.press("Preview", name="EXIM", own_reason="As it calls itself.")
    assert _row(entry, "What changes", "Name") == [name, "EXIM"]
    assert _row(entry, "What is registered", "Name") == [name, "EXIM"]
    entry.press("Send")
    position = entry.address.params["position"]
    party = httpx.get(
        f"{desk.api}/v1/parties/us-exim", params={"min_position": position}, headers={"prefer": "wait=30"}, timeout=60
    )
    assert party.json()["name"] == "EXIM"
    entry.open("/", mode="retract", subject="party:us-exim", target="/examples/central-asia#party-us-exim")
    entry.press("Preview")
    assert _row(entry, "What is registered", "Name") == ["EXIM", name]
    assert "without earlier corrections" in entry.text
    entry.close()


def test_a_forum_is_entered_and_corrected_beside_what_is_registered(desk: Desk) -> None:
    entry = EntryClient(desk.ingest)
    entry.open("/", event="forum.held")
    entry.press(
        "Preview", occurred="2025-11-06", forum="c5-1", name="C5+1 summit", place="Washington", reported="2025-11-07"
    )
    assert _row(entry, "What is registered", "Place") == ["–", "Washington"]
    entry.press("Send")
    params = {"min_position": entry.address.params["position"]}
    httpx.get(f"{desk.api}/v1/forums", params=params, headers={"prefer": "wait=30"}, timeout=60).raise_for_status()
    entry.follow("Correct")
    assert entry.value("data.place") == "Washington"
    entry.press("Preview", place="Washington, DC")
    assert _row(entry, "What is registered", "Place") == ["Washington", "Washington, DC"]
    entry.close()


def test_an_article_proposes_registered_parties_and_the_project_and_a_person_says_their_roles(desk: Desk) -> None:
    name = httpx.get(f"{desk.api}/v1/projects/{_KATPAR}").json()["name"]
    entry = EntryClient(desk.ingest)
    entry.open("/article")
    entry.press(
        "Read it",
        url="https://news.example/a",
        grade="press",
        pasted=f"News of {name}.\nXiamen Tungsten and a cove signed an MoU on 2 May 2024. Nobody else did.",
    )
    assert f"Project: {name} {_KATPAR} News of {name}." in entry.text
    assert "Party: Xiamen Tungsten xiamen-tungsten" in entry.text
    entry.follow("Memorandum signed")
    assert entry.value("subject") == _KATPAR
    assert (entry.value("data.parties.0.party"), entry.value("data.parties.0.role")) == ("xiamen-tungsten", "")
    entry.press("Preview")
    assert "data.parties.0.role" in entry.errors()
    entry.press("Preview", parties__0__role="investor")
    assert (entry.status, entry.errors()) == (200, {})
    entry.close()
