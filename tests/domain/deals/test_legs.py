"""How long a leg is valid, what conditions do, and what the loss of the last one means (domain page, section 4)."""

from __future__ import annotations

from typing import Any

import pytest

from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import deal_on, deposit, paper, pursued, turns

END = "2026-01-01"
PAPER = paper("2018-01-01")


def made(name: str, occurred: str, **data: Any) -> Event:
    return pursued(name, occurred, "alpha", **data)


def agreed(occurred: str = "2020-01-01", **data: Any) -> Event:
    return made("equity.agreed", occurred, **data)


def sold(occurred: str = "2020-01-01", **data: Any) -> Event:
    return made("offtake.signed", occurred, **{"commodity": "tungsten", **data})


def legs(*events: Event, as_of: str = END) -> list[tuple[str, str | None, str | None]]:
    """Each leg with the day on which it ceased and how; (leg, None, None) is valid."""
    return [
        (leg.leg, leg.ended_on.isoformat() if leg.ended_on else None, leg.ended_how)
        for leg in deal_on([deposit(), *events], as_of).legs
    ]


def how(*events: Event) -> tuple[str, str | None, str | None]:
    """What became of the deal: its only overlay once ended, `living` or `bound` before; and the day of the end."""
    state = deal_on([deposit(), *events], END)
    alive = "bound" if any(leg.valid for leg in state.legs) else "living"
    return (
        alive if state.level else state.overlays[0],
        state.ended_how,
        str(state.ended_on) if state.ended_on else None,
    )


@pytest.mark.parametrize(
    ("bound", "end", "told"),
    [
        (sold(), made("offtake.ended", "2021-05-05"), ("offtake", "2021-05-05", "fulfilled")),
        (agreed(), made("equity.exited", "2021-05-05"), ("equity", "2021-05-05", "exited")),
        (agreed(), made("contract.terminated", "2021-05-05"), ("equity", "2021-05-05", "terminated")),
        (made("rights.granted", "2020-01-01", right="land"), made("rights.revoked", "2021-05-05"), ("rights", "2021-05-05", "revoked")),
        (agreed(), made("investor.withdrew", "2021-05-05"), ("equity", "2021-05-05", "withdrawn")),
        (agreed(), event("project.cancelled", "2021-05-05", deal=None), ("equity", "2021-05-05", "cancelled")),
        (agreed(), event("project.completed", "2021-05-05"), ("equity", "2021-05-05", "completed")),
        (sold(ends_on="2021-05-04"), PAPER, ("offtake", "2021-05-05", "expired")),
        (agreed(conditional=True, long_stop="2021-05-05"), PAPER, ("equity", "2021-05-05", "long-stop")),
    ],
    ids=lambda value: str(getattr(value, "id", "")),
)  # fmt: skip
def test_a_leg_is_valid_from_its_binding_day_until_the_day_on_which_it_ceases(
    bound: Event, end: Event, told: tuple[str, str, str]
) -> None:
    assert legs(bound, end) == [told]
    name, day, _ = told
    assert legs(bound, end, as_of=f"{day[:-1]}{int(day[-1]) - 1}") == [(name, None, None)]
    assert deal_on([deposit(), bound, end], "2020-01-01").bound_on is not None


def test_of_an_end_and_a_long_stop_that_were_over_when_it_was_bound_the_first_counts() -> None:
    right = made("rights.granted", "2020-01-01", right="land", conditional=True, ends_on="2018", long_stop="2019-06-01")
    assert legs(right) == [("rights", "2020-01-01", "expired")]


def test_what_ceases_by_itself_ceases_at_the_end_of_the_day_after_its_events() -> None:
    prolonged = made("offtake.amended", "2021-05-05", ends_on="2030")
    assert legs(sold(ends_on="2021-05-04"), prolonged) == [("offtake", None, None)]
    cured = made("equity.closed", "2021-05-05")
    conditional = agreed(conditional=True, long_stop="2021-05-05")
    assert [leg[1] for leg in legs(conditional, cured)] == [None, None]


def test_a_revocation_concerns_the_right_it_names_else_all() -> None:
    both = [made("rights.granted", "2020-01-01", right="mining"), made("rights.granted", "2020-02-02", right="land")]
    assert [leg[1] for leg in legs(*both, made("rights.revoked", "2021-05-05", right="land"))] == [None, "2021-05-05"]
    assert [leg[1] for leg in legs(*both, made("rights.revoked", "2021-05-05"))] == ["2021-05-05", "2021-05-05"]


def test_a_termination_concerns_the_leg_it_names_else_all() -> None:
    both = [agreed(), made("loan.signed", "2020-02-02", lender_kind="mdb")]
    assert [leg[1] for leg in legs(*both, made("contract.terminated", "2021-05-05", leg="debt"))] == [
        None,
        "2021-05-05",
    ]
    assert [leg[1] for leg in legs(*both, made("contract.terminated", "2021-05-05"))] == ["2021-05-05", "2021-05-05"]


