"""Every event, role, leg and field of the domain page, sections 1 to 3, as one table.

Validation, JSON Schemas, AsyncAPI, `GET /v1/vocabulary`, the fold's precedence and the documentation are derived from
this table and from nothing else. The order of the rows is the precedence of events that fall on the same days.
Compatibility is full-transitive: a row or an optional field may be added, nothing may be taken away.
"""

from __future__ import annotations

from enum import Enum

from steppe.domain.values.levels import Level
from steppe.domain.values.value_class import value_class

TYPE_PREFIX = "steppe."
TYPE_SUFFIX = ".v1"

LEGS = ("equity", "offtake", "debt", "grant", "guarantee", "rights", "works", "investment")
UNKNOWN_LEG = "unknown"
PURSUING_ROLES = ("investor", "financier", "contractor", "offtaker", "donor")
ROLES = (*PURSUING_ROLES, "host", "regulator", "seller", "bidder", "adviser")
SECTORS = ("mining", "processing", "energy", "transport", "resilience", "human-capital", "other")
PROJECT_KINDS = ("deposit", "exploration", "plant", "corridor", "supply", "corporate", "programme", "umbrella")
DELIVERING_KINDS = frozenset(
    {"deposit", "plant", "corridor"}
)  # those of which construction and production are expected
PARTY_KINDS = ("company", "state-company", "agency", "development-bank", "multilateral", "fund", "government", "other")
PAPER_INSTRUMENTS = ("mou", "loi", "protocol", "framework", "cooperation", "treaty")
TERMSHEET_INSTRUMENTS = ("term-sheet", "heads", "exclusivity", "letter-of-interest", "mandate")
INTENT_KINDS = ("statement", "talks", "ceremony", "ground-breaking", "selection", "settlement")
STUDY_KINDS = ("survey", "scoping", "prefeasibility", "feasibility")
LENDER_KINDS = ("oda", "eca", "mdb", "policy-bank", "commercial")
RIGHTS = ("exploration", "mining", "concession", "land")
PROCESSING_STEPS = ("mining", "concentrate", "separation", "metal", "component")
SETBACK_KINDS = (
    "technical", "price", "legal", "political", "environmental", "sanctions", "accident", "financing", "commercial",
    "dispute", "insolvency", "nationalisation", "force-majeure", "social",
)  # fmt: skip
PERMITS = ("planning", "environmental", "construction", "operating", "export", "other")
BUILDING_PERMITS = frozenset({"planning", "construction"})
# The milestones that an event meets by itself (section 6, overdue); any other name is met by milestone.met alone.
MILESTONES = (
    "construction-start", "construction-end", "first-output", "production-start", "financial-close",
    "final-investment-decision", "equity", "offtake", "feasibility-study", "rights", "permit",
)  # fmt: skip
PRECISIONS = ("exact", "approximate", "region")
ENDED_BY = ("owner", "state", "lender", "court", "investor")
FINDINGS = ("nothing-new", "not-listed")
AMOUNT_SEMANTICS = ("increment", "total")
AMOUNT_OF = ("price", "leg", "project-cost", "portfolio", "claim")
AMOUNT_BASES = ("stated", "estimated", "imputed")
CONFIDENCES = ("high", "medium", "low")
GRADES = ("official", "company", "trade-press", "press", "other")


class Effect(Enum):
    """The marks of section 3: what an event of this kind does to its deal. `RECORD`: it is about the record only."""

    BINDING = "B"
    PHYSICAL = "P"
    NOT_BINDING = "n"
    ENDING = "e"
    RECORD = "m"


class FieldKind(Enum):
    """The shape of a field's value."""

    # Enum hashes the name, in Python; every field of every event is looked up by its kind.
    __hash__ = object.__hash__

    TEXT = "text"
    SLUG = "slug"
    CHOICE = "choice"
    NUMBER = "number"  # zero or more, unless the field says otherwise
    PERCENT = "percent"  # 0..100
    LATITUDE = "latitude"
    LONGITUDE = "longitude"
    BOOLEAN = "boolean"
    EDTF = "edtf"
    DATE = "date"  # a full day, YYYY-MM-DD
    COUNTRY = "country"  # ISO 3166-1 alpha-2
    LEI = "lei"  # ISO 17442
    TEXTS = "texts"
    SLUGS = "slugs"
    CHOICES = "choices"
    COUNTRIES = "countries"
    REFERENCE = "reference"  # {source, id} of an event
    CHANGES = "changes"  # {field: value}, null removes
    CAPACITY = "capacity"  # {value, unit}
    PARTS = "parts"  # of a project: {part, name, capacity}
    ALIASES = "aliases"  # {name, language}
    IDS = "ids"  # in other registers: {scheme, id}
    PARENTS = "parents"  # {party, percent}
    EVENT_NAME = "event-name"
    PARTIES = "parties"
    AMOUNT = "amount"
    EVIDENCE = "evidence"


