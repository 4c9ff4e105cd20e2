"""Answers as known then: `known_at` and `known_by` on every list, project and timeline (domain page, section 8)."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest

from services.api.settings import Settings
from services.api.store import copy_rows
from services.api.store.alternate_models import AlternateReadModels
from services.api.store.knowledge import Knowledge
from services.api.store.sessions import SessionsOfCopies
from steppe.contracts import acceptance, codec
from steppe.database.active_read_model import use_active
from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.events.event import Event
from steppe.domain.flags.flag_registry import RULES
from tests.services.api.reading_api import SOURCE, Envelope, Log, api, event, get, memorandum, refused, registered
from tests.stack import Database

_WAITING = """
SELECT count(*) > 0
FROM pg_locks
WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def katpar() -> list[Envelope]:
    """The golden case: in 2021 a Chinese group had, as then known, bought 67%; as now known it had not."""
    group: list[dict[str, Any]] = [{"party": "xiamen-tungsten", "role": "investor"}]
    return [
        registered("katpar"),
        memorandum("katpar", "2018-06-01", "xiamen-tungsten", "memo", reported="2018-06-12"),
        event("equity.agreed", "katpar", "bought", occurred="2019-03", reported="2019-04-01", parties=group, stake_percent=67),
        event(
            "event.reclassified", "katpar", "no-purchase", reported="2023-02-01", name="termsheet.signed",
            target={"source": SOURCE, "id": "bought"}, changes={"instrument": "heads"}, reason="the sale was never signed",
        ),
    ]  # fmt: skip


