"""Any table by a mapping file: Russian headings, dates, decimal commas and millions; and what is wrong with a mapping."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from steppe.importers.importer import Edition, Import
from steppe.importers.mapped.mapped_table import MappedTable
from steppe.importers.mapped.mapping_document import BadMappingError, read_mapping
from steppe.importers.mapped.written_values import Style, UnreadableError, day_of, money_of, number_of
from tests.importers.imports import RECORDED, Imported, names

_EDITION, _NEXT = "2024-02-07", "2025-02-07"
_MAPPING = """
source: /desk/astana
decimal: ","
project:
  name: Проект
  key: "№"
  scheme: desk-astana
  fields:
    country: Страна
    sector: {column: Отрасль, words: {горнодобыча: mining, энергетика: energy}, constant: other}
    kind: {constant: deposit}
    commodities: {column: Сырьё, words: {вольфрам: tungsten, молибден: molybdenum}}
    place: Место
events:
  - name: memorandum.signed
    occurred: Дата меморандума
    parties:
      - {name: Инвестор, role: investor, country: Страна инвестора, stake_percent: Доля}
    amount: {value: Сумма, of: project-cost, currency: {constant: USD}}
    fields: {instrument: {constant: mou}}
  - name: project.cancelled
    when: {Статус: [отменён, отменен]}
  - name: offtake.signed
    occurred: Дата контракта
    deal: Инвестор
    fields: {commodity: {constant: tungsten}, volume: Объём, unit: {constant: t}, per: {constant: year}, conditional: Условный}
    evidence: {grade: press, url: Ссылка}
"""
_HEADINGS = (
    "№", "Проект", "Страна", "Отрасль", "Сырьё", "Место", "Инвестор", "Страна инвестора", "Доля", "Сумма", "Дата меморандума",
    "Дата контракта", "Объём", "Условный", "Статус", "Ссылка", "Примечание",
)  # fmt: skip
_ROW = {
    "№": "7", "Проект": "Северный Катпар", "Страна": "Казахстан", "Отрасль": "Горнодобыча", "Сырьё": "Вольфрам; молибден",
    "Инвестор": "Cove Kaz Capital", "Страна инвестора": "США", "Доля": "70,5%", "Сумма": "1 100,5 млн долл.",
    "Дата меморандума": "05.11.2021",
}  # fmt: skip
Write = Callable[..., Path]


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "mapping.yaml"
    path.write_text(_MAPPING, encoding="utf-8")
    return path


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a table as Excel in Russia exports it, and gives its path."""

    def written(*rows: dict[str, str], name: str = "deals.csv", encoding: str = "cp1251") -> Path:
        lines = [_HEADINGS, *(tuple(row.get(heading, "") for heading in _HEADINGS) for row in rows)]
        path = tmp_path / name
        path.write_bytes(
            "\r\n".join(";".join(f'"{cell}"' if ";" in cell else cell for cell in line) for line in lines).encode(
                encoding
            )
        )
        return path

    return written


def _imported(mapping: Path, *editions: tuple[str, Path]) -> Imported:
    whole = Import(MappedTable(read_mapping(mapping)), [Edition(day, [file]) for day, file in editions], RECORDED)
    return Imported(list(whole.events()), whole.reports)


def test_a_table_of_somebody_who_never_saw_the_vocabulary_becomes_events(mapping: Path, write: Write) -> None:
    row = {
        **_ROW,
        "Дата контракта": "март 2023",
        "Объём": "1 500,25",
        "Условный": "да",
        "Ссылка": "https://example.org/a",
        "Примечание": "?",
    }
    result = _imported(mapping, (_EDITION, write(row)))
    assert not result.reports[0].refused.entries
    assert names(result.events) == ["project.registered", "memorandum.signed", "offtake.signed"]
    registration, memorandum, offtake = (event["data"] for event in result.events)
    assert {event["subject"] for event in result.events} == {"severnyi-katpar"}
    assert result.events[0]["source"] == "/desk/astana"
    assert registration == {
        "name": "Северный Катпар", "country": "KZ", "sector": "mining", "kind": "deposit", "commodities": ["tungsten", "molybdenum"],
        "ids": [{"scheme": "desk-astana", "id": "7"}], "reported": _EDITION,
    }  # fmt: skip
    assert memorandum == {
        "occurred": "2021-11-05", "reported": _EDITION, "instrument": "mou",
        "parties": [
            {"party": "cove-kaz-capital", "role": "investor", "name": "Cove Kaz Capital", "country": "US", "stake_percent": 70.5},
        ],
        "amount": {"value": "1100500000", "currency": "USD", "of": "project-cost"},
    }  # fmt: skip
    assert (offtake["occurred"], offtake["volume"], offtake["conditional"]) == ("2023-03", 1500.25, True)
    assert offtake["evidence"] == [{"url": "https://example.org/a", "grade": "press"}]
    assert result.reports[0].losses == {"примечание": 1}
    judged = result.judged("severnyi-katpar", _EDITION).project
    assert judged is not None
    assert judged.level.label == "bound"


