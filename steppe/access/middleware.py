"""ASGI middleware for authentication, authorization by scope, rate limits and the audit trail.

A path that `required_scopes` does not name needs the service's ordinary scope, so a new route cannot be left open by accident.
Rate limits are counted in this process by the library `limits` (a moving window); each replica counts for itself. A request
counts as open, and has its share of those that are (request_shares), from when its caller is known until it is answered.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import limits

from steppe.access.audit import Audit
from steppe.access.callers import ANYBODY, EVENTS_WRITE, OPERATE, Caller
from steppe.access.key_file import KeyRing
from steppe.access.oidc import InvalidTokenError, Provider, ProviderUnavailableError, TokenVerifier
from steppe.access.open_request import Message, OpenRequest, Receive, Scope, Send
from steppe.access.request_shares import BUSY, TOO_MANY_REQUESTS, RequestShares
from steppe.access.settings import AccessSettings
from steppe.http.problems import Problem, Refusal

RequiredScopes = Callable[[str, str], Collection[str] | None]
"""From method and path to the scopes of which the caller needs one; None: no authentication, for probes."""

UNAUTHENTICATED = Problem(slug="unauthenticated", status=401, title="Not authenticated")
FORBIDDEN = Problem(slug="forbidden", status=403, title="Missing scope")
PROVIDER_AWAY = Problem(
    slug="identity-provider-away", status=503, title="Identity provider unavailable", retry_after_seconds=5
)
PROBLEMS = (UNAUTHENTICATED, FORBIDDEN, TOO_MANY_REQUESTS, PROVIDER_AWAY, BUSY)

_ENDED = "The key or token was revoked, or expired, while the request was open"
CALLER = "steppe.caller"
AUDIT_FIELDS = "steppe.audit"
"""Keys of the ASGI scope: the authenticated Caller, and a dict of fields that a route adds to the audit line of a write."""
ENDED = "steppe.ended"
"""Key of the ASGI scope: the Refusal to raise when the Caller is found no longer valid. Not there for ANYBODY."""


class AuthenticationMiddleware:
    """Authenticates each request and checks its scope, or refuses it with 401, 403, 429 or 503.

    `browsers`: the paths at which a key may also come as the password of Basic authentication, which browsers ask for.
    """

    def __init__(
        self,
        app: Callable[[Scope, Receive, Send], Awaitable[None]],
        *,
        settings: AccessSettings,
        service: str,
        required_scopes: RequiredScopes,
        browsers: Callable[[str], bool] = lambda path: False,
    ) -> None:
        self._app = app
        self._settings = settings
        self._required_scopes = required_scopes
        self._browsers = browsers
        self._audit = Audit(service, settings.audit)
        self._keys = key_ring(settings)
        self._tokens = token_verifier(settings)
        self._shares = RequestShares(settings.requests_at_once_max, settings.requests_at_once_a_caller_max)
        self._rate_limiter = limits.strategies.MovingWindowRateLimiter(limits.storage.MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does, or refuse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        required_scopes = self._required_scopes("GET" if method == "HEAD" else method, path)
        if required_scopes is None:
            await self._app(scope, receive, send)
            return
        caller: Caller | None = None
        try:
            caller = await self._authenticate(scope)
            self._limit_rate(caller)
            _authorize(caller, required_scopes, scope)
            with self._shares.take(caller, operates=_operates(caller, required_scopes)):
                await self._answer(scope, receive, send, caller, audited=set(required_scopes) == {EVENTS_WRITE})
        except Refusal as refusal:
            self._audit_refusal(scope, refusal, caller)
            await refusal.response(path)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, caller: Caller, *, audited: bool) -> None:
        scope[CALLER] = caller
        answer = self._answer_and_audit if audited else self._app_of
        if caller is ANYBODY:
            await answer(scope, receive, send, caller)
            return
        ended = self._unauthenticated(scope, _ENDED, invalid=True, headers={"Connection": "close"})
        scope[ENDED] = ended
        request = OpenRequest(scope, receive, send, caller, ended)
        await answer(scope, request.receive, request.send, caller)
        if request.cut_off and not audited:
            self._audit_refusal(scope, ended, caller)
        await request.finish()

    def _audit_refusal(self, scope: Scope, refusal: Refusal, caller: Caller | None) -> None:
        self._audit.record(
            caller.name if caller else "nobody",
            f"{scope['method']} {scope['path']}",
            answer=refusal.problem.status,
            because=refusal.detail,
            address=_address(scope),
        )

    async def _app_of(self, scope: Scope, receive: Receive, send: Send, caller: Caller) -> None:
        await self._app(scope, receive, send)

    async def _answer_and_audit(self, scope: Scope, receive: Receive, send: Send, caller: Caller) -> None:
        status = 0
        fields: dict[str, Any] = {}
        scope[AUDIT_FIELDS] = fields

        async def send_and_note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note_status)
        finally:
            action = f"{scope['method']} {scope['path']}"
            self._audit.record(caller.name, action, answer=status or None, **fields, address=_address(scope))

    async def _authenticate(self, scope: Scope) -> Caller:
        """The caller by its API key or OIDC token. Raises Refusal: 401, or 503 when the provider's keys cannot be had."""
        if self._keys is None and self._tokens is None:
            return ANYBODY
        authorization = _authorization(scope)
        if authorization is None:
            raise self._unauthenticated(scope, "No Authorization is given")
        scheme, credentials = authorization
        if scheme == "basic" and self._keys is not None and self._browsers(scope["path"]):
            credentials = _password(credentials)
        elif scheme != "bearer":
            raise self._unauthenticated(scope, f"Authorization {scheme[:20]!r} is not supported")
        if self._keys is not None:
            caller = self._keys.caller(credentials)
            if caller is None:
                raise self._unauthenticated(scope, "The key is unknown, revoked or expired", invalid=True)
            return caller
        assert self._tokens is not None
        try:
            return await self._tokens.caller(credentials)
        except InvalidTokenError as error:
            raise self._unauthenticated(scope, f"The token is not valid: {error}", invalid=True) from None
        except ProviderUnavailableError as error:
            raise Refusal(PROVIDER_AWAY, f"{error}; ask again.") from None

    def _unauthenticated(
        self, scope: Scope, reason: str, *, invalid: bool = False, headers: Mapping[str, str] | None = None
    ) -> Refusal:
        credential = "an API key" if self._keys is not None else "a token"
        challenges = ['error="invalid_token"'] if invalid else []
        if self._keys is not None and self._browsers(scope["path"]):
            challenges.append('Basic realm="Steppe: any name, and an API key as the password", charset="UTF-8"')
        detail = f"{reason}. Send `Authorization: Bearer …` with {credential}."
        return Refusal(UNAUTHENTICATED, detail, headers={**_challenge(*challenges), **(headers or {})})

    def _limit_rate(self, caller: Caller) -> None:
        if self._keys is None and self._tokens is None:
            return
        limit = caller.requests_a_minute or self._settings.requests_a_minute_max
        if not self._rate_limiter.hit(limits.RateLimitItemPerMinute(limit), caller.name):
            raise Refusal(TOO_MANY_REQUESTS, f"More than {limit} requests in a minute; wait a little.")


