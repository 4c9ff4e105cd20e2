"""Projects in answers, made of what the projector stored. Pure: no database, no clock, no HTTP.

Names and shapes here are public (the contract). Levels are names; lists of names are alphabetical; ages are reckoned on
the day that is judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, NotRequired, TypedDict

from services.api.store import row_decoding
from services.api.store.project_events import ProjectEvents
from services.api.store.raised_flags import RaisedFlags
from services.api.store.snapshot import Row
from services.api.views import money_and_stakes
from services.api.views.deal_view import DealItem, LegOfDeal, deal, ended, leg
from services.api.views.frames import Ended, OnDay
from services.api.views.money_and_stakes import ChainStep, CostFigure, Money, Offtake, Stake
from steppe.contracts.field_types import EARLIEST, Count, Day, Given, Key, LevelName, Reference, Severity, doc
from steppe.contracts.items import FlagItem, ProjectFacts, ProjectItem, Tell, level_name, project
from steppe.domain.analysis.crosswalk import SCHEMES, word
from steppe.domain.analysis.forecast import UpcomingChange, foreseen_changes, upcoming_changes
from steppe.domain.events.event import Event
from steppe.domain.explanation.project_text import Explanation, explanation, superseded_explanation
from steppe.domain.fold.fold_state import in_fold_order
from steppe.domain.messages.english import english
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.flag_clock import flag_spans
from steppe.domain.values.history import Superseded
from steppe.domain.values.states import Capacity, DealState, Flag, ProjectState, WorksState


class WorksLine(TypedDict):
    """A line of works: what a deal builds and runs of a part."""

    deal: Annotated[Key | None, doc("The deal; null: nobody is named.")]
    part: Annotated[Key | None, doc("The part; null: none is named.")]
    level: Annotated[LevelName | None, doc("How far it is on the ground; null: it was begun and is not there now.")]
    since: Annotated[Day | None, doc("Since when it is there; null: it never left none.")]
    since_earliest: Annotated[Day | None, doc(EARLIEST)]
    since_given: Given
    suspended: Annotated[list[str], doc("What stands still of it: construction, production, project.")]
    retired: Annotated[bool, doc("Whether it was taken out of service, or given up, and not begun again.")]


class CapacityItem(TypedDict):
    """How much a project or part puts out."""

    value: Annotated[str, doc("As decimal text.")]
    unit: Annotated[str, doc("Of the value, as in t/a or MW.")]


class PartItem(TypedDict):
    """A part of a project that is built and runs by itself."""

    part: Annotated[Key, doc("Its key within the project.")]
    name: Annotated[str | None, doc("Its name; null: not registered.")]
    capacity: Annotated[CapacityItem | None, doc("How much it puts out; null: not registered.")]


class AliasItem(TypedDict):
    """Another name: in another language or script, a former name or key."""

    name: Annotated[str, doc("The name.")]
    language: Annotated[str | None, doc("Its language; null: nobody said.")]


class RegisterIdItem(TypedDict):
    """An id in another register."""

    scheme: Annotated[str, doc("The register.")]
    id: Annotated[str, doc("The id there.")]


class SupersededItem(TypedDict):
    """What stands in the place of a project whose key is no longer used."""

    by: Annotated[list[Key], doc("The projects that stand in its place, alphabetical.")]
    reason: Annotated[str | None, doc("Why; null: nobody said.")]
    event: Annotated[Reference, doc("The event that says so, source#id.")]


class NextRise(TypedDict):
    """The first flag that becomes more severe if nothing else occurs."""

    flag: Annotated[str, doc("The flag's name.")]
    deal: Annotated[Key | None, doc("The deal; null: the flag is the project's own.")]
    severity: Annotated[Severity | None, doc("The severity it will have.")]
    on: Annotated[Day, doc("The day on which it gets it.")]


class ExplanationText(TypedDict):
    """A project in plain English, one to three sentences each, with the figures of the day."""

    stands: Annotated[str, doc("Where it stands.")]
    missing: Annotated[str, doc("What is missing.")]
    next: Annotated[str, doc("What happens next, and when.")]


class RegisterWord(TypedDict):
    """What another register would call the project's level."""

    code: Annotated[str | None, doc("The code in that register; null: it has none for it.")]
    name: Annotated[str | None, doc("The code's name.")]


