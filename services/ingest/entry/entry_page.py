"""One request for a page of the form: its language, links that keep it, its token, and rendering with the headers of a page."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from services.ingest.entry import forgery_guard
from services.ingest.entry.field_views import choice_label, event_label, milestone_options
from services.ingest.entry.form_texts import FormTexts
from steppe.access.callers import EVENTS_WRITE, Caller
from steppe.access.middleware import CALLER
from steppe.domain.values.countries import COUNTRIES
from steppe.domain.values.currencies import CURRENCIES
from steppe.http.security_headers import PAGE_POLICY
from steppe.page.i18n import LANGUAGES, negotiate, translation
from steppe.release import RELEASE

_environment = Environment(
    loader=PackageLoader("services.ingest.entry", "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.i18n"],
)
_environment.globals["languages"] = LANGUAGES


class EntryPage:
    """One request for a page. In templates it is `page`. `texts`: what its form or its address says."""

    def __init__(self, request: Request, texts: FormTexts, page_url: str | None) -> None:
        self.request = request
        self.texts = texts
        self.page_url = page_url
        self.token = forgery_guard.token_of(request)
        language = negotiate(texts.one("lang"), request.headers.get("accept-language", ""))
        self.translation = translation(language)

    @property
    def may_send(self) -> bool:
        """Whether the caller may send events, or only look."""
        caller = self.request.scope.get(CALLER)
        return not isinstance(caller, Caller) or caller.may({EVENTS_WRITE})

    def link(self, path: str, **parameters: str) -> str:
        """The address of a page of the form, in the same language."""
        lang = self.texts.one("lang")
        query = {**({"lang": lang} if lang else {}), **{name: text for name, text in parameters.items() if text}}
        return f"{path}?{urlencode(query)}" if query else path

    def language_url(self, language: str) -> str:
        """The address of this page in another language; of one that only a form leads to, of the form's beginning."""
        path = "/" if self.request.url.path == "/send" else self.request.url.path
        query = {name: text for name, text in self.request.query_params.items() if name != "lang"}
        return f"{path}?{urlencode({**query, 'lang': language})}"

    def project_url(self, key: str, position: str = "") -> str:
        """The address of a project's page, which waits until it has reached a position; empty: nobody knows where the page is."""
        if self.page_url is None:
            return ""
        lang = self.texts.one("lang")
        query = {**({"lang": lang} if lang else {}), **({"min_position": position} if position else {})}
        return f"{self.page_url}/projects/{quote(key, safe='')}" + (f"?{urlencode(query)}" if query else "")

    def event(self, name: str) -> str:
        """What an event is called."""
        return event_label(self.translation, name)

    def choice(self, name: str) -> str:
        """What a choice is called."""
        return choice_label(self.translation, name)

    def codes(self) -> Mapping[str, list[tuple[str, str]]]:
        """The lists that values of fields come from, by name."""
        countries = [(code, self.translation.country(code)) for code in COUNTRIES]
        return {
            "countries": sorted(countries, key=lambda country: country[1]),
            "currency": [(code, "") for code in sorted(CURRENCIES)],
            "milestone": milestone_options(self.translation),
        }

    def amount(self, text: str) -> str:
        """A number as the language writes it."""
        return self.translation.number(Decimal(text))

    def day(self, text: str) -> Markup:
        """A full day as an element, in words for people."""
        return Markup('<time datetime="{}">{}</time>').format(text, self.translation.day(date.fromisoformat(text)))

    async def render(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """The template as a response; it is kept by nobody."""
        body = await asyncio.to_thread(self._rendered, template, values)
        headers = {
            "Content-Security-Policy": PAGE_POLICY,
            "Cache-Control": "no-store",
            "Vary": "Accept-Language",
            "Content-Language": self.translation.language,
        }
        response = Response(body, status, headers, "text/html; charset=utf-8")
        forgery_guard.set_cookie(self.request, response, self.token)
        return response

    def _rendered(self, template: str, values: Mapping[str, Any]) -> str:
        return _environment.get_template(template).render(
            page=self,
            _=self.translation.gettext,
            gettext=self.translation.gettext,
            ngettext=self.translation.ngettext,
            translation=self.translation,
            release=RELEASE,
            **values,
        )
