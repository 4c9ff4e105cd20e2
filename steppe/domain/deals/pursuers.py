"""Who pursues a deal (section 1): the parties of the highest pursuing role that its events with a level have named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import PURSUING_ROLES
from steppe.domain.values.value_class import value_class


@value_class(frozen=True, slots=True)
class Pursuers:
    """The parties by pursuing role, and what follows from them. `role` None: nobody pursues."""

    by_role: Mapping[str, frozenset[str]] = field(default_factory=dict)
    role: str | None = field(init=False)
    parties: tuple[str, ...] = field(init=False)
    investors: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        role = next((role for role in PURSUING_ROLES if self.by_role.get(role)), None)
        object.__setattr__(self, "role", role)
        object.__setattr__(self, "parties", tuple(sorted(self.by_role[role])) if role else ())
        object.__setattr__(self, "investors", tuple(sorted(self.by_role.get("investor", ()))))

    def with_those_of(self, event: Event) -> Pursuers:
        """With the parties that an event names; the same value when it names nobody new."""
        by_role: dict[str, frozenset[str]] | None = None
        for party in event.parties:
            if party.role not in PURSUING_ROLES:
                continue
            parties_in_role = (by_role or self.by_role).get(party.role, frozenset())
            if party.party not in parties_in_role:
                by_role = by_role or dict(self.by_role)
                by_role[party.role] = parties_in_role | {party.party}
        return self if by_role is None else Pursuers(by_role)

    def without(self, parties: set[str]) -> Pursuers:
        """Without these parties, whatever their role."""
        return Pursuers({role: known - parties for role, known in self.by_role.items()})
