"""Every query parameter in one table, parsed strictly, and the OpenAPI description made of it.

Nothing is ignored: an unknown parameter, a second value where one is meant and a value that cannot be read are refused,
so that a misspelt filter never looks like an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from fastapi import Request

from services.api.problems import FORMAT_NOT_AVAILABLE, did_you_mean
from services.api.store.knowledge import Knowledge
from services.api.views.measures.pledge_answer import GROUPINGS as PLEDGE_GROUPINGS
from services.api.views.timeline_view import NOT_STATED
from services.api.web import pagination, parse_values
from services.api.web.pagination import Cursor
from steppe.access.callers import ANYBODY
from steppe.access.middleware import CALLER
from steppe.contracts.announcements import CAUSES
from steppe.contracts.items import Tell
from steppe.contracts.type_schemas import Schema
from steppe.domain.analysis.crosswalk import SCHEMES
from steppe.domain.events.vocabulary import CONFIDENCES, GRADES, PARTY_KINDS, SECTORS
from steppe.domain.flags import flag_registry, memorandum_only
from steppe.domain.messages.english import english
from steppe.domain.values.levels import LEVEL_OF_LABEL
from steppe.domain.values.states import SEVERITIES
from steppe.http.problems import BAD_PARAMETER, UNKNOWN_PARAMETER, Refusal

LIMIT_DEFAULT = 100
LIMIT_MAX = 500
CERTAINTIES = ("certain", "possible")
OVERLAYS = (
    "cancelled", "completed", "delisted", "exited", "lapsed", "on-hold", "presumed-dead", "retired", "suspended", "terminated",
    "withdrawn",
)  # fmt: skip
FLAGS = tuple(flag_registry.FLAGS)
FLAG_SORTS = ("severity", "since", "-since", "next", "project")
SORTS = ("key", "name", "level", "-level", "severity", "memorandum_since", "-last_event_on")
HEADLINES = ("any", "none", *memorandum_only.FLAG.severities)
_CONFIDENCES = (*CONFIDENCES, NOT_STATED)
_EVIDENCE = (*GRADES, NOT_STATED)
INCLUDED = ("flags", "names")
MONEY_GROUPINGS = ("donor", "programme", "recipient", "year")
GROUPINGS = ("investor_country", "commodity", "sector", "forum", "instrument", "year")
FORMATS = ("json", "csv", "xlsx", "parquet")
MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
EVENT_STREAM = ("event-stream",)


class ExportFormat(NamedTuple):
    """A format of `/v1/export`: what it is sent as, and how the name of its file ends."""

    media_type: str
    ending: str


EXPORTS: Mapping[str, ExportFormat] = {
    "events": ExportFormat("application/x-ndjson", "ndjson"),
    "parquet": ExportFormat("application/zip", "zip"),
    "iati": ExportFormat("application/xml", "xml"),
    "bods": ExportFormat("application/json", "json"),
    "oc4ids": ExportFormat("application/json", "json"),
    "ocds": ExportFormat("application/json", "json"),
    "gem": ExportFormat("text/csv; charset=utf-8", "csv"),
    "snapshot": ExportFormat("application/zip", "zip"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One query parameter. `read` gives the value of one text or raises ValueError with what is allowed. `may_be_empty`: of many,
    none of them may be wanted.
    """

    name: str
    help: str
    read: Callable[[str], Any]
    many: bool = False
    choices: tuple[str, ...] = ()
    kind: str = "string"
    may_be_empty: bool = False

    def openapi(self) -> Schema:
        """The parameter as OpenAPI spells it."""
        value: Schema = {"type": self.kind}
        if self.choices:
            value["enum"] = list(self.choices)
        described: Schema = {"name": self.name, "in": "query", "required": False, "description": self.help}
        if self.many:
            return described | {"schema": {"type": "array", "items": value}, "style": "form", "explode": False}
        return described | {"schema": value}


def _many(name: str, help: str, read: Callable[[str], Any], choices: tuple[str, ...] = ()) -> Parameter:
    return Parameter(
        name=name, help=f"{help} Several, separated by commas: any of them.", read=read, many=True, choices=choices
    )


