"""Which steps of the value chain are localised by the record, per project, nation and market (domain page, section 9). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypedDict

from services.api.store import row_decoding
from services.api.store.knowledge import Knowledge
from services.api.store.project_events import histories
from services.api.store.snapshot import Row
from services.api.views import frames, project_view
from services.api.views.frames import Ended, OnDay
from services.api.views.home_countries import Homes
from services.api.views.project_view import WorksLine
from steppe.contracts.field_types import EARLIEST, Count, Day, Given, Key, LevelName, Reference, choice, doc
from steppe.contracts.items import level_name
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import PROCESSING_STEPS
from steppe.domain.measures.value_chain import (
    BESIDE_THE_STEPS,
    LOCALISED,
    chain_rows,
    concerned,
    furthest,
    localised_steps,
    runs,
)
from steppe.domain.values.states import ProjectState

_Step = Annotated[str, choice(*PROCESSING_STEPS)]
_TOLD_UP_TO = "The last step of the chain that is told; null: none is, which is no finding."


class ToldRow(TypedDict):
    """A row that tells of a step, or of what came beside it."""

    event: Annotated[Reference, doc("The event, source#id.")]
    on: Annotated[Day, doc("The latest day on which it occurred.")]
    on_earliest: Annotated[Day | None, doc(EARLIEST)]
    on_given: Given
    deal: Annotated[Key | None, doc("The deal; null: of the project.")]
    part: Annotated[Key | None, doc("The part of the project; null: none is named.")]
    parties: Annotated[list[Key], doc("Who pursues by that row, else who advises, alphabetical.")]
    nations: Annotated[
        list[str], doc("Their home countries on its day; a bank of several states for itself; alphabetical.")
    ]
    step: Annotated[_Step | None, doc("The step; null: it is of none.")]
    what: Annotated[str | None, doc("What was handed over, taught or certified; null: nobody said.")]
    people: Annotated[float | None, doc("How many people, of this row alone: rows overlap; null: nobody said.")]
    scheme: Annotated[str | None, doc("The scheme; null: nobody said.")]


class ChainProject(TypedDict):
    """A project of which a step is told, or something beside the steps, with the state of its works today."""

    project: Annotated[Key, doc("The project.")]
    project_name: Annotated[str | None, doc("Its name; null: not registered.")]
    kind: Annotated[str | None, doc("What it is, as in deposit; null: not registered.")]
    umbrella: Annotated[bool, doc("Whether it is an umbrella or a programme, which is in no market.")]
    countries: Annotated[list[str], doc("Its countries, ISO 3166-1 alpha-2.")]
    commodities: Annotated[list[str], doc("Its commodities, alphabetical.")]
    nations: Annotated[list[str], doc("The nations of its rows, alphabetical.")]
    told_up_to: Annotated[_Step | None, doc(_TOLD_UP_TO)]
    running: Annotated[
        bool, doc("Whether its works put something out on the day: in production, trial or commercial, not suspended.")
    ]
    physical_state: Annotated[LevelName | None, doc("How far it is on the ground; null: nothing is, or nobody said.")]
    suspended: Annotated[bool, doc("Whether all of its works stand still.")]
    ended: Annotated[Ended | None, doc("When and how it ended as a whole; null: it has not.")]
    works: Annotated[list[WorksLine], doc("Its lines of works, by deal and part.")]
    steps: Annotated[list[ToldRow], doc("Its steps, in the order in which they occurred.")]
    technology: Annotated[list[ToldRow], doc("Technology that was handed over.")]
    training: Annotated[list[ToldRow], doc("Training, a row each with its people; they are never summed.")]
    certification: Annotated[list[ToldRow], doc("Certificates that were granted.")]


class ChainStepOfMarket(TypedDict):
    """A step of a commodity in a country."""

    step: Annotated[_Step, doc("The step.")]
    projects: Annotated[
        list[Key], doc("The projects that are told to have localised it, alphabetical; empty: silence.")
    ]
    running: Annotated[list[Key], doc("Those of them whose works put something out on the day.")]
    nations: Annotated[list[str], doc("The nations of the rows that tell so, alphabetical.")]


class ChainMarket(TypedDict):
    """Up to which step a commodity is told to have come in a country. Umbrellas and programmes are in none."""

    country: Annotated[str, doc("ISO 3166-1 alpha-2.")]
    commodity: Annotated[str, doc("The commodity.")]
    told_up_to: Annotated[_Step, doc("The last step that is told.")]
    running_up_to: Annotated[_Step | None, doc("The last step told of a project that runs; null: none runs.")]
    steps: Annotated[
        list[ChainStepOfMarket], doc("Every step of the chain, told or not, from the mine to the component.")
    ]
    projects: Annotated[Count, doc("How many projects the market has.")]
    silent: Annotated[Count, doc("Of how many of them no step is told, which is no finding.")]


class ProjectOfNation(TypedDict):
    """What rows of one nation tell of a project."""

    project: Annotated[Key, doc("The project.")]
    told_up_to: Annotated[_Step | None, doc(_TOLD_UP_TO)]
    running: Annotated[bool, doc("Whether its works put something out on the day.")]
    technology: Annotated[Count, doc("Rows of technology.")]
    training: Annotated[Count, doc("Rows of training.")]
    certification: Annotated[Count, doc("Rows of certificates.")]


class ChainNation(TypedDict):
    """A nation whose parties rows name. A row of several nations is under each: they do not add up."""

    nation: Annotated[str | None, doc("ISO 3166-1 alpha-2, or the key of a bank of several states; null: not known.")]
    told_up_to: Annotated[_Step | None, doc(_TOLD_UP_TO)]
    projects: Annotated[list[ProjectOfNation], doc("By project.")]


class ValueChainItem(TypedDict):
    """Which steps were told as localised in the host country."""

    markets: Annotated[list[ChainMarket], doc("By country and commodity, those of which a step is told.")]
    nations: Annotated[list[ChainNation], doc("By nation, the unknown one last; without umbrellas and programmes.")]
    projects: Annotated[list[ChainProject], doc("Each project with its rows, by key, umbrellas among them.")]


class ValueChainAnswer(OnDay, ValueChainItem):
    """Which steps were told as localised in the host country."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredValueChain:
    """What was read for the measure, as it is stored; can go to another process. `markets`: how many projects each has."""

    as_of: date
    countries: Sequence[str] | None
    commodities: Sequence[str] | None
    knowledge: Knowledge | None
    events: Sequence[Row]
    projects: Sequence[Row]
    markets: Sequence[Row]
    nations: Sequence[Row]

    @property
    def rows(self) -> int:
        """How many rows it takes long to make something of."""
        return len(self.events)


