"""All projects at once: from the events of every subject, as known at an instant, to how each project stands on any day.

The whole judgement in one call (sections 1 to 8). The services compute the same piece by piece and must equal it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import chain

from steppe.domain.events.corrections import CorrectedEvents, apply_corrections
from steppe.domain.events.event import Event
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.fold.fold_state import fold_history
from steppe.domain.fold.looks import looks_of
from steppe.domain.markets.groups import Groups, parents_from
from steppe.domain.markets.rivalry import Rivalry, Rivals, SeenCrossings, rivalry, with_causes
from steppe.domain.markets.standings import Standing, contenders_of, rival_crossings, standing_of
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.flag_clock import flags_on_day
from steppe.domain.values.history import History, Judgement, judgement_on
from steppe.domain.values.spans import on_day
from steppe.domain.values.states import Flag
from steppe.domain.values.value_class import value_class

PARTY_PREFIX = "party:"
FORUM_PREFIX = "forum:"


@value_class(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Every project's life under one knowledge and one version of the rules. `subjects` has the corrected events of all, `rivals`
    what they see of each other.
    """

    subjects: Mapping[str, CorrectedEvents]
    histories: Mapping[str, History]
    rivalries: Mapping[str, Rivalry]
    rivals: Rivals
    rules: Rules

    def judged(self, project: str, as_of: date) -> Judgement:
        """How a project stands on a day (UTC), with the flags that come from its market. KeyError: no such project."""
        own = judgement_on(self.histories[project], as_of)
        impacts = self.rivalries[project]
        flags = [*own.flags, *self._market_flags(project, flags_on_day(impacts.flags, as_of), as_of)]
        return Judgement(
            project=own.project,
            deals=own.deals,
            flags=tuple(sorted(flags, key=lambda flag: (flag.deal or "", flag.flag))),
            co_investors={shared.deal: shared.events for shared in on_day(impacts.co_investments, as_of)},
        )

    def _market_flags(self, project: str, flags: Sequence[Flag], as_of: date) -> list[Flag]:
        if not flags:
            return []
        history = self.histories[project]
        standing, contenders = standing_of(history), contenders_of(history)
        return [with_causes(flag, standing, contenders, self.rivals, as_of, self.rules) for flag in flags]


def portfolio(
    events: Iterable[Event],
    known_at: datetime | None = None,
    *,
    recorded: bool = False,
    rules: Rules = RULES,
    on_fault: Callable[[str, Exception], None] | None = None,
) -> Portfolio:
    """Judge everything. The order of events is nothing; of those with the same subject, source and id the first given counts.

    `known_at` None uses every event; `recorded` insists on the time of recording (`known_by=recorded`). `on_fault` is called
    for a project whose rivals cannot be judged, which is a defect, and it has no rivalry; without it the exception goes on.
    """
    by_subject: dict[str, list[Event]] = {}
    for event in events:
        by_subject.setdefault(event.subject, []).append(event)
    subjects = {
        subject: apply_corrections(subject_events, known_at, recorded=recorded)
        for subject, subject_events in sorted(by_subject.items())
    }
    parties = {
        subject.removeprefix(PARTY_PREFIX): corrected.events
        for subject, corrected in subjects.items()
        if subject.startswith(PARTY_PREFIX)
    }
    groups = Groups(parents_from(parties))
    histories = {
        subject: fold_history(
            subject, corrected.events, rules, looks_of(by_subject[subject], known_at, recorded=recorded)
        )
        for subject, corrected in subjects.items()
        if corrected.by_identity and not subject.startswith((PARTY_PREFIX, FORUM_PREFIX))
    }
    standings = {project: standing_of(history) for project, history in histories.items()}
    crossings = chain.from_iterable(rival_crossings(standing, groups) for standing in standings.values())
    rivals = Rivals(SeenCrossings(crossings), groups)
    rivalries = _rivalries(standings, histories, rivals, rules, on_fault)
    return Portfolio(subjects=subjects, histories=histories, rivalries=rivalries, rivals=rivals, rules=rules)


def _rivalries(
    standings: Mapping[str, Standing],
    histories: Mapping[str, History],
    rivals: Rivals,
    rules: Rules,
    on_fault: Callable[[str, Exception], None] | None,
) -> dict[str, Rivalry]:
    """What rivals do to each project."""
    rivalries: dict[str, Rivalry] = {}
    for project, standing in standings.items():
        try:
            rivalries[project] = rivalry(standing, contenders_of(histories[project]), rivals, rules)
        except Exception as error:
            if on_fault is None:
                raise
            on_fault(project, error)
    return rivalries
