"""Authentication: who is let in, with what, the rate limit, and the lines of the audit trail. Real services, keys and tokens."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from typer.testing import CliRunner

from services.api.settings import Settings as ApiSettings
from steppe.access import key_file
from steppe.access.callers import EVENTS_WRITE, LOG_RESTORE, OPERATE, READ
from steppe.cli.__main__ import app as command
from tests.stack import Service

Start = Callable[..., Service]
_OPEN = {"/livez", "/readyz"}
_AUDIENCE = "steppe"
_EVENT = {
    "id": "signed-1",
    "source": "/tests",
    "type": "steppe.memorandum.signed.v1",
    "subject": "north-katpar-tungsten",
    "data": {"occurred": "2018", "instrument": "mou", "parties": [{"party": "xiamen-tungsten", "role": "investor"}]},
}


def test_whoever_listens_beyond_loopback_must_know_who_asks() -> None:
    dsn = "postgresql://reader@127.0.0.1/x"
    with pytest.raises(ValueError, match="reachable from outside"):
        ApiSettings(database=dsn, host="0.0.0.0")
    with pytest.raises(ValueError, match="needs STEPPE_KEYS"):
        ApiSettings(database=dsn, host="0.0.0.0", auth="keys")
    with pytest.raises(ValueError, match="needs STEPPE_OIDC_ISSUER"):
        ApiSettings(database=dsn, host="0.0.0.0", auth="oidc")
    assert ApiSettings(database=dsn, host="0.0.0.0", auth="keys", keys="k").host == "0.0.0.0"


class Keys:
    """A file of keys of one test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.made: list[key_file.Key] = []

    def make(self, *scopes: str, **what: Any) -> str:
        key, text = key_file.make("desk", scopes, datetime.now(UTC), **what)
        self.made.append(key)
        key_file.write(self.path, self.made)
        return text


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    keys = Keys(tmp_path / "keys.json")
    key_file.write(keys.path, ())
    return keys