@dataclass(frozen=True, slots=True)
class _ChainHistory:
    project: ProjectState
    rows: Sequence[Event]
    nations: Mapping[str, Sequence[str]]
    """Of each row, by reference."""

    @property
    def umbrella(self) -> bool:
        return self.project.kind in ("umbrella", "programme")

    def of(self, name: str) -> list[Event]:
        return [row for row in self.rows if row.kind.name == name]


def value_chain(stored: StoredValueChain) -> ValueChainItem:
    """The answer of `/v1/value-chain`."""
    states = {row["project"]: row_decoding.project(row) for row in stored.projects}
    homes = Homes((row["party"], row["valid_from"], row["valid_to"], row["nation"]) for row in stored.nations)
    projects: list[_ChainHistory] = []
    for key, events in histories(stored.events, stored.knowledge).items():
        rows = chain_rows(events, stored.as_of)
        if rows and key in states and _matches(stored, states[key]):
            nations = {row.reference: homes.of(concerned(row), row.latest) for row in rows}
            projects.append(_ChainHistory(states[key], rows, nations))
    return {
        "markets": _markets(stored, projects),
        "nations": _nations([history for history in projects if not history.umbrella]),
        "projects": [_project(history) for history in projects],
    }


def _matches(stored: StoredValueChain, project: ProjectState) -> bool:
    return (stored.countries is None or not set(stored.countries).isdisjoint(project.countries)) and (
        stored.commodities is None or not set(stored.commodities).isdisjoint(project.commodities)
    )


