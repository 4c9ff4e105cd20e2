"""A figure with the question that it answers; and its line of source, which says of which day and state of the log it is."""

from __future__ import annotations

from dataclasses import dataclass

from services.api.drawing.figure import Figure
from services.api.page.page_request import PageRequest
from services.api.store.snapshot import Snapshot
from services.api.web.query_parameters import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFigure:
    """A figure, what was asked, and the address of the page that it is of."""

    figure: Figure
    question: Question
    snapshot: Snapshot
    page_path: str


def source_line(page: PageRequest, question: Question, snapshot: Snapshot) -> str:
    """Who publishes the figures, of which day they are, and from which state of the log and of the rules."""
    publisher = page.request.app.state.settings.data_publisher
    translation = page.translation
    stated = translation.gettext(
        "Source: %(publisher)s; as of %(day)s; rules %(rules)s; position in the log %(position)s."
    ) % {
        "publisher": publisher,
        "day": translation.day(question.as_of),
        "rules": snapshot.rules.version,
        "position": snapshot.position or "–",
    }
    if question.knowledge is None:
        return stated
    known = translation.gettext("Only what was known by %(day)s.") % {"day": translation.day(question.known_at)}
    return f"{stated} {known}"
