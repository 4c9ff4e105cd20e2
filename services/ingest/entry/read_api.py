"""Asks the API for what the form offers and shows: projects, parties, an event as it stands, and what an event would do.

Each question is asked with the caller's own credentials, so that nobody sees by the form what the API would not show them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import httpx
from fastapi import Request

from steppe.domain.events.field_checks import is_slug
from steppe.importers.name_likeness import Likeness

_LOOK_UP_SECONDS = 4.0
_TRY_SECONDS = 30.0
_OFFERED_MAX = 12
_WORD_LENGTH_MIN = 4
_WORDS_MAX = 3
REGISTERED_FIELDS = (
    "name", "home_country", "kind", "parent", "parents", "lei", "aliases", "ids", "place", "countries",
)  # fmt: skip
"""What is registered of parties and forums, by the fields of their events."""
_PAGES_MAX = 20
_PAGE_ENTRIES = 500


class ApiAwayError(Exception):
    """The API cannot be asked; the message says why."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A key that can be chosen, and what it is called. `because`: why it is near to what somebody typed; None: no more is known than
    that a search finds it, by all words of it (`by_search`) or by some."""

    key: str
    name: str
    because: Likeness | None = None
    by_search: bool = False


@dataclass(frozen=True, slots=True)
class Recognised:
    """What is known of a key or name of `kind` (projects, parties): which it is (None: none), and those that are like it.

    `holder`: the other project that has the key of one that is being registered.
    """

    kind: str
    text: str
    exact: Offer | None
    alike: Sequence[Offer]
    holder: Offer | None = None

    @property
    def asks(self) -> bool:
        """Whether a person has to say that it is new, before it is sent."""
        near = any(offer.because is not None or offer.by_search for offer in self.alike)
        return self.holder is not None or (self.exact is None and near)


class ReadApi:
    """The API at an address (None: there is none, and every question raises ApiAwayError). One for the service."""

    def __init__(self, address: str | None) -> None:
        self._client = httpx.AsyncClient(base_url=address or "", timeout=_LOOK_UP_SECONDS, follow_redirects=False)
        self.is_set = address is not None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def recognise(self, request: Request, kind: str, text: str) -> Recognised:
        """The project or party (`kind`: projects, parties) of that key or name, and those that are like it."""
        if is_slug(text):
            answer = await self._ask(request, "GET", f"/v1/{kind}/{quote(text, safe='')}")
            if answer.status_code == httpx.codes.OK:
                item = answer.json()
                return Recognised(kind, text, Offer(text, item.get("name") or text), ())
        words = text.replace("-", " ")
        alike = [
            replace(offer, by_search=len(words) >= _WORD_LENGTH_MIN)
            for offer in await self.offers(request, kind, words)
        ]
        if not alike:  # perhaps one word of it is misspelt
            parts = [word for word in words.split() if len(word) >= _WORD_LENGTH_MIN][:_WORDS_MAX]
            alike = [offer for word in parts for offer in await self.offers(request, kind, word)]
        return Recognised(kind, text, None, list(dict.fromkeys(alike)))

    async def offers(self, request: Request, kind: str, text: str) -> Sequence[Offer]:
        """Projects or parties that the words find, the first dozen."""
        params: dict[str, str | int] = {"q": text, "limit": _OFFERED_MAX}
        if kind == "projects":
            params["include"] = ""  # their flags are most of the answer
        answer = await self._ask(request, "GET", f"/v1/{kind}", params=params)
        if answer.status_code != httpx.codes.OK:
            return ()
        return [Offer(item["key"], item.get("name") or item["key"]) for item in answer.json()["items"]]

    async def items(self, request: Request, path: str, query: Mapping[str, str | int]) -> list[Mapping[str, Any]]:
        """All items of a list, page by page. Raises ApiAwayError."""
        items: list[Mapping[str, Any]] = []
        cursor: str | None = None
        while True:
            params = (
                {**query, "limit": _PAGE_ENTRIES}
                if cursor is None
                else {**query, "limit": _PAGE_ENTRIES, "cursor": cursor}
            )
            answer = await self._ask(request, "GET", path, params=params)
            if answer.status_code != httpx.codes.OK:
                raise ApiAwayError(_detail(answer))
            page = answer.json()
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return items

    async def entry(self, request: Request, project: str, event: str) -> Mapping[str, Any] | None:
        """The timeline's entry of an event, `source#id`; None: the project has none of that name."""
        if not is_slug(project):
            return None
        path = f"/v1/projects/{quote(project, safe='')}/timeline"
        cursor: str | None = None
        for _ in range(_PAGES_MAX):
            params = {"limit": _PAGE_ENTRIES} if cursor is None else {"limit": _PAGE_ENTRIES, "cursor": cursor}
            answer = await self._ask(request, "GET", path, params=params)
            if answer.status_code != httpx.codes.OK:
                return None
            page = answer.json()
            for entry in page["items"]:
                if entry["event"] == event:
                    return dict(entry)
            cursor = page["next_cursor"]
            if cursor is None:
                break
        return None

    async def event_as_sent(self, request: Request, subject: str, event: str) -> Mapping[str, Any] | None:
        """An event of any subject as it was sent, in the shape of a timeline's entry, without its corrections; None: there is none."""
        answer = await self._ask(request, "GET", f"/v1/trace/{quote(event, safe='')}")
        if answer.status_code != httpx.codes.OK:
            return None
        for item in answer.json()["items"]:
            if (item["subject"], item["event"]) == (subject, event):
                return {
                    "event": event,
                    "name": item["name"],
                    "data": item["stored"]["record"]["data"],
                    "corrections": [],
                }
        return None

    async def registered_fields(self, request: Request, subject: str) -> Mapping[str, Any]:
        """What is registered of a party or forum now, by the fields of its events; empty: nothing is."""
        kind, _, key = subject.partition(":")
        if not is_slug(key):
            return {}
        if kind == "party":
            answer = await self._ask(request, "GET", f"/v1/parties/{quote(key, safe='')}", params={"limit": 1})
            item = answer.json() if answer.status_code == httpx.codes.OK else {}
        else:
            item = next((forum for forum in await self.items(request, "/v1/forums", {}) if forum["key"] == key), {})
        return {name: _without_nothing(item[name]) for name in REGISTERED_FIELDS if item.get(name)}

    async def what_if(self, request: Request, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer of POST /v1/what-if. Raises ApiAwayError also when it refuses, with its words."""
        answer = await self._ask(request, "POST", "/v1/what-if", json=[event], timeout=_TRY_SECONDS)
        if answer.status_code != httpx.codes.OK:
            raise ApiAwayError(_detail(answer))
        return dict(answer.json())

    async def _ask(self, request: Request, method: str, path: str, **options: Any) -> httpx.Response:
        if not self.is_set:
            raise ApiAwayError("no API is configured (STEPPE_API)")
        authorization = request.headers.get("authorization")
        headers = {"accept": "application/json", **({"authorization": authorization} if authorization else {})}
        try:
            answer = await self._client.request(method, path, headers=headers, **options)
        except httpx.HTTPError as error:
            raise ApiAwayError(f"the API does not answer ({type(error).__name__})") from error
        if answer.status_code in (401, 403) or answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise ApiAwayError(_detail(answer))
        return answer


def _without_nothing(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nothing(part) for part in value]
    if isinstance(value, dict):
        return {name: part for name, part in value.items() if part is not None}
    return value


def _detail(answer: httpx.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):  # of something between that is not the API
        detail = f"status {answer.status_code}"
    return f"the API says: {detail}"
