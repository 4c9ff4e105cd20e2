"""What an article that somebody pasted says: title, publisher, day, and the events that it may tell. A program of its own.

`python -m services.ingest.entry.article` reads `{"url", "pasted"}` as JSON and prints an Article as JSON. It runs apart from ingest,
with its own limits of time and memory, because what is pasted is anybody's HTML. Nothing is ever fetched.
"""

from __future__ import annotations

import asyncio
import re
import resource
import sys
from datetime import date
from urllib.parse import urlsplit

import msgspec

from services.ingest.entry.proposals import Proposal, propose

PASTED_CHARACTERS_MAX = 500_000
_SECONDS_MAX = 15.0
_MEMORY_BYTES_MAX = 1024 * 1024 * 1024
_TEXT_CHARACTERS_MAX = 200_000
_LINE_CHARACTERS_MAX = 300
_AT_ONCE = asyncio.Semaphore(1)
_DAY_IN_ADDRESS = re.compile(r"(?<!\d)((?:19|20)\d{2})[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(?!\d)")


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """An article; what it does not say is empty. `published`: YYYY-MM-DD. `is_read`: its text was pasted, too."""

    url: str = ""
    title: str = ""
    publisher: str = ""
    published: str = ""
    is_read: bool = False
    proposals: tuple[Proposal, ...] = ()


class _Pasted(msgspec.Struct, frozen=True):
    url: str
    pasted: str


class UnreadableError(Exception):
    """The article took too long or too much to read; the message says which."""


async def read_article(url: str, pasted: str) -> Article:
    """The article behind an address, from its HTML or text as somebody pasted it. Raises UnreadableError.

    It is read by a process of its own, one at a time, that is killed when its time is over.
    """
    if not pasted:
        return _of_address(url)
    body = msgspec.json.encode(_Pasted(url, pasted[:PASTED_CHARACTERS_MAX]))
    async with _AT_ONCE:
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(_SECONDS_MAX):
                answer, _ = await program.communicate(body)
        except TimeoutError:
            raise UnreadableError(f"it was not read after {_SECONDS_MAX:g} s; paste its text alone") from None
        finally:
            if program.returncode is None:
                program.kill()
                await program.wait()
    if program.returncode != 0:
        raise UnreadableError("it cannot be read; paste its text alone")
    return msgspec.json.decode(answer, type=Article)


def _of_address(url: str) -> Article:
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    match = _DAY_IN_ADDRESS.search(urlsplit(url).path)
    published = ""
    if match:
        try:
            published = date(int(match[1]), int(match[2]), int(match[3])).isoformat()
        except ValueError:  # 31 June of some path: no day
            published = ""
    return Article(url=url, publisher=host, published=published)


def _of_pasted(url: str, pasted: str) -> Article:
    """The article by trafilatura where HTML was pasted; of text its first line is the title."""
    of_address = _of_address(url)
    if not re.search(r"<(?:html|head|body|article|meta|p|div)\b", pasted, re.IGNORECASE):
        first, _, _ = pasted.strip().partition("\n")
        title = first.strip() if len(first) <= _LINE_CHARACTERS_MAX else ""
        return _with_proposals(msgspec.structs.replace(of_address, title=title), pasted)
    import trafilatura  # here, because ingest itself never reads HTML

    extracted = trafilatura.bare_extraction(
        pasted, url=url or None, with_metadata=True, include_comments=False, include_tables=False
    )
    if extracted is None or isinstance(extracted, dict):  # a dictionary only where one is asked for
        return of_address
    article = Article(
        url=url or extracted.url or "",
        title=extracted.title or "",
        publisher=extracted.sitename or extracted.hostname or of_address.publisher,
        published=extracted.date or of_address.published,
    )
    return _with_proposals(article, extracted.text or "")


def _with_proposals(article: Article, text: str) -> Article:
    proposals = tuple(propose(text[:_TEXT_CHARACTERS_MAX], article.published))
    return msgspec.structs.replace(article, is_read=True, proposals=proposals)


def main() -> int:
    """Read one article from standard input, and print it."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES_MAX, _MEMORY_BYTES_MAX))
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=_Pasted)
    sys.stdout.buffer.write(msgspec.json.encode(_of_pasted(given.url, given.pasted)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