def test_an_inferred_unknown_leg_goes_with_the_last_other_leg() -> None:
    built = made("construction.started", "2020-01-01")
    other = made("loan.signed", "2020-02-02", lender_kind="mdb")
    lost = made("contract.terminated", "2021-05-05", leg="debt")
    assert [leg[:2] for leg in legs(built, other, lost)] == [("unknown", "2021-05-05"), ("debt", "2021-05-05")]
    assert [leg[1] for leg in legs(built, other, agreed("2020-03-03"), lost)] == [None, "2021-05-05", None]


@pytest.mark.parametrize(
    ("parties", "leg", "bound"),
    [
        ([{"party": "fund", "role": "donor"}], None, "grant"),
        ([{"party": "fund", "role": "donor"}, {"party": "bank", "role": "financier"}], None, "debt"),
        ([{"party": "bank", "role": "financier"}], None, "debt"),
        ([], None, "debt"),
        ([{"party": "bank", "role": "financier"}], "grant", "grant"),
    ],
)
def test_a_disbursement_binds_the_leg_it_says_inferred_where_there_is_none(
    parties: list[dict[str, str]], leg: str | None, bound: str
) -> None:
    paid = event("funds.disbursed", "2020-01-01", parties=parties, **({"leg": leg} if leg else {}))
    (found,) = deal_on([deposit(), paid], END).legs
    assert (found.leg, found.inferred, found.closed) == (bound, True, True)


def test_a_disbursement_marks_the_valid_leg_of_its_name() -> None:
    loan, paid = made("loan.signed", "2020-01-01", lender_kind="mdb"), made("funds.disbursed", "2020-06-06")
    (found,) = deal_on([deposit(), loan, paid], END).legs
    assert (found.leg, found.inferred, found.closed) == ("debt", False, True)


CONDITIONAL = agreed(conditional=True, long_stop="2021-05-05")


@pytest.mark.parametrize(
    "cure",
    [
        made("equity.closed", "2021-01-01"),
        made("finance.closed", "2021-01-01"),
        made("funds.disbursed", "2021-01-01"),
        made("construction.started", "2021-01-01"),
        made("processing.localised", "2021-01-01", step="metal"),
        event("construction.started", "2021-01-01", deal=None),
        event("production.resumed", "2021-01-01", deal=None),
    ],
    ids=lambda cure: str(cure.id),
)
def test_a_closing_a_disbursement_or_a_physical_step_cures_every_condition(cure: Event) -> None:
    loan = made("loan.signed", "2020-02-02", lender_kind="mdb", conditional=True, long_stop="2021-06-06")
    state = deal_on([deposit(), CONDITIONAL, loan, cure], END)
    assert [leg.valid and not leg.conditional for leg in state.legs if leg.leg in ("equity", "debt")][:2] == [
        True,
        True,
    ]


@pytest.mark.parametrize(
    "other",
    [
        made("loan.signed", "2021-01-01", lender_kind="mdb"),
        made("finance.approved", "2021-01-01"),
        pursued("equity.closed", "2021-01-01", "beta"),
        pursued("construction.started", "2021-01-01", "beta"),
        made("equity.closed", "2021-05-06"),
    ],
    ids=lambda other: str(other.id),
)
def test_nothing_else_cures_and_the_leg_ceases_on_its_long_stop(other: Event) -> None:
    assert legs(PAPER, CONDITIONAL, other)[0] == ("equity", "2021-05-05", "long-stop")


def test_a_condition_binds_and_without_a_long_stop_it_stands() -> None:
    (leg,) = deal_on([deposit(), agreed(conditional=True)], END).legs
    assert (leg.valid, leg.conditional, leg.long_stop) == (True, True, None)
    assert legs(agreed(conditional=True, long_stop="2021-05/.."))[0][1] is None


def test_a_long_stop_without_a_condition_means_nothing() -> None:
    assert legs(agreed(long_stop="2021-05-05")) == [("equity", None, None)]


LOST = made("contract.terminated", "2021-05-05")


@pytest.mark.parametrize(
    "log",
    [
        [agreed(conditional=True, long_stop="2021-05-05")],
        [agreed(), LOST],
        [made("rights.granted", "2020-01-01", right="mining"), made("rights.revoked", "2021-05-05")],
    ],
    ids=["long stop", "termination", "revocation"],
)
def test_before_any_closing_the_deal_lives_on_and_the_memorandum_clock_runs_from_its_start(log: list[Event]) -> None:
    assert how(PAPER, *log) == ("living", None, None)
    assert turns([deposit(), PAPER, *log], "memorandum-only")["2021-05-05"] == "stagnant"


