"""The flags of section 6, one module each. A flag says what it sees as rungs; `flagging` turns rungs into spans.

`DEAL_FLAGS` and `PROJECT_FLAGS` follow from one project; `displaced` and `crowded` need its market and are in `rivalry`.
"""

from __future__ import annotations

from collections.abc import Callable

from steppe.domain.flags import (
    lapsed,
    memorandum_churn,
    memorandum_only,
    not_building,
    not_producing,
    partly_bound,
    silent,
    slipping,
    unchecked,
)
from steppe.domain.flags.severity_steps import ProjectSight, Raised, Sight

DEAL_FLAGS: dict[str, Callable[[Sight], Raised | None]] = {
    "lapsed": lapsed.raised,
    "memorandum-churn": memorandum_churn.raised,
    "memorandum-only": memorandum_only.raised,
    "not-building": not_building.raised,
    "partly-bound": partly_bound.raised,
    "silent": silent.raised,
    "slipping": slipping.raised,
    "unchecked": unchecked.raised,
}
PROJECT_FLAGS: dict[str, Callable[[ProjectSight], Raised | None]] = {"not-producing": not_producing.raised}