@value_class(frozen=True, slots=True)
class Field:
    """One field of `data`: its name, shape, allowed values, and whether the event says nothing without it."""

    name: str
    kind: FieldKind
    choices: tuple[str, ...] = ()
    required: bool = False


@value_class(frozen=True, slots=True, kw_only=True)
class EventKind:
    """One row of section 3.

    `leg` is the leg that the event binds; `may_speak_of_project` says whether it may come without pursuer and `deal`
    (section 1). `precedence` orders events of the same days.
    """

    name: str
    effect: Effect
    precedence: int
    level: Level | None
    leg: str | None
    fields: tuple[Field, ...]
    may_speak_of_project: bool
    summary: str

    @property
    def type(self) -> str:
        """The wire name, as in `steppe.memorandum.signed.v1`."""
        return f"{TYPE_PREFIX}{self.name}{TYPE_SUFFIX}"

    @property
    def is_registry(self) -> bool:
        """Whether it registers or amends a project, party or forum."""
        return self.name in REGISTRY_NAMES

    @property
    def is_correction(self) -> bool:
        """Whether it corrects, reclassifies or retracts another event (section 7)."""
        return self.name in CORRECTION_NAMES


REGISTRY_NAMES = frozenset(
    {
        "project.registered", "project.amended", "project.superseded", "party.registered", "party.amended", "forum.held",
    }
)  # fmt: skip
CORRECTION_NAMES = frozenset({"event.corrected", "event.reclassified", "event.retracted"})
MEMORANDUM_CLASS = frozenset({"memorandum.signed", "memorandum.renewed", "termsheet.signed"})
CLOSINGS = frozenset({"equity.closed", "finance.closed"})

COMMON_FIELDS = (
    Field("occurred", FieldKind.EDTF),
    Field("reported", FieldKind.DATE),
    Field("deal", FieldKind.SLUG),
    Field("parties", FieldKind.PARTIES),
    Field("amount", FieldKind.AMOUNT),
    Field("forum", FieldKind.SLUG),
    Field("part_of", FieldKind.REFERENCE),
    Field("programme", FieldKind.SLUG),
    Field("confidence", FieldKind.CHOICE, CONFIDENCES),
    Field("evidence", FieldKind.EVIDENCE),
    Field("note", FieldKind.TEXT),
)


def _choice(name: str, choices: tuple[str, ...], *, required: bool = False) -> Field:
    return Field(name, FieldKind.CHOICE, choices, required)


_CAPACITY = Field("capacity", FieldKind.CAPACITY)
_ALIASES = Field("aliases", FieldKind.ALIASES)
_IDS = Field("ids", FieldKind.IDS)


def _project_fields(*, required: bool) -> tuple[Field, ...]:
    return (
        Field("name", FieldKind.TEXT, required=required),
        Field("country", FieldKind.COUNTRY, required=required),
        Field("countries", FieldKind.COUNTRIES),
        Field("place", FieldKind.TEXT),
        Field("latitude", FieldKind.LATITUDE),
        Field("longitude", FieldKind.LONGITUDE),
        _choice("precision", PRECISIONS),
        _choice("sector", SECTORS, required=required),
        _choice("kind", PROJECT_KINDS, required=required),
        Field("commodities", FieldKind.SLUGS, required=required),
        Field("required_legs", FieldKind.CHOICES, LEGS),
        _CAPACITY,
        Field("parts", FieldKind.PARTS),
        _ALIASES,
        _IDS,
    )


def _party_fields(*, required: bool) -> tuple[Field, ...]:
    return (
        Field("party", FieldKind.SLUG, required=required),
        Field("name", FieldKind.TEXT, required=required),
        Field("home_country", FieldKind.COUNTRY, required=required),
        _choice("kind", PARTY_KINDS, required=required),
        Field("parent", FieldKind.SLUG),
        Field("parents", FieldKind.PARENTS),
        Field("lei", FieldKind.LEI),
        _ALIASES,
        _IDS,
    )


