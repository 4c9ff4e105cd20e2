"""Drawings: scales and labels, colours that the colour-blind tell apart, files that stand for themselves, and who may frame them."""

from __future__ import annotations

import csv
import io
import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from playwright.sync_api import Browser

from services.api.drawing.figure import Column, DataRow, DataTable, Figure, Panel
from services.api.drawing.figure_file import figure_file
from services.api.drawing.figure_image import figure_image
from services.api.drawing.file_styles import file_styles
from services.api.drawing.marks import bar, hatched_bar, label, steps
from services.api.drawing.scales import Categories, Days, Linear, apart
from services.api.drawing.text_layout import shortened, text_width, wrapped
from services.api.page.measures.bar_drawings import pledges_panel
from services.api.page.measures.curve_drawing import cohort_panel
from services.api.page.measures.figure_pages import FIGURES, csv_of
from services.api.settings import Settings
from steppe.page.i18n import translation
from tests.page.conftest import ROOT
from tests.stack import Service

SVG = "{http://www.w3.org/2000/svg}"


def figure(title: str = "Japan signed 41 papers; 9 bind", text: str = "a <b> & c") -> Figure:
    marks = [
        bar(0, 0, 40, 20, "fill-1", title="9 bind", href="/projects/x"),
        *hatched_bar(40, 0, 30, 20, "line-2"),
        label(0, 40, text),
    ]
    panel = Panel(width=860, height=60, marks=marks, text="nine of forty-one")
    table = DataTable(
        columns=[Column(heading="nation"), Column(heading="share", kind="share")],
        rows=[DataRow(cells=["=1+1", 0.2195])],
        api="/v1/x",
    )
    return Figure(name="x", title=title, subtitle="papers", text="nine", source="Source: Steppe", table=table, wide=panel, narrow=panel)  # fmt: skip


def test_ticks_are_round_and_within_the_scale() -> None:
    assert Linear(0, 0.66, 300, 0).ticks(5) == [0, 0.2, 0.4, 0.6]
    assert Linear(0, 1234, 0, 100).ticks(6) == [0, 500, 1000]
    assert Linear(3, 3, 0, 100).at(3) == 0
    days = Days(date(2015, 3, 1), date(2026, 11, 30), 0, 860)
    assert [year for _, year in days.years(6)] == [2016, 2018, 2020, 2022, 2024, 2026]
    assert [year for _, year in days.years(13)] == list(range(2016, 2027))
    names = Categories(["a", "b"], 0, 100)
    assert (names.at("a"), names.at("b"), names.width, names.middle("b")) == (5, 55, 40, 75)


def test_labels_that_would_meet_are_moved_apart_and_keep_their_order() -> None:
    moved = apart([100, 102, 20, 101], 16, 0, 110)
    assert sorted(moved) == [20, 78, 94, 110]
    assert [moved[i] for i in (2, 0, 3, 1)] == sorted(moved)
    assert apart([], 16, 0, 110) == []
    assert all(b - a >= 16 for a, b in pairwise(sorted(apart([50] * 5, 16, 0, 40)))), (
        "more than there is room for go on above"
    )


def test_a_step_line_stays_at_its_height_until_the_next_point() -> None:
    assert steps([(0, 10), (5, 8), (9, 3)], 12) == [(0, 10), (5, 10), (5, 8), (9, 8), (9, 3), (12, 3)]


@pytest.mark.parametrize(
    "text",
    [
        "Of 48 memoranda 21 became binding contracts",
        "覚書48件のうち、拘束力ある契約に至ったのは21件、契約なしで終了",
        "ä" * 80,
    ],
)
def test_wrapped_lines_hold_the_whole_text_and_fit(text: str) -> None:
    lines = wrapped(text, 150, 12)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(text_width(line, 12) <= 150 for line in lines if " " in line or line[0] > "あ") and not any(
        line.startswith("、") for line in lines
    )


def test_a_hatch_stays_within_its_bar() -> None:
    ground, lines = hatched_bar(10, 20, 33, 14, "line-1")
    assert dict(ground.attributes) == {"x": 10, "y": 20, "width": 33, "height": 14}
    points = [float(number) for number in re.findall(r"[0-9.]+", str(dict(lines.attributes)["d"]))]
    assert len(points) > 8
    assert all(10 <= x <= 43 for x in points[::2])
    assert all(20 <= y <= 34 for y in points[1::2])


def test_a_file_stands_for_itself_and_leads_nowhere() -> None:
    text = figure_file(figure())
    root = ElementTree.fromstring(text)
    words = [element.text for element in root.iter(f"{SVG}text")]
    assert words[0] == "Japan signed 41 papers; 9 bind"
    assert words[-2:] == ["Source: Steppe", "a <b> & c"] or "a <b> & c" in words
    assert root.find(f"{SVG}style") is not None
    assert "var(" not in text and "href" not in text and "url(" not in text
    assert "prefers-color-scheme: dark" in text and "prefers-color-scheme" not in figure_file(figure(), themes=False)
    used = {name for element in root.iter() for name in (element.get("class") or "").split()}
    styled = set(re.findall(r"\.([a-z0-9-]+)", file_styles()))
    assert used <= styled, "every class of a drawing has its rule in the file"


