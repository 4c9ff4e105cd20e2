"""The page in a real browser, on real events: every page opens, is accessible, shows what the API answers, and works by keyboard."""

from __future__ import annotations

import csv
import html
import io
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import duckdb
import httpx
import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from steppe.page.i18n import LANGUAGES
from tests.page.conftest import ARTEFACTS, Visit

PROJECT = "/projects/north-katpar-upper-kairakty"
PAGES = {
    "portfolio": "/",
    "portfolio-all": "/?headline=all&country=KZ",
    "project": PROJECT,
    "project-then": f"{PROJECT}?as_of=2021-12-31&known_at=2021-12-31",
    "flags": "/flags",
    "markets": "/markets",
    "market": "/markets/KZ/uranium",
    "party": "/parties/jbic",
    "forums": "/forums",
    "pledges": "/pledges",
    "forum": "/forums/abe-central-asia-2015-10?beside=koizumi-central-asia-2006-08",
    "conversion": "/conversion",
    "money": "/money",
    "money-embedded": "/embed/aid-ranks",
    "conversion-embedded": "/embed/conversion?by=year",
    "supply": "/supply",
    "value-chain": "/value-chain",
    "lifecycle": "/lifecycle",
    "map": "/map",
    "status": "/status",
    "nothing": "/projects/no-such-project",
}
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# The theme changes colours and nothing else.
_CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
_RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_opens_without_console_errors_and_is_accessible(browser: Browser, address: str, scheme: Any) -> None:
    context = browser.new_context(base_url=address, color_scheme=scheme, viewport={"width": 1440, "height": 900})
    visit = Visit(context)
    for name, path in PAGES.items():
        answer = visit.page.goto(path)
        assert answer is not None
        assert answer.status == (404 if name == "nothing" else 200)
        assert "'unsafe-inline'" not in answer.headers["content-security-policy"]
        report = Axe().run(visit.page, options=_RULES if scheme == "light" else _CONTRAST)
        assert report.violations_count == 0, f"{name}: {report.generate_report()}"
        assert [error for error in visit.console_errors if "404" not in error or name != "nothing"] == [], name
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_overflows_at_any_width_and_at_twice_the_size(browser: Browser, address: str, language: str) -> None:
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page = browser.new_context(base_url=address).new_page()
    for name, path in PAGES.items():
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        for width in (1440, 768, 375):
            page.set_viewport_size({"width": width, "height": 900})
            _fits(page, f"{name} in {language}")
            for scheme in _SCHEMES if language == "en" else _SCHEMES[:1]:
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=ARTEFACTS / f"{name}-{language}-{width}-{scheme}.png")
            # What a browser does at 200% is to lay out for half as many pixels.
            page.set_viewport_size({"width": max(width // 2, 320), "height": 450})
            _fits(page, f"{name} in {language} at 200%")


def _fits(page: Page, name: str) -> None:
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{name} is {over} pixels too wide"


def test_sentences_are_in_the_readers_language_and_answers_in_english(address: str) -> None:
    explained = httpx.get(f"{address}/v1{PROJECT}").json()
    parties = httpx.get(f"{address}/v1/parties?limit=500").json()["items"]
    names = {party["key"]: party["name"] or party["key"] for party in parties}
    for language, stop in (("en", "."), ("ja", "。"), ("ru", ".")):
        page = html.unescape(httpx.get(f"{address}{PROJECT}?lang={language}").text)
        for answer in (*explained["explanation"].values(), *(deal["sentence"] for deal in explained["deals"])):
            text = re.sub(r"[a-z0-9-]+", lambda key: names.get(key[0], key[0]), answer)
            assert (text in page) == (language == "en"), (language, text)
        told = re.findall(r"<p>(?:<b>)?([^<]+)", page.partition('class="explanation"')[2])[:3]
        assert all(text.endswith(stop) for text in told), told
        for path, words in (("/", "Overtaken: "), ("/flags", "nothing binding"), ("/parties/jbic", "nothing binding")):
            page = httpx.get(f"{address}{path}", params={"lang": language}).text
            assert (words in page) == (language == "en"), (language, path)


def test_filters_are_in_the_address_with_scripts_and_without(visit: Visit, browser: Browser, address: str) -> None:
    visit.page.goto("/?headline=all")
    visit.page.locator("select[name=country]").select_option("UZ")
    visit.page.wait_for_url(re.compile("country=UZ"))
    expect(visit.page.locator("table.list tbody tr").first).to_be_visible()
    assert set(visit.page.locator("table.list tbody tr td:nth-child(4)").all_inner_texts()) == {"Uzbekistan"}
    visit.page.go_back()
    expect(visit.page.locator("select[name=country]")).to_have_value("")

    plain = browser.new_context(base_url=address, java_script_enabled=False)
    page = plain.new_page()
    page.goto("/?headline=all")
    page.locator("select[name=country]").select_option("UZ")
    page.get_by_role("button", name="Apply").click()
    assert parse_qs(urlsplit(page.url).query)["country"] == ["UZ"]
    expect(page.locator("table.list tbody tr").first).to_be_visible()
    assert set(page.locator("table.list tbody tr td:nth-child(4)").all_inner_texts()) == {"Uzbekistan"}
    plain.close()


def test_the_day_is_kept_by_every_link_and_reset_by_today(visit: Visit) -> None:
    page = visit.page
    page.goto("/")
    now = page.locator(".figures data").all_inner_texts()
    page.get_by_label("As of").fill("2015-12-31")
    page.get_by_role("button", name="Go").click()
    expect(page.locator(".as-of")).to_contain_text("31 Dec 2015")
    assert page.locator(".figures data").all_inner_texts() != now
    page.locator("table.list tbody th a").first.click()
    assert "as_of=2015-12-31" in page.url
    page.get_by_role("navigation").get_by_role("link", name="Flags").click()
    assert "as_of=2015-12-31" in page.url
    page.get_by_role("link", name="Today").click()
    assert "as_of" not in page.url
    page.get_by_role("link", name="Portfolio").click()
    expect(page.locator(".figures data").first).to_be_visible()
    assert page.locator(".figures data").all_inner_texts() == now


def test_a_project_is_reached_and_read_by_keyboard_alone(visit: Visit) -> None:
    page = visit.page
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('table.list tbody th a')"):
            break
    project = page.evaluate("document.activeElement.textContent")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "one must see where one is"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(project)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.drawing')"):
            break
    else:
        pytest.fail("the drawing cannot be reached, so it cannot be scrolled")


def test_points_of_the_map_are_links_that_a_keyboard_reaches(visit: Visit) -> None:
    visit.page.goto("/map?country=KZ&commodity=tungsten")
    points = visit.page.locator(".map a")
    assert points.count() > 0
    points.first.focus()
    name = points.first.get_attribute("aria-label")
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text(str(name).split(":")[0])


def test_labels_of_the_map_lie_on_no_other_label_and_on_no_point(visit: Visit) -> None:
    visit.page.goto("/map")
    boxes = visit.page.eval_on_selector_all(
        ".map text.country", "all => all.map(label => [label.textContent, label.getBoundingClientRect().toJSON()])"
    )
    assert {"KZ", "UZ", "KG", "TJ", "TM"} <= {name for name, _ in boxes}
    points = visit.page.eval_on_selector_all(
        ".map circle.point", "all => all.map(circle => circle.getBoundingClientRect().toJSON())"
    )
    assert len(points) > 80
    for name, box in boxes:
        for other, beside in boxes:
            assert name == other or not _meet(box, beside), (name, other)
        covered = [point for point in points if _meet(box, _middle(point))]
        assert covered == [], name


def _meet(one: dict[str, float], two: dict[str, float]) -> bool:
    across = one["left"] < two["right"] and two["left"] < one["right"]
    return across and one["top"] < two["bottom"] and two["top"] < one["bottom"]


def _middle(box: dict[str, float]) -> dict[str, float]:
    x, y = (box["left"] + box["right"]) / 2, (box["top"] + box["bottom"]) / 2
    return {"left": x, "right": x, "top": y, "bottom": y}


def test_no_bar_of_the_timeline_lies_on_the_label_of_a_flag(visit: Visit) -> None:
    labels = 0
    for project in ("north-katpar-upper-kairakty", "galkynysh-gas", "sareco-stepnogorsk", "uz-jbic-uranium-mou"):
        for language in LANGUAGES:
            visit.page.goto(f"/projects/{project}?lang={language}")
            found = visit.page.eval_on_selector_all(
                ".timeline .band-text",
                """all => all.map(text => [text.textContent, text.getBoundingClientRect().toJSON(),
                [...document.querySelectorAll(".timeline .band")].map(bar => bar.getBoundingClientRect().toJSON())])""",
            )
            for name, box, bars in found:
                labels += 1
                # Letters fill less than the box of their line.
                letters = {**box, "top": box["top"] + 3, "bottom": box["bottom"] - 3}
                assert not any(_meet(letters, bar) for bar in bars), (project, language, name)
    assert labels > 10


def test_headers_of_numbers_stand_over_the_edge_that_their_numbers_have(visit: Visit) -> None:
    columns = 0
    for path in PAGES.values():
        visit.page.goto(path)
        edges = visit.page.eval_on_selector_all(
            "main table",
            """all => all.flatMap(table => [...table.tHead?.rows[0]?.cells ?? []].map((header, at) => [
            header.textContent, getComputedStyle(header).textAlign,
            [...new Set([...table.tBodies[0].rows].map(row => getComputedStyle(row.cells[at]).textAlign))]]))""",
        )
        for name, edge, below in edges:
            columns += 1
            assert below in ([edge], []), (path, name)
    visit.console_errors.clear()  # one of the pages is a 404
    assert columns > 30


def test_the_language_is_switched_and_stays(visit: Visit) -> None:
    page = visit.page
    page.goto("/")
    page.get_by_role("link", name="Русский").click()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    expect(page.get_by_role("heading", level=1)).to_have_text("Портфель")
    page.locator("table.list tbody th a").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    page.get_by_role("link", name="日本語").click()
    expect(page.get_by_role("link", name="ポートフォリオ")).to_be_visible()


def test_a_page_is_in_the_language_that_the_browser_accepts(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, locale="ja-JP")
    page = context.new_page()
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    context.close()


def test_what_was_known_then_stands_beside_what_is_known_now(visit: Visit) -> None:
    visit.page.goto(PAGES["project-then"])
    rows = visit.page.locator(".known-then tbody tr").all_inner_texts()
    assert any(re.match(r"level\s+–\s+bound\s+advanced", row) for row in rows), rows


def at(value: Any, path: str) -> Any:
    """What stands at a dotted path of an answer."""
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value and value[part]
    return value


@pytest.mark.parametrize("as_of", ["", "2020-12-31"])
def test_every_number_on_a_page_is_that_of_the_api(visit: Visit, address: str, as_of: str) -> None:
    with httpx.Client(base_url=address, timeout=20) as client:
        for name, path in PAGES.items():
            if name in ("project-then", "status", "nothing"):
                continue
            day = f"{'&' if '?' in path else '?'}as_of={as_of}" if as_of else ""
            visit.page.goto(path + day)
            _shows_what_the_api_answers(visit.page, client)


def _shows_what_the_api_answers(page: Page, client: httpx.Client) -> None:
    numbers = page.eval_on_selector_all(
        "data.n", "all => all.map(data => [data.dataset.api, data.dataset.path, data.value, data.textContent])"
    )
    tables = page.locator("table.list[data-api]").all()
    drawings = page.locator("svg.map, table[data-figure]").count()
    assert numbers or tables or drawings, page.url
    answers: dict[str, Any] = {}
    for api, path, value, shown in numbers:
        if api not in answers:
            answers[api] = client.get(api).raise_for_status().json()
        assert str(at(answers[api], path)) == value == shown.replace(",", ""), (api, path)
    for table in page.locator("table[data-figure]").all():
        _has_the_data_of_the_api(table, client)
    for table in tables:
        items = client.get(str(table.get_attribute("data-api"))).raise_for_status().json()["items"]
        rows = table.evaluate(
            """table => [...table.tBodies[0].rows].map(row => [row.dataset.key, [...row.querySelectorAll("[data-field]")]
            .map(cell => [cell.dataset.field, cell.querySelector("time")?.dateTime ?? cell.textContent])])"""
        )
        assert len(rows) == len(items)
        for (key, cells), item in zip(rows, items, strict=True):
            assert key in _keys_of(item)
            for field, shown in cells:
                value = at(item, field)
                assert shown.replace(",", "") == ("–" if value is None else str(value)), (item, field)


def _has_the_data_of_the_api(table: Locator, client: httpx.Client) -> None:
    """The rows of a drawing's data are those of the answer that it names; shares in percent."""
    answer = client.get(str(table.get_attribute("data-api"))).raise_for_status().json()
    cells = table.evaluate(
        """table => [...table.tBodies[0].rows].flatMap(row => [...row.cells].filter(cell => cell.dataset.field || cell.dataset.share)
        .map(cell => [`${row.dataset.path}.${cell.dataset.field ?? cell.dataset.share}`, !!cell.dataset.share, cell.textContent]))"""
    )
    for path, is_share, shown in cells:
        value = at(answer, path)
        expected = (
            "–" if value is None else f"{100 * Decimal(str(value)):.1f}%" if is_share else str(value).removesuffix(".0")
        )
        assert shown.replace(",", "") == expected, path


def _keys_of(item: dict[str, Any]) -> set[str]:
    return {
        str(item.get("key")),
        str(item.get("event")),
        str(item.get("forum")),
        f"{item.get('country')}/{item.get('commodity')}",
        f"{item.get('project')}|{item.get('deal') or ''}|{item.get('flag')}",
    }


def test_downloaded_files_are_read_back(visit: Visit, address: str, tmp_path: Path) -> None:
    page = visit.page
    page.goto("/?headline=all&country=KZ&as_of=2024-12-31")
    json_address = str(page.get_by_role("link", name="JSON").first.get_attribute("href"))
    whole_list = httpx.URL(address + json_address).copy_set_param("limit", "500")
    answer = httpx.get(whole_list).raise_for_status().json()
    assert answer["next_cursor"] is None and len(answer["items"]) > 50, "more than the page shows"
    files = {}
    for kind in ("CSV", "XLSX", "PARQUET"):
        with page.expect_download() as download:
            page.get_by_role("link", name=kind).first.click()
        assert download.value.suggested_filename == f"steppe-projects-2024-12-31.{kind.lower()}"
        files[kind] = tmp_path / download.value.suggested_filename
        download.value.save_as(files[kind])
    keys = [item["key"] for item in answer["items"]]

    assert files["CSV"].read_bytes()[:3] == b"\xef\xbb\xbf", "without it Excel reads no Cyrillic"
    lines = list(csv.DictReader(io.StringIO(files["CSV"].read_text(encoding="utf-8-sig"))))
    assert [line["key"] for line in lines] == keys
    assert {(line["as_of"], line["log_position"]) for line in lines} == {("2024-12-31", answer["position"])}

    book = openpyxl.load_workbook(files["XLSX"])
    header, *rows = list(book["items"].values)
    assert [row[header.index("key")] for row in rows] == keys
    since = rows[0][header.index("memorandum_since")]
    assert since.date().isoformat() == answer["items"][0]["memorandum_since"], "a day is a day, not a text"
    about = {row[0]: row[1] for row in book["about"].values}
    assert (about["as_of"], about["position"]) == ("2024-12-31", answer["position"])
    assert all(cell.data_type != "f" for line in book["items"].iter_rows() for cell in line)

    table = duckdb.read_parquet(str(files["PARQUET"]))
    assert [row[0] for row in table.select("key").fetchall()] == keys
    kinds = dict(zip(table.columns, map(str, table.types), strict=True))
    assert (kinds["memorandum_since"], kinds["latitude"], kinds["quarantined"]) == ("DATE", "DOUBLE", "BOOLEAN")
    metadata = duckdb.sql(f"SELECT key, value FROM parquet_kv_metadata('{files['PARQUET']}')")
    assert metadata is not None
    assert (b"as_of", b"2024-12-31") in metadata.fetchall()


def test_a_bad_request_gets_a_page_that_names_the_parameter(visit: Visit) -> None:
    for path, parameter in (
        ("/?as_of=yesterday", "as_of"),
        ("/flags?colour=red", "colour"),
        ("/markets/KZ/uraniun", "uranium"),
    ):
        visit.page.goto(path)
        assert parameter in visit.page.locator("main").inner_text()
    visit.console_errors.clear()  # the browser logs refused requests, too


def test_quarantined_bytes_are_shown_and_run_no_script(visit: Visit) -> None:
    visit.page.goto("/status")
    record = visit.page.locator("details.record")
    assert record.count() == 1
    record.locator("summary").click()
    assert record.locator("pre").inner_text() == b"\xff\xfe no event <script>alert(1)</script>".hex()


def test_the_first_and_the_last_day_that_may_be_asked_have_their_pages(address: str) -> None:
    for path in ("/", "/flags", PROJECT, "/map"):
        for day in ("0001-01-01", "9999-12-30"):
            answer = httpx.get(f"{address}{path}?as_of={day}", timeout=20)
            there = path != PROJECT or day > "2000"  # before its first event there is no such project
            assert answer.status_code == (200 if there else 404), (path, day, answer.text)


def test_the_feed_is_atom(address: str) -> None:
    answer = httpx.get(f"{address}/flags.atom").raise_for_status()
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.text)
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    assert feed.find("{http://www.w3.org/2005/Atom}updated") is not None


def test_every_page_is_below_a_hundred_kilobytes(address: str) -> None:
    for name, path in PAGES.items():
        assert len(httpx.get(address + path).content) < 100_000, name


def test_a_page_prints_without_what_is_for_the_screen(visit: Visit) -> None:
    visit.page.goto(PROJECT)
    visit.page.emulate_media(media="print")
    expect(visit.page.locator("header")).to_be_hidden()
    expect(visit.page.locator("svg.timeline")).to_be_visible()
