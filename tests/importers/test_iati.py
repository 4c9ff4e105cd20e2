"""IATI activities: what transactions, dates and states become, in version 2 and 1, and what a later edition says otherwise."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from steppe.importers.formats.iati import IatiActivities
from tests.importers.imports import Imported, imported, names

_EDITION, _NEXT, _LAST = "2021-05-26", "2022-01-31", "2023-01-31"
_MAIN = "XM-DAC-1-2"
Write = Callable[..., Path]


def _activity(
    *inside: str,
    identifier: str = _MAIN,
    title: str = "Water for Osh",
    country: str = "KG",
    status: str = "2",
    sector: str = "",
) -> str:
    return f"""
    <iati-activity default-currency="EUR">
      <iati-identifier> {identifier} </iati-identifier>
      <reporting-org ref="XM-DAC-1"><narrative>Aid Office</narrative></reporting-org>
      <title><narrative xml:lang="en">{title}</narrative></title>
      <activity-status code="{status}"/>
      {f'<recipient-country code="{country}"/>' if country else ""}
      {f'<sector vocabulary="1" code="{sector}"/>' if sector else ""}
      {"".join(inside)}
    </iati-activity>"""


def _paid(type_code: str, value: str, ref: str = "", day: str = "2020-03-01", inside: str = "") -> str:
    return f"""
      <transaction{f' ref="{ref}"' if ref else ""}>
        <transaction-type code="{type_code}"/><transaction-date iso-date="{day}"/><value value-date="{day}">{value}</value>{inside}
      </transaction>"""


def _dated(type_code: str, day: str) -> str:
    return f'<activity-date type="{type_code}" iso-date="{day}"/>'


def _finance(code: str) -> str:
    return f'<default-finance-type code="{code}"/>'


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of activities and gives its path."""

    def written(*activities: str, name: str = "activities.xml", root: str = 'version="2.03"') -> Path:
        path = tmp_path / name
        path.write_text(f'<?xml version="1.0"?><iati-activities {root}>{"".join(activities)}</iati-activities>')
        return path

    return written


def _of(path: Path) -> Imported:
    return imported("iati", (_EDITION, path))


@pytest.mark.parametrize(
    ("type_code", "finance_type", "value", "expected", "leg"),
    [
        ("12", "110", "10", "pledge.announced", None),
        ("13", "", "10", "pledge.announced", None),
        ("2", "", "10", "grant.committed", None),
        ("2", "110", "10", "grant.committed", None),
        ("2", "210", "10", "grant.committed", None),
        ("2", "311", "10", "grant.committed", None),
        ("2", "422", "10", "grant.committed", None),
        ("2", "421", "10", "loan.signed", None),
        ("C", "431", "10", "loan.signed", None),
        ("11", "433", "10", "loan.signed", None),
        ("2", "432", "10", "equity.agreed", None),
        ("2", "510", "10", "equity.agreed", None),
        ("2", "1100", "10", "guarantee.issued", None),
        ("2", "610", "10", None, None),
        ("2", "450", "10", None, None),
        ("2", "421", "-10", "commitment.reduced", "debt"),
        ("2", "110", "-10", "commitment.reduced", "grant"),
        ("3", "110", "10", "funds.disbursed", "grant"),
        ("D", "421", "10", "funds.disbursed", "debt"),
        ("E", "", "10", "funds.disbursed", "grant"),
        ("4", "421", "-10", "funds.returned", "debt"),
        ("3", "510", "10", None, None),
        ("8", "", "10", "equity.closed", None),
        ("QS", "", "10", "equity.exited", None),
        ("CG", "", "10", "guarantee.issued", None),
        ("1", "", "10", None, None),
        ("IR", "", "10", None, None),
        ("LR", "", "10", None, None),
        ("7", "", "10", None, None),
        ("", "", "10", None, None),
        ("3", "", "0", None, None),
    ],
)
def test_a_transaction_becomes_the_event_of_its_type_finance_type_and_sign(
    write: Write, type_code: str, finance_type: str, value: str, expected: str | None, leg: str | None
) -> None:
    finance = _finance(finance_type) if finance_type else ""
    result = _of(write(_activity(finance, _paid(type_code, value))))
    assert names(result.events)[1:] == ([] if expected is None else [expected])
    report = result.reports[0]
    assert not report.refused.count
    if expected is None:
        assert sum(report.unsent.values()) + report.zeros == 1
        return
    data = result.events[1]["data"]
    assert (data["occurred"], data.get("leg"), data["amount"]) == (
        "2020-03-01",
        leg,
        {"value": "10", "currency": "EUR"},
    )
    role = "financier" if finance_type.startswith("4") else "donor"
    assert data["parties"] == [{"party": "aid-office", "role": role, "name": "Aid Office"}]
    assert data["deal"] == "xm-dac-1-2"


