"""Measures reckoned again from the raw events by slow functions that share no code with the product, on real and generated logs."""

from __future__ import annotations

import calendar
import csv
import json
import random
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.central_asia import EVENTS, api_of_central_asia
from tests.domain.reference.corrections import records
from tests.domain.reference.days import months_between
from tests.domain.reference.events import read
from tests.domain.reference.history import History
from tests.domain.reference.random_wire_logs import portfolio_log
from tests.domain.reference.registry import Registered
from tests.domain.reference.vocabulary import LEVELS
from tests.services.api import raw_events
from tests.services.api.raw_events import Nations, Raw, latest, name_of, parties_of
from tests.services.api.reading_api import Log, event, get
from tests.stack import Service, Stack

DAYS = ("2009-06-30", "2016-01-01", "2021-11-10", "2026-11-01")
STEPS = ("mining", "concentrate", "separation", "metal", "component")
PURSUING = ("investor", "financier", "contractor", "offtaker", "donor")
TERMS = ("commodity", "volume", "unit", "per", "term_years", "starts_on", "ends_on")
BESIDE = {
    "technology.transferred": "technology",
    "training.delivered": "training",
    "certification.granted": "certification",
}


@pytest.fixture(scope="module", name="recorded_events")
def events_of_central_asia() -> list[Raw]:
    lines = EVENTS.read_text(encoding="utf-8").splitlines()
    return [{**json.loads(line), "recordedtime": "2026-11-01T10:00:00Z"} for line in lines]


@pytest.fixture(scope="module", name="real_events")
def events_as_corrected(recorded_events: list[Raw]) -> list[Raw]:
    return raw_events.effective(recorded_events)


