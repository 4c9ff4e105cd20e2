"""POST /v1/backtest: history under other thresholds, over the running API (domain page, section 6)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.services.api.reading_api import Log, event, memorandum, registered


async def portfolio_of_three(log: Log) -> None:
    """One that stayed on paper, one that bound after 20 months, one in another country."""
    await log.append(registered("north"), memorandum("north", "2018-03-15", "alpha"))
    bound = event(
        "equity.agreed", "south", "bound", occurred="2019-11-20", parties=[{"party": "beta", "role": "investor"}]
    )
    await log.append(registered("south"), memorandum("south", "2018-03-15", "beta"), bound)
    await log.append(registered("far", country="MN"), memorandum("far", "2018-03-15", "gamma"))


async def ask(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await client.post("/v1/backtest", json=body)
    assert answer.status_code == 200, answer.text
    comparison: dict[str, Any] = answer.json()
    return comparison


async def test_it_says_what_would_have_been_raised_how_much_earlier_and_what_bound_anyway(
    log: Log, client: httpx.AsyncClient
) -> None:
    await portfolio_of_three(log)
    comparison = await ask(client, rules={"values": {"memorandum-only.stagnant": 18}}, to="2021-12-31", country=["KZ"])
    assert comparison["changed"] == {"memorandum-only.stagnant": {"before": 24, "tried": 18}}
    stagnant = {item["project"]: item for item in comparison["items"] if item["severity"] == "stagnant"}
    assert (stagnant["north"]["raised_on"], stagnant["north"]["raised_before_on"]) == ("2019-09-15", "2020-03-15")
    assert (stagnant["south"]["raised_before_on"], stagnant["south"]["outcome"]) == (None, "bound")
    assert set(stagnant) == {"north", "south"}
    (score,) = [score for score in comparison["summary"] if score["severity"] == "stagnant"]
    assert (score["raised"], score["raised_before"], score["precision"]) == (2, 1, 0.5)
    assert score["days_earlier_median"] == 182.0


async def test_it_reads_as_a_table_too_and_changes_nothing(log: Log, client: httpx.AsyncClient) -> None:
    await portfolio_of_three(log)
    before = (await client.get("/v1/flags?as_of=2020-01-01")).json()["items"]
    answer = await client.post("/v1/backtest?format=csv", json={"version": "2026-2", "to": "2021-12-31"})
    lines = answer.text.splitlines()
    assert lines[0].lstrip("\ufeff").startswith("flag,severity,project,deal,raised_on")
    assert len([line for line in lines if ",presumed-dead," in line]) == 2
    assert (await client.get("/v1/flags?as_of=2020-01-01")).json()["items"] == before


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ([], ""),
        ({}, ""),
        ({"version": "2026-2", "rules": {}}, ""),
        ({"rules": {"values": {"memo": 3}}}, "/rules/values/memo"),
        ({"version": "2026-2", "flags": ["memo"]}, "/flags/0"),
        ({"version": "2026-2", "form": "2020-01-01"}, "/form"),
        ({"version": "2026-2", "from": "2020"}, "/from"),
        ({"version": "2026-2", "to": 7}, "/to"),
        ({"version": "2026-2", "from": "2020-01-01", "to": "2019-01-01"}, "/from"),
    ],
)
async def test_what_cannot_be_asked_is_refused_with_its_place(
    client: httpx.AsyncClient, body: Any, pointer: str
) -> None:
    answer = await client.post("/v1/backtest", json=body)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"rules":' + b"[" * 90_000, "nested too deeply"),
        (b'{"rules":' + b"[" * 90_000 + b"]" * 90_000 + b"}", "nested too deeply"),
        (b'{"rules":' + b'{"a":' * 30_000 + b"1" + b"}" * 30_000 + b"}", "nested too deeply"),
        (b'{"version":"\xff\xfe"}', "not UTF-8"),
        (b'{"version":"\xed\xa0\x80"}', "not UTF-8"),
        ('{"version":"2026-2"}'.encode("utf-16"), "not"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused_with_the_reason(
    client: httpx.AsyncClient, body: bytes, message: str
) -> None:
    answer = await client.post("/v1/backtest", content=body)
    assert answer.status_code == 422, answer.text
    assert message in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("body", "pointer", "message"),
    [
        (
            {"rules": {"overrides": [{"rule": "silent.watch", "level": "announced", "value": 3}] * 1000}},
            "/rules/overrides",
            "has 1,000 entries; a back-test takes at most 50",
        ),
        ({"rules": {"values": {f"silent.watc{n}": 3 for n in range(5000)}}}, "/rules/values", "has 5,000 entries"),
        ({"version": "2026-2", "project": ["a"] * 9000}, "/project", "has 9,000 entries"),
        ({f"rule{n}": 1 for n in range(9000)}, "", "has 9,000 entries"),
    ],
)
async def test_a_body_of_more_than_a_back_test_takes_is_refused_at_once(
    client: httpx.AsyncClient, body: dict[str, Any], pointer: str, message: str
) -> None:
    answer = await client.post("/v1/backtest", json=body)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert (error["pointer"], message in error["message"]) == (pointer, True), error


async def test_a_version_that_does_not_exist_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/backtest", json={"version": "2019-9"})
    assert (answer.status_code, answer.json()["versions"]) == (400, ["2026-2"])


async def test_the_flags_whose_rules_differ_are_compared_if_none_is_named(log: Log, client: httpx.AsyncClient) -> None:
    await portfolio_of_three(log)
    comparison = await ask(client, rules={"values": {"silent.watch": 12}}, to="2021-12-31")
    assert (comparison["flags"], {item["flag"] for item in comparison["items"]}, comparison["projects"]) == (
        ["silent"],
        {"silent"},
        3,
    )
    overrides = [{"rule": "lapsed.days", "value": 30, "country": "KZ"}]
    comparison = await ask(client, rules={"overrides": overrides}, to="2021-12-31")
    assert comparison["flags"] == ["memorandum-only", "lapsed"], "the override of presumed-dead for mining is left out"
    assert comparison["overrides"]["tried"] == overrides


async def test_a_rule_that_decides_no_flag_of_a_back_test_is_refused_and_a_misspelt_one_gets_a_suggestion(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/v1/backtest", json={"rules": {"values": {"not-building.watch": 12}}})
    assert answer.status_code == 422
    assert "not-building.watch decide no flag that a back-test compares" in answer.json()["detail"]
    answer = await client.post("/v1/backtest", json={"rules": {"values": {"memorandum-only.stagnent": 12}}})
    assert answer.json()["errors"][0]["message"].endswith(
        "Did you mean memorandum-only.stagnant or memorandum-only.watch?"
    )
    answer = await client.post("/v1/backtest", json={"version": "2026-2", "against": "2019-9"})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "against")
