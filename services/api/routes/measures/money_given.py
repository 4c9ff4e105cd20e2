"""Who gave how much to whom: /v1/money, computed by `steppe.domain.measures.money_flows`, and /v1/money/aid from reference series."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.api.computation import computed
from services.api.problems import COMPUTATION_ENDED
from services.api.store.project_events import documents_named
from services.api.store.snapshot import Snapshot
from services.api.views.measures import aid_view, money_view
from services.api.views.measures.aid_view import AidAnswer, AidMoneyItem
from services.api.views.measures.money_view import MoneyAnswer, StoredMoney
from services.api.web import query_parameters
from services.api.web.operations import operation
from services.api.web.query_parameters import Question
from services.api.web.responses import Reading, answer_one, encoded, service_of
from steppe.domain.events.vocabulary import CORRECTION_NAMES
from steppe.domain.fold.narrowing import ENDINGS
from steppe.domain.measures.exchange_rates import USD, ExchangeRates
from steppe.domain.measures.money_flows import MONEY_NAMES

router = APIRouter(tags=["measures"])


@router.get("/v1/money", openapi_extra=operation("get_money", query_parameters.MONEY, MoneyAnswer, COMPUTATION_ENDED))
async def money(request: Request) -> Response:
    """Committed and disbursed by leg, which are never added up, and as `by` asks by donor, recipient, programme and year.

    Sums are in the currencies in which they were said, and beside it in one `currency` at the average rates of each row's own year;
    `rows` are what they are made of, `left_out` what is in none.
    """

    async def item(snapshot: Snapshot, question: Question) -> Reading[bytes]:
        stored = await read_money(snapshot, question, service_of(request).reference.rates)
        return Reading(lambda: computed(service_of(request).queues.folds, stored.rows, _in_json, stored))

    return await answer_one(request, query_parameters.MONEY, item)


@router.get("/v1/money/aid", openapi_extra=operation("get_aid", query_parameters.AID, AidAnswer))
async def aid(request: Request) -> Response:
    """Aid by donor, recipient and year with the rank of each donor, from reference series: gross, net and portfolios apart.

    It is of `/v1/reference`, not of events: no day and no knowledge moves it.
    """

    async def item(_: Snapshot, question: Question) -> AidMoneyItem:
        reference = service_of(request).reference
        return aid_view.aid_by_year(reference.aid, reference.rates, question.filters)

    return await answer_one(request, query_parameters.AID, item)


async def read_money(snapshot: Snapshot, question: Question, rates: ExchangeRates) -> StoredMoney:
    """What the answer is made of."""
    filters = question.filters
    events = await snapshot.rows(
        "money_events", names=sorted(MONEY_NAMES), corrections=sorted(CORRECTION_NAMES), endings=sorted(ENDINGS)
    )
    keys = sorted({row["subject"] for row in events if ":" not in row["subject"]})
    projects = [
        row
        for row in await snapshot.rows("registered_projects", as_of=question.as_of, projects=keys)
        if _is_of(filters.get("country"), row["countries"]) and _is_of(filters.get("commodity"), row["commodities"])
    ]
    keys = [row["project"] for row in projects]
    return StoredMoney(
        as_of=question.as_of,
        by=filters.get("by", ()),
        currency=filters.get("currency", USD),
        filters=filters,
        knowledge=question.knowledge,
        rates=rates,
        events=[row for row in events if row["subject"] in keys],
        documents=await documents_named(snapshot, events, question.knowledge),
        valid_legs=await snapshot.rows("valid_legs", as_of=question.as_of, projects=keys),
        projects=sorted(projects, key=lambda row: row["project"]),
        parties=await snapshot.rows("givers_and_hosts"),
    )


def _is_of(filter_values: list[str] | None, values: list[str]) -> bool:
    return filter_values is None or not set(filter_values).isdisjoint(values)


def _in_json(stored: StoredMoney) -> bytes:
    return encoded(money_view.measure(stored))
