"""/v1/money and /v1/money/aid: who gave how much to whom, held to a slow reckoning of the raw events, to the cent."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import httpx
import pytest

from tests.central_asia import EVENTS, api_of_central_asia
from tests.services.api.reading_api import Envelope, Log, event, get, registered
from tests.services.api.slow_money import SlowMoney, SlowRow, slow_money
from tests.stack import Service, Stack

AS_OF = "2024-12-31"
HOMES = {"jica": "JP", "jbic": "JP", "kexim": "KR", "exim": "US", "adb": "adb", "sumitomo": "JP", "posco": "KR", "gov-uz": "UZ", "gov-kz": "KZ", "mine-uz": "UZ"}  # fmt: skip
KINDS = {"adb": "multilateral", "gov-uz": "government", "gov-kz": "government"}


def parties() -> list[Envelope]:
    return [
        event(
            "party.registered", f"party:{key}", key, party=key, name=key, kind=KINDS.get(key, "company"),
            home_country="PH" if key == "adb" else home, reported="2010-01-01",
        )
        for key, home in HOMES.items()
    ]  # fmt: skip


def money(name: str, key: str, id: str, occurred: str, value: str, currency: str = "USD", /, **data: Any) -> Envelope:
    semantics = (
        {} if name in ("commitment.reduced", "funds.returned") else {"semantics": data.pop("semantics", "increment")}
    )
    of = {"of": data.pop("of")} if "of" in data else {}
    amount = {"value": value, "currency": currency, **semantics, **of}
    return event(name, key, id, occurred=occurred, reported="2024-06-01", amount=amount, **data)


def by(role: str, *keys: str, host: str | None = None) -> list[dict[str, str]]:
    hosts = [{"party": host, "role": "host"}] if host else []
    return [*({"party": key, "role": role} for key in keys), *hosts]


def legs_of(lines: list[dict[str, Any]]) -> dict[str, dict[str, tuple[str, str, str]]]:
    return {
        line["leg"]: {
            currency_sum["currency"]: (currency_sum["committed"], currency_sum["disbursed"], currency_sum["in_force"])
            for currency_sum in line["sums"]
        }
        for line in lines
    }


async def test_legs_are_never_added_up_and_contracts_and_umbrellas_stand_apart(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        *parties(), registered("plant"), registered("roof", kind="umbrella"),
        money("loan.signed", "plant", "loan", "2015-03-01", "100", parties=by("financier", "jica")),
        money("equity.agreed", "plant", "equity", "2015-04-01", "40", parties=by("investor", "sumitomo")),
        money("works.awarded", "plant", "works", "2015-05-01", "90", parties=by("contractor", "posco")),
        money("funds.disbursed", "plant", "paid", "2016-01-01", "30", parties=by("financier", "jica")),
        money("loan.signed", "roof", "frame", "2015-03-01", "1000", parties=by("financier", "jica")),
    )  # fmt: skip
    answer = await get(client, "/v1/money", as_of=AS_OF)
    assert legs_of(answer["total"]) == {"debt": {"USD": ("100", "30", "100")}, "equity": {"USD": ("40", "0", "40")}}
    assert legs_of(answer["contracts"]) == {"works": {"USD": ("90", "0", "90")}}
    assert legs_of(answer["umbrellas"]) == {"debt": {"USD": ("1000", "0", "1000")}}
    assert len(answer["rows"]) == 5
    assert (answer["groups"], answer["rates"]) == ([], [])


async def test_a_total_moves_by_its_difference_in_its_own_year_and_what_ended_was_committed_all_the_same(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        *parties(), registered("plant"),
        money("loan.signed", "plant", "first", "2012-03-01", "100", parties=by("financier", "jica")),
        money("loan.signed", "plant", "total", "2014-03-01", "70", parties=by("financier", "jica"), semantics="total"),
        money("commitment.reduced", "plant", "less", "2016-03-01", "10", deal="jica"),
    )  # fmt: skip
    answer = await get(client, "/v1/money", as_of=AS_OF, by="year")
    years = {group["year"]: group["legs"][0]["sums"][0]["committed"] for group in answer["groups"]}
    assert years == {2012: "100", 2014: "-30", 2016: "-10"}
    assert legs_of(answer["total"]) == {"debt": {"USD": ("60", "0", "60")}}
    await log.append(event("contract.terminated", "plant", "ended", occurred="2017-01-01", reported="2024-06-01", deal="jica", leg="debt"))  # fmt: skip
    assert legs_of((await get(client, "/v1/money", as_of=AS_OF))["total"]) == {"debt": {"USD": ("60", "0", "0")}}
    assert legs_of((await get(client, "/v1/money", as_of="2016-12-31"))["total"]) == {
        "debt": {"USD": ("60", "0", "60")}
    }
    assert legs_of((await get(client, "/v1/money", as_of="2013-12-31"))["total"]) == {
        "debt": {"USD": ("100", "0", "100")}
    }
    assert (await get(client, "/v1/money", as_of=AS_OF, known_at="2024-05-31"))["rows"] == []


async def test_who_gives_together_stands_once_and_who_receives_is_the_state_that_hosts(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        *parties(), registered("plant", country="KZ"),
        money("loan.signed", "plant", "both", "2015", "100", parties=by("financier", "jica", "kexim", "jbic", host="gov-uz"), deal="loan"),
        money("loan.signed", "plant", "bank", "2016-02", "20", parties=by("financier", "adb", host="mine-uz"), deal="loan"),
        money("grant.committed", "plant", "gift", "2016-02", "5", parties=[*by("financier", "adb"), *by("donor", "jica")], deal="loan"),
        money("funds.disbursed", "plant", "paid", "2017-02", "7", deal="loan", leg="grant"),
        money("loan.signed", "plant", "nobody", "2018", "3", deal="other"),
    )  # fmt: skip
    answer = await get(client, "/v1/money", as_of=AS_OF, by="donor,recipient")
    groups = {
        (*group["donors"], "to", *group["recipients"]): legs_of(group["legs"])
        for group in answer["groups"]
    }  # fmt: skip
    assert groups == {
        ("JP", "KR", "to", "UZ"): {"debt": {"USD": ("100", "0", "100")}},
        ("adb", "to", "KZ"): {"debt": {"USD": ("20", "0", "20")}},
        ("JP", "to", "KZ"): {"grant": {"USD": ("5", "7", "5")}},
        ("to", "KZ"): {"debt": {"USD": ("3", "0", "3")}},
    }
    rows = {row["event"]: row for row in answer["rows"]}
    assert (rows["/tests#both"]["on_earliest"], rows["/tests#both"]["on"]) == ("2015-01-01", "2015-12-31")
    assert rows["/tests#paid"]["givers"] == ["jica"], "it names nobody: those of the row before"
    of_korea = await get(client, "/v1/money", as_of=AS_OF, donor="KR")
    assert [row["event"] for row in of_korea["rows"]] == ["/tests#both"]
    assert legs_of(of_korea["total"]) == {"debt": {"USD": ("100", "0", "100")}}


async def test_one_currency_only_through_the_rate_of_the_rows_own_year(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        *parties(), registered("plant"),
        money("loan.signed", "plant", "y10", "2010", "8778", "JPY", parties=by("financier", "jica")),
        money("loan.signed", "plant", "y15", "2015", "12104.91", "JPY", parties=by("financier", "jica")),
        money("loan.signed", "plant", "som", "2015", "5000", "UZS", parties=by("financier", "jica")),
        money("loan.signed", "plant", "tenge", "2009", "5000", "KZT", parties=by("financier", "jica")),
    )  # fmt: skip
    answer = await get(client, "/v1/money", as_of=AS_OF)
    [debt] = answer["total"]
    assert debt["not_converted"] == 2
    rows = {row["event"].partition("#")[2]: row for row in answer["rows"]}
    rates = {(rate["currency"], rate["year"]): Fraction(rate["per_usd"]) for rate in answer["rates"]}
    assert {*rates} == {("JPY", 2010), ("JPY", 2015)}
    assert rows["y15"]["converted"] == "100.00"
    assert round(Fraction(8778) / rates["JPY", 2010] * 100) == Fraction(rows["y10"]["converted"]) * 100
    assert Decimal(debt["committed"]) == Decimal(rows["y10"]["converted"]) + Decimal(rows["y15"]["converted"])
    assert rows["som"]["not_converted"] == "there is no rate of UZS: not told in USD"
    assert rows["tenge"]["not_converted"] == "there is no rate of KZT for 2009: not told in USD"
    in_yen = await get(client, "/v1/money", as_of=AS_OF, currency="JPY")
    assert in_yen["total"][0]["committed"] == "20882.91"
    refused = await client.get("/v1/money", params={"currency": "RMB"})
    assert "did you mean CNY?" in refused.json()["detail"]


async def test_what_is_in_no_sum_is_listed(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        *parties(), registered("plant"),
        money("rights.granted", "plant", "own-title", "2015", "9", right="mining"),
        money("loan.signed", "plant", "frame", "2015", "500", parties=by("financier", "jica", host="gov-uz"), of="portfolio"),
        money("equity.agreed", "plant", "cost", "2016", "700", parties=by("investor", "sumitomo"), of="project-cost"),
        money("intent.announced", "plant", "talk", "2016", "800", kind="talks", parties=by("investor", "sumitomo")),
    )  # fmt: skip
    answer = await get(client, "/v1/money", as_of=AS_OF)
    assert (answer["total"], answer["rows"]) == ([], [])
    assert [row["event"] for row in answer["left_out"]["without_deal"]] == ["/tests#own-title"]
    listed = [
        (row["event"], row["of"], row["value"], row["donors"], row["recipients"])
        for row in answer["left_out"]["not_summed"]
    ]
    assert listed == [
        ("/tests#frame", "portfolio", "500", ["JP"], ["UZ"]),
        ("/tests#cost", "project-cost", "700", ["JP"], ["KZ"]),
    ]


async def test_corrections_count_and_a_coarse_row_stands_before_what_ends_it(
    log: Log, client: httpx.AsyncClient
) -> None:
    ended = event("contract.terminated", "plant", "ended", occurred="2015-06-01", reported="2024-06-01", deal="jica")
    await log.append(
        *parties(), registered("plant"), ended,
        money("loan.signed", "plant", "coarse", "2015", "100", parties=by("financier", "jica")),
        money("loan.signed", "plant", "wrong", "2014-05-01", "40", parties=by("financier", "kexim")),
        money("grant.committed", "plant", "paper", "2014-05-01", "30", parties=by("donor", "jica"), deal="gift"),
        event("event.retracted", "plant", "back", reported="2024-06-01", target={"source": "/tests", "id": "wrong"}, reason="No loan."),
        event("event.corrected", "plant", "mended", reported="2024-06-01", target={"source": "/tests", "id": "paper"},
              changes={"amount": {"value": "31", "currency": "USD"}}, reason="31."),
    )  # fmt: skip
    answer = await get(client, "/v1/money", as_of="2015-06-01")
    assert [(row["event"], row["on"], row["value"], row["in_force"]) for row in answer["rows"]] == [
        ("/tests#paper", "2014-05-01", "31", "31"),
        ("/tests#coarse", "2015-06-01", "100", "0"),
    ]


async def test_filters_take_what_they_name(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        *parties(), registered("plant", commodities=["copper"]), registered("mine", country="UZ"),
        money("loan.signed", "plant", "a", "2015", "1", parties=by("financier", "jica"), programme="fund", forum="summit"),
        money("loan.signed", "mine", "b", "2016", "2", parties=by("financier", "exim")),
    )  # fmt: skip

    async def events(**filters: str) -> list[str]:
        return [row["event"] for row in (await get(client, "/v1/money", as_of=AS_OF, **filters))["rows"]]

    assert (
        await events(programme="fund")
        == await events(forum="summit")
        == await events(commodity="copper")
        == ["/tests#a"]
    )
    assert await events(country="UZ") == await events(year="2016") == await events(recipient="UZ") == ["/tests#b"]
    assert await events(donor="JP,US") == ["/tests#b", "/tests#a"]
    assert await events(programme="mine") == ["/tests#b"], "the programme itself"


def generated(seed: int) -> list[Envelope]:
    """Money of a few projects, days to the day: totals, reductions, parts, several nations, contracts that end."""
    draw = random.Random(seed)
    log: list[Envelope] = []
    for project in ("alpha", "beta", "gamma"):
        kind = draw.choice(["plant", "plant", "umbrella"])
        log.append(registered(project, kind=kind, countries=draw.choice([["KZ"], ["KZ", "UZ"]])))
        for number in range(draw.randint(8, 16)):
            own_id = f"{project}-{number}"
            day = (date(2005, 1, 1) + timedelta(days=draw.randint(0, 7000))).isoformat()
            deal = draw.choice(["one", "two"])
            name = draw.choice(["loan.signed", "loan.signed", "grant.committed", "equity.agreed", "works.awarded", "funds.disbursed", "commitment.reduced", "funds.returned", "contract.terminated"])  # fmt: skip
            roles = {"equity.agreed": ["investor"], "works.awarded": ["contractor"]}.get(name, ["financier", "donor"])
            named = [
                {"party": key, "role": draw.choice(roles)}
                for key in draw.sample(["jica", "kexim", "exim", "adb", "sumitomo", "posco"], draw.randint(0, 2))
            ]
            more: dict[str, Any] = {
                "deal": deal,
                "parties": [*named, *draw.choice([[], by("x", host="gov-uz"), by("x", host="mine-uz")])],
            }
            if name in ("funds.disbursed", "commitment.reduced", "funds.returned", "contract.terminated"):
                leg = draw.choice([None, "debt", "grant"])
                more |= {"leg": leg} if leg else {}
            if name == "contract.terminated":
                more.pop("parties")
                log.append(event(name, project, own_id, occurred=day, reported="2024-06-01", **more))
                continue
            if log[-1]["subject"] == project and draw.random() < 0.15 and not name.startswith(("comm", "funds")):
                more |= {
                    "part_of": {"source": "/tests", "id": draw.choice([log[-1]["id"], "alpha-1", "beta-2", "nothing"])}
                }
            if not name.endswith(("reduced", "returned")):
                more |= {"semantics": draw.choice(["increment", "increment", "total"])}
                more |= {"of": draw.choice(["leg", "price", "leg", "price", "portfolio"])}
            value = f"{draw.randint(1, 10**9)}.{draw.randint(0, 99):02}"
            log.append(
                money(name, project, own_id, day, value, draw.choice(["USD", "JPY", "EUR", "KZT", "UZS"]), **more)
            )
    return log


@pytest.mark.parametrize("seed", range(6))
async def test_generated_logs_are_as_the_slow_reckoning_says(seed: int, log: Log, client: httpx.AsyncClient) -> None:
    events = [*parties(), *generated(seed)]
    await log.append(*events)
    answer = await get(client, "/v1/money", as_of=AS_OF, by="donor,recipient,year")
    slow = slow_money(events, date.fromisoformat(AS_OF), HOMES, {"gov-uz", "gov-kz"})
    assert_equal(answer, slow)
    assert {row["event"]: Fraction(row["in_force"]) for row in answer["rows"]} == {
        row.event: row.in_force for row in slow.rows
    }
    for line in answer["total"]:
        for currency_sum in line["sums"]:
            of_leg = [
                row.in_force
                for row in slow.rows
                if (row.leg, row.currency, row.umbrella) == (line["leg"], currency_sum["currency"], False)
            ]
            assert Fraction(currency_sum["in_force"]) == sum(of_leg), line["leg"]


def assert_equal(answer: dict[str, Any], slow: SlowMoney) -> None:
    """Rows, sums by leg and currency, sums in one currency, and groups are those of the slow reckoning."""
    with_deal = {row.event: row for row in slow.rows if row.deal is not None}
    rows = {row["event"]: row for row in answer["rows"]}
    assert rows.keys() == with_deal.keys()
    for reference, expected in with_deal.items():
        row = rows[reference]
        answered = (Fraction(row["value"]), row["currency"], row["leg"], row["of"], row["year"], row["donors"], row["recipients"], row["umbrella"], row["deal"])  # fmt: skip
        assert answered == (expected.value, expected.currency, expected.leg, expected.of, expected.year, expected.donors, expected.recipients, expected.umbrella, expected.deal), reference  # fmt: skip
        assert (None if row["converted"] is None else Fraction(row["converted"]) * 100) == expected.cents, reference
    assert {row["event"] for row in answer["left_out"]["without_deal"]} == {
        row.event for row in slow.rows if row.deal is None
    }
    assert {item["event"] for item in answer["left_out"]["not_summed"]} == slow.not_summed
    contracts = ("works", "offtake")
    expected_rows = with_deal.values()
    _assert_legs(answer["total"], [row for row in expected_rows if not row.umbrella and row.leg not in contracts])
    _assert_legs(answer["contracts"], [row for row in expected_rows if not row.umbrella and row.leg in contracts])
    _assert_legs(answer["umbrellas"], [row for row in expected_rows if row.umbrella])
    grouped: dict[tuple[Any, ...], list[SlowRow]] = {}
    for slow_row in expected_rows:
        key = (tuple(slow_row.donors), tuple(slow_row.recipients), slow_row.year, slow_row.umbrella)
        grouped.setdefault(key, []).append(slow_row)
    groups = {
        (tuple(group["donors"]), tuple(group["recipients"]), group["year"], group["umbrella"]): group["legs"]
        for group in answer["groups"]
    }
    assert groups.keys() == grouped.keys()
    for key, legs in groups.items():
        _assert_legs(legs, grouped[key])


def _assert_legs(lines: list[dict[str, Any]], rows: list[SlowRow]) -> None:
    sums: dict[tuple[str, str, str], Fraction] = {}
    cents: dict[tuple[str, str], int] = {}
    for row in rows:
        sums[row.leg, row.currency, row.of] = sums.get((row.leg, row.currency, row.of), Fraction(0)) + row.value
        cents[row.leg, row.of] = cents.get((row.leg, row.of), 0) + (row.cents or 0)
    assert [line["leg"] for line in lines] == sorted({row.leg for row in rows})
    for line in lines:
        for currency_sum in line["sums"]:
            for of in ("committed", "disbursed"):
                assert Fraction(currency_sum[of]) == sums.get((line["leg"], currency_sum["currency"], of), 0), (
                    line["leg"],
                    currency_sum,
                )
        for of in ("committed", "disbursed"):
            assert Fraction(line[of]) * 100 == cents.get((line["leg"], of), 0), line["leg"]
        assert line["not_converted"] == sum(row.cents is None for row in rows if row.leg == line["leg"])


@pytest.fixture(scope="module")
def real(stack: Stack, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with api_of_central_asia(stack, template, tmp_path_factory.mktemp("money")) as service:
        yield service


def test_the_real_events_are_as_the_slow_reckoning_says(real: Service) -> None:
    events = [json.loads(line) for line in EVENTS.read_text(encoding="utf-8").splitlines()]
    registered_parties = [e["data"] for e in events if e["type"] == "steppe.party.registered.v1"]
    homes = {
        party["party"]: party["party"] if party["kind"] == "multilateral" else party["home_country"]
        for party in registered_parties
    }
    states = {
        party["party"] for party in registered_parties if party["kind"] in ("government", "agency", "state-company")
    }
    with httpx.Client(base_url=real.address, params={"as_of": "2026-11-01"}, timeout=60) as plain:
        answer = plain.get("/v1/money", params={"by": "donor,recipient,year"}).raise_for_status().json()
        assert_equal(answer, slow_money(events, date(2026, 11, 1), homes, states))
        assert len(answer["rows"]) > 50
        uzbek = plain.get("/v1/money", params={"donor": "JP", "recipient": "UZ"}).raise_for_status().json()
    projects = {row["project"] for row in uzbek["rows"]}
    assert {"navoi-tpp", "uz-talimarjan-tpp", "uz-turakurgan-tpp", "jica-uzbekistan-portfolio"} <= projects
    assert {row["project"] for row in uzbek["rows"] if row["umbrella"]} == {
        "jds-scholarships",
        "jica-uzbekistan-portfolio",
    }


async def test_japan_is_ahead_of_the_usa_in_uzbekistan_each_year_and_measures_stay_apart(
    client: httpx.AsyncClient,
) -> None:
    answer = await get(client, "/v1/money/aid", recipient="UZ")
    ranks = {
        (year["measure"], year["year"]): {donor["donor"]: donor["rank"] for donor in year["donors"]}
        for year in answer["years"]
    }
    for year in range(2012, 2017):
        assert ranks["gross", year]["JP"] < ranks["gross", year]["US"], year
        assert "DAC" not in ranks["gross", year]
    assert {year: ranks["gross", year]["JP"] for year in range(2012, 2017)} == {
        2012: 2,
        2013: 1,
        2014: 1,
        2015: 1,
        2016: 1,
    }
    of_2015 = {year["measure"]: year for year in answer["years"] if year["year"] == 2015}
    japan = {
        measure: [donor["usd"] for donor in year["donors"] if donor["donor"] == "JP"]
        for measure, year in of_2015.items()
    }
    assert japan == {"gross": ["154140000"], "net": ["116000000"]}
    assert (of_2015["gross"]["of_all"], of_2015["net"]["of_all"]) == ("212840000", None)
    stocks = [row for row in answer["rows"] if row["measure"] == "stock"]
    assert [row["programme"] for row in stocks] == ["JICA", "JICA", "JBIC", "JICA"]
    only = await get(client, "/v1/money/aid", recipient="UZ", donor="US", year="2015")
    assert [(donor["donor"], donor["rank"]) for year in only["years"] for donor in year["donors"]] == [("US", 4)]
