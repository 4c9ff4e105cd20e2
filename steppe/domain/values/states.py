"""The states of a project, its deals and its flags on a day, the days since which they hold, and their age.

`BEGINNING` stands for "since always" and `FOREVER` for "until something happens".
These values are stored as JSON documents and read back by the api, so fields may be added, with a default, not renamed.
"""

from __future__ import annotations

from datetime import date

from steppe.domain.values.levels import Level
from steppe.domain.values.months import months_between
from steppe.domain.values.value_class import value_class

BEGINNING = date.min
FOREVER = date.max
# From the mildest to the most severe.
SEVERITIES = ("notice", "watch", "stagnant", "presumed-dead", "alert")


@value_class(frozen=True, slots=True, kw_only=True)
class Start:
    """The interval in which something began. `earliest` None: open or unknown.

    `given` is the EDTF text of its event where the days, as reckoned, do not say the same: cut, narrowed, open, roughly.
    """

    earliest: date | None
    latest: date
    given: str | None = None


def age_months(start: Start, as_of: date) -> tuple[int, int | None]:
    """The age in whole months, [at least, at most]; no upper end when the start has no earliest day."""
    at_most = None if start.earliest is None else months_between(start.earliest, as_of)
    return months_between(start.latest, as_of), at_most


def _interval(earliest: date | None, latest: date | None, given: str | None) -> Start | None:
    return None if latest is None else Start(earliest=earliest, latest=latest, given=given)


@value_class(frozen=True, slots=True, kw_only=True)
class LegState:
    """One leg of a deal. `events` are references (`source#id`); `holders` are party keys.

    `..._given` is what its event gave where the days, as reckoned, do not say it (see Start). `ended_how`: exited, fulfilled,
    expired, revoked, terminated, long-stop, or how the deal ended. `..._earliest` is the
    earliest day on which it may have been (None: open or unknown, or not at all). `right` is that of a rights leg.
    """

    leg: str
    since: date
    valid: bool
    since_earliest: date | None = None
    ended_on: date | None = None
    ended_on_earliest: date | None = None
    ended_how: str | None = None
    conditional: bool = False
    long_stop: date | None = None
    inferred: bool = False
    closed: bool = False
    holders: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    right: str | None = None
    since_given: str | None = None
    ended_on_given: str | None = None
    long_stop_earliest: date | None = None
    long_stop_given: str | None = None

    @property
    def stops(self) -> Start | None:
        """The interval of its long stop; None: none is named."""
        return _interval(self.long_stop_earliest, self.long_stop, self.long_stop_given)

    @property
    def bound(self) -> Start:
        """The interval in which it bound."""
        return Start(earliest=self.since_earliest, latest=self.since, given=self.since_given)

    @property
    def ended(self) -> Start | None:
        """The interval in which it ended; None: it has not."""
        return _interval(self.ended_on_earliest, self.ended_on, self.ended_on_given)


@value_class(frozen=True, slots=True, kw_only=True)
class PermitState:
    """A permit in force. `ends_on` is its last day, None when nobody said one; `event` granted it."""

    permit: str
    since: date
    since_earliest: date | None
    event: str
    part: str | None = None
    ends_on: date | None = None
    since_given: str | None = None
    ends_on_earliest: date | None = None
    ends_on_given: str | None = None

    @property
    def ends(self) -> Start | None:
        """The interval of its last day; None: nobody said one."""
        return _interval(self.ends_on_earliest, self.ends_on, self.ends_on_given)

    @property
    def granted(self) -> Start:
        """The interval in which it was granted."""
        return Start(earliest=self.since_earliest, latest=self.since, given=self.since_given)


@value_class(frozen=True, slots=True, kw_only=True)
class WorksState:
    """A line of works: what a deal (None: nobody named) builds and runs of a part (None: not stated which).

    `suspended` names what stands still: construction, production, project. `since` is when it came to its level; None: it
    never left none.
    """

    deal: str | None
    part: str | None
    level: Level | None
    suspended: tuple[str, ...] = ()
    retired: bool = False
    since: date | None = None
    since_earliest: date | None = None
    since_given: str | None = None

    @property
    def start(self) -> Start | None:
        """The interval since which it has been at its level."""
        return _interval(self.since_earliest, self.since, self.since_given)


@value_class(frozen=True, slots=True, kw_only=True)
class DealState:
    """A deal on the days of a span. `level` is None once it has ended.

    `memorandum` and `announcement` are the starts of these clocks in this phase, whether they run or not; the other clocks
    are None once the deal has ended. `legs` are those of the phase, in the order in which they bound, `permits` those in
    force. `..._earliest` is the earliest day on which it may have been; None: open, unknown, or not at all. `..._given` is
    what its event gave where the days, as reckoned, do not say it (see Start).
    """

    deal: str
    phase: int
    level: Level | None
    highest_level: Level
    overlays: tuple[str, ...] = ()
    ended_on: date | None = None
    ended_how: str | None = None
    pursuers: tuple[str, ...] = ()
    investors: tuple[str, ...] = ()
    legs: tuple[LegState, ...] = ()
    missing_legs: tuple[str, ...] = ()
    memorandum: Start | None = None
    memorandum_runs: bool = False
    silence: Start | None = None
    step: Start | None = None
    bound_on: date | None = None
    papers: int = 0
    pursuing_role: str | None = None
    first_step_on: date | None = None
    held_since: date | None = None
    held_until: date | None = None
    ended_on_earliest: date | None = None
    bound_on_earliest: date | None = None
    announcement: Start | None = None
    announcement_runs: bool = False
    permits: tuple[PermitState, ...] = ()
    ended_on_given: str | None = None
    bound_on_given: str | None = None
    first_step_on_earliest: date | None = None
    first_step_on_given: str | None = None
    held_until_earliest: date | None = None
    held_until_given: str | None = None

    @property
    def hold_ends(self) -> Start | None:
        """The interval in which the hold ends, `FOREVER` when nobody said; None: there is no hold."""
        return _interval(self.held_until_earliest, self.held_until, self.held_until_given)

    @property
    def ended(self) -> Start | None:
        """The interval in which it ended; None: it lives."""
        return _interval(self.ended_on_earliest, self.ended_on, self.ended_on_given)

    @property
    def bound(self) -> Start | None:
        """The interval in which something first bound; None: nothing has."""
        return _interval(self.bound_on_earliest, self.bound_on, self.bound_on_given)

    @property
    def first_step(self) -> Start | None:
        """The interval of the first step of this phase; None: there was none."""
        return _interval(self.first_step_on_earliest, self.first_step_on, self.first_step_on_given)


