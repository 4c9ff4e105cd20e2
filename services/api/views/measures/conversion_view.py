"""How many papers became binding, and after how long (domain page, section 9). Pure: from rows to the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.api.store import row_decoding
from services.api.store.knowledge import Knowledge, read_as_known
from services.api.store.snapshot import Row
from services.api.views.home_countries import Homes
from services.api.views.measures.conversion_answer import (
    ConversionCurve,
    ConversionDeal,
    ConversionItem,
    ConversionStep,
    DeliveryCurve,
)
from services.api.views.measures.reference_view import mark
from steppe.domain.events.event import Event
from steppe.domain.measures.conversion import (
    BOUND_BEFORE,
    Conversion,
    Standing,
    conversion,
    counted_as,
    first_papers,
    papers_in_order,
    phases_by,
    pursuers_of,
    without_repeats,
)
from steppe.domain.measures.delivery import DELIVERED, KINDS, PRODUCED_BEFORE, Delivery, delivery
from steppe.domain.measures.incidence import (
    BOUND,
    ENDED,
    OPEN,
    Step,
    shown,
    steps,
)
from steppe.domain.measures.reference_rows import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPapers:
    """What the cache holds of a project, for all days: papers in order, the standings of deals with a paper or a leg, registrations."""

    papers: Sequence[Event]
    standings: Mapping[str, Sequence[Standing]]
    registrations: Sequence[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConversion:
    """What was read for the measure. `nations`: of parties through the days. `deals`: whether the answer lists them."""

    as_of: date
    by: str | None
    first: date | None
    last: date | None
    deals: bool
    projects: Mapping[str, ProjectPapers]
    nations: Sequence[Row]
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class CountedDeal:
    """A deal with a paper: its project as registered on the day, what came of it, and the groups that it is in."""

    project: Row
    conversion: Conversion
    groups: Sequence[str | None]

    @property
    def umbrella(self) -> bool:
        """Whether its project is an umbrella or a programme."""
        return self.project["kind"] in ("umbrella", "programme")


def papers_of_projects(
    events: Iterable[Row], deals: Iterable[Row], registrations: Iterable[Row], knowledge: Knowledge | None
) -> dict[str, ProjectPapers]:
    """What the cache holds of each project with a paper or a leg; rows are by day, those of deals by deal."""
    papers = {project: papers_in_order(history) for project, history in _histories(events, knowledge).items()}
    with_paper = {(project, paper.deal) for project, of_project in papers.items() for paper in of_project}
    standings: dict[str, dict[str, list[Standing]]] = {}
    for row in deals:
        of_project = standings.setdefault(row["project"], {})
        of_project.setdefault(row["deal"], []).append(row_decoding.standing(row))
    standings_of = {
        project: {
            deal: without_repeats(rows)
            for deal, rows in of_project.items()
            if (project, deal) in with_paper or any(standing.leg for standing in rows)
        }
        for project, of_project in standings.items()
    }
    registered: dict[str, list[Row]] = {}
    for row in registrations:
        registered.setdefault(row["project"], []).append(row)
    return {
        project: ProjectPapers(
            papers=papers.get(project, ()),
            standings=standings_of.get(project, {}),
            registrations=registered.get(project, ()),
        )
        for project in sorted({*papers, *standings_of})
        if papers.get(project) or standings_of.get(project)
    }


def _histories(events: Iterable[Row], knowledge: Knowledge | None) -> dict[str, list[Event]]:
    """The events of each project as they are read."""
    histories: dict[str, list[Event]] = {}
    for row in events:
        event = row_decoding.event(row) if row_decoding.folds(row) else None
        if event is not None and ":" not in row["subject"]:
            histories.setdefault(row["subject"], []).append(event)
    return {subject: list(read_as_known(history, knowledge).events) for subject, history in histories.items()}


def measure(stored: StoredConversion) -> ConversionItem:
    """The answer of `/v1/conversion`."""
    counted = counted_deals(stored)
    without_deal: list[str] = []
    deliveries: list[Delivery] = []
    for _, of_project in sorted(stored.projects.items()):
        registration = _registration(of_project, stored.as_of)
        if registration is None:
            continue
        if registration["kind"] in KINDS:
            of_legs = (delivery(standings, stored.as_of) for standings in of_project.standings.values())
            deliveries += [
                measured for measured in of_legs if measured is not None and _is_in_days(stored, measured.leg.latest)
            ]
        without_deal += [
            paper.reference
            for paper in of_project.papers
            if paper.deal is None and paper.latest <= stored.as_of and _is_in_days(stored, paper.latest)
        ]
    before = [deal for deal in counted if deal.conversion.outcome == BOUND_BEFORE]
    at_risk = [deal for deal in counted if deal.conversion.outcome != BOUND_BEFORE]
    direct = [deal for deal in at_risk if not deal.umbrella]
    of_groups: dict[str | None, list[CountedDeal]] = {}
    for deal in direct:
        for name in deal.groups:
            of_groups.setdefault(name, []).append(deal)
    item: ConversionItem = {
        "by": stored.by,
        "total": _curve(direct),
        "umbrellas": _curve([deal for deal in at_risk if deal.umbrella]),
        "delivery": _delivery_curve(deliveries),
        "groups": [
            {"group": name, **_curve(of_groups[name])}
            for name in sorted(of_groups, key=lambda name: (name is None, name or ""))
        ],
        "their_way": [
            {
                "theirs": mark(row),
                "deals": len(direct),
                "counted": counted_as(row.level, (deal.conversion for deal in direct)),
            }
            for row in stored.marks
        ],
        "left_out": {"bound_before": len(before), "papers_without_deal": len(without_deal)},
    }
    if stored.deals:
        item["deals"] = [_deal(deal) for deal in at_risk]
        item["left_out"]["deals"] = [_deal(deal) for deal in before]
        item["left_out"]["papers"] = sorted(without_deal)
    return item


def counted_deals(stored: StoredConversion) -> list[CountedDeal]:
    """Each deal with a paper, by project and deal; those too that were bound before it."""
    homes = Homes((row["party"], row["valid_from"], row["valid_to"], row["nation"]) for row in stored.nations)
    grouped = _grouping(stored.by, homes)
    counted: list[CountedDeal] = []
    for _, of_project in sorted(stored.projects.items()):
        registration = _registration(of_project, stored.as_of)
        if registration is None:
            continue
        for deal, paper in sorted(first_papers(of_project.papers, stored.as_of).items()):
            phases = phases_by(of_project.standings.get(deal, ()), stored.as_of)
            if phases and _is_in_days(stored, paper.latest):
                measured = conversion(deal, paper, phases, stored.as_of)
                counted.append(CountedDeal(registration, measured, grouped(registration, paper)))
    return counted


def _registration(project: ProjectPapers, day: date) -> Row | None:
    """What a project is registered as on a day; None: it is not there yet."""
    return registered_on(project.registrations, day)


def registered_on(registrations: Iterable[Row], day: date) -> Row | None:
    """Of what a project is registered as through the days, that of a day; None: it is not there yet."""
    return next((row for row in registrations if row["valid_from"] <= day < row["valid_to"]), None)


def _is_in_days(stored: StoredConversion, day: date) -> bool:
    """Whether the day of a paper or a leg is within the days of the question."""
    return (stored.first is None or stored.first <= day) and (stored.last is None or day <= stored.last)


def _grouping(by: str | None, homes: Homes) -> Callable[[Row, Event], Sequence[str | None]]:
    """In which groups a deal is, by its project and its paper."""

    def nations(project: Row, paper: Event) -> Sequence[str | None]:
        of_others = [
            nation for nation in homes.of(pursuers_of(paper), paper.latest) if nation not in project["countries"]
        ]
        return of_others or [None]

    groupings: Mapping[str | None, Callable[[Row, Event], Sequence[str | None]]] = {
        None: lambda project, paper: [],
        "investor_country": nations,
        "commodity": lambda project, paper: sorted(project["commodities"]) or [None],
        "sector": lambda project, paper: [project["sector"]],
        "forum": lambda project, paper: [paper.data.get("forum")],
        "instrument": lambda project, paper: [paper.data.get("instrument")],
        "year": lambda project, paper: [str(paper.latest.year)],
    }
    return groupings[by]


def _curve(counted: Sequence[CountedDeal]) -> ConversionCurve:
    conversions = [measured.conversion for measured in counted]
    outcomes = Counter(measured.outcome for measured in conversions)
    return {
        "deals": len(conversions),
        "bound": outcomes[BOUND],
        "ended": outcomes[ENDED],
        "ended_how": dict(
            sorted(Counter(measured.how or "unknown" for measured in conversions if measured.outcome == ENDED).items())
        ),
        "open": outcomes[OPEN],
        "curve": [_step(step) for step in shown(steps(measured.age for measured in conversions))],
        "range": [
            {"months": step.months, "at_risk": step.at_risk, "incidence": round(step.incidence, 4)}
            for step in shown(steps(measured.age_most for measured in conversions))
        ],
    }


def _delivery_curve(deliveries: Sequence[Delivery]) -> DeliveryCurve:
    at_risk = [measured for measured in deliveries if measured.outcome != PRODUCED_BEFORE]
    outcomes = Counter(measured.outcome for measured in at_risk)
    return {
        "deals": len(at_risk),
        "delivered": outcomes[DELIVERED],
        "ended": outcomes[ENDED],
        "ended_how": dict(
            sorted(Counter(measured.how or "unknown" for measured in at_risk if measured.outcome == ENDED).items())
        ),
        "open": outcomes[OPEN],
        "produced_before": len(deliveries) - len(at_risk),
        "curve": [
            {
                "months": step.months,
                "at_risk": step.at_risk,
                "delivered": step.bound,
                "ended": step.ended,
                "open": step.open,
                "incidence": round(step.incidence, 4),
                "low": _rounded(step.low),
                "high": _rounded(step.high),
                "incidence_ended": round(step.incidence_ended, 4),
            }
            for step in shown(steps(measured.ages[0] for measured in at_risk))
        ],
        "range": [
            {"months": step.months, "at_risk": step.at_risk, "incidence": round(step.incidence, 4)}
            for step in shown(steps(measured.ages[1] for measured in at_risk))
        ],
    }


def _step(step: Step) -> ConversionStep:
    return {
        "months": step.months,
        "at_risk": step.at_risk,
        "bound": step.bound,
        "ended": step.ended,
        "open": step.open,
        "incidence": round(step.incidence, 4),
        "low": _rounded(step.low),
        "high": _rounded(step.high),
        "incidence_ended": round(step.incidence_ended, 4),
        "km": round(step.km, 4),
        "km_low": _rounded(step.km_low),
        "km_high": _rounded(step.km_high),
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _deal(counted: CountedDeal) -> ConversionDeal:
    measured, paper = counted.conversion, counted.conversion.paper
    on = measured.on
    return {
        "project": counted.project["project"],
        "project_name": counted.project["name"],
        "deal": measured.deal,
        "paper": paper.reference,
        "signed_on": paper.latest,
        "signed_on_earliest": paper.earliest,
        "signed_on_given": paper.given,
        "groups": list(counted.groups),
        "umbrella": counted.umbrella,
        "outcome": measured.outcome,
        "on": None if on is None else on.latest,
        "on_earliest": None if on is None else on.earliest,
        "on_given": None if on is None else on.given,
        "how": measured.how,
        "months": measured.months,
        "months_most": measured.months_most,
    }
