"""The effect of each correction on the flags of a day equals folding the project with and without it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from steppe.domain.analysis.correction_effects import CorrectionEffect, FlagKey, correction_effects
from steppe.domain.events.corrections import effective_events
from steppe.domain.events.event import Event
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.fold.fold_state import fold_history
from steppe.domain.fold.looks import looks_of
from steppe.domain.values.flag_clock import flags_on_day
from tests.domain.random_logs import Log, days, instants, portfolios


@settings(deadline=None)
@given(portfolios(60), days, st.one_of(st.none(), instants), st.booleans())
def test_the_effect_of_a_correction_equals_folding_everything_with_and_without_it(
    log: Log, as_of: date, known_at: datetime | None, recorded: bool
) -> None:
    events = [event for event in log if event.subject == "north"]
    corrections = {(event.source, event.id) for event in events if event.kind.is_correction}
    # Somebody looked when a row came, whatever becomes of it.
    looks = looks_of(events, known_at, recorded=recorded)

    def flags(some: Iterable[Event]) -> set[FlagKey]:
        effective = effective_events(some, known_at, recorded=recorded)
        standing = flags_on_day(fold_history("north", effective, RULES, looks).flags, as_of)
        return {(flag.deal or "", flag.flag, flag.severity) for flag in standing}

    effects = correction_effects("north", events, corrections, as_of, known_at=known_at, recorded=recorded)
    assert effects.keys() == corrections
    for identity in corrections:
        with_it = flags(events)
        without = flags(event for event in events if (event.source, event.id) != identity)
        assert effects[identity] == CorrectionEffect(tuple(sorted(with_it - without)), tuple(sorted(without - with_it)))


def test_there_are_no_effects_without_corrections() -> None:
    assert correction_effects("north", [], [], date(2025, 1, 1)) == {}
