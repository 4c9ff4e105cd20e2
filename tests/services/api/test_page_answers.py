"""What the page shows of events: who pursues, which clocks run, what changed, what was learned, and where projects lie."""

from __future__ import annotations

import html
import re
from collections.abc import Awaitable, Callable
from datetime import date

import asyncpg
import httpx
import pytest

from services.projector.publisher.flag_diff import Announcer
from tests.services.api.reading_api import Log, api, event, get, keys, memorandum, registered
from tests.stack import Database

Announce = Callable[[date], Awaitable[None]]


@pytest.fixture
def announce(database: Database, topic_name: str) -> Announce:
    """Announces a day, as a leading worker would."""

    async def announce_day(day: date) -> None:
        connection = await asyncpg.connect(database.projector)
        try:
            assert await Announcer(topic_name).announce(connection, day, {}) is not None
        finally:
            await connection.close()

    return announce_day


async def page(client: httpx.AsyncClient, path: str, **parameters: str) -> str:
    answer = await client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.text


def section(text: str, heading: str) -> str:
    """The part of a page below a heading, up to the next section."""
    _, found, rest = text.partition(f"<h2>{heading}</h2>")
    assert found, heading
    return rest.partition("</section>")[0]


def linked(text: str) -> set[str]:
    """The projects that a part of a page links to."""
    return set(re.findall(r'href="/projects/([\w-]+)', text))


def parties(**roles: str) -> list[dict[str, str]]:
    return [{"party": party.replace("_", "-"), "role": role} for party, role in roles.items()]


def party_registered(key: str, name: str, country: str) -> dict[str, object]:
    return event(
        "party.registered", f"party:{key}", f"{key}-registered", reported="2020-01-01", party=key, name=name,
        home_country=country, kind="company",
    )  # fmt: skip


async def test_a_page_that_cannot_be_read_just_now_says_when_to_ask_again() -> None:
    async with api("postgresql://nobody@127.0.0.1:9/none", "topic") as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.headers["Retry-After"], answer.headers["Cache-Control"]) == (
        503,
        "2",
        "no-store",
    )


async def test_the_map_shows_every_project_with_coordinates_however_many_have_none(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        *(registered(f"nowhere-{number:03}") for number in range(510)),
        registered("zz-last", latitude=48.0, longitude=67.0),
        registered("zz-japan", country="JP", commodities=["copper"], latitude=35.7, longitude=139.7),
    )
    assert await keys(client, located="true") == ["zz-japan", "zz-last"]
    assert (await get(client, "/v1/portfolio", located="false"))["projects"] == 510
    central_asia = await page(client, "/map", commodity="tungsten")
    assert 'href="/projects/zz-last"' in section_of_map(central_asia)
    assert 'data-country="JP"' not in central_asia
    assert "Without coordinates" in central_asia and "Only the first 100 are listed" in central_asia
    world = await page(client, "/map")
    assert linked(section_of_map(world)) == {"zz-japan", "zz-last"}
    assert {"JP", "KZ", "CN"} <= set(re.findall(r'data-country="(\w\w)"', world))
    assert "located=true" in world


def section_of_map(text: str) -> str:
    return text[text.index('<svg class="map"') : text.index('<ul class="legend"')]


