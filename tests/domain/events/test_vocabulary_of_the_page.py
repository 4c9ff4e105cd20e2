"""The vocabulary says what the domain page says: nouns of section 1, the table and the common fields of section 3."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from steppe.domain.events.field_checks import (
    AMOUNT_OPTIONAL,
    AMOUNT_REQUIRED,
    EVIDENCE_OPTIONAL,
    EVIDENCE_REQUIRED,
    PARTY_OPTIONAL,
    PARTY_REQUIRED,
)
from steppe.domain.events.vocabulary import (
    COMMON_FIELDS,
    EVENT_KINDS,
    LEGS,
    MEMORANDUM_CLASS,
    PARTY_KINDS,
    PROJECT_KINDS,
    PURSUING_ROLES,
    ROLES,
    SECTORS,
    UNKNOWN_LEG,
    VOCABULARY,
    Effect,
    EventKind,
    name_of_type,
)

PAGE = (Path(__file__).parents[3] / "docs" / "domain.md").read_text()
SECTIONS = dict(re.findall(r"^## (\d)\. [^\n]*\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
CLOSINGS = ("equity.closed", "finance.closed")
# Rows whose last cell is prose beside the fields.
PROSE = (
    "project.suspended", "project.resumed", "project.cancelled", "project.completed", "project.retired", "hold.placed", "hold.lifted",
)  # fmt: skip
# Common fields that the page gives to some rows only, and those that it requires of some.
OF_SOME_ROWS = ("part", "capacity")
FILLERS = {"any", "of", "the", "above", "or", "these"}


def _rows() -> dict[str, list[str]]:
    """The cells of the page's table by event name, in its order."""
    rows: dict[str, list[str]] = {}
    for line in SECTIONS["3"].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        names = re.findall(r"`([a-z.]+)`", cells[0]) if line.startswith("| `") else []
        for name in names:
            rows[names[0].partition(".")[0] + name if name.startswith(".") else name] = cells[1:]
    return rows


ROWS = _rows()
each_kind = pytest.mark.parametrize("kind", VOCABULARY, ids=lambda kind: str(kind.name))


def _words(sentence: str) -> list[str]:
    return re.findall(r"[a-z]+(?:-[a-z]+)*", sentence)


def _listed(begins: str) -> list[str]:
    match = re.search(re.escape(begins) + r"\s*(.*?)\.\s", SECTIONS["1"], re.DOTALL)
    assert match is not None, begins
    return _words(match[1].replace("human-\ncapital", "human-capital"))


def test_the_names_and_their_order_are_those_of_the_table() -> None:
    assert [kind.name for kind in VOCABULARY] == list(ROWS)
    assert [kind.precedence for kind in VOCABULARY] == list(range(len(ROWS)))


def test_the_wire_name_has_the_version() -> None:
    assert EVENT_KINDS["memorandum.signed"].type == "steppe.memorandum.signed.v1"
    assert {name_of_type(kind.type) for kind in VOCABULARY} == set(ROWS)
    assert name_of_type("steppe.memorandum.signed.v2") is None


@each_kind
def test_the_mark_of_each_row_is_that_of_the_table(kind: EventKind) -> None:
    assert ROWS[kind.name][0] == kind.effect.value


@each_kind
def test_level_and_leg_of_each_row_are_those_of_the_table(kind: EventKind) -> None:
    label = "" if kind.level is None else kind.level.label
    if kind.name == "construction.completed":
        assert label == "commissioning"
    elif kind.name == "production.started":
        assert label == "commissioning"  # the default phase is trial
    else:
        assert label == ROWS[kind.name][1].partition(";")[0]
    if kind.name != "funds.disbursed":
        assert (kind.leg or "") == ROWS[kind.name][2]


@each_kind
def test_the_own_fields_of_each_row_are_those_of_the_table(kind: EventKind) -> None:
    elsewhere = {"conditional", "long_stop", "part", "amount"} | (
        set() if kind.name in ("project.registered", "project.amended") else {"capacity"}
    )
    own = [field for field in kind.fields if field.name not in elsewhere]
    last_cell = ROWS[kind.name][-1]
    if "any of the above" in last_cell:
        last_cell += " " + ROWS[kind.name.replace("amended", "registered")][-1]
    if "any of these" in last_cell:
        last_cell += " " + ROWS["offtake.signed"][-1]
    words = _words(re.sub(r"_", "-", re.sub(r"\([^)]*\)|\{[^}]*\}", " ", last_cell)))
    names = [field.name.replace("_", "-") for field in own]
    assert [name for name in names if name not in words] == []
    if kind.name not in PROSE:
        allowed_fields = {*names, *FILLERS, *(choice for field in own for choice in field.choices)}
        assert [word for word in words if word not in allowed_fields] == []


@each_kind
def test_every_binding_row_but_the_closings_may_be_conditional(kind: EventKind) -> None:
    may = {"conditional", "long_stop"} <= {field.name for field in kind.fields}
    assert may is (kind.effect is Effect.BINDING and kind.name not in CLOSINGS)