@pytest.fixture(scope="module", name="real")
def api_of_the_real_events(
    stack: Stack, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    with api_of_central_asia(stack, template, tmp_path_factory.mktemp("measures")) as service:
        yield from _client_of(service)


def _client_of(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.address, timeout=30) as client:
        yield client


def ask(client: httpx.Client, path: str, **parameters: Any) -> Any:
    return client.get(path, params=parameters).raise_for_status().json()


# Value chain


def steps_of_markets(events: Iterable[Raw], day: date) -> Any:
    """Of each market the nations and projects of each step; of each project its steps, and how many people each training had."""
    events = list(events)
    registered, nations = raw_events.registered(events), Nations(events)
    markets: dict[tuple[str, str], dict[str, tuple[set[str], set[str]]]] = {}
    projects: dict[str, tuple[set[str], dict[str, list[Any]]]] = {}
    for row in events:
        project = registered.get(row["subject"])
        if project is None or latest(row) > day or name_of(row) not in {"processing.localised", *BESIDE}:
            continue
        of = nations.of(parties_of(row, *PURSUING) or parties_of(row, "adviser"), latest(row))
        steps, beside = projects.setdefault(row["subject"], (set(), {}))
        if name_of(row) != "processing.localised":
            entry = [latest(row).isoformat(), row["data"].get("people"), sorted(of)]
            beside.setdefault(BESIDE[name_of(row)], []).append(entry)
            continue
        steps.add(row["data"]["step"])
        if project["kind"] in ("umbrella", "programme"):
            continue
        for country in {project["country"], *project.get("countries", ())}:
            for commodity in project["commodities"]:
                step = markets.setdefault((country, commodity), {}).setdefault(row["data"]["step"], (set(), set()))
                step[0].add(row["subject"])
                step[1].update(of)
    return markets, projects


def check_value_chain(answer: Any, events: Iterable[Raw], day: date) -> int:
    markets, projects = steps_of_markets(events, day)
    assert [(market["country"], market["commodity"]) for market in answer["markets"]] == sorted(markets)
    for market in answer["markets"]:
        steps = markets[market["country"], market["commodity"]]
        assert market["told_up_to"] == max(steps, key=STEPS.index)
        assert [step["step"] for step in market["steps"]] == list(STEPS)
        for step in market["steps"]:
            of_step = steps.get(step["step"], (set(), set()))
            assert (set(step["projects"]), set(step["nations"])) == of_step, market
    assert [project["project"] for project in answer["projects"]] == sorted(projects)
    for project in answer["projects"]:
        steps, beside = projects[project["project"]]
        assert {row["step"] for row in project["steps"]} == steps
        for name in BESIDE.values():
            rows = [[row["on"], row["people"], row["nations"]] for row in project[name]]
            assert sorted(rows, key=str) == sorted(beside.get(name, []), key=str), project["project"]
    return len(projects)


@pytest.mark.parametrize("day", DAYS)
def test_the_value_chain_of_the_real_events(real: httpx.Client, real_events: list[Raw], day: str) -> None:
    answer = ask(real, "/v1/value-chain", as_of=day)
    assert check_value_chain(answer, real_events, date.fromisoformat(day)) >= (10 if day > "2026" else 1)
    for project in answer["projects"]:
        alone = ask(real, f"/v1/projects/{project['project']}", as_of=day)
        stands = alone["physical_state"] in ("commissioning", "producing") and "suspended" not in alone["overlays"]
        assert (project["running"], project["works"]) == (stands, alone["works"]), project["project"]


@pytest.mark.parametrize("seed", range(3))
async def test_the_value_chain_of_generated_events(log: Log, client: httpx.AsyncClient, seed: int) -> None:
    events = list(generated_chain(random.Random(seed)))
    await log.append(*events)
    for day in ("2012-06-30", "2018-01-01", "2026-01-01"):
        answer = await get(client, "/v1/value-chain", as_of=day)
        assert check_value_chain(answer, raw_events.effective(events), date.fromisoformat(day))


def generated_parties(chance: random.Random) -> Iterator[Raw]:
    for number in range(8):
        home, kind = chance.choice(("JP", "CN", "KR", "KZ")), chance.choice(("company", "multilateral"))
        yield event("party.registered", f"party:p{number}", "first", party=f"p{number}", name=f"P{number}", home_country=home, kind=kind, reported="2000-01-01")  # fmt: skip
    yield event("party.amended", "party:p0", "moved", party="p0", home_country="FR", kind="company", occurred="2015-01-01", reported="2015-01-01")  # fmt: skip


def generated_projects(chance: random.Random, count: int) -> Iterator[Raw]:
    for number in range(count):
        yield event(
            "project.registered", f"m{number}", "first", name=f"M{number}", country=chance.choice(("KZ", "UZ")),
            countries=chance.sample(("KZ", "UZ", "TJ"), chance.randrange(2)), sector="mining", reported="2000-01-01",
            kind=chance.choice(("deposit", "plant", "programme")), commodities=chance.sample(("uranium", "tungsten", "gold"), 2),
        )  # fmt: skip


def a_day(chance: random.Random, first: int = 2005, last: int = 2024) -> str:
    day = f"{chance.randint(first, last)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    return chance.choice((day, day, day[:7], day[:4]))


def some_parties(chance: random.Random, *roles: str) -> list[dict[str, str]]:
    keys = chance.sample([f"p{number}" for number in range(9)], chance.randint(1, 3))
    return [{"party": key, "role": chance.choice(roles)} for key in keys]


def generated_chain(chance: random.Random) -> Iterator[Raw]:
    yield from generated_parties(chance)
    yield from generated_projects(chance, 20)
    for number in range(90):
        name, project = chance.choice(("processing.localised", *BESIDE)), f"m{chance.randrange(20)}"
        own: Raw = (
            {"step": chance.choice(STEPS)} if name == "processing.localised" else {"people": chance.randint(1, 99)}
        )
        yield event(
            name, project, f"r{number}", occurred=a_day(chance), reported="2025-01-01",
            parties=some_parties(chance, *PURSUING, "adviser", "host"), **own,
        )  # fmt: skip
        target = {"source": "/tests", "id": f"r{number}"}
        match chance.randrange(12):
            case 0:
                yield event(
                    "event.retracted", project, f"c{number}", target=target, reason="No.", reported="2025-02-01"
                )
            case 1:
                changes = {"occurred": a_day(chance)}
                yield event("event.corrected", project, f"c{number}", target=target, changes=changes, reason="Day.", reported="2025-02-01")  # fmt: skip


# Supply


def months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    while True:
        try:
            return date(year, month + 1, day.day)
        except ValueError:
            day = raw_events.day_before(day)


def end_of(terms: Raw, signing: date) -> date | None:
    """The first day on which a contract no longer delivers by its terms."""
    if "ends_on" in terms:
        last = raw_events.days_of(terms["ends_on"])[1]
        return None if last is None else last + timedelta(days=1)
    if terms.get("term_years") is None:
        return None
    start = raw_events.days_of(terms["starts_on"])[1] if "starts_on" in terms else None
    return months_later(start or signing, int(terms["term_years"] * 12))


def slow_contracts(events: list[Raw], day: date) -> list[Raw]:
    """Contracts with their terms as amended, their start, their end, and the end of their total, read row by row in order of days."""
    contracts: list[Raw] = []
    rank = {"offtake.signed": 0, "offtake.amended": 1, "offtake.ended": 2}
    rows = [row for row in events if latest(row) <= day]
    for row in sorted(rows, key=lambda row: (latest(row), rank.get(name_of(row), 3))):
        name, data, on = name_of(row), row["data"], latest(row)
        deal = data.get("deal") or next((party for role in PURSUING for party in parties_of(row, role)), None)
        buyers = set(parties_of(row, "offtaker"))
        alive = [
            contract
            for contract in contracts
            if contract["subject"] == row["subject"]
            and contract["ended"] is None
            and (end_of(contract["terms"], contract["signing"]) or date.max) > on
        ]
        of_deal = [contract for contract in alive if contract["deal"] == deal]
        if name == "offtake.signed":
            terms = {**data}
            contracts.append({"subject": row["subject"], "id": row["id"], "deal": deal, "buyers": buyers, "terms": terms, "signing": on, "ended": None, "how": None})  # fmt: skip
        elif name == "offtake.amended":
            for contract in of_deal:
                named = data["amends"]["id"] == contract["id"] if "amends" in data else not buyers or buyers & contract["buyers"]  # fmt: skip
                if named:
                    contract["terms"] |= {key: value for key, value in data.items() if key in TERMS}
        elif name == "offtake.ended" or name == "contract.terminated":
            before = [contract for contract in of_deal if contract["signing"] < on]
            for contract in before or of_deal:
                if name == "contract.terminated" or not buyers or buyers & contract["buyers"]:
                    contract.update(ended=on, how=name)
    return contracts


def factors_of(folder: Path) -> dict[tuple[str, str], tuple[str, float]]:
    with folder.joinpath("units.csv").open(encoding="utf-8") as file:
        return {(row["commodity"], row["unit"]): (row["base"], float(row["factor"])) for row in csv.DictReader(file)}


def day_by_day(events: list[Raw], day: date) -> tuple[dict[Any, dict[int, float]], dict[Any, dict[int, float]], int]:
    """What is delivered a year, by buyer and by group, summed day after day; and how many contracts are in no sum."""
    folder = Path(__file__).parents[3] / "steppe" / "reference" / "series"
    factors, registered, nations = factors_of(folder), raw_events.registered(events), Nations(events)
    with folder.joinpath("groups.csv").open(encoding="utf-8") as file:
        members = [(row["group"], row["member"], row["from"] or "0001-01-01", row["until"] or "9999-12-31") for row in csv.DictReader(file)]  # fmt: skip
    buyers: dict[Any, dict[int, float]] = {}
    groups: dict[Any, dict[int, float]] = {}
    left_out = 0
    for contract in slow_contracts(events, day):
        terms, signing = contract["terms"], contract["signing"]
        agreed = end_of(terms, signing)
        start = raw_events.days_of(terms["starts_on"])[1] if "starts_on" in terms else None
        if start is None:
            back = agreed if "ends_on" in terms and terms.get("term_years") else None
            start = months_later(back, -int(terms["term_years"] * 12)) if back else signing
        end = contract["ended"] or agreed
        whole_until = end if contract["how"] == "offtake.ended" else agreed or end
        factor = factors.get((terms["commodity"], terms.get("unit"))) or factors.get(("", terms.get("unit")))
        spread = None if whole_until is None else (whole_until - start).days
        has_rate = contract["buyers"] and terms.get("volume") is not None and terms.get("per")
        if not has_rate or factor is None or (terms["per"] == "total" and (spread is None or spread <= 0)):
            left_out += 1
            continue
        if registered[contract["subject"]]["kind"] in ("umbrella", "programme"):
            continue
        base, times = factor
        of = nations.of(contract["buyers"], signing)
        at = start
        while at < (end or date(day.year + 1, 1, 1)):
            days = spread if terms["per"] == "total" else 366 if calendar.isleap(at.year) else 365
            volume = terms["volume"] * times / days
            for nation in of or {"nowhere"}:
                years = buyers.setdefault((nation, terms["commodity"], base), {})
                years[at.year] = years.get(at.year, 0) + volume
            text = at.isoformat()
            for group in {group for group, member, first, until in members if member in of and first <= text < until}:
                years = groups.setdefault((group, terms["commodity"], base), {})
                years[at.year] = years.get(at.year, 0) + volume
            at += timedelta(days=1)
    return buyers, groups, left_out


def check_supply(answer: Any, events: list[Raw], day: date) -> int:
    buyers, groups, left_out = day_by_day(events, day)
    for name, part, expected in (("country", "buyers", buyers), ("group", "groups", groups)):
        answered = {
            (row[name] or "nowhere", row["commodity"], row["unit"]): {
                year["year"]: year["bound"] for year in row["years"] if year["contracts"]
            }
            for row in answer[part]
        }
        assert {key for key, years in answered.items() if years} == expected.keys()
        for key, years in expected.items():
            assert answered[key] == pytest.approx(years, abs=0.002), key
    assert sum(answer["not_added"].values()) == left_out
    return len(buyers)


@pytest.mark.parametrize("day", DAYS)
def test_the_supply_of_the_real_events(real: httpx.Client, real_events: list[Raw], day: str) -> None:
    answer = ask(real, "/v1/supply", as_of=day)
    assert check_supply(answer, real_events, date.fromisoformat(day)) >= 1
    for contract in answer["contracts"]:
        alone = ask(real, f"/v1/projects/{contract['project']}", as_of=day)
        legs = {event: leg for leg in alone["legs"] if leg["leg"] == "offtake" for event in leg["events"]}
        binds = (
            contract["event"] in legs and legs[contract["event"]]["valid"]
        )  # those of earlier phases are not listed there
        assert contract["valid"] == binds, contract["event"]


@pytest.mark.parametrize("seed", range(3))
async def test_the_supply_of_generated_events(log: Log, client: httpx.AsyncClient, seed: int) -> None:
    events = list(generated_offtakes(random.Random(seed)))
    await log.append(*events)
    for day in ("2012-06-30", "2018-01-01", "2026-01-01"):
        answer = await get(client, "/v1/supply", as_of=day)
        assert check_supply(answer, raw_events.effective(events), date.fromisoformat(day))


def generated_offtakes(chance: random.Random) -> Iterator[Raw]:
    yield from generated_parties(chance)
    yield from generated_projects(chance, 12)
    for number in range(40):
        project, signed = f"m{chance.randrange(12)}", f"{chance.randint(2005, 2014)}-{chance.randint(1, 12):02}-15"
        terms: Raw = {"commodity": chance.choice(("uranium", "tungsten", "gold"))}
        for field, values in (
            ("volume", (7, 100, 2500.5)), ("unit", ("tU", "t U3O8", "t WO3", "t", "kg", "percent of output")), ("per", ("year", "total")),
            ("term_years", (2, 7, 10.5)), ("starts_on", ("2011-05-01", "2014", "2016-02")), ("ends_on", ("2021", "2019-06", "2025-02-28")),
        ):  # fmt: skip
            if chance.random() < (0.9 if field in ("volume", "unit", "per") else 0.5):
                terms[field] = chance.choice(values)
        parties = some_parties(chance, "offtaker", "offtaker", "offtaker", "seller")
        yield event("offtake.signed", project, f"r{number}", occurred=signed, reported="2025-01-01", deal=f"d{number}", parties=parties, **terms)  # fmt: skip
        match chance.randrange(6):
            case 0:
                yield event("contract.terminated", project, f"t{number}", occurred=f"{chance.randint(2015, 2018)}-03-07", reported="2025-01-01", deal=f"d{number}")  # fmt: skip
            case 1:
                yield event("offtake.ended", project, f"t{number}", occurred=f"{chance.randint(2015, 2018)}-03-07", reported="2025-01-01", deal=f"d{number}")  # fmt: skip
            case 2:
                yield event("offtake.amended", project, f"a{number}", occurred=f"{chance.randint(2014, 2015)}-11-09", reported="2025-01-01", deal=f"d{number}", volume=chance.randint(1, 99), ends_on="2023")  # fmt: skip
            case 3:
                target = {"source": "/tests", "id": f"r{number}"}
                yield event("event.corrected", project, f"c{number}", target=target, changes={"volume": 11}, reason="Eleven.", reported="2025-02-01")  # fmt: skip


# Lifecycle, from the second implementation of the domain page


def slow_spells(
    events: list[Raw], day: date
) -> tuple[dict[Any, list[tuple[date, date | None]]], dict[str, int], set[str]]:
    """By project, deal, phase and level the spells by a day; the age of each paper whose clock runs; umbrellas and programmes."""
    standing = records(read(events), lambda event: True)
    spells: dict[Any, list[tuple[date, date | None]]] = {}
    ages: dict[str, int] = {}
    umbrellas: set[str] = set()
    for subject, record in standing.items():
        if ":" in subject or any(row.name == "project.superseded" for row in record.rows):
            continue
        history = History(subject, record.rows, [], Registered(record), day)
        if not history.is_there(day):
            continue
        if history.registered.value("kind", day) in ("umbrella", "programme"):
            umbrellas.add(subject)
        running: dict[str, tuple[Any, date]] = {}
        for turn, snapshot in zip(history.days, history.snapshots, strict=True):
            if turn > day:
                break
            states = {key: (deal.phase, LEVELS[deal.level]) for key, deal in snapshot.deals.items() if deal.level}
            for key in [key for key, (state, _) in running.items() if states.get(key) != state]:
                state, began = running.pop(key)
                spells.setdefault((subject, key, *state), []).append((began, turn))
            for key, state in states.items():
                running.setdefault(key, (state, turn))
        for key, (state, began) in running.items():
            spells.setdefault((subject, key, *state), []).append((began, None))
        last = history.at(day)
        assert last is not None, "the project is there"
        for key, deal in last.deals.items():
            if deal.memorandum_runs and deal.memorandum is not None:
                ages[f"{subject}/{key}"] = months_between(deal.memorandum.latest, day)
    return spells, ages, umbrellas


def quartile(values: list[int], share: float) -> float | None:
    """Linear between the two neighbours, as QUARTILE.INC of spreadsheets."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    lower = int(place)
    above = ordered[min(lower + 1, len(ordered) - 1)]
    return ordered[lower] + (place - lower) * (above - ordered[lower])


def check_lifecycle(answer: Any, events: list[Raw], day: date) -> int:
    spells, ages, umbrellas = slow_spells(events, day)
    answered = {
        (row["project"], row["deal"], row["level"], date.fromisoformat(row["began_on"]), row["ended_on"] and date.fromisoformat(row["ended_on"]))
        for row in answer["spells"]
    }  # fmt: skip
    assert answered == {
        (project, deal, level, began, ended)
        for (project, deal, _, level), of_level in spells.items()
        for began, ended in of_level
    }
    for level in answer["levels"]:
        of_level = [span for key, spans in spells.items() for span in spans if key[3] == level["level"] and key[0] not in umbrellas]  # fmt: skip
        ended = [months_between(began, end) for began, end in of_level if end is not None]
        lasting = [months_between(began, day) for began, end in of_level if end is None]
        for months, part in ((ended, level["ended"]), (lasting, level["lasting"])):
            figures = [part["count"], part["lower"], part["median"], part["upper"]]
            assert figures == [len(months), *(quartile(months, share) for share in (0.25, 0.5, 0.75))], level
        assert sum(level["ended"][name] for name in ("rose", "fell", "deal_ended")) == len(ended)
    assert {f"{paper['project']}/{paper['deal']}": paper["months"] for paper in answer["ages"]["papers"]} == ages
    counted = [months for key, months in ages.items() if key.partition("/")[0] not in umbrellas]
    bars = {bar["from_months"]: bar["deals"] for bar in answer["ages"]["histogram"] if bar["deals"]}
    assert bars == {first: sum(first <= age < first + 12 for age in counted) for first in range(0, 600, 12) if any(first <= age < first + 12 for age in counted)}  # fmt: skip
    return len(answered)


@pytest.mark.parametrize("day", DAYS)
def test_the_lifecycle_of_the_real_events(
    real: httpx.Client, recorded_events: list[Raw], real_events: list[Raw], day: str
) -> None:
    answer = ask(real, "/v1/lifecycle", as_of=day, level=",".join(LEVELS))
    assert check_lifecycle(answer, recorded_events, date.fromisoformat(day)) > 20
    for by, part in (("year", "bound_by_year"), ("investor_country", "bound_by_nation")):
        groups = ask(real, "/v1/conversion", as_of=day, by=by)["groups"]
        fields = ("group", "deals", "bound", "ended", "open")
        assert [[row[field] for field in fields] for row in answer[part]] == [
            [group[field] for field in fields] for group in groups
        ]
    overtaken = {(run["project"], run["deal"]) for run in answer["overtakings"] if run["until"] is None}
    flags = ask(real, "/v1/flags", as_of=day, flag="displaced", limit=500)["items"]
    assert overtaken == {(flag["project"], flag["deal"]) for flag in flags}
    for market in answer["markets"]:
        first = ask(real, f"/v1/markets/{market['country']}/{market['commodity']}", as_of=day)["first"]
        assert {(mover["project"], mover["deal"]) for mover in market["first_bound"]} == {
            (mover["project"], mover["deal"]) for mover in first["bound"]
        }, market
        assert {(mover["project"], mover["deal"]) for mover in market["first_paper"]} == {
            (mover["project"], mover["deal"]) for mover in first["memorandum"]
        }, market


@pytest.mark.parametrize("seed", range(4))
async def test_the_lifecycle_of_generated_events(log: Log, client: httpx.AsyncClient, seed: int) -> None:
    events = portfolio_log(seed, events=60)
    await log.append_records([(row["subject"].encode(), json.dumps(row).encode()) for row in events])
    for day in ("2016-03-01", "2017-06-16", "2019-07-15"):
        answer = await get(client, "/v1/lifecycle", as_of=day, level=",".join(LEVELS))
        check_lifecycle(answer, events, date.fromisoformat(day))
