"""The projects and parties that a form names: which registered ones they are, or are near to.

Near is what the imports take for near: by ids, names, aliases, country and place, with the thresholds of
`steppe/importers/name_matching.json`. Nothing is put in the place of what somebody typed: the preview asks.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fastapi import Request

from services.ingest.articles.mentions import RegisteredName
from services.ingest.entry.drafted_event import DraftedEvent
from services.ingest.entry.form_texts import FormTexts, fields_of, texts_of
from services.ingest.entry.read_api import ApiAwayError, Offer, ReadApi, Recognised
from services.ingest.memory.known_keys import KnownKeys
from steppe.domain.events.field_checks import is_slug
from steppe.importers.known_names import PARTIES, PROJECTS, KnownNames, names_of
from steppe.importers.name_likeness import Likeness
from steppe.importers.party_matching import KnownParty
from steppe.importers.project_matching import Alike, Verdict

CHOSEN = "new"
"""The field of a form whose texts say which names are new though they are near to others: `data.parent=katpar`."""

_KEYS_MAX = 24  # of one form that are looked up
_PARTIES = re.compile(r"data\.(?:parties\.\d+\.party|parents\.\d+\.party|parent|to)")
_ROW_OF_PARTIES = re.compile(r"data\.parties\.(\d+)\.party")
_FRESH_SECONDS = 30.0
_READ_SECONDS_MAX = 10.0
_CALLERS_MAX = 64


@dataclass(frozen=True, slots=True)
class Recognition:
    """The recognised names of a form, by field. `api_away`: why the API could not be asked about all; empty: it was."""

    names: Mapping[str, Recognised]
    api_away: str = ""

    def open_questions(self, texts: FormTexts) -> Sequence[str]:
        """The fields whose names are new and near to others, and of which the form does not say that they are new."""
        chosen = texts.many(CHOSEN)
        return [
            name
            for name, recognised in self.names.items()
            if recognised.asks and f"{name}={recognised.text}" not in chosen
        ]


@dataclass(slots=True)
class _CallersNames:
    """What a caller may see of the names that there are. `names` None: not all could be read in time."""

    names: KnownNames | None = None
    fresh_until: float = 0.0
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


class NameRecognition:
    """Recognises names, by the API with the credentials of whoever asks, else by the keys that ingest has seen. One for the service.

    Names are read again after half a minute; whether a key is registered is asked each time.
    """

    def __init__(self, api: ReadApi, known_keys: KnownKeys) -> None:
        self._api = api
        self._known_keys = known_keys
        self._read: dict[str, _CallersNames] = {}

    async def recognise(self, request: Request, draft: DraftedEvent) -> Recognition:
        """The recognised names that a draft adds to the record."""
        lookups = [*_named_parties(draft), *_named_project(draft)][:_KEYS_MAX]
        answers = await asyncio.gather(*(self._api.recognise(request, kind, text) for _, kind, text in lookups), return_exceptions=True)  # fmt: skip
        api_away = "" if self._api.is_set else "no API is configured (STEPPE_API)"
        names: dict[str, Recognised] = {}
        for (name, kind, text), answer in zip(lookups, answers, strict=True):
            if isinstance(answer, Recognised):
                names[name] = answer
            elif isinstance(answer, ApiAwayError):
                api_away = str(answer)
                if (by_key := self._recognised_here(kind, text)) is not None:
                    names[name] = by_key
            elif isinstance(answer, BaseException):
                raise answer
        registers = draft.mode == "new" and draft.kind.name in ("project.registered", "party.registered")
        if not api_away and (registers or any(recognised.exact is None for recognised in names.values())):
            try:
                registered = await self.registered(request)
            except ApiAwayError as error:
                return Recognition(names, str(error))
            names = {name: _with_near(recognised, registered, draft, name) for name, recognised in names.items()}
            if registers:
                names |= _of_registration(registered, draft)
        return Recognition(names, api_away)

    async def registered(self, request: Request) -> KnownNames:
        """The names that there are, as the caller may see them. Raises ApiAwayError, also when there are too many to be read in time."""
        caller = hashlib.sha256(request.headers.get("authorization", "").encode()).hexdigest()
        callers_names = self._read.setdefault(caller, _CallersNames())
        if len(self._read) > _CALLERS_MAX:
            del self._read[next(iter(self._read))]
        async with callers_names.reading:
            if time.monotonic() >= callers_names.fresh_until:
                callers_names.names = await self._all_names(request)
                callers_names.fresh_until = time.monotonic() + _FRESH_SECONDS
        if callers_names.names is None:
            raise ApiAwayError(f"the names that there are could not be read within {_READ_SECONDS_MAX:.0f} s")
        return callers_names.names

    async def names_in_use(self, request: Request) -> tuple[Sequence[RegisteredName], str]:
        """Every name and alias that there is, as the caller may see them, and why there are none; empty: they were read."""
        try:
            registered = await self.registered(request)
        except ApiAwayError as error:
            return (), str(error)
        return await asyncio.to_thread(_spellings, registered), ""

    async def _all_names(self, request: Request) -> KnownNames | None:
        try:
            async with asyncio.timeout(_READ_SECONDS_MAX):
                projects = await self._api.items(request, *PROJECTS)
                parties = await self._api.items(request, *PARTIES)
        except TimeoutError:
            return None
        return await asyncio.to_thread(names_of, projects, parties)

    def _recognised_here(self, kind: str, text: str) -> Recognised | None:
        """What ingest itself knows of a key; None: it does not know enough."""
        subject = text if kind == "projects" else f"party:{text}"
        if self._known_keys.unknown_because is not None or not is_slug(text):
            return None
        if not self._known_keys.is_new(subject):
            return Recognised(kind, text, Offer(text, text), ())
        likely = self._known_keys.likely(subject)
        near = [] if likely is None else [likely.removeprefix("party:")]
        return Recognised(kind, text, None, [Offer(key, key, Likeness(name=key)) for key in near])


def _spellings(registered: KnownNames) -> Sequence[RegisteredName]:
    sorts = (("projects", registered.projects.all()), ("parties", registered.parties.all()))
    return [
        RegisteredName(kind, entry.key, name)
        for kind, of_kind in sorts
        for entry in of_kind
        for name in (entry.name, *entry.aliases)
        if name
    ]


def _named_parties(draft: DraftedEvent) -> Iterable[tuple[str, str, str]]:
    """Field, kind and text of each party that a draft names, but for those that a corrected event names already."""
    fields = fields_of(draft.kind.name)
    named_before = {text for name, text in texts_of(fields, draft.was or {}, "data") if _PARTIES.fullmatch(name)}
    for name, text in texts_of(fields, draft.data, "data"):
        if _PARTIES.fullmatch(name) and text and text not in named_before:
            yield name, "parties", text


def _named_project(draft: DraftedEvent) -> Iterable[tuple[str, str, str]]:
    registers_it = draft.name == "project.registered"
    if draft.mode == "new" and draft.subject and ":" not in draft.subject and not registers_it:
        yield "subject", "projects", draft.subject


def _with_near(recognised: Recognised, registered: KnownNames, draft: DraftedEvent, name: str) -> Recognised:
    """The same with those that are near before those that a search has found."""
    if recognised.exact is not None:
        return recognised
    if recognised.kind == "projects":
        offers = [_project_offer(other) for other in registered.projects.named(recognised.text)]
    else:
        own_name, country = _name_beside(draft, name)
        texts = [text for text in (own_name, recognised.text) if text]
        near = [its for text in texts for its in registered.parties.named(text, country)]
        offers = [_party_offer(other, because) for other, because in near]
    by_key = {offer.key: offer for offer in reversed([*offers, *recognised.alike])}
    return replace(recognised, alike=[by_key[key] for key in reversed(by_key)])


def _name_beside(draft: DraftedEvent, name: str) -> tuple[str | None, str | None]:
    """Name and country that a row of parties gives beside the key."""
    match = _ROW_OF_PARTIES.fullmatch(name)
    if match is None:
        return None, None
    row = draft.data["parties"][int(match[1])]
    return row.get("name"), row.get("country")


def _of_registration(registered: KnownNames, draft: DraftedEvent) -> dict[str, Recognised]:
    """What a registration may be that is there under another key, or whose key is another's."""
    data, key = draft.data, draft.subject.removeprefix("party:")
    if draft.kind.name == "party.registered":
        near = registered.parties.alike(key, str(data.get("name", "")), data.get("home_country"))
        offers = [_party_offer(other, because) for other, because in near]
        return {"data.party": Recognised("parties", key, None, offers)} if offers else {}
    if not is_slug(key) or not isinstance(data.get("name"), str) or not isinstance(data.get("country"), str):
        return {}
    match = registered.projects.match(key, dict(data))
    if match.verdict is Verdict.TAKEN:
        holder = registered.projects.get(key)
        if holder is None or holder.name is None:  # events named the key before anybody registered it
            return {}
        return {"subject": Recognised("projects", key, None, (), Offer(key, holder.name))}
    offers = [_project_offer(other) for other in match.alike]
    return {"subject": Recognised("projects", key, None, offers)} if offers else {}


def _project_offer(other: Alike) -> Offer:
    return Offer(other.project.key, other.project.name or other.project.key, other.because)


def _party_offer(party: KnownParty, because: Likeness) -> Offer:
    return Offer(party.key, party.name or party.key, because)
