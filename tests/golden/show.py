"""`python -m tests.golden.show SLUG`: the documents that a golden case comes to now, printed beside what is written.

Writes nothing: whoever changes a golden document reads it against the domain page first.
"""

from __future__ import annotations

import difflib
import json
import sys

from tests.golden.documents import SLUGS, Document, answer, judged, load


def text(document: Document | list[Document]) -> str:
    """A document as the files spell it."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def difference(written: Document | list[Document], actual: Document | list[Document]) -> str:
    """The lines that differ, and the whole actual document."""
    lines = difflib.unified_diff(
        text(written).splitlines(), text(actual).splitlines(), "written", "actual", lineterm=""
    )
    return "\n".join([*lines, "", "The actual document:", text(actual)])


def main(slugs: list[str]) -> int:
    """Print each question of each case with the actual documents, and say which differ from what is written."""
    unknown = sorted(set(slugs) - set(SLUGS))
    if unknown or not slugs:
        print(f"Usage: python -m tests.golden.show SLUG...; slugs are {', '.join(SLUGS)}.", file=sys.stderr)  # noqa: T201
        return 2
    for slug in slugs:
        golden = load(slug)
        for question, project, flags in zip(golden.questions, golden.projects, golden.flags, strict=True):
            answer_given = answer(judged(golden.lines, question.known_at), question)
            state = "as written" if answer_given == (project, flags) else "NOT as written"
            print(f"# {slug}: {question.project} on {question.as_of}, known {question.known_at}: {state}")  # noqa: T201
            print(text(answer_given[0]), text(answer_given[1]), sep="\n")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
