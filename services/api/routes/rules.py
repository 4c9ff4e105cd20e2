"""/v1/rules: the thresholds that judge, and what put them in force (domain page, section 6)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.api.store.snapshot import Snapshot
from services.api.views import rules_view
from services.api.views.rules_view import RulesAnswer, RulesItem
from services.api.web.operations import operation
from services.api.web.query_parameters import WAITING, Question
from services.api.web.responses import answer_one

router = APIRouter(tags=["rules"])

_CHANGES_MAX = 100


@router.get("/v1/rules", openapi_extra=operation("list_rules", WAITING, RulesAnswer))
async def rules(request: Request) -> Response:
    """Every version of the rules, the newest first, the one in force named; months unless a rule's name says otherwise.

    `changes` are the latest of what put a version in force: when, by whom, why, and how many projects were judged again and
    flags came out otherwise.
    """
    return await answer_one(request, WAITING, _versions)


async def _versions(snapshot: Snapshot, _: Question) -> RulesItem:
    rows = await snapshot.rows("rule_versions")
    changes = await snapshot.rows("rule_changes", limit=_CHANGES_MAX)
    return {
        "in_force": snapshot.rules.version,
        "items": [rules_view.rule_version(row) for row in rows],
        "changes": [rules_view.rule_change(row) for row in changes],
    }
