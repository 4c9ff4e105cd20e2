"""One project: its detail, its timeline and the trace of its events."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.services.api.reading_api import DAY, Log, event, get, memorandum, registered


def amount(value: str, **more: str) -> dict[str, str]:
    return {"value": value, "currency": "USD", "semantics": "increment", "basis": "stated", **more}


@pytest.fixture
async def mine(log: Log) -> Log:
    """A mine: memorandum, shares, an offtake that was amended, a loan in two parts, a step of the value chain."""
    alpha: list[dict[str, Any]] = [{"party": "alpha", "role": "investor"}]
    buyer = [{"party": "buyer", "role": "offtaker"}]
    bank = [{"party": "bank", "role": "financier"}]
    await log.append(
        registered("mine", required_legs=["equity", "offtake", "debt"]),
        memorandum("mine", "2020-01-10", "alpha", "memo", amount=amount("900")),
        event("equity.agreed", "mine", "shares", occurred="2021-04-01", parties=[{**alpha[0], "stake_percent": 51}],
              amount=amount("10.50")),
        event("offtake.signed", "mine", "offtake", deal="alpha", occurred="2021-05-01", parties=buyer,
              commodity="tungsten", volume=100, unit="t", per="year"),
        event("offtake.amended", "mine", "more", deal="alpha", occurred="2022-05-01", parties=buyer, volume=150),
        event("loan.signed", "mine", "loan", deal="alpha", occurred="2022-06-01", parties=bank, lender_kind="eca",
              amount=amount("100")),
        event("loan.signed", "mine", "loan-again", deal="alpha", occurred="2022-06-02", parties=bank, lender_kind="eca",
              amount=amount("100"), part_of={"source": "/tests", "id": "loan"}),
        event("funds.disbursed", "mine", "first", deal="alpha", occurred="2022-07-01", parties=bank, amount=amount("30.10")),
        event("funds.disbursed", "mine", "all", deal="alpha", occurred="2022-08-01", parties=bank,
              amount=amount("75.25", semantics="total")),
        event("processing.localised", "mine", "step", occurred="2023-01-01", step="concentrate"),
    )  # fmt: skip
    return log


async def test_a_project_in_full(mine: Log, client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/projects/mine", as_of=DAY)
    assert {"key", "deals", "legs", "missing_legs", "stakes", "offtakes", "money", "value_chain", "next"} <= set(body)
    assert (body["level"], body["missing_legs"]) == ("financed", [])
    assert [deal["deal"] for deal in body["deals"]] == ["alpha"]
    assert {leg["leg"] for leg in body["legs"]} == {"equity", "offtake", "debt"}
    assert body["stakes"] == [
        {
            "deal": "alpha",
            "party": "alpha",
            "stake_percent": 51.0,
            "since": "2021-04-01",
            "since_earliest": "2021-04-01",
            "since_given": None,
            "event": "/tests#shares",
        }
    ]
    (offtake,) = body["offtakes"]
    assert (offtake["volume"], offtake["unit"], offtake["valid"]) == (150, "t", True)
    assert offtake["offtakers"] == ["buyer"]
    assert body["money"] == [
        {"deal": "alpha", "leg": "debt", "currency": "USD", "committed": "100", "disbursed": "75.25"},
        {"deal": "alpha", "leg": "equity", "currency": "USD", "committed": "10.50", "disbursed": "0"},
    ]
    assert [step["step"] for step in body["value_chain"]] == ["concentrate"]


async def test_a_project_on_an_earlier_day_knows_nothing_of_the_later(mine: Log, client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/projects/mine", as_of="2021-04-01")
    assert (body["level"], body["missing_legs"]) == ("partly-bound", ["debt", "offtake"])
    assert (body["offtakes"], body["value_chain"]) == ([], [])
    before = await get(client, "/v1/projects/mine", as_of="2021-03-31")
    assert (before["level"], before["stakes"], before["money"]) == ("memorandum", [], [])
    assert before["next"]["severity"] == "stagnant"
    assert before["next"]["on"] == "2022-01-10"


async def test_the_timeline_has_both_times_levels_and_flags(mine: Log, client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/projects/mine/timeline", as_of=DAY)
    names = [item["name"] for item in body["items"]]
    assert names[:3] == ["project.registered", "memorandum.signed", "equity.agreed"]
    memo, shares = body["items"][1:3]
    day = "2020-01-10"
    assert memo["occurred"] == {"text": day, "earliest": day, "latest": day, "narrowed_by": None}
    assert memo["known"] and memo["recorded"]
    assert (memo["deal"], memo["deal_level"], memo["project_level"]) == ("alpha", "memorandum", "memorandum")
    assert shares["deal_level"] == "partly-bound"
    changes = [
        (change["on"], change["transition"], change["severity"])
        for change in body["flag_changes"]
        if change["flag"] == "memorandum-only"
    ]
    assert changes == [("2021-01-10", "raised", "watch"), ("2021-04-01", "cleared", None)]
    assert ("memorandum-only", "cleared") in {(change["flag"], change["transition"]) for change in shares["flags"]}
    earlier = await get(client, "/v1/projects/mine/timeline", as_of="2021-04-01")
    assert len(earlier["items"]) == 3


async def test_the_timeline_is_paged_in_the_order_of_the_fold(mine: Log, client: httpx.AsyncClient) -> None:
    whole = [item["event"] for item in (await get(client, "/v1/projects/mine/timeline", as_of=DAY))["items"]]
    walked: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        more = {"cursor": cursor} if cursor else {}
        body = await get(client, "/v1/projects/mine/timeline", as_of=DAY, limit=3, **more)
        walked += [item["event"] for item in body["items"]]
        cursor = body["next_cursor"]
    assert walked == whole
    assert len(whole) == 10


async def test_the_timeline_can_be_asked_for_events_of_some_confidence_and_evidence(
    log: Log, client: httpx.AsyncClient
) -> None:
    def paper(id: str, **stated: Any) -> dict[str, Any]:
        return event("memorandum.signed", "a", id, deal="b", occurred=f"2020-0{len(id)}-01", instrument="mou", **stated)

    official, press = ({"grade": grade, "title": "The paper"} for grade in ("official", "press"))
    await log.append(
        paper("o", confidence="high", evidence=[official, press]),
        paper("tw", confidence="low", evidence=[press]),
        paper("thr"),
    )

    async def shown_ids(**filters: str) -> list[str]:
        body = await get(client, "/v1/projects/a/timeline", as_of=DAY, **filters)
        assert {item["deal_level"] for item in body["items"]} <= {"memorandum"}
        return [item["id"] for item in body["items"]]

    assert await shown_ids(confidence="high") == ["o"]
    assert await shown_ids(confidence="high,low") == ["o", "tw"]
    assert await shown_ids(evidence="press") == ["o", "tw"]
    assert await shown_ids(evidence="press", confidence="low") == ["tw"]
    assert await shown_ids(evidence="not-stated") == await shown_ids(confidence="not-stated") == ["thr"]
    refused = await client.get("/v1/projects/a/timeline", params={"evidence": "rumour"})
    assert refused.status_code == 400
    assert "official, company, trade-press, press, other, not-stated" in refused.text


async def test_the_timeline_shows_conflicts_and_unknown_types(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("a", name="First"))
    await log.append(registered("a", name="Second"))
    unknown = (
        b'{"specversion":"1.0","id":"u","source":"/tests","type":"steppe.memorandum.signed.v9","subject":"a",'
        b'"time":"2024-01-01T00:00:00Z","recordedtime":"2024-01-01T00:00:00Z","data":{}}'
    )
    await log.append_records([(b"a", unknown)])
    body = await get(client, "/v1/projects/a/timeline")
    assert [conflict["record"]["data"]["name"] for conflict in body["conflicts"]] == ["Second"]
    assert [(item["id"], item["state"]) for item in body["items"]] == [("a-registered", "folded"), ("u", "unknown")]
    assert (await get(client, "/v1/projects/a"))["name"] == "First"


async def test_an_event_is_traced_by_id_and_by_reference(mine: Log, client: httpx.AsyncClient, topic: str) -> None:
    for spelling in ("memo", "%2Ftests%23memo", "/tests%23memo"):
        response = await client.get(f"/v1/trace/{spelling}?as_of=2021-03-31")
        assert response.status_code == 200, response.text
        (stop,) = response.json()["items"]
        assert stop["event"] == "/tests#memo"
        assert (stop["project"], stop["deal"], stop["deal_level"]) == ("mine", "alpha", "memorandum")
        assert stop["log"]["topic"] == topic
        assert stop["log"]["position"] == f"{stop['log']['partition']}:{stop['log']['offset']}"
        assert stop["stored"]["record"]["data"]["instrument"] == "mou"
        assert "memorandum-only" in {flag["flag"] for flag in stop["flags"]}


async def test_a_text_that_no_event_can_have_as_its_name_is_not_looked_for(
    mine: Log, client: httpx.AsyncClient
) -> None:
    """Each # of it may be the one behind the source, so very many of them were very many questions."""
    for length in (402, 21_000):
        answer = await client.get("/v1/trace/" + "%23" * length)
        assert answer.status_code == 404, answer.text
        assert f"of {length} characters: at most 401" in answer.json()["detail"]
    assert (await client.get("/v1/trace/" + "%23" * 401)).status_code == 404


