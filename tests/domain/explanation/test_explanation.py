"""Where projects and deals stand, what is missing and what comes next, in plain words: a table of examples."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from steppe.domain.analysis.forecast import FlagEscalates, HoldEnds, LegsExpire
from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.explanation.explained import coming, deal_sentence, explained
from tests.domain.flags.portfolio_by_hand import deposit, on, pursued

MEMO = pursued("memorandum.signed", "2019-06-18", "jogmec", instrument="mou")
GONE = pursued("investor.withdrew", "2021-03-14", "jogmec", reason="price")
SHARES = pursued("equity.agreed", "2013-02-01", "alpha")
NO_LEG = "Nothing binds it: no equity, offtake, debt, grant, guarantee, rights, works or investment is held."
NO_DEAL = "A deal is missing: nobody pursues it."
WAITS = "Nothing by itself: it waits for a next step."
QUIET = "Nothing by itself: no flag rises and no leg runs out from here."


@dataclass(frozen=True)
class Example:
    """A project by its events, and what is said of it on a day."""

    name: str
    events: list[Event]
    as_of: str
    stands: str
    missing: str
    next: str


EXAMPLES = (
    Example(
        "registered only", [deposit()], "2024-01-01",
        "Registered only: no deal, no paper, nothing on the ground.", NO_DEAL, WAITS,
    ),
    Example(
        "news without a deal",
        [deposit(), event("exploration.reported", "2020-05-05", deal=None, result="ore")], "2024-01-01",
        "Identified: nobody pursues it; the last event is of 5 May 2020.", NO_DEAL, WAITS,
    ),
    Example(
        "a deal without a step", [deposit(), event("setback.reported", "2020-01-01", kind="price")], "2020-02-01",
        "Named, without any step so far.", NO_LEG, QUIET,
    ),
    Example(
        "announced", [deposit(), pursued("intent.announced", "2024-03-01", "alpha", kind="talks")], "2024-06-01",
        "Announced by alpha, first on 1 March 2024; nothing signed.", NO_LEG,
        "Counts as announced-only (watch) on 1 March 2026 unless a paper, a study, a permit or something binding comes"
        " first.",
    ),
    Example(
        "a fresh paper, no flag yet", [deposit(), MEMO], "2019-09-18",
        "On paper: 1 memorandum by jogmec since 18 June 2019 (3 months), nothing binding.", NO_LEG,
        "Counts as memorandum-only (watch) on 18 June 2020 unless something binding or physical happens first."
        " Counts as silent (watch) on 18 June 2021 unless something is heard first.",
    ),
    Example(
        "paper upon paper",
        [deposit(sector="processing", kind="plant", required_legs=["equity", "offtake"]), MEMO,
         pursued("memorandum.renewed", "2021-01-10", "jogmec", instrument="mou"),
         pursued("termsheet.signed", "2025-06-18", "jogmec", instrument="heads")], "2025-11-18",
        "On paper: 3 memoranda by jogmec since 18 June 2019 (77 months), nothing binding;"
        " memorandum-only is stagnant since 18 June 2021.",
        "Nothing binds it: of the required legs equity and offtake none is held.",
        "Turns presumed-dead on 18 June 2027 unless something binding or physical happens first; another paper could only"
        " put that off. Counts as silent (watch) on 18 June 2027 unless something is heard first.",
    ),
    Example(
        "a year is all that is known of the day",
        [deposit(), pursued("memorandum.signed", "2023", "alpha", instrument="mou")], "2024-06-01",
        "On paper: 1 memorandum by alpha since 2023 (5 to 17 months), nothing binding;"
        " memorandum-only is perhaps on watch since 1 January 2024.", NO_LEG,
        "Turns stagnant on 1 January 2025 at the earliest, surely on 31 December 2025, unless something binding or physical happens"
        " first. Counts as silent (watch) on 1 January 2025 at the earliest, surely on 31 December 2025, unless something is heard"
        " first.",
    ),
    Example(
        "nobody knows since when",
        [deposit(), pursued("memorandum.signed", "../2023-05-01", "alpha", instrument="mou")], "2023-06-01",
        "On paper: 1 memorandum by alpha since 1 May 2023 or before (at least 1 month), nothing binding.", NO_LEG,
        "Counts as memorandum-only (watch) on 1 May 2024 unless something binding or physical happens first."
        " Counts as silent (watch) on 1 May 2025 unless something is heard first.",
    ),
    Example(
        "a treaty", [deposit(), pursued("memorandum.signed", "2023-05-01", "gov-jp", instrument="treaty")], "2024-06-01",
        "A treaty by gov-jp, first on 1 May 2023, which promises no deal; nothing binding.", NO_LEG,
        "Counts as silent (watch) on 1 May 2025 unless something is heard first.",
    ),
    Example(
        "a study", [deposit(), pursued("study.started", "2023-05-01", "alpha", kind="scoping")], "2024-06-01",
        "Studied, applied for or approved by alpha, first on 1 May 2023; no memorandum, nothing binding.", NO_LEG,
        "Counts as silent (watch) on 1 May 2025 unless something is heard first.",
    ),
    Example(
        "on hold until a day", [deposit(), MEMO, event("hold.placed", "2020-02-01", deal=None, until="2021-01-01")],
        "2020-07-01",
        "On paper: 1 memorandum by jogmec since 18 June 2019 (12 months), nothing binding. On hold until 1 January 2021.",
        NO_LEG,
        "Counts as memorandum-only (watch) on 1 January 2021 unless something binding or physical happens first."
        " The hold ends on 1 January 2021, and ages count in full again.",
    ),
    Example(
        "on hold, nobody said until when", [deposit(), MEMO, event("hold.placed", "2020-02-01", deal=None)], "2020-07-01",
        "On paper: 1 memorandum by jogmec since 18 June 2019 (12 months), nothing binding."
        " On hold; nobody said until when.",
        NO_LEG, "No flag rises until the hold is lifted.",
    ),
    Example(
        "suspended", [deposit(), MEMO, event("project.suspended", "2020-01-05", deal=None)], "2020-02-01",
        "On paper: 1 memorandum by jogmec since 18 June 2019 (7 months), nothing binding. Suspended.", NO_LEG,
        "Counts as memorandum-only (watch) on 18 June 2020 unless something binding or physical happens first."
        " Counts as silent (watch) on 5 January 2022 unless something is heard first.",
    ),
    Example(
        "bound in part, on conditions",
        [deposit(required_legs=["equity", "debt"]),
         pursued("equity.agreed", "2023-02-01", "alpha", conditional=True, long_stop="2024-02-01")], "2023-07-01",
        "Bound in part by alpha: equity since 1 February 2023 on conditions until 1 February 2024; debt missing.",
        "Of the required legs debt is missing; held: equity. Nothing stands on the ground.",
        "The conditional equity leg falls away on 1 February 2024 unless the conditions are met by then, and the deal ends as"
        " terminated.",
    ),
    Example(
        "bound by all that is required",
        [deposit(required_legs=["equity"]), pursued("equity.agreed", "2023-02-01", "alpha", "beta")], "2023-07-01",
        "Bound by alpha and beta: equity since 1 February 2023.",
        "No required leg is missing: equity is held. Nothing stands on the ground.",
        "Counts as not-building (watch) on 1 February 2025 unless something begins on the ground first.",
    ),
    Example(
        "an offtake that runs out",
        [deposit(kind="supply"),
         pursued("offtake.signed", "2023-02-01", "alpha", commodity="tungsten", ends_on="2023-12-31")], "2023-07-01",
        "Bound by alpha: offtake since 1 February 2023.", "Which legs it needs is not registered; held: offtake.",
        "The offtake leg runs out on 1 January 2024, and the deal ends as completed.",
    ),
    Example(
        "under construction", [deposit(), SHARES, pursued("construction.started", "2014-03-01", "alpha")], "2014-06-01",
        "Under construction since 1 March 2014, bound by alpha: equity since 1 February 2013.",
        "Which legs it needs is not registered; held: equity. Commercial production is missing.",
        "Counts as silent (watch) on 1 March 2016 unless something is heard first.",
    ),
    Example(
        "in trial",
        [deposit(), SHARES, pursued("construction.started", "2014-03-01", "alpha"),
         pursued("production.started", "2016-03-01", "alpha", phase="trial")], "2016-06-01",
        "Built or in trial production since 1 March 2016, bound by alpha: equity since 1 February 2013.",
        "Which legs it needs is not registered; held: equity. Commercial production is missing.",
        "Counts as not-producing (watch) on 1 March 2017 unless commercial production begins first.",
    ),
    Example(
        "producing", [deposit(), SHARES, pursued("production.started", "2016-03-01", "alpha", phase="commercial")],
        "2025-01-01",
        "Producing since 1 March 2016, bound by alpha: equity since 1 February 2013.",
        "Which legs it needs is not registered; held: equity.", QUIET,
    ),
    Example(
        "built without any deal", [deposit(), event("construction.started", "2016-03-01", deal=None)], "2018-01-01",
        "Under construction since 1 March 2016, though no living deal is bound.",
        f"{NO_DEAL} Commercial production is missing.",
        "Counts as not-producing (watch) on 1 March 2019 unless commercial production begins first.",
    ),
    Example(
        "cancelled", [deposit(), MEMO, event("project.cancelled", "2020-01-05", deal=None)], "2020-02-01",
        "Cancelled on 5 January 2020; it had come as far as memorandum.", "Nothing is waited for.", WAITS,
    ),
    Example(
        "completed", [deposit(), SHARES, event("project.completed", "2020-01-05", deal=None)], "2020-02-01",
        "Completed on 5 January 2020; it had come as far as bound.", "Nothing is waited for.", WAITS,
    ),
    Example(
        "the investor withdrew", [deposit(), MEMO, GONE], "2022-01-01",
        "Nobody pursues it any more. Its only deal, of jogmec, ended as withdrawn on 14 March 2021 after 1 memorandum;"
        " nothing had bound it.", NO_DEAL, WAITS,
    ),
    Example(
        "several deals",
        [deposit(), MEMO, pursued("memorandum.signed", "2019-06-18", "beta", instrument="mou"),
         pursued("intent.announced", "2019-07-01", "gamma", kind="talks"),
         pursued("investor.withdrew", "2019-08-01", "gamma", reason="price")], "2019-12-01",
        "On paper: 1 memorandum by beta since 18 June 2019 (5 months), nothing binding."
        " Beside it 2 deals: 1 below the line and 1 ended.", NO_LEG,
        "beta and jogmec: memorandum-only (watch) on 18 June 2020 unless something binding or physical happens first."
        " beta and jogmec: silent (watch) on 18 June 2021 unless something is heard first.",
    ),
    Example(
        "the paper of one, the study of another: the headline's deal leads",
        [deposit(), MEMO, pursued("study.started", "2018-01-10", "beta", kind="scoping")], "2020-07-01",
        "On paper: 1 memorandum by jogmec since 18 June 2019 (12 months), nothing binding;"
        " memorandum-only is on watch since 18 June 2020. Beside it, beta is below the line.", NO_LEG,
        "jogmec: stagnant on 18 June 2021 unless something binding or physical happens first."
        " jogmec: silent (watch) on 18 June 2021 unless something is heard first.",
    ),
    Example(
        "another got the asset", [deposit(), MEMO, pursued("equity.agreed", "2020-05-01", "rival")], "2020-06-01",
        "Bound by rival: equity since 1 May 2020. Beside it, jogmec is below the line.",
        "Which legs it needs is not registered; held: equity. Nothing stands on the ground.",
        "jogmec: memorandum-only (watch) on 18 June 2020 unless something binding or physical happens first."
        " jogmec: silent (watch) on 18 June 2021 unless something is heard first.",
    ),
    Example(
        "another got the market",
        [deposit(), MEMO, on("south", deposit()), on("south", pursued("equity.agreed", "2020-05-01", "rival"))],
        "2021-07-01",
        "On paper: 1 memorandum by jogmec since 18 June 2019 (24 months), nothing binding;"
        " memorandum-only is stagnant since 18 June 2021."
        " Overtaken: rival got the same market while this deal was on paper.", NO_LEG,
        "Turns presumed-dead on 18 June 2022 unless something binding or physical happens first; another paper could only"
        " put that off.",
    ),
    Example(
        "a forecast", [deposit(), MEMO], "2030-01-01",
        "Forecast for 1 January 2030, if nothing happens until then. On paper: 1 memorandum by jogmec since 18 June 2019"
        " (126 months), nothing binding; memorandum-only is presumed-dead since 18 June 2022.", NO_LEG, QUIET,
    ),
)  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_a_project_is_told_in_plain_words(example: Example) -> None:
    explanation = explained(example.events, example.as_of)
    assert (explanation.stands, explanation.missing, explanation.next) == (
        example.stands,
        example.missing,
        example.next,
    )


@pytest.mark.parametrize(
    ("events", "as_of", "deal", "told"),
    [
        ([deposit(), MEMO], "2021-07-01", "jogmec",
         "On paper: 1 memorandum by jogmec since 18 June 2019 (24 months), nothing binding; stagnant since 18 June 2021."),
        ([deposit(), MEMO, pursued("equity.agreed", "2020-05-01", "rival")], "2020-06-01", "jogmec",
         "On paper: 1 memorandum by jogmec since 18 June 2019 (11 months), nothing binding."
         " Overtaken: rival got this asset while this deal was on paper."),
        ([deposit(), pursued("memorandum.signed", "2022-01-01", "alpha", instrument="mou", expires_on="2022-12-31")],
         "2023-06-01", "alpha",
         "On paper: 1 memorandum by alpha since 1 January 2022 (17 months), nothing binding; on watch since 1 January 2023."
         " The paper ran out on 31 December 2022."),
        ([deposit(), MEMO, GONE, pursued("memorandum.signed", "2022-01-01", "jogmec", instrument="mou")],
         "2022-06-01", "jogmec",
         "On paper: 1 memorandum by jogmec since 1 January 2022 (5 months), nothing binding."
         " This is phase 2 of the deal."),
        ([deposit(), SHARES, pursued("production.started", "2016-03-01", "alpha", phase="commercial"),
          pursued("equity.exited", "2020-03-14", "alpha")], "2021-01-01", "alpha",
         "Ended as exited on 14 March 2020; it was bound on 1 February 2013 and came as far as producing."),
        ([deposit(), pursued("production.started", "2016-03-01", "alpha", phase="commercial")], "2021-01-01", "alpha",
         "Producing, bound by alpha: a leg inferred from work on the ground since 1 March 2016."),
    ],
)  # fmt: skip
def test_a_deal_is_told_in_a_sentence_or_two(events: list[Event], as_of: str, deal: str, told: str) -> None:
    assert deal_sentence(events, as_of, deal) == told


def test_what_comes_is_in_order_of_days_and_forgets_what_has_come() -> None:
    log = [deposit(), MEMO, event("hold.placed", "2019-08-01", deal=None, until="2019-10-01")]
    log.append(pursued("offtake.signed", "2019-07-01", "beta", commodity="tungsten", ends_on="2020-01-31"))
    upcoming = [(one.on.isoformat(), type(one)) for one in coming(log, date(2019, 9, 1)) if one.on.year < 2020]
    assert upcoming == [("2019-10-01", HoldEnds), ("2019-10-01", HoldEnds)]
    runs_out = next(one for one in coming(log, date(2019, 11, 1)) if isinstance(one, LegsExpire))
    assert (runs_out.on, runs_out.deal, runs_out.ends) == (date(2020, 2, 1), "beta", "completed")
    later = [one for one in coming(log, date(2021, 6, 18)) if isinstance(one, FlagEscalates)]
    assert {(one.on.isoformat(), one.flag.severity) for one in later if one.flag.flag == "memorandum-only"} == {
        ("2022-06-18", "presumed-dead")
    }