def test_titles_of_small_drawings_are_wrapped_in_a_file() -> None:
    title = "Prime Minister Koizumi's visit to Kazakhstan and Uzbekistan: 0 of 1"
    small = Panel(width=260, height=60, marks=[], text="none", title=title)
    root = ElementTree.fromstring(figure_file(replace(figure(), multiples=[small, small, small])))
    lines = [element.text or "" for element in root.iter(f"{SVG}text") if element.get("class") == "panel-title"]
    assert " ".join(lines) == " ".join([title] * 3)
    assert all(text_width(words, 13) <= 260 for words in lines)


def test_a_shortened_text_fits_and_says_that_it_goes_on() -> None:
    assert shortened("Navoi", 100, 13) == "Navoi"
    cut = shortened("Central Asia + Japan summit programme", 100, 13)
    assert (
        cut.endswith("…")
        and text_width(cut, 13) <= 100
        and cut[:-1] == "Central Asia + Japan summit programme"[: len(cut) - 1]
    )


@pytest.mark.parametrize("width", [860, 360])
def test_a_promise_is_a_bar_with_what_came_of_it_in_front(width: int) -> None:
    def promise(**shares: float | None) -> dict[str, object]:
        return {"project": "x", "project_name": "X", "currency": "USD", "announced": "2000000", **shares}

    panel = pledges_panel(
        translation("en"),
        [
            promise(bound_share=0.5, disbursed_share=0.25, time_passed=0.75),
            promise(bound_share=1.5, disbursed_share=0.0, time_passed=None),
            promise(bound_share=None, disbursed_share=None, time_passed=1.0),
        ],
        width,
        text="three",
    )
    bars = [(dict(mark.attributes), mark.classes) for mark in panel.marks if mark.element == "rect"]
    whole = float(bars[0][0]["width"])
    shares = [(classes, round(float(place["width"]) / whole, 2)) for place, classes in bars]
    assert shares == [
        ("fill-6 pale", 1), ("fill-1", 0.5), ("fill-2", 0.25), ("fill-6 pale", 1), ("fill-1", 1), ("fill-6 pale", 1),
    ]  # fmt: skip
    strokes = [str(dict(mark.attributes)["d"]) for mark in panel.marks if mark.element == "path"]
    left = float(bars[0][0]["x"])
    assert [round((float(path[1:].split()[0]) - left) / whole, 2) for path in strokes] == [0.75, 1]
    assert [mark.title for mark in panel.marks if mark.classes == "fill-6 pale"] == [
        "X: Bound 50%, disbursed 25%, time over 75%",
        "X: Bound 150%, disbursed 0%, time over –",
        "X: Bound –, disbursed –, time over 100%",
    ]


def test_a_cohort_is_drawn_in_shares_of_who_was_not_bound_before() -> None:
    card = {
        "papers": 5, "already_bound": 1,
        "curve": [{"months": 0, "strict": 0, "loose": 1}, {"months": 10, "strict": 2, "loose": 3}],
    }  # fmt: skip
    panel = cohort_panel(translation("en"), card, 860, last=20, text="a cohort")
    assert [mark.text for mark in panel.marks if mark.text in ("50%", "75%")][-2:] == ["75%", "50%"]
    places = {mark.classes: str(dict(mark.attributes)["d"]) for mark in panel.marks if mark.element == "path"}
    heights = {str(dict(mark.attributes)["y"]): mark.text for mark in panel.marks if mark.classes == "tick"}
    for classes, share in (("curve line-1", "50%"), ("thin line-6", "75%")):
        end = float(re.split("V", places[classes])[-1].split("H")[0])
        assert heights[str(end + 4)] == share


def test_csv_holds_the_data_and_no_formula() -> None:
    assert list(csv.reader(io.StringIO(csv_of(figure())))) == [["nation", "share"], ["'=1+1", "0.2195"]]


@pytest.mark.parametrize("title", ["Of 48 memoranda 21 bind", "Меморандумов 48, Қазақстан", "覚書48件のうち契約21件"])
def test_an_image_has_glyphs_for_the_languages_of_the_page(title: str) -> None:
    written = figure_image(figure_file(figure(title), themes=False))
    boxes = figure_image(figure_file(figure("\U00013000" * len(title)), themes=False))
    assert written.startswith(b"\x89PNG")
    assert struct.unpack(">II", written[16:24])[0] == 2 * (860 + 48)
    assert written != boxes


def _colours(scheme: int) -> dict[str, tuple[float, float, float]]:
    block = re.findall(r":root \{(.*?)\}", (ROOT / "steppe/page/static/steppe.css").read_text(), re.DOTALL)[scheme]
    return {
        name: tuple(int(value[at : at + 2], 16) / 255 for at in (0, 2, 4))  # type: ignore[misc]
        for name, value in re.findall(r"--(series-\d|raised): #([0-9a-f]{6})", block)
    }


# Machado, Oliveira and Fernandes 2009, severity 1: how a person without red, green or blue cones sees linear RGB.
_SEEN = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}


def _linear(colour: tuple[float, ...]) -> list[float]:
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]