class CrosswalkPart(TypedDict):
    """What other registers would call the project; only when asked for."""

    crosswalk: NotRequired[Annotated[dict[str, RegisterWord], doc("Register by register, as asked with crosswalk=.")]]


class QuarantinedPart(TypedDict):
    """Whether events of a project wait in quarantine; then it stands as it did before them."""

    quarantined: Annotated[bool, doc("Whether events of it wait in quarantine: it stands as it did before them.")]


class DealCount(TypedDict):
    """How many deals of a project live, and how many have ended."""

    living_deals: Annotated[Count, doc("How many of its deals live; 0: no deal does.")]
    ended_deals: Annotated[Count, doc("How many of its deals have ended.")]


class Coordinates(TypedDict):
    """Where something is."""

    latitude: Annotated[float | None, doc("Degrees north; null: not registered.")]
    longitude: Annotated[float | None, doc("Degrees east; null: not registered.")]


class NamesPart(TypedDict):
    """What one finds a project by, beside its key and name; only when asked for with include=names."""

    place: NotRequired[Annotated[str | None, doc("Where it is, in words; null: not registered.")]]
    aliases: NotRequired[Annotated[list[AliasItem], doc("Its other names, as registered.")]]
    ids: NotRequired[Annotated[list[RegisterIdItem], doc("Its ids in other registers, as registered.")]]


class ProjectRow(ProjectFacts, Coordinates, DealCount, QuarantinedPart, CrosswalkPart, NamesPart):
    """A project as it stands on a day: one row of /v1/projects."""

    flags: NotRequired[
        Annotated[
            list[FlagItem], doc("The flags that stand, of its deals and its own; absent: include= left them out.")
        ]
    ]


class ProjectStory(ProjectItem, Coordinates, DealCount):
    """A project with its deals and legs, told in words."""

    place: Annotated[str | None, doc("Where it is, in words; null: not registered.")]
    required_legs: Annotated[
        list[str] | None,
        doc("The legs that it needs, alphabetical; null: not registered, and then no leg counts as missing."),
    ]
    physical_state: Annotated[LevelName | None, doc("How far it is on the ground; null: nothing was begun.")]
    ended: Annotated[
        Ended | None, doc("When and how it ended as a whole: cancelled, completed, retired; null: it has not.")
    ]
    superseded: Annotated[
        SupersededItem | None, doc("What stands in its place: its own judgement is empty then; null: it stands itself.")
    ]
    precision: Annotated[str | None, doc("Of its coordinates: exact, approximate, region; null: not registered.")]
    capacity: Annotated[CapacityItem | None, doc("How much it puts out; null: not registered.")]
    parts: Annotated[list[PartItem], doc("Its parts, as registered.")]
    aliases: Annotated[list[AliasItem], doc("Its other names, as registered.")]
    ids: Annotated[list[RegisterIdItem], doc("Its ids in other registers, as registered.")]
    works: Annotated[list[WorksLine], doc("Its lines of works, by deal and part.")]
    deals: Annotated[list[DealItem], doc("Its deals, ended ones too.")]
    legs: Annotated[list[LegOfDeal], doc("The legs of all its deals.")]
    missing_legs: Annotated[list[str], doc("The legs that some deal of it lacks, alphabetical.")]
    next: Annotated[NextRise | None, doc("What becomes more severe first; null: nothing does by itself.")]
    explanation: Annotated[ExplanationText, doc("The project in plain English.")]


class ProjectDetail(ProjectStory, QuarantinedPart, CrosswalkPart):
    """A project with its deals, legs, stakes, offtakes, money and value chain."""

    held_events: Annotated[Count, doc("How many events of it wait in quarantine.")]
    stakes: Annotated[list[Stake], doc("Who holds a share.")]
    offtakes: Annotated[list[Offtake], doc("Its offtake contracts.")]
    money: Annotated[list[Money], doc("Its sums, deal by deal, leg by leg, currency by currency.")]
    costs: Annotated[list[CostFigure], doc("What sources say that the project costs, beside each other.")]
    value_chain: Annotated[list[ChainStep], doc("What moved into the host country.")]


