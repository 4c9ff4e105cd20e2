"""The page of money: its drawings have the figures of the API, and their titles are made of them."""

from __future__ import annotations

import html
from decimal import Decimal

import httpx

DAY = {"as_of": "2026-11-01"}


def test_titles_are_made_of_the_figures(address: str) -> None:
    page = html.unescape(httpx.get(f"{address}/money", params=DAY, timeout=60).text)
    answer = httpx.get(f"{address}/v1/money", params={**DAY, "by": "donor"}, timeout=60).json()
    largest = max(answer["total"], key=lambda leg: Decimal(leg["committed"]))
    assert (
        f"Most is {largest['leg']}: USD {round(Decimal(largest['committed']) / 1_000_000):,} million committed" in page
    )
    of_debt = {
        tuple(group["donors"]): Decimal(leg["committed"])
        for group in answer["groups"]
        for leg in group["legs"]
        if leg["leg"] == "debt" and not group["umbrella"]
    }
    most = max(of_debt, key=lambda donors: of_debt[donors])
    assert most == ("CN",)
    assert f"Who committed most as debt: China USD {round(of_debt[most] / 1_000_000):,} million" in page
    assert "First donor, Uzbekistan: Germany 2012, Japan 2013–2016" in page
    assert len(page.encode()) <= 100_000


def test_a_filter_and_another_leg_move_the_drawings(address: str) -> None:
    params = {**DAY, "recipient": "UZ", "donor": "JP", "leg": "debt"}
    page = html.unescape(httpx.get(f"{address}/money", params=params, timeout=60).text)
    assert "Navoi" in page
    assert "China" not in page.partition('id="aid-ranks"')[0].partition('id="money-donors"')[2]
    nothing = html.unescape(httpx.get(f"{address}/money", params={**DAY, "donor": "XX"}, timeout=60).text)
    assert "No money is told" in nothing
    assert "Nobody is told to have given debt" in nothing
    of_others = html.unescape(httpx.get(f"{address}/money", params={**DAY, "recipient": "KG"}, timeout=60).text)
    assert "No series ranks donors of Kyrgyzstan" in of_others
