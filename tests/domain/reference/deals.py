"""A deal: its phases, legs, permits, papers and pursuers, and how they begin and end (sections 1 and 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tests.domain.reference.days import NEVER, Span, Start, add_days, add_months, bounds, latest_day, on
from tests.domain.reference.events import Row
from tests.domain.reference.vocabulary import KINDS, NON_BINDING, PURSUING

_OFFTAKE_FIELDS = ("commodity", "volume", "unit", "per", "term_years", "starts_on", "ends_on")


@dataclass(slots=True)
class Leg:
    """What one row bound."""

    kind: str
    row: Row
    inferred: bool = False
    holders: set[str] = field(default_factory=set)
    conditional: bool = False
    right: str | None = None
    terms: dict[str, object] = field(default_factory=dict)
    financed: bool = False
    valid: bool = True
    valid_before: bool = False
    ended: Span | None = None
    ended_by: str | None = None
    # The rows that bound or amended it, with the right that it was after each.
    said: list[tuple[Row, str | None]] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)

    @property
    def is_exploration(self) -> bool:
        """Whether it is an exploration right."""
        return self.kind == "rights" and self.right == "exploration"

    def ceases_by_itself(self) -> tuple[date, str]:
        """The day on which it ceases by itself, and how: its end or its long stop, of both the first (section 4)."""
        day, how = self._end(), "expired"
        long_stop = latest_day(self.row.data.get("long_stop")) if self.conditional else None
        if long_stop is not None and long_stop <= day:
            day, how = long_stop, "long-stop"
        return day, how

    def _end(self) -> date:
        """The day after `ends_on`, or the day with which the years of an offtake are over."""
        if "ends_on" in self.terms:
            end = latest_day(self.terms["ends_on"])
            return NEVER if end is None else add_days(end, 1)
        years = self.terms.get("term_years")
        if self.kind == "offtake" and years is not None:
            begins = latest_day(self.terms.get("starts_on")) or self.row.day
            return add_months(begins, self._term_months())
        return NEVER

    def ended_by_itself(self, day: date) -> Span:
        """Both ends of the day at whose end it ceased by itself, as they were given (section 2, told as given).

        If it was over before, it ended with the row that bound or amended it last.
        """
        reckoned, how = self.ceases_by_itself()
        if reckoned != day:
            row = self.said[-1][0]
            return row.span if row.day == day else on(day)
        if how == "long-stop":
            earliest = bounds(str(self.row.data["long_stop"]))[0]
        elif "ends_on" in self.terms:
            first = bounds(str(self.terms["ends_on"]))[0]
            earliest = None if first is None else add_days(first, 1)
        else:
            begins = self.terms.get("starts_on")
            has_start = begins is not None and latest_day(begins) is not None
            first = bounds(str(begins))[0] if has_start else self.row.span.earliest
            earliest = None if first is None else add_months(first, self._term_months())
        bound_earliest = self.row.span.earliest
        if earliest is not None and bound_earliest is not None and earliest < bound_earliest <= day:
            earliest = bound_earliest
        return Span(earliest, day)

    def _term_months(self) -> int:
        return int(Decimal(str(self.terms["term_years"])) * 12)

    def amend(self, row: Row, right: str | None) -> None:
        """Change its terms field by field; what an amendment does not say stays."""
        self.terms |= {name: row.data[name] for name in _OFFTAKE_FIELDS if name in row.data}
        self.right = right
        self.said.append((row, right))
        self.rows.append(row.ref)

    def cease(self, span: Span, how: str) -> None:
        """End it."""
        self.valid = False
        self.ended = span
        self.ended_by = how


@dataclass(slots=True)
class Grant:
    """A permit that was granted."""

    row: Row
    valid: bool = True
    valid_before: bool = False

    @property
    def permit(self) -> str | None:
        """Its kind."""
        permit = self.row.data.get("permit")
        return None if permit is None else str(permit)

    @property
    def ceases_on(self) -> date:
        """The day after its `expires_on`."""
        expires = latest_day(self.row.data.get("expires_on"))
        return NEVER if expires is None else add_days(expires, 1)

    def is_spoken_of_by(self, row: Row) -> bool:
        """Whether a lapse or refusal is of its kind and part; without either it is of all."""
        return row.data.get("permit") in (None, self.permit) and row.part in (None, self.row.part)


@dataclass(slots=True)
class Run:
    """A run of days at whose ends something held."""

    first_day: date
    begun_by: list[Start]
    endings: list[Start] = field(default_factory=list)
    left: list[Start] = field(default_factory=list)


@dataclass(slots=True)
class Phase:
    """The life of a deal from its first step to its end."""

    number: int
    first: Row
    rows: list[Row] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    papers: list[Row] = field(default_factory=list)
    lapse: Row | None = None
    pledges_left: set[tuple[str, str]] = field(default_factory=set)
    closed: bool = False
    # Who pursues, by role, less those who left and did not sign again.
    signed: dict[str, set[str]] = field(default_factory=dict)
    # What is known of the shares of equity that parties hold.
    holdings: dict[str, Decimal] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)

    @property
    def valid_legs(self) -> list[Leg]:
        """The legs that are valid."""
        return [leg for leg in self.legs if leg.valid]

    @property
    def first_day(self) -> date:
        """The day of its first step."""
        return self.first.day

    def steps_level(self) -> int | None:
        """(a) of section 4: the highest of its non-binding steps."""
        return max(
            (row.level for row in self.rows if row.level is not None and row.effect == NON_BINDING), default=None
        )

    def role(self) -> str | None:
        """The highest pursuing role of those who pursue (section 1)."""
        return next((role for role in PURSUING if self.signed.get(role)), None)

    def pursuers(self) -> list[str]:
        """The parties of that role."""
        role = self.role()
        return [] if role is None else sorted(self.signed[role])

    def sign(self, row: Row) -> None:
        """Take in the parties that a row with a level names in a pursuing role; who had left signs again."""
        for role in PURSUING:
            self.signed.setdefault(role, set()).update(row.parties(role))

    def leave(self, parties: Iterable[str]) -> None:
        """Who leaves pursues in no role."""
        for signed in self.signed.values():
            signed.difference_update(parties)


class Deal:
    """One thread of negotiation."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.phases: list[Phase] = []
        self.living = False
        self.how: str | None = None
        self.ended: Span | None = None
        self.own: list[Row] = []
        self.heard: list[Row] = []
        self.has_spoken = False

    @property
    def phase(self) -> Phase:
        """The present phase, or the last one."""
        return self.phases[-1]

    def all_legs(self) -> Iterable[Leg]:
        """The legs of all its phases."""
        return (leg for phase in self.phases for leg in phase.legs)

    def open(self, row: Row) -> None:
        """Begin a phase with its first step."""
        self.phases.append(Phase(len(self.phases) + 1, row))
        self.living = True
        self.how = self.ended = None

    def end(self, how: str, span: Span) -> None:
        """End the phase; its legs cease, and silence begins anew."""
        for leg in self.phase.valid_legs:
            leg.cease(span, how)
        self.living = False
        self.how, self.ended = how, span
        self.phase.runs.clear()
        self.heard = []
        self.has_spoken = False

    def plans_and_rows_of_this_phase(self) -> list[Row]:
        """Its own rows of this phase, the day of its first step included (section 6, overdue)."""
        return [row for row in self.own if row.day >= self.phase.first_day]


