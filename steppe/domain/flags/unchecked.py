"""unchecked: nobody looked, whether anything happened or not."""

from __future__ import annotations

from steppe.domain.flags.severity_steps import Raised, Sight, rung
from steppe.domain.values.levels import Level
from steppe.domain.values.states import Start


def raised(sight: Sight) -> Raised | None:
    """Notice some months after the last row that the deal heard or that is about the record of its project."""
    deal = sight.deal
    if sight.level >= Level.PRODUCING or deal.silence is None or deal.last_heard is None:
        return None
    day, reference = deal.silence.latest, deal.last_heard.reference
    look = sight.project.last_look
    if look is not None and look.latest >= day:
        day, reference = look.latest, look.reference
    start = Start(earliest=day, latest=day)
    return Raised(
        rungs=(rung("notice", start, sight.thresholds["unchecked.notice"]),),
        clock="look",
        start=start,
        evidence=(reference,),
    )
