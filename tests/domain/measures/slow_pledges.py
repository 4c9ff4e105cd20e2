"""Section 9 on pledges, reckoned from raw events: slow, by hand, with no code of the product.

Of logs whose days are full days and whose record is not corrected. Answers per pledge: what is announced, bound, disbursed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Raw = Mapping[str, Any]
_BINDS = {
    "investment.decided": "investment", "rights.granted": "rights", "offtake.signed": "offtake", "equity.agreed": "equity",
    "equity.closed": "equity", "loan.signed": "debt", "grant.committed": "grant", "guarantee.issued": "guarantee",
    "works.awarded": "works", "finance.closed": "debt",
}  # fmt: skip
_PURSUES = ("investor", "financier", "contractor", "offtaker", "donor")


def name_of(event: Raw) -> str:
    """Its name on the domain page."""
    return str(event["type"]).removeprefix("steppe.").removesuffix(".v1")


def deal_of(event: Raw) -> str | None:
    """Section 1: the deal that is named, else the first party that pursues, by role."""
    if event["data"].get("deal"):
        return str(event["data"]["deal"])
    for role in _PURSUES:
        for party in event["data"].get("parties", ()):
            if party["role"] == role:
                return str(party["party"])
    return None


def last_day(event: Raw) -> str:
    """The day from which it counts, of the forms that the tests send."""
    occurred = str(event["data"].get("occurred", event["data"].get("reported"))).split("/")[-1].rstrip("~")
    reported = str(event["data"].get("reported", "9999-12-31"))
    if len(occurred) == 4:
        occurred += "-12-31"
    elif len(occurred) == 7:
        months = {"02": "28", "04": "30", "06": "30", "09": "30", "11": "30"}
        occurred += "-" + months.get(occurred[5:7], "31")
    elif occurred in ("unknown", ".."):
        occurred = reported
    return min(occurred, reported)


def sums(log: Sequence[Raw], as_of: str) -> dict[str, tuple[str, Decimal, dict[str, Decimal], dict[str, Decimal]]]:
    """Of each pledge that repeats none that counts: the currency and amount last said, and what is bound and disbursed by currency."""
    programmes = {
        event["subject"]
        for event in log
        if name_of(event) == "project.registered" and event["data"]["kind"] in ("programme", "umbrella")
    }
    counting = sorted(
        (event for event in log if not event["subject"].startswith(("party:", "forum:")) and last_day(event) <= as_of),
        key=lambda event: (last_day(event), name_of(event) != "pledge.announced", event["id"]),
    )
    answers = {}
    for pledge in counting:
        if name_of(pledge) != "pledge.announced":
            continue
        repeated = pledge["data"].get("repeats", {}).get("id")
        if any(event["id"] == repeated and name_of(event) == "pledge.announced" for event in counting):
            continue
        statements = [pledge]
        while True:
            ids = [event["id"] for event in statements]
            more = [
                event for event in counting
                if event not in statements and name_of(event) == "pledge.announced" and event["data"].get("repeats", {}).get("id") in ids
            ]  # fmt: skip
            if not more:
                break
            statements += more
        statements.sort(key=counting.index)
        names = {event["data"].get("programme") or event["subject"] for event in statements} & (
            programmes | {event["data"].get("programme") for event in statements}
        )
        deals = {(event["subject"], deal_of(event)) for event in statements}
        bound: dict[str, Decimal] = {}
        disbursed: dict[str, Decimal] = {}
        states: dict[tuple[Any, ...], Decimal] = {}
        for row in counting:
            moved = _moved(row, states, counting)
            if moved is None or counting.index(row) <= counting.index(statements[0]):
                continue
            into, currency, change = moved
            if row["data"].get("programme") in names or (row["subject"], deal_of(row)) in deals:
                sums_of = bound if into == "committed" else disbursed
                sums_of[currency] = sums_of.get(currency, Decimal(0)) + change
        amount = statements[-1]["data"]["amount"]
        answers[pledge["id"]] = (amount["currency"], Decimal(amount["value"]), bound, disbursed)
    return answers


def _moved(row: Raw, states: dict[tuple[Any, ...], Decimal], log: Sequence[Raw]) -> tuple[str, str, Decimal] | None:
    """Into which sum a row goes, in which currency, and by how much it moves it."""
    name, data = name_of(row), row["data"]
    amount = data.get("amount")
    if not amount or amount.get("of", "price") not in ("price", "leg"):
        return None
    whole = data.get("part_of")
    if whole and any(event["id"] == whole["id"] and event["data"].get("amount") for event in log):
        return None
    if name in _BINDS or name == "commitment.reduced":
        into = "committed"
    elif name in ("funds.disbursed", "funds.returned"):
        into = "disbursed"
    else:
        return None
    leg = _BINDS.get(name) or data.get("leg") or _leg_by_roles(data)
    key = (row["subject"], deal_of(row), leg, amount["currency"], into)
    before = states.get(key, Decimal(0))
    value = Decimal(amount["value"])
    if name in ("commitment.reduced", "funds.returned"):
        after = before - value
    elif amount.get("semantics", "increment") == "total":
        after = value
    else:
        after = before + value
    states[key] = after
    return into, amount["currency"], after - before


def _leg_by_roles(data: Mapping[str, Any]) -> str:
    roles = {party["role"] for party in data.get("parties", ())}
    return "grant" if "donor" in roles and "financier" not in roles else "debt"