def leg_bound_by(row: Row) -> str | None:
    """The leg that a row binds: of a disbursement its `leg`, of another physical row `unknown` (section 3)."""
    if row.name == "funds.disbursed":
        if "leg" in row.data:
            return str(row.data["leg"])
        return "grant" if row.parties("donor") and not row.parties("financier") else "debt"
    if row.is_physical:
        return "unknown"
    return KINDS[row.name].leg if row.is_binding else None


def holders_named_by(row: Row, kind: str) -> set[str]:
    """Who holds the leg that a row binds (section 4)."""
    role = {"equity": "investor", "offtake": "offtaker"}.get(kind)
    return set(row.parties(role)) if role is not None and row.is_binding else set()


def stakes_told_by(row: Row, role: str | None = None) -> dict[str, Decimal]:
    """The holdings after a row that it tells, of everybody or of the parties in a role (section 3)."""
    return {
        str(party["party"]): Decimal(str(party["stake_percent"]))
        for party in row.data.get("parties", ())
        if party.get("stake_percent") is not None and role in (None, party["role"])
    }


def new_leg(row: Row, kind: str, inferred: bool) -> Leg:
    """The leg that a row binds, unconditional unless it says otherwise."""
    right = str(row.data["right"]) if kind == "rights" and "right" in row.data else None
    return Leg(
        kind=kind,
        row=row,
        inferred=inferred,
        holders=holders_named_by(row, kind),
        conditional=row.data.get("conditional") is True,
        right=right,
        terms={name: row.data[name] for name in _OFFTAKE_FIELDS if name in row.data}
        if kind in ("offtake", "rights")
        else {},
        financed=row.name in ("finance.closed", "funds.disbursed"),
        said=[(row, right)],
        rows=[row.ref],
    )