def test_a_column_without_a_date_and_a_condition_that_does_not_hold_give_no_event(mapping: Path, write: Write) -> None:
    rows = [{**_ROW, "Дата меморандума": " "}, {**_ROW, "№": "8", "Проект": "Верхнее Кайракты", "Статус": "Отменён"}]
    result = _imported(mapping, (_EDITION, write(*rows)))
    assert names(result.events) == [
        "project.registered",
        "project.registered",
        "memorandum.signed",
        "project.cancelled",
    ]
    assert result.events[-1]["data"]["occurred"] == f"../{_EDITION}"


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("Дата меморандума", "скоро", "is no date of the order dmy"),
        ("Дата меморандума", "31.02.2021", "is no date of the order dmy"),
        ("Сумма", "10-20 млн", "is no sum of money"),
        ("Страна", "Атлантида", "is no country that is known"),
        ("Доля", "половина", "is no number with the decimal sign ','"),
        ("Проект", "-", "the row names no project"),
    ],
)
def test_a_cell_that_cannot_be_read_is_refused_with_line_column_and_reason(
    mapping: Path, write: Write, column: str, cell: str, reason: str
) -> None:
    result = _imported(mapping, (_EDITION, write(_ROW, {**_ROW, "№": "8", "Проект": "Другой", column: cell})))
    entry = result.reports[0].refused.entries[0]
    assert (entry["line"], entry["field"]) == (3, column)
    assert reason in entry["reason"]
    assert len([event for event in result.events if event["subject"] == "severnyi-katpar"]) == 2


def test_several_rows_may_tell_of_one_project_and_the_same_row_twice_counts_once(mapping: Path, write: Write) -> None:
    other = {**_ROW, "Инвестор": "Xiamen Tungsten", "Дата меморандума": "2018"}
    rows = [_ROW, other, _ROW, {**_ROW, "Инвестор": "Third"}]
    first, second = write(*rows), write(*reversed(rows), name="reordered.csv")
    result = _imported(mapping, (_EDITION, first), (_NEXT, second))
    assert names(result.of_edition(_EDITION)) == ["project.registered", *["memorandum.signed"] * 3]
    assert result.of_edition(_NEXT) == []
    assert result.reports[0].duplicates == 1


def test_a_later_edition_corrects_and_takes_back(mapping: Path, write: Write) -> None:
    now = {**_ROW, "Сумма": "2 млрд USD", "Дата контракта": ""}
    first = write({**_ROW, "Дата контракта": "01.03.2023"})
    result = _imported(mapping, (_EDITION, first), (_NEXT, write(now, name="now.csv")))
    assert result.names_of(_NEXT) == ["event.corrected", "event.retracted"]
    (corrected,) = result.named("event.corrected")
    assert corrected["changes"] == {"amount": {"value": "2000000000", "currency": "USD", "of": "project-cost"}}


def test_a_workbook_with_merged_and_blank_cells_says_the_same(mapping: Path, write: Write, tmp_path: Path) -> None:
    rows = [_ROW, {**_ROW, "Инвестор": "Xiamen Tungsten", "Дата меморандума": "2018"}]
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Сделки"])
    sheet.append([])
    sheet.append(list(_HEADINGS))
    for number, row in enumerate(rows):
        sheet.append([None if number and index < 6 else row.get(heading) for index, heading in enumerate(_HEADINGS)])
        sheet.append([])
        sheet.delete_rows(sheet.max_row + 1)
    for column in range(1, 7):
        sheet.merge_cells(start_row=4, end_row=sheet.max_row, start_column=column, end_column=column)
    path = tmp_path / "deals.xlsx"
    book.save(path)
    assert _imported(mapping, (_EDITION, path)).events == _imported(mapping, (_EDITION, write(*rows))).events