def _offtake_fields(*, required: bool) -> tuple[Field, ...]:
    return (
        Field("commodity", FieldKind.SLUG, required=required),
        Field("volume", FieldKind.NUMBER),
        Field("unit", FieldKind.TEXT),
        _choice("per", ("year", "total")),
        Field("term_years", FieldKind.NUMBER),
        Field("starts_on", FieldKind.EDTF),
        Field("ends_on", FieldKind.EDTF),
    )


_FROM = Field("from", FieldKind.EDTF)
_EXPIRES_ON = Field("expires_on", FieldKind.EDTF)
_ENDS_ON = Field("ends_on", FieldKind.EDTF)
_REASON = Field("reason", FieldKind.TEXT)
_TARGET = Field("target", FieldKind.REFERENCE, required=True)
_ENDS = Field("ends", FieldKind.REFERENCE)
_AMENDS = Field("amends", FieldKind.REFERENCE)
_PART = Field("part", FieldKind.SLUG)
_RIGHT = _choice("right", RIGHTS)
_PERMIT = _choice("permit", PERMITS)
_MILESTONE = Field("milestone", FieldKind.SLUG, required=True)
_SOME_AMOUNT = Field("amount", FieldKind.AMOUNT, required=True)
_STAKE = (Field("stake_percent", FieldKind.PERCENT), Field("vehicle", FieldKind.TEXT))
_CONDITIONS = (Field("conditional", FieldKind.BOOLEAN), Field("long_stop", FieldKind.EDTF))
_SKILL = (Field("people", FieldKind.NUMBER), Field("scheme", FieldKind.TEXT))
_WORKS = (_PART, _CAPACITY)
_PROJECT_ENDING = (_REASON, _choice("by", ENDED_BY), _PART)
_HOLD = (_REASON, Field("until", FieldKind.EDTF))

_M, _N, _B, _P, _E = Effect.RECORD, Effect.NOT_BINDING, Effect.BINDING, Effect.PHYSICAL, Effect.ENDING