async def test_both_answers_come_out_and_the_reason_they_differ(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(*katpar())
    then = await get(client, "/v1/projects/katpar", as_of="2021-12-31", known_at="2021-12-31")
    now = await get(client, "/v1/projects/katpar", as_of="2021-12-31")
    assert (then["level"], now["level"]) == ("bound", "advanced")
    assert then["known_at"].startswith("2021-12-31T23:59:59")
    assert await flags(client, as_of="2021-12-31", known_at="2021-12-31", flag="memorandum-only") == []
    (stuck,) = await flags(client, as_of="2021-12-31", flag="memorandum-only")
    assert (stuck["severity"], stuck["since"]) == ("presumed-dead", "2021-06-01")
    entries = (await get(client, "/v1/projects/katpar/timeline", as_of="2021-12-31"))["items"]
    (change, instrument) = next(entry for entry in entries if entry["id"] == "bought")["corrections"]
    assert (change["before"], change["after"]) == ("equity.agreed", "termsheet.signed")
    assert instrument["reason"] == "the sale was never signed"
    then_told = (await get(client, "/v1/projects/katpar/timeline", as_of="2021-12-31", known_at="2021-12-31"))["items"]
    assert {entry["id"] for entry in then_told} == {"katpar-registered", "memo", "bought"}
    assert all(entry["corrections"] == [] for entry in then_told)


async def flags(client: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await get(client, "/v1/flags", **query))["items"]
    return items


async def test_the_day_defaults_to_that_of_what_was_known(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(*katpar())
    body = await get(client, "/v1/flags", known_at="2019-03-31T12:00:00Z")
    assert body["as_of"] == "2019-03-31"


async def test_by_the_record_nothing_was_known_before_it_was_accepted(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(*katpar())
    (only,) = (await get(client, "/v1/projects", as_of="2021-12-31", known_at="2021-12-31", known_by="recorded"))[
        "items"
    ]
    assert (only["level"], only["name"]) == ("identified", "Katpar"), "the first registration is known always"
    assert await flags(client, as_of="2021-12-31", known_at="2021-12-31", known_by="recorded") == []


async def test_a_closed_past_stays_as_it_was_when_later_news_arrives(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(*katpar())
    query = {"as_of": "2021-12-31", "known_at": "2021-12-31"}
    before = [await get(client, path, **query) for path in ("/v1/projects", "/v1/flags", "/v1/deals")]
    await log.append(
        registered("south"),
        event("investor.withdrew", "katpar", "left", occurred="2020-01-10", reported="2024-01-01", parties=[{"party": "xiamen-tungsten", "role": "investor"}]),
    )  # fmt: skip
    after = [await get(client, path, **query) for path in ("/v1/projects", "/v1/flags", "/v1/deals")]
    katpar_only = [item for item in after[0]["items"] if item["key"] == "katpar"]
    assert katpar_only == before[0]["items"]
    assert [body["items"] for body in after[1:]] == [body["items"] for body in before[1:]]


async def test_news_that_was_known_then_and_sent_late_joins_a_world_that_was_made(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(registered("north"), memorandum("north", "2018-01-10", "alpha", reported="2018-01-10"))
    assert len(await flags(client, known_at="2020-06-30", flag="memorandum-only")) == 1
    win = event(
        "equity.agreed", "north", "bound", occurred="2019-01-10", reported="2019-01-10", parties=[{"party": "alpha", "role": "investor"}]
    )  # fmt: skip
    await log.append(win)
    assert await flags(client, known_at="2020-06-30", flag="memorandum-only") == []


async def test_more_questions_than_alternate_read_models_are_answered(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(*katpar())
    levels = []
    for year in (*range(2017, 2026), 2017, 2019):
        projects = (await get(client, "/v1/projects", known_at=f"{year}-12-31"))["items"]
        levels.append(next((project["level"] for project in projects), None))
    assert levels == [None, "memorandum", *["bound"] * 4, *["advanced"] * 3, None, "bound"]


async def test_more_questions_than_alternate_read_models_at_once_are_answered(
    log: Log, client: httpx.AsyncClient
) -> None:
    """A copy of the read model is given up only when nobody is reading it."""
    await log.append(*katpar())
    days = [f"20{17 + number % 9}-12-{20 + number % 4}" for number in range(36)]
    # As many at once as one caller may have waiting.
    share = asyncio.Semaphore(8)

    async def asked(day: str) -> dict[str, Any]:
        async with share:
            body: dict[str, Any] = await get(client, "/v1/projects", known_at=day)
            return body

    answers = await asyncio.gather(*map(asked, days))
    levels = {"2017": None, "2018": "memorandum", "2023": "advanced", "2024": "advanced", "2025": "advanced"}
    shown = [next((item["level"] for item in body["items"]), None) for body in answers]
    assert shown == [levels.get(day[:4], "bound") for day in days]


async def test_a_refused_question_spoils_no_world(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(*katpar())
    for _ in range(2):
        await refused(client, "/v1/projects/nothing?known_at=2021-12-31", 404, "not-found")
    assert (await get(client, "/v1/projects/katpar", known_at="2021-12-31"))["level"] == "bound"
    await refused(client, "/v1/projects?known_at=yesterday", 400, "bad-parameter")


@pytest.mark.parametrize("in_blocks", [False, True], ids=["at once", "in blocks, by processes"])
async def test_any_past_equals_what_the_domain_says_of_it(
    log: Log, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, *, in_blocks: bool
) -> None:
    """Random portfolios of rivals and corrections: every list under every knowledge equals the pure judgement."""
    if in_blocks:
        monkeypatch.setattr(copy_rows, "_EVENTS_IN_THREAD_MAX", 0)
        monkeypatch.setattr(copy_rows, "_EVENTS_A_BLOCK", 20)
        monkeypatch.setattr(copy_rows, "_PROJECTS_A_BLOCK", 2)
    chance = random.Random(11)
    sent = [registered(f"p{n}", sector=chance.choice(["mining", "processing", "energy"])) for n in range(6)]
    for number in range(90):
        project, party = f"p{chance.randrange(6)}", chance.choice(["alpha", "beta", "gamma"])
        year = chance.randint(2016, 2023)
        name, more = chance.choice(
            [
                ("memorandum.signed", {"instrument": "mou"}),
                ("equity.agreed", {}),
                ("rights.granted", {"right": "mining"}),
                ("investor.withdrew", {}),
            ]
        )
        parties = [{"party": party, "role": "investor"}]
        days = {"occurred": f"{year}-0{chance.randint(1, 9)}", "reported": f"{year + chance.randint(1, 2)}-03-15"}
        sent.append(event(name, project, f"e{number}", **days, parties=parties, **more))
        if chance.random() < 0.3:
            target = {"source": SOURCE, "id": f"e{number}"}
            sent.append(event("event.retracted", project, f"x{number}", target=target, reported=f"{year + 3}-01-01"))
    chance.shuffle(sent)
    await log.append(*sent[:70])
    await client.get("/v1/projects?known_at=2020-12-31")  # a copy that has to take in the rest
    await log.append(*sent[70:])
    events = [interpreted(envelope) for envelope in sent]
    for known_at, as_of in (("2018-06-30", "2018-06-30"), ("2020-12-31", "2019-12-31"), ("2022-12-31", "2024-06-30")):
        folded = portfolio(events, datetime.fromisoformat(f"{known_at}T23:59:59.999999+00:00"))
        judged = {key: folded.judged(key, datetime.fromisoformat(as_of).date()) for key in folded.histories}
        query = {"known_at": known_at, "as_of": as_of, "limit": "500"}
        projects = (await get(client, "/v1/projects", **query))["items"]
        assert {item["key"]: item["level"] for item in projects} == {
            key: one.project.level.label for key, one in judged.items() if one.project is not None
        }
        shown = {(f["project"], f["deal"], f["flag"], f["severity"], f["since"]) for f in await flags(client, **query)}
        assert shown == {
            (key, flag.deal, flag.flag, flag.severity, flag.since.isoformat())
            for key, one in judged.items()
            for flag in one.flags
        }


def interpreted(envelope: Envelope) -> Event:
    accepted = acceptance.accept(envelope, datetime.now(UTC))
    assert isinstance(accepted, acceptance.Accepted)
    decoded = codec.decode(accepted.value, (), key=accepted.subject.encode())
    assert isinstance(decoded, codec.Decoded)
    return decoded.event


async def test_a_reader_who_waited_for_a_copy_that_broke_gets_another(log: Log, database: Database, topic: str) -> None:
    await log.append(*katpar())
    settings = Settings(database=database.api, topic=topic)
    models = AlternateReadModels(SessionsOfCopies.of(settings), topic, 2)
    knowledge = Knowledge(datetime(2021, 12, 31, tzinfo=UTC))
    entered, requested = asyncio.Event(), asyncio.Event()

    async def breaks() -> None:
        async with models.snapshot(knowledge, RULES):
            entered.set()
            await requested.wait()
            for _ in range(20):
                await asyncio.sleep(0)  # until the other one stands in the queue
            raise ConnectionError("the answer broke")

    async def waits() -> int:
        await entered.wait()
        requested.set()
        async with models.snapshot(knowledge, RULES) as snapshot:
            return len(await snapshot.rows("deals_of_project", as_of=knowledge.known_at.date(), project="katpar"))

    broken, deals = await asyncio.gather(breaks(), waits(), return_exceptions=True)
    await models.close()
    assert isinstance(broken, ConnectionError)
    assert deals == 1


async def test_a_page_takes_one_turn_with_the_names_that_it_shows(
    log: Log, database: Database, topic_name: str
) -> None:
    await log.append(*katpar())
    answered = []
    owner = await asyncpg.connect(database.owner)
    async with api(database.api, topic_name, worlds_max=1) as reader:

        async def ask(path: str) -> None:
            answer = await reader.get(path)
            assert answer.status_code == 200, answer.text
            answered.append(path)

        async with asyncio.TaskGroup() as asked, owner.transaction():
            await use_active(owner)
            await owner.execute("LOCK TABLE event IN ACCESS EXCLUSIVE MODE")  # a copy is made of it
            asked.create_task(ask("/flags?known_at=2020-12-31"))
            while not await owner.fetchval(_WAITING):
                await reader.get("/livez")
            asked.create_task(ask("/v1/flags?known_at=2021-12-31"))
            for _ in range(5):
                await reader.get("/livez")  # by then the other one waits for its turn
    await owner.close()
    assert answered == ["/flags?known_at=2020-12-31", "/v1/flags?known_at=2021-12-31"]
