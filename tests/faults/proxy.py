"""A network that fails: a TCP proxy between two processes that can cut, go silent, delay, and swallow one answer."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from steppe.standalone.places import LOOPBACK

_BYTES_AT_ONCE = 65_536


class _Connection:
    """One client and the server's side of it."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client = client
        self.server = server
        self.silent = False
        self.doomed = False

    def abort(self) -> None:
        for writer in (self.client, self.server):
            writer.transport.abort()


class Proxy:
    """Listens on `port` and passes everything on to another port. Its faults may be called from any thread."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._connections: set[_Connection] = set()
        self._refusing = False
        self._trap: bytes | None = None
        self.delay_seconds = 0.0
        self.swallowed = threading.Event()
        self.port = 0

    def cut(self) -> None:
        """Every connection is reset, and every new one, until `restore`."""
        self._refusing = True
        self._loop.call_soon_threadsafe(self._abort_all)

    def go_silent(self) -> None:
        """Connections that exist stay open for ever and carry nothing any more; new ones work. (Half-open.)"""
        self._loop.call_soon_threadsafe(self._silence_all)

    def restore(self) -> None:
        """New connections work, without delay."""
        self._refusing, self.delay_seconds = False, 0.0

    def swallow_answer_to(self, words: bytes) -> None:
        """Pass on the next message of a client with these words, let the server answer, and cut instead of telling.

        `swallowed` is set then.
        """
        self.swallowed.clear()
        self._trap = words

    async def _serve(self, ready: threading.Event) -> None:
        server = await asyncio.start_server(self._accept, LOOPBACK, self.port)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        try:
            back, forth = await asyncio.open_connection(LOOPBACK, self._target)
        except OSError:  # the server is down, and so is the way to it
            writer.transport.abort()
            return
        connection = _Connection(writer, forth)
        self._connections.add(connection)
        try:
            await asyncio.gather(self._send(reader, connection), self._answer(back, connection))
        finally:
            self._connections.discard(connection)
            connection.abort()

    async def _send(self, reader: asyncio.StreamReader, connection: _Connection) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_BYTES_AT_ONCE):
                if self._trap is not None and self._trap in data:
                    self._trap, connection.doomed = None, True
                await self._pass(data, connection, connection.server)
        if not connection.silent:
            connection.abort()

    async def _answer(self, reader: asyncio.StreamReader, connection: _Connection) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_BYTES_AT_ONCE):
                if connection.doomed:
                    self.swallowed.set()
                    break
                await self._pass(data, connection, connection.client)
        if not connection.silent:
            connection.abort()

    async def _pass(self, data: bytes, connection: _Connection, to: asyncio.StreamWriter) -> None:
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        if not connection.silent:
            to.write(data)
            await to.drain()

    def _abort_all(self) -> None:
        for connection in list(self._connections):
            connection.abort()

    def _silence_all(self) -> None:
        for connection in self._connections:
            connection.silent = True

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve(ready))
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))


@contextmanager
def proxy_to(target: int, port: int = 0) -> Iterator[Proxy]:
    """A proxy in front of a port, in a thread of its own."""
    proxy = Proxy(target)
    proxy.port = port
    ready = threading.Event()
    thread = threading.Thread(target=proxy._run, args=(ready,), name="proxy", daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield proxy
    finally:
        proxy._loop.call_soon_threadsafe(proxy._abort_all)
        proxy._loop.call_soon_threadsafe(proxy._loop.stop)
        thread.join(10)