LEG_ENDINGS = {
    "contract.terminated": "terminated",
    "rights.revoked": "revoked",
    "offtake.ended": "fulfilled",
    "equity.exited": "exited",
}


def speaks_of(ending: Row, ref: tuple[str, str], kind: str, right: str | None, holders: set[str]) -> bool:
    """Whether an ending row of a leg speaks of one: leg, right and holders have to fit, and the event it names."""
    if ending.reference("ends") not in (None, ref):
        return False
    if ending.name == "contract.terminated":
        return ending.data.get("leg") in (None, kind)
    if ending.name == "rights.revoked":
        return kind == "rights" and ending.data.get("right") in (None, right)
    role, wanted = ("offtaker", "offtake") if ending.name == "offtake.ended" else ("investor", "equity")
    named = ending.parties(role)
    return kind == wanted and (not named or not holders or not holders.isdisjoint(named))


def speaks_of_leg(ending: Row, leg: Leg) -> bool:
    """Whether an ending row speaks of a leg as it is now."""
    return speaks_of(ending, leg.row.event.key, leg.kind, leg.right, leg.holders)


def leavers(ending: Row, spoken: Iterable[Leg], holdings: dict[str, Decimal]) -> set[str] | None:
    """Who has nothing left of the legs that an exit or the end of an offtake speaks of; None: all who hold them (section 4).

    Takes off the holdings what is given up.
    """
    if ending.name == "offtake.ended":
        return set(ending.parties("offtaker")) or None
    named = set(ending.parties("investor"))
    stakes = stakes_told_by(ending, "investor")  # a party's own is its holding after the event
    holdings |= stakes
    given_up = ending.data.get("stake_percent")
    if given_up is None:
        left = {party for party in named if stakes.get(party, Decimal()) <= 0}
        if not named:
            left = {party for leg in spoken for party in leg.holders}
        for party in left:
            holdings.pop(party, None)
        return left if named else None
    leaving = named or {party for leg in spoken for party in leg.holders}
    if stakes:
        return {party for party in leaving if holdings.get(party, Decimal(1)) <= 0}
    if not leaving or any(party not in holdings for party in leaving):
        return set()
    left_over = sum((holdings[party] for party in leaving), Decimal()) - Decimal(str(given_up))
    for party in leaving:
        holdings[party] = max(left_over, Decimal())
    return leaving if left_over <= 0 else set()


def take_out(leg: Leg, leaving: set[str] | None) -> bool:
    """Take parties (None: all) out of a leg; whether it ceases with its last holder, or has none and somebody left."""
    if leaving is None or not leg.holders:
        return leaving is None or bool(leaving)
    leg.holders -= leaving
    return not leg.holders
