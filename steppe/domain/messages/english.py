"""English: what every message says as it stands in answers, on terminals and in files."""

from __future__ import annotations

from functools import lru_cache
from typing import assert_never

from steppe.domain.messages.message import (
    Argument,
    Capital,
    Key,
    Listing,
    Message,
    Naming,
    Point,
    Sentences,
    Term,
    by_key,
)
from steppe.domain.values.grammar import capital, listed

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def english(text: Sentences | Argument, naming: Naming = by_key) -> str:
    """Sentences, or a part of one, in English."""
    match text:
        case str():
            return text
        case Message(id=pattern, arguments=arguments, plural=plural, number=number):
            chosen = pattern if plural is None or number == 1 else plural
            if not arguments:
                return chosen
            return chosen % {name: english(argument, naming) for name, argument in arguments.items()}
        case Sentences(sentences=sentences):
            return " ".join([english(sentence, naming) for sentence in sentences])
        case int():
            return str(text)
        case Term(name=name):
            return name
        case Key():
            return naming(text)
        case Point(text=point):
            return _point(point)
        case Capital(argument=argument):
            return capital(english(argument, naming))
        case Listing():
            return _listing(text, naming)
        case _ as never:
            assert_never(never)


def _listing(listing: Listing, naming: Naming) -> str:
    words = [english(item, naming) for item in listing.items]
    match listing.style:
        case "and":
            return listed(words)
        case "or":
            return listed(words, "or")
        case "chain":
            return " and ".join(words)
        case "commas":
            return ", ".join(words)
        case _ as never:
            assert_never(never)


@lru_cache(4096)
def _point(text: str) -> str:
    """A year, month or day in words."""
    year, _, rest = text.partition("-")
    month, _, number = rest.partition("-")
    if not month:
        return year
    named_month = f"{_MONTHS[int(month) - 1]} {year}"
    return f"{int(number)} {named_month}" if number else named_month