def test_a_transfer_of_type_11_counts_only_where_nothing_else_commits(write: Write) -> None:
    result = _of(write(_activity(_paid("11", "5"), _paid("2", "5"))))
    assert names(result.events)[1:] == ["grant.committed"]
    assert result.reports[0].unsent == {"transaction of type 11, which repeats one of type 2": 1}


def test_the_giver_is_the_provider_else_who_funds_else_who_extends_else_who_reports(write: Write) -> None:
    extending = '<participating-org role="3"><narrative>Bank</narrative></participating-org>'
    funding = '<participating-org role="1" ref="X"><narrative>Ministry</narrative></participating-org>'
    provided = _paid("3", "1", inside='<provider-org ref="X"/>')
    named = _paid("3", "1", inside="<provider-org><narrative>Fund</narrative></provider-org>")

    def givers(*inside: str) -> list[str]:
        return [data["parties"][0]["name"] for data in _of(write(_activity(*inside))).named("funds.disbursed")]

    assert givers(extending, funding, _paid("3", "1")) == ["Ministry"]
    assert givers(extending, _paid("3", "1")) == ["Bank"]
    assert givers(extending, named) == ["Fund"]
    assert givers(extending, funding, provided) == ["Ministry"]


def test_countries_are_those_of_the_transactions_else_of_the_activity(write: Write) -> None:
    of_activity = '<recipient-country code="UZ" percentage="20"/><recipient-country code="TJ" percentage="80"/>'
    of_transactions = [_paid("3", "1", inside=f'<recipient-country code="{code}"/>') for code in ("KZ", "TM", "TM")]
    (shared,) = _of(write(_activity(of_activity, country=""))).named("project.registered")
    (moved,) = _of(write(_activity(of_activity, *of_transactions, country=""))).named("project.registered")
    assert (shared["country"], shared["countries"]) == ("TJ", ["TJ", "UZ"])
    assert (moved["country"], moved["countries"]) == ("TM", ["TM", "KZ"])
    nowhere = _of(write(_activity(_paid("3", "1"), country="")))
    assert nowhere.events == []
    assert nowhere.reports[0].refused.entries[0]["field"] == "recipient-country"


@pytest.mark.parametrize(
    ("sectors", "expected"),
    [
        ([("21020", "100")], ("transport", "corridor")),
        ([("23210", "60"), ("43010", "40")], ("energy", "plant")),
        ([("14030", "30"), ("14020", "30"), ("43010", "40")], ("resilience", "plant")),
        ([("14030", "50"), ("43010", "50")], ("other", "programme")),
        ([("32210", "")], ("mining", "deposit")),
        ([("12220", "100")], ("human-capital", "programme")),
        ([], ("other", "programme")),
    ],
)
def test_the_largest_share_says_sector_and_kind(
    write: Write, sectors: list[tuple[str, str]], expected: tuple[str, str]
) -> None:
    shares = [
        f'<sector vocabulary="1" code="{code}"{f" percentage={share!r}" if share else ""}/>' for code, share in sectors
    ]
    foreign = '<sector vocabulary="99" code="21020" percentage="100"/>'
    (registration,) = _of(write(_activity(*shares, foreign))).named("project.registered")
    assert (registration["sector"], registration["kind"]) == expected


def test_only_what_is_built_starts_construction(write: Write) -> None:
    start = _dated("2", "2019-04-01")
    (started,) = _of(write(_activity(start, sector="23210"))).named("construction.started")
    assert (started["occurred"], started["deal"]) == ("2019-04-01", "xm-dac-1-2")
    assert _of(write(_activity(start, sector="43010"))).named("construction.started") == []
    assert _of(write(_activity(_dated("1", "2019-04-01"), sector="23210"))).named("construction.started") == []
    future = _of(write(_activity(_dated("2", "2050-12-31"), sector="23210")))
    assert (future.named("construction.started"), future.reports[0].contradictions.count) == ([], 1)


