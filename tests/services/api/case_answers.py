"""The questions of the worked cases over HTTP, and the API's answers spelt as the cases spell theirs."""

from __future__ import annotations

from typing import Any

import httpx

from steppe.domain.events.vocabulary import EVENT_KINDS, Effect
from tests.domain.cases import UNHEEDED, Answers, Case
from tests.services.api.reading_api import get

_FAR = "2100-01-01"


async def answers(client: httpx.AsyncClient, projects: list[str], expected: Case, **query: str) -> Answers:
    """What the API says of these projects; only that is asked which a case expects something of."""
    flags = await _listed(client, "/v1/flags", projects, query) if set(expected) & {"flags", "no_flags"} else []
    deals = await _listed(client, "/v1/deals", projects, query) if "deals" in expected else []
    return Answers(
        flags=[_flag(item) for item in flags],
        deals={f"{item['project']}/{item['deal']}": _deal(item) for item in deals},
        projects={key: await _project(client, key, query) for key in expected.get("projects", {})},
        unheeded=await _unheeded(client, projects, query) if set(expected) & set(UNHEEDED) else {},
    )


async def _listed(
    client: httpx.AsyncClient, path: str, projects: list[str], query: dict[str, str]
) -> list[dict[str, Any]]:
    body = await get(client, path, project=",".join(projects), limit="500", **query)
    assert body["next_cursor"] is None
    items: list[dict[str, Any]] = body["items"]
    return items


async def _unheeded(client: httpx.AsyncClient, projects: list[str], query: dict[str, str]) -> dict[str, list[str]]:
    """What the timelines show as parked, refused and conflicting."""
    # A correction stands on the day on which it was known, which may be long after the day that is judged.
    until = {**query, "as_of": query.get("known_at", _FAR)[:10]}
    timelines = [await get(client, f"/v1/projects/{key}/timeline", limit="500", **until) for key in projects]
    entries = [entry for one in timelines for entry in one["items"]]
    return {
        "parked": [entry["event"] for entry in entries if entry["state"] == "parked"],
        "refused_ids": [entry["event"] for entry in entries if entry["state"] == "refused"],
        "conflict_ids": [conflict["event"] for one in timelines for conflict in one["conflicts"]],
    }


def _flag(item: dict[str, Any]) -> Case:
    clock = item["clock"]
    return {
        **item,
        "started": _interval(clock),
        "age_months": _ages(clock),
        "threshold_months": None if clock is None else clock["threshold_months"],
    }


def _interval(clock: dict[str, Any] | None) -> list[str | None] | None:
    return None if clock is None else [clock["started_earliest"], clock["started"]]


def _ages(clock: dict[str, Any] | None) -> list[int | None] | None:
    return None if clock is None else [clock["age_months"], clock["age_months_most"]]


def _deal(item: dict[str, Any]) -> Case:
    memorandum, silence, step = (item["clocks"][name] for name in ("memorandum", "silence", "step"))
    return {
        **item,
        "living": item["level"] is not None,
        "conditional": any(leg["conditional"] for leg in item["legs"]),
        "inferred": any(leg["inferred"] for leg in item["legs"] if leg["valid"]),
        "legs": [
            {
                "leg": leg["leg"],
                "id": leg["events"][0],
                "bound_on": [leg["since_earliest"], leg["since"]],
                "valid": leg["valid"],
                "ended_on": leg["ended"] and [leg["ended"]["on_earliest"], leg["ended"]["on"]],
                "ended_by": leg["ended"] and leg["ended"]["how"],
                "inferred": leg["inferred"],
                "conditional": leg["conditional"],
            }
            for leg in item["legs"]
        ],
        "memorandum_clock": {
            "running": memorandum is not None and memorandum["running"],
            "started": _interval(memorandum),
            "age_months": _ages(memorandum),
        },
        "silence_clock": None if silence is None else {"last": _interval(silence), "age_months": _ages(silence)},
        "step_clock": None if step is None else {"last": _interval(step)},
    }


async def _project(client: httpx.AsyncClient, key: str, query: dict[str, str]) -> Case:
    item = await get(client, f"/v1/projects/{key}", **query)
    timeline = await get(client, f"/v1/projects/{key}/timeline", limit="500", **query)
    memoranda = [deal["clocks"]["memorandum"] for deal in item["deals"]]
    running = [clock for clock in memoranda if clock is not None and clock["running"]]
    first = min(running, key=lambda clock: str(clock["started"]), default=None)
    assert item["memorandum_since"] == (None if first is None else first["started"])
    return {
        **item,
        "memorandum_since": _interval(first),
        "deals": {deal["deal"]: deal for deal in item["deals"]},
        "speaks_of_project": [
            entry["event"]
            for entry in timeline["items"]
            if entry["deal"] is None and EVENT_KINDS[entry["name"]].effect is not Effect.RECORD
        ],
    }
