"""Money reckoned again from raw events, slowly and by hand: it shares no code with the product (domain page, sections 3 and 9).

It knows no narrowing and one kind of ending, a contract terminated by leg; and of corrections, what reclassifies or retracts.
"""

from __future__ import annotations

import calendar
import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

Envelope = dict[str, Any]
FX = Path(__file__).parents[3] / "steppe" / "reference" / "series" / "fx.csv"

_LEGS = {
    "investment.decided": "investment", "rights.granted": "rights", "offtake.signed": "offtake", "equity.agreed": "equity",
    "equity.closed": "equity", "loan.signed": "debt", "grant.committed": "grant", "guarantee.issued": "guarantee",
    "works.awarded": "works", "finance.closed": "debt",
}  # fmt: skip
_ORDER = [*_LEGS, "funds.disbursed", "commitment.reduced", "funds.returned"]
_GIVERS = {
    "debt": ["financier", "donor"], "guarantee": ["financier", "donor"], "grant": ["donor", "financier"], "equity": ["investor"],
    "investment": ["investor"], "rights": ["investor"], "works": ["contractor"], "offtake": ["offtaker"],
}  # fmt: skip
_PURSUE = ["investor", "financier", "contractor", "offtaker", "donor"]


@dataclass
class SlowRow:
    """What one event moves a sum by."""

    event: str
    project: str
    deal: str | None
    leg: str
    of: str
    currency: str
    value: Fraction
    in_force: Fraction
    year: int
    umbrella: bool
    donors: list[str]
    recipients: list[str]
    cents: int | None


@dataclass
class SlowMoney:
    """All rows, and rows whose amount is of something that is not summed."""

    rows: list[SlowRow] = field(default_factory=list)
    not_summed: set[str] = field(default_factory=set)

    def sums(self, rows: Iterable[SlowRow], *by: str) -> dict[tuple[Any, ...], Fraction]:
        """Sums of values by these fields."""
        sums: dict[tuple[Any, ...], Fraction] = {}
        for row in rows:
            key = tuple(getattr(row, name) if name != "donors" else tuple(row.donors) for name in by)
            sums[key] = sums.get(key, Fraction(0)) + row.value
        return sums


def days(occurred: str | None, reported: date) -> tuple[date, date]:
    """The earliest (or 0001-01-01) and the latest day, cut at the known day."""
    if occurred is None:
        return reported, reported
    first, _, last = occurred.partition("/")
    last = last or first

    def ends(text: str) -> tuple[date | None, date | None]:
        numbers = [int(part) for part in re.findall(r"\d+", text)]
        if not numbers:
            return None, None
        if len(numbers) == 1:
            return date(numbers[0], 1, 1), date(numbers[0], 12, 31)
        if len(numbers) == 2:
            return date(numbers[0], numbers[1], 1), date(
                numbers[0], numbers[1], calendar.monthrange(numbers[0], numbers[1])[1]
            )
        return date(numbers[0], numbers[1], numbers[2]), date(numbers[0], numbers[1], numbers[2])

    earliest, latest = ends(first)[0] or date.min, min(ends(last)[1] or reported, reported)
    return earliest, max(latest, earliest)


def cents(value: Fraction, currency: str, year: int) -> int | None:
    """In cents of a US dollar, half to even; None: there is no rate."""
    if currency == "USD":
        return round(value * 100)
    with FX.open(encoding="utf-8") as file:
        rates = [
            row["per_usd"] for row in csv.DictReader(file) if (row["currency"], row["year"]) == (currency, str(year))
        ]
    return round(value / Fraction(rates[0]) * 100) if rates else None


