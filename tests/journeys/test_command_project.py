"""`steppe project`: the whole story of one project on a terminal, narrow or wide, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.journeys.command import Command
from tests.services.api.reading_api import SOURCE, Log, event, memorandum, registered
from tests.stack import Database, Service

KATPAR = ("project", "north-katpar-upper-kairakty")


@pytest.mark.parametrize("columns", [80, 140])
def test_the_golden_case_says_both_answers_and_why_they_differ(reading: Command, columns: int) -> None:
    output = reading(*KATPAR, "--known-at", "2021-12-31", columns=columns)
    assert all(len(line) <= columns for line in output.splitlines())
    words = " ".join(output.split())
    assert "as of 2021-12-31, as known at 2021-12-31 23:59 UTC" in words
    assert "stands Bound by xiamen-tungsten: equity since 2018." in words
    assert "equity since 2018, held by xiamen-tungsten" in words
    assert "2018 2018-11-30 equity.agreed xiamen-tungsten: bound" in words
    then, _, since = words.partition("Learnt since then of the time until this day")
    assert "memorandum.signed" not in then, "nobody knew of it"
    assert "corrected name: equity.agreed → termsheet.signed" in since
    assert "no stake ever passed. (known 2025-11-26" in since
    assert "As known now: On paper: 2 memoranda by xiamen-tungsten" in since

    now = " ".join(reading(*KATPAR, "--as-of", "2026-11-22", columns=columns).split())
    assert "Learnt since" not in now
    assert "stands Bound in part by cove-capital: equity since 2026; debt missing." in now
    assert "corrected name: equity.agreed → termsheet.signed" in now
    assert "2021-01-01 ⚑ memorandum-only escalated presumed-dead xiamen-tungsten" in now
    assert "⚑ memorandum-only cleared xiamen-tungsten" in now
    assert "2025-11-26 investor.withdrew xiamen-tungsten: ended, project advanced" in now
    assert "unchecked" not in now, "somebody looked on the day on which it was recorded"


def test_json_has_all_of_it(reading: Command) -> None:
    answer = json.loads(reading(*KATPAR, "--known-at", "2021-12-31", "--json"))
    assert {"explanation", "deals", "legs", "flags", "timeline", "flag_changes", "conflicts"} <= set(answer)
    assert [(entry["name"], entry["learnt"]) for entry in answer["learnt_since"]] == [
        ("termsheet.signed", "corrected"),
        ("memorandum.signed", "new"),
    ]
    assert answer["as_known_now"]["stands"].startswith("On paper: 2 memoranda")


async def test_what_was_taken_back_or_never_counted_is_marked(
    start: Callable[..., Service], database: Database, topic: str
) -> None:
    log = Log(database, topic)
    about = {"occurred": "2021-01-01"}
    absent, taken_back = {"source": SOURCE, "id": "absent"}, {"source": SOURCE, "id": "back"}
    await log.append(
        registered("mine", name="First"),
        memorandum("mine", "2020-01-10", "alpha", "memo"),
        memorandum("mine", "2020-02-10", "alpha", "again"),
        event(
            "event.retracted", "mine", "back", target={"source": SOURCE, "id": "again"}, reason="sent twice", **about
        ),
        event("event.retracted", "mine", "waits", target=absent, reason="unknown", **about),
        event("event.corrected", "mine", "no", target=taken_back, changes={"note": "no"}, reason="?", **about),
        *(
            event("exploration.reported", "mine", f"drill-{number}", occurred="2020-03-01", result="ore")
            for number in range(510)
        ),
    )
    await log.append(registered("mine", name="Second"))
    steppe = Command(start("api"), database)
    output = steppe("project", "mine", columns=80)
    words = " ".join(output.split())
    assert output.count("exploration.reported") == 510, "all pages of the timeline"
    assert "retracted by /tests#back" in words
    assert "because: sent twice" in words
    assert "parked:" in words
    assert "refused: event.retracted is not corrected" in words
    assert "conflict: another record came under this name at" in words
    await log.append(registered("bare"))
    bare = " ".join(steppe("project", "bare").split())
    assert "Registered only: no deal, no paper, nothing on the ground." in bare
    assert "No deals yet." in bare
    assert "No flags." in bare
    assert "Did you mean bare?" in steppe("project", "bear", exits=1) + steppe("project", "bara", exits=1)


async def test_ends_are_told_as_they_were_given(start: Callable[..., Service], database: Database, topic: str) -> None:
    pursuer = [{"party": "alpha", "role": "investor"}]
    await Log(database, topic).append(
        registered("mine"),
        event("rights.granted", "mine", "right", occurred="2014", parties=pursuer, right="mining", ends_on="2018"),
        event("loan.signed", "mine", "loan", occurred="2015", deal="bank", conditional=True, long_stop="2028"),
        event("hold.placed", "mine", "hold", occurred="2019", deal="bank", until="2027"),
    )
    steppe = Command(start("api"), database)
    output = steppe("project", "mine", "--as-of", "2020-01-01")
    words = " ".join(output.split())
    assert "rights (mining) since 2014, ended in 2018 (expired)" in words
    assert "debt since 2015, on conditions, long stop 2028" in words
    assert "On hold until the end of 2027." in words
    text = " ".join(line for line in output.splitlines() if "⚑" not in line)  # a flag's own days are reckoned
    assert not {"2018-12-31", "2019-01-01", "2028-12-31", "2027-12-31"} & set(text.split())
