"""The golden cases hold through the pure core, and their events are those of the example, to the byte."""

from __future__ import annotations

import json
from functools import cache

import pytest

from steppe.domain.analysis.portfolio import Portfolio
from tests.golden.documents import FOLDER, SLUGS, Golden, Question, answer, example, judged, load
from tests.golden.show import difference

_QUESTIONS = [
    pytest.param(golden, number, id=f"{golden.slug}-{question.project}-{question.as_of}-known-{question.known_at}")
    for golden in map(load, SLUGS)
    for number, question in enumerate(golden.questions)
]


@cache
def _of_the_whole_example(known_at: str) -> Portfolio:
    return judged(example(), known_at)


@pytest.mark.parametrize(("golden", "number"), _QUESTIONS)
def test_the_documents_come_out_as_written(golden: Golden, number: int) -> None:
    question = golden.questions[number]
    _compare(golden, number, judged(golden.lines, question.known_at), question)


@pytest.mark.parametrize(("golden", "number"), _QUESTIONS)
def test_no_rival_that_matters_is_left_out(golden: Golden, number: int) -> None:
    """Among all projects of the example the answers are the same."""
    question = golden.questions[number]
    _compare(golden, number, _of_the_whole_example(question.known_at), question)


def _compare(golden: Golden, number: int, found: Portfolio, question: Question) -> None:
    project, flags = answer(found, question)
    assert project == golden.projects[number], f"{question}\n{difference(golden.projects[number], project)}"
    assert flags == golden.flags[number], f"{question}\n{difference(golden.flags[number], flags)}"


@pytest.mark.parametrize("slug", SLUGS)
def test_the_events_are_the_lines_of_the_example(slug: str) -> None:
    golden = load(slug)
    projects = {question.project for question in golden.questions}
    missing = [line for line in golden.lines if line not in example()]
    assert missing == [], "these lines are not, or no longer, in the example; copy them from there"
    assert golden.lines == [line for line in example() if line in golden.lines], "keep the order of the example"
    of_projects = [line for line in example() if json.loads(line)["subject"] in projects]
    assert [line for line in of_projects if line not in golden.lines] == [], "all events of a project belong to it"


def test_each_case_is_told_in_the_readme() -> None:
    page = (FOLDER / "README.md").read_text()
    assert [slug for slug in SLUGS if f"`{slug}`" not in page] == []