PARAMETERS: Mapping[str, Parameter] = {
    parameter.name: parameter
    for parameter in (
        Parameter(name="as_of", help="The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.", read=parse_values.day),
        Parameter(name="known_at", help="Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.", read=parse_values.knowledge),
        Parameter(name="known_by", help="When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.", choices=("reported", "recorded"), read=parse_values.one_of(("reported", "recorded"))),
        Parameter(name="rules", help="A version of the rules, as in /v1/rules. Default: the one in force.", read=parse_values.text),
        Parameter(name="limit", help=f"Rows of one page, at most {LIMIT_MAX}. Default {LIMIT_DEFAULT}; of a file: every row.", read=parse_values.count(1, LIMIT_MAX), kind="integer"),
        Parameter(name="cursor", help="Where to go on: `next_cursor` of the page before.", read=str),
        Parameter(name="format", help="Default: by Accept, else json.", read=str, choices=FORMATS),
        Parameter(name="bom", help="`true`: a CSV file begins with a byte order mark, without which Excel reads no letters beyond English. Default: false.", read=parse_values.truth, kind="boolean"),
        Parameter(name="min_position", help="Wait until the read model has reached it, as in 0:41,3:7.", read=str),
        _many("country", "One of the countries of the project, or the home of the party, ISO 3166-1 alpha-2.", parse_values.country),
        _many("kind", "Kind of party.", parse_values.one_of(PARTY_KINDS), PARTY_KINDS),
        _many("group", "Party that controls those wanted, on the day; it is one of them.", parse_values.text),
        _many("commodity", "Commodity of the project.", parse_values.text),
        _many("sector", "Sector of the project.", parse_values.one_of(SECTORS), SECTORS),
        _many("level", "Current level.", parse_values.level, tuple(LEVEL_OF_LABEL)),
        _many("flag", "Name of a flag that stands.", parse_values.one_of(FLAGS), FLAGS),
        _many("severity", "Severity of that flag.", parse_values.one_of(SEVERITIES), SEVERITIES),
        _many("certainty", "Certainty of the severity.", parse_values.one_of(CERTAINTIES), CERTAINTIES),
        _many("headline", "Severity of the project's headline memorandum-only.", parse_values.one_of(HEADLINES), HEADLINES),
        _many("overlay", "Overlay beside the level.", parse_values.one_of(OVERLAYS), OVERLAYS),
        _many("investor", "Party that pursues, itself or through a party that belongs to it on the day.", parse_values.text),
        _many("investor_country", "Home country of a party that pursues, on the day that is judged.", parse_values.country),
        _many("forum", "Forum at which a paper was signed.", parse_values.text),
        _many("project_flag", "Name of a flag that stands on the project or on one of its deals.", parse_values.one_of(FLAGS), FLAGS),
        _many("project_severity", "Severity of a flag that stands there; with `project_flag`: of that one.", parse_values.one_of(SEVERITIES), SEVERITIES),
        Parameter(name="located", help="`true`: only projects with coordinates, `false`: only those without.", read=parse_values.truth, kind="boolean"),
        Parameter(name="crosswalk", help="Add what other registers would call the project, as docs/crosswalk.md says. Several, separated by commas.", read=parse_values.one_of(tuple(SCHEMES)), many=True, choices=tuple(SCHEMES)),
        Parameter(name="include", help="Which of the fields that cost an answer most it has: `flags` of projects, and `names`, what one finds them by: place, aliases, ids. Default: flags; empty: none.", read=parse_values.one_of(INCLUDED), many=True, choices=INCLUDED, may_be_empty=True),
        Parameter(name="after", help="Only what has a larger id: where a reader of the feed goes on.", read=parse_values.count(0, 2**62), kind="integer"),
        Parameter(name="recordedtime", help="`true`: exported events keep the moment at which they were accepted here; who sends them again needs the scope `log:restore`. Default: false.", read=parse_values.truth, kind="boolean"),
        _many("cause", "What brought the change about.", parse_values.one_of(CAUSES), CAUSES),
        Parameter(name="backfill", help="`true`: also what only told history: flags that stood for more than 31 days when an event told of them. Default: false.", read=parse_values.truth, kind="boolean"),
        _many("project", "Project key.", parse_values.text),
        _many("deal", "Deal slug.", parse_values.text),
        _many("confidence", "How sure the source is of the event.", parse_values.one_of(_CONFIDENCES), _CONFIDENCES),
        _many("evidence", "Grade of a piece of evidence that the event has.", parse_values.one_of(_EVIDENCE), _EVIDENCE),
        Parameter(name="next_before", help="Only flags that become more severe before this day, if nothing else occurs.", read=parse_values.day),
        Parameter(name="horizon_months", help="As it stood so many months after the forum.", read=parse_values.count(0, 1200), kind="integer"),
        Parameter(name="by", help="What deals are grouped by: home country of who pursues them by that paper, commodity or sector of the project, forum, instrument or year of the paper. Default: not at all.", read=parse_values.one_of(GROUPINGS), choices=GROUPINGS),
        _many("buyer_country", "Home country of an offtaker, on the day of the contract; ISO 3166-1 alpha-2.", parse_values.country),
        Parameter(name="year", help="Only these calendar years. Several, separated by commas.", read=parse_values.count(1900, 2200), many=True, kind="integer"),
        Parameter(name="from", help="Only papers from this day on, by their latest days.", read=parse_values.day),
        Parameter(name="to", help="Only papers until this day.", read=parse_values.day),
        Parameter(name="currency", help="The one currency beside the original ones, ISO 4217. Default: USD.", read=parse_values.currency),
        _many("series", "Name of a reference series.", parse_values.text),
        _many("donor", "Who gives: a party's key, or its home country in capitals, a bank of several states being its own.", parse_values.text),
        _many("recipient", "Country that is to have it, ISO 3166-1 alpha-2.", parse_values.country),
        _many("programme", "Project of kind programme or umbrella through which money comes.", parse_values.text),
        Parameter(name="q", help="Part of the key, name, alias (a former key is one) or id in another register, of a project or deal also of a party that pursues it; whatever the case, the accents, the width or the script, Cyrillic or Latin.", read=parse_values.search),
        Parameter(name="sort", help="Order; a leading - is descending. Default: key.", read=parse_values.one_of(SORTS), choices=SORTS),
        Parameter(name="updated_after", help="Changed in the read model after this instant.", read=parse_values.instant),
    )
}  # fmt: skip