_ROWS: tuple[tuple[str, Effect, Level | None, str | None, tuple[Field, ...], str], ...] = (
    ("project.registered", _M, Level.IDENTIFIED, None, (*_project_fields(required=True), _PART), "A project is put on the list."),
    ("project.amended", _M, None, None, (*_project_fields(required=False), _FROM, _PART), "What is registered of a project changes, from a day on."),
    ("project.superseded", _M, None, None, (Field("by", FieldKind.SLUGS, required=True), _REASON, _PART), "Two keys were one project, or one was several: others stand in its place."),
    ("party.registered", _M, None, None, _party_fields(required=True), "A party is put on the list."),
    ("party.amended", _M, None, None, (*_party_fields(required=False), _FROM), "What is registered of a party changes, from a day on."),
    ("forum.held", _M, None, None, (Field("forum", FieldKind.SLUG, required=True), Field("name", FieldKind.TEXT, required=True), Field("place", FieldKind.TEXT), Field("countries", FieldKind.COUNTRIES), Field("announced", FieldKind.TEXT)), "A summit or visit at which papers are signed."),
    ("intent.announced", _N, Level.ANNOUNCED, None, (_choice("kind", INTENT_KINDS, required=True),), "A statement, talks, a ceremony: nothing on paper."),
    ("pledge.announced", _N, Level.ANNOUNCED, None, (Field("deadline", FieldKind.EDTF), Field("recipients", FieldKind.COUNTRIES), Field("repeats", FieldKind.REFERENCE), _SOME_AMOUNT), "Money was promised, with or without a deadline."),
    ("pledge.withdrawn", _N, None, None, (_ENDS, _REASON), "A promise of money was taken back (absent: all of the deal)."),
    ("memorandum.signed", _N, Level.MEMORANDUM, None, (_choice("instrument", PAPER_INSTRUMENTS, required=True), _EXPIRES_ON), "A memorandum, letter of intent or framework: binds nobody."),
    ("memorandum.renewed", _N, Level.MEMORANDUM, None, (_choice("instrument", PAPER_INSTRUMENTS), Field("renews", FieldKind.REFERENCE), _EXPIRES_ON), "The same paper again (absent: the newest); the clock runs on."),
    ("memorandum.lapsed", _E, None, None, (), "A paper was declared expired."),
    ("termsheet.signed", _N, Level.ADVANCED, None, (_choice("instrument", TERMSHEET_INSTRUMENTS, required=True), _EXPIRES_ON), "Terms are on paper, still without obligation."),
    ("study.started", _N, Level.ADVANCED, None, (_choice("kind", STUDY_KINDS, required=True),), "A study began."),
    ("study.completed", _N, Level.ADVANCED, None, (_choice("kind", STUDY_KINDS, required=True),), "A study was delivered."),
    ("finance.approved", _N, Level.ADVANCED, None, (_choice("lender_kind", LENDER_KINDS),), "A lender's board decided, before any signature."),
    ("permit.applied", _N, Level.ADVANCED, None, (_PERMIT, *_WORKS), "A permit was applied for."),
    ("permit.granted", _N, Level.ADVANCED, None, (_choice("permit", PERMITS, required=True), _EXPIRES_ON, *_WORKS), "A permit was granted: a step, and no right to the asset."),
    ("permit.refused", _N, None, None, (_PERMIT, _REASON, *_WORKS), "A permit was refused (absent: all)."),
    ("permit.lapsed", _N, None, None, (_PERMIT, _REASON, *_WORKS), "A permit ran out or was taken back (absent: all)."),
    ("milestone.planned", _N, None, None, (_MILESTONE, Field("planned_on", FieldKind.EDTF, required=True), _PART), "Somebody said when a step would come."),
    ("milestone.met", _N, None, None, (_MILESTONE, _PART), "A planned step was made."),
    ("investment.decided", _B, Level.BOUND, "investment", (*_CONDITIONS, _CAPACITY), "The pursuer's own final decision to spend."),
    ("rights.granted", _B, Level.BOUND, "rights", (_choice("right", RIGHTS, required=True), _ENDS_ON, *_CONDITIONS, _PART), "A licence, concession or land title was granted."),
    ("rights.amended", _N, None, None, (_AMENDS, _RIGHT, _ENDS_ON, _PART), "The end or the kind of a right changed (absent: all of the deal)."),
    ("rights.revoked", _E, None, "rights", (_RIGHT, _ENDS, _PART), "A right was taken back (absent: all)."),
    ("exploration.reported", _N, None, None, (Field("result", FieldKind.TEXT),), "Results of exploration."),
    ("offtake.signed", _B, Level.BOUND, "offtake", (*_offtake_fields(required=True), *_CONDITIONS), "A binding contract to buy the output."),
    ("offtake.amended", _N, None, None, (_AMENDS, *_offtake_fields(required=False)), "Terms of an offtake changed."),
    ("offtake.ended", _E, None, "offtake", (_ENDS,), "An offtake was fulfilled or ended (absent offtaker: all)."),
    ("equity.agreed", _B, Level.BOUND, "equity", (*_STAKE, *_CONDITIONS), "A share purchase or entry was agreed."),
    ("equity.closed", _B, Level.BOUND, "equity", _STAKE, "The shares moved."),
    ("equity.exited", _E, None, "equity", (Field("stake_percent", FieldKind.PERCENT), Field("to", FieldKind.SLUG), _ENDS), "A holder gave up shares (absent: all of them)."),
    ("loan.signed", _B, Level.BOUND, "debt", (_choice("lender_kind", LENDER_KINDS), *_CONDITIONS), "A loan agreement was signed."),
    ("grant.committed", _B, Level.BOUND, "grant", _CONDITIONS, "A grant was committed."),
    ("guarantee.issued", _B, Level.BOUND, "guarantee", _CONDITIONS, "A guarantee was issued."),
    ("works.awarded", _B, Level.BOUND, "works", (*_CONDITIONS, _PART), "A works contract was awarded."),
    ("finance.closed", _B, Level.FINANCED, "debt", (), "Financial close."),
    ("funds.disbursed", _P, Level.FINANCED, None, (_choice("leg", ("debt", "grant")), _PART), "Money moved."),
    ("commitment.reduced", _N, None, None, (_choice("leg", LEGS), _SOME_AMOUNT), "Part of what was committed was taken back."),
    ("funds.returned", _N, None, None, (_choice("leg", ("debt", "grant")), _SOME_AMOUNT), "Money that was paid out came back."),
    ("construction.started", _P, Level.CONSTRUCTION, None, _WORKS, "Work on the ground began (not a ceremony)."),
    ("construction.suspended", _P, Level.CONSTRUCTION, None, _WORKS, "Work on the ground stopped for a time."),
    ("construction.resumed", _P, Level.CONSTRUCTION, None, _WORKS, "Work on the ground went on."),
    ("construction.completed", _P, Level.COMMISSIONING, None, _WORKS, "The works stand."),
    ("production.started", _P, Level.COMMISSIONING, None, (_choice("phase", ("trial", "commercial")), Field("output", FieldKind.NUMBER), Field("unit", FieldKind.TEXT), *_WORKS), "Output began: trial (default) or commercial."),
    ("production.suspended", _P, None, None, _WORKS, "Output stopped for a time."),
    ("production.resumed", _P, None, None, _WORKS, "Output went on."),
    ("processing.localised", _P, None, None, (_choice("step", PROCESSING_STEPS, required=True), _PART), "A step of the value chain moved into the host country."),
    ("technology.transferred", _N, None, None, (Field("what", FieldKind.TEXT), *_SKILL), "Technology was handed over."),
    ("training.delivered", _N, None, None, (Field("what", FieldKind.TEXT), *_SKILL), "People were trained."),
    ("certification.granted", _N, None, None, (Field("what", FieldKind.TEXT), *_SKILL), "A certificate was granted."),
    ("setback.reported", _N, None, None, (_choice("kind", SETBACK_KINDS, required=True), _PART), "Bad news: heard, but no step."),
    ("setback.resolved", _N, None, None, (_choice("kind", SETBACK_KINDS, required=True), _PART), "What stood in the way no longer does: heard, but no step."),
    ("contract.terminated", _E, None, None, (_choice("leg", (*LEGS, UNKNOWN_LEG)), _ENDS), "A contract was terminated (absent leg: all)."),
    ("investor.withdrew", _E, None, None, (_REASON, _choice("by", ("investor", "host", "lender", "court"))), "A pursuer left."),
    ("project.suspended", _E, None, None, _PROJECT_ENDING, "Owner or state put the project, one deal or one part, to rest."),
    ("project.resumed", _E, None, None, _PROJECT_ENDING, "Owner or state took it up again."),
    ("project.cancelled", _E, None, None, _PROJECT_ENDING, "Owner or state gave it up."),
    ("project.completed", _E, None, None, _PROJECT_ENDING, "Owner or state declared it done."),
    ("project.retired", _E, None, None, _PROJECT_ENDING, "What ran was taken out of service for good."),
    ("hold.placed", _M, None, None, _HOLD, "Flags are frozen until a day or until lifted."),
    ("hold.lifted", _M, None, None, _HOLD, "Flags are free again."),
    ("review.confirmed", _M, None, None, (_choice("finding", FINDINGS),), "Somebody looked on that day: nothing new (default), or no longer listed."),
    ("event.corrected", _M, None, None, (_TARGET, Field("changes", FieldKind.CHANGES, required=True), _REASON), "Fields of an earlier event were wrong."),
    ("event.reclassified", _M, None, None, (_TARGET, Field("name", FieldKind.EVENT_NAME, required=True), Field("changes", FieldKind.CHANGES), _REASON), "An earlier event was of another kind."),
    ("event.retracted", _M, None, None, (_TARGET, _REASON), "An earlier event is taken back."),
)  # fmt: skip

