"""The registered names of projects, parties and forums, which a page shows instead of their keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

from services.api.computation import in_thread
from services.api.web.query_parameters import Question
from services.api.web.responses import Service
from steppe.domain.messages.message import Key, KeyKind, Sentences, keys_in

_OF_PROJECTS = frozenset({"project", "by"})
_OF_PARTIES = frozenset(
    {
        "party", "parties", "parent", "members", "group", "groups", "investors", "pursuers", "offtakers", "holders", "deal",
    }
)  # fmt: skip
_KINDS_OF_PROJECTS: tuple[KeyKind, ...] = ("project",)
_KINDS_OF_PARTIES: tuple[KeyKind, ...] = ("party", "deal")


@dataclass(frozen=True, slots=True)
class RegisteredNames:
    """Names by key. Whatever has none is shown by its key."""

    projects: Mapping[str, str] = field(default_factory=dict)
    parties: Mapping[str, str] = field(default_factory=dict)
    forums: Mapping[str, str] = field(default_factory=dict)

    def project(self, key: str) -> str:
        """What a project is called."""
        return self.projects.get(key, key)

    def party(self, key: str) -> str:
        """What a party is called."""
        return self.parties.get(key, key)

    def deal(self, key: str) -> str:
        """What a deal is called: as the party after which its key is named, if there is one."""
        return self.parties.get(key, key)

    def forum(self, key: str) -> str:
        """What a forum is called."""
        return self.forums.get(key, key)

    def naming(self, key: Key) -> str:
        """What the party, project or deal is called that a sentence names."""
        match key.kind:
            case "party":
                return self.party(key.text)
            case "project":
                return self.project(key.text)
            case "deal":
                return self.deal(key.text)
            case _ as never:
                assert_never(never)


NO_NAMES = RegisteredNames()
"""Of a page that shows nobody."""


async def read_names(
    service: Service, question: Question, *shown: object, facets: Mapping[str, Iterable[str]] | None = None
) -> RegisteredNames:
    """The names on the day of the question, as known then, of every project and party that the items to be shown mention, in
    sentences too, and of what one can filter for. Raises Refusal as the snapshot of the question does.
    """
    facets = facets or {}
    projects, parties = await in_thread(_keys, shown, facets)
    async with service.snapshot(question) as snapshot:
        project_rows = await snapshot.rows("names_of_projects", as_of=question.as_of, projects=projects)
        party_rows = await snapshot.rows("names_of_parties", as_of=question.as_of, parties=parties)
        forum_rows = await snapshot.rows("forum_names", forums=sorted(facets.get("forum", ())))
    return RegisteredNames(
        projects={row["project"]: row["name"] for row in project_rows if row["name"]},
        parties={row["party"]: row["name"] for row in party_rows},
        forums={row["forum"]: row["name"] for row in forum_rows},
    )


def _keys(shown: Sequence[object], facets: Mapping[str, Iterable[str]]) -> tuple[list[str], list[str]]:
    """The projects and the parties that are mentioned."""
    projects = sorted(set(_mentioned(shown, _OF_PROJECTS, _KINDS_OF_PROJECTS)))
    return projects, sorted({*_mentioned(shown, _OF_PARTIES, _KINDS_OF_PARTIES), *facets.get("investor", ())})


def _mentioned(value: Any, fields: frozenset[str], kinds: Collection[KeyKind]) -> Iterator[str]:
    """The texts that stand in these fields, however deep, alone or in a list, and the keys of these kinds in sentences."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name in fields:
                yield from (
                    text for text in (inner if isinstance(inner, list | tuple) else [inner]) if isinstance(text, str)
                )
            yield from _mentioned(inner, fields, kinds)
    elif isinstance(value, Sentences):
        yield from (key.text for key in keys_in(value) if key.kind in kinds)
    elif hasattr(value, "_asdict"):
        yield from _mentioned(value._asdict(), fields, kinds)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _mentioned(inner, fields, kinds)
