"""An application of the test behind the middleware of authentication, in this process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection
from typing import Any

import httpx

from steppe.access.callers import OPERATE, READ
from steppe.access.middleware import AuthenticationMiddleware
from steppe.access.settings import AccessSettings


class Waiting:
    """An application that reads the body and answers 204 when the test lets it."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.open = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        self.open += 1
        if scope["path"] == "/slow":
            await self.go_on.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def _scopes(method: str, path: str) -> Collection[str]:
    return (OPERATE,) if path == "/metrics" else (READ,)


def guarded_client(app: Any, **settings: Any) -> httpx.AsyncClient:
    around = AuthenticationMiddleware(
        app,
        settings=AccessSettings(audit=os.devnull, **settings),
        service="api",
        required_scopes=_scopes,
        browsers=lambda path: True,
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(around), base_url="http://steppe")


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}