COMMON = ("as_of", "known_at", "known_by", "rules", "format", "min_position")
PAGED = (*COMMON, "limit", "cursor", "bom")
ABOUT_PROJECTS = (
    "country", "commodity", "sector", "level", "flag", "severity", "headline", "overlay", "investor", "investor_country",
    "forum", "q", "updated_after", "located",
)  # fmt: skip
PROJECTS = (*PAGED, *ABOUT_PROJECTS, "sort", "crosswalk", "include")
PORTFOLIO = (*COMMON, *ABOUT_PROJECTS)
DEALS = (
    *PAGED, "project", "deal", "country", "commodity", "sector", "level", "flag", "severity", "overlay", "investor",
    "investor_country", "forum", "q", "updated_after",
)  # fmt: skip
FLAG_ROWS = (
    *PAGED, "flag", "severity", "certainty", "project", "deal", "country", "commodity", "sector", "level", "headline", "overlay",
    "project_flag", "project_severity", "investor", "investor_country", "forum", "q", "updated_after", "next_before", "sort",
)  # fmt: skip
MARKETS = (*PAGED, "country", "commodity", "investor_country")
FORUMS = PAGED
SCORECARD = (*COMMON, "horizon_months")
CONVERSION = (*COMMON, "by", "from", "to", "include")
SCORECARDS = (*COMMON, "forum", "horizon_months")
VALUE_CHAIN = (*COMMON, "country", "commodity")
SUPPLY = (*COMMON, "buyer_country", "commodity", "year")
PLEDGES = (*COMMON, "by", "donor", "recipient", "forum", "programme", "year")
LIFECYCLE = (*COMMON, "country", "commodity", "level")
RECORD = (*PAGED, "project")
STATED = ("confidence", "evidence")
TIMELINE = (*PAGED, *STATED)
PARTIES = (*PAGED, "q", "country", "kind", "group")
ONE = COMMON
ONE_IN_PAGES = (*COMMON, "limit", "cursor")
PROJECT = (*ONE, "crosswalk")
_OF_TRANSITIONS = ("after", "project", "flag", "country", "cause", "backfill")
FEED = ("format", "min_position", "limit", "cursor", "bom", *_OF_TRANSITIONS)
STREAM = _OF_TRANSITIONS
QUARANTINE = ("format", "min_position", "limit", "cursor", "bom")
WAITING = ("min_position",)
MONEY = (*COMMON, "by", "donor", "recipient", "country", "commodity", "programme", "forum", "year", "currency")
AID = (*WAITING, "donor", "recipient", "year")
REFERENCE = (*WAITING, "series")
WHAT_IF = ("as_of", "rules", "min_position")
EXPORT = (*COMMON, "project", *ABOUT_PROJECTS, "recordedtime")