_SPEAKS_OF_PROJECT = frozenset(
    {
        "exploration.reported", "intent.announced", "processing.localised", "technology.transferred",
        "training.delivered", "certification.granted",
    }
)  # fmt: skip
_GROUPS_SPEAKING_OF_PROJECT = (
    "project.", "construction.", "production.", "setback.", "study.", "milestone.", "rights.", "permit.",
)  # fmt: skip


def _may_speak_of_project(name: str, effect: Effect) -> bool:
    if effect is Effect.RECORD or name in _SPEAKS_OF_PROJECT:
        return True
    return name.startswith(_GROUPS_SPEAKING_OF_PROJECT)


VOCABULARY: tuple[EventKind, ...] = tuple(
    EventKind(
        name=name,
        effect=effect,
        precedence=precedence,
        level=level,
        leg=leg,
        fields=fields,
        may_speak_of_project=_may_speak_of_project(name, effect),
        summary=summary,
    )
    for precedence, (name, effect, level, leg, fields, summary) in enumerate(_ROWS)
)
EVENT_KINDS: dict[str, EventKind] = {kind.name: kind for kind in VOCABULARY}


def name_of_type(wire_type: str) -> str | None:
    """The event name behind a CloudEvents type; None when it is not one of ours or of another version."""
    if wire_type.startswith(TYPE_PREFIX) and wire_type.endswith(TYPE_SUFFIX):
        name = wire_type[len(TYPE_PREFIX) : -len(TYPE_SUFFIX)]
        if name in EVENT_KINDS:
            return name
    return None
