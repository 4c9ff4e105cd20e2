"""The registered names of projects, parties and forums, which a page shows instead of their keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import assert_never

from services.api.computation import in_thread
from services.api.web.query_parameters import Question
from services.api.web.responses import Service
from steppe.domain.messages.message import Key, Sentences, keys_in

_OF_PROJECTS = frozenset({"project", "by"})
_OF_PARTIES = frozenset(
    {
        "party", "parties", "parent", "members", "group", "groups", "investors", "pursuers", "offtakers", "holders", "deal",
    }
)  # fmt: skip
# What nearly all of the tens of thousands of values of a page are, and what mentions nobody by itself.
_PLAIN = frozenset({type(None), str, int, float, bool, date})


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
    mentioned = _Mentioned()
    mentioned.add(shown)
    return sorted(mentioned.projects), sorted(mentioned.parties.union(facets.get("investor", ())))


@dataclass(frozen=True, slots=True)
class _Mentioned:
    """The texts that stand in the fields of projects and parties, however deep, alone or in a list, and their keys in sentences."""

    projects: set[str] = field(default_factory=set)
    parties: set[str] = field(default_factory=set)

    def add(self, value: object) -> None:
        """Take in what a value mentions."""
        if isinstance(value, Mapping):
            for name, inner in value.items():
                if name in _OF_PROJECTS or name in _OF_PARTIES:
                    texts = inner if isinstance(inner, list | tuple) else (inner,)
                    (self.projects if name in _OF_PROJECTS else self.parties).update(
                        text for text in texts if isinstance(text, str)
                    )
                if type(inner) not in _PLAIN:
                    self.add(inner)
        elif isinstance(value, Sentences):
            for key in keys_in(value):
                (self.projects if key.kind == "project" else self.parties).add(key.text)
        elif isinstance(value, tuple) and hasattr(value, "_asdict"):
            self.add(value._asdict())
        elif isinstance(value, list | tuple):
            for inner in value:
                if type(inner) not in _PLAIN:
                    self.add(inner)