_SORT_OF_FLAGS = "Order: severity (default: the gravest first, of these the oldest), since, -since, next (what rises soonest first), or project."
FLAG_PARAMETERS: Mapping[str, Parameter] = {
    "sort": Parameter(name="sort", help=_SORT_OF_FLAGS, read=parse_values.one_of(FLAG_SORTS), choices=FLAG_SORTS),
    "level": _many("level", "Current level of the project.", parse_values.level, tuple(LEVEL_OF_LABEL)),
    "overlay": _many("overlay", "Overlay beside the level of the project.", parse_values.one_of(OVERLAYS), OVERLAYS),
}
"""The parameters that mean something else in FLAG_ROWS than in other lists."""
MONEY_PARAMETERS: Mapping[str, Parameter] = {
    "by": _many("by", "What money is grouped by. Default: not at all.", parse_values.one_of(MONEY_GROUPINGS), MONEY_GROUPINGS),
    "donor": _many("donor", "Nation of who gives, ISO 3166-1 alpha-2; the key of a bank of several states.", parse_values.text),
    "recipient": _many("recipient", "Country that receives, ISO 3166-1 alpha-2.", parse_values.text),
    "programme": _many("programme", "Programme that events name, or that is the project itself.", parse_values.text),
    "country": _many("country", "One of the countries of the project, ISO 3166-1 alpha-2.", parse_values.country),
    "forum": _many("forum", "Forum that the event names.", parse_values.text),
}  # fmt: skip
"""The same of MONEY and AID."""
EXPORT_PARAMETERS: Mapping[str, Parameter] = {
    "format": Parameter(name="format", help="What the file is. Default: events.", read=str, choices=tuple(EXPORTS)),
}
"""The same of EXPORT."""
SUPPLY_PARAMETERS: Mapping[str, Parameter] = {
    "commodity": _many("commodity", "Commodity of the contract.", parse_values.text),
}
"""The same of SUPPLY."""
CONVERSION_PARAMETERS: Mapping[str, Parameter] = {
    "include": Parameter(name="include", help="`deals`: list each deal that is counted, which is most of the answer. Default: none.", read=parse_values.one_of(("deals",)), many=True, choices=("deals",), may_be_empty=True),
}  # fmt: skip
"""The same of CONVERSION."""
PLEDGE_PARAMETERS: Mapping[str, Parameter] = {
    "by": Parameter(name="by", help="What promises are grouped by: who pledged, the nation of that party, recipient, forum, programme, or year in which it was first said. Default: not at all.", read=parse_values.one_of(PLEDGE_GROUPINGS), choices=PLEDGE_GROUPINGS),
    "forum": _many("forum", "Forum at which it was said.", parse_values.text),
}  # fmt: skip
"""The same of PLEDGES."""
SCORECARDS_PARAMETERS: Mapping[str, Parameter] = {
    "forum": _many("forum", "Keys of forums, at least one.", parse_values.text),
    "horizon_months": Parameter(name="horizon_months", help="As they stood so many months after each. Default: the age of the youngest.", read=parse_values.count(0, 1200), kind="integer"),
}  # fmt: skip
"""The same of SCORECARDS."""
LIFECYCLE_PARAMETERS: Mapping[str, Parameter] = {
    "level": _many("level", "Name the spells at these levels.", parse_values.level, tuple(LEVEL_OF_LABEL)),
}
"""The same of LIFECYCLE."""
_OWN_PARAMETERS: Mapping[tuple[str, ...], Mapping[str, Parameter]] = {
    MONEY: MONEY_PARAMETERS,
    AID: MONEY_PARAMETERS,
    FLAG_ROWS: FLAG_PARAMETERS,
    PLEDGES: PLEDGE_PARAMETERS,
    SCORECARDS: SCORECARDS_PARAMETERS,
    EXPORT: EXPORT_PARAMETERS,
    LIFECYCLE: LIFECYCLE_PARAMETERS,
    SUPPLY: SUPPLY_PARAMETERS,
    CONVERSION: CONVERSION_PARAMETERS,
}