class Provider:
    """An OpenID provider with one key; serves its discovery document and its keys."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        provider = self

        class Documents(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                document = {
                    "/.well-known/openid-configuration": {"issuer": provider.issuer, "jwks_uri": f"{provider.issuer}/keys"},
                    "/keys": {"keys": [{**provider.public(), "kid": "one", "use": "sig", "alg": "RS256"}]},
                }[self.path]  # fmt: skip
                body = json.dumps(document).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Documents)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def public(self) -> dict[str, Any]:
        jwk: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return jwk

    def token(self, *scopes: str, kid: str = "one", key: Any = None, algorithm: str = "RS256", **claims: Any) -> str:
        now = datetime.now(UTC)
        said = {
            "iss": self.issuer, "aud": _AUDIENCE, "sub": "analyst-7", "iat": now, "exp": now + timedelta(minutes=5),
            "scope": " ".join(scopes), **claims,
        }  # fmt: skip
        return jwt.encode(said, key or self.key, algorithm=algorithm, headers={"kid": kid})

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def unsigned(token: str) -> str:
    """The same claims under `alg: none`."""
    header = base64.urlsafe_b64encode(b'{"alg":"none","kid":"one","typ":"JWT"}').rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


@pytest.fixture
def provider() -> Iterator[Provider]:
    running = Provider()
    yield running
    running.stop()


def routes_of(client: httpx.Client, authorization: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """Method, path and scopes of every route in the OpenAPI document."""
    document = client.get("/openapi.json", headers={"authorization": authorization}).raise_for_status().json()
    return [
        (method.upper(), re.sub(r"\{[^}]+\}", "nothing", path), tuple(operation.get("x-scopes", ())))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def is_refused(answer: httpx.Response, status: int, slug: str) -> None:
    assert answer.status_code == status, (answer.request.method, answer.request.url, answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:steppe:problem:{slug}"
    assert answer.json()["detail"]
    if status in (401, 403):
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("name", ["ingest", "api"])
def test_every_route_is_closed_without_a_key_and_with_one_of_another_scope(start: Start, keys: Keys, name: str) -> None:
    everything = keys.make(EVENTS_WRITE, LOG_RESTORE, READ, OPERATE)
    nothing = keys.make()
    of_each = {scope: keys.make(scope) for scope in (EVENTS_WRITE, LOG_RESTORE, READ, OPERATE)}
    service = start(name, STEPPE_AUTH="keys", STEPPE_KEYS=str(keys.path))
    with httpx.Client(base_url=service.address, timeout=10) as client:
        routes = routes_of(client, f"Bearer {everything}")
        assert len(routes) > 5
        assert {path for _, path, scopes in routes if not scopes} == _OPEN
        # What no document names is closed too.
        routes += [("GET", "/", ()), ("GET", "/docs", ()), ("GET", "/nothing", ()), ("DELETE", "/v1/anything", ())]
        for method, path, scopes in routes:
            if path in _OPEN:
                assert client.request(method, path).status_code == 200
                continue
            for headers in ({}, {"authorization": "Bearer steppe_0_0"}, {"authorization": "Digest x"}):
                is_refused(client.request(method, path, headers=headers), 401, "unauthenticated")
            is_refused(client.request(method, path, headers={"authorization": f"Bearer {nothing}"}), 403, "forbidden")
            for scope, key in of_each.items():
                if not scopes or path == "/v1/stream":
                    continue
                answer = client.request(method, path, headers={"authorization": f"Bearer {key}"})
                if scope in scopes:
                    assert answer.status_code not in (401, 403), (method, path, scope)
                else:
                    is_refused(answer, 403, "forbidden")


@pytest.mark.parametrize("name", ["ingest", "api"])
def test_tokens_that_prove_nothing_are_refused_on_every_route(start: Start, provider: Provider, name: str) -> None:
    service = start(
        name, STEPPE_AUTH="oidc", STEPPE_OIDC_ISSUER=provider.issuer, STEPPE_OIDC_AUDIENCE=_AUDIENCE,
    )  # fmt: skip
    other_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    past = datetime.now(UTC) - timedelta(minutes=10)
    every = (EVENTS_WRITE, READ, OPERATE)
    of_public_key = provider.public()["n"].encode()
    bad = {
        "expired": provider.token(*every, exp=past),
        "of another issuer": provider.token(*every, iss="https://elsewhere.example"),
        "for somebody else": provider.token(*every, aud="another"),
        "signed with another key": provider.token(*every, key=other_key),
        "of an unknown key": provider.token(*every, kid="two"),
        "unsigned": unsigned(provider.token(*every)),
        "signed with the public key": provider.token(*every, key=of_public_key, algorithm="HS256"),
        "without an end": jwt.encode({"iss": provider.issuer, "aud": _AUDIENCE, "sub": "x"}, provider.key, "RS256", {"kid": "one"}),
        "not yet": provider.token(*every, nbf=datetime.now(UTC) + timedelta(minutes=10)),
        "no token": "a.b.c",
    }  # fmt: skip
    with httpx.Client(base_url=service.address, timeout=10) as client:
        routes = routes_of(client, f"Bearer {provider.token(*every)}")
        for method, path, scopes in routes:
            if not scopes:
                continue
            for why, token in bad.items():
                answer = client.request(method, path, headers={"authorization": f"Bearer {token}"})
                assert answer.status_code == 401, (method, path, why)
                is_refused(answer, 401, "unauthenticated")
            is_refused(
                client.request(method, path, headers={"authorization": f"Bearer {provider.token()}"}), 403, "forbidden"
            )
        skewed = provider.token(*every, exp=datetime.now(UTC) - timedelta(seconds=20))
        assert client.get("/metrics", headers={"authorization": f"Bearer {skewed}"}).status_code == 200


def test_keys_come_and_go_while_the_service_runs(start: Start, keys: Keys) -> None:
    first = keys.make(READ)
    service = start("api", STEPPE_AUTH="keys", STEPPE_KEYS=str(keys.path))
    runner = CliRunner()
    at = ["--file", str(keys.path), "--json"]
    with httpx.Client(base_url=service.address, timeout=10) as client:

        def status(key: str) -> int:
            return client.get("/v1/projects", headers={"authorization": f"Bearer {key}"}).status_code

        assert status(first) == 200
        made = json.loads(runner.invoke(command, ["keys", "make", "tokyo", "--scope", "read", *at]).stdout)
        until(lambda: status(made["key"]) == 200)
        assert status(first) == 200
        old = keys.made[0].id
        revoked = json.loads(runner.invoke(command, ["keys", "revoke", old, *at]).stdout)
        assert revoked["state"] == "revoked"
        until(lambda: status(first) == 401)
        assert status(made["key"]) == 200
        listed = json.loads(runner.invoke(command, ["keys", "list", *at]).stdout)
        assert {one["id"]: one["state"] for one in listed} == {old: "revoked", made["id"]: "active"}
        assert made["key"] not in keys.path.read_text()
        # A broken file locks nobody out.
        keys.path.write_text("{")
        time.sleep(1.1)
        assert status(made["key"]) == 200


def test_a_key_past_its_day_counts_no_longer(start: Start, keys: Keys) -> None:
    past = keys.make(READ, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    service = start("api", STEPPE_AUTH="keys", STEPPE_KEYS=str(keys.path))
    answer = httpx.get(f"{service.address}/v1/projects", headers={"authorization": f"Bearer {past}"})
    is_refused(answer, 401, "unauthenticated")


def test_a_browser_may_show_the_key_as_a_password(start: Start, keys: Keys) -> None:
    key = keys.make(READ)
    service = start("api", STEPPE_AUTH="keys", STEPPE_KEYS=str(keys.path))
    answer = httpx.get(f"{service.address}/v1/projects")
    assert 'Basic realm="Steppe' in answer.headers["www-authenticate"]
    assert httpx.get(f"{service.address}/v1/projects", auth=("anyone", key)).status_code == 200
    assert httpx.get(f"{service.address}/v1/projects", auth=("anyone", "wrong")).status_code == 401
    broken = {"authorization": f"Basic {base64.b64encode(b'nocolon').decode()}"}
    assert httpx.get(f"{service.address}/v1/projects", headers=broken).status_code == 401


def test_a_key_has_its_own_limit_a_minute(start: Start, keys: Keys) -> None:
    few, many = keys.make(READ, requests_a_minute=3), keys.make(READ)
    service = start("api", STEPPE_AUTH="keys", STEPPE_KEYS=str(keys.path))
    with httpx.Client(base_url=service.address) as client:
        results = [client.get("/v1/rules", headers={"authorization": f"Bearer {few}"}) for _ in range(4)]
        assert [one.status_code for one in results] == [200, 200, 200, 429]
        is_refused(results[-1], 429, "too-many-requests")
        assert int(results[-1].headers["retry-after"]) > 0
        assert client.get("/v1/rules", headers={"authorization": f"Bearer {many}"}).status_code == 200


def test_only_who_restores_says_when_an_event_was_recorded(start: Start, keys: Keys) -> None:
    writes, restores = keys.make(EVENTS_WRITE), keys.make(EVENTS_WRITE, LOG_RESTORE)
    service = start("ingest", STEPPE_AUTH="keys", STEPPE_KEYS=str(keys.path))

    def send(key: str, recorded: str) -> httpx.Response:
        return httpx.post(
            f"{service.address}/v1/events",
            json={**_EVENT, "recordedtime": recorded},
            headers={"authorization": f"Bearer {key}", "content-type": "application/cloudevents+json"},
        )

    refused = send(writes, "2020-01-01T00:00:00Z")
    assert refused.status_code == 422
    assert refused.json()["rejected"][0]["errors"][0]["pointer"] == "/recordedtime"
    assert send(restores, "2099-01-01T00:00:00Z").status_code == 422
    assert send(restores, "yesterday").status_code == 422
    assert send(restores, "2020-01-01T00:00:00Z").json()["accepted"] == 1


def test_what_authentication_refuses_is_counted_and_head_counts_under_its_route(start: Start, keys: Keys) -> None:
    service = start("api", STEPPE_AUTH="keys", STEPPE_KEYS=str(keys.path))
    headers = {"authorization": f"Bearer {keys.make(READ, OPERATE)}"}
    with httpx.Client(base_url=service.address, timeout=20) as client:
        assert client.get("/v1/flags").status_code == 401
        assert client.head("/v1/flags", headers=headers).status_code == 200
        counted = client.get("/metrics", headers=headers).text.splitlines()
    assert 'steppe_api_requests_total{method="GET",route="none",status="401"} 1.0' in counted
    assert 'steppe_api_requests_total{method="HEAD",route="/v1/flags",status="200"} 1.0' in counted


def test_the_audit_trail_tells_writes_and_refusals(start: Start, keys: Keys, tmp_path: Path) -> None:
    key = keys.make(EVENTS_WRITE)
    trail = tmp_path / "audit.ndjson"
    service = start("ingest", STEPPE_AUTH="keys", STEPPE_KEYS=str(keys.path), STEPPE_AUDIT=str(trail))
    headers = {"authorization": f"Bearer {key}", "content-type": "application/cloudevents+json"}
    with httpx.Client(base_url=service.address) as client:
        client.post("/v1/events", json=_EVENT, headers=headers).raise_for_status()
        client.post("/v1/events", json={**_EVENT, "type": "nothing"}, headers=headers)
        client.post("/v1/events", json=_EVENT)
        client.get("/metrics", headers=headers)
        client.get("/v1/vocabulary", headers=headers)
    lines = [json.loads(line) for line in trail.read_text().splitlines()]
    who = f"key:{keys.made[0].id} desk"
    assert [(line["who"], line["did"], line["answer"]) for line in lines] == [
        (who, "POST /v1/events", 202),
        (who, "POST /v1/events", 422),
        ("nobody", "POST /v1/events", 401),
        (who, "GET /metrics", 403),
    ]
    assert lines[0]["events"] == [f"{_EVENT['source']}#{_EVENT['id']}"] and lines[1]["events"] == []
    assert lines[0]["accepted"] == 1 and re.fullmatch(r"\d+:\d+", lines[0]["position"])
    assert lines[1]["rejected"] == 1
    assert all(
        line["audit"] == "ingest" and line["address"] == "127.0.0.1" and line["at"].endswith("Z") for line in lines
    )


@pytest.mark.parametrize(
    ("proxies", "addresses"),
    [(None, ["127.0.0.1"] * 3), ("127.0.0.0/8", ["203.0.113.9", "203.0.113.9", "127.0.0.1"])],
)
def test_only_a_trusted_proxy_says_whose_address_is_audited(
    start: Start, keys: Keys, tmp_path: Path, proxies: str | None, addresses: list[str]
) -> None:
    trail = tmp_path / "audit.ndjson"
    trusted = {} if proxies is None else {"STEPPE_TRUSTED_PROXIES": proxies}
    service = start("ingest", STEPPE_AUTH="keys", STEPPE_KEYS=str(keys.path), STEPPE_AUDIT=str(trail), **trusted)
    with httpx.Client(base_url=service.address) as client:
        # What the client wrote itself stands before what the proxy added, and proves nothing.
        for chain in ("203.0.113.9", "198.51.100.1, 203.0.113.9", None):
            headers = {} if chain is None else {"x-forwarded-for": chain}
            assert client.get("/v1/vocabulary", headers=headers).status_code == 401
    assert [json.loads(line)["address"] for line in trail.read_text().splitlines()] == addresses


def until(holds: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.05)