def test_one_row_may_be_one_event_named_by_its_own_words(tmp_path: Path) -> None:
    mapping = tmp_path / "log.yaml"
    mapping.write_text(
        """
source: /desk/log
dates: mdy
project: {name: Project, fields: {country: {constant: KZ}, sector: {constant: mining}, kind: {constant: deposit}}}
events:
  - name: {column: What, words: {MoU: memorandum.signed, Loan: loan.signed}}
    occurred: When
    row: Id
    deal: Deal
    amount: {value: Millions, times: 1000000, currency: Currency}
    fields: {instrument: {constant: mou}, note: Note}
""",
        encoding="utf-8",
    )
    table = tmp_path / "log.csv"
    table.write_text(
        "Id,Project,What,When,Deal,Millions,Currency,Note\n1,A,mou,7/5/2021,x,1.5,eur,one\n2,A,Loan,7/6/2022,x,2,EUR,\n3,A,Dinner,7/6/2022,x,,,\n"
    )
    result = _imported(mapping, (_EDITION, table))
    assert [(name, event["data"].get("occurred")) for name, event in zip(names(result.events), result.events, strict=True)] == [
        ("project.registered", None), ("memorandum.signed", "2021-07-05"), ("loan.signed", "2022-07-06"),
    ]  # fmt: skip
    assert result.events[1]["data"]["amount"] == {"value": "1500000", "currency": "EUR"}
    assert "instrument" not in result.events[2]["data"]
    assert [(entry["line"], entry["field"]) for entry in result.reports[0].refused.entries] == [(4, "What")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("source: /desk/astana", ""), "missing required field `source`"),
        (("decimal:", "decimals:"), "unknown field `decimals`"),
        (("memorandum.signed", "memorandum.sined"), "memorandum.sined is no event that a row can be"),
        (("memorandum.signed", "project.registered"), "project.registered is no event that a row can be"),
        (("instrument: {", "instruments: {"), "instruments is no field of memorandum.signed"),
        (("instrument: {", "amount: {"), "amount has a place of its own"),
        (('decimal: ","', "encoding: klingon"), "'klingon' is no encoding"),
        (("project:", "project: ["), "is no YAML"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_said_with_its_place(mapping: Path, change: tuple[str, str], said: str) -> None:
    mapping.write_text(_MAPPING.replace(*change), encoding="utf-8")
    with pytest.raises(BadMappingError, match=r"mapping\.yaml") as raised:
        read_mapping(mapping)
    assert said in str(raised.value)


_RUSSIAN = Style("dmy", ",")


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("05.07.2011", "dmy", "2011-07-05"), ("5/7/2011", "dmy", "2011-07-05"), ("7/5/2011", "mdy", "2011-07-05"),
        ("2011.7.5", "ymd", "2011-07-05"), ("2011-07-05", "dmy", "2011-07-05"), ("07.2011", "dmy", "2011-07"), ("2011", "dmy", "2011"),
        ("2011 г.", "dmy", "2011"), ("июль 2011 года", "dmy", "2011-07"), ("5 июля 2011", "dmy", "2011-07-05"), ("мая 2011", "dmy", "2011-05"),
        ("July 2011", "mdy", "2011-07"), ("July 5, 2011", "mdy", "2011-07-05"), ("5 Jul. 2011", "dmy", "2011-07-05"),
        ("05.07.11", "dmy", None), ("13.13.2011", "dmy", None), ("2021-Q3", "dmy", None), ("весна 2011", "dmy", None),
    ],
)  # fmt: skip
def test_a_date_is_read_as_exactly_as_it_was_written(text: str, order: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(UnreadableError):
            day_of(text, Style(order, ","))
    else:
        assert day_of(text, Style(order, ",")) == expected


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("1 234 567,89", ",", "1234567.89"), ("1.234.567,89", ",", "1234567.89"), ("1,234,567.89", ".", "1234567.89"), ("15", ",", "15"),
        ("1,5", ".", None), ("1.5", ",", None), ("1,2,3", ",", None), ("about 5", ".", None),
    ],
)  # fmt: skip
def test_a_number_is_never_guessed(text: str, decimal: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(UnreadableError):
            number_of(text, Style("dmy", decimal))
    else:
        assert number_of(text, Style("dmy", decimal)) == Decimal(expected)


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("15,7 млн USD", ",", ("15700000", "USD")), ("$1.5bn", ".", ("1500000000", "USD")), ("USD 1.5 billion", ".", ("1500000000", "USD")),
        ("200 тыс. долларов США", ",", ("200000", "USD")), ("3 млрд тенге", ",", ("3000000000", "KZT")), ("около 40 млн €", ",", ("40000000", "EUR")),
        ("12 000 000", ",", ("12000000", None)), ("5m", ".", ("5000000", None)), ("100 сомов", ",", ("100", "KGS")),
        ("15-20 млн", ",", None), ("много", ",", None), ("5 bananas", ".", None),
    ],
)  # fmt: skip
def test_a_sum_of_money_may_tell_its_currency_and_its_millions(
    text: str, decimal: str, expected: tuple[str, str | None] | None
) -> None:
    if expected is None:
        with pytest.raises(UnreadableError):
            money_of(text, Style("dmy", decimal))
    else:
        value, currency, _ = money_of(text, Style("dmy", decimal))
        assert (value, currency) == (Decimal(expected[0]), expected[1])
