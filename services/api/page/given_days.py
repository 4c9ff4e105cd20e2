"""Days of events as a page tells them: no more exactly than they were given, in the words of the page's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.api.page.i18n import Translation
from steppe.domain.values import edtf


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldDays:
    """What a template puts into words. `kind`: point, about, by, from, between or unknown.

    `first` and `last` are the days, months or years that it names. `latest` is the day by which one reckons, `reckoned`
    both ends as ISO 8601 has them where they are not one day.
    """

    kind: str
    first: str
    last: str
    latest: date
    reckoned: str | None


def told_days(translation: Translation, earliest: date | None, latest: date, given: str | None) -> ToldDays:
    """The interval of an event; `given` is its EDTF text where the days do not say the same."""
    told = edtf.told(given or edtf.text_of(edtf.Days(earliest, latest)))
    kind = _kind(told)
    inflected = kind != "point"
    first, last = (
        "" if point is None else translation.point(point, after_preposition=inflected)
        for point in (told.first, told.last)
    )
    exact = earliest == latest and kind == "point"
    return ToldDays(
        kind=kind, first=first, last=last, latest=latest, reckoned=None if exact else f"{earliest or '…'} – {latest}"
    )


def _kind(told: edtf.Told) -> str:
    if told.first is None:
        return "unknown" if told.last is None else "by"
    if told.last is None:
        return "from"
    if told.first != told.last:
        return "between"
    return "about" if told.approximate else "point"
