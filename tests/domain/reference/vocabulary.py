"""The table of events of section 3: what each row is, what it lifts and binds, and which fields it has."""

from __future__ import annotations

from dataclasses import dataclass

LEVELS = (
    "identified",
    "announced",
    "memorandum",
    "advanced",
    "partly-bound",
    "bound",
    "financed",
    "construction",
    "commissioning",
    "producing",
)
IDENTIFIED, ANNOUNCED, MEMORANDUM, ADVANCED, PARTLY_BOUND, BOUND, FINANCED, CONSTRUCTION, COMMISSIONING, PRODUCING = (
    range(10)
)
# Section 1: these pursue, in this order; the others do not.
PURSUING = ("investor", "financier", "contractor", "offtaker", "donor")
ROLES = (*PURSUING, "host", "regulator", "seller", "bidder", "adviser")
LEGS = ("equity", "offtake", "debt", "grant", "guarantee", "rights", "works", "investment")

BINDING, PHYSICAL, NON_BINDING, ENDING, RECORD = "B", "P", "n", "e", "m"


@dataclass(frozen=True, slots=True)
class Kind:
    """One name of the table. `fields` are its own, each with how its value is read."""

    name: str
    effect: str
    level: int | None
    leg: str | None
    fields: dict[str, str]
    required: tuple[str, ...]
    place: int


# How a value is read: a plain word is a reader of `refusals`, "one:" begins a list of choices, "some:" one of several.
_SETBACK = (
    "one:technical,price,legal,political,environmental,sanctions,accident,financing,commercial,dispute,insolvency,"
    "nationalisation,force-majeure,social"
)
_PERMIT = "one:planning,environmental,construction,operating,export,other"
_RIGHT = "one:exploration,mining,concession,land"
_STUDY = "one:survey,scoping,prefeasibility,feasibility"
_LENDER = "one:oda,eca,mdb,policy-bank,commercial"
_MEMORANDUM = "one:mou,loi,protocol,framework,cooperation,treaty"
_LEG = "one:" + ",".join(LEGS)
_PROJECT = {
    "name": "text",
    "country": "country",
    "countries": "countries",
    "place": "text",
    "latitude": "number",
    "longitude": "number",
    "precision": "one:exact,approximate,region",
    "sector": "one:mining,processing,energy,transport,resilience,human-capital,other",
    "kind": "one:deposit,exploration,plant,corridor,supply,corporate,programme,umbrella",
    "commodities": "texts",
    "required_legs": "some:" + ",".join(LEGS),
    "capacity": "capacity",
    "parts": "named:part",
    "aliases": "list",
    "ids": "list",
}
_PARTY = {
    "party": "text",
    "name": "text",
    "home_country": "country",
    "kind": "one:company,state-company,agency,development-bank,multilateral,fund,government,other",
    "parent": "text",
    "parents": "parents",
    "lei": "text",
    "aliases": "list",
    "ids": "list",
}
_OFFTAKE = {
    "commodity": "text",
    "volume": "quantity",
    "unit": "text",
    "per": "one:year,total",
    "term_years": "number",
    "starts_on": "edtf",
    "ends_on": "edtf",
}
_EQUITY = {"stake_percent": "percent", "vehicle": "text"}
_END = {"reason": "text", "by": "one:owner,state,lender,court,investor", "asserted": "any"}
_TARGET = {"target": "reference", "reason": "text"}