@pytest.mark.parametrize(
    "closing",
    [
        made("equity.closed", "2020-06-06"),
        made("finance.closed", "2020-06-06"),
        made("funds.disbursed", "2020-06-06"),
        event("construction.started", "2020-06-06", deal=None),
        event("construction.started", "2019-06-06", deal=None),
    ],
    ids=lambda closing: str(closing.id),
)
def test_after_a_closing_or_with_something_on_the_ground_while_bound_it_ends_the_deal(closing: Event) -> None:
    assert how(PAPER, agreed(), closing, LOST) == ("terminated", "terminated", "2021-05-05")


def test_a_closing_of_another_deal_or_construction_before_it_was_bound_and_gone_again_is_none() -> None:
    gone = [event("construction.started", "2019-01-01", deal=None), event("construction.suspended", "2019-06-06", deal=None)]  # fmt: skip
    assert how(PAPER, *gone, agreed(), LOST)[0] == "living"
    assert how(PAPER, agreed(), pursued("equity.closed", "2020-06-06", "beta"), LOST)[0] == "living"


@pytest.mark.parametrize(
    ("log", "ended"),
    [
        ([agreed(), made("equity.exited", "2021-05-05")], "exited"),
        ([sold(), made("offtake.ended", "2021-05-05")], "completed"),
        ([sold(ends_on="2021-05-04")], "completed"),
        ([agreed(), made("equity.closed", "2020-06-06"), LOST], "terminated"),
    ],
)
def test_by_exit_fulfilment_or_expiry_or_after_a_closing_the_deal_ends(log: list[Event], ended: str) -> None:
    assert how(PAPER, *log) == (ended, ended, "2021-05-05")


def test_while_another_leg_stands_the_deal_goes_on() -> None:
    assert how(PAPER, agreed(), sold(ends_on="2021-05-04"))[0] == "bound"


def withdrew(occurred: str, *parties: str) -> Event:
    return event("investor.withdrew", occurred, parties=[{"party": party, "role": "investor"} for party in parties])


def test_a_withdrawal_ends_the_deal_when_no_pursuer_is_left_and_leaves_the_legs_while_one_is() -> None:
    pair = pursued("equity.agreed", "2020-01-01", "alpha", "beta")
    assert how(pair, withdrew("2021-01-01", "alpha")) == ("bound", None, None)
    assert how(pair, withdrew("2021-01-01", "alpha"), withdrew("2021-05-05", "beta")) == ("withdrawn", "withdrawn", "2021-05-05")  # fmt: skip
    assert how(pair, withdrew("2021-05-05")) == ("withdrawn", "withdrawn", "2021-05-05")
    assert how(pair, withdrew("2021-05-05", "gamma"))[0] == "bound"
    assert deal_on([deposit(), pair, withdrew("2021-01-01", "alpha")], END).pursuers == ("beta",)


@pytest.mark.parametrize("name", ["project.cancelled", "project.completed"])
def test_the_owner_or_the_state_ends_one_deal_or_all(name: str) -> None:
    overlay = name.removeprefix("project.")
    log = [deposit(), agreed(), paper("2020-01-01", "beta")]
    one = [*log, event(name, "2021-05-05", deal="beta")]
    assert (deal_on(one, END).level is None, deal_on(one, END, "beta").overlays) == (False, (overlay,))
    all_of_them = [*log, event(name, "2021-05-05", deal=None)]
    assert [deal_on(all_of_them, END, deal).overlays for deal in ("alpha", "beta")] == [(overlay,), (overlay,)]


def test_an_end_of_an_ended_deal_changes_nothing() -> None:
    assert how(agreed(), withdrew("2021-05-05"), event("project.cancelled", "2022-01-01", deal=None))[1] == "withdrawn"


def test_the_next_phase_has_its_own_legs() -> None:
    log = [agreed(), withdrew("2021-05-05"), paper("2022-01-01"), made("loan.signed", "2022-02-02", lender_kind="eca")]
    assert legs(*log) == [("debt", None, None)]


NOTHING_BUT_LEGS = [
    [agreed(conditional=True, long_stop="2021-05-05")],
    [agreed(), LOST],
    [made("rights.granted", "2020-01-01", right="mining"), made("rights.revoked", "2021-05-05")],
    [made("rights.granted", "2020-01-01", right="mining", ends_on="2021-05-04")],
    [made("processing.localised", "2020-01-01", step="metal"), LOST],
]


@pytest.mark.parametrize("log", NOTHING_BUT_LEGS, ids=["long stop", "termination", "revocation", "expiry", "inferred"])
def test_a_deal_of_which_nothing_but_legs_had_a_level_ends_with_the_last_of_them(log: list[Event]) -> None:
    assert how(*log) == ("terminated", "terminated", "2021-05-05")


