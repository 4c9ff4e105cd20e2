"""Requests that end before they are answered whole: there is never a second answer on top of one that began."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from services.api.web.abandoned_requests import CLIENT_LEFT, CancelAbandoned
from steppe.http.body_deadline import BODY_TOO_SLOW
from steppe.http.problems import Refusal

_START: Message = {"type": "http.response.start", "status": 200, "headers": []}


class Exchange:
    """A request whose body is refused, or whose client leaves, when the app has sent these messages and waits."""

    def __init__(self, *answer: Message, refused: bool, method: str = "POST") -> None:
        self._method = method
        self.sent: list[Message] = []
        self._answer = answer
        self._refused = refused
        self._answered = asyncio.Event()

    async def run(self) -> None:
        async with asyncio.timeout(10):
            await CancelAbandoned(self._app, but=())(
                {"type": "http", "method": self._method, "path": "/"}, self._receive, self._send
            )

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        for message in self._answer:
            await send(message)
        self._answered.set()
        await asyncio.Event().wait()

    async def _receive(self) -> Message:
        await self._answered.wait()
        if self._refused:
            raise Refusal(BODY_TOO_SLOW, "The body was not complete.")
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.sent.append(message)


@pytest.mark.parametrize("refused", [True, False], ids=["its body is refused", "its client leaves"])
async def test_an_answer_that_began_gets_no_second_one(refused: bool) -> None:
    exchange = Exchange(_START, refused=refused)
    await exchange.run()
    assert exchange.sent == [_START]


async def test_a_body_that_is_refused_before_the_answer_is_told_so() -> None:
    exchange = Exchange(refused=True)
    with pytest.raises(Refusal):
        await exchange.run()
    assert exchange.sent == []


async def test_a_client_that_leaves_is_noticed_behind_a_body_that_nobody_reads() -> None:
    sent = iter([{"type": "http.request", "body": b"x", "more_body": True}] * 5 + [{"type": "http.disconnect"}])
    answers: list[Message] = []
    cancelled = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async def receive() -> Message:
        return next(sent)

    async def send(message: Message) -> None:
        answers.append(message)

    async with asyncio.timeout(10):
        await CancelAbandoned(app, but=())({"type": "http", "method": "GET", "path": "/"}, receive, send)
    assert cancelled.is_set()
    assert [message["status"] for message in answers] == [CLIENT_LEFT]


async def test_a_client_that_leaves_before_the_answer_is_counted() -> None:
    exchange = Exchange(refused=False)
    await exchange.run()
    assert [message["status"] for message in exchange.sent] == [CLIENT_LEFT]
