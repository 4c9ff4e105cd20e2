"""/v1/rules: the thresholds that judge, with their version (domain page, section 6)."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Request, Response

from services.api import parameters
from services.api.answers import JSON
from services.api.parameters import described
from steppe.domain.rules import RULES, Override, Rules

router = APIRouter(tags=["rules"])


@router.get("/v1/rules", openapi_extra=described(()))
async def rules(request: Request) -> Response:
    """Every version of the rules, the one in force named; months unless the name of a rule says otherwise."""
    parameters.read(request, (), formats=("json",))
    body = {"in_force": RULES.version, "items": [_version(RULES)]}
    return Response(msgspec.json.encode(body), media_type=JSON, headers={"Cache-Control": "private, no-cache"})


def _version(version: Rules) -> dict[str, object]:
    return {
        "version": version.version,
        "values": dict(sorted(version.values.items())),
        "overrides": [_override(override) for override in version.overrides],
    }


def _override(override: Override) -> dict[str, object]:
    where = {name: getattr(override, name) for name in ("level", "commodity", "sector", "country")}
    return {"rule": override.rule, "value": override.value, **{k: v for k, v in where.items() if v is not None}}
