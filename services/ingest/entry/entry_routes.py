"""The addresses of the entry form: choose and fill in (`/`), send (`/send`), what became of it (`/sent`), and what a script asks."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from importlib import resources
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from fastapi import FastAPI, Request, Response
from starlette.staticfiles import StaticFiles

from services.ingest import request_body
from services.ingest.articles.article import PASTED_CHARACTERS_MAX, Article, UnreadableError, read_article
from services.ingest.entry import forgery_guard
from services.ingest.entry.drafted_event import MODES, DraftedEvent, Mode, draft_of_entry, read_draft
from services.ingest.entry.entry_page import EntryPage
from services.ingest.entry.event_search import GROUPS, find_events, group_of
from services.ingest.entry.field_views import FormShown, FormViews
from services.ingest.entry.form_texts import FormTexts
from services.ingest.entry.judgement_view import Judgement, judgement
from services.ingest.entry.read_api import REGISTERED_FIELDS, ApiAwayError, Offer, ReadApi
from services.ingest.entry.recognition import CHOSEN, NameRecognition
from services.ingest.memory.known_keys import KnownKeys
from services.ingest.problems import BROKEN_OFF, TOO_LARGE, TOO_SLOW, UNSUPPORTED_MEDIA_TYPE
from services.ingest.request_body import Patience
from services.ingest.routes import EventRoutes
from services.ingest.settings import Settings
from steppe.contracts.acceptance import Accepted
from steppe.domain.events.field_checks import RECLASSIFIABLE, is_slug
from steppe.domain.events.vocabulary import EVENT_KINDS, GRADES, VOCABULARY
from steppe.http.problems import BAD_PARAMETER, INTERNAL_ERROR, NOT_FOUND, UNKNOWN_PARAMETER, Problem, Refusal
from steppe.page.spoken_dates import spoken_date

log = logging.getLogger(__name__)

FORM = "application/x-www-form-urlencoded"
_FORM_BYTES_MAX = 512 * 1024
_ARTICLE_BYTES_MAX = 4 * 1024 * 1024
_FIELDS_MAX = 2_000
_FIELD_NAME = re.compile(r"(?:data|own)(?:\.[a-z_]+|\.\d{1,3}){1,4}|subject|source|target|mode|event|lang|q|was")
_PLACE_OF_ROW = re.compile(r"(?:data|own)\.[a-z_]+")

PATHS = ("/", "/send", "/sent", "/article", "/keys/projects", "/keys/parties", "/date")
"""Those of the form; assets are at /static."""

PROBLEMS = (
    forgery_guard.FORGED, BAD_PARAMETER, UNKNOWN_PARAMETER, BROKEN_OFF, TOO_SLOW, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INTERNAL_ERROR,
    NOT_FOUND,
)  # fmt: skip
"""What an error page of the form may be about; the catalogues have their titles."""

View = Callable[[EntryPage], Awaitable[Response]]


class EntryRoutes:
    """The handlers of the form's addresses; one for the service."""

    def __init__(self, settings: Settings, events: EventRoutes, known_keys: KnownKeys, api: ReadApi) -> None:
        self._settings = settings
        self._events = events
        self._names = NameRecognition(api, known_keys)
        self._api = api
        self._page_url = (settings.page_url or settings.api or "").rstrip("/") or None

    def install(self, app: FastAPI) -> None:
        """Put the form on the app. It is not in the OpenAPI document: programs send events."""
        for path, method, view in (
            ("/", "GET", self._open),
            ("/", "POST", self._fill_in),
            ("/send", "POST", self._send),
            ("/sent", "GET", self._sent),
            ("/article", "GET", self._article),
            ("/article", "POST", self._article),
            ("/keys/projects", "GET", self._projects),
            ("/keys/parties", "GET", self._parties),
            ("/date", "GET", self._date),
        ):
            app.add_route(path, self._endpoint(view), methods=[method], include_in_schema=False)
        folder = str(resources.files("steppe.page").joinpath("static"))
        app.mount("/static", StaticFiles(directory=folder), name="static")

    def _endpoint(self, view: View) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            page = EntryPage(request, FormTexts(request.query_params.multi_items()), self._page_url)
            try:
                if request.method == "POST":
                    page = EntryPage(request, _in_language(await self._form(request)), self._page_url)
                    forgery_guard.refuse_forgery(request, page.texts.one(forgery_guard.FIELD))
                return await view(page)
            except Refusal as refusal:
                return await _error_page(page, refusal.problem, refusal.detail)
            except Exception as error:
                log.exception("%s %s", request.method, request.url.path)
                return await _error_page(page, INTERNAL_ERROR, f"{type(error).__name__} while answering.")

        return endpoint

    async def _form(self, request: Request) -> FormTexts:
        """The form of a request. Raises Refusal when it is none, too large, or comes too slowly."""
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != FORM:
            raise Refusal(
                UNSUPPORTED_MEDIA_TYPE, f"This is for forms ({FORM}); programs send events to POST /v1/events."
            )
        patience = Patience(self._settings.ingest_idle_seconds_max, self._settings.ingest_body_seconds_max)
        bytes_max = _ARTICLE_BYTES_MAX if request.url.path == "/article" else _FORM_BYTES_MAX
        body = await request_body.read_whole(request, bytes_max, patience, "Enter less at once.")
        try:
            return FormTexts(await asyncio.to_thread(_pairs, body))
        except ValueError as error:  # no UTF-8, or more fields than any form has
            raise Refusal(BAD_PARAMETER, f"The form cannot be read: {str(error)[:200]}.") from None

    async def _open(self, page: EntryPage) -> Response:
        """GET /: what can be entered, or the empty form of an event, filled in by what the address says."""
        for name, _ in page.request.query_params.multi_items():
            if not _FIELD_NAME.fullmatch(name):
                raise Refusal(UNKNOWN_PARAMETER, f"{name[:60]!r} is no field of the form.", parameter=name[:60])
        mode = page.texts.one("mode") or "new"
        if mode in MODES and mode != "new" and page.texts.one("target"):
            return await self._amend(page, mode)
        draft = read_draft(page.texts, self._settings.entry_source)
        if draft is None:
            return await self._choose(page)
        return await self._show_form(page, draft, FormShown())

    async def _amend(self, page: EntryPage, mode: Mode) -> Response:
        """The form that corrects, reclassifies or retracts an event, filled in as it stands."""
        texts, name = page.texts, page.texts.one("event")
        if mode == "reclassify" and name not in RECLASSIFIABLE:
            return await self._choose(page)
        is_registry = ":" in texts.one("subject")
        find = self._api.event_as_sent if is_registry else self._api.entry
        api_away, entry = "", None
        try:
            entry = await find(page.request, texts.one("subject"), texts.one("target"))
        except ApiAwayError as error:
            api_away = str(error)
        if entry is None and is_registry and not api_away:  # events of the last second, for one
            api_away = f"the API does not know {texts.one('target')[:200]} of {texts.one('subject')[:100]}"
        source = texts.one("source") or self._settings.entry_source
        if entry is not None and (mode == "reclassify" or entry["name"] in EVENT_KINDS):
            name = name if mode == "reclassify" else entry["name"]
            draft = draft_of_entry(mode, name, entry, subject=texts.one("subject"), source=source)
            if not draft.kind.is_correction or mode == "retract":
                return await self._show_form(page, draft, FormShown())
        elif not api_away:
            detail = f"{texts.one('subject')[:100]} has no event {texts.one('target')[:200]}."
            raise Refusal(NOT_FOUND, detail)
        # As far as one comes without the API: what is filled in is changed, nothing is shown as it stands.
        blind = read_draft(texts, source)
        if blind is None:
            return await self._choose(page)
        return await self._show_form(page, blind, FormShown(), api_away=api_away)

    async def _choose(self, page: EntryPage) -> Response:
        """The events that can be entered, all of them or those that the words mean."""
        words = page.texts.one("q")
        kinds = find_events(words) if words else [kind for kind in VOCABULARY if not kind.is_correction]
        if page.texts.one("mode") == "reclassify":
            kinds = [kind for kind in kinds if kind.name in RECLASSIFIABLE]
        groups = [(group, [kind for kind in kinds if group_of(kind) == group]) for group in GROUPS]
        shown_groups = [("", list(kinds))] if words else [(group, of_group) for group, of_group in groups if of_group]
        carried = {name: page.texts.one(name) for name in ("subject", "source", "target", "mode")}
        carried |= dict(page.texts.pairs("data."))  # what an article has filled in already
        return await page.render("choose.html", words=words, groups=shown_groups, carried=carried)

    async def _fill_in(self, page: EntryPage) -> Response:
        """POST /: the form with one more row, or with an offer taken; else what the event would do, or what is wrong."""
        action, _, what = page.texts.one("action").partition(":")
        if action == "use":
            name, _, text = what.partition("=")
            if not _FIELD_NAME.fullmatch(name):
                raise Refusal(BAD_PARAMETER, f"{name[:60]!r} is no field of the form.", parameter="action")
            draft = _draft(page, self._settings.entry_source)  # in which rows have the numbers that were shown
            carried_texts = FormTexts([*draft.pairs(), *page.texts.pairs("lang", CHOSEN)])
            page.texts = carried_texts.with_text(name, text)
        draft = _draft(page, self._settings.entry_source)
        if action == "row" and _PLACE_OF_ROW.fullmatch(what):
            return await self._show_form(page, draft, FormShown(more_rows_of=what))
        if action in ("edit", "lang"):  # what the language is, is read before
            return await self._show_form(page, draft, FormShown())
        return await self._preview(page, draft)

    async def _preview(
        self, page: EntryPage, draft: DraftedEvent, trouble: str = "", status: int = 200, *, unanswered: bool = False
    ) -> Response:
        """What would be sent, or the form with what is wrong. `unanswered`: a name was not said to be new, or one of those near to it."""
        verdict = draft.check()
        if not isinstance(verdict, Accepted):
            recognition = await self._names.recognise(page.request, draft)
            shown = FormShown(errors=verdict, recognised=recognition.names)
            return await self._show_form(page, draft, shown, api_away=recognition.api_away, status=422)
        recognition, judged, registered = await asyncio.gather(
            self._names.recognise(page.request, draft), self._judge(page, draft), self._registered(page, draft)
        )
        shown = FormShown(recognised=recognition.names)
        form = FormViews(page.translation, draft, page.texts, shown).form()
        before = FormViews(page.translation, draft.before, FormTexts(()), shown).form()
        now = None if registered is None else FormViews(page.translation, registered, FormTexts(()), shown).form()
        return await page.render(
            "preview.html", status=status, draft=draft, form=form, judged=None if isinstance(judged, str) else judged, before=before, now=now, warnings=verdict.warnings, trouble=trouble,
            registry_fields=REGISTERED_FIELDS, recognised=recognition.names, chosen=page.texts.many(CHOSEN), unanswered=unanswered,
            api_away=judged if isinstance(judged, str) else recognition.api_away, carried=[*draft.pairs(), *page.texts.pairs("lang")],
            event=msgspec.json.format(msgspec.json.encode(draft.envelope), indent=2).decode(),
        )  # fmt: skip

    async def _judge(self, page: EntryPage, draft: DraftedEvent) -> Judgement | str:
        """What the event would do; why nobody can say, where the API cannot be asked."""
        try:
            return judgement(await self._api.what_if(page.request, draft.envelope))
        except ApiAwayError as error:
            return str(error)

    async def _registered(self, page: EntryPage, draft: DraftedEvent) -> DraftedEvent | None:
        """The draft with what is registered now of its party or forum; None: it is of a project, or the API cannot be asked."""
        if ":" not in draft.subject:
            return None
        try:
            return replace(draft, data=await self._api.registered_fields(page.request, draft.subject))
        except ApiAwayError:
            return None

    async def _send(self, page: EntryPage) -> Response:
        """POST /send: the event is in the log once this answers; else the form with what is wrong or to be said, and nothing is lost."""
        draft = _draft(page, self._settings.entry_source)
        verdict = draft.check()
        if not isinstance(verdict, Accepted):
            return await self._show_form(page, draft, FormShown(errors=verdict), status=422)
        recognition = await self._names.recognise(page.request, draft)
        if recognition.open_questions(page.texts):
            return await self._preview(page, draft, status=422, unanswered=True)
        try:
            result = await self._events.send_one(page.request, draft.envelope)
        except Refusal as refusal:
            rejected: list[Any] = refusal.members.get("rejected", [])
            if rejected:
                errors = draft.named(rejected[0]["errors"])
                return await self._show_form(page, draft, FormShown(errors=errors), status=refusal.problem.status)
            return await self._preview(
                page, draft, f"{refusal.problem.title}. {refusal.detail}", refusal.problem.status
            )
        address = page.link(
            "/sent",
            subject=draft.subject,
            event=f"{verdict.source}#{verdict.id}",
            name=draft.kind.name if draft.mode == "new" else "",
            position=result.position,
            again="yes" if result.duplicates else "",
        )
        return Response(status_code=303, headers={"Location": address, "Cache-Control": "no-store"})

    async def _sent(self, page: EntryPage) -> Response:
        """GET /sent: where the event can be seen."""
        subject = page.texts.one("subject")
        return await page.render(
            "sent.html", subject=subject, event=page.texts.one("event"), event_name=page.texts.one("name"), again=page.texts.one("again") == "yes",
            address=page.project_url(subject, page.texts.one("position")) if is_slug(subject) else "",
        )  # fmt: skip

    async def _article(self, page: EntryPage) -> Response:
        """GET and POST /article: what an article says, and the events that it may tell, each a link to the form."""
        url, pasted, trouble = page.texts.one("url"), page.texts.one("pasted"), ""
        article: Article | None = None
        names, api_away = await self._names.names_in_use(page.request) if pasted else ((), "")
        if len(pasted) > PASTED_CHARACTERS_MAX:
            trouble = f"It has {len(pasted):,} characters; at most {PASTED_CHARACTERS_MAX:,} are read."
        elif page.request.method == "POST" and (url or pasted):
            try:
                article = await read_article(url, pasted, names)
            except UnreadableError as error:
                trouble = f"The article was not read: {error}."
        evidence = _evidence(page, article) if article else {}
        proposals = [
            (proposal, page.link("/", event=proposal.name, **{**proposal.texts, **evidence}))
            for proposal in (article.proposals if article else ())
        ]
        return await page.render(
            "article.html", status=422 if trouble else 200, article=article, api_away=api_away, trouble=trouble, evidence=evidence, proposals=proposals, grades=GRADES
        )  # fmt: skip

    async def _show_form(
        self, page: EntryPage, draft: DraftedEvent, shown: FormShown, *, api_away: str = "", status: int = 200
    ) -> Response:
        if not api_away and not self._api.is_set:
            api_away = "no API is configured (STEPPE_API)"
        form = FormViews(page.translation, draft, page.texts, shown).form()
        return await page.render(
            "form.html", status=status, draft=draft, form=form, api_away=api_away, codes=page.codes()
        )

    async def _projects(self, page: EntryPage) -> Response:
        """GET /keys/projects: options of a pick-list, as a script asks for them while somebody types."""
        return await self._options(page, "projects")

    async def _parties(self, page: EntryPage) -> Response:
        """GET /keys/parties: the same of parties."""
        return await self._options(page, "parties")

    async def _options(self, page: EntryPage, kind: str) -> Response:
        text = next((text for name, text in page.request.query_params.items() if name != "lang"), "").strip()
        offers: Sequence[Offer] = ()
        if text:
            try:
                offers = await self._api.offers(page.request, kind, text)
            except ApiAwayError:  # the field stays one for plain text
                offers = ()
        return await page.render("options.html", offers=offers)

    async def _date(self, page: EntryPage) -> Response:
        """GET /date: how a date in words would be read."""
        text = next((text for name, text in page.request.query_params.items() if name != "lang"), "").strip()
        return await page.render("date.html", text=text, readings=spoken_date(text) if text else ())


def _pairs(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS_MAX)


def _in_language(texts: FormTexts) -> FormTexts:
    """The form in the language whose button was pressed."""
    action, _, language = texts.one("action").partition(":")
    return texts.with_text("lang", language) if action == "lang" else texts


def _draft(page: EntryPage, source: str) -> DraftedEvent:
    draft = read_draft(page.texts, source)
    if draft is None:
        raise Refusal(BAD_PARAMETER, "The form does not say what happened.", parameter="event")
    return draft


def _evidence(page: EntryPage, article: Article) -> dict[str, str]:
    """The texts of the form that say where an event is known from."""
    texts = {
        "subject": page.texts.one("subject"),
        "data.evidence.0.url": article.url if article.url.startswith(("http://", "https://")) else "",
        "data.evidence.0.title": article.title,
        "data.evidence.0.publisher": article.publisher,
        "data.evidence.0.grade": page.texts.one("grade"),
        "data.reported": article.published,
    }
    return {name: text for name, text in texts.items() if text}


async def _error_page(page: EntryPage, problem: Problem, detail: str) -> Response:
    return await page.render(
        "error.html", status=problem.status, status_code=problem.status, title=problem.title, detail=detail
    )