async def test_every_list_of_the_portfolio_obeys_the_filters_and_the_day(
    log: Log, client: httpx.AsyncClient, announce: Announce
) -> None:
    for key, country, sector in (("north", "KZ", "mining"), ("south", "UZ", "energy")):
        await log.append(
            registered(key, country=country, sector=sector, commodities=[f"{key}-ore"]),
            memorandum(key, "2022-03-01", "alpha"),
        )
    await announce(date(2023, 2, 28))
    await announce(date(2023, 6, 1))
    await log.append(
        *(
            event(
                "equity.agreed", key, f"{key}-won", occurred="2023-06-02", reported="2023-06-02",
                parties=parties(rival="investor"), deal="rival",
            )
            for key in ("north", "south")
        )
    )  # fmt: skip
    # On the last day of 2023 both are displaced, and in March 2024 both turn stagnant.
    headings = {"Recent changes": "2023-12-31", "Displaced deals": "2023-12-31", "Upcoming changes": "2024-02-10"}
    filters = ({"sector": "mining"}, {"q": "north"}, {"country": "KZ"}, {"investor": "alpha", "commodity": "north-ore"})
    for heading, day in headings.items():
        everything = section(await page(client, "/", as_of=day, headline="all"), heading)
        assert linked(everything) == {"north", "south"}, heading
        for filtered in filters:
            shown = section(await page(client, "/", as_of=day, headline="all", **filtered), heading)
            assert linked(shown) == {"north"}, (heading, filtered)
        early = section(await page(client, "/", as_of="2022-06-01", headline="all"), heading)
        assert linked(early) == set(), heading
    longer = await page(client, "/", as_of="2023-12-31", country="KZ")
    assert 'href="/flags?as_of=2023-12-31&amp;flag=displaced&amp;country=KZ"' in longer, (
        "nor do longer lists forget them"
    )
    flags = await page(client, "/flags", as_of="2023-12-31", country="UZ")
    assert linked(section(flags, "Recent changes")) == {"south"}
    flags = await page(client, "/flags", as_of="2023-12-31", flag="overdue")
    assert linked(section(flags, "Recent changes")) == set()


async def test_what_changed_is_told_by_project_and_shows_notices_only_where_they_are_asked_for(
    log: Log, client: httpx.AsyncClient, announce: Announce
) -> None:
    await log.append(registered("north", name="Northern Tungsten"), memorandum("north", "2022-03-01", "alpha"))
    await announce(date(2023, 2, 28))
    # Half a year after the events were recorded nobody has looked: a notice.
    await announce(date(2029, 1, 1))
    day = {"as_of": "2029-01-02", "headline": "all"}
    for path in ("/", "/flags"):
        own = day if path == "/" else {"as_of": day["as_of"]}
        hidden = section(await page(client, path, **own), "Recent changes")
        assert hidden.count('data-key="north"') == 1, "one entry a project"
        assert "Northern Tungsten" in hidden and "memorandum-only" in hidden and "unchecked" not in hidden
        assert "notices=true" in hidden, "a control shows them"
        shown = section(await page(client, path, notices="true", **own), "Recent changes")
        assert "unchecked" in shown and "Hide notices" in shown
    refused = await client.get("/", params={"notices": "perhaps"})
    assert refused.status_code == 400


async def test_a_project_at_which_much_changed_hides_no_other_change(
    log: Log, client: httpx.AsyncClient, announce: Announce
) -> None:
    await log.append(registered("north"), memorandum("north", "2022-01-15", "alpha"))
    await log.append(registered("south"), memorandum("south", "2022-01-20", "alpha"))
    await announce(date(2023, 1, 1))
    await announce(date(2023, 2, 1))
    busy = [memorandum("busy", "2022-03-01", f"group-{number}", deal=f"deal-{number}") for number in range(230)]
    await log.append(registered("busy"), *busy)
    await announce(date(2023, 6, 1))
    feed = (await get(client, "/v1/flags/transitions", project="busy", limit=500))["items"]
    assert len(feed) > 200
    for path, own in (("/", {"headline": "all"}), ("/flags", {})):
        changes = section(await page(client, path, as_of="2023-12-31", **own), "Recent changes")
        assert re.findall(r'data-key="([\w-]+)"', changes) == ["busy", "south", "north"]
        of_busy = changes.partition('data-key="south"')[0]
        assert of_busy.count('class="when"') == 3 and f"+{len(feed) - 3}<" in of_busy, "the rest is counted"
    early = section(await page(client, "/", as_of="2023-02-28", headline="all"), "Recent changes")
    assert linked(early) == {"north", "south"}