def slow_money(envelopes: Iterable[Envelope], as_of: date, homes: Mapping[str, str], of_states: set[str]) -> SlowMoney:
    """Money as of a day; `homes`: the nation of each party (a bank of several states: its key), `of_states`: those who host for one."""
    envelopes = list(envelopes)
    renamed = {
        e["data"]["target"]["id"]: e["data"].get("name") for e in envelopes if e["type"].startswith("steppe.event.re")
    }
    about = {e["subject"]: e["data"] for e in envelopes if e["type"] == "steppe.project.registered.v1"}
    stating = {
        e["id"] for e in envelopes if e["data"].get("amount") and not (e["id"] in renamed and renamed[e["id"]] is None)
    }
    answer = SlowMoney()
    for project in sorted({e["subject"] for e in envelopes if ":" not in e["subject"] and e["subject"] in about}):
        rows = []
        for e in envelopes:
            name = e["type"][len("steppe.") : -len(".v1")]
            if e["id"] in renamed:
                name = renamed[e["id"]] or "retracted"
            reported = (
                date.fromisoformat(e["data"]["reported"]) if e["data"].get("reported") else datetime.now(UTC).date()
            )
            earliest, latest = days(e["data"].get("occurred"), reported)
            if e["subject"] == project and latest <= as_of and (name in _ORDER or name == "contract.terminated"):
                place = _ORDER.index(name) if name in _ORDER else 99
                rows.append(((latest, earliest, place, e["source"], e["id"]), name, e))
        rows.sort(key=lambda row: row[0])
        answer.rows += _of_project(project, about[project], rows, stating, homes, of_states, answer.not_summed)
    return answer


def _of_project(
    project: str,
    about: dict[str, Any],
    rows: list[tuple[Any, str, Envelope]],
    stating: set[str],
    homes: Mapping[str, str],
    of_states: set[str],
    not_summed: set[str],
) -> list[SlowRow]:
    sums: dict[Any, Fraction] = {}
    valid: dict[Any, Fraction] = {}
    flows: list[SlowRow] = []
    legs_before: dict[Any, set[str]] = {}
    givers_before: dict[Any, list[str]] = {}
    for place, name, e in rows:
        data = e["data"]
        parties = data.get("parties", [])
        deal = data.get("deal") or next((p["party"] for role in _PURSUE for p in parties if p["role"] == role), None)
        if name == "contract.terminated":
            for row in flows:
                if row.deal == deal and data.get("leg") in (None, row.leg):
                    row.in_force = Fraction(0)
                    valid.pop((row.deal, row.leg, row.currency), None)
            continue
        amount = data.get("amount")
        if amount is None:
            continue
        if amount.get("of", "price") not in ("price", "leg"):
            not_summed.add(f"{e['source']}#{e['id']}")
            continue
        if data.get("part_of") and data["part_of"]["id"] in stating:
            continue
        value, currency = Fraction(amount["value"]), amount["currency"]
        of = "disbursed" if name in ("funds.disbursed", "funds.returned") else "committed"
        roles = {p["role"] for p in parties}
        before_of_deal = legs_before.setdefault((deal, currency, of), set())
        if name in _LEGS:
            leg = _LEGS[name]
        elif name in ("commitment.reduced", "funds.returned") and "leg" not in data and len(before_of_deal) == 1:
            [leg] = before_of_deal
        else:
            leg = data.get("leg") or ("grant" if "donor" in roles and "financier" not in roles else "debt")
        before_of_deal.add(leg)
        key = (deal, leg, currency, of)
        so_far = sums.get(key, Fraction(0))
        if name in ("commitment.reduced", "funds.returned"):
            moved = -value
        else:
            moved = value - so_far if amount.get("semantics") == "total" else value
        sums[key] = so_far + moved
        in_force = Fraction(0)
        still = valid.get((deal, leg, currency))
        if of == "committed" and not (name == "commitment.reduced" and still is None):
            if name == "commitment.reduced":
                in_force = -value
            else:
                in_force = value - (still or 0) if amount.get("semantics") == "total" else value
            valid[deal, leg, currency] = (still or Fraction(0)) + in_force
        named = next(
            (givers for role in _GIVERS[leg] if (givers := [p["party"] for p in parties if p["role"] == role])), []
        )
        givers = named or (givers_before.get((deal, leg), []) if deal else [])
        givers_before[deal, leg] = givers
        hosts = sorted({homes[p["party"]] for p in parties if p["role"] == "host" and p["party"] in of_states})
        year = place[0].year
        flows.append(
            SlowRow(
                event=f"{e['source']}#{e['id']}", project=project, deal=deal, leg=leg, of=of, currency=currency, value=moved,
                in_force=in_force, year=year,
                umbrella=about["kind"] in ("umbrella", "programme"),
                donors=sorted({homes[giver] for giver in givers if giver in homes}),
                recipients=hosts or sorted({about["country"], *about.get("countries", [])}),
                cents=cents(moved, currency, year),
            )
        )  # fmt: skip
    return flows
