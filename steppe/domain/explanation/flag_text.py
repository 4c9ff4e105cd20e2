"""Flags in plain words, with the figures of the day on which they are read."""

from __future__ import annotations

from datetime import date

from steppe.domain.flags.flag_registry import FLAGS
from steppe.domain.messages.message import Message, Sentences, Term, message, sentences
from steppe.domain.messages.phrases import day
from steppe.domain.values.states import Flag


def sentence(flag: Flag, as_of: date) -> Sentences:
    """One sentence with the figures, as of a day. A flag that this release does not know is named with its severity."""
    definition = FLAGS.get(flag.flag)
    statement = definition.sentence(flag, as_of) if definition else _unknown(flag)
    return sentences([statement, message("On hold.")] if flag.on_hold else [statement])


def _unknown(flag: Flag) -> Message:
    return message(
        "%(flag)s: %(severity)s since %(day)s.",
        flag=Term(flag.flag, "flag"),
        severity=Term(flag.severity, "severity"),
        day=day(flag.since),
    )


def ended_sentence(flag: str, severity: str | None, *, revoked: bool) -> Sentences:
    """That a flag no longer stands; `severity` is the one that it had. `revoked`: what it rested on was taken back."""
    name = Term(flag, "flag")
    before = Term(severity or "", "severity")
    if revoked:
        return sentences(
            [
                message(
                    "%(flag)s (%(severity)s) is taken back: what it rested on was retracted or corrected.",
                    flag=name,
                    severity=before,
                )
            ]
        )
    return sentences([message("%(flag)s (%(severity)s) no longer stands.", flag=name, severity=before)])