# These say where an answer starts, how long it is and how it is spelt; the rest is the question.
_NOT_THE_QUESTION = frozenset({"limit", "cursor", "format", "bom", "min_position", "as_of"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request after validation. `filters` holds only what it gives; `knowledge` None: everything known by now.

    `whole`: a file of every row is wanted, because neither `limit` nor `cursor` cuts a part out of the list. Then
    `limit` is how many rows are read at once. `tell` puts sentences into words; a page keeps
    them as they are, and its templates do so in their language.
    """

    path: str
    as_of: date
    known_at: datetime
    knowledge: Knowledge | None
    rules: str | None
    limit: int
    after: list[str] | None
    format: str
    whole: bool
    bom: bool
    min_position: str | None
    filters: Mapping[str, Any]
    fingerprint: str
    caller: str
    tell: Tell = english


def parameter(name: str, names: tuple[str, ...]) -> Parameter:
    """The parameter of that name in a list that takes those names."""
    return _OWN_PARAMETERS.get(names, {}).get(name) or PARAMETERS[name]


def read(request: Request, names: tuple[str, ...], formats: tuple[str, ...] = FORMATS) -> Question:
    """Validate the parameters of a request. Raises Refusal that names the parameter."""
    given = _values(request, names)
    values = {name: _value(parameter(name, names), texts) for name, texts in given.items()}
    now = datetime.now(UTC).replace(microsecond=0)
    cursor: Cursor | None = pagination.decode(values["cursor"]) if "cursor" in values else None
    known_at: datetime = min(values.get("known_at", now), now)
    as_of = values.get("as_of") or (cursor.as_of if cursor else known_at.date())
    constraints = [(name, tuple(sorted(texts))) for name, texts in given.items() if name not in _NOT_THE_QUESTION]
    digest = pagination.fingerprint(request.url.path, constraints, as_of)
    if cursor:
        pagination.check(cursor, digest)
    form = _format(request, values.get("format"), formats)
    whole = form != "json" and values.keys().isdisjoint(("limit", "cursor"))
    if "bom" in values and form != "csv":
        raise _bad("bom", f"it is of CSV, and the answer is {form}; add format=csv, or leave it out")
    return Question(
        path=request.url.path,
        as_of=as_of,
        known_at=known_at,
        knowledge=Knowledge(known_at, values.get("known_by") == "recorded") if known_at < now else None,
        rules=values.get("rules"),
        limit=values.get("limit", LIMIT_MAX if whole else LIMIT_DEFAULT),
        after=cursor.key if cursor else None,
        format=form,
        whole=whole,
        bom=values.get("bom", False),
        min_position=values.get("min_position"),
        filters={name: value for name, value in values.items() if name not in _NOT_THE_QUESTION},
        fingerprint=digest,
        caller=caller_of(request),
    )


def caller_of(request: Request) -> str:
    """Who asks, as fair shares are counted: by key or token, where there are none by address."""
    caller = request.scope.get(CALLER)
    address = request.client.host if request.client else ""
    return caller.name if caller is not None and caller is not ANYBODY else address


def _values(request: Request, names: tuple[str, ...]) -> dict[str, list[str]]:
    """The texts of each parameter; commas separate several where several are allowed."""
    given: dict[str, list[str]] = {}
    for name, text in request.query_params.multi_items():
        if name not in names:
            detail = f"{name[:60]!r} is not known at {request.url.path}.{did_you_mean(name, names)}"
            raise Refusal(UNKNOWN_PARAMETER, detail, parameter=name[:60], parameters=sorted(names))
        if parameter(name, names).many:
            given.setdefault(name, []).extend(part.strip() for part in text.split(","))
        elif name in given:
            raise _bad(name, "it is given more than once")
        else:
            given[name] = [text]
    return given


def _value(parameter: Parameter, texts: list[str]) -> Any:
    try:
        values = [parameter.read(text) for text in texts if text or not parameter.may_be_empty]
    except ValueError as error:
        raise _bad(parameter.name, str(error)) from None
    return values if parameter.many else values[0]


def _bad(name: str, detail: str) -> Refusal:
    return Refusal(BAD_PARAMETER, f"{name}: {detail}.".replace("..", ".").replace("?.", "?"), parameter=name)


def _format(request: Request, requested: str | None, formats: tuple[str, ...]) -> str:
    """`format=` wins over Accept; Accept is read for what we have, and */* is JSON. A stream has one form, and so has an export
    for which none is named."""
    if formats == EVENT_STREAM or (formats == tuple(EXPORTS) and requested is None):
        return formats[0]
    if requested is not None:
        if requested in formats:
            return requested
        raise Refusal(
            FORMAT_NOT_AVAILABLE,
            f"format={requested[:40]}; available here: {', '.join(formats)}.",
            parameter="format",
            formats=list(formats),
        )
    accept = request.headers.get("accept", "*/*").lower()
    media = {part.split(";")[0].strip() for part in accept.split(",")}
    named = [name for name, media_type in MEDIA_TYPES.items() if media_type in media and name in formats]
    if named and "application/json" not in media:
        return named[0]
    if media & {"*/*", "application/*", "application/json", ""}:
        return "json"
    if "text/*" in media and "csv" in formats:
        return "csv"
    if "text/html" in media:
        return "json"  # a browser's address bar
    raise Refusal(
        FORMAT_NOT_AVAILABLE,
        f"Accept: {accept[:80]}; available here: {', '.join(formats)}.",
        formats=list(formats),
    )
