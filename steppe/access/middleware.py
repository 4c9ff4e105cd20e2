"""The gate in front of a service: who asks, whether they may, how often, and a line in the audit trail. An ASGI layer.

Closed unless opened: a path that nobody named needs the service's ordinary scope too, so a new route cannot be forgotten.
Limits are counted in this process by the library `limits` (a moving window); each replica counts for itself.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from pathlib import Path
from typing import Any

import limits

from steppe.access.audit import Audit
from steppe.access.callers import ANYBODY, EVENTS_WRITE, Caller
from steppe.access.key_file import KeyRing
from steppe.access.oidc import InvalidTokenError, Provider, ProviderUnavailableError, TokenVerifier
from steppe.access.settings import AccessSettings
from steppe.http.problems import Problem, Refusal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
RequiredScopes = Callable[[str, str], Collection[str] | None]
"""From method and path to the scopes one of which is needed; None: open to everybody, for probes."""

UNAUTHENTICATED = Problem(slug="unauthenticated", status=401, title="Not authenticated")
FORBIDDEN = Problem(slug="forbidden", status=403, title="Missing scope")
TOO_MANY_REQUESTS = Problem(slug="too-many-requests", status=429, title="Rate limit exceeded", retry_after_seconds=5)
PROVIDER_AWAY = Problem(
    slug="identity-provider-away", status=503, title="Identity provider unavailable", retry_after_seconds=5
)
BUSY = Problem(slug="busy", status=503, title="Too many requests at once", retry_after_seconds=1)
PROBLEMS = (UNAUTHENTICATED, FORBIDDEN, TOO_MANY_REQUESTS, PROVIDER_AWAY, BUSY)

CALLER = "steppe.caller"
AUDIT_FIELDS = "steppe.told"
"""Under these names the ASGI scope holds the Caller, and a dict that routes add to what the audit trail tells of a write."""


class AuthenticationMiddleware:
    """Lets in whom the settings let in. `browsers`: a key may also come as the password of Basic, which browsers ask for."""

    def __init__(
        self,
        app: Callable[[Scope, Receive, Send], Awaitable[None]],
        *,
        settings: AccessSettings,
        service: str,
        required_scopes: RequiredScopes,
        browsers: bool = False,
    ) -> None:
        self._app = app
        self._settings = settings
        self._required_scopes = required_scopes
        self._browsers = browsers
        self._audit = Audit(service, settings.audit)
        self._keys = keys_of(settings)
        self._tokens = tokens_of(settings)
        self._at_once = 0
        self._limiter = limits.strategies.MovingWindowRateLimiter(limits.storage.MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the service within does, or refuse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        required_scopes = self._required_scopes("GET" if method == "HEAD" else method, path)
        if required_scopes is None:
            await self._app(scope, receive, send)
            return
        self._at_once += 1
        try:
            await self._answer(scope, receive, send, required_scopes)
        finally:
            self._at_once -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send, required_scopes: Collection[str]) -> None:
        method, path = scope["method"], scope["path"]
        who = "nobody"
        try:
            if self._at_once > (most := self._settings.requests_at_once_max):
                raise Refusal(BUSY, f"{most} requests are being answered; ask again in a moment.")
            caller = await self._caller(scope)
            who = caller.name
            self._limit(caller)
            if not caller.may(required_scopes):
                raise Refusal(
                    FORBIDDEN,
                    f"{method} {path} needs the scope {' or '.join(sorted(required_scopes))}; yours are "
                    f"{', '.join(sorted(caller.scopes)) or 'none'}.",
                    headers=_challenge(f'error="insufficient_scope", scope="{" ".join(sorted(required_scopes))}"'),
                )
        except Refusal as refusal:
            self._audit.record(
                who, f"{method} {path}", answer=refusal.problem.status, because=refusal.detail, address=_address(scope)
            )
            await refusal.response(path)(scope, receive, send)
            return
        scope[CALLER] = caller
        if set(required_scopes) == {EVENTS_WRITE}:
            await self._told(scope, receive, send, caller)
        else:
            await self._app(scope, receive, send)

    async def _told(self, scope: Scope, receive: Receive, send: Send, caller: Caller) -> None:
        status = 0
        told: dict[str, Any] = {}
        scope[AUDIT_FIELDS] = told

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            did = f"{scope['method']} {scope['path']}"
            self._audit.record(caller.name, did, answer=status or None, **told, address=_address(scope))

    async def _caller(self, scope: Scope) -> Caller:
        if self._keys is None and self._tokens is None:
            return ANYBODY
        given = _authorization(scope)
        if given is None:
            raise self._unknown("No Authorization is given")
        scheme, credentials = given
        if scheme == "basic" and self._browsers and self._keys is not None:
            credentials = _password(credentials)
        elif scheme != "bearer":
            raise self._unknown(f"Authorization {scheme[:20]!r} is not read")
        if self._keys is not None:
            found = self._keys.caller(credentials)
            if found is None:
                raise self._unknown("The key is not known here, revoked, or past its day", invalid=True)
            return found
        assert self._tokens is not None
        try:
            return await self._tokens.caller(credentials)
        except InvalidTokenError as error:
            raise self._unknown(f"The token does not count: {error}", invalid=True) from None
        except ProviderUnavailableError as error:
            raise Refusal(PROVIDER_AWAY, f"{error}; ask again.") from None

    def _unknown(self, why: str, *, invalid: bool = False) -> Refusal:
        what = "an API key" if self._keys is not None else "a token"
        challenges = ['error="invalid_token"'] if invalid else []
        if self._browsers and self._keys is not None:
            challenges.append('Basic realm="Steppe: any name, and an API key as the password", charset="UTF-8"')
        detail = f"{why}. Send `Authorization: Bearer …` with {what}."
        return Refusal(UNAUTHENTICATED, detail, headers=_challenge(*challenges))

    def _limit(self, caller: Caller) -> None:
        if self._keys is None and self._tokens is None:
            return
        most = caller.requests_a_minute or self._settings.requests_a_minute_max
        if not self._limiter.hit(limits.RateLimitItemPerMinute(most), caller.name):
            raise Refusal(TOO_MANY_REQUESTS, f"More than {most} requests in a minute; wait a little.")


def keys_of(settings: AccessSettings) -> KeyRing | None:
    """The keys that count, or None where keys do not."""
    return KeyRing(Path(settings.keys)) if settings.auth == "keys" and settings.keys else None


def tokens_of(settings: AccessSettings) -> TokenVerifier | None:
    """What verifies tokens, or None where tokens do not count."""
    if settings.auth != "oidc" or not settings.oidc_issuer or not settings.oidc_audience:
        return None
    return TokenVerifier(
        Provider(
            issuer=settings.oidc_issuer,
            audience=settings.oidc_audience,
            algorithms=(settings.oidc_algorithm,),
            jwks=settings.oidc_jwks,
        )
    )


def _challenge(*more: str) -> dict[str, str]:
    return {"WWW-Authenticate": ", ".join(('Bearer realm="steppe"', *more))}


def _authorization(scope: Scope) -> tuple[str, str] | None:
    found = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(found) != 1:
        return None
    scheme, _, credentials = found[0].decode("latin-1").partition(" ")
    return scheme.lower(), credentials.strip()


def _password(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _address(scope: Scope) -> str | None:
    client = scope.get("client")
    return client[0] if client else None
