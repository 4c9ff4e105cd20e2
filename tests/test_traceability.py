"""Holds docs/traceability.md to the domain page and to the tests: nothing missing, nothing that is no more."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS, TESTS = ROOT / "docs", ROOT / "tests"
SECTIONS = "12345678"
NO_TEST = ("not yet: ", "says no more than ")
_BORDER = re.compile(r"[(\[{]|[)\]}]|; |[.?!][*\")]* +(?=[A-Z`*(\"])")


def sentences(page: str) -> list[tuple[str, str]]:
    """(section, sentence): each clause of the prose up to a full stop or semicolon outside brackets, and each table row."""
    found = []
    for section, body in re.findall(r"^## (\d)\. [^\n]*\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL):
        if section in SECTIONS:
            found += [(section, sentence) for block in _blocks(body) for sentence in _split(block)]
    return found


def _blocks(body: str) -> list[str]:
    """Paragraphs, list items and table rows, each on one line; rows keep their bars, heads of tables are left out."""
    blocks = [""]
    lines = body.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("|"):
            is_head = re.fullmatch(r"[| -]+", line) or re.fullmatch(r"[| -]+", following)
            blocks += [] if is_head else [line, ""]
        elif not line.strip():
            blocks.append("")
        elif line.startswith("- "):
            blocks.append(line[2:])
        else:
            blocks[-1] = f"{blocks[-1]} {line.strip()}".strip()
    return [block for block in blocks if block]


def _split(block: str) -> list[str]:
    if block.startswith("|"):
        return [" ".join(block.replace("|", " ").split())]
    found, depth, begin = [], 0, 0
    for border in _BORDER.finditer(block):
        if border[0] in "([{":
            depth += 1
        elif border[0] in ")]}":
            depth -= 1
        elif depth == 0 and not re.fullmatch(r"\**\w+\.\** *", block[begin : border.end()]):  # no title such as *Legs.*
            found.append(block[begin : border.end()].strip())
            begin = border.end()
    return [*found, block[begin:].strip()]


@cache
def _table(name: str) -> list[list[str]]:
    """The rows of a page's tables, without their heads."""
    lines = (DOCS / name).read_text().splitlines()
    rows = [line for line in lines if line.startswith("|") and not re.fullmatch(r"[| -]+", line)]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return [row for row in cells if row[0] != "id"]


SENTENCES = sentences((DOCS / "domain.md").read_text())
ROWS = _table("traceability.md")
CHOICES = _table("choices.md")


def test_the_page_is_split_as_one_reads_it() -> None:
    page = "## 1. A\n\n| a | b |\n| --- | --- |\n| x; y. Z | w |\n\n- *Title.* One (two; three. Four) five; six\n  goes on. `Seven`.\n\n## 9. B\n\nNo."
    assert sentences(page) == [
        ("1", "x; y. Z w"),
        ("1", "*Title.* One (two; three. Four) five;"),
        ("1", "six goes on."),
        ("1", "`Seven`."),
    ]


def test_every_sentence_of_the_page_has_one_row() -> None:
    rows_of = {
        sentence: [row[0] for row in ROWS if _tells_of(row, section, sentence)] for section, sentence in SENTENCES
    }
    assert {sentence: ids for sentence, ids in rows_of.items() if len(ids) != 1} == {}


def test_every_row_is_about_a_sentence_that_is_on_the_page() -> None:
    assert [row[:2] for row in ROWS if not any(_tells_of(row, *sentence) for sentence in SENTENCES)] == []


def test_every_row_has_an_id_of_its_own() -> None:
    ids = [row[0] for row in ROWS + CHOICES]
    assert sorted(set(ids)) == sorted(ids)


def test_every_row_names_tests_that_exist_or_says_why_there_is_none() -> None:
    named = {row[0]: [name for name in row[-1].split("<br>") if not name.startswith(NO_TEST)] for row in ROWS + CHOICES}
    wrong = {row: [name for name in names if not _exists(name)] for row, names in named.items()}
    assert {row: names for row, names in wrong.items() if names} == {}


def _tells_of(row: list[str], section: str, sentence: str) -> bool:
    """Whether the row is of this section and quotes the sentence, or its first words and ` …`."""
    opening = row[1].removesuffix(" …")
    begins = sentence == opening or (opening != row[1] and sentence.startswith(opening))
    return begins and row[0].startswith(f"{section}.")


def _exists(name: str) -> bool:
    """`case NAME` is a worked case, `path/test_module` all tests of a module, `path/test_module::test_name` one of them.

    Of none of these kinds is an empty cell.
    """
    if name.startswith("case "):
        return (TESTS / "domain" / "cases" / f"{name.removeprefix('case ')}.json").exists()
    module, _, function = name.partition("::")
    return function in _functions(module) if function else bool(_functions(module))


@cache
def _functions(module: str) -> frozenset[str]:
    path = TESTS / f"{module}.py"
    if not path.exists():
        return frozenset()
    nodes = ast.parse(path.read_text()).body
    test_names = [node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return frozenset(name for name in test_names if name.startswith("test_"))
