"""How wide a text is, near enough to wrap it and to see whether labels meet: nobody here has the reader's fonts."""

from __future__ import annotations

import unicodedata

_NARROW = frozenset("iljtfrI.,:;'|!()[] ·")
_WIDE = frozenset("mwMWшщжюфыШЩЖЮФЫ@%—")


def text_width(text: str, size: float = 12.0) -> float:
    """The width of a text in a sans-serif type of that size."""
    return size * sum(map(_share, text))


def wrapped(text: str, width: float, size: float) -> list[str]:
    """The text in lines of that width; broken between words, in Japanese between any characters but before its points."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and text_width((line + piece).rstrip(), size) > width:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


def shortened(text: str, width: float, size: float) -> str:
    """The text, or as much of its beginning as that width holds with an ellipsis behind it."""
    if text_width(text, size) <= width:
        return text
    end = len(text)
    while end and text_width(f"{text[:end]}…", size) > width:
        end -= 1
    return f"{text[:end].rstrip()}…"


def _share(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return 0.32
    if character in _WIDE:
        return 0.86
    return 0.68 if character.isupper() else 0.57


def _pieces(text: str) -> list[str]:
    """What a line is made of: words with the blank behind them, characters of scripts that have no blanks."""
    pieces: list[str] = []
    word = ""
    for character in text:
        if unicodedata.east_asian_width(character) in "WF":
            if character in "、。，．）」』】・ー" and (word or pieces):
                if word:
                    word += character
                else:
                    pieces[-1] += character
                continue
            if word:
                pieces.append(word)
            word = ""
            pieces.append(character)
        else:
            word += character
            if character == " ":
                pieces.append(word)
                word = ""
    return [*pieces, word] if word else pieces
