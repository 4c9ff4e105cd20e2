"""A figure with the question that it answers, and its source line, which names the day and the state of the log."""

from __future__ import annotations

from dataclasses import dataclass

from services.api.drawing.figure import Figure
from services.api.page.page_request import PageRequest
from services.api.store.snapshot import Snapshot
from services.api.web.query_parameters import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFigure:
    """A figure, the question that it answers, from which snapshot, and the address of its page."""

    figure: Figure
    question: Question
    snapshot: Snapshot
    page_path: str


def source_line(page: PageRequest, question: Question, snapshot: Snapshot) -> str:
    """Who publishes the figures, of which day they are, and from which state of the log and of the rules."""
    publisher = page.request.app.state.settings.data_publisher
    translation = page.translation
    source = translation.gettext(
        "Source: %(publisher)s; as of %(day)s; rules %(rules)s; position in the log %(position)s."
    ) % {
        "publisher": publisher,
        "day": translation.day(question.as_of),
        "rules": snapshot.rules.version,
        "position": snapshot.position or "–",
    }
    if question.knowledge is None:
        return source
    knowledge = translation.gettext("Only what was known by %(day)s.") % {"day": translation.day(question.known_at)}
    return f"{source} {knowledge}"
