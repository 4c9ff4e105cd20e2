"""Bearer tokens of an OpenID provider, verified by PyJWT against its published keys (JWKS).

Algorithms are pinned to asymmetric ones (RFC 8725 3.1), audience and issuer are demanded (3.8, 3.9), clocks may differ by
a minute. Only keys for signatures verify (RFC 7517 4.2, 4.3). Keys are cached; after five minutes they are fetched again beside
the requests, so that a provider that hangs keeps nobody with a known key waiting. An unknown key id waits for the keys to be
fetched, for five seconds at most, and not more often than every half minute, so that invented ids cannot make us call the
provider. While the provider is unavailable the cached keys stay valid for an hour; then every token waits for the fetch, and is
refused while there is none, so that a key that the provider has withdrawn does not verify for ever.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from typing import Any

import httpx
import jwt

from steppe.access.callers import SCOPES, Caller

log = logging.getLogger(__name__)

LEEWAY_SECONDS = 60
_CACHE_SECONDS = 300.0
_AGE_SECONDS_MAX = 3600.0
_REFRESH_SECONDS_MIN = 30.0
_FETCH_SECONDS_MAX = 5.0  # for both documents, however slowly they come
_DOCUMENT_BYTES_MAX = 1024 * 1024
_FETCH_ERRORS = (
    httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, KeyError, TypeError, RecursionError, jwt.PyJWTError,
)  # fmt: skip


class InvalidTokenError(Exception):
    """The token is not valid; the message says why and may be shown to the client."""


class ProviderUnavailableError(Exception):
    """No keys younger than an hour are cached and the provider does not answer. Passing: retry."""


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
        self._refreshing: asyncio.Task[None] | None = None

    async def caller(self, token: str) -> Caller:
        """The caller that a token authenticates, with the scopes that it names. Raises InvalidTokenError, ProviderUnavailableError."""
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.InvalidTokenError, RecursionError):
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
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise InvalidTokenError(f"it cannot be verified ({type(error).__name__})") from None
        valid_until = int(claims["exp"]) + LEEWAY_SECONDS
        return Caller(
            name=f"oidc:{claims['sub']}", scopes=_scopes(claims), still_valid=lambda: time.time() < valid_until
        )

    async def _key(self, kid: str | None) -> jwt.PyJWK:
        """The key of this id; only for an unknown one, or when all are too old, the provider is waited for."""
        if kid not in self._keys or self._age() > _AGE_SECONDS_MAX:
            refreshing = self._refresh()
            if refreshing is not None:
                await asyncio.wait({refreshing})
        elif self._age() > _CACHE_SECONDS:
            self._refresh()
        if self._age() > _AGE_SECONDS_MAX:
            raise ProviderUnavailableError("the keys of the provider cannot be fetched")
        if kid not in self._keys:
            raise InvalidTokenError("the provider has no such key")
        return self._keys[kid]

    def _age(self) -> float:
        """How many seconds ago the keys were fetched; infinite: never."""
        return float("inf") if self._fetched_at is None else time.monotonic() - self._fetched_at

    def _refresh(self) -> asyncio.Task[None] | None:
        """The fetch that is under way, or a new one; None when the last one was just now."""
        if self._refreshing is not None and not self._refreshing.done():
            return self._refreshing
        now = time.monotonic()
        pause_seconds = 1.0 if self._age() > _AGE_SECONDS_MAX else _REFRESH_SECONDS_MIN
        if now - self._last_attempt_at < pause_seconds:
            return None
        self._last_attempt_at = now
        self._refreshing = asyncio.create_task(self._fetch(), name="oidc-keys")
        return self._refreshing

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(_FETCH_SECONDS_MAX):
                self._keys = await self._published_keys()
        except _FETCH_ERRORS as error:
            reason = str(error) or f"no answer within {_FETCH_SECONDS_MAX:g} s"
            log.warning("the keys of %s cannot be fetched: %s", self._provider.issuer, reason)
            return
        self._fetched_at = time.monotonic()

    async def _published_keys(self) -> dict[str | None, jwt.PyJWK]:
        trust = await asyncio.to_thread(httpx.create_ssl_context)  # reads a file of certificates
        async with httpx.AsyncClient(follow_redirects=True, verify=trust) as client:
            address = self._provider.jwks
            if address is None:
                issuer = self._provider.issuer.rstrip("/")
                address = (await _document(client, f"{issuer}/.well-known/openid-configuration"))["jwks_uri"]
            key_set = jwt.PyJWKSet.from_dict(await _document(client, address))
        return {key.key_id: key for key in key_set.keys if _is_for_signatures(key)}


async def _document(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    body = bytearray()
    async with client.stream("GET", address) as response:
        response.raise_for_status()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > _DOCUMENT_BYTES_MAX:
                raise ValueError(f"{address} gives more than {_DOCUMENT_BYTES_MAX} bytes")
    document = json.loads(body)
    if not isinstance(document, dict):
        raise ValueError(f"{address} gives no JSON object")
    return document


def _is_for_signatures(key: jwt.PyJWK) -> bool:
    """Whether the provider's `use` and `key_ops` let it verify signatures; without them it may."""
    operations = key._jwk_data.get("key_ops")
    return key.public_key_use in (None, "sig") and (operations is None or "verify" in operations)


def _scopes(claims: dict[str, Any]) -> frozenset[str]:
    """`scope` as RFC 8693 4.2 has it, words in one text; some providers write `scp`, also as a list. Anything else is none."""
    claim = claims.get("scope", claims.get("scp", ""))
    words = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else ()
    return frozenset(word for word in words if isinstance(word, str) and word in SCOPES)
