"""What a flag is: name, severities, thresholds, evaluation and words. Each flag defines itself in a file of this package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from steppe.domain.evaluation.flag_input import FlagInput, ProjectFlagInput
from steppe.domain.messages.message import Message, message
from steppe.domain.rules.thresholds import Override
from steppe.domain.values.flag_clock import FlagEvaluation
from steppe.domain.values.states import Flag
from steppe.domain.values.value_class import value_class

SOMETHING_HAPPENS = message("something happens first")


@value_class(frozen=True, slots=True, kw_only=True)
class FlagDefinition:
    """A flag of section 6. `severities` from mild to severe; `clock` is the public name of the clock it runs by, if any.

    `thresholds` are the rules that decide it, with their values in the first version of the rules; each name begins with
    that of the flag. `overrides` are those of that version. `sentence` says the flag in words, as of a day; `unless` what
    keeps it from rising ("... unless somebody looks first"). `warns_of_unbound`: it asks whether anything binding will
    follow, so that a back-test can compare its warnings with what became of the deals.
    """

    name: str
    severities: tuple[str, ...]
    thresholds: Mapping[str, int]
    sentence: Callable[[Flag, date], Message]
    overrides: tuple[Override, ...] = ()
    clock: str | None = None
    unless: Message = SOMETHING_HAPPENS
    warns_of_unbound: bool = False

    @property
    def worsens_unbound(self) -> bool:
        """Whether it turns more severe by age alone for as long as nothing binds."""
        return self.warns_of_unbound and len(self.severities) > 1


@value_class(frozen=True, slots=True, kw_only=True)
class DealFlag(FlagDefinition):
    """A flag of a deal that follows from its own project. `evaluate` gives None where it finds nothing."""

    evaluate: Callable[[FlagInput], FlagEvaluation | None]


@value_class(frozen=True, slots=True, kw_only=True)
class ProjectFlag(FlagDefinition):
    """A flag of the project itself."""

    evaluate: Callable[[ProjectFlagInput], FlagEvaluation | None]


@value_class(frozen=True, slots=True, kw_only=True)
class MarketFlag(FlagDefinition):
    """A flag of a deal that follows from other projects of its market; `steppe.domain.markets.rivalry` evaluates it."""
