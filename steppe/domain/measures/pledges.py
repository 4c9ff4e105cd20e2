"""What became of promises of money (domain page, section 9): what was bound and disbursed after them, and how much of their time is over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from steppe.domain.analysis.money import COMMITTED, DISBURSED, changes
from steppe.domain.deals.pursuers import Pursuers
from steppe.domain.events.corrections import Identity
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import Effect
from steppe.domain.fold.narrowing import narrowed
from steppe.domain.legs.given_ends import given_end
from steppe.domain.measures.exchange_rates import Converted, ExchangeRates
from steppe.domain.values.states import Start
from steppe.domain.values.value_class import value_class

ANNOUNCED, WITHDRAWN = "pledge.announced", "pledge.withdrawn"
_MOVES_MONEY = frozenset({"funds.disbursed", "funds.returned", "commitment.reduced"})
_UMBRELLAS = ("programme", "umbrella")


@value_class(frozen=True, slots=True, kw_only=True)
class Claim:
    """A row that binds or moves money. `change`: by how much it moves the sum `of`, committed or disbursed, of its leg.

    `uncounted` says why it moves none: no-amount, portfolio, project-cost, claim, or part-of (it repeats a document that states it).
    `programmes` are those that it names, or that a part of it names where it names none.
    """

    project: str
    event: Event
    programmes: frozenset[str]
    leg: str | None
    of: str | None
    currency: str | None
    change: Decimal
    uncounted: str | None

    @property
    def identity(self) -> tuple[str, str, str]:
        """Of its event, among all projects."""
        return self.project, self.event.source, self.event.id


@value_class(frozen=True, slots=True, kw_only=True)
class Pledge:
    """A promise: the pledge that repeats no other, with all that repeat it, in the order in which they were said.

    `claims` are the rows after the first of them that name its programme, or are of its deal. `withdrawn` None: it stands.
    """

    project: str
    root: Event
    statements: tuple[Event, ...]
    withdrawn: Event | None
    programmes: tuple[str, ...]
    claims: tuple[Claim, ...]

    @property
    def first(self) -> Event:
        """Its first statement."""
        return self.statements[0]

    @property
    def year(self) -> int:
        """The year whose rates apply: that of the first statement."""
        return self.first.latest.year

    @property
    def amount(self) -> Decimal:
        """By the last statement."""
        return Decimal(self.statements[-1].data["amount"]["value"])

    @property
    def currency(self) -> str:
        """Of the amount in the last statement."""
        return str(self.statements[-1].data["amount"]["currency"])

    @property
    def deadline(self) -> str | None:
        """By the last statement that has one, in EDTF; None: no statement has."""
        return next((event.data["deadline"] for event in reversed(self.statements) if "deadline" in event.data), None)

    @property
    def ends(self) -> Start | None:
        """The interval of the deadline; None: there is none, or it is open."""
        return given_end(self.deadline)

    @property
    def pledgers(self) -> tuple[str, ...]:
        """The parties of the highest pursuing role that it names."""
        pursuers = Pursuers()
        for event in self.statements:
            pursuers = pursuers.with_those_of(event)
        return pursuers.parties

    @property
    def recipients(self) -> tuple[str, ...] | None:
        """The countries that are to have it, by the last statement that names some; None: no statement does."""
        recipients = (event.data["recipients"] for event in reversed(self.statements) if event.data.get("recipients"))
        last = next(recipients, None)
        return None if last is None else tuple(sorted(last))

    @property
    def forums(self) -> tuple[str, ...]:
        """The forums of its statements."""
        return tuple(sorted({event.data["forum"] for event in self.statements if "forum" in event.data}))

    def time_passed(self, day: date) -> float | None:
        """The share of its time that is over on a day, from the day on which it was first said to its deadline, both at their
        latest; None: it has no deadline."""
        if self.ends is None:
            return None
        days = (self.ends.latest - self.first.latest).days
        return 1.0 if days <= 0 else min(1.0, max(0, (day - self.first.latest).days) / days)

    def sums(self, of: str) -> Mapping[str, Decimal]:
        """What was committed, or disbursed, in the currencies of the rows."""
        return sums_of(self.claims, of)


def sums_of(claims: Iterable[Claim], of: str) -> Mapping[str, Decimal]:
    """What rows commit, or disburse, by currency."""
    by_currency: defaultdict[str, Decimal] = defaultdict(Decimal)
    for claim in claims:
        if claim.of == of and claim.currency is not None and claim.uncounted is None:
            by_currency[claim.currency] += claim.change
    return dict(sorted(by_currency.items()))


def claims_of(project: str, events: Sequence[Event], stated_elsewhere: Collection[Identity] = ()) -> list[Claim]:
    """The rows of a project that bind or move money, in fold order. `stated_elsewhere` as for `money_rows`."""
    moved = {(change.row.event.source, change.row.event.id): change for change in changes(events, stated_elsewhere)}
    programmes_of_parts: defaultdict[Identity, set[str]] = defaultdict(set)
    for event in events:
        if "part_of" in event.data and "programme" in event.data:
            whole = event.data["part_of"]
            programmes_of_parts[whole["source"], whole["id"]].add(event.data["programme"])
    claims: list[Claim] = []
    for event in events:
        if event.kind.effect is not Effect.BINDING and event.kind.name not in _MOVES_MONEY:
            continue
        identity = (event.source, event.id)
        change = moved.get(identity)
        own = event.data.get("programme")
        claims.append(
            Claim(
                project=project,
                event=event,
                programmes=frozenset((own,) if own else programmes_of_parts.get(identity, ())),
                leg=event.kind.leg if change is None else change.row.leg,
                of=None if change is None else change.row.of,
                currency=None if change is None else change.row.currency,
                change=Decimal(0) if change is None else change.change,
                uncounted=None if change is not None else _why_uncounted(event),
            )
        )
    return claims


def _why_uncounted(event: Event) -> str:
    amount = event.data.get("amount")
    if not amount:
        return "no-amount"
    of = amount.get("of", "price")
    return "part-of" if of in ("price", "leg") else str(of)


def counted_by(events: Iterable[Event], day: date) -> list[Event]:
    """The events of a project that count by a day, in fold order, narrowed as the fold narrows them."""
    in_order = narrowed(sorted(events, key=lambda event: event.order))
    return [event for event in in_order if event.latest <= day]


def pledges(
    events: Mapping[str, Sequence[Event]], claims: Iterable[Claim], kinds: Mapping[str, str | None]
) -> list[Pledge]:
    """The promises among the events of projects, in the order in which they were first said.

    `events` as `counted_by` gives them, by project; `claims` those of all projects; `kinds` of projects, as registered. What says no
    amount, as only a row that became a pledge by correction may, is none.
    """
    announced = [
        (project, event)
        for project, of_project in events.items()
        for event in of_project
        if event.kind.name == ANNOUNCED and event.data.get("amount")
    ]
    roots = _roots(announced)
    chains: defaultdict[tuple[str, str, str], list[tuple[str, Event]]] = defaultdict(list)
    for project, event in announced:
        chains[roots[project, event.source, event.id]].append((project, event))
    by_programme: defaultdict[str, list[Claim]] = defaultdict(list)
    by_deal: defaultdict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        for programme in claim.programmes:
            by_programme[programme].append(claim)
        if claim.event.deal is not None:
            by_deal[claim.project, claim.event.deal].append(claim)
    promises: list[Pledge] = []
    for (project, source, id_), chain in chains.items():
        chain.sort(key=lambda statement: (statement[1].order, statement[0]))
        programmes = sorted({name for subject, event in chain for name in _programmes(subject, event, kinds)})
        deals = sorted({(subject, event.deal) for subject, event in chain if event.deal is not None})
        first = chain[0][1].order
        under = [claim for programme in programmes for claim in by_programme[programme]]
        under += [claim for deal in deals for claim in by_deal[deal]]
        after = {claim.identity: claim for claim in under if claim.event.order > first}
        promises.append(
            Pledge(
                project=project,
                root=next(
                    event for subject, event in chain if (subject, event.source, event.id) == (project, source, id_)
                ),
                statements=tuple(event for _, event in chain),
                withdrawn=_withdrawal(events, chain),
                programmes=tuple(programmes),
                claims=tuple(sorted(after.values(), key=lambda claim: (claim.event.order, claim.project))),
            )
        )
    return sorted(promises, key=lambda pledge: (pledge.first.order, pledge.project))


def _programmes(project: str, event: Event, kinds: Mapping[str, str | None]) -> Iterator[str]:
    """The programme through which the money of a pledge comes: the one it names, else the programme that makes it."""
    if "programme" in event.data:
        yield event.data["programme"]
    elif kinds.get(project) in _UMBRELLAS:
        yield project


def _roots(announced: Sequence[tuple[str, Event]]) -> Mapping[tuple[str, str, str], tuple[str, str, str]]:
    """Which pledge each repeats in the end: itself, if none that is there; of a ring its first."""
    by_identity: defaultdict[Identity, list[str]] = defaultdict(list)
    orders = {}
    for project, event in announced:
        by_identity[event.source, event.id].append(project)
        orders[project, event.source, event.id] = (event.order, project)
    repeated: dict[tuple[str, str, str], tuple[str, str, str]] = {}
    for project, event in announced:
        if "repeats" in event.data:
            identity = (event.data["repeats"]["source"], event.data["repeats"]["id"])
            projects = by_identity.get(identity, ())
            if projects:
                repeated[project, event.source, event.id] = (
                    project if project in projects else min(projects),
                    *identity,
                )
    roots: dict[tuple[str, str, str], tuple[str, str, str]] = {}
    for key in orders:
        path = [key]
        while (following := repeated.get(path[-1])) is not None and following not in path:
            path.append(following)
        ring = [] if following is None else path[path.index(following) :]
        roots[key] = min(ring, key=lambda member: orders[member]) if ring else path[-1]
    return roots


def _withdrawal(events: Mapping[str, Sequence[Event]], chain: Sequence[tuple[str, Event]]) -> Event | None:
    """What took a promise back, unless it was repeated since."""
    last = chain[-1][1].order
    takers = [
        event
        for project in sorted({project for project, _ in chain})
        for event in events[project]
        if event.kind.name == WITHDRAWN
        and event.order > last
        and any(_takes(event, statement) for of, statement in chain if of == project)
    ]
    return min(takers, key=lambda event: event.order, default=None)


def _takes(withdrawal: Event, pledge: Event) -> bool:
    ends = withdrawal.data.get("ends")
    if ends is not None:
        return pledge.is_named_by(ends)
    return withdrawal.deal is not None and withdrawal.deal == pledge.deal


@value_class(frozen=True, slots=True, kw_only=True)
class Total:
    """Several promises together. Rows under several count once, those of withdrawn ones alone not at all.

    `announced` is the sum of the promises that stand, `taken_back` that of the others; both, and `bound` and `disbursed`, by
    currency of the statement.
    """

    pledges: int
    withdrawn: int
    announced: Mapping[str, Decimal]
    taken_back: Mapping[str, Decimal]
    bound: Mapping[str, Decimal]
    disbursed: Mapping[str, Decimal]


@value_class(frozen=True, slots=True, kw_only=True)
class InOneCurrency:
    """The same in one currency, each amount at the rate of its pledge's year; `missing`: what has no such rate, by sum, currency
    and year."""

    announced: Decimal
    bound: Decimal
    disbursed: Decimal
    missing: Mapping[tuple[str, str, int], Decimal]


def total(promises: Sequence[Pledge]) -> Total:
    """Several promises together, in the currencies of the promises and of their rows."""
    standing = [pledge for pledge in promises if pledge.withdrawn is None]
    claims = [claim for claim, _ in _once(standing)]
    return Total(
        pledges=len(promises),
        withdrawn=len(promises) - len(standing),
        announced=_announced(standing),
        taken_back=_announced([pledge for pledge in promises if pledge.withdrawn is not None]),
        bound=sums_of(claims, COMMITTED),
        disbursed=sums_of(claims, DISBURSED),
    )


def total_in(currency: str, promises: Sequence[Pledge], rates: ExchangeRates) -> InOneCurrency:
    """The promises that stand, in one currency. A row under several is converted at the year of the first of them."""
    standing = [pledge for pledge in promises if pledge.withdrawn is None]
    sums: defaultdict[tuple[str, str, int], Decimal] = defaultdict(Decimal)
    for pledge in standing:
        sums["announced", pledge.currency, pledge.year] += pledge.amount
    for claim, year in _once(standing):
        if claim.uncounted is None and claim.currency is not None:
            sums["bound" if claim.of == COMMITTED else "disbursed", claim.currency, year] += claim.change
    converted: defaultdict[str, Decimal] = defaultdict(Decimal)
    missing: dict[tuple[str, str, int], Decimal] = {}
    for (of, of_currency, year), value in sorted(sums.items()):
        exchanged = rates.convert(value, of_currency, currency, year)
        if isinstance(exchanged, Converted):
            converted[of] += exchanged.value
        else:
            missing[of, of_currency, year] = value
    return InOneCurrency(
        announced=converted["announced"], bound=converted["bound"], disbursed=converted["disbursed"], missing=missing
    )


def _once(promises: Iterable[Pledge]) -> Iterator[tuple[Claim, int]]:
    """The rows under promises, each once, with the year of the first promise that it is under."""
    taken: set[tuple[str, str, str]] = set()
    for pledge in promises:
        for claim in pledge.claims:
            if claim.identity not in taken:
                taken.add(claim.identity)
                yield claim, pledge.year


def _announced(promises: Iterable[Pledge]) -> Mapping[str, Decimal]:
    by_currency: defaultdict[str, Decimal] = defaultdict(Decimal)
    for pledge in promises:
        by_currency[pledge.currency] += pledge.amount
    return dict(sorted(by_currency.items()))
