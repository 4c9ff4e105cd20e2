"""OIDC: a provider that hangs or drips keeps nobody with a known key waiting; odd keys and claims prove and break nothing."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from steppe.access import oidc
from steppe.access.callers import READ
from steppe.access.oidc import InvalidTokenError, ProviderUnavailableError, TokenVerifier
from tests.services.access.guarded_app import Waiting, bearer, guarded_client

_SECONDS_MAX = 20.0


class Provider:
    """An OpenID provider whose answers the test chooses: given at once, never (`hangs`), or byte by byte (`drips`)."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.manner = "answers"
        self.requested = threading.Event()
        self.ended = threading.Event()
        self.published: dict[str, Any] = {"use": "sig"}
        outer = self

        class Documents(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requested.set()
                if outer.manner == "hangs":
                    outer.ended.wait(_SECONDS_MAX)
                    return
                body = json.dumps(outer.document()).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                if outer.manner == "answers":
                    self.end_headers()
                    self.wfile.write(body)
                    return
                self.flush_headers()
                while not outer.ended.wait(0.05):  # a header that never ends
                    try:
                        self.wfile.write(b"X")
                    except OSError:
                        return

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Documents)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def document(self) -> dict[str, Any]:
        public: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        public.pop("key_ops", None)
        return {"keys": [{**public, "kid": "one", "alg": "RS256", **self.published}]}

    def token(self, kid: str = "one", **claims: Any) -> str:
        said = {
            "iss": self.address, "aud": "steppe", "sub": "analyst-7", "exp": datetime.now(UTC) + timedelta(minutes=5),
            "scope": READ, **claims,
        }  # fmt: skip
        return jwt.encode(said, self.key, algorithm="RS256", headers={"kid": kid})

    def verifier(self) -> TokenVerifier:
        return TokenVerifier(
            oidc.Provider(issuer=self.address, audience="steppe", algorithms=("RS256",), jwks=f"{self.address}/keys")
        )

    def stop(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def provider() -> Iterator[Provider]:
    with _stopped(Provider()) as running:
        yield running


@contextmanager
def _stopped(running: Provider) -> Iterator[Provider]:
    try:
        yield running
    finally:
        running.stop()


@pytest.mark.parametrize("manner", ["hangs", "drips"])
async def test_who_shows_a_known_key_does_not_wait_for_a_provider_that_hangs(
    provider: Provider, manner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = provider.verifier()
    await verifier.caller(provider.token())
    monkeypatch.setattr(oidc, "_CACHE_SECONDS", 0.0)
    monkeypatch.setattr(oidc, "_REFRESH_SECONDS_MIN", 0.0)
    monkeypatch.setattr(oidc, "_FETCH_SECONDS_MAX", 3.0)
    provider.manner = manner
    provider.requested.clear()
    async with asyncio.timeout(_SECONDS_MAX):
        assert (await verifier.caller(provider.token())).may((READ,))
        fetching = verifier._refreshing
        assert fetching is not None and not fetching.done(), "it was answered before the provider was"
        assert await asyncio.to_thread(provider.requested.wait, _SECONDS_MAX)
        with pytest.raises(InvalidTokenError, match="no such key"):
            await verifier.caller(provider.token(kid="two"))
        assert fetching.done(), "an unknown key waits for the provider, but not for ever"


@pytest.mark.parametrize("manner", ["hangs", "drips"])
async def test_keys_that_are_too_old_verify_nothing_until_the_provider_answers_again(
    provider: Provider, manner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = provider.verifier()
    await verifier.caller(provider.token())
    assert verifier._fetched_at is not None
    verifier._fetched_at -= 3601.0
    monkeypatch.setattr(oidc, "_FETCH_SECONDS_MAX", 0.5)
    provider.manner = manner
    async with asyncio.timeout(_SECONDS_MAX):
        verifier._last_attempt_at = float("-inf")
        with pytest.raises(ProviderUnavailableError):
            await verifier.caller(provider.token())
        monkeypatch.setattr(oidc, "_FETCH_SECONDS_MAX", _SECONDS_MAX)
        provider.manner = "answers"
        verifier._last_attempt_at = float("-inf")
        assert (await verifier.caller(provider.token())).may((READ,))


@pytest.mark.parametrize("manner", ["hangs", "drips"])
async def test_without_any_key_a_provider_that_hangs_is_waited_for_within_bounds(
    provider: Provider, manner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "_FETCH_SECONDS_MAX", 0.5)
    provider.manner = manner
    async with asyncio.timeout(_SECONDS_MAX):
        with pytest.raises(ProviderUnavailableError):
            await provider.verifier().caller(provider.token())


@pytest.mark.parametrize(
    "published",
    [{"use": "enc"}, {"use": None, "key_ops": ["encrypt", "wrapKey"]}, {"use": "sig", "key_ops": ["encrypt"]}],
)
async def test_a_key_for_encryption_verifies_nothing(provider: Provider, published: dict[str, Any]) -> None:
    provider.published = published
    with pytest.raises(InvalidTokenError, match="no such key"):
        await provider.verifier().caller(provider.token())


@pytest.mark.parametrize("published", [{}, {"use": "sig"}, {"key_ops": ["verify"]}])
async def test_a_key_for_signatures_verifies(provider: Provider, published: dict[str, Any]) -> None:
    provider.published = published
    assert (await provider.verifier().caller(provider.token())).name == "oidc:analyst-7"


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"scope": None, "scp": {"read": True}}, 403),
        ({"scope": {"read": True}}, 403),
        ({"scope": [{"read": True}, ["read"], 7]}, 403),
        ({"scope": [{"read": True}, "read"]}, 204),
        ({"exp": float("inf")}, 401),
        ({"exp": {"at": 1}}, 401),
        ({"sub": {"name": "x"}}, 401),
        ({"aud": {"steppe": 1}}, 401),
    ],
)
async def test_claims_of_another_shape_prove_nothing_and_break_nothing(
    provider: Provider, claims: dict[str, Any], status: int
) -> None:
    said = {name: value for name, value in claims.items() if value is not None}
    dropped = [name for name, value in claims.items() if value is None]
    token = _token_without(provider, dropped, said)
    settings: dict[str, Any] = {
        "auth": "oidc", "oidc_issuer": provider.address, "oidc_audience": "steppe", "oidc_jwks": f"{provider.address}/k"
    }  # fmt: skip
    async with guarded_client(Waiting(), **settings) as client:
        assert (await client.get("/", headers=bearer(token))).status_code == status


async def test_a_token_nested_too_deeply_is_no_token(provider: Provider) -> None:
    head = base64.urlsafe_b64encode(b"[" * 30_000).rstrip(b"=").decode()
    with pytest.raises(InvalidTokenError, match="no JSON Web Token"):
        await provider.verifier().caller(f"{head}.e30.c2ln")


def _token_without(provider: Provider, dropped: list[str], claims: dict[str, Any]) -> str:
    """A token with claims that PyJWT would not write itself."""
    said: dict[str, Any] = {
        "iss": provider.address, "aud": "steppe", "sub": "analyst-7", "exp": int(time.time()) + 300, "scope": READ, **claims,
    }  # fmt: skip
    payload = json.dumps({name: value for name, value in said.items() if name not in dropped}).encode()
    return jwt.PyJWS().encode(payload, provider.key, algorithm="RS256", headers={"kid": "one"})