def _operates(caller: Caller, required_scopes: Collection[str]) -> bool:
    """Whether the request is for metrics or the status, and the caller an operator."""
    return OPERATE in required_scopes and caller.may((OPERATE,))


def _authorize(caller: Caller, required_scopes: Collection[str], scope: Scope) -> None:
    if not caller.may(required_scopes):
        required = sorted(required_scopes)
        raise Refusal(
            FORBIDDEN,
            f"{scope['method']} {scope['path']} needs the scope {' or '.join(required)}; yours are "
            f"{', '.join(sorted(caller.scopes)) or 'none'}.",
            headers=_challenge(f'error="insufficient_scope", scope="{" ".join(required)}"'),
        )


def key_ring(settings: AccessSettings) -> KeyRing | None:
    """What verifies API keys; None where STEPPE_AUTH is not `keys`."""
    return KeyRing(Path(settings.keys)) if settings.auth == "keys" and settings.keys else None


def token_verifier(settings: AccessSettings) -> TokenVerifier | None:
    """What verifies OIDC tokens; None where STEPPE_AUTH is not `oidc`."""
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
    values = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(values) != 1:
        return None
    scheme, _, credentials = values[0].decode("latin-1").partition(" ")
    return scheme.lower(), credentials.strip()


def _password(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except ValueError:  # of what is no Base64, of characters beyond ASCII, and of what is no UTF-8
        return ""


def _address(scope: Scope) -> str | None:
    client = scope.get("client")
    return client[0] if client else None