def _markets(stored: StoredValueChain, projects: Sequence[_ChainHistory]) -> list[ChainMarket]:
    members: dict[tuple[str, str], list[_ChainHistory]] = {}
    for history in projects:
        if history.umbrella or not history.of(LOCALISED):
            continue
        for country in history.project.countries:
            for commodity in history.project.commodities:
                members.setdefault((country, commodity), []).append(history)
    sizes = {(row["country"], row["commodity"]): row["projects"] for row in stored.markets}
    return [
        _market(country, commodity, members[country, commodity], sizes[country, commodity])
        for country, commodity in sorted(members)
        if (stored.countries is None or country in stored.countries)
        and (stored.commodities is None or commodity in stored.commodities)
    ]


def _market(country: str, commodity: str, projects: Sequence[_ChainHistory], size: int) -> ChainMarket:
    steps = [_step(step, projects) for step in PROCESSING_STEPS]
    up_to = furthest(step["step"] for step in steps if step["projects"])
    assert up_to is not None, "every project here tells of a step"
    return {
        "country": country,
        "commodity": commodity,
        "told_up_to": up_to,
        "running_up_to": furthest(step["step"] for step in steps if step["running"]),
        "steps": steps,
        "projects": size,
        "silent": size - len(projects),
    }


def _step(step: str, projects: Sequence[_ChainHistory]) -> ChainStepOfMarket:
    rows = [(history, row) for history in projects for row in history.of(LOCALISED) if row.data["step"] == step]
    return {
        "step": step,
        "projects": sorted({history.project.project for history, _ in rows}),
        "running": sorted({history.project.project for history, _ in rows if runs(history.project)}),
        "nations": sorted({nation for history, row in rows for nation in history.nations[row.reference]}),
    }


def _nations(projects: Sequence[_ChainHistory]) -> list[ChainNation]:
    rows_of: dict[str | None, dict[str, list[Event]]] = {}
    for history in projects:
        for row in history.rows:
            nations: Sequence[str | None] = history.nations[row.reference] or [None]
            for nation in nations:
                rows_of.setdefault(nation, {}).setdefault(history.project.project, []).append(row)
    running = {history.project.project: runs(history.project) for history in projects}
    return [
        {
            "nation": nation,
            "told_up_to": furthest(step for rows in rows_of[nation].values() for step in localised_steps(rows)),
            "projects": [
                _project_of_nation(project, rows, running=running[project])
                for project, rows in sorted(rows_of[nation].items())
            ],
        }
        for nation in sorted(rows_of, key=lambda nation: (nation is None, nation or ""))
    ]


def _project_of_nation(project: str, rows: Sequence[Event], *, running: bool) -> ProjectOfNation:
    technology, training, certification = (sum(row.kind.name == name for row in rows) for name in BESIDE_THE_STEPS)
    return {
        "project": project,
        "told_up_to": furthest(localised_steps(rows)),
        "running": running,
        "technology": technology,
        "training": training,
        "certification": certification,
    }


def _project(history: _ChainHistory) -> ChainProject:
    state = history.project
    technology, training, certification = (_rows(history, history.of(name)) for name in BESIDE_THE_STEPS)
    return {
        "project": state.project,
        "project_name": state.name,
        "kind": state.kind,
        "umbrella": history.umbrella,
        "countries": list(state.countries),
        "commodities": sorted(state.commodities),
        "nations": sorted({nation for nations in history.nations.values() for nation in nations}),
        "told_up_to": furthest(localised_steps(history.rows)),
        "running": runs(state),
        "physical_state": level_name(state.physical_state),
        "suspended": "suspended" in state.overlays,
        "ended": frames.ended(state.ended, state.ended_how),
        "works": [project_view.works(line) for line in state.works],
        "steps": _rows(history, history.of(LOCALISED)),
        "technology": technology,
        "training": training,
        "certification": certification,
    }


def _rows(history: _ChainHistory, rows: Iterable[Event]) -> list[ToldRow]:
    return [
        {
            "event": row.reference,
            "on": row.latest,
            "on_earliest": row.earliest,
            "on_given": row.given,
            "deal": row.deal,
            "part": row.data.get("part"),
            "parties": list(concerned(row)),
            "nations": list(history.nations[row.reference]),
            "step": row.data.get("step"),
            "what": row.data.get("what"),
            "people": row.data.get("people"),
            "scheme": row.data.get("scheme"),
        }
        for row in rows
    ]
