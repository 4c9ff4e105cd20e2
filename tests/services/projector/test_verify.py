"""`steppe verify` finds a row too many and a row too few in every table, however the log is cut into pieces."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest

from services.projector.commands import verify as verifying
from services.projector.commands.verify import TABLES, RowDifference, verify
from services.projector.verification.record_spool import RecordSpool
from steppe.database import rule_versions
from steppe.database.read_model import rule_change
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.rules.rule_document import rules_from
from tests.services.projector.projection import Message, event
from tests.services.projector.test_projector_markets import portfolio_of_messages
from tests.services.quarantine.quarantining import Worked

# Of each table a row that differs from one that is there, of a subject of which the log knows nothing.
_NOBODYS = "project = 'nobody'"
_OTHER = {
    "event": "subject = 'nobody'", "conflict": "subject = 'nobody', log_offset = 900", "parked": "subject = 'nobody'",
    "quarantine": "subject = NULL, log_offset = 900", "party_span": "party = 'nobody'", "forum": "forum = 'nobody'",
}  # fmt: skip


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if the log were a thousand times as long, or memory a thousandth."""
    for name in ("_RECORDS_READ_AT_ONCE", "_RECORDS_FOLDED_AT_ONCE", "_PROJECTS_AT_ONCE", "_PARTIES_AT_ONCE"):
        monkeypatch.setattr(verifying, name, 2)
    monkeypatch.setattr(verifying, "_CROSSINGS_MAX", 1)
    yield


def _everything() -> list[Message]:
    """A log of which every table has rows."""
    role = {"role": "investor"}
    deposit: dict[str, Any] = {"country": "UZ", "sector": "mining", "kind": "deposit", "commodities": ["gold"]}
    both = [{"party": "others", **role}, {"party": "own-mining", **role}]
    return [
        *portfolio_of_messages(random.Random(5), 80),
        # A company of the group has a part in what overtakes its deal.
        event(
            "company",
            "party:own-mining",
            "party.registered",
            party="own-mining",
            name="Own",
            home_country="JP",
            kind="company",
            parent="own",
        ),
        *(
            event("registered", project, "project.registered", name=project, **deposit)
            for project in ("north", "south")
        ),
        event("mou", "north", occurred="2020-02-01", parties=[{"party": "own", **role}]),
        event("win", "south", "equity.agreed", occurred="2021-05-05", deal="others", parties=both),
        event(
            "first",
            "forum:first-summit",
            "forum.held",
            forum="first-summit",
            name="First summit",
            countries=["KZ"],
            occurred="2024-01-01",
        ),
        event("lost", "north", "event.retracted", target={"source": "/desk/test", "id": "never-sent"}),
        event("mou", "north", note="another content"),
        event("named", "deposit-3", parties=[{"party": "unregistered", "name": "Unregistered Ltd", **role}]),
        *((b"\xff\xfe", b"broken %d" % number, ()) for number in range(5)),
        (b"deposit-7", b"broken", ()),
        event("held", "deposit-7"),
    ]


async def test_a_missing_and_a_foreign_row_are_found_in_every_table_whatever_the_size_of_the_pieces(
    worked: Worked, in_pieces: None
) -> None:
    await worked.send(*_everything())
    await worked.apply()
    verdict = await worked.verified()
    counts = {table: await worked.owner.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}
    assert min(counts.values()) > 0, counts
    assert verdict.rows == sum(counts.values())
    for table in TABLES:
        await worked.owner.execute(f"CREATE TEMP TABLE one AS SELECT * FROM {table} LIMIT 1")
        await worked.owner.execute(f"UPDATE one SET {_OTHER.get(table, _NOBODYS)}")
        await worked.owner.execute(f"INSERT INTO {table} SELECT * FROM one; DROP TABLE one")
    differences = await _differences(worked)
    assert Counter(one.table for one in differences) == dict.fromkeys(TABLES, 1)
    assert {one.only_in for one in differences} == {"database"}
    for table in TABLES:
        whose = _OTHER.get(table, _NOBODYS).partition(",")[0].replace("= NULL", "IS NULL AND log_offset = 900")
        await worked.owner.execute(f"DELETE FROM {table} WHERE {whose}")
    await worked.verified()
    for table in TABLES:
        await worked.owner.execute(f"DELETE FROM {table} WHERE ctid = (SELECT max(ctid) FROM {table})")
    differences = await _differences(worked)
    assert Counter(one.table for one in differences) == dict.fromkeys(TABLES, 1)
    assert {one.only_in for one in differences} == {"log"}


async def test_what_is_verified_is_what_follows_by_the_rules_in_force(worked: Worked) -> None:
    await worked.send(*_everything())
    await worked.apply()
    document = {"version": "strict", "values": {"memorandum-only.watch": 6, "memorandum-only.stagnant": 9}}
    strict = rules_from(document, RULES)
    await rule_versions.add(worked.owner, strict, by="desk")
    await rule_change.put_in_force(worked.owner, strict.version, by="desk")
    await worked.verified()


def test_the_pieces_hold_every_subject_once_and_parties_come_first() -> None:
    subjects = sorted(["party", "party-mine", "party:a", "party:b", "party;", "forum:x", "a", "b", "é", "\U0001f600"])
    with RecordSpool(4) as spool:
        spool._file.executemany("INSERT INTO record (subject) VALUES (?)", [(subject,) for subject in subjects])
        pieces = spool.ranges(2)
    held = [
        [
            one
            for one in subjects
            if (piece.after is None or one > piece.after) and (piece.until is None or one <= piece.until)
        ]
        for piece in pieces
    ]
    assert sorted(chain.from_iterable(held)) == subjects
    assert [one.of_parties for one in pieces] == sorted((one.of_parties for one in pieces), reverse=True)
    assert max(map(len, held)) == 2
    assert {"party:a", "party:b"} <= {
        one for piece, of_it in zip(pieces, held, strict=True) if piece.of_parties for one in of_it
    }


async def _differences(worked: Worked) -> list[RowDifference]:
    return (await verify(worked.stack.kafka, worked.database.api, worked.topic)).differences
