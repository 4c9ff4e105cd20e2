"""The flags of section 6, one module each. A flag says what it sees as rungs; `flagging` turns rungs into spans."""

from __future__ import annotations

from collections.abc import Callable

from steppe.domain.flags import lapsed, memorandum_churn, memorandum_only, silent
from steppe.domain.flags.rungs import Raised, Sight

DEAL_FLAGS: dict[str, Callable[[Sight], Raised | None]] = {
    "lapsed": lapsed.raised,
    "memorandum-churn": memorandum_churn.raised,
    "memorandum-only": memorandum_only.raised,
    "silent": silent.raised,
}