@pytest.mark.parametrize(
    ("status", "inside", "expected"),
    [
        ("3", [_dated("4", "2020-06-30")], ("project.completed", "2020-06-30")),
        ("4", [], ("project.completed", f"../{_EDITION}")),
        ("4", [_dated("4", "2020-06-30"), _paid("3", "1", day="2020-12-31")], ("project.completed", "2020-12-31")),
        ("5", [], ("project.cancelled", f"../{_EDITION}")),
        ("6", [], ("project.suspended", f"../{_EDITION}")),
        ("1", [], None),
    ],
)
def test_a_state_that_ends_ends_the_project_never_before_its_last_transaction(
    write: Write, status: str, inside: list[str], expected: tuple[str, str] | None
) -> None:
    result = _of(write(_activity(*inside, status=status)))
    ended = [
        event
        for event in result.events
        if names([event])[0] in ("project.completed", "project.cancelled", "project.suspended")
    ]
    assert [(names([event])[0], event["data"]["occurred"]) for event in ended] == ([expected] if expected else [])
    assert all("deal" not in event["data"] for event in ended)


@pytest.mark.parametrize(
    ("inside", "status", "level", "overlays"),
    [
        ([], "2", "identified", []),
        ([_paid("2", "9")], "2", "bound", []),
        ([_paid("2", "9"), _paid("3", "5")], "2", "financed", []),
        ([_paid("2", "9"), _paid("3", "5"), _dated("2", "2020-05-01")], "2", "construction", []),
        ([_paid("2", "9"), _paid("3", "5")], "4", "identified", ["completed"]),
    ],
)
def test_a_project_stands_where_its_activity_says(
    write: Write, inside: list[str], status: str, level: str, overlays: list[str]
) -> None:
    judged = _of(write(_activity(*inside, status=status, sector="23210"))).judged("water-for-osh", _EDITION).project
    assert judged is not None
    assert (judged.level.label, list(judged.overlays)) == (level, overlays)


def test_a_child_names_its_parent_where_the_file_holds_it(write: Write) -> None:
    child = _activity('<related-activity type="1" ref="P"/>', _paid("3", "1"), identifier="C", title="Child")
    orphan = _activity('<related-activity type="1" ref="Q"/>', _paid("3", "1"), identifier="O", title="Orphan")
    result = _of(write(child, orphan, _activity(identifier="P", title="Parent")))
    assert [data.get("programme") for data in result.named("funds.disbursed")] == ["parent", None]


def test_version_1_says_the_same_in_its_own_words(write: Write) -> None:
    second = write(
        _activity(
            _dated("2", "2019-04-01"), _finance("110"), _paid("2", "1000", day="2019-01-05"),
            _paid("3", "400.50", ref="A", inside="<provider-org><narrative>Fund</narrative></provider-org>"), sector="23210",
        )
    )  # fmt: skip
    first = second.with_name("first.xml")
    first.write_text(
        """<iati-activities version="1.05"><iati-activity default-currency="EUR">
        <reporting-org ref="XM-DAC-1">Aid Office</reporting-org><iati-identifier>XM-DAC-1-2</iati-identifier>
        <title xml:lang="en">Water for Osh</title><activity-status code="2"/>
        <activity-date type="start-actual" iso-date="2019-04-01Z"/><recipient-country code="KG"/>
        <sector vocabulary="DAC" code="23210"/><default-finance-type code="110"/>
        <transaction><value value-date="2019-01-05">1000</value><transaction-type code="C"/></transaction>
        <transaction ref="A"><value value-date="2020-03-01">400.50</value><transaction-type code="D"/>
          <transaction-date iso-date="2020-03-01T00:00:00"/><provider-org>Fund</provider-org></transaction>
        </iati-activity></iati-activities>"""
    )
    assert _of(first).events == _of(second).events


