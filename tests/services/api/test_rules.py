"""Rules as data: versions, the one in force, and what its change does to flags (domain page, section 6)."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from steppe.database import rule_versions
from steppe.database.read_model import rule_change
from steppe.database.read_model.rule_change import RuleChange
from steppe.database.rule_versions import RuleVersionError
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.rules.rule_document import rules_from
from tests.services.api.reading_api import Log, event, get, memorandum, registered
from tests.stack import Database

STRICT = {"version": "strict-1", "values": {"memorandum-only.watch": 6, "memorandum-only.stagnant": 9}}
AS_OF = "2022-03-01"


async def put(database: Database, document: dict[str, Any], **options: Any) -> RuleChange:
    connection = await asyncpg.connect(database.projector)
    try:
        rules = rules_from(document, RULES)
        await rule_versions.add(connection, rules, by="desk")
        return await rule_change.put_in_force(connection, rules.version, by="desk", **options)
    finally:
        await connection.close()


async def severities(client: httpx.AsyncClient, **query: str) -> dict[str, str]:
    body = await get(client, "/v1/flags", as_of=AS_OF, flag="memorandum-only", **query)
    return {item["project"]: item["severity"] for item in body["items"]}


async def two_papers(log: Log) -> None:
    await log.append(registered("north"), memorandum("north", "2021-06-10", "alpha"))
    await log.append(registered("south"), memorandum("south", "2021-08-10", "beta"))


async def test_another_version_judges_everything_again_and_says_what_it_changed(
    log: Log, client: httpx.AsyncClient, database: Database
) -> None:
    await two_papers(log)
    assert await severities(client) == {}
    before = await client.get("/v1/flags", params={"as_of": AS_OF})
    change = await put(database, STRICT, reason="the committee wants to know earlier")
    assert (change.version_before, change.version, change.projects) == ("2026-2", "strict-1", 2)
    assert await severities(client) == {"north": "watch", "south": "watch"}
    after = await client.get("/v1/flags", params={"as_of": AS_OF}, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200, "an answer that another version judged is not the answer that the reader holds"
    assert {item["rule_version"] for item in after.json()["items"]} == {"strict-1"}


async def test_the_differences_are_recorded_with_their_cause(
    log: Log, client: httpx.AsyncClient, database: Database
) -> None:
    await two_papers(log)
    later = {"version": "mild-1", "values": {"memorandum-only.presumed-dead": 600}, "overrides": []}
    change = await put(database, later, reason="prices")
    assert {(one.project, one.flag, one.transition) for one in change.differences} == {
        ("north", "memorandum-only", "eased"),
        ("south", "memorandum-only", "eased"),
    }
    feed = (await get(client, "/v1/flags/transitions"))["items"]
    assert [(t["project"], t["transition"], t["severity_before"], t["severity"], t["cause"]) for t in feed] == [
        ("north", "eased", "presumed-dead", "stagnant", "rules"),
        ("south", "eased", "presumed-dead", "stagnant", "rules"),
    ]
    rest = (await get(client, "/v1/flags/transitions", after=str(feed[0]["id"])))["items"]
    assert [one["project"] for one in rest] == ["south"]
    rule_list = await get(client, "/v1/rules")
    assert (rule_list["in_force"], [item["version"] for item in rule_list["items"]]) == ("mild-1", ["mild-1", "2026-2"])
    assert all(item["in_force_from"] for item in rule_list["items"])


async def test_a_trial_says_the_same_and_leaves_everything(
    log: Log, client: httpx.AsyncClient, database: Database
) -> None:
    await two_papers(log)
    trial = await put(database, {"version": "mild-1", "values": {}, "overrides": []}, trial=True)
    assert trial.change_id is None
    assert (await get(client, "/v1/rules"))["in_force"] == "2026-2"
    assert (await get(client, "/v1/flags/transitions"))["items"] == []
    assert await severities(client) == {}


async def test_one_version_judges_a_whole_answer_whichever_is_asked_for(
    log: Log, client: httpx.AsyncClient, database: Database
) -> None:
    await two_papers(log)
    await put(database, STRICT)
    assert await severities(client, rules="2026-2") == {}
    assert await severities(client, rules="strict-1") == {"north": "watch", "south": "watch"}
    await log.append(registered("west"), memorandum("west", "2021-02-10", "gamma"))
    assert await severities(client, rules="2026-2") == {"west": "watch"}
    assert await severities(client) == {"north": "watch", "south": "watch", "west": "stagnant"}
    assert await severities(client, rules="strict-1", known_at="2022-03-01") == {}, "nothing was reported by then"
    project = await get(client, "/v1/projects/west", as_of=AS_OF, rules="2026-2")
    assert {flag["rule_version"] for flag in project["flags"]} == {"2026-2"}


async def test_a_world_of_the_past_is_judged_anew_when_the_rules_change(
    log: Log, client: httpx.AsyncClient, database: Database
) -> None:
    await log.append(registered("north"), memorandum("north", "2021-06-10", "alpha", reported="2021-06-10"))
    assert await severities(client, known_at="2022-03-01") == {}
    await put(database, STRICT)
    assert await severities(client, known_at="2022-03-01") == {"north": "watch"}


async def test_overrides_of_a_version_hold_where_they_say(
    log: Log, client: httpx.AsyncClient, database: Database
) -> None:
    await two_papers(log)
    await log.append(registered("far", country="MN"), memorandum("far", "2021-06-10", "gamma"))
    override = {"rule": "memorandum-only.watch", "value": 8, "country": "MN"}
    await put(database, {"version": "mn-1", "overrides": [override]})
    assert await severities(client) == {"far": "watch"}


async def test_a_version_is_never_edited(database: Database) -> None:
    await put(database, STRICT)
    with pytest.raises(RuleVersionError, match="exists with other figures"):
        await put(database, {**STRICT, "values": {"memorandum-only.watch": 5}})
    connection = await asyncpg.connect(database.projector)
    with pytest.raises(RuleVersionError, match=r"There is no version absent; there are strict-1, 2026-2"):
        await rule_change.put_in_force(connection, "absent", by="desk")
    await connection.close()


async def test_what_arrives_after_the_change_is_judged_by_the_new_version(
    log: Log, client: httpx.AsyncClient, database: Database
) -> None:
    await put(database, STRICT)
    await two_papers(log)
    await log.append(
        event("exploration.reported", "north", "drilled", occurred="2021-09-01", deal="alpha", result="drilled")
    )
    assert await severities(client) == {"north": "watch", "south": "watch"}
