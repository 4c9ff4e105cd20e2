"""Days of events as a page shows them: no more exact than they were given, in the words of the page's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from steppe.domain.values import edtf
from steppe.page.i18n import Translation


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenDays:
    """What a template puts into words. `kind`: point, about, by, from, between or unknown.

    `first` and `last` are the days, months or years that it names. `latest` is the day by which one reckons, `reckoned`
    both ends as ISO 8601 has them where they are not one day.
    """

    kind: str
    first: str
    last: str
    latest: date
    reckoned: str | None


def given_days(translation: Translation, earliest: date | None, latest: date, given: str | None) -> GivenDays:
    """The interval of an event; `given` is its EDTF text where the days do not say the same."""
    interval = edtf.given_interval(given or edtf.text_of(edtf.Days(earliest, latest)))
    kind = _kind(interval)
    inflected = kind != "point"
    first, last = (
        "" if point is None else translation.point(point, after_preposition=inflected)
        for point in (interval.first, interval.last)
    )
    exact = earliest == latest and given is None
    return GivenDays(
        kind=kind, first=first, last=last, latest=latest, reckoned=None if exact else f"{earliest or '…'} – {latest}"
    )


def _kind(interval: edtf.GivenInterval) -> str:
    if interval.first is None:
        return "unknown" if interval.last is None else "by"
    if interval.last is None:
        return "from"
    if interval.first != interval.last:
        return "between"
    return "about" if interval.approximate else "point"
