"""The page of one project at `/projects/{key}`: state, timeline, deals, events, and what changed since it was known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any, NamedTuple

from fastapi import Response

from services.api.page.chart import chart
from services.api.page.given_days import GivenDays, given_days
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
from steppe.domain.events.event import Event
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
        flags = row_decoding.runs_of_flags(
            await snapshot.rows("flag_spans_of_project", as_of=question.as_of, project=key), question.as_of
        )
        phases = await snapshot.rows("last_states_of_phases", as_of=question.as_of, project=key)
        suspensions = await snapshot.rows("suspensions_of_project", as_of=question.as_of, project=key)
    item = await reading.finish()
    timeline = await timeline.finished()
    names = await read_names(service, question, item, timeline.items)
    states = [row_decoding.deal(row) for row in phases]
    occurred = [event for event in in_fold_order(events.corrected.events) if event.latest <= question.as_of]
    known_now = await _as_known_now(page, question, key) if question.knowledge else None
    return await page.render(
        "project.html", question=question, snapshot=snapshot, names=names,
        project=item, entries=timeline.items, truncated=timeline.next_key is not None,
        chart=chart(
            [dict(row) for row in spans], [dict(row) for row in flags], item["flags"], timeline.items, states,
            [dict(row) for row in suspensions], question.as_of,
        ),
        parties={state.deal: parties_of_deal(state, occurred) for state in sorted(states, key=lambda state: state.phase)},
        compared=known_now is not None, differences=_differences(item, known_now.project) if known_now else [],
        learned=known_now.learned if known_now else [],
        project_url=page.api_url(path, query_parameters.ONE),
        timeline_url=page.api_url(f"{path}/timeline", query_parameters.TIMELINE, limit=_ENTRIES_MAX),
    )  # fmt: skip


class Learned(NamedTuple):
    """An event that was not known then: what it says, of which other event if it corrects one, and why."""

    event: str
    name: str
    known: datetime
    occurred: GivenDays
    target: str | None
    reason: str | None


class KnownNow(NamedTuple):
    """A project as it is known now on the same day, and what was learned since."""

    project: Item
    learned: Sequence[Learned]


async def _as_known_now(page: PageRequest, question: Question, key: str) -> KnownNow:
    known_now = page.build_query(
        f"/v1/projects/{key}", query_parameters.ONE, known_at=None, known_by=None, as_of=question.as_of
    )
    service = service_of(page.request)
    async with service.snapshot(known_now) as snapshot:
        events = await read_project_events(snapshot, key, None)
        reading = await projects.read_project(snapshot, known_now, key, service.queues.folds, events)
    knowledge = question.knowledge
    assert knowledge is not None
    names = {event.reference: event.kind.name for event in events.decoded}
    news = [
        (event.known_by(recorded=knowledge.recorded), event.reference, event)
        for event in events.decoded
        if event.known_by(recorded=knowledge.recorded) > knowledge.known_at and _bears_on(event, question.as_of)
    ]
    learned = [
        Learned(
            event=reference,
            name=event.kind.name,
            known=known,
            occurred=given_days(page.translation, event.earliest, event.latest, event.given),
            target=names.get(_target(event)),
            reason=event.data.get("reason") or event.data.get("note"),
        )
        for known, reference, event in sorted(news, key=itemgetter(0, 1))
    ]
    return KnownNow(await reading.finish(), learned)


def _bears_on(event: Event, as_of: date) -> bool:
    """Whether an event tells of the days until that one: a correction does, whenever it came."""
    return event.kind.is_correction or event.latest <= as_of


def _target(event: Event) -> str:
    target = event.data.get("target") if event.kind.is_correction else None
    return f"{target['source']}#{target['id']}" if target else ""


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
