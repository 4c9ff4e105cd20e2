"""What is raised when the API refuses a question or does not answer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


class SteppeError(Exception):
    """Whatever this client raises."""


class UnreachableError(SteppeError):
    """Nobody answered in time, after every retry."""


class ForeignAnswerError(SteppeError):
    """What answered speaks otherwise than the API that this client was made for: another service, or a newer release."""


class Refusal(SteppeError):  # noqa: N818 what the API calls it
    """The API refused the question; its problem document says why.

    `type` is a stable name such as `bad-parameter`; `parameter` the parameter that is wrong, `errors` the fields of a
    body that are, each as (pointer, message); `suggestions` what may have been meant. `document` is all that was said.
    """

    def __init__(self, status: int, document: Mapping[str, Any], retry_after: float | None = None) -> None:
        self.status = status
        self.document = document
        self.retry_after = retry_after
        self.type = str(document.get("type", "")).rpartition(":")[2]
        self.title = str(document.get("title", "Refused"))
        self.detail = str(document.get("detail", ""))
        self.parameter: str | None = document.get("parameter")
        self.suggestions: Sequence[str] = document.get("suggestions", ())
        self.errors = [(error["pointer"], error["message"]) for error in document.get("errors", ())]
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        place = f" ({self.parameter})" if self.parameter else ""
        fields = "".join(f"\n  {pointer or 'the whole'} {message}" for pointer, message in self.errors)
        return f"{self.status} {self.title}{place}: {self.detail}{fields}"


def refusal(status: int, body: bytes, retry_after: str | None) -> Refusal:
    """The refusal that an answer of this status is, whoever sent it: a gateway writes no problem documents."""
    try:
        document = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        document = {"title": "Refused by something else than the API", "detail": body[:200].decode(errors="replace")}
    seconds = float(retry_after) if retry_after is not None and retry_after.isdecimal() else None
    return Refusal(status, document, seconds)
