"""A refusal in the field's own words names the event, the choice or the field that says it."""

from __future__ import annotations

import re

import pytest

from steppe.domain.events.trade_words import _HINTS, _SAID_AS, choice_hint, event_hint, field_hint
from steppe.domain.events.validation import FIELDS
from steppe.domain.events.vocabulary import EVENT_KINDS, SETBACK_KINDS, FieldKind


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("permit.issued", "permit.granted"),
        ("permit.filed", "permit.applied"),
        ("eia.approved", "permit.granted"),
        ("planning.refused", "permit.refused"),
        ("licence.granted", "rights.granted"),
        ("license.expired", "rights.revoked (one that runs out: ends_on of rights.granted)"),
        ("concession.extended", "rights.amended"),
        ("tender.opened", "intent.announced with kind statement (kind selection once a bidder is chosen)"),
        ("auction.won", "intent.announced with kind selection (works.awarded once a contract is signed)"),
        ("fid.taken", "investment.decided"),
        ("investment.decision", "investment.decided"),
        ("arbitration.filed", "setback.reported with kind dispute"),
        ("lawsuit.settled", "setback.resolved with kind dispute"),
        ("sanctions.imposed", "setback.reported with kind sanctions"),
        ("sanctions.lifted", "setback.resolved with kind sanctions"),
        ("insolvency.declared", "setback.reported with kind insolvency"),
        ("bankruptcy.filed", "setback.reported with kind insolvency"),
        ("asset.nationalised", "setback.reported with kind nationalisation"),
        ("expropriation.decreed", "setback.reported with kind nationalisation"),
        ("force.majeure", "setback.reported with kind force-majeure"),
        ("forceMajeure.declared", "setback.reported with kind force-majeure"),
        ("project.merged", "project.superseded (a new name alone: project.amended)"),
        ("project.renamed", "project.superseded (a new name alone: project.amended)"),
        ("company.renamed", "party.amended"),
        ("plant.commissioned", "production.started with phase trial (construction.completed if only the works stand)"),
        ("unit.commissioning", "production.started with phase trial (construction.completed if only the works stand)"),
        ("mine.closure", "project.retired"),
        ("plant.decommissioned", "project.retired"),
        ("pledge.made", "pledge.announced"),
        ("pledge.cancelled", "pledge.withdrawn"),
        ("money.promised", "pledge.announced"),
        ("plant.mothballed", "production.suspended"),
        ("epc.awarded", "works.awarded"),
        ("loan.approved", "finance.approved"),
        ("financial.close", "finance.closed"),
        ("grant.clawback", "funds.returned"),
        ("milestone.reached", "milestone.met"),
        ("memorandum.sign", "memorandum.signed"),
        ("memorandum.singed", "memorandum.signed"),
        ("construction.begun", "construction.started"),
    ],
)
def test_an_unknown_name_is_told_the_event_that_says_it(name: str, meant: str) -> None:
    assert event_hint(name) == f"; did you mean {meant}?"


@pytest.mark.parametrize(
    "name", ["com.example.thing", "foo", "", "party.xyzzy", "x" * 500, "\u0434\u043e\u0433\u043e\u0432\u043e\u0440"]
)
def test_where_nothing_is_known_no_name_is_suggested(name: str) -> None:
    assert event_hint(name) == ""


def test_a_type_is_told_the_whole_wire_name() -> None:
    assert event_hint("steppe.memorandum.signed.v2", wire=True) == "; did you mean steppe.memorandum.signed.v1?"
    assert event_hint("memorandum.signed", wire=True) == "; did you mean steppe.memorandum.signed.v1?"
    assert (
        event_hint("sanctions.imposed", wire=True) == "; did you mean steppe.setback.reported.v1 with kind sanctions?"
    )


def test_every_suggestion_is_an_event_with_a_field_and_a_value_of_it() -> None:
    for _, _, hint in _HINTS:
        name = hint.partition(" ")[0]
        assert name in EVENT_KINDS, hint
        if match := re.match(r"[a-z.]+ with the new (\w+)", hint):
            assert match[1] in FIELDS[name], hint
        elif match := re.match(r"[a-z.]+ with (\w+) ([a-z-]+)", hint):
            assert match[2] in FIELDS[name][match[1]].choices, hint
    choices = {choice for fields in FIELDS.values() for field in fields.values() for choice in field.choices}
    others = {"financier", "investor", "contractor", "offtaker", "donor", "host", "seller", "adviser", "regulator", "increment", "total",
              "project-cost", "estimated", "stated", "official", "trade-press", "press"}  # fmt: skip
    assert {meant for said in _SAID_AS.values() for meant in said} <= choices | others


@pytest.mark.parametrize(
    ("said", "kind", "meant"),
    [("arbitration", "setback", "dispute"), ("bankruptcy", "setback", "insolvency"), ("force majeure", "setback", "force-majeure"),
     ("Legal", "setback", "legal"), ("enviromental", "setback", "environmental"), ("expropriation", "setback", "nationalisation")],
)  # fmt: skip
def test_a_choice_in_other_words_is_told_the_one_that_is_meant(said: str, kind: str, meant: str) -> None:
    assert choice_hint(said, SETBACK_KINDS) == f"; did you mean {meant}?"
    assert choice_hint("qwertz", SETBACK_KINDS) == ""


@pytest.mark.parametrize(
    ("key", "name", "meant"),
    [
        ("date", "memorandum.signed", "occurred"),
        ("Occurred", "memorandum.signed", "occurred"),
        ("lender", "loan.signed", "parties with role financier"),
        ("sourceUrl", "loan.signed", "evidence"),
        ("lat", "project.registered", "latitude"),
        ("valid_until", "rights.granted", "ends_on"),
        ("valid_until", "memorandum.signed", "expires_on"),
        ("ocurred", "memorandum.signed", "occurred"),
        ("cost", "project.registered", "amount"),
    ],
)
def test_a_field_in_other_words_is_told_the_one_that_is_meant(key: str, name: str, meant: str) -> None:
    assert field_hint(key, FIELDS[name]) == f"; did you mean {meant}?"


def test_a_status_is_not_told() -> None:
    assert "follows from the events" in field_hint("status", FIELDS["project.registered"])


def test_every_choice_of_the_vocabulary_is_suggested_for_itself_in_capitals() -> None:
    for fields in FIELDS.values():
        for field in fields.values():
            if field.kind is FieldKind.CHOICE:
                for choice in field.choices:
                    assert choice_hint(choice.upper().replace("-", " "), field.choices) == f"; did you mean {choice}?"