async def test_a_project_says_in_words_where_it_stands_what_is_missing_and_what_comes(
    mine: Log, client: httpx.AsyncClient
) -> None:
    explanation = (await get(client, "/v1/projects/mine", as_of=DAY))["explanation"]
    assert explanation["stands"] == (
        "Bound and financed: equity since 1 April 2021 by alpha, offtake since 1 May 2021 by buyer and debt since 1 June 2022"
        " by alpha."
    )
    assert explanation["missing"].startswith("No required leg is missing: debt, equity and offtake are held.")
    forecast = await get(client, "/v1/projects/mine", as_of="2101-01-01")
    assert forecast["explanation"]["stands"].startswith(
        "Forecast for 1 January 2101, if nothing happens until then. Bound"
    )


async def test_what_comes_is_told_as_of_the_day_and_not_with_hindsight(mine: Log, client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/projects/mine", as_of="2020-06-01")
    assert body["explanation"] == {
        "stands": "On paper: 1 memorandum by alpha since 10 January 2020 (4 months), nothing binding.",
        "missing": "Nothing binds it: of the required legs debt, equity and offtake none is held.",
        "next": "Counts as memorandum-only (watch) on 10 January 2021 unless something binding or physical happens first."
        " Counts as silent (watch) on 10 January 2022 unless something is heard first.",
    }
    (deal,) = (await get(client, "/v1/deals", project="mine", as_of="2021-03-31"))["items"]
    assert deal["sentence"] == (
        "On paper: 1 memorandum by alpha since 10 January 2020 (14 months), nothing binding; on watch since 10 January 2021."
    )
    same = await get(client, "/v1/projects/mine", as_of="2021-03-31")
    assert [one["sentence"] for one in same["deals"]] == [deal["sentence"]]
