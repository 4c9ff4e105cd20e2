"""Parties: /v1/parties/{key}, one with its deals."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from services.api.problems import near
from services.api.store import row_decoding
from services.api.store.snapshot import Snapshot
from services.api.views import project_view
from services.api.web import query_parameters
from services.api.web.query_parameters import Question, openapi_extra
from services.api.web.responses import answer_one
from steppe.domain.values.levels import Level
from steppe.http.problems import NOT_FOUND, Refusal

router = APIRouter(tags=["lists"])


@router.get("/v1/parties/{key}", openapi_extra=openapi_extra(query_parameters.ONE))
async def party(request: Request, key: str) -> Response:
    """Who somebody is, and every deal that they pursue, in whatever role: how far each is, and how many are only paper."""

    async def one(snapshot: Snapshot, question: Question) -> dict[str, Any]:
        return await party_item(snapshot, question, key)

    return await answer_one(request, query_parameters.ONE, one)


async def party_item(snapshot: Snapshot, question: Question, key: str) -> dict[str, Any]:
    """The answer of `/v1/parties/{key}`. Raises Refusal when nobody of that name is known on the day."""
    as_of, asked = question.as_of, key.replace("\x00", "")
    row = await snapshot.row("api_party_at", as_of, asked)
    rows = await snapshot.rows("api_deals_of_party", as_of, asked)
    if row is None and not rows:
        likely = near(asked, [one["party"] for one in await snapshot.rows("api_near_parties")])
        hint = f" Did you mean {' or '.join(likely)}?" if likely else ""
        raise Refusal(NOT_FOUND, f"No party {asked[:80]!r}.{hint}", suggestions=likely)
    deals = [(one["project"], row_decoding.deal(one)) for one in rows]
    projects = sorted({project for project, _ in deals})
    flags = row_decoding.flags_by_project(await snapshot.rows("api_flags_of_projects", as_of, projects))
    shared = row_decoding.co_investors(await snapshot.rows("api_co_investments", as_of, projects))
    living = [state for _, state in deals if state.level is not None]
    return {
        "party": asked,
        "name": row and row["name"],
        "home_country": row and row["home_country"],
        "kind": row and row["kind"],
        "parent": row and row["parent"],
        "lei": row and row["lei"],
        "living_deals": len(living),
        "bound": sum(state.level.crosses_the_line for state in living if state.level is not None),
        "paper_only": sum(state.memorandum_runs for state in living),
        "deals_by_level": {level.label: sum(state.level == level for state in living) for level in Level},
        "deals": [
            project_view.deal(
                project,
                state,
                [flag for flag in flags.get(project, []) if flag.deal == state.deal],
                shared.get((project, state.deal), ()),
                as_of,
            )
            for project, state in deals
        ],
    }