def test_names_in_other_languages_and_the_place_are_kept(write: Write) -> None:
    inside = (
        "<location><name><narrative>Osh</narrative></name><point><pos>40.53 72.8</pos></point></location><location/>"
    )
    text = (
        write(_activity(inside))
        .read_text()
        .replace("</title>", '<narrative xml:lang="ru">Вода для Оша</narrative></title>')
    )
    path = write(name="named.xml")
    path.write_text(text)
    result = _of(path)
    (registration,) = result.named("project.registered")
    assert registration["aliases"] == [{"name": "Вода для Оша", "language": "ru"}]
    assert (registration["place"], registration["latitude"], registration["longitude"]) == ("Osh", 40.53, 72.8)
    assert result.reports[0].losses == {"location beyond the first": 1}


@pytest.mark.parametrize(
    ("transaction", "field"),
    [
        (_paid("3", "many"), "value"),
        (_paid("3", "1", day=""), "transaction-date"),
        (_paid("3", "1").replace("<value ", '<value currency="EURO" '), "/data/amount/currency"),
        (_paid("3", "1", day="2050-01-01"), "/data/occurred"),
    ],
)
def test_a_transaction_that_cannot_be_read_is_refused_and_the_rest_is_not(
    write: Write, transaction: str, field: str
) -> None:
    result = _of(write(_activity(transaction, _paid("3", "2"))))
    assert [entry["field"] for entry in result.reports[0].refused.entries] == [field]
    assert [data["amount"]["value"] for data in result.named("funds.disbursed")] == ["2"]


def test_days_that_cannot_be_read_are_named_also_where_another_takes_their_place(write: Write) -> None:
    paid = _paid("3", "5", day="2019-05-21").replace('iso-date="2019-05-21"', 'iso-date="20/05/2019"')
    result = _of(write(_activity(_dated("2", "1 May 2019"), paid)))
    fields = sorted(entry["field"] for entry in result.reports[0].refused.entries)
    assert fields == ["activity-date", "transaction-date"]
    assert result.named("funds.disbursed")[0]["occurred"] == "2019-05-21"


def test_the_file_tells_its_edition_where_it_was_generated(write: Write) -> None:
    dated_file = write(_activity(), root='version="2.03" generated-datetime="2021-05-26T11:14:38.530Z"')
    assert IatiActivities().edition_of(dated_file) == "2021-05-26"
    assert IatiActivities().edition_of(write(_activity())) is None


def _later(write: Write, before: str, *now: str) -> Imported:
    files = [write(activity, name=f"{number}.xml") for number, activity in enumerate((before, *now))]
    return imported("iati", *zip((_EDITION, _NEXT, _LAST), files, strict=False))


def _changes(result: Imported) -> list[dict[str, Any]]:
    return [
        data.get("changes", {}) for name in ("event.corrected", "event.reclassified") for data in result.named(name)
    ]


def test_the_order_of_a_file_says_nothing(write: Write) -> None:
    paid = [_paid("3", "1"), _paid("3", "2"), _paid("3", "2", ref="A"), _paid("2", "9", ref="A")]
    result = _later(write, _activity(*paid), _activity(*reversed(paid)))
    assert result.names_of(_NEXT) == []
    assert len({event["id"] for event in result.events}) == 5


