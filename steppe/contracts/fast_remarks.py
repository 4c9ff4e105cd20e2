"""What ingest says of a plain event beside its content: its warnings, and what it claims of a leg's money.

Both are computed for few events only, so that the others pay nothing for it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from msgspec import UNSET

from steppe.domain.events.claims import Claim, claim_of
from steppe.domain.events.idle_fields import ASKED_FIELDS, CHANGED_FIELDS
from steppe.domain.events.validation import warnings_of
from steppe.domain.events.vocabulary import VOCABULARY, Effect

_ASKED = {name: tuple(sorted(fields)) for name, fields in ASKED_FIELDS.items()}
_CLAIMS = frozenset(kind.name for kind in VOCABULARY if kind.effect is Effect.BINDING)


def fast_warnings(name: str, data: Any, known_day: date) -> tuple[str, ...]:
    """What the event (a value of its fast type) is accepted with, as `validation.warnings_of` says."""
    is_asked = name in CHANGED_FIELDS or any(getattr(data, field, UNSET) is not UNSET for field in _ASKED[name])
    if not is_asked and not _states_stakes(data):
        return ()
    return tuple(warnings_of(name, msgspec.to_builtins(data), known_day))


def _states_stakes(data: Any) -> bool:
    return data.parties is not UNSET and any(party.stake_percent is not UNSET for party in data.parties)


def fast_claim(name: str, sent: Any, data: Any, known_day: date) -> Claim | None:
    """What the event claims, as `claims.claim_of` says."""
    if name not in _CLAIMS or data.amount is UNSET:
        return None
    fields = msgspec.to_builtins(data)
    return claim_of(name=name, source=sent.source, id=sent.id, subject=sent.subject, data=fields, known_day=known_day)
