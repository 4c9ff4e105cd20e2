"""Flags in plain words, with the figures of the day on which they are read."""

from __future__ import annotations

from datetime import date

from steppe.domain.flags.flag_registry import FLAGS
from steppe.domain.values.grammar import day
from steppe.domain.values.states import Flag


def sentence(flag: Flag, as_of: date) -> str:
    """One sentence with the figures, as of a day. A flag that this release does not know is named with its severity."""
    definition = FLAGS.get(flag.flag)
    text = definition.sentence(flag, as_of) if definition else f"{flag.flag}: {flag.severity} since {day(flag.since)}."
    return f"{text} On hold." if flag.on_hold else text
