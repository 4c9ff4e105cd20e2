"""Which registered names a text mentions: whole words, the longest first, in Latin or Cyrillic letters or in Japanese and Chinese. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from steppe.domain.values.search_folding import folded
from steppe.importers.name_likeness import thresholds

_LETTERS_MIN = 3
_ACRONYM_LETTERS_MAX = 6
_STEM_LETTERS_MIN = 4
_WORD = re.compile(r"[^\W_]+")
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
# Endings of Russian cases, the longest first.
_ENDINGS = re.compile(
    r"(?:ами|ями|ого|его|ому|ему|ыми|ими|ой|ей|ом|ем|ах|ях|ов|ев|ую|юю|ая|яя|ый|ий|ые|ие|ых|их|а|я|у|ю|ы|и|е|о|ь|й)$"
)
# Scripts that are written without spaces: a word ends where another script begins.
_SCRIPTS = (
    re.compile("[\u3400-\u9fff々〆]"),
    re.compile("[\u30a0-\u30ff]"),
    re.compile("[\u3040-\u309f]"),
    re.compile("[\uac00-\ud7af]"),
)
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LEGAL_FORMS = re.compile("株式会社|有限公司|股份|合同会社")
_ALTERNATIVES = re.compile(r"\s+/\s+|[()（）;；]")


class RegisteredName(msgspec.Struct, frozen=True):
    """A name or alias of a project or party (`kind`: projects, parties)."""

    kind: str
    key: str
    name: str


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """A registered name with the first sentence that has it. `is_ambiguous`: others have the same name."""

    kind: str
    key: str
    name: str
    sentence: str
    is_ambiguous: bool


class _Pattern(msgspec.Struct, frozen=True):
    """The words of a name: the forms of each, and whether it has to be written with a capital, or in capitals."""

    forms: tuple[frozenset[str], ...]
    capitals: tuple[str, ...]
    named: RegisteredName


class NameFinder:
    """Finds names in sentences."""

    def __init__(self, names: Iterable[RegisteredName]) -> None:
        self._by_first: dict[str, list[_Pattern]] = {}
        self._unspaced: list[tuple[str, RegisteredName]] = []
        for named in names:
            for text in _alternatives(named.name):
                self._add(text, named)

    def names_in(self, sentence: str) -> Sequence[Sequence[RegisteredName]]:
        """The names that a sentence has, in its order; of each place all that bear that name, one of each key."""
        spans = sorted(self._spans(sentence), key=lambda span: (span[0] - span[1], span[0]))
        taken: list[tuple[int, int]] = []
        at: dict[tuple[int, int], dict[tuple[str, str], RegisteredName]] = {}
        for begin, end, named in spans:
            if (begin, end) not in at and any(begin < other_end and other < end for other, other_end in taken):
                continue
            if (begin, end) not in at:
                taken.append((begin, end))
            at.setdefault((begin, end), {}).setdefault((named.kind, named.key), named)
        return [list(at[span].values()) for span in sorted(at)]

    def mentions(self, sentences: Iterable[str]) -> Sequence[Mention]:
        """Each name that the sentences have, once, with the first of them."""
        mentions: dict[tuple[str, str], Mention] = {}
        for sentence in sentences:
            for bearers in self.names_in(sentence):
                for named in bearers:
                    mention = Mention(
                        kind=named.kind, key=named.key, name=named.name, sentence=sentence, is_ambiguous=is_ambiguous(named, bearers)
                    )  # fmt: skip
                    mentions.setdefault((named.kind, named.key), mention)
        return list(mentions.values())

    def _add(self, text: str, named: RegisteredName) -> None:
        if _UNSPACED.search(text):
            bare = _LEGAL_FORMS.sub("", text).strip()
            if len(bare) > 1:
                self._unspaced.append((bare, named))
            return
        words = _without_legal_forms(_WORD.findall(text))
        if sum(map(len, words)) < _LETTERS_MIN:
            return
        pattern = _Pattern(tuple(map(_forms, words)), tuple(map(_capitals, words)), named)
        for form in pattern.forms[0]:
            self._by_first.setdefault(form, []).append(pattern)

    def _spans(self, sentence: str) -> Iterator[tuple[int, int, RegisteredName]]:
        words = list(_WORD.finditer(sentence))
        forms = [_forms(word[0]) for word in words]
        for place, first_forms in enumerate(forms):
            for form in first_forms:
                for pattern in self._by_first.get(form, ()):
                    last = place + len(pattern.forms)
                    if last <= len(words) and all(
                        own & other and _is_written(word[0], capital)
                        for own, other, word, capital in zip(pattern.forms, forms[place:last], words[place:last], pattern.capitals, strict=True)
                    ):  # fmt: skip
                        yield words[place].start(), words[last - 1].end(), pattern.named
        bare = _LEGAL_FORMS.sub(lambda match: " " * len(match[0]), sentence)
        for text, named in self._unspaced:
            begin = bare.find(text)
            while begin >= 0:
                end = begin + len(text)
                if not _goes_on(bare[begin - 1 : begin], text[0]) and not _goes_on(text[-1], bare[end : end + 1]):
                    yield begin, end, named
                begin = bare.find(text, end)


def is_ambiguous(named: RegisteredName, bearers: Iterable[RegisteredName]) -> bool:
    """Whether others of the same kind have the name."""
    return any(other.kind == named.kind and other.key != named.key for other in bearers)


def _alternatives(name: str) -> Iterator[str]:
    """The names in one text: `Cove Capital / Cove Kaz`, and what stands before brackets, or in them where it is an acronym."""
    for number, text in enumerate(part.strip() for part in _ALTERNATIVES.split(name)):
        in_brackets = number > 0 and " / " not in name
        if text and (not in_brackets or (text.isupper() and " " not in text)):
            yield text


def _without_legal_forms(words: Sequence[str]) -> Sequence[str]:
    forms = thresholds().company_words
    telling = [place for place, word in enumerate(words) if word.casefold() not in forms]
    return words[telling[0] : telling[-1] + 1] if telling else words


def _forms(word: str) -> frozenset[str]:
    """The word as it may be compared: in Latin letters, and of a Cyrillic one without the ending of a case, too."""
    forms = {folded(word)}
    if _CYRILLIC.search(word):
        stem = _ENDINGS.sub("", word.casefold())
        if len(stem) >= _STEM_LETTERS_MIN:
            forms.add(folded(stem))
    return frozenset(forms)


def _capitals(word: str) -> str:
    if word.isupper() and 1 < len(word) <= _ACRONYM_LETTERS_MAX:
        return "all"
    return "first" if word[0].isupper() else ""


def _is_written(word: str, capital: str) -> bool:
    """Whether the word has the capitals that the name asks for: `ADB` is no `adb`, and a `Cove` no `cove`."""
    match capital:
        case "all":
            return word.isupper()
        case "first":
            return word[0].isupper()
        case _:
            return True


def _goes_on(left: str, right: str) -> bool:
    """Whether two letters are of one word in a script without spaces."""
    return bool(left and right) and any(script.match(left) and script.match(right) for script in _SCRIPTS)
