"""/v1/rules and /v1/flags/transitions: the thresholds that judge, and what their change did (domain page, section 6)."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from services.api.answers import Page, answer_list, answer_one
from services.api.parameters import FEED, WAITING, Question, described
from services.api.reading import Row, Snapshot

router = APIRouter(tags=["rules"])

_CHANGES_TOLD = 100
_COLUMNS = (
    "id", "project", "deal", "flag", "transition", "severity_before", "severity", "on", "cause", "rule_version", "found_at",
)  # fmt: skip


@router.get("/v1/rules", openapi_extra=described(WAITING))
async def rules(request: Request) -> Response:
    """Every version of the rules, the newest first, the one in force named; months unless a rule's name says otherwise.

    `changes` are the latest of what put a version in force: when, by whom, why, and how many projects were judged again and
    flags came out otherwise.
    """
    return await answer_one(request, WAITING, _versions)


@router.get("/v1/flags/transitions", openapi_extra=described(FEED))
async def transitions(request: Request) -> Response:
    """What became of flags when the rules changed, in the order in which it was found out; go on with `after`."""
    return await answer_list(request, FEED, _COLUMNS, _transition_page)


async def _versions(snapshot: Snapshot, _: Question) -> dict[str, Any]:
    rows = await snapshot.rows("rule_versions")
    changes = await snapshot.rows("rule_changes", _CHANGES_TOLD)
    return {
        "in_force": snapshot.rules.version,
        "items": [_version(row) for row in rows],
        "changes": [_change(row) for row in changes],
    }


def _change(row: Row) -> dict[str, Any]:
    return {
        "version": row["version"],
        "in_force_from": row["in_force_from"],
        "by": row["changed_by"],
        "reason": row["reason"],
        "projects": row["projects"],
        "transitions": row["transitions"],
    }


def _version(row: Row) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(row["document"])
    return {
        **document,
        "note": row["note"],
        "added_by": row["added_by"],
        "added_at": row["added_at"],
        "in_force_from": row["in_force_from"],
    }


async def _transition_page(snapshot: Snapshot, question: Question) -> Page:
    after = int(question.after[0]) if question.after else question.filters.get("after", 0)
    rows = await snapshot.rows("api_transition_page", after, question.limit + 1)
    rows, more = rows[: question.limit], len(rows) > question.limit
    items = [
        {
            "id": row["transition_id"],
            "project": row["project"],
            "deal": row["deal"] or None,
            "flag": row["flag"],
            "transition": row["transition"],
            "severity_before": row["severity_before"],
            "severity": row["severity"],
            "on": row["on_day"],
            "cause": row["cause"],
            "rule_version": row["rule_version"],
            "found_at": row["found_at"],
        }
        for row in rows
    ]
    return Page(items=items, next_key=[str(items[-1]["id"])] if more else None)