def test_a_later_edition_gives_exactly_its_differences(write: Write) -> None:
    before = _activity(
        _paid("3", "1", ref="A"), _paid("3", "2", ref="B"), _paid("3", "3", ref="C"), _paid("2", "9", ref="D")
    )
    now = _activity(
        _paid("3", "1.50", ref="A"), _paid("3", "-2", ref="B"), _paid("2", "9", ref="D"), _paid("3", "7", ref="E"), title="Water for all of Osh",
    )  # fmt: skip
    result = _later(write, before, now)
    assert sorted(result.names_of(_NEXT)) == [
        "event.corrected", "event.corrected", "event.reclassified", "event.retracted", "funds.disbursed",
    ]  # fmt: skip
    assert _changes(result) == [{"name": "Water for all of Osh"}, {"amount": {"value": "1.5", "currency": "EUR"}}, {}]
    (reclassified,) = result.named("event.reclassified")
    assert reclassified["name"] == "funds.returned"
    assert {event["subject"] for event in result.events} == {"water-for-osh"}
    assert result.reports[1].unchanged == 1
    judged = result.judged("water-for-osh", _NEXT)
    assert [deal.level.label for deal in judged.deals if deal.level is not None] == ["financed"]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (["1", "2", "3"], ["2", "3"], ["event.retracted"]),
        (["1", "2", "3"], ["1", "9", "3"], ["event.corrected"]),
        (["1", "2"], ["0.5", "1", "2"], ["funds.disbursed"]),
        (["1", "2"], ["1", "2", "2"], ["funds.disbursed"]),
        (["2", "2"], ["2"], ["event.retracted"]),
        (["1", "2"], ["3", "4", "5"], ["event.corrected", "event.corrected", "funds.disbursed"]),
    ],
)
def test_of_payments_that_nothing_else_tells_apart_only_what_differs_is_sent(
    write: Write, before: list[str], now: list[str], expected: list[str]
) -> None:
    result = _later(write, *(_activity(*(_paid("3", value) for value in values)) for values in (before, now, before)))
    assert result.names_of(_NEXT) == expected
    assert len({event["id"] for event in result.events}) == len(result.events)
    totals = {"2022-06-01": now, "2023-06-01": before}
    for known_at, values in totals.items():
        total = sum(
            Decimal(row["amount"]["value"]) for row in result.effective("water-for-osh", known_at) if "amount" in row
        )
        assert total == sum(map(Decimal, values))


def test_a_correction_of_a_correction_and_a_row_that_returns(write: Write) -> None:
    first, second = _activity(_paid("3", "1", ref="A"), _paid("3", "2", ref="B")), _activity(_paid("3", "5", ref="A"))
    result = _later(write, first, second, first)
    assert result.names_of(_NEXT) == ["event.corrected", "event.retracted"]
    assert sorted(result.names_of(_LAST)) == ["event.corrected", "event.retracted"]
    assert len({event["id"] for event in result.events}) == len(result.events)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [("2", "4", ["project.completed"]), ("4", "2", ["event.retracted"]), ("6", "2", ["project.resumed"]), ("5", "2", ["event.retracted"])],
)  # fmt: skip
def test_a_state_that_changed_is_told(write: Write, before: str, now: str, expected: list[str]) -> None:
    result = _later(write, _activity(_paid("2", "1"), status=before), _activity(_paid("2", "1"), status=now))
    assert result.names_of(_NEXT) == expected
    judged = result.judged("water-for-osh", _NEXT).project
    assert judged is not None
    assert list(judged.overlays) == (["completed"] if now == "4" else [])


def test_an_activity_that_is_gone_is_told_and_not_taken_back(write: Write) -> None:
    both = write(
        _activity(_paid("2", "1")), _activity(_paid("2", "1"), identifier="other", title="Other"), name="both.xml"
    )
    result = imported("iati", (_EDITION, both), (_NEXT, write(_activity(_paid("2", "1")))))
    assert result.names_of(_NEXT) == []
    assert [entry["thing"] for entry in result.reports[1].missing.entries] == ["other"]


_PEAK = """
import re, sys
from datetime import UTC, datetime
from pathlib import Path
from steppe.importers.formats.format_registry import FORMATS
from steppe.importers.importer import Edition, Import
whole = Import(FORMATS["iati"], [Edition("2021-05-26", [Path(sys.argv[1])])], datetime(2026, 1, 1, tzinfo=UTC))
count = sum(1 for _ in whole.events())
print(count, re.search(r"VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1])
"""


def test_memory_does_not_grow_with_the_file(write: Write) -> None:
    def peak(count: int) -> tuple[int, int]:
        padding = f"<description><narrative>{'long ' * 1_000}</narrative></description>"
        activities = (_activity(padding, _paid("3", "1"), identifier=f"A-{number}") for number in range(count))
        path = write(*activities, name=f"{count}.xml")
        ran = subprocess.run([sys.executable, "-c", _PEAK, str(path)], capture_output=True, text=True, check=True)
        events, kibibytes = ran.stdout.split()
        return int(events), int(kibibytes)

    (few, small), (many, large) = peak(20), peak(4_000)  # 20 MB of text
    assert (few, many) == (40, 8_000)
    assert large - small < 8_192
