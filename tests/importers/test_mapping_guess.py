"""A proposal of a mapping: what headings and cells give away, and what a person is asked to check."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pytest
import yaml

from steppe.importers.importer import Edition, Import
from steppe.importers.mapped.mapped_table import MappedTable
from steppe.importers.mapped.mapping_document import read_mapping
from steppe.importers.mapped.mapping_guess import propose_mapping
from steppe.importers.source_file import BadFileError
from tests.importers.imports import RECORDED, Imported, names

_DEALS = [
    ["№", "Проект", "Страна", "Отрасль", "Сырьё", "Инвестор", "Страна инвестора", "Доля, %", "Сумма", "Дата меморандума", "Дата кредита", "Статус", "Куратор"],
    [1, "Северный Катпар", "Казахстан", "Горнодобыча", "Вольфрам; молибден", "Cove Kaz Capital", "США", "70,5", "1 100,5 млн USD", "05.11.2021", None, None, "А. Б."],
    [2, "Рогунская ГЭС", "Таджикистан", "Энергетика", "Электроэнергия", "Всемирный банк", None, None, "350 млн долл.", "13.02.2019", "17.12.2024", None, None],
    [3, "Алмалык", "Узбекистан", "Горнодобыча", "Медь", "SFA Oxford", "Великобритания", None, "15,7 млн USD", 2022, None, "Отменён", None],
]  # fmt: skip


def _by_guess(table: Path) -> tuple[Imported, str]:
    proposal = propose_mapping(table)
    mapping = table.with_suffix(".yaml")
    mapping.write_text(proposal, encoding="utf-8")
    whole = Import(MappedTable(read_mapping(mapping)), [Edition("2025-01-31", [table])], RECORDED)
    return Imported(list(whole.events()), whole.reports), proposal


def test_a_spreadsheet_with_russian_headings_is_right_as_it_is_guessed(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [["Сделки 2025"], [], *_DEALS]:
        sheet.append(row)
    table = tmp_path / "Сделки.xlsx"
    book.save(table)
    result, proposal = _by_guess(table)
    assert not result.reports[0].refused.entries
    assert [(event["subject"], name) for event, name in zip(result.events, names(result.events), strict=True)] == [
        ("severnyi-katpar", "project.registered"), ("severnyi-katpar", "memorandum.signed"), ("rogunskaya-ges", "project.registered"),
        ("rogunskaya-ges", "memorandum.signed"), ("rogunskaya-ges", "loan.signed"), ("almalyk", "project.registered"),
        ("almalyk", "memorandum.signed"), ("almalyk", "project.cancelled"),
    ]  # fmt: skip
    registered = result.named("project.registered")
    assert [(data["country"], data["sector"], data["commodities"]) for data in registered] == [
        ("KZ", "mining", ["tungsten", "molybdenum"]), ("TJ", "energy", ["electricity"]), ("UZ", "mining", ["copper"]),
    ]  # fmt: skip
    (first, _, third), (loan,) = result.named("memorandum.signed"), result.named("loan.signed")
    assert (first["occurred"], first["amount"], first["parties"][0]["stake_percent"]) == (
        "2021-11-05", {"value": "1100500000", "currency": "USD"}, 70.5,
    )  # fmt: skip
    assert (third["occurred"], third["parties"][0]["country"]) == ("2022", "GB")
    assert (loan["occurred"], loan["parties"][0]["role"]) == ("2024-12-17", "financier")
    assert "# - not used: куратор" in proposal
    assert "# - kind is a guess" in proposal
    assert result.events[0]["source"] == "/import/csv/sdelki"


def test_headings_that_say_more_than_a_word_are_guessed_by_a_part_and_a_person_is_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rows: list[list[object]] = [
        ["Реестр сделок"],
        ["№ п/п", "Страна", "Наименование проекта", "Вид деятельности", "Зарубежный партнёр", "Участие партнёра, %", "Документ", "Подписан (дата)", "Объём сделки, млн", "Валюта", "Запуск производства"],
        [1, "Казахстан", "Акбастау", "Горная добыча", "Masdar", "49,9", "Рамочное соглашение", date(2024, 3, 5), 12.125, "KZT", None],
        [2, None, "Кентау", "Энергетика", "ЕАБР", None, "Договор купли-продажи доли", "07.04.2023", "1 015,75", "USD", None],
        [3, None, "Актобе", "Транспорт", "ЕАБР", 30, "Меморандум", "32.13.2022", 7, "USD", "01.06.2025"],
        ["Итого", None, None, None, None, None, None, None, 1034.875],
    ]  # fmt: skip
    for row in rows:
        sheet.append(row)
    sheet.merge_cells("B3:B5")
    table = tmp_path / "reestr.xlsx"
    book.save(table)
    result, proposal = _by_guess(table)
    assert [data["country"] for data in result.named("project.registered")] == ["KZ"] * 3
    (memorandum,), (sale,) = result.named("memorandum.signed"), result.named("equity.agreed")
    assert (memorandum["occurred"], memorandum["instrument"]) == ("2024-03-05", "framework")
    assert (memorandum["amount"], memorandum["parties"][0]["stake_percent"]) == (
        {"value": "12125000", "currency": "KZT"},
        49.9,
    )
    assert (sale["occurred"], sale["amount"]) == ("2023-04-07", {"value": "1015750000", "currency": "USD"})
    assert [(entry["line"], entry["field"]) for entry in result.reports[0].refused.entries] == [
        (5, "подписан (дата)"), (6, "наименование проекта"),
    ]  # fmt: skip
    assert "'подписан (дата)' is taken for the date by a part of it" in proposal
    assert "not used: запуск производства" in proposal


def test_a_log_with_a_column_of_events_is_one_event_a_row(tmp_path: Path) -> None:
    table = tmp_path / "log.csv"
    table.write_text(
        "Project,Event,Date,Company,Amount,Currency\nA,MoU,7/25/2021,X,1.5,USD\nA,Loan agreement,8/26/2022,X,2,USD\nA,Dinner,8/27/2022,,,\n"
    )
    result, proposal = _by_guess(table)
    assert [(name, event["data"].get("occurred")) for name, event in zip(names(result.events), result.events, strict=True)][1:] == [
        ("memorandum.signed", "2021-07-25"), ("loan.signed", "2022-08-26"),
    ]  # fmt: skip
    assert "which event 'Dinner' is, is not clear" in proposal
    assert "no column tells the country" in proposal
    assert yaml.safe_load(proposal)["dates"] == "mdy"
    assert [entry["line"] for entry in result.reports[0].refused.entries] == [4]


def test_what_cannot_be_known_is_asked(tmp_path: Path) -> None:
    table = tmp_path / "deals.csv"
    table.write_text("Project,Country,Signed,MoU date,Value\nA,Atlantis,01/02/2021,03/04/2021,12\n")
    proposal = propose_mapping(table)
    for remark in (
        "whether day or month stands first",
        "no country that is known: Atlantis",
        "'signed' is not clear",
        "does not tell the currency",
    ):
        assert remark in proposal


def test_a_table_without_headings_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "numbers.csv"
    table.write_text("1,2,3\n4,5,6\n")
    with pytest.raises(BadFileError, match="no row of it looks like headings"):
        propose_mapping(table)