def _lab(linear: list[float]) -> list[float]:
    red, green, blue = (min(max(part, 0), 1) for part in linear)
    xyz = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
    )
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in xyz)
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


@pytest.mark.parametrize("eyes", _SEEN)
@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_of_series_are_told_apart_by_whoever_looks(scheme: int, eyes: str) -> None:
    colours = _colours(scheme)
    assert len(colours) == 7
    seen = {
        name: _lab(
            [sum(weight * part for weight, part in zip(row, _linear(colour), strict=True)) for row in _SEEN[eyes]]
        )
        for name, colour in colours.items()
    }
    for first, second in combinations(seen, 2):
        distance = sum((a - b) ** 2 for a, b in zip(seen[first], seen[second], strict=True)) ** 0.5
        assert distance >= 15, f"{first} and {second}: {distance:.1f}"


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_of_series_stand_out_from_their_ground(scheme: int) -> None:
    def luminance(colour: tuple[float, ...]) -> float:
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), _linear(colour), strict=True))

    colours = _colours(scheme)
    ground = luminance(colours.pop("raised"))
    for name, colour in colours.items():
        light, dark = sorted((luminance(colour), ground), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, name


@pytest.fixture(scope="module")
def files(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=30) as client:
        yield client


@pytest.mark.parametrize("name", [name.format(slug="abe-central-asia-2015-10") for name in FIGURES])
def test_every_drawing_has_its_files_and_its_frame(files: httpx.Client, name: str) -> None:
    for ending, media in (("svg", "image/svg+xml"), ("png", "image/png"), ("csv", "text/csv; charset=utf-8")):
        answer = files.get(f"/drawings/{name}.{ending}", params={"as_of": "2025-12-31"}).raise_for_status()
        assert answer.headers["content-type"] == media
        assert (
            answer.headers["content-disposition"]
            == f'attachment; filename="steppe-{name.replace("/", "-")}-2025-12-31.{ending}"'
        )
        assert answer.headers["steppe-as-of"] == "2025-12-31"
    frame = files.get(f"/embed/{name}").raise_for_status()
    assert "frame-ancestors 'none'" in frame.headers["content-security-policy"]
    assert files.get(f"/drawings/{name}.svg", params={"colour": "red"}).status_code == 400


def test_forums_beside_each_other_are_one_drawing_of_one_scale(files: httpx.Client) -> None:
    address, others = "/embed/scorecards/abe-central-asia-2015-10", {"beside": "koizumi-central-asia-2006-08"}
    alone, both = files.get(address).text, files.get(address, params=others).text
    assert "five Central Asian states: 0 of 2 became binding</h1>" in alone.replace("&#39;", "'")
    assert "states: 0 of 2; Prime Minister" in both and "Uzbekistan: 0 of 1 became binding</h1>" in both
    assert both.count('class="plot"') == 2
    assert "/drawings/scorecards/abe-central-asia-2015-10.svg?beside=koizumi-central-asia-2006-08" in both
    link = re.search(r'href="(/forums/abe-central-asia-2015-10\?[^"#]*)', both)
    assert link is not None
    assert 'id="scorecards/abe-central-asia-2015-10"' in files.get(link[1].replace("&amp;", "&")).text
    assert files.get("/drawings/scorecards/no-such-forum.svg").status_code == 404


def test_a_permanent_link_names_day_knowledge_and_rules_and_answers_the_same(files: httpx.Client) -> None:
    page = files.get("/embed/conversion", params={"as_of": "2024-06-30", "by": "year"}).text
    link = re.search(r'href="(/conversion\?[^"]*)#conversion"', page)
    assert link is not None
    address = httpx.URL(link[1].replace("&amp;", "&"))
    assert {"as_of", "known_at", "rules", "by"} <= address.params.keys()
    title = re.search(r'<h1 id="conversion-title">(.*?)</h1>', page)
    assert title is not None
    assert f">{title[1]}</h2>" in files.get(str(address)).text


def test_a_downloaded_svg_opens_with_its_colours_in_both_themes(
    browser: Browser, files: httpx.Client, tmp_path: Path
) -> None:
    file = tmp_path / "conversion.svg"
    file.write_bytes(files.get("/drawings/conversion.svg").content)
    for scheme, ground in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(28, 34, 38)")):
        page = browser.new_context(color_scheme=scheme).new_page()  # type: ignore[arg-type]
        page.goto(file.as_uri())
        assert page.evaluate("getComputedStyle(document.querySelector('.file-ground')).fill") == ground


def test_origins_that_may_frame_drawings_are_named_and_nothing_else(page_of_central_asia: Service) -> None:
    asked = {"database": "postgresql://x@localhost/x", "topic": "t"}
    named = Settings(**asked, embed_origins="https://news.example, https://*.example.org:8443")  # type: ignore[arg-type]
    assert named.framing_origins == ("https://news.example", "https://*.example.org:8443")
    for wrong in ("*", "news.example", "https://news.example/path", "https://a.example; script-src *"):
        with pytest.raises(ValueError, match="is no origin"):
            Settings(**asked, embed_origins=wrong)  # type: ignore[arg-type]
