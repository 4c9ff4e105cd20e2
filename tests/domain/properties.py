"""Properties that hold for any log, and on how many logs they are held: a few on every run, thousands in a soak.

STEPPE_HYPOTHESIS_PROFILE names the profile: `fast` (`make test-fast`), `quick` (default) or `soak` (`make soak-domain`, soak.py).
STEPPE_HYPOTHESIS_LOGS is another number of logs than that of the profile.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steppe.domain.flags.flag_registry import RULES
from steppe.domain.rules.thresholds import Override, Rules
from steppe.domain.values.history import History
from tests.domain.random_logs import Log, days, instants

PROFILE = os.environ.get("STEPPE_HYPOTHESIS_PROFILE", "quick")
_LOGS = {"fast": 5, "quick": 50, "soak": 5_000}
_EVENTS = {"fast": 20, "quick": 20, "soak": 60}
if PROFILE not in _LOGS:
    raise ValueError(f"STEPPE_HYPOTHESIS_PROFILE is {PROFILE!r}; use {', '.join(_LOGS)}")
EVENTS_MAX = _EVENTS[PROFILE]
LOGS = int(os.environ.get("STEPPE_HYPOTHESIS_LOGS", _LOGS[PROFILE]))


SHORT = Rules(
    version="short",
    values={rule: max(1, value // 6) for rule, value in RULES.values.items()},
    overrides=(
        Override(rule="silent.watch", level="announced", value=2),
        Override(rule="memorandum-only.stagnant", commodity="tin", value=3),
        Override(rule="not-producing.construction.stagnant", sector="mining", value=9),
        Override(rule="crowded.months", country="KZ", value=12),
    ),
)


@dataclass
class Case:
    """What a property may need beside the log: chance, some day, some instant, a version of the rules.

    `history` keeps what one property has folded for the next.
    """

    chance: random.Random
    day: date
    instant: datetime
    rules: Rules
    history: History | None = None


cases = st.builds(
    Case,
    chance=st.randoms(use_true_random=False),
    day=days,
    instant=instants,
    rules=st.sampled_from([RULES, SHORT]),
)
Property = Callable[[Log, Case], None]
as_often_as_the_profile_says = settings(
    max_examples=LOGS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    print_blob=True,
)


class Properties:
    """The properties of a module: each is a test of its own on every run, and in a soak all are held on each log."""

    def __init__(self, drawn: st.SearchStrategy[Log]) -> None:
        self.drawn = drawn
        self.all: list[Property] = []

    def __call__(self, prove: Property) -> Property:
        """Make it a test."""
        self.all.append(prove)
        quickly = settings(as_often_as_the_profile_says, max_examples=min(LOGS, _LOGS["quick"]))
        return quickly(given(log=self.drawn, case=cases)(prove))
