"""/v1/pledges: promises and what came of them, by hand, on logs drawn from a seed and on the real events of Central Asia."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

import steppe
from tests.central_asia import EVENTS, api_of_central_asia
from tests.domain.measures import slow_pledges
from tests.services.api.reading_api import SOURCE, Envelope, Log, event, get, registered
from tests.stack import Service, Stack

AS_OF = "2026-06-30"


def usd(value: str, **more: str) -> dict[str, str]:
    return {"value": value, "currency": "USD", **more}


def event_by(name: str, project: str, occurred: str, party: str, role: str, id: str = "", **data: Any) -> Envelope:
    parties = [{"party": party, "role": role}]
    given = {"occurred": occurred, "reported": occurred, "parties": parties, **data}
    return event(name, project, id or f"{project}-{name}-{occurred}", **given)


def pledge(project: str, occurred: str, amount: dict[str, str], party: str = "gov-jp", **data: Any) -> Envelope:
    return event_by("pledge.announced", project, occurred, party, "donor", amount=amount, **data)


def programme(key: str, **data: Any) -> Envelope:
    return registered(key, **{"kind": "programme", "countries": ["KZ", "UZ"], **data})


def ref(envelope: Envelope) -> dict[str, str]:
    return {"source": envelope["source"], "id": envelope["id"]}


PROMISED = pledge(
    "fund", "2024-01-01", usd("1000"), deadline="2027-12-31", recipients=["UZ", "KZ"], forum="summit", id="promised"
)


@pytest.fixture
async def fund(log: Log) -> Log:
    """A programme that promised USD 1,000, a mine and a road that name it, and a grant of its own deal."""
    await log.append(
        event("party.registered", "party:gov-jp", "gov-jp", party="gov-jp", name="Japan", home_country="JP", kind="government"),
        programme("fund"), registered("mine"), registered("road", kind="corridor", sector="transport"),
        event_by("loan.signed", "mine", "2023-12-31", "jbic", "financier", amount=usd("7"), programme="fund"),
        PROMISED,
        event_by("loan.signed", "mine", "2024-06-01", "jbic", "financier", amount=usd("100.25"), programme="fund"),
        event_by("loan.signed", "mine", "2024-07-01", "jbic", "financier", amount=usd("150", semantics="total"), programme="fund"),
        event_by("funds.disbursed", "mine", "2025-01-01", "jbic", "financier", amount=usd("40.10"), leg="debt", programme="fund"),
        event_by("funds.returned", "mine", "2025-02-01", "jbic", "financier", amount=usd("0.05"), leg="debt", programme="fund"),
        event_by("loan.signed", "mine", "2025-03-01", "adb", "financier", amount=usd("999")),
        event_by("grant.committed", "fund", "2024-09-01", "gov-jp", "donor", amount=usd("20")),
        event_by("commitment.reduced", "fund", "2024-10-01", "gov-jp", "donor", amount=usd("5"), leg="grant"),
        event_by("works.awarded", "road", "2025-05-01", "kajima", "contractor", amount=usd("300", of="project-cost"), programme="fund"),
        event_by("grant.committed", "road", "2025-06-01", "gov-jp", "donor", programme="fund"),
    )  # fmt: skip
    return log


async def pledges(client: httpx.AsyncClient, **query: str) -> dict[str, dict[str, Any]]:
    answer = await get(client, "/v1/pledges", **{"as_of": AS_OF, **query})
    return {promise["pledge"].removeprefix(f"{SOURCE}#"): promise for promise in answer["pledges"]}


async def test_what_is_bound_and_disbursed_after_it_stands_against_its_time(
    fund: Log, client: httpx.AsyncClient
) -> None:
    (promise,) = (await pledges(client)).values()
    assert (promise["announced"], promise["currency"], promise["deadline"], promise["deadline_on"]) == (
        "1000",
        "USD",
        "2027-12-31",
        "2027-12-31",
    )
    # 150 less the 7 of the day before the promise, 20 less 5; 40.10 less 0.05.
    assert (promise["bound"], promise["disbursed"]) == ("158.00", "40.05")
    assert (promise["bound_share"], promise["disbursed_share"]) == (0.158, 0.0401)
    passed = (date(2026, 6, 30) - date(2024, 1, 1)).days / (date(2027, 12, 31) - date(2024, 1, 1)).days
    assert promise["time_passed"] == round(passed, 4)
    assert [leg["leg"] for leg in promise["legs"]] == ["debt", "grant"]
    uncounted = {(row["project"], row["name"]): row["uncounted"] for row in promise["rows"] if row["uncounted"]}
    assert uncounted == {("road", "works.awarded"): "project-cost", ("road", "grant.committed"): "no-amount"}
    assert sum(Decimal(row["change"]) for row in promise["rows"] if row["of"] == "bound") == Decimal(promise["bound"])
    assert (promise["pledgers"], promise["nations"], promise["recipients"]) == (["gov-jp"], ["JP"], ["KZ", "UZ"])


async def test_as_of_and_known_at_move_it(fund: Log, client: httpx.AsyncClient) -> None:
    (promise,) = (await pledges(client, as_of="2024-06-30")).values()
    assert (promise["bound"], promise["disbursed"], promise["time_passed"]) == ("100.25", "0", round(181 / 1460, 4))
    (promise,) = (await pledges(client, known_at="2024-06-30")).values()
    assert promise["bound"] == "100.25"
    assert await pledges(client, as_of="2023-12-31") == {}


async def test_a_repeat_is_shown_under_it_counted_once_and_says_the_last_amount_and_deadline(
    fund: Log, client: httpx.AsyncClient
) -> None:
    again = pledge("fund", "2025-01-01", usd("1500"), repeats=ref(PROMISED), deadline="2030", forum="second")
    third = pledge("fund", "2025-06-01", usd("1200"), repeats=ref(again), id="third")
    await fund.append(again, third)
    answer = await get(client, "/v1/pledges", as_of=AS_OF)
    (promise,) = answer["pledges"]
    assert [statement["event"].split("#")[1] for statement in promise["said"]] == ["promised", again["id"], "third"]
    assert (promise["announced"], promise["deadline"], promise["deadline_on"]) == ("1200", "2030", "2030-12-31")
    assert (promise["first_announced"], promise["first_deadline"], promise["forums"]) == (
        "1000",
        "2027-12-31",
        ["second", "summit"],
    )
    assert (answer["umbrellas"]["pledges"], answer["umbrellas"]["announced"]) == (
        1,
        [{"currency": "USD", "value": "1200"}],
    )
    assert promise["bound"] == "158.00", "rows after the first time count"


async def test_a_withdrawn_one_stays_marked_and_is_in_no_total_until_it_is_said_again(
    fund: Log, client: httpx.AsyncClient
) -> None:
    await fund.append(
        event_by(
            "pledge.withdrawn", "fund", "2025-09-01", "gov-jp", "donor", ends=ref(PROMISED), reason="Budget.", id="gone"
        )
    )
    answer = await get(client, "/v1/pledges", as_of=AS_OF)
    (promise,) = answer["pledges"]
    assert (promise["withdrawn"]["on"], promise["withdrawn"]["reason"], promise["bound"]) == (
        "2025-09-01",
        "Budget.",
        "158.00",
    )
    total = answer["umbrellas"]
    assert (total["pledges"], total["withdrawn"], total["announced"], total["bound"]) == (1, 1, [], [])
    assert total["taken_back"] == [{"currency": "USD", "value": "1000"}]
    assert (await pledges(client, as_of="2025-08-31"))["promised"]["withdrawn"] is None
    await fund.append(pledge("fund", "2026-01-01", usd("800"), repeats=ref(PROMISED), id="after-all"))
    (promise,) = (await pledges(client)).values()
    assert (promise["withdrawn"], promise["announced"]) == (None, "800")


async def test_a_withdrawal_without_ends_speaks_of_the_pledges_of_its_deal_before_it(
    fund: Log, client: httpx.AsyncClient
) -> None:
    await fund.append(
        pledge("fund", "2024-02-01", usd("5"), "gov-kr", id="korean"),
        event_by("pledge.withdrawn", "fund", "2025-09-01", "gov-jp", "donor", id="gone"),
        pledge("fund", "2025-10-01", usd("6"), id="anew"),
    )
    assert {key: bool(promise["withdrawn"]) for key, promise in (await pledges(client)).items()} == {
        "promised": True,
        "korean": False,
        "anew": False,
    }


async def test_a_row_under_several_pledges_is_under_each_and_once_in_a_total(
    fund: Log, client: httpx.AsyncClient
) -> None:
    await fund.append(pledge("fund", "2024-06-15", usd("500"), "gov-kr", id="korean", forum="summit"))
    answer = await get(client, "/v1/pledges", as_of=AS_OF, by="forum")
    by_key = {promise["pledge"].split("#")[1]: promise for promise in answer["pledges"]}
    assert (by_key["promised"]["bound"], by_key["korean"]["bound"]) == ("158.00", "42.75")
    (group,) = answer["groups"]
    assert (group["group"], group["umbrellas"]["pledges"]) == ("summit", 2)
    assert group["umbrellas"]["announced"] == [{"currency": "USD", "value": "1500"}]
    assert group["umbrellas"]["bound"] == [{"currency": "USD", "value": "158.00"}]


async def test_pledges_are_grouped_and_filtered_by_who_gives_gets_where_and_through_what(
    fund: Log, client: httpx.AsyncClient
) -> None:
    await fund.append(pledge("mine", "2025-02-01", usd("9"), "adb", id="of-a-mine", programme="fund"))

    async def groups(by: str) -> dict[str | None, tuple[int, int]]:
        answer = await get(client, "/v1/pledges", as_of=AS_OF, by=by)
        assert (answer["total"]["pledges"], answer["umbrellas"]["pledges"]) == (1, 1)
        return {
            group["group"]: (group["total"]["pledges"], group["umbrellas"]["pledges"]) for group in answer["groups"]
        }

    assert await groups("pledger") == {"adb": (1, 0), "gov-jp": (0, 1)}
    assert await groups("nation") == {"JP": (0, 1), None: (1, 0)}
    assert await groups("recipient") == {"KZ": (1, 1), "UZ": (0, 1)}, (
        "without recipients it is for the project's country"
    )
    assert await groups("forum") == {"summit": (0, 1), None: (1, 0)}
    assert await groups("programme") == {"fund": (1, 1)}
    assert await groups("year") == {"2024": (0, 1), "2025": (1, 0)}
    for query, keys in (
        ({"donor": "JP"}, {"promised"}), ({"donor": "adb"}, {"of-a-mine"}), ({"recipient": "UZ"}, {"promised"}),
        ({"programme": "fund"}, {"promised", "of-a-mine"}), ({"year": "2025"}, {"of-a-mine"}), ({"forum": "nowhere"}, set()),
    ):  # fmt: skip
        assert (await pledges(client, **query)).keys() == keys, query


async def test_other_currencies_without_a_rate_are_listed_and_in_no_share(fund: Log, client: httpx.AsyncClient) -> None:
    await fund.append(
        event_by(
            "loan.signed",
            "road",
            "2025-06-02",
            "jbic",
            "financier",
            amount={"value": "3", "currency": "UZS"},
            programme="fund",
        )
    )
    (promise,) = (await pledges(client)).values()
    assert promise["not_converted"] == [{"of": "bound", "currency": "UZS", "year": 2024, "value": "3"}]
    assert (promise["bound"], promise["bound_share"], promise["disbursed_share"]) == ("158.00", None, 0.0401)


async def test_several_currencies_are_reckoned_at_the_rate_of_the_pledges_year_to_the_cent(
    fund: Log, client: httpx.AsyncClient
) -> None:
    yen = {"value": "1234567.89", "currency": "JPY"}
    await fund.append(
        event_by("loan.signed", "road", "2025-06-02", "jica", "financier", amount=yen, programme="fund"),
        pledge("fund", "2025-01-01", {"value": "1000", "currency": "EUR"}, "gov-fr", id="in-euro"),
    )
    answer = await get(client, "/v1/pledges", as_of=AS_OF)
    by_key = {promise["pledge"].split("#")[1]: promise for promise in answer["pledges"]}
    in_dollars = _cents(Decimal("1234567.89") / _per_usd("JPY", 2024))
    assert Decimal(by_key["promised"]["bound"]) == 158 + in_dollars
    in_euro = _cents(Decimal("1234567.89") * _per_usd("EUR", 2025) / _per_usd("JPY", 2025))
    assert Decimal(by_key["in-euro"]["bound"]) == in_euro
    together = answer["umbrellas"]["converted"]
    assert Decimal(together["announced"]) == 1000 + _cents(1000 / _per_usd("EUR", 2025))
    assert Decimal(together["bound"]) == 158 + in_dollars, (
        "the loan is under both, and counts once, at the year of the first"
    )
    assert together["not_converted"] == []


def _per_usd(currency: str, year: int) -> Decimal:
    with (Path(steppe.__file__).parent / "reference" / "series" / "fx.csv").open(encoding="utf-8") as lines:
        return next(
            Decimal(row["per_usd"])
            for row in csv.DictReader(lines)
            if (row["currency"], row["year"]) == (currency, str(year))
        )


def _cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))


async def test_what_was_superseded_or_retracted_counts_nowhere(fund: Log, client: httpx.AsyncClient) -> None:
    await fund.append(
        event("project.superseded", "mine", "mine-superseded", by=["pit"], reason="One pit.", reported="2026-01-01"),
    )
    (promise,) = (await pledges(client)).values()
    assert {row["project"] for row in promise["rows"]} == {"fund", "road"}
    assert promise["bound"] == "15"
    await fund.append(
        event("event.retracted", "fund", "back", target=ref(PROMISED), reason="Never said.", reported="2026-02-01")
    )
    assert await pledges(client) == {}


async def test_a_pledge_of_a_year_that_was_withdrawn_in_it_was_made_before(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        programme("fund"),
        event_by(
            "pledge.announced", "fund", "2025", "gov-jp", "donor", amount=usd("10"), reported="2025-12-31", id="coarse"
        ),
        event_by("pledge.withdrawn", "fund", "2025-06-01", "gov-jp", "donor", id="gone"),
    )
    promise = (await pledges(client))["coarse"]
    assert (promise["announced_on"], promise["withdrawn"]["on"]) == ("2025-06-01", "2025-06-01")


async def test_what_a_part_of_a_document_says_of_its_programme_counts_for_the_whole(
    fund: Log, client: httpx.AsyncClient
) -> None:
    whole = event_by("loan.signed", "road", "2025-07-01", "jica", "financier", amount=usd("60"), id="whole")
    await fund.append(
        whole,
        event_by("loan.signed", "road", "2025-07-02", "jica", "financier", amount=usd("60"), part_of=ref(whole), programme="fund", id="part"),
    )  # fmt: skip
    (promise,) = (await pledges(client)).values()
    rows = {row["event"].split("#")[1]: row["uncounted"] for row in promise["rows"] if row["deal"] == "jica"}
    assert (promise["bound"], rows) == ("218.00", {"whole": None, "part": "part-of"})


@pytest.mark.parametrize("seed", range(4))
async def test_generated_logs_reckoned_again_slowly_from_raw_events(
    log: Log, client: httpx.AsyncClient, seed: int
) -> None:
    draw = random.Random(seed)
    days = [(date(2020, 1, 1) + timedelta(days=number)).isoformat() for number in range(1500)]
    events: list[Envelope] = [
        programme("fund"),
        registered("roof", kind="umbrella"),
        *(registered(f"p{n}") for n in range(5)),
    ]
    pledged: list[Envelope] = []
    money = ["loan.signed", "grant.committed", "equity.agreed", "works.awarded", "finance.closed", "funds.disbursed"]
    for number in range(140):
        subject = draw.choice(["fund", "roof", "p0", "p1", "p2", "p3", "p4"])
        party, role = draw.choice([("gov-jp", "donor"), ("jbic", "financier"), ("sumitomo", "investor")])
        amount: dict[str, str] = {
            "value": f"{draw.randint(1, 10**9) / 100:.2f}",
            "currency": draw.choice(["USD", "JPY"]),
        }
        more: dict[str, Any] = {"programme": draw.choice(["fund", "roof"])} if draw.random() < 0.5 else {}
        if draw.random() < 0.15:
            name = "pledge.announced"
            if pledged and draw.random() < 0.4:
                more["repeats"] = ref(draw.choice(pledged))
        else:
            name = draw.choice([*money, "commitment.reduced", "funds.returned"])
            amount["of"] = draw.choice(["price", "leg", "leg", "portfolio"])
            if name not in ("commitment.reduced", "funds.returned") and draw.random() < 0.2:
                amount["semantics"] = "total"
            if name in ("commitment.reduced", "funds.returned", "funds.disbursed"):
                more["leg"] = draw.choice(["debt", "grant"])
        made = event_by(name, subject, draw.choice(days), party, role, id=f"e{number:03}", amount=amount, **more)
        if name == "pledge.announced" and "repeats" not in more:
            pledged.append(made)
        events.append(made)
    await log.append(*events)
    answer = await get(client, "/v1/pledges", as_of="2023-06-30")
    assert len(answer["pledges"]) > 3
    _equals_slow(answer, events, "2023-06-30")


def _equals_slow(answer: dict[str, Any], events: list[Envelope], as_of: str) -> None:
    expected = slow_pledges.sums(events, as_of)
    assert {promise["pledge"].split("#")[1] for promise in answer["pledges"]} == expected.keys()
    for promise in answer["pledges"]:
        currency, announced, bound, disbursed = expected[promise["pledge"].split("#")[1]]
        assert (promise["currency"], Decimal(promise["announced"])) == (currency, announced), promise["pledge"]
        for of, reckoned in (("bound", bound), ("disbursed", disbursed)):
            summed: dict[str, Decimal] = {}
            for row in promise["rows"]:
                if row["of"] == of and row["uncounted"] is None:
                    summed[row["currency"]] = summed.get(row["currency"], Decimal(0)) + Decimal(row["change"])
            assert summed == reckoned, (promise["pledge"], of)
    for of in ("bound", "disbursed"):
        once = {row["event"]: row for promise in answer["pledges"] for row in promise["rows"] if row["of"] == of}
        together: dict[str, Decimal] = {}
        for line in (answer["total"], answer["umbrellas"]):
            for entry in line[of]:
                together[entry["currency"]] = together.get(entry["currency"], Decimal(0)) + Decimal(entry["value"])
        both = [
            {
                row["event"]
                for promise in answer["pledges"]
                if promise["umbrella"] is umbrella
                for row in promise["rows"]
            }
            for umbrella in (True, False)
        ]
        if not both[0] & both[1]:
            summed = {}
            for row in once.values():
                summed[row["currency"]] = summed.get(row["currency"], Decimal(0)) + Decimal(row["change"])
            assert together == summed


@pytest.fixture(scope="module")
def api(stack: Stack, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with api_of_central_asia(stack, template, tmp_path_factory.mktemp("pledges")) as service:
        yield service


def _real(api: Service, **query: str) -> dict[str, Any]:
    answer = httpx.get(f"{api.address}/v1/pledges", params={"as_of": "2026-11-01", **query}, timeout=30)
    body: dict[str, Any] = answer.raise_for_status().json()
    return body


def test_the_real_pledges_are_those_of_the_raw_events_to_the_cent(api: Service) -> None:
    events = [json.loads(line) for line in EVENTS.read_text(encoding="utf-8").splitlines()]
    answer = _real(api)
    _equals_slow(answer, events, "2026-11-01")
    by_project = {promise["project"]: promise for promise in answer["pledges"]}
    tokyo = by_project["ca-japan-action-plan"]
    assert (tokyo["announced"], tokyo["currency"], tokyo["deadline"]) == ("3000000000000", "JPY", "2030-12")
    assert tokyo["time_passed"] == round(
        (date(2026, 11, 1) - date(2025, 12, 20)).days / (date(2030, 12, 31) - date(2025, 12, 20)).days, 4
    )
    assert (tokyo["nations"], tokyo["recipients"]) == (["JP"], ["KG", "KZ", "TJ", "TM", "UZ"])
    both = answer["umbrellas"]["converted"]
    in_dollars = _cents(3 * 10**12 / _per_usd("JPY", 2025)) + _cents(12 * 10**9 / _per_usd("EUR", 2025))
    assert (Decimal(both["announced"]), both["bound"], both["bound_share"]) == (in_dollars, "0", 0.0)
    assert (by_project["eu-global-gateway-central-asia"]["time_passed"], answer["total"]["pledges"]) == (None, 0)


def test_tokyos_package_and_the_money_of_jfpr_and_phrd_are_traced_to_the_projects_that_name_them(api: Service) -> None:
    events = [json.loads(line) for line in EVENTS.read_text(encoding="utf-8").splitlines()]
    naming: dict[str, set[str]] = {}
    for row in events:
        if "programme" in row["data"]:
            naming.setdefault(row["data"]["programme"], set()).add(row["subject"])
    programmes = {programme["programme"]: programme for programme in _real(api)["programmes"]}
    assert {
        key: {project["project"] for project in programme["projects"]}
        for key, programme in programmes.items()
        if programme["projects"]
    } == naming
    funds = programmes["jfpr-phrd-funds"]
    (dam,) = funds["projects"]
    assert (dam["project"], [row["uncounted"] for row in dam["rows"]]) == ("syr-darya-northern-aral", ["no-amount"])
    assert (funds["bound"], funds["disbursed"], funds["pledges"]) == ([], [], []), "the grant of 2006 told no sum"
    own = {row["event"].split("#")[1]: row["uncounted"] for row in funds["own_rows"]}
    assert own == {
        "jfpr-phrd-funds-2000-05-grant": "no-amount",
        "jfpr-phrd-funds-2009-disbursement": "portfolio",
        "jfpr-phrd-funds-2021-disbursement": "portfolio",
    }, "world-wide stocks of funds are no money of the region"
    tokyo = programmes["ca-japan-action-plan"]
    assert (tokyo["bound"], tokyo["projects"], len(tokyo["pledges"])) == ([], [], 1)
