"""Bearer tokens of an OpenID provider, verified by PyJWT against its published keys (JWKS).

Algorithms are pinned to asymmetric ones (RFC 8725 3.1), audience and issuer are demanded (3.8, 3.9), clocks may differ by
a minute. Keys are cached for five minutes; an unknown key id fetches them again, but not more often than every half minute, so
that invented ids cannot make us call the provider. While the provider is unavailable the cached keys stay valid.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import urllib.request
from dataclasses import dataclass
from typing import Any

import jwt

from steppe.access.callers import SCOPES, Caller

log = logging.getLogger(__name__)

LEEWAY_SECONDS = 60
_CACHE_SECONDS = 300.0
_REFRESH_SECONDS_MIN = 30.0
_FETCH_TIMEOUT_SECONDS = 5.0
_DOCUMENT_BYTES_MAX = 1024 * 1024


class InvalidTokenError(Exception):
    """The token is not valid; the message says why and may be shown to the client."""


class ProviderUnavailableError(Exception):
    """No keys are cached and the provider does not answer. Passing: retry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """The issuer whose tokens are valid. `jwks` None: the address in its discovery document (OpenID Connect Discovery 1.0, 4)."""

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    jwks: str | None = None


class TokenVerifier:
    """Verifies tokens of one provider. One for a service."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched_at: float | None = None
        self._last_attempt_at = float("-inf")
        self._fetch_lock = asyncio.Lock()

    async def caller(self, token: str) -> Caller:
        """The caller that a token authenticates, with the scopes that it names. Raises InvalidTokenError, ProviderUnavailableError."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError:
            raise InvalidTokenError("it is no JSON Web Token") from None
        if header.get("alg") not in self._provider.algorithms:
            raise InvalidTokenError(f"its algorithm is none of {', '.join(self._provider.algorithms)}")
        key = await self._key(header.get("kid"))
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=list(self._provider.algorithms),
                audience=self._provider.audience,
                issuer=self._provider.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.ExpiredSignatureError:
            raise InvalidTokenError("it has expired") from None
        except jwt.InvalidIssuerError:
            raise InvalidTokenError("another issuer made it") from None
        except jwt.InvalidAudienceError:
            raise InvalidTokenError("it is meant for somebody else") from None
        except jwt.InvalidSignatureError:
            raise InvalidTokenError("its signature does not fit") from None
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise InvalidTokenError(f"it cannot be verified ({type(error).__name__})") from None
        return Caller(name=f"oidc:{claims['sub']}", scopes=_scopes(claims))

    async def _key(self, kid: str | None) -> jwt.PyJWK:
        now = time.monotonic()
        stale = self._fetched_at is None or now - self._fetched_at > _CACHE_SECONDS
        if stale or kid not in self._keys:
            await self._refresh(force=stale and self._fetched_at is None)
        if self._fetched_at is None:
            raise ProviderUnavailableError("the keys of the provider cannot be fetched")
        if kid not in self._keys:
            raise InvalidTokenError("the provider has no such key")
        return self._keys[kid]

    async def _refresh(self, *, force: bool) -> None:
        async with self._fetch_lock:
            now = time.monotonic()
            pause_seconds = 1.0 if force else _REFRESH_SECONDS_MIN
            if now - self._last_attempt_at < pause_seconds:
                return
            self._last_attempt_at = now
            try:
                self._keys = await asyncio.to_thread(self._fetch)
                self._fetched_at = time.monotonic()
            except (OSError, ValueError, KeyError, jwt.PyJWTError) as error:
                log.warning("the keys of %s cannot be fetched: %s", self._provider.issuer, error)

    def _fetch(self) -> dict[str | None, jwt.PyJWK]:
        address = self._provider.jwks
        if address is None:
            issuer = self._provider.issuer.rstrip("/")
            address = _document(f"{issuer}/.well-known/openid-configuration")["jwks_uri"]
        key_set = jwt.PyJWKSet.from_dict(_document(address))
        return {key.key_id: key for key in key_set.keys}


def _document(address: str) -> dict[str, Any]:
    if not address.startswith(("https://", "http://")):
        raise ValueError(f"{address} is no web address")
    with urllib.request.urlopen(address, timeout=_FETCH_TIMEOUT_SECONDS) as response:  # noqa: S310 - the scheme is checked above
        document = json.loads(response.read(_DOCUMENT_BYTES_MAX))
    if not isinstance(document, dict):
        raise ValueError(f"{address} gives no JSON object")
    return document


def _scopes(claims: dict[str, Any]) -> frozenset[str]:
    """`scope` as RFC 8693 4.2 has it, words in one text; some providers write `scp`, also as a list."""
    claim = claims.get("scope", claims.get("scp", ""))
    words = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return frozenset(word for word in words if word in SCOPES)