def test_the_common_fields_are_those_of_the_page() -> None:
    match = re.search(r"Common fields of\s+`data`:(.*?)\(url optional\), `note`\.", SECTIONS["3"], re.DOTALL)
    assert match is not None
    names = [field.name for field in COMMON_FIELDS]
    on_page = re.findall(r"`([a-z_]+)(?:`|\[| \{|:| \()", match[0].partition(":")[2])
    assert [name for name in on_page if name not in OF_SOME_ROWS] == names
    for field in (*PARTY_REQUIRED, *PARTY_OPTIONAL, *AMOUNT_REQUIRED, *AMOUNT_OPTIONAL, *EVIDENCE_REQUIRED, *EVIDENCE_OPTIONAL):  # fmt: skip
        assert re.search(rf"\b{field.name}\b", match[0]), field.name
        if field.name != "role":
            assert [choice for choice in field.choices if not re.search(rf"\b{choice}\b", match[0])] == []


def test_roles_sectors_kinds_and_legs_are_those_of_the_page() -> None:
    roles = _listed("Roles of a party in an event:")
    assert [role for role in roles if role in ROLES] == list(ROLES)
    assert roles.index("pursue") == len(PURSUING_ROLES) + 1  # "these pursue"
    assert tuple(_listed("`sector`:")) == SECTORS
    assert tuple(_listed("`kind` of project:")) == PROJECT_KINDS
    assert tuple(_listed("Kind of party:")) == PARTY_KINDS
    legs = re.search(r"\| leg \| .*?: (.*?) when inferred", SECTIONS["1"])
    assert legs is not None
    assert tuple(_words(re.sub(r"\([^)]*\)", "", legs[1]))) == (*LEGS, UNKNOWN_LEG)


def test_the_memorandum_class_is_that_of_the_page() -> None:
    match = re.search(r"Memorandum-class: (.*?), except", SECTIONS["3"])
    assert match is not None
    assert set(re.findall(r"`([a-z.]+)`", match[1])) == MEMORANDUM_CLASS


@each_kind
def test_what_may_speak_of_the_project_is_what_the_page_allows(kind: EventKind) -> None:
    match = re.search(r"Allowed\s+for \*m\* rows,(.*?);\s+refused\s+for\s+every other row", SECTIONS["1"], re.DOTALL)
    assert match is not None
    named = re.findall(r"`([a-z]+)\.([a-z*]+)`", match[1])
    allowed = {f"{family}.{verb}" for family, verb in named if verb != "*"}
    families = {family for family, verb in named if verb == "*"}
    value_chain = {"processing.localised", "technology.transferred", "training.delivered", "certification.granted"}
    assert kind.may_speak_of_project is (
        kind.effect is Effect.RECORD or kind.name in allowed | value_chain or kind.name.partition(".")[0] in families
    )


def test_a_part_is_told_on_rights_permits_works_physical_rows_milestones_setbacks_and_projects() -> None:
    assert re.search(
        r"`part` \(slug: which part of the project; on rights, permits,\s+works,\s+physical rows, milestones, setbacks, `project\.\*`; "
        r"refused elsewhere\)",
        SECTIONS["3"],
    )
    families = ("rights.", "permit.", "works.", "milestone.", "setback.", "project.")
    expected = {kind.name for kind in VOCABULARY if kind.effect is Effect.PHYSICAL or kind.name.startswith(families)}
    assert {kind.name for kind in VOCABULARY if "part" in {field.name for field in kind.fields}} == expected


def test_a_capacity_is_told_on_registrations_permits_decisions_construction_and_production() -> None:
    assert re.search(
        r"on registrations, permits, investment\.decided, construction and production rows; refused elsewhere",
        SECTIONS["3"],
    )
    families = ("permit.", "construction.", "production.")
    expected = {"project.registered", "project.amended", "investment.decided"}
    expected |= {kind.name for kind in VOCABULARY if kind.name.startswith(families)}
    assert {kind.name for kind in VOCABULARY if "capacity" in {field.name for field in kind.fields}} == expected


def test_what_is_required_is_what_the_page_requires() -> None:
    match = re.search(r"- Required are: (.*?)Everything else may be absent", SECTIONS["3"], re.DOTALL)
    assert match is not None
    required = {kind.name: {field.name for field in kind.fields if field.required} for kind in VOCABULARY}
    assert {name: fields for name, fields in required.items() if fields} == {
        "project.registered": {"name", "country", "sector", "kind", "commodities"},
        "project.superseded": {"by"},
        "party.registered": {"party", "name", "home_country", "kind"},
        "forum.held": {"forum", "name"},
        "intent.announced": {"kind"},
        "study.started": {"kind"},
        "study.completed": {"kind"},
        "setback.reported": {"kind"},
        "setback.resolved": {"kind"},
        "memorandum.signed": {"instrument"},
        "termsheet.signed": {"instrument"},
        "milestone.planned": {"milestone", "planned_on"},
        "milestone.met": {"milestone"},
        "permit.granted": {"permit"},
        "rights.granted": {"right"},
        "offtake.signed": {"commodity"},
        "processing.localised": {"step"},
        "event.corrected": {"target", "changes"},
        "event.reclassified": {"target", "name"},
        "event.retracted": {"target"},
        "commitment.reduced": {"amount"},
        "funds.returned": {"amount"},
        "pledge.announced": {"amount"},
    }
    for fields in required.values():
        assert all(re.search(rf"\b{field}\b", match[1]) for field in fields)
