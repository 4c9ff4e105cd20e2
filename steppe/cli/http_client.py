"""Requests to the services, and their problem documents as sentences. Prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from steppe.environment import SettingFileError, setting

_SECONDS_TO_ANSWER = 60.0
_SECONDS_TO_COMPUTE = 600.0
_ITEMS_OF_PAGE = 500
_WRONG_VALUES = (400, 422)
Answer = dict[str, Any]


class RefusedError(Exception):
    """A service refused or did not answer; the message is for the person at the terminal."""

    exit_code = 1


class WrongValueError(RefusedError):
    """What was typed, or set, cannot be right, whatever the services hold."""

    exit_code = 2


def get(base: str, path: str, query: Mapping[str, Any] | None = None) -> Answer:
    """One answer of the api. Raises RefusedError."""
    parameters = {name: value for name, value in (query or {}).items() if value is not None}
    try:
        answer = httpx.get(base + path, params=parameters, headers=credentials(), timeout=_SECONDS_TO_ANSWER)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise wrong_address("STEPPE_API", base, error) from error
    except httpx.TransportError as error:
        raise _no_answer(base, error) from error
    return body_of(answer)


def post(base: str, path: str, body: Any, query: Mapping[str, str] | None = None) -> Answer:
    """The answer to a request with a body of JSON, which may take minutes. Raises RefusedError."""
    try:
        answer = httpx.post(
            base + path, json=body, params=query or {}, headers=credentials(), timeout=_SECONDS_TO_COMPUTE
        )
    except httpx.TimeoutException as error:
        raise RefusedError(f"The api did not answer in {_SECONDS_TO_COMPUTE:.0f} s; ask for less.") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise wrong_address("STEPPE_API", base, error) from error
    except httpx.TransportError as error:
        raise _no_answer(base, error) from error
    return body_of(answer)


def download(
    base: str, path: str, query: Mapping[str, Any], write: Callable[[bytes, int | None], object]
) -> httpx.Headers:
    """Give an answer that may be large to `write`, piece by piece, with the length of the whole; returns its headers.

    Raises RefusedError, also when it breaks off.
    """
    parameters = {name: value for name, value in query.items() if value is not None}
    timeout = httpx.Timeout(_SECONDS_TO_ANSWER, read=_SECONDS_TO_COMPUTE)
    try:
        with httpx.stream("GET", base + path, params=parameters, headers=credentials(), timeout=timeout) as answer:
            if answer.status_code >= 300:
                answer.read()
                raise _refusal(answer)
            length = int(answer.headers["content-length"]) if "content-length" in answer.headers else None
            for chunk in answer.iter_bytes():
                write(chunk, length)
            return answer.headers
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise wrong_address("STEPPE_API", base, error) from error
    except httpx.ConnectError as error:
        raise _no_answer(base, error) from error
    except httpx.TransportError as error:
        raise RefusedError(f"The answer of {base} broke off ({error}).") from error


def wrong_address(variable: str, base: str, error: Exception) -> WrongValueError:
    """For what is no URL of a service."""
    return WrongValueError(f"{variable} names no address: {base} ({error}). Write it like http://127.0.0.1:8000.")


def credentials() -> dict[str, str]:
    """The header that says who asks: the API key or token of STEPPE_KEY, or of the file that STEPPE_KEY_FILE names."""
    try:
        key = setting("STEPPE_KEY")
    except SettingFileError as error:
        raise RefusedError(f"{error}.") from error
    return {"authorization": f"Bearer {key}"} if key else {}


def _no_answer(base: str, error: httpx.TransportError) -> RefusedError:
    return RefusedError(f"The api does not answer at {base} ({error}). Start it with `steppe up`.")


def pages(base: str, path: str, query: Mapping[str, Any], items_max: int | None = None) -> Iterator[Answer]:
    """The items of a list, page after page; `items_max`: no more of them are asked for. None: all."""
    for page in _pages(base, path, query, items_max):
        yield from page["items"]


def all_pages(base: str, path: str, query: Mapping[str, Any]) -> Answer:
    """A list with the items of all its pages, and its other fields as on the first page."""
    read = list(_pages(base, path, query, None))
    return {**read[0], "items": [item for page in read for item in page["items"]], "next_cursor": None}


def _pages(base: str, path: str, query: Mapping[str, Any], items_max: int | None) -> Iterator[Answer]:
    left, cursor = items_max, None
    while True:
        limit = _ITEMS_OF_PAGE if left is None else min(left, _ITEMS_OF_PAGE)
        page = get(base, path, {**query, "cursor": cursor, "limit": limit})
        yield page
        cursor = page["next_cursor"]
        if left is not None:
            left -= len(page["items"])
        if cursor is None or left == 0:
            return


def body_of(answer: httpx.Response) -> Answer:
    """The body of a good answer. Raises RefusedError with what a problem document says, WrongValueError of 400 and 422."""
    if answer.status_code < 300:
        body: Answer = answer.json()
        return body
    raise _refusal(answer)


def _refusal(answer: httpx.Response) -> RefusedError:
    return (WrongValueError if answer.status_code in _WRONG_VALUES else RefusedError)(problem(answer))


def problem(answer: httpx.Response) -> str:
    """What a problem document says, in a line or a few."""
    try:
        document = answer.json()
    except ValueError:
        return f"{answer.request.url} answered {answer.status_code}: {answer.text[:300]}"
    if not isinstance(document, dict):
        return f"{answer.request.url} answered {answer.status_code}: {answer.text[:300]}"
    if answer.status_code == 401:
        document = {
            **document,
            "detail": f"{document.get('detail', '')} Set STEPPE_KEY, or STEPPE_KEY_FILE, to an API key or a token.",
        }
    title, detail = document.get("title", answer.status_code), document.get("detail", "")
    errors = [f"{error.get('pointer', '')} {error.get('message', '')}".strip() for error in document.get("errors", [])]
    if errors and errors[0] in detail:
        detail = ""  # it only repeats them
    return "\n  ".join([f"{title}: {detail}".rstrip(": "), *errors])
