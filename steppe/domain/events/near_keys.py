"""Keys of which one may be a misspelling of the other: an index that finds the one that is probably meant.

A key is cut into three pieces, and a misspelling leaves one of them as it was, if shifted: so a question looks at a few keys
and never at all of them. Five entries a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

_PIECES = 3
_SHIFT_MOST = 2
_KEYS_A_PIECE = (
    48  # of a piece that many keys share, as a prefix of all, the first ones: the other pieces tell them apart
)
_LENGTH_LEAST = 5
_LENGTH_FOR_OTHER_LETTER = 6  # in shorter words another letter makes another word: tepco and kepco, jica and jbic
_LENGTH_FOR_OTHER_LETTERS = 7  # in words of six, two other letters do: altona and astana
_LENGTH_FOR_TWO = 12  # shorter keys may differ in one place, longer ones in two
_OTHER_LETTERS_MOST = 4  # another letter in two places: in one key and not in the other
_ROMAN = re.compile(r"(?:x{0,3})(?:ix|iv|v?i{0,3})")
# Words that make another place of a name, though they differ in two letters.
_APART = (
    {"north", "south", "east", "west", "northern", "southern", "eastern", "western", "central", "northeast", "northwest", "southeast", "southwest"},
    {"upper", "lower", "middle", "inner", "outer", "old", "new", "big", "little", "great", "small", "first", "second", "third"},
)  # fmt: skip


class NearKeys:
    """Keys, and the one among them that another is probably a misspelling of."""

    def __init__(self) -> None:
        self._keys: dict[str, int] = {}  # each with the set of its letters
        self._by_piece: dict[tuple[int, str], list[str]] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def add(self, key: str) -> None:
        """Take in a key; twice is safe."""
        if key in self._keys:
            return
        self._keys[key] = _letters(key)
        for entry in _entries(key):
            alike = self._by_piece.setdefault(entry, [])
            if len(alike) < _KEYS_A_PIECE:
                alike.append(key)

    def discard(self, key: str) -> None:
        """Take a key out, if it is there."""
        if key not in self._keys:
            return
        del self._keys[key]
        for entry in _entries(key):
            alike = self._by_piece.get(entry, [])
            if key in alike:
                alike.remove(key)
            if not alike:
                self._by_piece.pop(entry, None)

    def likely(self, key: str) -> str | None:
        """The key that is probably meant by one that is not here; None where none is near."""
        letters = _letters(key)
        candidates = {
            near
            for entry in _possible_entries(key)
            for near in self._by_piece.get(entry, ())
            if (letters ^ self._keys[near]).bit_count() <= _OTHER_LETTERS_MOST
        }
        rated = [(distance, near) for near in candidates if (distance := _difference(key, near)) is not None]
        return min(rated)[1] if rated else None


def _letters(key: str) -> int:
    """The letters and digits of a key as a set of bits, which costs nothing to compare."""
    letters = 0
    for letter in set(_plain(key)):
        letters |= 1 << (ord(letter) & 127)
    return letters


def _plain(key: str) -> str:
    return key.replace("-", "")


def _entries(key: str) -> Iterator[tuple[int, str]]:
    plain = _plain(key)
    for number, (start, end) in enumerate(_cuts(len(plain))):
        yield number, plain[start:end]
    yield _PIECES, "-".join(sorted(key.split("-")))
    yield _PIECES + 1, plain


def _possible_entries(key: str) -> Iterator[tuple[int, str]]:
    """The entries that a key which may be meant can have: its length is one or two off, its pieces shifted."""
    plain = _plain(key)
    entries = set()
    for length in range(len(plain) - _SHIFT_MOST, len(plain) + _SHIFT_MOST + 1):
        for number, (start, end) in enumerate(_cuts(length)):
            for shift in range(-_SHIFT_MOST, _SHIFT_MOST + 1):
                if start + shift >= 0 and end + shift <= len(plain) and end > start:
                    entries.add((number, plain[start + shift : end + shift]))
    entries |= {(_PIECES, "-".join(sorted(key.split("-")))), (_PIECES + 1, plain)}
    yield from entries


def _cuts(length: int) -> Iterator[tuple[int, int]]:
    bounds = [length * number // _PIECES for number in range(_PIECES + 1)]
    yield from pairwise(bounds)


def _difference(key: str, other: str) -> int | None:
    """In how many places they differ; None when that is too many, or what differs makes another thing of it."""
    if key == other:
        return None
    words, others = key.split("-"), other.split("-")
    if sorted(words) == sorted(others) or _plain(key) == _plain(other):
        return 0
    shortest = min(len(_plain(key)), len(_plain(other)))
    if shortest < _LENGTH_LEAST or _tell_apart(words, others):
        return None
    if len(words) != len(others) and _is_another_word(_plain(key), _plain(other)):
        return None
    most = 2 if shortest >= _LENGTH_FOR_TWO else 1
    distance = _distance(_plain(key), _plain(other), most)
    return distance if distance <= most else None


def _tell_apart(words: list[str], others: list[str]) -> bool:
    """Whether they differ in a number, a single letter, or in words such as north and south: these are two things."""
    digits = [re.sub(r"\D+", " ", "-".join(of)).split() for of in (words, others)]
    if digits[0] != digits[1]:
        return True
    if len(words) != len(others):
        return False
    for word, other in zip(words, others, strict=True):
        if word == other:
            continue
        if len(word) <= 2 or len(other) <= 2 or (_ROMAN.fullmatch(word) and _ROMAN.fullmatch(other)):
            return True
        if _is_another_word(word, other):
            return True
        if any(word in apart and other in apart for apart in _APART):
            return True
    return False


def _is_another_word(word: str, other: str) -> bool:
    """Whether two short words of one length differ by more than swapped letters; words of six by more than one letter."""
    if len(word) != len(other) or len(word) >= _LENGTH_FOR_OTHER_LETTERS or sorted(word) == sorted(other):
        return False
    differing = sum(letter != against for letter, against in zip(word, other, strict=True))
    return len(word) < _LENGTH_FOR_OTHER_LETTER or differing > 1


def _distance(one: str, other: str, most: int) -> int:
    """Letters to insert, leave out, replace or swap with the next; more than `most` counts as one more than that."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        this = [row]
        for column, against in enumerate(other, start=1):
            cost = min(last[column] + 1, this[column - 1] + 1, last[column - 1] + (letter != against))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == against:
                cost = min(cost, before[column - 2] + 1)
            this.append(cost)
        if min(this) > most:
            return most + 1
        before, last = last, this
    return last[-1]
