"""What ingest refuses on data alone, and what it lets pass with a remark: one sentence of the domain page a test."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from steppe.domain.events.field_checks import FAULTS_MAX, NUMBER_MAX, TEXT_LENGTH_MAX
from steppe.domain.events.validation import faults_of, warnings_of
from steppe.domain.events.vocabulary import VOCABULARY, Effect, EventKind

KNOWN = date(2026, 11, 22)
INVESTOR = {"party": "alpha", "role": "investor"}
HOST = {"party": "ministry", "role": "host"}
PAPER: dict[str, Any] = {"occurred": "2022-03-01", "parties": [INVESTOR], "instrument": "mou"}


def pointers(name: str, data: dict[str, Any], *, known: date = KNOWN, strict: bool = True) -> list[str]:
    return [fault.pointer for fault in faults_of(name, data, known, strict=strict)]


def told(name: str, data: dict[str, Any], pointer: str) -> str:
    return " ".join(fault.message for fault in faults_of(name, data, KNOWN) if fault.pointer == pointer)


def test_a_paper_with_a_pursuer_is_accepted() -> None:
    assert faults_of("memorandum.signed", PAPER, KNOWN) == []


def test_a_paper_that_names_only_the_host_is_refused_with_the_advice_to_name_the_pursuer() -> None:
    data = {**PAPER, "parties": [HOST]}
    assert "name the pursuer" in told("memorandum.signed", data, "/data/parties")


def test_a_deal_stands_for_the_pursuer() -> None:
    data = {"occurred": "2022-03-01", "instrument": "mou", "deal": "alpha"}
    assert faults_of("memorandum.signed", data, KNOWN) == []


def test_a_statement_or_construction_may_speak_of_the_project_but_money_may_not() -> None:
    assert pointers("intent.announced", {"occurred": "2022", "kind": "talks", "parties": [HOST]}) == []
    assert pointers("construction.started", {"occurred": "2022"}) == []
    assert pointers("funds.disbursed", {"occurred": "2022"}) == ["/data/parties"]


@pytest.mark.parametrize("kind", VOCABULARY, ids=lambda kind: str(kind.name))
def test_occurred_is_required_except_about_the_record(kind: EventKind) -> None:
    assert ("/data/occurred" in pointers(kind.name, {})) is (kind.effect is not Effect.RECORD)


def test_an_event_a_day_after_it_was_known_is_within_the_grace_for_time_zones() -> None:
    assert faults_of("memorandum.signed", {**PAPER, "occurred": "2024-02-02"}, date(2024, 2, 1)) == []


def test_an_event_two_days_after_it_was_known_is_a_plan() -> None:
    faults = faults_of("memorandum.signed", {**PAPER, "occurred": "2024-02-03"}, date(2024, 2, 1))
    assert [fault.pointer for fault in faults] == ["/data/occurred"]
    assert "milestone.planned" in faults[0].message


def test_a_year_that_has_begun_is_no_plan() -> None:
    assert faults_of("memorandum.signed", {**PAPER, "occurred": "2026"}, date(2026, 3, 5)) == []


def test_holdings_above_the_whole_are_refused_and_thirds_are_not() -> None:
    thirds = [{"party": p, "role": "investor", "stake_percent": 33.3334} for p in ("alpha", "beta", "gamma")]
    assert pointers("equity.closed", {"occurred": "2022", "parties": thirds}) == []
    thirds[0]["stake_percent"] = 40
    assert pointers("equity.closed", {"occurred": "2022", "parties": thirds}) == ["/data/parties"]


def test_one_party_may_have_two_roles_but_not_one_role_twice() -> None:
    both = [INVESTOR, {"party": "alpha", "role": "offtaker"}]
    assert pointers("memorandum.signed", {**PAPER, "parties": both}) == []
    assert pointers("memorandum.signed", {**PAPER, "parties": [*both, INVESTOR]}) == ["/data/parties/2"]


def test_an_empty_list_says_nothing_and_harms_nothing() -> None:
    assert pointers("memorandum.signed", {**PAPER, "evidence": []}) == []
    assert pointers("construction.started", {"occurred": "2022", "parties": []}) == []


def test_evidence_without_address_needs_a_title() -> None:
    assert pointers("memorandum.signed", {**PAPER, "evidence": [{"grade": "press"}]}) == ["/data/evidence/0"]
    assert pointers("memorandum.signed", {**PAPER, "evidence": [{"grade": "press", "title": "The paper"}]}) == []


@pytest.mark.parametrize(
    "value", ["1e9", "-1", "+1", "1,5", "", ".5", "5.", "1" * 19, "0.1234567", "٣", "NaN", " 1", "1\n"]
)
def test_an_amount_is_decimal_text_of_bounded_length(value: str) -> None:
    data = {**PAPER, "amount": {"value": value, "currency": "USD"}}
    assert pointers("memorandum.signed", data) == ["/data/amount/value"]


@pytest.mark.parametrize("value", ["0", "1500000.50", "9" * 18 + ".999999"])
def test_an_amount_within_bounds_is_accepted(value: str) -> None:
    assert pointers("memorandum.signed", {**PAPER, "amount": {"value": value, "currency": "KZT"}}) == []


@pytest.mark.parametrize("value", [True, "51", None, -0.1, 100.1, float("nan"), float("inf"), 10**400, [51]])
def test_a_percentage_is_a_number_from_0_to_100(value: object) -> None:
    data = {"occurred": "2022", "parties": [INVESTOR], "stake_percent": value}
    assert pointers("equity.closed", data) == ["/data/stake_percent"]


@pytest.mark.parametrize("value", [False, "9", -1, NUMBER_MAX * 10, float("nan"), 10**400])
def test_a_figure_is_a_number_of_bounded_size(value: object) -> None:
    assert pointers("production.started", {"occurred": "2022", "output": value}) == ["/data/output"]


@pytest.mark.parametrize("text", ["", " \n", "a\x00b", "a\x1bb", "\ud800", "x" * (TEXT_LENGTH_MAX + 1), 7, None, {}])
def test_text_is_said_in_bounded_printable_characters(text: object) -> None:
    assert pointers("memorandum.signed", {**PAPER, "note": text}) == ["/data/note"]


def test_text_may_have_lines_and_any_script() -> None:
    assert pointers("memorandum.signed", {**PAPER, "note": "Меморандум\n\tо взаимопонимании 覚書 🜨\u00a0"}) == []


@pytest.mark.parametrize("slug", ["", "Alpha", "a--b", "-a", "a-", "a b", "a_b", "é", "a\n", "a" * 101, 1, None])
def test_a_slug_is_lower_case_words_and_hyphens(slug: object) -> None:
    assert "/data/deal" in pointers("memorandum.signed", {**PAPER, "deal": slug})


def test_an_unknown_field_is_refused_with_the_nearest_name() -> None:
    assert "did you mean instrument?" in told("memorandum.signed", {**PAPER, "instrumnt": "mou"}, "/data/instrumnt")


def test_an_unknown_field_is_pointed_to_with_escapes() -> None:
    assert pointers("memorandum.signed", {**PAPER, "a/b~c": 1}) == ["/data/a~1b~0c"]


def test_an_offtake_does_not_end_before_it_starts() -> None:
    terms = {"occurred": "2022", "parties": [{"party": "buyer", "role": "offtaker"}], "commodity": "uranium"}
    assert pointers("offtake.signed", {**terms, "starts_on": "2022-06", "ends_on": "2022"}) == []
    assert pointers("offtake.signed", {**terms, "starts_on": "2022-06", "ends_on": "2022-05"}) == ["/data/ends_on"]


def test_faults_never_grow_with_the_input() -> None:
    assert len(faults_of("memorandum.signed", {f"field{n}": n for n in range(10_000)}, KNOWN)) <= FAULTS_MAX
    parties = [{"party": "Not A Slug", "role": "king", "x": 1} for _ in range(100)]
    assert len(faults_of("memorandum.signed", {**PAPER, "parties": parties}, KNOWN)) <= FAULTS_MAX


TARGET = {"source": "/desk", "id": "m"}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({}, "/data/changes"),
        ([], "/data/changes"),
        ({"reported": "2022-01-01"}, "/data/changes/reported"),
        ({"reported": None}, "/data/changes/reported"),
        ({"changes": {}}, "/data/changes/changes"),
        ({"target": TARGET}, "/data/changes/target"),
        ({"occurred": "2023-02-30"}, "/data/changes/occurred"),
        ({"occurred": "2100"}, "/data/changes/occurred"),
        ({"kind": "no event has this kind"}, "/data/changes/kind"),
        ({"parties": [{"party": "alpha", "role": "king"}]}, "/data/changes/parties/0/role"),
    ],
)
def test_a_correction_changes_fields_that_some_event_has_to_values_that_it_allows(
    changes: object, pointer: str
) -> None:
    assert pointers("event.corrected", {"target": TARGET, "changes": changes}) == [pointer]


@pytest.mark.parametrize("changes", [{"kind": "talks"}, {"kind": "legal"}, {"instrument": None}, {"occurred": "2022~"}])
def test_a_correction_that_may_fit_its_target_passes_the_door(changes: object) -> None:
    assert pointers("event.corrected", {"target": TARGET, "changes": changes}) == []


@pytest.mark.parametrize("name", ["project.registered", "forum.held", "event.retracted", "memorandum", "", 3, None])
def test_nothing_becomes_a_registration_or_a_correction(name: object) -> None:
    assert pointers("event.reclassified", {"target": TARGET, "name": name}) == ["/data/name"]


def test_what_a_reclassification_sets_must_fit_the_new_name() -> None:
    data = {"target": TARGET, "name": "termsheet.signed"}
    assert pointers("event.reclassified", {**data, "changes": {"instrument": "heads"}}) == []
    assert pointers("event.reclassified", {**data, "changes": {"instrument": "framework"}}) == [
        "/data/changes/instrument"
    ]
    assert pointers("event.reclassified", {**data, "changes": {"stake_percent": 5}}) == ["/data/changes/stake_percent"]
    assert pointers("event.reclassified", {**data, "changes": {"stake_percent": None}}) == []
    assert pointers("event.reclassified", {**data, "changes": {"instrument": None}}) == ["/data/changes/instrument"]


def test_fields_kept_from_a_former_name_are_ignored_where_the_new_one_has_no_use_for_them() -> None:
    fields_kept = frozenset({"conditional", "long_stop", "instrument"})
    data = {"occurred": "2022", "parties": [INVESTOR], "conditional": True, "long_stop": "2023", "instrument": "mou"}
    assert faults_of("termsheet.signed", data, KNOWN, kept=fields_kept) == []
    assert len(faults_of("termsheet.signed", data, KNOWN)) == 3


def test_common_fields_are_judged_even_when_kept() -> None:
    data = {**PAPER, "parties": [HOST]}
    assert faults_of("memorandum.signed", data, KNOWN, kept=frozenset({"parties"})) != []


def test_a_reader_ignores_what_nobody_knows_and_misses_only_what_the_fold_needs() -> None:
    data = {"occurred": "2022", "parties": [{**INVESTOR, "mood": "good"}], "mood": "good"}
    assert pointers("memorandum.signed", data, strict=False) == []
    assert pointers("event.corrected", {"target": TARGET}, strict=False) == ["/data/changes"]
    assert pointers("memorandum.signed", {**data, "occurred": "2023-02-30"}, strict=False) == ["/data/occurred"]


def test_several_investors_without_deal_are_remarked_on() -> None:
    data = {
        **PAPER,
        "parties": [INVESTOR, {"party": "beta", "role": "investor"}, {"party": "bank", "role": "financier"}],
    }
    assert len(warnings_of("memorandum.signed", data, KNOWN)) == 2
    assert warnings_of("memorandum.signed", {**data, "deal": "alpha"}, KNOWN) == []
    assert warnings_of("project.suspended", data, KNOWN) == []
    assert warnings_of("memorandum.signed", PAPER, KNOWN) == []


def test_a_fault_names_the_field_and_says_what_to_do() -> None:
    (fault,) = faults_of("memorandum.signed", {**PAPER, "instrument": "mous"}, KNOWN)
    assert fault.pointer == "/data/instrument"
    assert fault.message == (
        "instrument 'mous' is not one of mou, loi, protocol, framework, cooperation, treaty; did you mean mou?"
    )


def test_the_holding_of_a_party_in_two_roles_is_one_holding() -> None:
    holder = {"party": "alpha", "stake_percent": 60}
    twice = [{**holder, "role": "investor"}, {**holder, "role": "contractor"}]
    assert faults_of("equity.agreed", {"occurred": "2022", "parties": twice}, KNOWN) == []
    more = [*twice, {"party": "beta", "role": "investor", "stake_percent": 42}]
    assert "102 percent" in told("equity.agreed", {"occurred": "2022", "parties": more}, "/data/parties")
