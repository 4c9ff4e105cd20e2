"""What an article that somebody pasted says: title, publisher, day, and the events that it may tell. A program of its own.

`python -m services.ingest.articles.article` reads `{"url", "pasted", "names"}` as JSON and prints an Article as JSON. It runs apart from ingest,
with its own limits of time and memory, because what is pasted is anybody's HTML. Nothing is ever fetched.
"""

from __future__ import annotations

import asyncio
import re
import resource
import sys
from collections.abc import Iterable
from datetime import date
from urllib.parse import urlsplit

import msgspec

from services.ingest.articles.mentions import Mention, NameFinder, RegisteredName
from services.ingest.articles.proposals import Proposal, propose, sentences_of

PASTED_CHARACTERS_MAX = 500_000
_SECONDS_MAX = 15.0
_MEMORY_BYTES_MAX = 1024 * 1024 * 1024
_TEXT_CHARACTERS_MAX = 200_000
_LINE_CHARACTERS_MAX = 300
_MENTIONS_MAX = 100
_AT_ONCE = asyncio.Semaphore(1)
_DAY_IN_ADDRESS = re.compile(r"(?<!\d)((?:19|20)\d{2})[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(?!\d)")


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """An article; what it does not say is empty. `published`: YYYY-MM-DD. `is_read`: its text was pasted, too. `mentions`: the
    registered names in title and text."""

    url: str = ""
    title: str = ""
    publisher: str = ""
    published: str = ""
    is_read: bool = False
    proposals: tuple[Proposal, ...] = ()
    mentions: tuple[Mention, ...] = ()


class _Pasted(msgspec.Struct, frozen=True):
    url: str
    pasted: str
    names: tuple[RegisteredName, ...]


class UnreadableError(Exception):
    """The article took too long or too much to read; the message says which."""


async def read_article(url: str, pasted: str, names: Iterable[RegisteredName] = ()) -> Article:
    """The article behind an address, from its HTML or text as somebody pasted it, with those of the names that it mentions. Raises
    UnreadableError.

    It is read by a process of its own, one at a time, that is killed when its time is over.
    """
    if not pasted:
        return _of_address(url)
    body = msgspec.json.encode(_Pasted(url, pasted[:PASTED_CHARACTERS_MAX], tuple(names)))
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


def _of_pasted(url: str, pasted: str, finder: NameFinder) -> Article:
    """The article by trafilatura where HTML was pasted; of text its first line is the title."""
    of_address = _of_address(url)
    if not re.search(r"<(?:html|head|body|article|meta|p|div)\b", pasted, re.IGNORECASE):
        first, _, _ = pasted.strip().partition("\n")
        title = first.strip() if len(first) <= _LINE_CHARACTERS_MAX else ""
        return _with_proposals(msgspec.structs.replace(of_address, title=title), pasted, finder)
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
    return _with_proposals(article, extracted.text or "", finder)


def _with_proposals(article: Article, text: str, finder: NameFinder) -> Article:
    text = text[:_TEXT_CHARACTERS_MAX]
    proposals = propose(text, article.published, finder)
    mentions = finder.mentions([article.title, *sentences_of(text)])[:_MENTIONS_MAX]
    projects = [mention for mention in mentions if mention.kind == "projects"]
    if len(projects) == 1 and not projects[0].is_ambiguous:
        proposals = [_about(proposal, projects[0].key) for proposal in proposals]
    return msgspec.structs.replace(article, is_read=True, proposals=tuple(proposals), mentions=tuple(mentions))


def _about(proposal: Proposal, project: str) -> Proposal:
    """The same about the only project that the article names."""
    return msgspec.structs.replace(proposal, texts={"subject": project, **proposal.texts})


def main() -> int:
    """Read one article from standard input, and print it."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES_MAX, _MEMORY_BYTES_MAX))
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=_Pasted)
    sys.stdout.buffer.write(msgspec.json.encode(_of_pasted(given.url, given.pasted, NameFinder(given.names))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
