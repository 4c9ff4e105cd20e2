"""What is meant by a word of the trade that the vocabulary does not use: `licence`, `FID`, `arbitration`, `lender`.

Asked only when something was refused. A word that is known here gives the event, choice or field that says it; a misspelling
gives the nearest name; what is neither gives nothing, for a wrong hint is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from steppe.domain.events.vocabulary import EVENT_KINDS, TYPE_PREFIX, TYPE_SUFFIX
from steppe.domain.values.faults import nearest

_WORD_LENGTH_MAX = 100

_APPLY = "applied apply application filed submitted requested sought lodged pending"
_GRANT = "granted grant issued approved approval obtained awarded received secured given accepted"
_REFUSE = "refused refusal denied rejected rejection declined"
_LAPSE = "lapsed expired expiry revoked revocation withdrawn cancelled canceled terminated ended surrendered relinquished forfeited"
_START = "started start begun began commenced commencement launched opened initiated"
_SUSPEND = "suspended suspension halted halt paused stopped stoppage idled mothballed interrupted curtailed"
_RESUME = "resumed resumption restarted restart reopened reactivated"
_COMPLETE = "completed complete completion finished done delivered ended published"
_AMEND = (
    "amended amendment changed modified extended extension renewed renewal prolonged prolongation updated transferred"
)
_SOLVED = "resolved settled lifted won ended solved overcome withdrawn removed cleared over"
_BACK = "returned refunded refund repaid recovered back clawback"
_SETBACKS = {
    "technical": "technical defect outage breakdown",
    "price": "price prices",
    "legal": "legal ruling injunction investigation",
    "political": "political coup war election conflict",
    "environmental": "environmental pollution spill contamination",
    "sanctions": "sanctions sanction sanctioned embargo blacklisted ofac",
    "accident": "accident explosion collapse fire flood incident",
    "financing": "underfunded downgrade",
    "dispute": "dispute arbitration litigation lawsuit suit claim court icsid appeal",
    "insolvency": "insolvency insolvent bankruptcy bankrupt liquidation receivership administration default defaulted",
    "nationalisation": "nationalisation nationalization nationalised nationalized expropriation expropriated seizure seized",
    "force-majeure": "majeure forcemajeure",
    "social": "protest protests strike unrest opposition resettlement",
    "commercial": "setback problem trouble",
}  # fmt: skip

# Words, then words of which one must be there too (none: any), then what to send. The first row that fits counts.
_ROWS: tuple[tuple[str, str, str], ...] = (
    ("fid", "", "investment.decided"),
    ("investment", "decided decision decide final sanctioned taken made", "investment.decided"),
    ("financial finance financing", "close closed closing", "finance.closed"),
    *(
        row
        for kind, words in _SETBACKS.items()
        for row in ((words, _SOLVED, f"setback.resolved with kind {kind}"), (words, "", f"setback.reported with kind {kind}"))
    ),
    ("delay delayed postponed postponement slipped rescheduled", "", "milestone.planned with the new planned_on"),
    ("milestone target plan planned schedule deadline", "met reached achieved passed done completed", "milestone.met"),
    ("pledge pledged pledges promise promised", "withdrawn cancelled canceled dropped revoked taken", "pledge.withdrawn"),
    ("pledge pledged pledges promise promised", "", "pledge.announced"),
    ("permit permission permitting authorisation authorization consent eia esia planning", _REFUSE, "permit.refused"),
    ("permit permission permitting authorisation authorization consent eia esia planning", _LAPSE, "permit.lapsed"),
    ("permit permission permitting authorisation authorization consent eia esia planning", _GRANT, "permit.granted"),
    ("permit permission permitting authorisation authorization consent eia esia", "", "permit.applied"),
    ("licence license licences licenses concession tenement title right rights acreage psa psc", _APPLY, "permit.applied"),
    ("licence license licences licenses concession tenement title right rights acreage psa psc", _REFUSE, "permit.refused"),
    ("licence license licences licenses concession tenement title right rights acreage psa psc", _AMEND, "rights.amended"),
    ("licence license licences licenses concession tenement title right rights acreage psa psc", _LAPSE, "rights.revoked (one that runs out: ends_on of rights.granted)"),
    ("licence license licences licenses concession tenement title right rights acreage psa psc", "", "rights.granted"),
    ("tender auction bid bidding bidder rfp eoi procurement shortlist shortlisted", "awarded won winner selected selection chosen preferred shortlist shortlisted", "intent.announced with kind selection (works.awarded once a contract is signed)"),
    ("tender auction bid bidding bidder rfp eoi procurement", "", "intent.announced with kind statement (kind selection once a bidder is chosen)"),
    ("party company investor shareholder", "renamed rename merged merger name acquired", "party.amended"),
    ("merged merger merge renamed rename duplicate duplicated split superseded replaced", "", "project.superseded (a new name alone: project.amended)"),
    ("epc works contractor construction-contract", "awarded award signed contract contracted", "works.awarded"),
    ("contract agreement", "terminated termination cancelled canceled annulled rescinded ended", "contract.terminated"),
    ("contract agreement deal", "signed concluded agreed executed", "works.awarded (or offtake.signed, equity.agreed, loan.signed: what the contract binds)"),
    ("construction building works site", _SUSPEND, "construction.suspended"),
    ("construction building works site", _RESUME, "construction.resumed"),
    ("construction building works mechanical", _COMPLETE, "construction.completed"),
    ("groundbreaking", "", "intent.announced with kind ground-breaking (construction.started once work begins)"),
    ("ground", "breaking broken", "intent.announced with kind ground-breaking (construction.started once work begins)"),
    ("ceremony inauguration inaugurated", "", "intent.announced with kind ceremony"),
    ("construction building earthworks", "", "construction.started"),
    ("shelved frozen", "", "project.suspended"),
    ("production operation operations output mining plant unit mine mothballed idled curtailed outage", _SUSPEND, "production.suspended"),
    ("production operation operations output mining plant unit mine", _RESUME, "production.resumed"),
    ("commissioning commissioned trial test testing rampup", "", "production.started with phase trial (construction.completed if only the works stand)"),
    ("production operation operations operational operating operated cod online energised energized commercial first", "", "production.started with phase commercial"),
    ("retired retirement retire decommissioned decommissioning closure closed shutdown shut dismantled demolished", "", "project.retired"),
    ("abandoned abandonment cancelled canceled cancellation dropped scrapped", "", "project.cancelled"),
    ("suspended suspension", "", "project.suspended"),
    ("mou memorandum loi framework protocol cooperation intent-letter", "lapsed expired expiry", "memorandum.lapsed"),
    ("mou memorandum loi framework protocol cooperation", "renewed renewal extended again", "memorandum.renewed"),
    ("mou memorandum loi framework protocol cooperation letter", "", "memorandum.signed"),
    ("treaty intergovernmental iga", "", "memorandum.signed with instrument treaty"),
    ("termsheet heads exclusivity mandate term", "", "termsheet.signed"),
    ("feasibility pfs dfs bfs prefeasibility scoping study survey", _START, "study.started"),
    ("feasibility pfs dfs bfs prefeasibility scoping study survey", "", "study.completed"),
    ("drilling drilled drill resource resources reserve reserves exploration assay discovery discovered", "", "exploration.reported"),
    ("board", "", "finance.approved"),
    ("commitment commitments committed", "reduced reduction decommitted cancelled canceled cut", "commitment.reduced"),
    ("decommitment decommitted", "", "commitment.reduced"),
    ("funds money payment disbursement loan grant refund refunded clawback", _BACK, "funds.returned"),
    ("disbursement disbursed drawdown drawn tranche payment paid expenditure spent", "", "funds.disbursed"),
    ("loan credit debt facility grant financing lending", "approved approval", "finance.approved"),
    ("loan credit debt facility bond lending", "", "loan.signed"),
    ("guarantee insurance guaranteed insured", "", "guarantee.issued"),
    ("grant donation aid", "", "grant.committed"),
    ("ppa offtake supply purchase sales sale", "amended amendment extended changed prolonged renewed", "offtake.amended"),
    ("ppa offtake supply sales", "ended terminated expired fulfilled", "offtake.ended"),
    ("ppa offtake supply sales", "", "offtake.signed"),
    ("divestment divested divestiture exit exited sold sale", "", "equity.exited"),
    ("acquisition acquired stake share shares equity buyout farmin jv venture takeover", "closed completed completion", "equity.closed"),
    ("acquisition acquire acquired purchase stake share shares equity buyout farmin jv venture takeover", "", "equity.agreed"),
    ("withdrew withdrawal withdrawn pullout left", "", "investor.withdrew"),
    ("delisted unlisted vanished", "", "review.confirmed with finding not-listed"),
    ("talks negotiation negotiations meeting visit", "", "intent.announced with kind talks"),
    ("settlement", "", "intent.announced with kind settlement"),
    ("statement announced announcement interest", "", "intent.announced with kind statement"),
    ("project asset site mine plant", "created added new proposed discovered listed create add", "project.registered"),
    ("project asset site", "updated changed modified update edited", "project.amended"),
    ("company party investor owner", "created added new registered create", "party.registered"),
    ("summit forum conference visit", "", "forum.held"),
    ("retract delete deleted removed remove retracted undo", "", "event.retracted"),
    ("correct correction corrected fix update updated", "", "event.corrected"),
    ("localised localized localisation localization smelter refinery processing", "", "processing.localised"),
    ("trained training", "", "training.delivered"),
    ("certificate certified certification", "", "certification.granted"),
)  # fmt: skip
_HINTS = tuple((frozenset(words.split()), frozenset(also.split()), hint) for words, also, hint in _ROWS)

# Values of choices in the words of others, by choice.
_CHOICES = {
    "investor": "owner sponsor developer operator shareholder equity-investor acquirer partner",
    "financier": "lender bank creditor funder financer dfi eca mdb",
    "contractor": "epc builder supplier constructor vendor-contractor",
    "offtaker": "buyer customer purchaser off-taker consumer",
    "donor": "grantor provider reporting-org",
    "host": "government ministry state recipient host-government beneficiary",
    "seller": "vendor previous-owner",
    "adviser": "advisor consultant lawyer",
    "regulator": "authority agency",
    "energy": "power oil gas oil-and-gas electricity solar wind hydro nuclear coal renewables hydrogen",
    "mining": "mine metals minerals coal-mining exploration production-licence",
    "processing": "smelting refining refinery metallurgy chemicals",
    "transport": "rail railway road port logistics shipping pipeline aviation",
    "human-capital": "education training health social",
    "deposit": "mine mining ore field oilfield gasfield reserve quarry",
    "plant": "power-plant powerplant power-station factory smelter refinery facility unit mill station terminal",
    "corridor": "pipeline railway rail road line transmission-line route highway cable",
    "programme": "program fund initiative",
    "state-company": "soe national-company state-owned state-owned-company state-owned-enterprise",
    "company": "private corporation enterprise ltd firm business joint-venture",
    "development-bank": "bank dfi policy-bank",
    "multilateral": "international-organisation international-organization mdb un",
    "government": "ministry state",
    "agency": "eca authority",
    "mou": "memorandum memorandum-of-understanding agreement",
    "loi": "letter-of-intent letter",
    "framework": "framework-agreement general-agreement",
    "cooperation": "cooperation-agreement partnership strategic-partnership",
    "treaty": "iga intergovernmental-agreement convention",
    "term-sheet": "termsheet terms indicative-terms",
    "heads": "hoa heads-of-terms heads-of-agreement",
    "letter-of-interest": "loi support-letter",
    "mandate": "mandate-letter",
    "statement": "announcement intention interest plan proposal",
    "talks": "negotiation negotiations meeting visit discussions",
    "ceremony": "inauguration opening",
    "ground-breaking": "groundbreaking foundation-stone first-stone",
    "selection": "tender preferred-bidder award shortlist",
    "prefeasibility": "pfs pre-feasibility",
    "feasibility": "dfs bfs fs feasibility-study bankable",
    "scoping": "pea scoping-study",
    "survey": "geological-survey",
    "concession": "psa psc production-sharing subsoil-use",
    "exploration": "prospecting reconnaissance",
    "land": "lease surface surface-rights site",
    "environmental": "eia esia ecology environment",
    "construction": "building build",
    "planning": "zoning planning-permission development-consent",
    "operating": "operation operations operational generation",
    "dispute": "arbitration litigation lawsuit court claim",
    "insolvency": "bankruptcy bankrupt liquidation receivership administration default",
    "nationalisation": "nationalization expropriation seizure",
    "force-majeure": "force_majeure majeure act-of-god",
    "sanctions": "sanction embargo",
    "social": "protest protests strike unrest community",
    "political": "war coup election regulation conflict",
    "financing": "funding finance money",
    "legal": "permit licence license investigation",
    "price": "prices market low-prices",
    "accident": "fire explosion flood collapse",
    "oda": "aid concessional development-aid",
    "eca": "exim export-credit export-credit-agency",
    "mdb": "multilateral development-bank world-bank ebrd adb",
    "commercial": "bank private market operation operational",
    "trial": "test pilot commissioning ramp-up",
    "debt": "loan credit",
    "works": "epc contract",
    "rights": "licence license concession",
    "metal": "smelting refining",
    "separation": "refining processing",
    "increment": "additional new delta",
    "total": "cumulative sum",
    "project-cost": "capex cost investment",
    "estimated": "estimate approximate",
    "stated": "reported announced official",
    "official": "government filing regulator",
    "trade-press": "specialist journal trade",
    "press": "news newspaper media",
    "high": "certain sure strong",
    "medium": "moderate",
    "low": "weak uncertain rumour rumor",
    "exact": "precise site point",
    "approximate": "near city town",
    "region": "province country centroid oblast",
    "not-listed": "removed delisted gone",
    "nothing-new": "none no-change unchanged",
    "year": "annual annually yearly pa per-year",
    "owner": "company sponsor",
    "state": "government host ministry",
    "lender": "bank financier",
}  # fmt: skip
_SAID_AS: dict[str, tuple[str, ...]] = {}
for _choice, _words in _CHOICES.items():
    for _word in _words.split():
        _SAID_AS[_word] = (*_SAID_AS.get(_word, ()), _choice)

# Names of fields in the words of others; a hint that begins with a field is given only where the field is known.
_FIELDS = {
    "occurred": "date day when year event_date start_date on happened signed_on signed effective_date",
    "reported": "published publication_date report_date reported_on known announced_on as_of",
    "evidence": "url link source sources source_url reference references citation",
    "parties with role investor": "investor investors company companies sponsor owner owners developer operator",
    "parties with role financier": "lender lenders bank financier",
    "parties with role donor": "donor funder provider",
    "parties with role contractor": "contractor contractors epc",
    "parties with role offtaker": "buyer offtaker customer",
    "parties with role host": "host government recipient",
    "parties": "party participants partners counterparty stakeholders organisations",
    "amount": "value currency cost capex price sum money budget",
    "note": "comment comments description remark remarks text notes summary",
    "latitude": "lat y",
    "longitude": "lon lng long x",
    "country": "country_code iso iso2 nation location",
    "home_country": "country nationality nation headquarters",
    "commodities": "commodity mineral minerals metal metals fuel product",
    "aliases": "alias other_names local_name former_name",
    "ids": "identifiers external_id gem_id identifier",
    "right": "licence license licence_type kind",
    "permit": "permit_type kind",
    "ends_on": "expires_on expiry expires valid_until end_date end until",
    "expires_on": "ends_on expiry expires valid_until end_date end until",
    "planned_on": "target_date due due_date planned deadline eta expected date",
    "stake_percent": "stake share percent ownership shareholding interest percentage",
    "part": "unit_name train lot stage block_name section phase_name",
    "capacity": "mw size capacity_mw",
    "parent": "parent_company owner holding ultimate_parent",
    "instrument": "document document_type type kind paper",
    "kind": "type category setback_type",
    "reason": "cause why because",
    "long_stop": "longstop long_stop_date longstop_date conditions_until",
    "conditional": "conditions condition",
    "programme": "program initiative fund",
    "forum": "summit conference event",
    "by": "initiated_by replaced_by successor successors",
    "target": "corrects retracts event event_id",
}  # fmt: skip
_FIELD_HINTS: dict[str, tuple[str, ...]] = {}
for _field, _words in _FIELDS.items():
    for _word in _words.split():
        _FIELD_HINTS[_word] = (*_FIELD_HINTS.get(_word, ()), _field)


def event_hint(text: str, *, wire: bool = False) -> str:
    """`; did you mean setback.reported with kind sanctions?` of an unknown name or type; nothing where nothing is suggested.

    `wire`: with the wire name, `steppe.setback.reported.v1`.
    """
    meant = _event_meant(text[:_WORD_LENGTH_MAX].strip())
    if meant is None:
        return ""
    name, space, how = meant.partition(" ")
    return f"; did you mean {TYPE_PREFIX + name + TYPE_SUFFIX if wire else name}{space}{how}?"


@lru_cache(maxsize=256)
def words_of_event(name: str) -> frozenset[str]:
    """The words of the trade that may mean this event, for a search; KeyError for an unknown name."""
    kind = EVENT_KINDS[name]
    words = {word for words, _, hint in _HINTS if hint.partition(" ")[0] == name for word in words}
    choices = {choice for field in kind.fields if field.required for choice in field.choices}
    return frozenset(words | choices | {word for choice in choices for word in _CHOICES.get(choice, "").split()})


@lru_cache(maxsize=4_096)
def _event_meant(text: str) -> str | None:
    plain = re.sub(r"[^a-z]+", ".", re.sub(r"(?<=[a-z])(?=[A-Z])", ".", text).lower())
    plain = re.sub(r"\.v\.?$", "", plain).removeprefix(TYPE_PREFIX).strip(".")
    if plain in EVENT_KINDS:
        return plain
    # A misspelling keeps the beginning or the end; to compare with every name would take a millisecond.
    alike = [name for name in EVENT_KINDS if name[:2] == plain[:2] or name[-5:] == plain[-5:]]
    if near := get_close_matches(plain, alike, 1, 0.92):
        return near[0]
    tokens = frozenset(plain.split("."))
    for words, also, hint in _HINTS:
        if tokens & words and (not also or tokens & also):
            return hint
    near = get_close_matches(plain, alike, 1, 0.75)
    return near[0] if near else None


def choice_hint(text: str, choices: tuple[str, ...]) -> str:
    """`; did you mean financier?` of a value that is none of the choices; nothing where nothing is suggested."""
    plain = re.sub(r"[\s_]+", "-", text[:_WORD_LENGTH_MAX].strip().lower())
    if plain in choices:
        return f"; did you mean {plain}?"
    for choice in _SAID_AS.get(plain, ()):
        if choice in choices:
            return f"; did you mean {choice}?"
    return nearest(plain, choices, cutoff=0.7)


def field_hint(key: str, fields: Iterable[str]) -> str:
    """`; did you mean occurred?` of an unknown field; nothing where nothing is suggested."""
    plain = re.sub(r"[\s-]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key[:_WORD_LENGTH_MAX].strip()).lower())
    names = frozenset(fields)
    if plain in names:
        return f"; did you mean {plain}?"
    for hint in _FIELD_HINTS.get(plain, ()):
        if hint.partition(" ")[0] in names:
            return f"; did you mean {hint}?"
    if plain in ("status", "level", "state", "stage"):
        return "; the status is not told but follows from the events"
    return nearest(plain, names, cutoff=0.7)
