"""How many papers became binding, and after how long (domain page, section 9). Pure: from rows to the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, NotRequired, TypedDict

from services.api.store import row_decoding
from services.api.store.knowledge import Knowledge, read_as_known
from services.api.store.snapshot import Row
from services.api.views.frames import OnDay
from services.api.views.home_countries import Homes
from services.api.views.measures.reference_view import MarkItem, mark
from steppe.contracts.field_types import EARLIEST, Count, Day, Given, Key, Reference, choice, doc
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
    AT_RISK_MIN,
    BOUND,
    DEALS_MIN,
    ENDED,
    OPEN,
    Step,
    shown,
    steps,
)
from steppe.domain.measures.reference_rows import Mark

_BAND = "of the 95% band, log(-log); null: nothing has happened yet, or all has."


class ConversionStep(TypedDict):
    """A curve from an age on, until the next step."""

    months: Annotated[Count, doc("The age of the papers, in whole months.")]
    at_risk: Annotated[Count, doc("How many deals were left just before it: the denominator.")]
    bound: Annotated[Count, doc("How many of them bound at it.")]
    ended: Annotated[Count, doc("How many ended at it, unbound.")]
    open: Annotated[Count, doc("How many are open and no older.")]
    incidence: Annotated[float, doc("Share that has bound by then, the end competing (Aalen-Johansen); four decimals.")]
    low: Annotated[float | None, doc(f"Lower end {_BAND}")]
    high: Annotated[float | None, doc(f"Upper end {_BAND}")]
    incidence_ended: Annotated[float, doc("Share that has ended unbound by then; four decimals.")]
    km: Annotated[float, doc("1 - Kaplan-Meier, the secondary line: ends as if nobody had looked any longer.")]
    km_low: Annotated[float | None, doc(f"Lower end {_BAND}")]
    km_high: Annotated[float | None, doc(f"Upper end {_BAND}")]


class ConversionRange(TypedDict):
    """The incidence from an age on, if every paper was signed on its earliest day."""

    months: Annotated[Count, doc("The age of the papers, in whole months.")]
    at_risk: Annotated[Count, doc("How many deals were left just before it.")]
    incidence: Annotated[float, doc("Share that has bound by then; four decimals.")]


class ConversionCurve(TypedDict):
    """What became of the first papers of some deals, each counted once."""

    deals: Annotated[Count, doc("How many deals.")]
    bound: Annotated[Count, doc("How many are bound, or ended after they had been.")]
    ended: Annotated[Count, doc("How many ended unbound.")]
    ended_how: Annotated[dict[str, int], doc("Of those, how many in which way.")]
    open: Annotated[Count, doc("How many live without a valid leg.")]
    curve: Annotated[
        list[ConversionStep],
        doc(f"Steps by age; empty under {DEALS_MIN} deals, and none from where fewer than {AT_RISK_MIN} are at risk."),
    ]
    range: Annotated[list[ConversionRange], doc("The other end of the curve: with starts on their earliest days.")]


class ConversionGroup(ConversionCurve):
    """The deals of one group. A deal of several is in each: groups do not add up."""

    group: Annotated[str | None, doc("What they have in common, as `by` asks; null: nobody said.")]


class ConversionDeal(TypedDict):
    """A deal that is counted."""

    project: Annotated[Key, doc("The project.")]
    project_name: Annotated[str | None, doc("Its name; null: not registered.")]
    deal: Annotated[Key, doc("The deal.")]
    paper: Annotated[Reference, doc("Its first memorandum-class paper ever, as source#id.")]
    signed_on: Annotated[Day, doc("The latest day of that paper.")]
    signed_on_earliest: Annotated[Day | None, doc(EARLIEST)]
    signed_on_given: Given
    groups: Annotated[list[str | None], doc("The groups that it is in, as `by` asks; empty without `by`.")]
    umbrella: Annotated[bool, doc("Whether its project is an umbrella or a programme, which is not in `total`.")]
    outcome: Annotated[str, choice(BOUND, ENDED, OPEN, BOUND_BEFORE), doc("What came of it by the day.")]
    on: Annotated[Day | None, doc("When it first bound since the paper, or ended; null: it is open.")]
    on_earliest: Annotated[Day | None, doc(EARLIEST)]
    on_given: Given
    how: Annotated[str | None, doc("How it ended; null: it has not, or nobody said.")]
    months: Annotated[Count, doc("From the latest day of the paper to that of the outcome, or to as_of.")]
    months_most: Annotated[Count, doc("From the earliest day of the paper, where one is known.")]


class DeliveryStep(TypedDict):
    """The curve of delivery from an age on, until the next step."""

    months: Annotated[Count, doc("The age of the first leg, in whole months.")]
    at_risk: Annotated[Count, doc("How many deals were left just before it: the denominator.")]
    delivered: Annotated[Count, doc("How many of them came to produce at it.")]
    ended: Annotated[Count, doc("How many ended at it before they produced.")]
    open: Annotated[Count, doc("How many are open and no older.")]
    incidence: Annotated[float, doc("Share that produces by then, the end competing (Aalen-Johansen); four decimals.")]
    low: Annotated[float | None, doc(f"Lower end {_BAND}")]
    high: Annotated[float | None, doc(f"Upper end {_BAND}")]
    incidence_ended: Annotated[float, doc("Share that has ended before by then; four decimals.")]


class DeliveryCurve(TypedDict):
    """What became of the first legs of deals of deposits, plants and corridors, each deal counted once."""

    deals: Annotated[Count, doc("How many deals with a leg that no other one implies.")]
    delivered: Annotated[Count, doc("How many of them produce, or have.")]
    ended: Annotated[Count, doc("How many ended before.")]
    ended_how: Annotated[dict[str, int], doc("Of those, how many in which way.")]
    open: Annotated[Count, doc("How many live and do not produce yet.")]
    produced_before: Annotated[
        Count, doc("Deals that bound when they produced already: in no curve, and not in `deals`.")
    ]
    curve: Annotated[
        list[DeliveryStep],
        doc(f"Steps by age; empty under {DEALS_MIN} deals, and none from where fewer than {AT_RISK_MIN} are at risk."),
    ]
    range: Annotated[list[ConversionRange], doc("The other end of the curve: with legs on their earliest days.")]


class TheirWay(TypedDict):
    """How somebody else counts, beside what Steppe's deals would be by that definition."""

    theirs: Annotated[MarkItem, doc("Their count, with who says so.")]
    deals: Annotated[Count, doc("How many deals of `total` there are.")]
    counted: Annotated[Count, doc("How many of them count by the level of their definition, at whatever age.")]