async def test_the_clock_of_paper_has_stopped_where_something_binds(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("north"), memorandum("north", "2020-03-01", "alpha"))
    assert "clock stopped" not in await page(client, "/projects/north", as_of="2022-03-01")
    await log.append(
        event("equity.agreed", "north", "bound", occurred="2022-05-01", parties=parties(alpha="investor"))
    )  # fmt: skip
    (clock,) = re.findall(r"memorandum clock</dt><dd>(.*?)</dd>", await page(client, "/projects/north"))
    assert "clock stopped" in clock and "month" not in clock
    for day, running in (("2022-03-01", "true"), ("2022-06-01", "false")):
        answer = await client.get("/v1/deals", params={"format": "csv", "as_of": day})
        header, line = answer.text.splitlines()
        cells = dict(zip(header.split(","), line.split(","), strict=False))
        assert line.split(",")[header.split(",").index("clocks_memorandum_running") - len(header.split(","))] == running
        assert cells["project"] == "north"


async def test_who_pursues_is_told_with_financiers_and_without_those_who_left(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        party_registered("alpha", "Alpha Metals", "JP"),
        party_registered("bank", "Bank of the North", "DE"),
        registered("north", kind="plant"),
        event("equity.agreed", "north", "e1", deal="alpha", occurred="2020-03-01",
              parties=parties(alpha="investor", beta="investor", gamma="investor")),
        event("loan.signed", "north", "e2", deal="alpha", occurred="2020-06-01", parties=parties(bank="financier")),
        event("equity.exited", "north", "e3", deal="alpha", occurred="2021-03-01", parties=parties(beta="investor")),
        event("investor.withdrew", "north", "e4", deal="alpha", occurred="2022-03-01", parties=parties(gamma="investor")),
    )  # fmt: skip

    async def pursued_by(day: str) -> str:
        (shown,) = re.findall(r"Pursued by</dt><dd>(.*?)</dd>", await page(client, "/projects/north", as_of=day))
        return re.sub(r"<[^>]*>", "", shown)

    assert await pursued_by("2020-12-31") == "Alpha Metals, beta, gamma, Bank of the North (financier)"
    assert await pursued_by("2021-12-31") == "Alpha Metals, gamma, Bank of the North (financier)"
    assert await pursued_by("2022-12-31") == "Alpha Metals, Bank of the North (financier)"


async def test_registered_names_stand_where_keys_would(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        party_registered("alpha", "Alpha Metals", "JP"),
        event("forum.held", "forum:summit-2022", "f1", occurred="2022-03-01", forum="summit-2022", name="The Summit"),
        registered("north", name="Northern Tungsten"),
        memorandum("north", "2022-03-01", "alpha", forum="summit-2022"),
    )
    day = {"as_of": "2024-02-10"}
    for path in ("/", "/flags", "/markets/KZ/tungsten", "/parties/alpha", "/forums/summit-2022"):
        text = await page(client, path, **day)
        assert ">Northern Tungsten</a>" in text, path
        assert ">north</a>" not in text and ">alpha</a>" not in text, path
    portfolio = await page(client, "/", **day)
    assert ">Alpha Metals</a>" in portfolio and ">Alpha Metals (1)</option>" in portfolio
    assert ">The Summit (1)</option>" in portfolio and ">Kazakhstan (1)</option>" in portfolio
    assert ">Alpha Metals</a>" in await page(client, "/projects/north", **day)
    assert "Kazakhstan · tungsten</a>" in await page(client, "/markets", **day)
    assert "Казахстан · tungsten</a>" in await page(client, "/markets", lang="ru", **day)


async def test_a_party_whose_key_is_a_word_renames_no_word_of_a_sentence(log: Log, client: httpx.AsyncClient) -> None:
    keys_of_parties = {"months": "Monthly Mines", "memorandum": "Paper Mines", "bound": "Border Mines"}
    await log.append(
        *(party_registered(key, name, "JP") for key, name in keys_of_parties.items()),
        registered("north"),
        *(memorandum("north", f"2022-0{month}-01", key) for month, key in enumerate(keys_of_parties, 1)),
        event("project.superseded", "south", "moved", occurred="2022-01-01", by=["north"], reason="The months were bound."),
        registered("south"),
        event("equity.agreed", "north", "won", deal="bound", occurred="2023-06-02", parties=parties(bound="investor")),
    )  # fmt: skip
    day = {"as_of": "2024-02-10"}
    flags = await page(client, "/flags", flag="memorandum-only", **day)
    assert "1 memorandum in 25 months, nothing binding." in flags and "1 memorandum in 24 months" in flags
    project = await page(client, "/projects/north", **day)
    assert "1 memorandum by Monthly Mines since 1 January 2022 (25 months)" in project
    assert "Overtaken: Border Mines got this asset while this deal was on paper." in project
    assert "Bound by Border Mines: equity since 2 June 2023" in project
    assert "Monthly Mines" in await page(client, "/projects/north", lang="ja", **day)
    assert "Superseded by North (The months were bound)" in await page(client, "/projects/south", **day)