@pytest.mark.parametrize(
    "step",
    [
        made("intent.announced", "2019-01-01", kind="talks"),
        made("memorandum.signed", "2019-01-01", instrument="treaty"),
        made("study.started", "2019-01-01", kind="survey"),
        made("permit.applied", "2019-01-01"),
        made("pledge.announced", "2019-01-01", amount={"value": "1", "currency": "USD"}),
    ],
    ids=lambda step: str(step.kind.name),
)
def test_any_other_row_with_a_level_keeps_it_alive(step: Event) -> None:
    for log in NOTHING_BUT_LEGS[:4]:
        assert how(step, *log) == ("living", None, None)


def test_news_alone_keeps_nothing_alive_and_neither_does_a_step_of_an_earlier_phase() -> None:
    news = made("setback.reported", "2019-01-01", kind="price")
    assert how(news, agreed(), LOST)[0] == "terminated"
    left = made("investor.withdrew", "2019-06-06")
    assert how(PAPER, left, agreed(), LOST)[0] == "terminated"


def test_a_leg_that_is_named_by_ends_ends_alone_and_where_nothing_fits_nothing_ends() -> None:
    one, other = agreed(), agreed("2020-02-02")
    named = made("contract.terminated", "2021-05-05", ends={"source": other.source, "id": other.id})
    assert [leg[1] for leg in legs(one, other, named)] == [None, "2021-05-05"]
    wrong_leg = made("contract.terminated", "2021-05-05", leg="debt", ends={"source": other.source, "id": other.id})
    assert [leg[1] for leg in legs(one, other, wrong_leg)] == [None, None]
    unknown = made("contract.terminated", "2021-05-05", ends={"source": "/desk", "id": "nobody sent it"})
    assert [leg[1] for leg in legs(one, other, unknown)] == [None, None]


def test_an_offtake_ends_with_its_years_in_whole_months_counted_from_its_start() -> None:
    assert legs(sold("2020-01-31", term_years=1.5)) == [("offtake", "2021-07-31", "expired")]
    assert legs(sold("2020-01-31", term_years=1, starts_on="2020-06"))[0][1] == "2021-06-30"
    assert legs(sold("2020-01-31", term_years=1, ends_on="2022-12-31"))[0][1] == "2023-01-01"
    assert legs(sold("2020-01-31", term_years=1, ends_on="2022/.."))[0][1] is None


def test_an_amendment_changes_field_by_field_and_the_end_is_reckoned_anew() -> None:
    contract = sold("2020-01-31", term_years=1)
    longer = made("offtake.amended", "2020-06-06", term_years=2)
    assert legs(contract, longer)[0][1] == "2022-01-31"
    later = made("offtake.amended", "2020-07-07", starts_on="2020-03-31")
    assert legs(contract, longer, later)[0][1] == "2022-03-31"
    opened = made("offtake.amended", "2020-08-08", ends_on="2020/..")
    assert legs(contract, opened)[0][1] is None


def test_an_amended_right_changes_the_end_of_those_it_speaks_of() -> None:
    mining = made("rights.granted", "2020-01-01", right="mining", ends_on="2021-05-04")
    land = made("rights.granted", "2020-01-02", right="land", ends_on="2021-05-04")
    prolonged = {"ends_on": "2022-05-04"}
    by_right = made("rights.amended", "2020-06-06", right="land", **prolonged)
    assert [leg[1] for leg in legs(mining, land, by_right)] == ["2021-05-05", "2022-05-05"]
    by_name = made("rights.amended", "2020-06-06", amends={"source": mining.source, "id": mining.id}, **prolonged)
    assert [leg[1] for leg in legs(mining, land, by_name)] == ["2022-05-05", "2021-05-05"]
    of_all = made("rights.amended", "2020-06-06", **prolonged)
    assert [leg[1] for leg in legs(mining, land, of_all)] == ["2022-05-05", "2022-05-05"]
    hosts_own = event(
        "rights.amended", "2020-06-06", deal=None, amends={"source": land.source, "id": land.id}, **prolonged
    )
    assert [leg[1] for leg in legs(mining, land, hosts_own)] == ["2021-05-05", "2022-05-05"]


def test_an_ending_takes_what_it_drew_with_what_came_on_its_day_unless_it_names_one() -> None:
    first, next_one = made("works.awarded", "2012"), made("works.awarded", "2012-06-01")
    assert (
        how(first, next_one, made("contract.terminated", "2012-06-01"))[1:]
        == how(first, made("contract.terminated", "2012-06-01"))[1:]
    )
    named = made("contract.terminated", "2012-06-01", ends={"source": "/desk", "id": first.id})
    assert [leg[0] for leg in legs(first, next_one, named) if leg[1] is None] == ["works"]
    by_the_day = made("works.awarded", "2012-01-01")
    assert [
        leg[0] for leg in legs(by_the_day, next_one, made("contract.terminated", "2012-06-01")) if leg[1] is None
    ] == ["works"]
