"""The page of one project at `/projects/{key}`: state, timeline, deals, events, and what changed since it was known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import Any, NamedTuple

from fastapi import Response

from services.api.computation import computed
from services.api.page.chart import Chart, chart
from services.api.page.given_days import GivenDays, given_days
from services.api.page.page_data import Item, next_page_url
from services.api.page.page_request import PageRequest
from services.api.page.registered_names import read_names
from services.api.routes import projects
from services.api.store import row_decoding
from services.api.store.project_events import ProjectEvents, read_project_events
from services.api.store.snapshot import Row
from services.api.views import project_view, timeline_view
from services.api.views.project_view import StoredProject
from services.api.views.timeline_view import StoredTimeline
from services.api.web import query_parameters
from services.api.web.pagination import after, text
from services.api.web.query_parameters import Question
from services.api.web.responses import service_of, wait_for_position
from steppe.domain.analysis.deal_parties import DealParty, parties_of_deal
from steppe.domain.events.event import Event
from steppe.domain.events.field_checks import RECLASSIFIABLE
from steppe.domain.events.vocabulary import VOCABULARY
from steppe.domain.fold.fold_state import in_fold_order
from steppe.page.i18n import translation

_ENTRIES_MAX = 500
_ROWS_MAX = 100
_CUT = ("aliases", "ids", "works", "parts", "stakes", "offtakes", "money", "costs")
"""The lists of a project of which the page shows the first rows only; its deals come in pages."""
_AMENDABLE = ("folded", "stands", "registry", "parked")
"""The states of entries that can be corrected, reclassified or retracted."""
_AMENDABLE_NAMES = {
    "correct": frozenset(kind.name for kind in VOCABULARY if not kind.is_correction),
    "reclassify": frozenset(RECLASSIFIABLE),
}
Terms = list[tuple[str, ...]]
"""Public names that stand together, as a flag and its severity: the page translates each."""
ChangedTerm = tuple[str, str | None, Terms | None, Terms | None]
"""What differs, of which deal (None: of the project), as known then, as known now."""


async def project_page(page: PageRequest) -> Response:
    """One project: its state in a sentence, its timeline as a chart, its deals in pages, its events with sources and corrections."""
    page.reject_unknown_params("cursor", "min_position")
    key = page.path_params["key"]
    path = f"/v1/projects/{key}"
    question = page.build_query(path, (*query_parameters.ONE, "cursor"))
    (after_deal,) = after(question.after, text)
    timeline_question = page.build_query(f"{path}/timeline", query_parameters.TIMELINE, limit=_ENTRIES_MAX, cursor=None)
    await wait_for_position(page.request, question.min_position, key)
    service = service_of(page.request)
    async with service.snapshot(question) as snapshot:
        events = await read_project_events(snapshot, key, question.knowledge)
        project = await projects.read_project(snapshot, question, key, events)
        timeline = await projects.read_timeline(snapshot, timeline_question, key, events)
        phases = await snapshot.rows("last_states_of_phases", as_of=question.as_of, project=key)
        suspensions = await snapshot.rows("suspensions_of_project", as_of=question.as_of, project=key)
    known_now = await _read_known_now(page, question, key) if question.knowledge else None
    stored = StoredPage(
        language=page.translation.language,
        project=project,
        timeline=timeline,
        known_now=known_now,
        phases=phases,
        suspensions=suspensions,
        after_deal=after_deal,
    )
    shown = await computed(service.queues.folds, stored.rows, shown_page, stored)
    names = await read_names(service, question, shown.project, shown.entries)
    return await page.render(
        "project.html", question=question, snapshot=snapshot, names=names,
        project=shown.project, entries=shown.entries, truncated=shown.truncated, chart=shown.chart, parties=shown.parties,
        compared=known_now is not None, differences=shown.differences, learned=shown.learned, counts=shown.counts,
        amendable=_AMENDABLE, amendable_names=_AMENDABLE_NAMES, rows_max=_ROWS_MAX, next_url=next_page_url(page, question, shown.next_deal),
        project_url=page.api_url(path, query_parameters.ONE),
        timeline_url=page.api_url(f"{path}/timeline", query_parameters.TIMELINE, limit=_ENTRIES_MAX, cursor=None),
    )  # fmt: skip


async def _read_known_now(page: PageRequest, question: Question, key: str) -> StoredProject:
    """The project as it is known now on the same day."""
    now = page.build_query(
        f"/v1/projects/{key}", query_parameters.ONE, known_at=None, known_by=None, as_of=question.as_of
    )
    async with service_of(page.request).snapshot(now) as snapshot:
        return await projects.read_project(snapshot, now, key)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPage:
    """What was read for the page, as it is stored; can go to another process.

    `phases` and `suspensions`: rows of `last_states_of_phases` and `suspensions_of_project`. `known_now`: beside what was known
    then. `after_deal`: the last deal of the page before.
    """

    language: str
    project: StoredProject
    timeline: StoredTimeline
    known_now: StoredProject | None
    phases: Sequence[Row]
    suspensions: Sequence[Row]
    after_deal: str | None

    @property
    def rows(self) -> int:
        """How many rows it takes long to make something of."""
        return self.project.rows + self.timeline.rows + (self.known_now.rows if self.known_now else 0)


class Learned(NamedTuple):
    """An event that was not known then: what it says, of which other event if it corrects one, and why."""

    event: str
    name: str
    known: datetime
    occurred: GivenDays
    target: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPage:
    """What the page shows. `counts`: how many rows there are of each list that is cut; `next_deal`: the last deal, if there are
    more."""

    project: Item
    entries: Sequence[Mapping[str, Any]]
    truncated: bool
    chart: Chart | None
    parties: Mapping[str, Sequence[DealParty]]
    differences: Sequence[ChangedTerm]
    learned: Sequence[Learned]
    counts: Mapping[str, int]
    next_deal: list[str] | None


def shown_page(stored: StoredPage) -> ShownPage:
    """What the page shows of what was read."""
    as_of, events = stored.project.as_of, stored.project.events
    decoded = events.decoded()
    corrected = events.read(decoded)
    whole = project_view.project_answer(stored.project, corrected.events)
    timeline = timeline_view.timeline_page(stored.timeline, decoded, corrected)
    deals = [deal for deal in whole["deals"] if stored.after_deal is None or deal["deal"] > stored.after_deal]
    shown = deals[:_ROWS_MAX]
    states = [row_decoding.deal(row) for row in stored.phases]
    occurred: dict[str | None, list[Event]] = {}
    for event in in_fold_order(corrected.events):
        if event.latest <= as_of:
            occurred.setdefault(event.deal, []).append(event)
    names = {deal["deal"] for deal in shown}
    differences: list[ChangedTerm] = []
    learned: list[Learned] = []
    if stored.known_now is not None:
        differences = _differences(whole, project_view.project_answer(stored.known_now))
        learned = _learned(stored, stored.known_now.events)
    displaced = [flag for flag in whole["flags"] if flag["flag"] == "displaced"]
    lists: dict[str, Sequence[Any]] = {**{name: whole[name] for name in _CUT}, "flags": displaced}  # type: ignore[literal-required]
    return ShownPage(
        project={
            **whole,
            **{name: rows[:_ROWS_MAX] for name, rows in lists.items()},
            "deals": shown,
            "legs": [],
        },
        entries=timeline.entries,
        truncated=timeline.next_place is not None,
        chart=chart(
            [dict(row) for row in stored.timeline.deal_spans],
            row_decoding.runs_of_flags(stored.timeline.flag_spans, as_of),
            whole["flags"],
            timeline.entries,
            states,
            [dict(row) for row in stored.suspensions],
            as_of,
        ),
        parties={
            state.deal: parties_of_deal(state, occurred.get(state.deal, ()))
            for state in sorted(states, key=lambda state: state.phase)
            if state.deal in names
        },
        differences=differences[:_ROWS_MAX],
        learned=learned[:_ROWS_MAX],
        counts={
            name: len(rows)
            for name, rows in {**lists, "differences": differences, "learned": learned}.items()
            if len(rows) > _ROWS_MAX
        },
        next_deal=[shown[-1]["deal"]] if len(deals) > _ROWS_MAX else None,
    )


def _learned(stored: StoredPage, known_now: ProjectEvents) -> list[Learned]:
    """What became known since, and bears on the day."""
    knowledge, as_of = stored.project.events.knowledge, stored.project.as_of
    assert knowledge is not None, "else nothing is compared"
    events = known_now.decoded()
    names = {event.reference: event.kind.name for event in events}
    news = [
        (event.known_by(recorded=knowledge.recorded), event.reference, event)
        for event in events
        if event.known_by(recorded=knowledge.recorded) > knowledge.known_at and _bears_on(event, as_of)
    ]
    return [
        Learned(
            event=reference,
            name=event.kind.name,
            known=known,
            occurred=given_days(translation(stored.language), event.earliest, event.latest, event.given),
            target=names.get(_target(event)),
            reason=event.data.get("reason") or event.data.get("note"),
        )
        for known, reference, event in sorted(news, key=itemgetter(0, 1))
    ]


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
