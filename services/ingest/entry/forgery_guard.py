"""Refuses forms that another site made a browser send (cross-site request forgery).

A browser adds Basic credentials and cookies to whatever it sends, so both are asked for: that the browser says the request comes
from here (Sec-Fetch-Site, else Origin), and that the form holds the token of a cookie that other sites cannot read or send.
"""

from __future__ import annotations

import re
import secrets
from hmac import compare_digest
from urllib.parse import urlsplit

from fastapi import Request, Response

from steppe.http.problems import Problem, Refusal

COOKIE = "steppe-form"
FIELD = "form_token"
FORGED = Problem(slug="forged-form", status=403, title="Form not sent from here")
_TOKEN = re.compile(r"[\w-]{32}")


def token_of(request: Request) -> str:
    """The token for forms of this browser: that of its cookie, else a new one."""
    token = request.cookies.get(COOKIE, "")
    return token if _TOKEN.fullmatch(token) else secrets.token_urlsafe(24)


def set_cookie(request: Request, response: Response, token: str) -> None:
    """Let the browser keep the token; no script reads it, and other sites' forms do not bring it along."""
    if request.cookies.get(COOKIE) != token:
        response.set_cookie(COOKIE, token, httponly=True, samesite="lax", secure=request.url.scheme == "https")


def refuse_forgery(request: Request, token: str) -> None:
    """Raises Refusal unless the request comes from a page of this service with the token of its browser's cookie."""
    if _is_of_another_site(request):
        raise Refusal(FORGED, "The form was sent from another site; nothing was done. Fill it in here.")
    cookie = request.cookies.get(COOKIE, "")
    if not _TOKEN.fullmatch(cookie) or not compare_digest(cookie.encode(), token.encode()):
        raise Refusal(
            FORGED,
            "The form does not belong to this browser's session, or the browser keeps no cookies; nothing was done. "
            "Open the form again.",
        )


def _is_of_another_site(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")
