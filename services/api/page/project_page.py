"""The page of one project at `/projects/{key}`: state, timeline, deals, events, and what changed since it was known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Response

from services.api.page.chart import chart
from services.api.page.page_data import Item
from services.api.page.page_request import PageRequest
from services.api.page.registered_names import read_names
from services.api.routes import projects
from services.api.store import row_decoding
from services.api.store.project_events import read_project_events
from services.api.web import query_parameters
from services.api.web.query_parameters import Question
from services.api.web.responses import service_of
from steppe.domain.analysis.deal_parties import parties_of_deal
from steppe.domain.fold.fold_state import in_fold_order

_ENTRIES_MAX = 500
Terms = list[tuple[str, ...]]
"""Public names that stand together, as a flag and its severity: the page translates each."""
ChangedTerm = tuple[str, str | None, Terms | None, Terms | None]
"""What differs, of which deal (None: of the project), as known then, as known now."""


async def project_page(page: PageRequest) -> Response:
    """One project: its state in a sentence, its timeline as a chart, its events with sources and corrections."""
    page.reject_unknown_params()
    key = page.path_params["key"]
    path = f"/v1/projects/{key}"
    question = page.build_query(path, query_parameters.ONE)
    timeline_question = page.build_query(f"{path}/timeline", query_parameters.TIMELINE, limit=_ENTRIES_MAX)
    service = service_of(page.request)
    async with service.snapshot(question) as snapshot:
        events = await read_project_events(snapshot, key, question.knowledge)
        reading = await projects.read_project(snapshot, question, key, service.queues.folds, events)
        timeline = await projects.timeline_page(snapshot, timeline_question, key, service.queues.folds, events)
        spans = await snapshot.rows("deal_spans_of_project", project=key)
        flags = await snapshot.rows("flag_spans_of_project", as_of=question.as_of, project=key)
        phases = await snapshot.rows("last_states_of_phases", as_of=question.as_of, project=key)
        suspensions = await snapshot.rows("suspensions_of_project", as_of=question.as_of, project=key)
    item = await reading.finish()
    timeline = await timeline.finished()
    async with service.reader.snapshot() as snapshot_of_names:
        names = await read_names(snapshot_of_names, question.as_of, item, timeline.items)
    states = [row_decoding.deal(row) for row in phases]
    occurred = [event for event in in_fold_order(events.corrected.events) if event.latest <= question.as_of]
    known_now = await _as_known_now(page, question, key) if question.knowledge else None
    return page.render(
        "project.html", question=question, snapshot=snapshot, names=names,
        project=item, entries=timeline.items, truncated=timeline.next_key is not None,
        chart=chart(
            [dict(row) for row in spans], [dict(row) for row in flags], item["flags"], timeline.items, states,
            [dict(row) for row in suspensions], question.as_of,
        ),
        parties={state.deal: parties_of_deal(state, occurred) for state in sorted(states, key=lambda state: state.phase)},
        compared=known_now is not None, differences=_differences(item, known_now) if known_now else [],
        project_url=page.api_url(path, query_parameters.ONE),
        timeline_url=page.api_url(f"{path}/timeline", query_parameters.TIMELINE, limit=_ENTRIES_MAX),
    )  # fmt: skip


async def _as_known_now(page: PageRequest, question: Question, key: str) -> Item:
    known_now = page.build_query(
        f"/v1/projects/{key}", query_parameters.ONE, known_at=None, known_by=None, as_of=question.as_of
    )
    service = service_of(page.request)
    async with service.snapshot(known_now) as snapshot:
        reading = await projects.read_project(snapshot, known_now, key, service.queues.folds)
    return await reading.finish()


def _differences(then: Item, now: Item) -> list[ChangedTerm]:
    deals_then = {deal["deal"]: deal for deal in then["deals"]}
    deals_now = {deal["deal"]: deal for deal in now["deals"]}
    differences = _of_project(then, now)
    for name in sorted({*deals_then, *deals_now}):
        differences += _of_deal(name, deals_then.get(name), deals_now.get(name))
    return differences


def _of_project(then: Item, now: Item) -> list[ChangedTerm]:
    values: tuple[ChangedTerm, ...] = (
        ("level", None, _level(then), _level(now)),
        ("headline", None, _headline(then), _headline(now)),
    )
    return [difference for difference in values if difference[2] != difference[3]]


def _of_deal(name: str, then: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> list[ChangedTerm]:
    differences: list[ChangedTerm] = []
    levels = [None if deal is None else _level(deal) for deal in (then, now)]
    if levels[0] != levels[1]:
        differences.append(("level", name, levels[0], levels[1]))
    flags = [None if deal is None else _flags(deal) for deal in (then, now)]
    if flags[0] != flags[1]:
        differences.append(("flags", name, flags[0], flags[1]))
    return differences


def _level(item: Mapping[str, Any]) -> Terms:
    return [(item["level"] or "ended",)]


def _headline(item: Item) -> Terms:
    return [(item["headline"]["severity"],)] if item["headline"] else []


def _flags(deal: Mapping[str, Any]) -> Terms:
    return [(flag["flag"], flag["severity"]) for flag in deal["flags"]]
