"""What became of the first leg of each deal (domain page, section 9): it produces, has ended before, or is open, and after how long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from steppe.domain.measures.conversion import Standing, phases_by
from steppe.domain.measures.incidence import BOUND, ENDED, OPEN, Age
from steppe.domain.values.months import months_between
from steppe.domain.values.states import Start
from steppe.domain.values.value_class import value_class

KINDS = ("corridor", "deposit", "plant")
"""The kinds of projects that can deliver."""
DELIVERED = "delivered"
PRODUCED_BEFORE = "produced-before"
"""The outcome of a deal that bound when it produced already."""


@value_class(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What came of the first leg of a deal by a day: delivered, ended (`how`), open or produced-before.

    `months` are counted from the latest day of the leg, `months_most` from its earliest, where one is known; both to the latest day of
    the outcome.
    """

    leg: Start
    outcome: str
    how: str | None
    months: int
    months_most: int

    @property
    def ages(self) -> tuple[Age, Age]:
        """For the curve, with latest days, and for its range."""
        outcome = BOUND if self.outcome == DELIVERED else self.outcome
        return Age(self.months, outcome), Age(self.months_most, outcome)


def delivery(standings: Sequence[Standing], day: date) -> Delivery | None:
    """What came of the first leg of a deal, in whatever phase, by a day; None: none has bound by then.

    `standings` are those of the deal from early to late. A deal that ended and lives again in a later phase is open.
    """
    by_then = [standing for standing in standings if standing.since <= day]
    legs = [standing.leg for standing in by_then if standing.leg is not None and standing.leg.latest <= day]
    if not legs:
        return None
    leg = min(legs, key=lambda start: (start.latest, start.earliest or date.min))
    produces_since = next((standing.since for standing in by_then if standing.produces), None)
    last = phases_by(by_then, day)[-1]
    end, outcome, how = day, OPEN, None
    if produces_since is not None:
        end, outcome = produces_since, DELIVERED if leg.latest < produces_since else PRODUCED_BEFORE
    elif last.ended is not None:
        end, outcome, how = last.ended.latest, ENDED, last.ended_how
    return Delivery(
        leg=leg, outcome=outcome, how=how, months=months_between(leg.latest, max(end, leg.latest)),
        months_most=months_between(leg.earliest or leg.latest, max(end, leg.latest)),
    )  # fmt: skip
