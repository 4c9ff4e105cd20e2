"""Dates as people say them, in English, Russian or Japanese, to EDTF: `around March 2019` is `2019-03~`.

For forms that show what was understood before anything is sent; the doors for programs take EDTF alone.
"""

from __future__ import annotations

import re

from steppe.domain.values import edtf
from steppe.domain.values.date_advice import guessed, plainly

_ABOUT = re.compile(
    r"^(?:around|about|circa|ca\.?|c\.|approx\.?|approximately|roughly|probably|some time in|sometime in|~"
    r"|около|примерно|приблизительно|ориентировочно|предположительно|в районе|где-то в|約|およそ)\s*"
    r"|\s*(?:or so|approx\.?|頃|ごろ|ころ)$"
)
_BEFORE_A_DATE = re.compile(r"^(?:in|on|the|at the|в|во|at)\s+")
_MONTHS = (
    ("янв", "january"), ("фев", "february"), ("мар", "march"), ("апр", "april"), ("ма[йяе]", "may"), ("июн", "june"),
    ("июл", "july"), ("авг", "august"), ("сен", "september"), ("окт", "october"), ("ноя", "november"), ("дек", "december"),
)  # fmt: skip
_RUSSIAN = (
    *((rf"\b{stem}[а-я]*\.?", month) for stem, month in _MONTHS),
    (r"(?<=\d)\s*(?:г\.|г\b|год[ауе]?\b|гг\.)", ""),
    (r"\b([1-4])(?:-?[а-я]{1,2})?\s*(?:кв\.|квартал[а-я]*)\s*", r"q\1 "),
    *((rf"\b{roman}\s*(?:кв\.|квартал[а-я]*)\s*", f"q{quarter} ") for quarter, roman in enumerate(("i", "ii", "iii", "iv"), 1)),
    (r"\b(?:в\s+)?начал[еоау]\s", "early "),
    (r"\b(?:в\s+)?середин[еауы]\s", "mid "),
    (r"\b(?:в\s+)?кон(?:ец|це|цу|ца)\s", "late "),
    (r"\bвесн[аойы]{1,2}\b", "spring"), (r"\bлет[оам]{1,2}\b", "summer"), (r"\bосен[ьию]{1,2}\b", "autumn"),
    (r"\bзим[аойы]{1,2}\b", "winter"),
    (r"^(?:до|к|не позднее)\s", "before "), (r"^(?:с|со|после|не ранее|начиная с)\s", "since "),
)  # fmt: skip
_JAPANESE = (
    (r"(\d{4})年(\d{1,2})月(\d{1,2})日", r"\1-\2-\3"),
    (r"(\d{4})年(\d{1,2})月", r"\1-\2"),
    (r"(\d{4})年度?第([1-4])四半期", r"\1-q\2"),
    (r"(\d{4})年(?:初め|初頭|初)", r"early \1"),
    (r"(\d{4})年(?:半ば|中頃)", r"mid \1"),
    (r"(\d{4})年末", r"late \1"),
    (r"(\d{4})年春", r"spring \1"), (r"(\d{4})年夏", r"summer \1"), (r"(\d{4})年秋", r"autumn \1"), (r"(\d{4})年冬", r"winter \1"),
    (r"(\d{4})年", r"\1"),
    (r"^(.+)以前$", r"before \1"), (r"^(.+)(?:以降|から)$", r"since \1"),
)  # fmt: skip
_UNKNOWN = frozenset({"неизвестно", "не известно", "дата неизвестна", "不明", "未詳", "don't know", "no date"})


def spoken_date(text: str) -> tuple[str, ...]:
    """The EDTF texts that a text may mean, the likeliest first; empty: nobody can say.

    What is EDTF already means itself. Several are there where it can be read in two ways, as 03/04/2019.
    """
    plain = plainly(text)
    if _is_date(plain):
        return (plain,)
    words = re.sub(r"\s+", " ", plain.lower())
    if words in _UNKNOWN:
        return ("unknown",)
    bare = _ABOUT.sub("", words)
    is_about = bare != words
    readings = _read(_BEFORE_A_DATE.sub("", bare).strip())
    return tuple(dict.fromkeys(map(_approximate, readings))) if is_about else readings


def _read(words: str) -> tuple[str, ...]:
    for pattern, instead in (*_RUSSIAN, *_JAPANESE):
        words = re.sub(pattern, instead, words)
    words = words.strip()
    if _is_date(words):
        return (words,)
    guess = guessed(words)
    if guess is None and (
        range_ := re.fullmatch(r"(?:between |from |с )?(.+?)(?: to | until | and | – | - | по )(.+)", words)
    ):
        first, last = spoken_date(range_[1]), spoken_date(range_[2])
        both = f"{first[0]}/{last[0]}" if len(first) == len(last) == 1 else ""
        return (both,) if _is_date(both) else ()
    # Behind a date may stand a remark: `2021-03/2021-05, or the months that are meant`.
    bare = [re.split(r"[ ,]", one, maxsplit=1)[0] for one in guess[1]] if guess else []
    return tuple(dict.fromkeys(one for one in bare if _is_date(one)))


def _is_date(text: str) -> bool:
    try:
        edtf.parse(text)
    except edtf.EdtfError:  # which is what False says
        return False
    return True


def _approximate(text: str) -> str:
    """The same with `~`; open ends and what is unknown stay."""
    ends = [end if end in ("..", "unknown") or end.endswith("~") else f"{end}~" for end in text.split("/")]
    return "/".join(ends)
