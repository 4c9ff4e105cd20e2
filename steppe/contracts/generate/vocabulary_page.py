"""The vocabulary as a page for people, `docs/vocabulary.md`."""

from __future__ import annotations

from steppe.contracts.vocabulary_table import MARKS
from steppe.domain.events import field_checks as rules
from steppe.domain.events.vocabulary import COMMON_FIELDS, PURSUING_ROLES, ROLES, VOCABULARY, Field
from steppe.domain.values.faults import SLUG_LENGTH_MAX

_HEAD = """# Which events are there, and what may they say?

Generated from `steppe/domain/events/vocabulary.py` by `python -m steppe.contracts.generate`; do not edit.

The wire name is `steppe.<name>.v1`. Every event is a CloudEvent 1.0; its schema is in `steppe/contracts/schemas/`, examples
that are accepted and refused in `steppe/contracts/examples/`. A field in **bold** is required. `occurred` is required but
for *m* rows. *pursuer* says whether somebody who pursues (or `deal`) must be named.
"""


def page() -> str:
    """The page as text, the same at every call."""
    lines = [_HEAD, "| mark | meaning |", "| --- | --- |"]
    lines += [f"| {row.value} | {meaning} |" for row, meaning in MARKS.items()]
    lines += [
        "",
        "## Events",
        "",
        "| name | mark | level | leg | pursuer | what it says | own fields |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for kind in VOCABULARY:
        level = kind.level.label if kind.level is not None else ""
        pursuer = "" if kind.may_speak_of_project else "yes"
        fields = "; ".join(_shown(field) for field in kind.fields)
        lines.append(
            f"| `{kind.name}` | {kind.effect.value} | {level} | {kind.leg or ''} | {pursuer} | {kind.summary} | {fields} |"
        )
    lines += ["", "## Fields that every event may have", "", "| field | kind |", "| --- | --- |"]
    lines += [f"| {_name(field)} | {_kind(field)} |" for field in COMMON_FIELDS]
    objects = (
        ("An entry of `parties`", rules.PARTY_REQUIRED, rules.PARTY_OPTIONAL),
        ("`amount`", rules.AMOUNT_REQUIRED, rules.AMOUNT_OPTIONAL),
        ("An entry of `evidence` (url or title)", rules.EVIDENCE_REQUIRED, rules.EVIDENCE_OPTIONAL),
        ("A reference to an event", rules.REFERENCE_FIELDS, ()),
        ("`capacity`", rules.CAPACITY_FIELDS, ()),
        ("An entry of `parts`", rules.PART_REQUIRED, rules.PART_OPTIONAL),
        ("An entry of `aliases`", rules.ALIAS_REQUIRED, rules.ALIAS_OPTIONAL),
        ("An entry of `ids`", rules.ID_FIELDS, ()),
        ("An entry of `parents`", rules.PARENT_REQUIRED, rules.PARENT_OPTIONAL),
    )
    lines += ["", "## Objects", "", "| object | fields |", "| --- | --- |"]
    for title, required, optional in objects:
        described_fields = [f"**{field.name}** {_kind(field)}" for field in required] + [
            f"{field.name} {_kind(field)}" for field in optional
        ]
        lines.append(f"| {title} | {'; '.join(described_fields)} |")
    others = [role for role in ROLES if role not in PURSUING_ROLES]
    lines += [
        "",
        f"Roles that pursue, in the order in which they name the deal: {', '.join(PURSUING_ROLES)}. Others: {', '.join(others)}.",
    ]
    lines += [
        "",
        "## Limits",
        "",
        f"Text has at most {rules.TEXT_LENGTH_MAX} characters and no control characters, a slug at most {SLUG_LENGTH_MAX},"
        f" a list at most {rules.LIST_LENGTH_MAX} entries. Numbers go from 0 to {rules.NUMBER_MAX:g}, percentages from 0 to 100,"
        f" and the holdings of one event add up to at most {rules.HELD_PERCENT_MAX} (rounding). The value of an amount is decimal text without a sign, with at"
        " most 18 digits before the point and 6 behind it.",
        "",
    ]
    return "\n".join(lines)


def _shown(field: Field) -> str:
    return f"{_name(field)} ({_kind(field)})"


def _name(field: Field) -> str:
    return f"**{field.name}**" if field.required else field.name


def _kind(field: Field) -> str:
    return (
        f"{'some of ' if field.kind.value == 'choices' else ''}{', '.join(field.choices)}"
        if field.choices
        else field.kind.value
    )
