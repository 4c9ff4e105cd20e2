"""What contradicts itself in a log, page by page: claims that may be one, sums below zero, references to nothing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from services.api.routes import retractions
from tests.services.api.reading_api import Log, event, get, registered


def paid(name: str, project: str, id: str, value: str, *, source: str = "/tests", **data: Any) -> dict[str, Any]:
    amount = {"value": value, "currency": "USD", **data.pop("amount", {})}
    return {**event(name, project, id, amount=amount, **data), "source": source}


@pytest.mark.parametrize("limits", [{}, {"_PROJECTS_A_PAGE": 1}, {"_PAIRS_IN_THREAD_MAX": 0}], ids=str)
async def test_many_claims_are_listed_page_by_page_without_loss_or_repeat(
    log: Log, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, limits: dict[str, int]
) -> None:
    gift = {"occurred": "2021-01-01", "parties": [{"party": "unido", "role": "donor"}]}
    for project in ("east", "north", "south"):
        claims = [
            paid("grant.committed", project, f"g{n}", f"{n}", source=f"/{project}/{n}", **gift) for n in range(1, 7)
        ]
        await log.append(registered(project), *claims)
    whole = (await get(client, "/v1/conflicts"))["items"]
    assert len({(item["subject"], *(figure["event"] for figure in item["figures"])) for item in whole}) == 3 * 15
    for name, value in limits.items():
        monkeypatch.setattr(retractions, name, value)
    paged: list[Any] = []
    page = await get(client, "/v1/conflicts", limit=7)
    while page["next_cursor"]:
        paged += page["items"]
        page = await get(client, "/v1/conflicts", limit=7, cursor=page["next_cursor"])
    assert [*paged, *page["items"]] == whole
    file = await client.get("/v1/conflicts", params={"format": "csv"})
    assert (file.headers["Steppe-Rows"], file.headers["Steppe-Complete"]) == ("45", "true")


async def test_two_publishers_of_one_grant_are_told_as_claims_that_may_be_one(
    log: Log, client: httpx.AsyncClient
) -> None:
    gift = {"occurred": "2021-01-01", "parties": [{"party": "unido", "role": "donor"}]}
    await log.append(
        registered("grant"),
        paid("grant.committed", "grant", "g1", "100", source="/file/2021", **gift),
        paid("grant.committed", "grant", "g1", "250", source="/file/2022", **gift),
    )
    (conflict,) = (await get(client, "/v1/conflicts"))["items"]
    assert (conflict["kind"], conflict["deal"], conflict["leg"], conflict["currency"]) == (
        "may-be-one", "unido", "grant", "USD",
    )  # fmt: skip
    assert conflict["figures"] == [
        {"event": "/file/2021#g1", "value": "100"},
        {"event": "/file/2022#g1", "value": "250"},
    ]
    (money,) = (await get(client, "/v1/projects/grant"))["money"]
    assert money["committed"] == "350", "both count until somebody says part_of"
    correction = event(
        "event.corrected", "grant", "same", target={"source": "/file/2022", "id": "g1"},
        changes={"part_of": {"source": "/file/2021", "id": "g1"}},
    )  # fmt: skip
    await log.append(correction)
    assert (await get(client, "/v1/conflicts"))["items"] == []
    (money,) = (await get(client, "/v1/projects/grant"))["money"]
    assert money["committed"] == "100"


async def test_what_came_back_is_taken_off_and_a_sum_below_zero_is_a_conflict(
    log: Log, client: httpx.AsyncClient
) -> None:
    donor: dict[str, Any] = {"parties": [{"party": "donor", "role": "donor"}]}
    await log.append(
        registered("returned"),
        paid("grant.committed", "returned", "a", "1000", occurred="2020-01-01", **donor),
        paid("funds.disbursed", "returned", "b", "600", occurred="2020-06-01", **donor),
        paid("funds.returned", "returned", "c", "200", occurred="2020-12-01", **donor),
        paid("commitment.reduced", "returned", "d", "300", occurred="2021-01-01", **donor),
    )
    (money,) = (await get(client, "/v1/projects/returned"))["money"]
    assert (money["committed"], money["disbursed"]) == ("700", "400")
    assert (await get(client, "/v1/conflicts"))["items"] == []
    await log.append(paid("funds.returned", "returned", "e", "500", occurred="2022-01-01", **donor))
    (conflict,) = (await get(client, "/v1/conflicts"))["items"]
    assert (conflict["kind"], conflict["total"], conflict["event"]) == ("below-zero", "-100", "/tests#e")
    assert (await get(client, "/v1/conflicts", as_of="2021-12-31"))["items"] == []


async def test_a_part_of_a_document_that_is_not_there_counts_and_is_a_conflict(
    log: Log, client: httpx.AsyncClient
) -> None:
    lender: dict[str, Any] = {"occurred": "2021-01-01", "parties": [{"party": "bank", "role": "financier"}]}
    typo = {"source": "/tests", "id": "typo"}
    await log.append(registered("dangling"), paid("loan.signed", "dangling", "a", "50", part_of=typo, **lender))
    (money,) = (await get(client, "/v1/projects/dangling"))["money"]
    assert money["committed"] == "50"
    (conflict,) = (await get(client, "/v1/conflicts"))["items"]
    assert (conflict["kind"], conflict["event"], conflict["names"]) == ("dangling-reference", "/tests#a", "/tests#typo")
    assert conflict["because"] == "part_of names no event of this project"
    assert (conflict["figures"], conflict["currency"], conflict["position"]) == ([], None, conflict["stands_at"])
    assert (await get(client, "/v1/conflicts", as_of="2020-12-31"))["items"] == []
    await log.append(paid("loan.signed", "dangling", "typo", "80", **lender))
    (money,) = (await get(client, "/v1/projects/dangling"))["money"]
    assert money["committed"] == "80"
    assert (await get(client, "/v1/conflicts"))["items"] == []


async def test_a_part_of_a_document_of_another_project_is_not_counted_again_and_no_conflict(
    log: Log, client: httpx.AsyncClient
) -> None:
    lender: dict[str, Any] = {"occurred": "2021-01-01", "parties": [{"party": "bank", "role": "financier"}]}
    await log.append(
        registered("block-1"),
        registered("block-2"),
        paid("loan.signed", "block-1", "both", "50", **lender),
        paid("loan.signed", "block-2", "again", "50", part_of={"source": "/tests", "id": "both"}, **lender),
    )
    assert (await get(client, "/v1/projects/block-2"))["money"] == []
    assert (await get(client, "/v1/conflicts"))["items"] == []
    ended = {"occurred": "2022-01-01", "deal": "bank", "ends": {"source": "/tests", "id": "both"}}
    await log.append(event("contract.terminated", "block-2", "end", **ended))
    (conflict,) = (await get(client, "/v1/conflicts"))["items"]
    assert (conflict["kind"], conflict["event"]) == ("dangling-reference", "/tests#end")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("memorandum.renewed", {"renews": {"source": "/tests", "id": "typo"}}),
        (
            "pledge.announced",
            {"repeats": {"source": "/tests", "id": "typo"}, "amount": {"value": "5", "currency": "USD"}},
        ),
        ("offtake.ended", {"ends": {"source": "/tests", "id": "typo"}}),
        ("rights.amended", {"amends": {"source": "/tests", "id": "typo"}, "ends_on": "2030"}),
    ],
)
async def test_every_reference_to_nothing_is_a_conflict(
    log: Log, client: httpx.AsyncClient, name: str, data: dict[str, Any]
) -> None:
    await log.append(registered("nothing"), event(name, "nothing", "row", occurred="2021-01-01", deal="alpha", **data))
    (conflict,) = (await get(client, "/v1/conflicts"))["items"]
    assert (conflict["kind"], conflict["deal"], conflict["event"]) == ("dangling-reference", "alpha", "/tests#row")


async def test_what_is_taken_off_one_of_two_legs_without_saying_which_is_a_conflict(
    log: Log, client: httpx.AsyncClient
) -> None:
    both: dict[str, Any] = {"deal": "alpha", "occurred": "2021-01-01"}
    await log.append(
        registered("untold"),
        paid("loan.signed", "untold", "a", "50", **both),
        paid("equity.agreed", "untold", "b", "70", **both),
        paid("commitment.reduced", "untold", "c", "10", deal="alpha", occurred="2022-01-01"),
    )
    (conflict,) = (await get(client, "/v1/conflicts"))["items"]
    assert (conflict["kind"], conflict["leg"], conflict["event"]) == ("leg-not-named", "debt", "/tests#c")
    assert conflict["because"].startswith("leg is missing: debt and equity have a sum")
    await log.append(
        event("event.corrected", "untold", "d", target={"source": "/tests", "id": "c"}, changes={"leg": "equity"})
    )
    assert (await get(client, "/v1/conflicts"))["items"] == []
    money = (await get(client, "/v1/projects/untold"))["money"]
    assert {row["leg"]: row["committed"] for row in money} == {"debt": "50", "equity": "60"}


async def test_three_figures_of_one_cost_stand_beside_each_other(log: Log, client: httpx.AsyncClient) -> None:
    said = {"occurred": "2026-03-16", "kind": "statement", "parties": [{"party": "acme", "role": "investor"}]}
    cost = {"of": "project-cost", "basis": "stated"}
    await log.append(
        registered("capex"),
        *(
            paid("intent.announced", "capex", f"capex-{press}", value, source=f"/press/{press}", amount=cost, **said)
            for press, value in (("a", "3000000000"), ("b", "3500000000"), ("c", "5100000000"))
        ),
    )
    body = await get(client, "/v1/projects/capex")
    assert [figure["value"] for figure in body["costs"]] == ["3000000000", "3500000000", "5100000000"]
    (conflict,) = (await get(client, "/v1/conflicts"))["items"]
    assert conflict["kind"] == "figures-differ"
    assert [figure["value"] for figure in conflict["figures"]] == ["3000000000", "3500000000", "5100000000"]
    assert body["money"] == []


@pytest.mark.parametrize("events_a_page", [20_000, 5, 1])
async def test_conflicts_are_paged_over_projects_and_within_one(
    log: Log, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, events_a_page: int
) -> None:
    monkeypatch.setattr(retractions, "_EVENTS_A_PAGE", events_a_page)
    grant = {"occurred": "2021-01-01", "parties": [{"party": "unido", "role": "donor"}]}
    for project in ("one", "two"):
        await log.append(
            registered(project),
            *(paid("grant.committed", project, "g", str(n), source=f"/file/{n}", **grant) for n in range(1, 4)),
        )
    listed, cursor = [], None
    while True:
        body = await get(client, "/v1/conflicts", limit=2, **({"cursor": cursor} if cursor else {}))
        listed += [(item["subject"], [figure["value"] for figure in item["figures"]]) for item in body["items"]]
        # The ids of their events are the same.
        assert all(item["record"]["subject"] == item["stands"]["subject"] == item["subject"] for item in body["items"])
        cursor = body["next_cursor"]
        if cursor is None:
            break
    pairs = [["1", "2"], ["1", "3"], ["2", "3"]]
    assert listed == [("one", pair) for pair in pairs] + [("two", pair) for pair in pairs]


@pytest.mark.parametrize("limit", [1, 4, 7])
async def test_what_is_corrected_between_two_pages_hides_no_conflict_and_repeats_none(
    log: Log, client: httpx.AsyncClient, limit: int
) -> None:
    donor = [{"party": "unido", "role": "donor"}]
    whole = {"source": "/tests", "id": "whole"}
    for project in ("north", "south"):
        claims = [
            paid("grant.committed", project, "g", f"{n}", source=f"/file/{n}", occurred=f"2021-01-0{n}/2021-03", parties=donor)
            for n in range(1, 6)
        ]  # fmt: skip
        part = paid("grant.committed", project, "part", "1", occurred="2022-01-01", parties=donor, part_of=whole)
        await log.append(registered(project), *claims, part)
    everything = (await get(client, "/v1/conflicts"))["items"]
    assert len(everything) == 2 * (10 + 1), "pairs of claims, and a reference to nothing"
    first = await get(client, "/v1/conflicts", limit=limit)
    for project in ("north", "south"):
        target = {"source": "/file/1", "id": "g"}
        await log.append(
            event("event.corrected", project, "c1", target=target, changes={"part_of": {"source": "/file/2", "id": "g"}}),
            event("event.corrected", project, "c2", target={"source": "/file/5", "id": "g"}, changes={"occurred": "2020-12-31/2021-03"}),
            event("event.retracted", project, "c3", target={"source": "/file/4", "id": "g"}),
            paid("grant.committed", project, "g", "9", source="/file/0", occurred="2021-01-01", parties=donor),
        )  # fmt: skip
    await log.append(registered("east"), paid("grant.committed", "east", "whole", "7", occurred="2021", parties=donor))
    listed, page = first["items"], first
    while page["next_cursor"]:
        page = await get(client, "/v1/conflicts", limit=limit, cursor=page["next_cursor"])
        listed += page["items"]
    assert listed == everything
    anew = (await get(client, "/v1/conflicts"))["items"]
    assert [item["kind"] for item in anew] != [item["kind"] for item in everything], "asked anew it is another list"
