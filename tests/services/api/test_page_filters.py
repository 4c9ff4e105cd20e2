"""The filters of the page: several values of one, and the links and forms that keep them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from services.api.web.list_filters import PROJECT_FILTERS_OF_FLAGS
from tests.services.api.reading_api import Log, event, keys, memorandum, registered
from tests.services.api.test_page_answers import Announce, announce, linked, parties, party_registered

__all__ = ["announce"]
_DAY = "2024-02-10"
_OF_FLAGS = {own: name for name, own in PROJECT_FILTERS_OF_FLAGS.items()}
_RIVALS = {"north", "south"}


@pytest.fixture
async def three_countries(log: Log) -> Log:
    """Three projects that differ in country, commodity, sector and investor."""
    for key, country, sector in (("north", "KZ", "mining"), ("south", "UZ", "energy"), ("west", "KG", "processing")):
        await log.append(
            registered(key, country=country, sector=sector, commodities=[f"{key}-ore"]),
            memorandum(key, "2022-03-01", f"{key}-group"),
        )
    return log


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("country", ("KZ", "UZ")),
        ("sector", ("mining", "energy")),
        ("commodity", ("north-ore", "south-ore")),
        ("investor", ("north-group", "south-group")),
    ],
)
async def test_several_values_of_a_filter_count_as_they_do_in_the_api(
    three_countries: Log, client: httpx.AsyncClient, name: str, values: tuple[str, str]
) -> None:
    several = f"{name}={values[0]}&{name}={values[1]}"
    for query in (several, f"{name}={','.join(values)}"):
        assert linked((await client.get(f"/?as_of=2024-02-10&{query}")).text) == {"north", "south"}, query
    answer = await client.get(f"/v1/projects?as_of=2024-02-10&{several}")
    assert {item["key"] for item in answer.json()["items"]} == {"north", "south"}


@pytest.mark.parametrize(
    ("path", "name", "values"),
    [
        ("/", "q", ("north", "south")),
        ("/", "sort", ("name", "key")),
        ("/", "notices", ("true", "false")),
        ("/", "lang", ("ja", "ru")),
        ("/flags", "as_of", ("2024-02-10", "2024-02-11")),
        ("/projects/north", "known_at", ("2024-02-10", "2024-02-11")),
        ("/forums/summit", "beside", ("one", "other")),
    ],
)
async def test_several_values_where_one_is_meant_are_refused_by_name(
    three_countries: Log, client: httpx.AsyncClient, path: str, name: str, values: tuple[str, str]
) -> None:
    answer = await client.get(f"{path}?{name}={values[0]}&{name}={values[1]}")
    assert answer.status_code == 400
    assert f"{name}: it is given more than once." in answer.text


@pytest.fixture
async def changed_after(log: Log, announce: Announce) -> str:
    """Two projects on which a rival won, and one that has only paper, much of it, and changed after this instant. All have
    flags, a flag that rises soon and a recent change."""
    for key, country, sector, home in (("north", "KZ", "mining", "JP"), ("south", "UZ", "energy", "KR")):
        await log.append(
            event("forum.held", f"forum:{key}-summit", "f", occurred="2022-03-01", forum=f"{key}-summit", name=key),
            party_registered(f"{key}-group", f"Group of the {key}", home),
            registered(key, country=country, sector=sector, commodities=[f"{key}-ore"]),
            memorandum(key, "2022-03-01", f"{key}-group", forum=f"{key}-summit"),
        )
    await announce(date(2023, 2, 28))
    won = {"occurred": "2023-06-02", "reported": "2023-06-02", "parties": parties(rival="investor"), "deal": "rival"}
    await log.append(*(event("equity.agreed", key, f"{key}-won", **won) for key in sorted(_RIVALS)))
    instant = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    papers = [memorandum("west", f"2022-03-0{number}", "west-group", deal="west-group") for number in (1, 2, 3)]
    suspended = event("project.suspended", "west", "stop", occurred="2022-06-01", by="owner")
    await log.append(
        registered("west", country="KG", sector="processing", commodities=["west-ore"]), *papers, suspended
    )
    await announce(date(2023, 6, 1))
    return instant


_FILTERS = {
    "country": ("KZ", {"north"}),
    "commodity": ("north-ore", {"north"}),
    "sector": ("mining,energy", _RIVALS),
    "investor": ("north-group", {"north"}),
    "investor_country": ("KR", {"south"}),
    "forum": ("north-summit", {"north"}),
    "q": ("outh", {"south"}),
    "level": ("memorandum", {"west"}),
    "headline": ("watch", {"west"}),
    "overlay": ("suspended", {"west"}),
    "flag": ("memorandum-churn", {"west"}),
    "severity": ("alert", _RIVALS),
    "updated_after": (None, {"west"}),
}
"""Each filter of `/` with a value, and the projects that pass it; None: the instant of the fixture."""


@pytest.mark.parametrize("name", _FILTERS)
async def test_every_link_and_form_of_the_portfolio_keeps_a_filter(
    changed_after: str, client: httpx.AsyncClient, name: str
) -> None:
    given, expected = _FILTERS[name]
    value = given or changed_after
    everything = await client.get("/", params={"as_of": _DAY, "headline": "all"})
    assert linked(everything.text) == {"north", "south", "west"}
    filtered = await client.get("/", params={"as_of": _DAY, "headline": "all", name: value})
    assert linked(filtered.text) == expected, filtered.text
    walked = [address for address in _addresses(filtered.text) if urlsplit(address).path in ("/", "/flags")]
    assert {urlsplit(address).path for address in walked} == {"/", "/flags"}
    for address in walked:
        query = {key: texts[0] for key, texts in parse_qs(urlsplit(address).query).items()}
        kept_as = name if urlsplit(address).path == "/" else _OF_FLAGS.get(name, name)
        if query.get(kept_as) != value:
            assert name in ("level", "headline") and query[name], f"{address} does not choose another one"
            continue
        if "as_of" not in query:  # it leads to today
            continue
        answer = await client.get(address)
        assert answer.status_code == 200, answer.text
        shown = linked(answer.text)
        assert shown == expected if urlsplit(address).path == "/flags" else shown <= expected, (address, shown)


async def test_every_link_and_form_of_the_portfolio_keeps_day_knowledge_order_and_language(
    changed_after: str, client: httpx.AsyncClient
) -> None:
    kept = {"as_of": _DAY, "known_at": "2026-01-02T03:04:05Z", "known_by": "reported", "lang": "ru"}
    own = {"sort": "name", "notices": "true", "q": "outh", "headline": "all"}
    text = (await client.get("/", params={**kept, **own})).text
    for address in _addresses(text):
        query = {name: texts[0] for name, texts in parse_qs(urlsplit(address).query).items()}
        expected = kept | (own if urlsplit(address).path == "/" else {"q": "outh"})
        missing = {name for name in expected if query.get(name) != expected[name]}
        # A link may choose another severity or language, show no notices, or lead to the other day; nothing else is lost.
        assert missing in (set(), {"headline"}, {"lang"}, {"notices"}, {"as_of", "known_at"}), address


async def test_what_is_asked_of_projects_is_asked_of_their_flags_by_the_api_too(
    changed_after: str, client: httpx.AsyncClient
) -> None:
    for name, (given, expected) in _FILTERS.items():
        own, value = _OF_FLAGS.get(name, name), given or changed_after
        assert set(await keys(client, "/v1/flags", as_of=_DAY, **{own: value})) == expected, name
    both = {"project_flag": "memorandum-churn", "project": "north"}
    assert await keys(client, "/v1/flags", as_of=_DAY, **both) == []
    both = {"project_flag": "memorandum-churn", "project_severity": "alert"}
    assert await keys(client, "/v1/flags", as_of=_DAY, **both) == []
    narrowed = await keys(client, "/v1/flags", as_of=_DAY, severity="alert", sector="mining")
    assert narrowed == ["north"]


def _addresses(text: str) -> Iterator[str]:
    """Where the lists, controls and forms of a page lead, forms with what a browser would send of them."""
    main = _Addresses()
    main.feed(text)
    yield from main.addresses


class _Addresses(HTMLParser):
    """Links but those of the navigation, those that take a filter away and those to something else; forms."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self._action: str | None = None
        self._fields: dict[str, str] = {}
        self._select: str | None = None
        self._link: tuple[str, str] | None = None
        self._in_navigation = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "nav" or given.get("class") == "brand":
            self._in_navigation = tag == "nav"
        elif tag == "form":
            self._action, self._fields = given["action"], {}
        elif tag == "input" and self._action is not None:
            # A browser sends nothing of a text that a field for a day cannot hold.
            if given.get("type") != "date" or len(given["value"]) == len(_DAY):
                self._fields[given["name"]] = given["value"]
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select is not None and ("selected" in given or self._select not in self._fields):
            self._fields[self._select] = given["value"]
        elif tag == "a" and not self._in_navigation and given.get("class") not in ("brand", "skip", "chosen"):
            self._link = (given["href"], "")

    def handle_data(self, data: str) -> None:
        if self._link is not None:
            self._link = (self._link[0], self._link[1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "nav":
            self._in_navigation = False
        elif tag == "select":
            self._select = None
        elif tag == "form" and self._action is not None:
            sent = {name: value for name, value in self._fields.items() if value}
            self.addresses.append(f"{self._action}?{urlencode(sent)}")
            self._action = None
        elif tag == "a" and self._link is not None:
            address, label = self._link
            if urlsplit(address).path in ("/", "/flags") and label not in ("Clear filters", "Сбросить фильтры"):
                self.addresses.append(address)
            self._link = None


async def test_the_calendar_of_flags_leads_to_all_that_it_leaves_out(log: Log, client: httpx.AsyncClient) -> None:
    for number in range(42):
        await log.append(
            registered(f"p{number:02}"),
            memorandum(f"p{number:02}", f"2022-{1 + number // 28:02}-{1 + number % 28:02}", "alpha"),
        )
    page = (await client.get("/flags?as_of=2023-06-01")).text
    calendar = page.partition('id="coming"')[2].partition("</section>")[0]
    assert calendar.count("<tr") == 41  # with the heading
    assert "42 changes in all" in calendar
    (address,) = [address for address in re.findall(r'href="(/flags[^"]*)"', calendar) if "sort=next" in address]
    rising = (await client.get(html.unescape(address))).text
    shown = re.findall(r'data-key="(p\d\d)\|', rising)
    assert shown == [f"p{number:02}" for number in range(42)]
