"""Parties: /v1/parties/{key}, one with its deals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.api.computation import by_size, in_thread
from services.api.export import csv_columns
from services.api.problems import unknown_key
from services.api.store import row_decoding
from services.api.store.party_groups import read_parents, with_members
from services.api.store.raised_flags import flags_of_deals
from services.api.store.snapshot import Row, Snapshot
from services.api.views import deal_view, party_view
from services.api.views.list_answers import PartyList
from services.api.views.party_view import KnownParty, PartyAnswer, PartyItem
from services.api.web import pagination, query_parameters
from services.api.web.operations import operation
from services.api.web.pagination import after, text
from services.api.web.query_parameters import Question
from services.api.web.responses import Page, Reading, answer_list, answer_one
from steppe.domain.markets.group_members import GroupMembers
from steppe.domain.markets.groups import Groups, Shares
from steppe.http.problems import NOT_FOUND

router = APIRouter(tags=["lists"])


@router.get("/v1/parties", openapi_extra=operation("list_parties", query_parameters.PARTIES, PartyList))
async def parties(request: Request) -> Response:
    """Parties that are registered on a day, or named by events: who they are, and which group they belong to."""
    return await answer_list(request, query_parameters.PARTIES, csv_columns.PARTIES, party_page)


async def party_page(snapshot: Snapshot, question: Question) -> Page:
    """One page of parties."""
    as_of, filters = question.as_of, question.filters
    (after_party,) = after(question.after, text)
    parents = await read_parents(snapshot, as_of)
    rows = await snapshot.rows(
        "party_page",
        as_of=as_of,
        text=filters.get("q"),
        countries=filters.get("country"),
        kinds=filters.get("kind"),
        parties=await with_members(filters.get("group"), parents),
        after_party=after_party,
        limit=question.limit + 1,
    )
    rows, more = pagination.cut_page(rows, question.limit)

    return Page(next_key=[rows[-1]["party"]] if more else None, compute=partial(_known_parties, rows, parents, as_of))


def _known_parties(rows: Sequence[Row], parents: Mapping[str, Shares], as_of: date) -> list[KnownParty]:
    groups, members = _groups(parents, as_of), GroupMembers(parents)
    return [
        party_view.known_party(key, row, groups.of(key, as_of), members.under([key]) - {key})
        for key, row in ((row["party"], row) for row in rows)
    ]


def _groups(parents: Mapping[str, Shares], as_of: date) -> Groups:
    return Groups({party: [(as_of, shares)] for party, shares in parents.items()})


def _belonging(party: str, parents: Mapping[str, Shares]) -> frozenset[str]:
    return GroupMembers(parents).under([party])


@router.get(
    "/v1/parties/{key}", openapi_extra=operation("get_party", query_parameters.ONE_IN_PAGES, PartyAnswer, NOT_FOUND)
)
async def party(request: Request, key: Annotated[str, Path(description="The key of the party.")]) -> Response:
    """Who somebody is, how many deals they pursue, in whatever role, how far each is, and how many are only paper.

    Of a party that controls others their deals are shown, too; `pursuers` of a deal says whose it is. The deals come in pages, all
    other figures are of all deals.
    """

    async def item(snapshot: Snapshot, question: Question) -> Reading[PartyItem]:
        return await read_party(snapshot, question, key)

    return await answer_one(request, query_parameters.ONE_IN_PAGES, item)


async def read_party(snapshot: Snapshot, question: Question, key: str) -> Reading[PartyItem]:
    """The answer of `/v1/parties/{key}`. Raises Refusal when no such party is known on the day."""
    as_of, party = question.as_of, key.replace("\x00", "")
    row = await snapshot.row(
        "party_page", as_of=as_of, parties=[party], text=None, countries=None, kinds=None, after_party=None, limit=1
    )
    parents = await read_parents(snapshot, as_of)
    belonging = await by_size(len(parents), _belonging, party, parents)
    counts = await snapshot.rows("deal_counts_of_parties", as_of=as_of, parties=sorted(belonging))
    if row is None and not counts and belonging == {party}:
        raise unknown_key("party", party, [key_row["party"] for key_row in await snapshot.rows("party_keys")])
    after_project, after_deal = after(question.after, text, text)
    rows = await snapshot.rows(
        "deals_of_parties",
        as_of=as_of,
        parties=sorted(belonging),
        after_project=after_project,
        after_deal=after_deal,
        limit=question.limit + 1,
    )
    rows, more = pagination.cut_page(rows, question.limit)
    next_key = [rows[-1]["project"], rows[-1]["deal"]] if more else None
    projects = sorted({deal["project"] for deal in rows})
    raised = await flags_of_deals(snapshot, as_of, [(deal["project"], deal["deal"]) for deal in rows])
    shared_rows = await snapshot.rows("co_investments", as_of=as_of, projects=projects)

    def answer() -> PartyItem:
        deals = [(deal["project"], row_decoding.deal(deal)) for deal in rows]
        flags = raised.by_deal()
        shared = row_decoding.co_investors(shared_rows)
        items = [
            deal_view.deal(
                project,
                state,
                flags.get((project, state.deal), ()),
                shared.get((project, state.deal), ()),
                as_of,
                question.tell,
            )
            for project, state in deals
        ]
        group = _groups(parents, as_of).of(party, as_of)
        registration = party_view.known_party(party, row, group, belonging - {party})
        next_cursor = pagination.encode(next_key, as_of, question.fingerprint) if next_key else None
        return party_view.party(registration, counts, items, next_cursor)

    return Reading(lambda: in_thread(answer))
