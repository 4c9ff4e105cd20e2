"""The numbers of the advisory locks: one list, so that no two are the same.

The lock of a market and the lock of a log's identity are numbered by a hash of their name instead, in `queries/market.sql`
and `queries/log_identity.sql`. The first part is "STEP" in ASCII: recognised in `pg_locks`, and taken by nobody else.
"""

from __future__ import annotations

from typing import Final

# One migration at a time.
MIGRATION: Final = 0x53544550
# Shared by whoever judges a market, exclusive for whoever changes which party belongs to which.
PARTIES: Final = 0x53544550_0001
# One action of an operator on the quarantine at a time.
QUARANTINE_ACTIONS: Final = 0x53544550_0002
# One rebuild at a time.
REBUILD: Final = 0x53544550_0003
# One writer of announcements at a time, so that the ids of transitions come into view in order.
ANNOUNCING: Final = 0x53544550_0006
# Held by the worker that announces, as long as it does.
PUBLISHER: Final = 0x53544550_0007