async def test_names_are_those_that_were_known_then(log: Log, client: httpx.AsyncClient) -> None:
    renamed = {"from": "2020-01-01", "occurred": "2020-01-01", "reported": "2024-06-01"}
    await log.append(
        party_registered("alpha", "Alpha Metals", "JP"),
        registered("north", name="Northern Tungsten"),
        memorandum("north", "2022-03-01", "alpha", reported="2022-03-01"),
        event("party.amended", "party:alpha", "a2", party="alpha", name="Omega Holdings", **renamed),
        event("project.amended", "north", "n2", name="Southern Copper", **renamed),
    )
    names = ("Alpha Metals", "Northern Tungsten", "Omega Holdings", "Southern Copper")
    day = {"as_of": "2023-06-01"}
    for path in ("/", "/flags", "/markets/KZ/tungsten", "/parties/alpha", "/projects/north"):
        then = await page(client, path, known_at="2023-12-31", **day)
        now = await page(client, path, **day)
        assert [name in then for name in names] == [True, True, False, False], path
        assert [name in now for name in names] == [False, False, True, True], path
    paths = ("/v1/projects", "/v1/flags", "/v1/deals", "/v1/parties", "/v1/markets/KZ/tungsten", "/v1/parties/alpha", "/v1/projects/north")  # fmt: skip
    for path in paths:
        then = (await client.get(path, params={"known_at": "2023-12-31", **day})).text
        now = (await client.get(path, params=day)).text
        assert any(name in then for name in names[:2]) and not any(name in then for name in names[2:]), path
        assert any(name in now for name in names[2:]) and not any(name in now for name in names[:2]), path


async def test_the_page_says_why_what_was_known_then_differs(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        registered("north"),
        event("equity.agreed", "north", "bought", occurred="2018-03-01", reported="2018-03-05",
              parties=parties(alpha="investor")),
        event("event.reclassified", "north", "mended", occurred="2025-11-26", reported="2025-11-26",
              target={"source": "/tests", "id": "bought"}, name="termsheet.signed", changes={"instrument": "term-sheet"},
              reason="No stake ever passed."),
        event("setback.reported", "north", "later", occurred="2023-01-01", reported="2023-01-02", kind="price"),
    )  # fmt: skip
    text = await page(client, "/projects/north", as_of="2021-12-31", known_at="2021-12-31")
    assert "Why they differ" in text and "No stake ever passed." in text
    assert re.findall(r'data-event="([^"]+)"', text) == ["/tests#mended"], "what happened after the day tells nothing"
    (news,) = re.findall(r'<li data-event="/tests#mended">(.*?)</li>', text)
    assert "26 Nov 2025" in news and "equity.agreed" in news and "event.reclassified" in news


async def test_a_list_of_ended_deals_says_that_none_is_active(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        event("forum.held", "forum:summit-2020", "f1", occurred="2020-03-01", forum="summit-2020", name="The Summit"),
        registered("north"),
        memorandum("north", "2020-03-01", "alpha", forum="summit-2020"),
        event("investor.withdrew", "north", "gone", occurred="2023-03-01", parties=parties(alpha="investor")),
    )
    for path in ("/projects/north", "/parties/alpha", "/markets/KZ/tungsten", "/forums/summit-2020"):
        assert "none-lives" not in await page(client, path, as_of="2022-12-31"), path
        assert "none-lives" in await page(client, path, as_of="2023-12-31"), path
    await log.append(party_registered("alpha", "Alpha Metals", "JP"), party_registered("beta", "Beta Metals", "DE"))
    await log.append(memorandum("north", "2022-03-01", "beta"))
    market = await page(client, "/markets/KZ/tungsten", as_of="2023-12-31")
    _, germany, japan = re.split("<h3>(?=Germany|Japan)", market)
    assert "none-lives" not in germany and "none-lives" in japan, "of each nation by itself"