# Section 3, row by row and left to right: the order is the precedence. Name, effect, level, leg, fields, required.
_ROWS: list[tuple[str, str, int | None, str | None, dict[str, str], str]] = [
    ("project.registered", "m", IDENTIFIED, None, _PROJECT, "name country sector kind commodities"),
    ("project.amended", "m", None, None, {**_PROJECT, "from": "edtf"}, ""),
    ("project.superseded", "m", None, None, {"by": "texts", "reason": "text"}, "by"),
    ("party.registered", "m", None, None, _PARTY, "party name home_country kind"),
    ("party.amended", "m", None, None, {**_PARTY, "from": "edtf"}, ""),
    (
        "forum.held",
        "m",
        None,
        None,
        {"forum": "text", "name": "text", "place": "text", "countries": "countries", "announced": "any"},
        "forum name",
    ),
    (
        "intent.announced",
        "n",
        ANNOUNCED,
        None,
        {"kind": "one:statement,talks,ceremony,ground-breaking,selection,settlement"},
        "kind",
    ),
    (
        "pledge.announced",
        "n",
        ANNOUNCED,
        None,
        {"deadline": "edtf", "recipients": "countries", "repeats": "reference"},
        "amount",
    ),
    ("pledge.withdrawn", "n", None, None, {"ends": "reference", "reason": "text"}, ""),
    ("memorandum.signed", "n", MEMORANDUM, None, {"instrument": _MEMORANDUM, "expires_on": "edtf"}, "instrument"),
    (
        "memorandum.renewed",
        "n",
        MEMORANDUM,
        None,
        {"instrument": _MEMORANDUM, "renews": "reference", "expires_on": "edtf"},
        "",
    ),
    ("memorandum.lapsed", "e", None, None, {}, ""),
    (
        "termsheet.signed",
        "n",
        ADVANCED,
        None,
        {"instrument": "one:term-sheet,heads,exclusivity,letter-of-interest,mandate", "expires_on": "edtf"},
        "instrument",
    ),
    ("study.started", "n", ADVANCED, None, {"kind": _STUDY}, "kind"),
    ("study.completed", "n", ADVANCED, None, {"kind": _STUDY}, "kind"),
    ("finance.approved", "n", ADVANCED, None, {"lender_kind": _LENDER}, ""),
    ("permit.applied", "n", ADVANCED, None, {"permit": _PERMIT}, ""),
    ("permit.granted", "n", ADVANCED, None, {"permit": _PERMIT, "expires_on": "edtf"}, "permit"),
    ("permit.refused", "n", None, None, {"permit": _PERMIT, "reason": "text"}, ""),
    ("permit.lapsed", "n", None, None, {"permit": _PERMIT, "reason": "text"}, ""),
    ("milestone.planned", "n", None, None, {"milestone": "text", "planned_on": "edtf"}, "milestone planned_on"),
    ("milestone.met", "n", None, None, {"milestone": "text"}, "milestone"),
    ("investment.decided", "B", BOUND, "investment", {}, ""),
    ("rights.granted", "B", BOUND, "rights", {"right": _RIGHT, "ends_on": "edtf"}, "right"),
    ("rights.amended", "n", None, None, {"amends": "reference", "right": _RIGHT, "ends_on": "edtf"}, ""),
    ("rights.revoked", "e", None, "rights", {"right": _RIGHT, "ends": "reference"}, ""),
    ("exploration.reported", "n", None, None, {"result": "text"}, ""),
    ("offtake.signed", "B", BOUND, "offtake", _OFFTAKE, "commodity"),
    ("offtake.amended", "n", None, None, {"amends": "reference", **_OFFTAKE}, ""),
    ("offtake.ended", "e", None, "offtake", {"ends": "reference"}, ""),
    ("equity.agreed", "B", BOUND, "equity", _EQUITY, ""),
    ("equity.closed", "B", BOUND, "equity", _EQUITY, ""),
    ("equity.exited", "e", None, "equity", {"stake_percent": "percent", "to": "text", "ends": "reference"}, ""),
    ("loan.signed", "B", BOUND, "debt", {"lender_kind": _LENDER}, ""),
    ("grant.committed", "B", BOUND, "grant", {}, ""),
    ("guarantee.issued", "B", BOUND, "guarantee", {}, ""),
    ("works.awarded", "B", BOUND, "works", {}, ""),
    ("finance.closed", "B", FINANCED, "debt", {}, ""),
    ("funds.disbursed", "P", FINANCED, None, {"leg": "one:debt,grant"}, ""),
    ("commitment.reduced", "n", None, None, {"leg": _LEG}, "amount"),
    ("funds.returned", "n", None, None, {"leg": _LEG}, "amount"),
    ("construction.started", "P", CONSTRUCTION, None, {}, ""),
    ("construction.suspended", "P", CONSTRUCTION, None, {}, ""),
    ("construction.resumed", "P", CONSTRUCTION, None, {}, ""),
    ("construction.completed", "P", COMMISSIONING, None, {}, ""),
    (
        "production.started",
        "P",
        COMMISSIONING,
        None,
        {"phase": "one:trial,commercial", "output": "quantity", "unit": "text"},
        "",
    ),
    ("production.suspended", "P", None, None, {}, ""),
    ("production.resumed", "P", None, None, {}, ""),
    ("processing.localised", "P", None, None, {"step": "one:mining,concentrate,separation,metal,component"}, "step"),
    ("technology.transferred", "n", None, None, {"what": "text", "people": "number", "scheme": "text"}, ""),
    ("training.delivered", "n", None, None, {"what": "text", "people": "number", "scheme": "text"}, ""),
    ("certification.granted", "n", None, None, {"what": "text", "people": "number", "scheme": "text"}, ""),
    ("setback.reported", "n", None, None, {"kind": _SETBACK}, "kind"),
    ("setback.resolved", "n", None, None, {"kind": _SETBACK}, "kind"),
    ("contract.terminated", "e", None, None, {"leg": _LEG + ",unknown", "ends": "reference"}, ""),
    ("investor.withdrew", "e", None, None, {"reason": "text", "by": "one:investor,host,lender,court"}, ""),
    ("project.suspended", "e", None, None, _END, ""),
    ("project.resumed", "e", None, None, _END, ""),
    ("project.cancelled", "e", None, None, _END, ""),
    ("project.completed", "e", None, None, _END, ""),
    ("project.retired", "e", None, None, _END, ""),
    ("hold.placed", "m", None, None, {"reason": "text", "until": "edtf"}, ""),
    ("hold.lifted", "m", None, None, {"reason": "text", "until": "edtf"}, ""),
    ("review.confirmed", "m", None, None, {"finding": "one:nothing-new,not-listed"}, ""),
    ("event.corrected", "m", None, None, {**_TARGET, "changes": "changes"}, "target changes"),
    ("event.reclassified", "m", None, None, {**_TARGET, "name": "text", "changes": "changes"}, "target name"),
    ("event.retracted", "m", None, None, _TARGET, "target"),
]
KINDS = {
    name: Kind(name, effect, level, leg, fields, tuple(required.split()), place)
    for place, (name, effect, level, leg, fields, required) in enumerate(_ROWS)
}

