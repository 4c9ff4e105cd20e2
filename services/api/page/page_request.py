"""One look at the page: who looks, at which day, in which language, and the links that keep all that. Knows HTTP; no data.

A page asks what the API would be asked: `ask` makes of the page's address the question of a route, refused for the same reasons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from services.api.page.i18n import LANGUAGES, Words, chosen, words
from services.api.problems import did_you_mean
from services.api.store.snapshot import Snapshot
from services.api.web import query_parameters
from services.api.web.query_parameters import Question
from steppe.http.problems import UNKNOWN_PARAMETER, Refusal
from steppe.release import RELEASE

KEPT = ("as_of", "known_at", "known_by", "rules", "lang")
"""What stays while one walks around."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_environment = Environment(
    loader=PackageLoader("services.api.page", "templates"),
    autoescape=select_autoescape(["html", "xml", "svg"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.i18n"],
)
_environment.globals["languages"] = LANGUAGES


class Look:
    """One request of a page. `own` are the page's parameters beside those that are kept."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.query = {name: text for name, text in request.query_params.multi_items() if text != ""}
        self.words: Words = words(chosen(self.query.get("lang"), request.headers.get("accept-language", "")))
        self.path = request.url.path
        self.place = request.path_params

    def only(self, *own: str) -> None:
        """Refuse parameters that this page does not read."""
        known = (*KEPT, *own)
        for name in self.query:
            if name not in known:
                detail = f"{name[:60]!r} is not known at {self.path}.{did_you_mean(name, known)}"
                raise Refusal(UNKNOWN_PARAMETER, detail, parameter=name[:60])

    def ask(self, path: str, names: Sequence[str], **own: Any) -> Question:
        """The question that a route of the API would be asked; `own` wins over the address. Raises Refusal."""
        scope = {**self.request.scope, "path": path, "raw_path": quote(path).encode()}
        scope["query_string"] = urlencode(self._asked(names, own)).encode()
        return query_parameters.read(Request(scope), tuple(names), formats=("json",))

    def api(self, path: str, names: Sequence[str], **own: Any) -> str:
        """The address of the same question at the API."""
        query = urlencode(self._asked(names, own))
        return f"{quote(path)}?{query}" if query else quote(path)

    def _asked(self, names: Sequence[str], own: Mapping[str, Any]) -> list[tuple[str, str]]:
        given = {name: text for name, text in self.query.items() if name in names and name not in own}
        return [*given.items(), *((name, str(value)) for name, value in own.items() if value is not None)]

    def link(self, path: str, **query: Any) -> str:
        """An address on the page, with what stays."""
        kept = {name: self.query[name] for name in KEPT if name in self.query}
        told = {name: value for name, value in {**kept, **query}.items() if value not in (None, "")}
        return f"{quote(path)}?{urlencode(told)}" if told else quote(path)

    def here(self, **changes: Any) -> str:
        """This page with another question; where a list goes on is forgotten unless it is said."""
        same = {name: text for name, text in self.query.items() if name != "cursor"}
        return self.link(self.path, **{**same, **changes})

    def day(self, value: date | datetime | None) -> Markup:
        """A day for people and for programs."""
        if value is None:
            return Markup("–")
        iso = (value.date() if isinstance(value, datetime) else value).isoformat()
        return Markup('<time datetime="{}">{}</time>').format(iso, self.words.day(value))

    def money(self, amount: str, currency: str) -> str:
        """An amount as the language writes it: whole units, the currency by its code."""
        return f"{currency} {self.words.number(round(Decimal(amount)))}"

    def score(self, card: Mapping[str, Any]) -> str:
        """The address of a scorecard at the API."""
        path = f"/v1/forums/{card['forum']}/scorecard"
        return self.api(path, query_parameters.SCORECARD, horizon_months=card["horizon_months"])

    def render(
        self, template: str, *, question: Question | None = None, snapshot: Snapshot | None = None, status: int = 200,
        media_type: str = "text/html; charset=utf-8", **values: Any,
    ) -> Response:  # fmt: skip
        """The page, with the headers that an answer of the API has."""
        now = datetime.now(UTC).replace(microsecond=0)
        as_of = question.as_of if question else now.date()
        known_at = question.known_at if question else now
        body = _environment.get_template(template).render(
            look=self,
            _=self.words.text,
            gettext=self.words.text,
            ngettext=self.words.count,
            words=self.words,
            as_of=as_of,
            today=now.date(),
            known_at=known_at,
            known=bool(question and question.knowledge),
            position=snapshot.position if snapshot else None,
            rules=snapshot.rules.version if snapshot else None,
            release=RELEASE,
            **values,
        )
        headers = {
            "Content-Security-Policy": POLICY,
            "Cache-Control": "private, no-cache",
            "Vary": "Accept-Language",
            "Content-Language": self.words.language,
            "Steppe-As-Of": as_of.isoformat(),
            "Steppe-Known-At": known_at.isoformat().replace("+00:00", "Z"),
        }
        if snapshot is not None:
            headers["Steppe-Position"] = snapshot.position
        return Response(body, status, headers, media_type)
