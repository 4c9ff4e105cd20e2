"""Messages: what is said, as values that any language can put into words.

A message is known by its English pattern, as in gettext: English is what `english` makes of it, other languages look the
pattern up in a catalogue. What stands in it are keys, numbers, terms, days and other messages, never finished English.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from steppe.domain.values.value_class import value_class

TermKind = Literal["leg", "right", "permit", "milestone", "level", "severity", "flag", "ending", "project-ending"]
KeyKind = Literal["party", "project", "deal"]
PointUse = Literal["alone", "in", "of"]
ListingStyle = Literal["and", "or", "chain", "commas"]


@value_class(frozen=True, slots=True)
class Term:
    """A public name, such as that of a leg or a severity. `kind` tells apart what is spelt alike: the permit, the level."""

    name: str
    kind: TermKind


@value_class(frozen=True, slots=True)
class Key:
    """Who or what is meant, by its key; a reader who knows how it is called puts that in its place."""

    text: str
    kind: KeyKind


@value_class(frozen=True, slots=True)
class Point:
    """A year, month or day by its EDTF text: 2014, 2014-08, 2014-08-31.

    `use` is for languages that inflect: it stands alone, behind "in", or behind another preposition.
    """

    text: str
    use: PointUse = "alone"


@value_class(frozen=True, slots=True)
class Listing:
    """Several things in a row: "a, b and c", "a, b or c", "a and b and c" (chain), "a, b, c" (commas). None of them: "none"."""

    items: tuple[Argument, ...]
    style: ListingStyle = "and"


@value_class(frozen=True, slots=True)
class Capital:
    """What begins a sentence, in languages with capital letters."""

    argument: Argument


@value_class(frozen=True, slots=True)
class Message:
    """An English pattern and what stands in its placeholders, `%(name)s` each.

    `plural` is the pattern for numbers other than one; `number` is that which decides, and stands in it as `%(num)s`.
    """

    id: str
    arguments: Mapping[str, Argument]
    plural: str | None = None
    number: int = 1


@value_class(frozen=True, slots=True)
class Sentences:
    """Whole sentences, one after the other."""

    sentences: tuple[Message, ...]


Argument: TypeAlias = str | int | Term | Key | Point | Listing | Capital | Message
"""What can stand in a message. A string is what somebody wrote, the same in every language: a reason, the name of a part."""

Naming: TypeAlias = Callable[[Key], str]
"""How a key is called."""


def by_key(key: Key) -> str:
    """A Naming that knows no names: the key itself."""
    return key.text


def message(id: str, /, **arguments: Argument) -> Message:
    """The message of an English pattern. Patterns are literals, so that they can be collected for the catalogues."""
    return Message(id, arguments)


def counting(number: int, singular: str, plural: str, /, **arguments: Argument) -> Message:
    """The message of two patterns, by a number that stands in it as `%(num)s`, if at all."""
    return Message(singular, {"num": number, **arguments}, plural, number)


def sentences(statements: Sequence[Message]) -> Sentences:
    """Whole sentences, one after the other."""
    return Sentences(tuple(statements))


def terms(names: Sequence[str], kind: TermKind) -> tuple[Term, ...]:
    """Public names of one kind."""
    return tuple(Term(name, kind) for name in names)


def keys(texts: Sequence[str], kind: KeyKind) -> tuple[Key, ...]:
    """Keys of one kind."""
    return tuple(Key(text, kind) for text in texts)


def keys_in(text: Sentences | Argument) -> Iterator[Key]:
    """Every key that stands in sentences, or in a part of one."""
    match text:
        case Key():
            yield text
        case Sentences(sentences=sentences):
            for sentence in sentences:
                yield from keys_in(sentence)
        case Message(arguments=arguments):
            for argument in arguments.values():
                yield from keys_in(argument)
        case Listing(items=items):
            for item in items:
                yield from keys_in(item)
        case Capital(argument=argument):
            yield from keys_in(argument)
        case _:
            pass