@value_class(frozen=True, slots=True, kw_only=True)
class Flag:
    """A flag on the days of a span (domain page, section 6). Ages are not stored: they depend on the day of reading.

    `deal` None: of the project. `count` is the figure of flags that count (papers of memorandum-churn and
    memorandum-only). `next_severity` rises on `next_on` if nothing else occurs.
    """

    flag: str
    deal: str | None
    severity: str
    certainty: str
    certain_severity: str | None
    since: date
    certain_on: date | None
    clock: str | None
    start: Start | None
    threshold_months: int | None
    count: int | None = None
    evidence: tuple[str, ...] = ()
    next_severity: str | None = None
    next_on: date | None = None
    on_hold: bool = False
    rule_version: str = ""
    expired_on: date | None = None
    missing: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    tier: str | None = None
    milestones: tuple[str, ...] = ()
    parts: tuple[str | None, ...] = ()
    # What was given of `expired_on`, where it is no full day.
    expired_given: str | None = None


@value_class(frozen=True, slots=True, kw_only=True)
class Headline:
    """The project's `memorandum-only` headline."""

    flag: str
    severity: str
    certainty: str
    since: date


@value_class(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How much a project or part puts out, as registered: decimal text and its unit."""

    value: str
    unit: str


@value_class(frozen=True, slots=True, kw_only=True)
class Part:
    """A unit, phase, train or lot of a project, as registered."""

    part: str
    name: str | None = None
    capacity: Capacity | None = None


@value_class(frozen=True, slots=True, kw_only=True)
class Alias:
    """Another name of a project: in another language or script, a former name or key."""

    name: str
    language: str | None = None


@value_class(frozen=True, slots=True, kw_only=True)
class RegisterId:
    """The id of a project in another register."""

    scheme: str
    id: str


@value_class(frozen=True, slots=True, kw_only=True)
class ProjectState:
    """A project on the days of a span. Registered values are None until it is registered.

    `countries` are all of its countries, `country` first. `works` are its lines of works.
    """

    project: str
    name: str | None = None
    country: str | None = None
    place: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    sector: str | None = None
    kind: str | None = None
    commodities: tuple[str, ...] = ()
    required_legs: tuple[str, ...] | None = None
    level: Level = Level.IDENTIFIED
    highest_level: Level = Level.IDENTIFIED
    physical_state: Level | None = None
    overlays: tuple[str, ...] = ()
    headline: Headline | None = None
    investors: tuple[str, ...] = ()
    memorandum_since: date | None = None
    bound_on: date | None = None
    last_event_on: date | None = None
    memorandum_since_earliest: date | None = None
    bound_on_earliest: date | None = None
    last_event_on_earliest: date | None = None
    countries: tuple[str, ...] = ()
    precision: str | None = None
    capacity: Capacity | None = None
    parts: tuple[Part, ...] = ()
    aliases: tuple[Alias, ...] = ()
    ids: tuple[RegisterId, ...] = ()
    works: tuple[WorksState, ...] = ()
    memorandum_since_given: str | None = None
    bound_on_given: str | None = None
    last_event_on_given: str | None = None
    # How and when it ended as a whole: cancelled, completed or retired, as a row without deal said last.
    ended_how: str | None = None
    ended_on: date | None = None
    ended_on_earliest: date | None = None
    ended_on_given: str | None = None

    @property
    def ended(self) -> Start | None:
        """The interval in which it ended as a whole; None: it has not, or went on since."""
        return _interval(self.ended_on_earliest, self.ended_on, self.ended_on_given)

    @property
    def physical_since(self) -> Start | None:
        """Since when a line of works has been where the project is on the ground; None: nothing stands there."""
        starts = [line.start for line in self.works if line.level is not None and line.level is self.physical_state]
        dated_starts = [start for start in starts if start is not None]
        return min(dated_starts, key=lambda start: (start.latest, start.earliest or BEGINNING), default=None)

    @property
    def memorandum(self) -> Start | None:
        """The interval of the first paper that still counts; None: there is none."""
        return _interval(self.memorandum_since_earliest, self.memorandum_since, self.memorandum_since_given)

    @property
    def bound(self) -> Start | None:
        """The interval in which something first bound that is bound still; None: nothing is."""
        return _interval(self.bound_on_earliest, self.bound_on, self.bound_on_given)

    @property
    def last_event(self) -> Start | None:
        """The interval of its latest event; None: it has none."""
        return _interval(self.last_event_on_earliest, self.last_event_on, self.last_event_on_given)
