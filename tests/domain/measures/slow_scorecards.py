"""Section 9 on scorecards, reckoned from raw events: slow, by hand, with no code of the product. Of deals in which nothing ends."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tests.domain.measures.slow_pledges import Raw, deal_of, last_day, name_of

BINDING = {
    "investment.decided", "rights.granted", "offtake.signed", "equity.agreed", "equity.closed", "loan.signed", "grant.committed",
    "guarantee.issued", "works.awarded", "finance.closed",
}  # fmt: skip
PHYSICAL = {
    "funds.disbursed",
    "construction.started",
    "construction.completed",
    "production.started",
    "processing.localised",
}
ABOVE_MEMORANDUM = BINDING | PHYSICAL - {"processing.localised"} | {
    "termsheet.signed", "study.started", "study.completed", "finance.approved", "permit.applied", "permit.granted",
}  # fmt: skip
PAPERS = {"memorandum.signed", "memorandum.renewed", "termsheet.signed", "pledge.announced"}


def is_paper_at(event: Raw, forum: str) -> bool:
    """Whether it is a paper or a pledge that names the forum, and not a treaty or a repetition."""
    data = event["data"]
    return (
        data.get("forum") == forum and name_of(event) in PAPERS and data.get("instrument") != "treaty" and "part_of" not in data
    )  # fmt: skip


def cohort(log: Sequence[Raw], forum: str, held: str, until: str, as_of: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Of each deal of a forum, how it stood on a day: already bound, strict, loose, announced, bound since."""
    outcomes: dict[tuple[str, str], dict[str, Any]] = {}
    for paper in sorted(log, key=lambda event: (last_day(event), event["id"])):
        deal = deal_of(paper)
        if not is_paper_at(paper, forum) or deal is None or last_day(paper) > as_of:
            continue
        key = (paper["subject"], deal)
        outcome = outcomes.setdefault(key, {"announced": {}})
        amount = paper["data"].get("amount")
        if amount and amount.get("of") != "portfolio":
            currency = next(iter(outcome["announced"]), amount["currency"])
            if currency == amount["currency"]:
                before = outcome["announced"].get(currency, Decimal(0))
                outcome["announced"] = {currency: max(before, Decimal(amount["value"]))}
    for (project, deal), outcome in outcomes.items():
        rows = [row for row in log if row["subject"] == project and deal_of(row) == deal and last_day(row) <= until]
        binds = [row for row in rows if name_of(row) in BINDING or _infers(row, rows)]
        there = [row for row in binds if row["data"].get("forum") == forum]
        outcome["already_bound"] = any(last_day(row) < held and row not in there for row in binds)
        since = [row for row in rows if last_day(row) >= held or row["data"].get("forum") == forum]
        legs = [row for row in since if row in binds]
        outcome["strict"] = not outcome["already_bound"] and bool(legs)
        steps = [row for row in since if name_of(row) in ABOVE_MEMORANDUM and not is_paper_at(row, forum)]
        outcome["loose"] = not outcome["already_bound"] and bool(legs or steps)
        bound: dict[str, Decimal] = {}
        for row in since:
            amount = row["data"].get("amount")
            if (
                name_of(row) in BINDING
                and amount
                and amount.get("of", "price") in ("price", "leg")
                and "part_of" not in row["data"]
            ):
                bound[amount["currency"]] = bound.get(amount["currency"], Decimal(0)) + Decimal(amount["value"])
        outcome["bound"] = bound
    return outcomes


def _infers(row: Raw, rows: Sequence[Raw]) -> bool:
    """Whether a physical row binds: a disbursement of a leg that was not there, works where there was none."""
    if name_of(row) not in PHYSICAL - {"processing.localised"}:
        return False
    before = [
        earlier
        for earlier in rows
        if earlier is not row and (last_day(earlier), name_of(earlier) in PHYSICAL) < (last_day(row), True)
    ]
    if name_of(row) == "funds.disbursed":
        leg = _leg_of(row)
        return not any(_leg_of(earlier) == leg for earlier in before)
    return not any(name_of(earlier) in BINDING | PHYSICAL - {"processing.localised"} for earlier in before)


def _leg_of(row: Raw) -> str | None:
    roles = {party["role"] for party in row["data"].get("parties", ())}
    if name_of(row) == "funds.disbursed":
        return str(row["data"].get("leg") or ("grant" if "donor" in roles and "financier" not in roles else "debt"))
    return {"loan.signed": "debt", "finance.closed": "debt", "grant.committed": "grant"}.get(name_of(row))