COMMON = {
    "occurred": "edtf",
    "reported": "date",
    "deal": "text",
    "parties": "parties",
    "amount": "amount",
    "forum": "text",
    "part_of": "reference",
    "programme": "text",
    "confidence": "one:high,medium,low",
    "evidence": "evidence",
    "note": "text",
}
CLOSINGS = ("equity.closed", "finance.closed")
_CONDITION = {"conditional": "boolean", "long_stop": "edtf"}
# Section 3: `part` is on rights, permits, works, physical rows, milestones, setbacks, `project.*`; refused elsewhere.
_WITH_PART = ("rights.", "permit.", "works.", "construction.", "production.", "milestone.", "setback.", "project.")
_WITH_CAPACITY = ("permit.", "construction.", "production.")
# Section 1: rows that may come without a deal, and then speak of the project, beside the m rows.
_MAY_SPEAK_OF_THE_PROJECT = (
    "project.",
    "construction.",
    "production.",
    "setback.",
    "study.",
    "milestone.",
    "rights.",
    "permit.",
    "exploration.reported",
    "intent.announced",
    "processing.localised",
    "technology.transferred",
    "training.delivered",
    "certification.granted",
)
# Section 7: they are not reclassified, and nothing becomes one, or an `event.*`.
REGISTRY = ("project.registered", "project.amended", "project.superseded", "party.", "forum.")
PERMANENT = (*REGISTRY, "event.")


def name_of(wire_type: object) -> str | None:
    """The name of a wire name, None if there is none such: `steppe.<name>.v1` (section 3)."""
    if not isinstance(wire_type, str) or not wire_type.startswith("steppe.") or not wire_type.endswith(".v1"):
        return None
    name = wire_type.removeprefix("steppe.").removesuffix(".v1")
    return name if name in KINDS else None


def fields_of(name: str) -> dict[str, str]:
    """The closed list of the fields that an event of this name may have."""
    kind = KINDS[name]
    fields = {**COMMON, **kind.fields}
    if kind.effect == BINDING and name not in CLOSINGS:
        fields |= _CONDITION
    if kind.effect == PHYSICAL or name.startswith(_WITH_PART):
        fields["part"] = "text"
    if name == "investment.decided" or name.startswith(_WITH_CAPACITY):
        fields["capacity"] = "capacity"
    return fields


def may_speak_of_the_project(name: str) -> bool:
    """Whether an event of this name may come without a deal (section 1)."""
    return KINDS[name].effect == RECORD or name.startswith(_MAY_SPEAK_OF_THE_PROJECT)