class LeftOut(TypedDict):
    """What is in no curve. The lists as asked with include=deals."""

    bound_before: Annotated[Count, doc("Deals with a valid leg before their first paper: never at risk.")]
    papers_without_deal: Annotated[Count, doc("Papers that name no deal and nobody who pursues one.")]
    deals: NotRequired[Annotated[list[ConversionDeal], doc("Those deals.")]]
    papers: NotRequired[Annotated[list[Reference], doc("Those papers.")]]


class ConversionItem(TypedDict):
    """How many first papers of deals became binding, and after how long."""

    by: Annotated[str | None, doc("What the deals are grouped by; null: nothing.")]
    total: Annotated[ConversionCurve, doc("All deals but those of umbrellas and programmes.")]
    umbrellas: Annotated[ConversionCurve, doc("The deals of umbrellas and programmes, a line of their own.")]
    delivery: Annotated[
        DeliveryCurve, doc("Bound to delivered: from the first leg to producing. `from` and `to` choose by the leg.")
    ]
    groups: Annotated[list[ConversionGroup], doc("The deals of `total`, grouped; alphabetical, null last.")]
    deals: NotRequired[
        Annotated[
            list[ConversionDeal], doc("Each deal that is counted, by project and deal, as asked with include=deals.")
        ]
    ]
    their_way: Annotated[
        list[TheirWay], doc("How others count, as far as levels come near their definitions; never the headline.")
    ]
    left_out: Annotated[LeftOut, doc("What is in no curve, and why.")]


class ConversionAnswer(OnDay, ConversionItem):
    """How many first papers of deals became binding, and after how long."""


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
