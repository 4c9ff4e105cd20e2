"""How many requests of one caller are answered at once, and credentials that no key can have."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from steppe.access.callers import OPERATE, READ
from steppe.access.settings import AccessSettings
from tests.services.access.guarded_app import Waiting, bearer, guarded_client
from tests.services.access.test_authentication import Keys
from tests.services.access.test_authentication import keys as keys

_SECONDS_MAX = 20.0


async def _until_open(app: Waiting, requests: int) -> None:
    async with asyncio.timeout(_SECONDS_MAX):
        while app.open < requests:  # noqa: ASYNC110  # the application has no event for it
            await asyncio.sleep(0.01)


async def test_one_caller_gets_its_share_and_others_and_operators_are_answered(keys: Keys) -> None:
    greedy, other, operator = keys.make(READ), keys.make(READ), keys.make(OPERATE)
    app = Waiting()
    settings: dict[str, Any] = {"requests_at_once_a_caller_max": 3, "requests_at_once_max": 5}
    async with guarded_client(app, auth="keys", keys=str(keys.path), **settings) as client:
        waiting = [asyncio.create_task(client.get("/slow", headers=bearer(greedy))) for _ in range(3)]
        await _until_open(app, 3)
        refused = await client.get("/", headers=bearer(greedy))
        assert (refused.status_code, refused.json()["type"]) == (429, "urn:steppe:problem:too-many-requests")
        assert int(refused.headers["retry-after"]) > 0
        assert (await client.get("/", headers=bearer(other))).status_code == 204
        waiting += [asyncio.create_task(client.get("/slow", headers=bearer(other))) for _ in range(2)]
        await _until_open(app, 6)
        assert (await client.get("/", headers=bearer(other))).json()["type"] == "urn:steppe:problem:busy"
        assert (await client.get("/metrics", headers=bearer(operator))).status_code == 204
        app.go_on.set()
        assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {204}
        assert (await client.get("/", headers=bearer(greedy))).status_code == 204


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic \xe9\xe9\xe9".encode("latin-1"),
        "Basic ключ".encode(),
        b"Basic " + base64.b64encode(b"\xff\xfe:\xff"),
        b"Basic ====",
        "Bearer steppe_\xe9_\xe9".encode("latin-1"),
        b"Basic " + base64.b64encode("anyone:ключ".encode()),
    ],
)
async def test_credentials_beyond_ascii_are_unknown(keys: Keys, authorization: bytes) -> None:
    async with guarded_client(Waiting(), auth="keys", keys=str(keys.path)) as client:
        answer = await client.get("/", headers=[(b"authorization", authorization)])
    assert answer.status_code == 401


@pytest.mark.parametrize("proxies", ["*", "proxy.example", "10.0.0.0/24,", "10.0.0.1/24", ""])
def test_a_proxy_that_is_no_address_or_network_is_refused(proxies: str) -> None:
    with pytest.raises(ValueError, match="no address or network"):
        AccessSettings(trusted_proxies=proxies)


def test_proxies_may_be_addresses_and_networks() -> None:
    assert AccessSettings(trusted_proxies="10.0.0.7, 10.1.0.0/16,::1").trusted_proxies == "10.0.0.7, 10.1.0.0/16,::1"