class ProjectAnswer(OnDay, ProjectDetail):
    """A project with its deals, legs, stakes, offtakes, money and value chain."""


class PortfolioItem(TypedDict):
    """How many projects stand where on a day."""

    projects: Annotated[Count, doc("How many there are with these filters.")]
    above_the_line: Annotated[Count, doc("How many of them stand above the binding line.")]
    by_level: Annotated[dict[LevelName, Count], doc("How many stand at each level.")]
    by_headline: Annotated[dict[str, Count], doc("How many have a headline of each severity, or none.")]
    facets: Annotated[dict[str, dict[str, Count]], doc("For each filter, how many projects each of its values has.")]


class PortfolioAnswer(OnDay, PortfolioItem):
    """How many projects stand where on a day."""


NO_DEALS: DealCount = {"living_deals": 0, "ended_deals": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProject:
    """What was read of a project on a day, as it is stored; can go to another process.

    `row`: of the statement `project_at`, or `superseded_project`. `known_on`: the day of the knowledge. `deals_ahead` and
    `flags_ahead`: spans of that day and later ones; none where events occur after it, without which it is folded again. `schemes`: the registers whose words are asked for.
    """

    key: str
    as_of: date
    known_on: date
    rules: Rules
    tell: Tell
    schemes: Collection[str]
    row: Row
    deals: Sequence[Row]
    flags: RaisedFlags
    co_investments: Sequence[Row]
    held: Mapping[str, int]
    events: ProjectEvents
    deals_ahead: Sequence[Row]
    flags_ahead: Sequence[Row]

    @property
    def rows(self) -> int:
        """How many rows it takes long to make something of."""
        return len(self.events.rows) + len(self.deals) + len(self.flags.rows)


def project_answer(stored: StoredProject, effective: Sequence[Event] | None = None) -> ProjectDetail:
    """The answer of `/v1/projects/{key}`. A past day takes folding the project again, as far as it had come.

    `effective`: its events as they are read, where the caller has read them.
    """
    key, as_of = stored.key, stored.as_of
    if effective is None:
        effective = stored.events.read(stored.events.decoded()).events
    superseded = row_decoding.superseded(stored.row)
    state = ProjectState(project=key) if superseded else row_decoding.project(stored.row)
    deals = [row_decoding.deal(row) for row in stored.deals]
    flags = stored.flags.all()
    occurred = [] if superseded else [event for event in in_fold_order(effective) if event.latest <= as_of]
    elsewhere = stored.events.stated_elsewhere(occurred)
    explained = (
        superseded_explanation(superseded)
        if superseded
        else explanation(state, deals, flags, _upcoming(stored, effective), as_of, stored.known_on)
    )
    shared = row_decoding.co_investors(stored.co_investments)
    position = row_decoding.position(stored.row)
    return {
        **project_detail(state, deals, flags, shared, position, as_of, explained, superseded, stored.tell),
        **crosswalk(state, stored.schemes),
        **quarantined(stored.held, key),
        "held_events": stored.held.get(key, 0),
        "stakes": money_and_stakes.stakes(occurred, deals),
        "offtakes": money_and_stakes.offtakes(occurred, deals, elsewhere),
        "money": money_and_stakes.money(occurred, elsewhere),
        "costs": money_and_stakes.costs(occurred),
        "value_chain": money_and_stakes.value_chain(occurred),
    }


def _upcoming(stored: StoredProject, events: Sequence[Event]) -> tuple[UpcomingChange, ...]:
    """What comes by itself after a day. What did occur later must not be foreseen, so then the project is folded without it."""
    as_of = stored.as_of
    events_so_far = [event for event in events if event.latest <= as_of or event.kind.is_registry]
    if len(events_so_far) < len(events):
        return foreseen_changes(stored.key, events_so_far, stored.rules, as_of)
    deals = row_decoding.spans(stored.deals_ahead, row_decoding.deal)
    flags = flag_spans(row_decoding.spans(stored.flags_ahead, row_decoding.flag_clock))
    return upcoming_changes(deals, flags, as_of)


def works(value: WorksState) -> WorksLine:
    """A line of works."""
    return {
        "deal": value.deal,
        "part": value.part,
        "level": level_name(value.level),
        "since": value.since,
        "since_earliest": value.since_earliest,
        "since_given": value.since_given,
        "suspended": list(value.suspended),
        "retired": value.retired,
    }


def _capacity(value: Capacity | None) -> CapacityItem | None:
    return None if value is None else {"value": value.value, "unit": value.unit}


def crosswalk(value: ProjectState, schemes: Collection[str]) -> CrosswalkPart:
    """What these registers would call the project, to be joined to its item; nothing when none is asked for."""
    if not schemes:
        return {}
    codes = {key: word(key, value.level, value.highest_level, value.overlays).code for key in SCHEMES if key in schemes}
    return {"crosswalk": {key: {"code": code, "name": SCHEMES[key].name(code)} for key, code in codes.items()}}


def quarantined(held: Mapping[str, int], key: str) -> QuarantinedPart:
    """Whether events of a project wait in quarantine, to be joined to its item: then it stands as it did before them.

    `held` counts them, by project that is held.
    """
    return {"quarantined": key in held}


def project_detail(
    value: ProjectState,
    deals: Sequence[DealState],
    flags: Sequence[Flag],
    co_investors: Mapping[tuple[str, str], Sequence[str]],
    position: str,
    as_of: date,
    explained: Explanation,
    superseded: Superseded | None = None,
    tell: Tell = english,
) -> ProjectStory:
    """The project with its deals and legs, explained in words; `money_and_stakes` adds what follows from its events."""
    flags_of: dict[str | None, list[Flag]] = {}
    for flag in flags:
        flags_of.setdefault(flag.deal, []).append(flag)
    return {
        **project(value, flags, position, as_of, tell),
        "living_deals": sum(state.level is not None for state in deals),
        "ended_deals": sum(state.level is None for state in deals),
        "place": value.place,
        "latitude": value.latitude,
        "longitude": value.longitude,
        "required_legs": None if value.required_legs is None else sorted(value.required_legs),
        "physical_state": level_name(value.physical_state),
        "ended": ended(value),
        "superseded": None
        if superseded is None
        else {"by": sorted(superseded.by), "reason": superseded.reason, "event": superseded.event},
        "precision": value.precision,
        "capacity": _capacity(value.capacity),
        "parts": [{"part": part.part, "name": part.name, "capacity": _capacity(part.capacity)} for part in value.parts],
        "aliases": _aliases(value),
        "ids": _ids(value),
        "works": [works(line) for line in value.works],
        "deals": [
            deal(
                value.project,
                state,
                flags_of.get(state.deal, ()),
                co_investors.get((value.project, state.deal), ()),
                as_of,
                tell,
            )
            for state in deals
        ],
        "legs": [{"deal": state.deal, **leg(leg_state)} for state in deals for leg_state in state.legs],
        "missing_legs": sorted({missing for state in deals for missing in state.missing_legs}),
        "next": next_rise(flags),
        "explanation": {
            "stands": tell(explained.stands),
            "missing": tell(explained.missing),
            "next": tell(explained.next),
        },
    }


def next_rise(flags: Iterable[Flag]) -> NextRise | None:
    """The first later day on which any flag that stands becomes more severe, if nothing else occurs."""
    rising = [(flag.next_on, flag.flag, flag.deal or "", flag) for flag in flags if flag.next_on is not None]
    if not rising:
        return None
    on, _, _, first = min(rising, key=lambda entry: entry[:3])
    return {"flag": first.flag, "deal": first.deal, "severity": first.next_severity, "on": on}


def names(value: ProjectState, *, wanted: bool) -> NamesPart:
    """What one finds a project by; nothing where that is not wanted."""
    if not wanted:
        return {}
    return {"place": value.place, "aliases": _aliases(value), "ids": _ids(value)}


def _aliases(value: ProjectState) -> list[AliasItem]:
    return [{"name": alias.name, "language": alias.language} for alias in value.aliases]


def _ids(value: ProjectState) -> list[RegisterIdItem]:
    return [{"scheme": given.scheme, "id": given.id} for given in value.ids]