async def test_a_suspended_plant_is_hatched_where_it_stood_still_and_on_the_map(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        registered("north", kind="plant", latitude=48.0, longitude=67.0),
        event("equity.agreed", "north", "e1", deal="alpha", occurred="2018-03-01", parties=parties(alpha="investor")),
        event("production.started", "north", "e2", deal="alpha", occurred="2019-03-01", phase="commercial"),
        event("project.suspended", "north", "e3", occurred="2021-03-01", by="owner"),
        event("project.resumed", "north", "e4", occurred="2022-03-01", by="owner"),
    )
    running = await page(client, "/projects/north", as_of="2020-12-31")
    assert 'class="still"' not in running
    after = await page(client, "/projects/north", as_of="2023-12-31")
    (title,) = re.findall(r'<rect class="still"[^>]*><title>(.*?)</title>', after)
    assert "suspended, 1 Mar 2021 – 1 Mar 2022" in title
    assert "was suspended then" in after
    for day, hatched in (("2020-12-31", False), ("2021-12-31", True)):
        drawn = section_of_map(await page(client, "/map", as_of=day))
        assert ('class="still"' in drawn) == hatched == (", suspended" in drawn), day


async def test_the_list_of_markets_tells_the_first_bound_day_as_given(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        registered("north", commodities=["tungsten"]),
        event(
            "equity.agreed", "north", "bound", occurred="2014", reported="2015-01-05", parties=parties(alpha="investor")
        ),
    )
    markets = await page(client, "/markets", as_of="2020-01-01")
    (cell,) = re.findall(r'<td data-field="first_bound_on">(.*?)</td>', markets)
    assert re.sub(r"<[^>]*>", "", cell) == "2014"


async def test_the_page_of_a_party_leads_to_all_of_its_deals(log: Log, client: httpx.AsyncClient) -> None:
    names = [f"project-{number:03}" for number in range(103)]
    for name in names:
        await log.append(registered(name), memorandum(name, "2015-03-01", "everybody"))
    first = await page(client, "/parties/everybody", as_of="2020-01-01")
    (following,) = re.findall(r'<a href="([^"]*)" rel="next">', first)
    second = (await client.get(following.replace("&amp;", "&"))).text
    assert (sorted(linked(first)), sorted(linked(second))) == (names[:100], names[100:])
    assert 'rel="next"' not in second


async def test_the_deals_of_a_project_come_in_pages_and_long_tables_say_what_is_left_out(
    log: Log, client: httpx.AsyncClient
) -> None:
    loans = [
        event(
            "loan.signed", "deep", f"loan-{number}", occurred="2018-05-01", reported="2018-05-02",
            parties=[{"party": f"deal-{number:03}", "role": "investor"}], amount={"value": "10", "currency": "USD"},
        )
        for number in range(120)
    ]  # fmt: skip
    await log.append(registered("deep"), *loans)
    first = await page(client, "/projects/deep", as_of="2020-01-01")
    assert "Only the first 100 of 120 are shown" in first
    (link,) = re.findall(r'<a href="([^"]+)#deals" rel="next">', first)
    second = (await client.get(html.unescape(link))).text
    deals = [re.findall(r'id="deal-([^"]+)"', text) for text in (first, second)]
    assert deals[0] + deals[1] == [f"deal-{number:03}" for number in range(120)]
    assert len(deals[0]) == 100 and 'rel="next"' not in second
    refused_page = await client.get("/projects/deep", params={"cursor": "x"})
    assert refused_page.status_code == 400 and "cursor" in refused_page.text
