"""One request for a page: its parameters, its language, links that keep both, and rendering with the headers of the API.

A page asks what the API would be asked: `build_query` turns the page's address into the query of a route, which is validated as
the route validates it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from fastapi import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from services.api.computation import in_thread
from services.api.page.given_days import GivenDays, given_days
from services.api.page.registered_names import NO_NAMES, RegisteredNames
from services.api.page.sentences import translated
from services.api.problems import did_you_mean
from services.api.store.snapshot import Snapshot
from services.api.web import query_parameters
from services.api.web.query_parameters import Question
from steppe.domain.messages.message import Sentences
from steppe.http.problems import BAD_PARAMETER, UNKNOWN_PARAMETER, Refusal
from steppe.http.security_headers import PAGE_POLICY
from steppe.page.i18n import LANGUAGES, negotiate, translation
from steppe.release import RELEASE

KEPT_PARAMETERS = ("as_of", "known_at", "known_by", "rules", "lang")
"""What every link on a page carries along."""

_environment = Environment(
    loader=PackageLoader("services.api.page", "templates"),
    autoescape=select_autoescape(["html", "xml", "svg"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.i18n"],
)
_environment.globals["languages"] = LANGUAGES
_environment.globals["kept_parameters"] = KEPT_PARAMETERS


def _takes_several(name: str) -> bool:
    return name in query_parameters.PARAMETERS and query_parameters.PARAMETERS[name].many


def _casefolded(option: tuple[str, str]) -> str:
    return option[0].casefold()


def _as_it_is(text: Sentences) -> Any:
    """Items of a page hold sentences as the domain gives them, because the names of those in them are read last."""
    return text


class PageRequest:
    """One request for a page. In templates it is `page`.

    `query`: what its address says, but what is empty; several values of one name with commas between, as the API takes them.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        given: dict[str, list[str]] = {}
        for name, text in request.query_params.multi_items():
            if text != "":
                given.setdefault(name, []).append(text)
        self.query = {name: ",".join(texts) for name, texts in given.items()}
        self._given_twice = [name for name, texts in given.items() if len(texts) > 1 and not _takes_several(name)]
        self.path = request.url.path
        self.path_params = request.path_params
        language = negotiate(self.query.get("lang"), request.headers.get("accept-language", ""))
        self.translation = translation(language)

    def reject_unknown_params(self, *known: str) -> None:
        """Raise Refusal for a parameter that this page does not read, or of which it reads one value and has several.

        `known` are its own, beside KEPT_PARAMETERS.
        """
        names = (*KEPT_PARAMETERS, *known)
        for name in self.query:
            if name not in names:
                detail = f"{name[:60]!r} is not known at {self.path}.{did_you_mean(name, names)}"
                raise Refusal(UNKNOWN_PARAMETER, detail, parameter=name[:60])
        for name in self._given_twice:
            raise Refusal(BAD_PARAMETER, f"{name}: it is given more than once.", parameter=name)

    def build_query(self, path: str, names: Sequence[str], **overrides: Any) -> Question:
        """The query of a route of the API; `overrides` win over the address of the page, None drops one. Raises Refusal."""
        scope = {**self.request.scope, "path": path, "raw_path": quote(path).encode()}
        scope["query_string"] = urlencode(self._parameters(names, overrides)).encode()
        question = query_parameters.read(Request(scope), tuple(names), formats=("json",))
        return replace(question, tell=_as_it_is)

    def api_url(self, path: str, names: Sequence[str], **overrides: Any) -> str:
        """The address of the same query at the API."""
        query = urlencode(self._parameters(names, overrides))
        return f"{quote(path)}?{query}" if query else quote(path)

    def file_url(self, api_url: str, form: str) -> str:
        """The address of the whole list as a file, of a page of it at the API; CSV as spreadsheet programs read it."""
        parts = urlsplit(api_url)
        filters = [(name, text) for name, text in parse_qsl(parts.query) if name not in ("limit", "cursor")]
        bom = [("bom", "true")] if form == "csv" else []
        return f"{parts.path}?{urlencode([*filters, ('format', form), *bom])}"

    def _parameters(self, names: Sequence[str], overrides: Mapping[str, Any]) -> list[tuple[str, str]]:
        given = {name: text for name, text in self.query.items() if name in names and name not in overrides}
        return [*given.items(), *((name, str(value)) for name, value in overrides.items() if value is not None)]

    def link(self, path: str, **parameters: Any) -> str:
        """The address of a page, with KEPT_PARAMETERS."""
        carried = {name: self.query[name] for name in KEPT_PARAMETERS if name in self.query}
        query = {name: value for name, value in {**carried, **parameters}.items() if value not in (None, "")}
        return f"{quote(path)}?{urlencode(query)}" if query else quote(path)

    def url_with(self, **changes: Any) -> str:
        """The address of this page with other parameters; the cursor is dropped unless it is one of them."""
        current = {name: text for name, text in self.query.items() if name != "cursor"}
        return self.link(self.path, **{**current, **changes})

    def figure_url(self, path: str) -> str:
        """The address of a drawing of this page by itself, of the same question."""
        return self.link(path, **{name: text for name, text in self.query.items() if name != "cursor"})

    def permalink(self, path: str, as_of: date, known_at: datetime, rules: str) -> str:
        """The address of a page whose answer never changes: it names day, knowledge and rules."""
        moment = known_at.isoformat().replace("+00:00", "Z")
        return self.link(path, **{**self.query, "as_of": as_of.isoformat(), "known_at": moment, "rules": rules})

    def entry_link(self, **parameters: Any) -> str:
        """The address of the entry form, filled in by the parameters, in the page's language; empty where there is none."""
        entry_url: str | None = self.request.app.state.settings.entry_url
        if entry_url is None:
            return ""
        lang = {"lang": self.query["lang"]} if "lang" in self.query else {}
        query = urlencode({**parameters, **lang})
        return f"{entry_url.rstrip('/')}/?{query}" if query else f"{entry_url.rstrip('/')}/"

    def words(self, text: Sentences, names: RegisteredNames) -> str:
        """Sentences of an item in the page's language, with names in the place of keys."""
        return translated(self.translation, text, names.naming)

    def day(self, value: date | datetime | None) -> Markup:
        """A day (UTC) as a `time` element: in the page's language for people, in ISO 8601 for programs."""
        if value is None:
            return Markup("–")
        iso = (value.date() if isinstance(value, datetime) else value).isoformat()
        return Markup('<time datetime="{}">{}</time>').format(iso, self.translation.day(value))

    def given_day(self, item: Mapping[str, Any], name: str) -> GivenDays | None:
        """The day of that field of an item, no more exactly than its event gave it (domain page, section 2); None: no day."""
        if item[name] is None:
            return None
        return given_days(self.translation, item[f"{name}_earliest"], item[name], item[f"{name}_given"])

    def occurred(self, occurred: Mapping[str, Any]) -> GivenDays | None:
        """When an event of a timeline occurred, in the same way."""
        if occurred["latest"] is None:
            return None
        return given_days(self.translation, occurred["earliest"], occurred["latest"], occurred.get("text"))

    def dated(self, message: str, value: date | datetime | None) -> Markup:
        """A message with a day in the place of `%(day)s`, wherever the language puts it."""
        return escape(message) % {"day": self.day(value)}

    def money(self, amount: str, currency: str) -> str:
        """An amount as the language writes it: whole units, the currency by its code."""
        return f"{currency} {self.translation.number(round(Decimal(amount)))}"

    def scorecard_url(self, scorecard: Mapping[str, Any]) -> str:
        """The address of a scorecard at the API."""
        path = f"/v1/forums/{scorecard['key']}/scorecard"
        return self.api_url(path, query_parameters.SCORECARD, horizon_months=scorecard["horizon_months"])

    @property
    def shows_notices(self) -> bool:
        """Whether the latest changes are to hold notices, too. Raises Refusal for what is neither true nor false."""
        wanted = self.query.get("notices", "false")
        if wanted not in ("true", "false"):
            raise Refusal(BAD_PARAMETER, "notices: true or false.", parameter="notices")
        return wanted == "true"

    def options(self, counts: Mapping[str, int], label: Callable[[str], str] | None) -> list[tuple[str, str]]:
        """What one can choose from: each value with its label (None: itself) and its count, in the order of the labels."""
        labelled = sorted(((label(value) if label else value, value) for value in counts), key=_casefolded)
        return [(value, f"{text} ({self.translation.number(counts[value])})") for text, value in labelled]

    def named(self, values: Iterable[str]) -> list[tuple[str, str]]:
        """Public names that one can choose from, each with its word."""
        return [(value, self.translation.gettext(value)) for value in values]

    async def render(
        self, template: str, *, question: Question | None = None, snapshot: Snapshot | None = None, status: int = 200,
        media_type: str = "text/html; charset=utf-8", names: RegisteredNames = NO_NAMES, policy: str = PAGE_POLICY,
        problem_headers: Mapping[str, str] | None = None, **values: Any,
    ) -> Response:  # fmt: skip
        """The template as a response, with the headers that an answer of the API has; those of a problem win over them.

        It is rendered in a thread; nobody holds a connection to the database meanwhile.
        """
        now = datetime.now(UTC).replace(microsecond=0)
        as_of = question.as_of if question else now.date()
        known_at = question.known_at if question else now
        headers = {"Content-Security-Policy": policy, **self._headers(as_of, known_at, snapshot)}
        body = await in_thread(
            _rendered,
            template,
            page=self,
            names=names,
            _=self.translation.gettext,
            gettext=self.translation.gettext,
            ngettext=self.translation.ngettext,
            translation=self.translation,
            as_of=as_of,
            today=now.date(),
            known_at=known_at,
            known_at_given=bool(question and question.knowledge),
            position=snapshot.position if snapshot else None,
            rules=snapshot.rules.version if snapshot else None,
            release=RELEASE,
            **values,
        )
        return Response(body, status, {**headers, **(problem_headers or {})}, media_type)

    def headers(self, question: Question, snapshot: Snapshot) -> dict[str, str]:
        """The headers that an answer of the API has, but for its ETag, of a file that a page offers."""
        return self._headers(question.as_of, question.known_at, snapshot)

    def _headers(self, as_of: date, known_at: datetime, snapshot: Snapshot | None) -> dict[str, str]:
        headers = {
            "Cache-Control": "private, no-cache",
            "Vary": "Accept-Language",
            "Content-Language": self.translation.language,
            "Steppe-As-Of": as_of.isoformat(),
            "Steppe-Known-At": known_at.isoformat().replace("+00:00", "Z"),
        }
        return headers if snapshot is None else {**headers, "Steppe-Position": snapshot.position}


def _rendered(template: str, **values: Any) -> str:
    return _environment.get_template(template).render(**values)
