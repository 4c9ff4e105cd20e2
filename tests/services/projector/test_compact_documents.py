"""Documents without what is so by default or said beside them, and with a day once where it is both ends, are read back as they were."""

from datetime import date

import msgspec
from hypothesis import given

from steppe.database.read_model.flag_rows import clock_document, clock_of
from steppe.database.read_model.stored_documents import compact_document, deal_document, deal_of_row, reader
from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.values.flag_clock import FlagClock, FlagEvaluation, SeverityStep
from steppe.domain.values.levels import Level
from steppe.domain.values.states import DealState, ProjectState, Start
from tests.domain.random_logs import Log, portfolios

_project = reader(ProjectState)
_deal = reader(DealState)
_STEPS = (SeverityStep(severity="watch", possible_on=date(2020, 5, 1), certain_on=date(2020, 5, 1)),)


@given(log=portfolios(50))
def test_a_stored_state_is_read_back_as_it_was(log: Log) -> None:
    for history in portfolio(log).histories.values():
        for project in history.projects:
            assert _project(compact_document(project.value)) == project.value
        for deal in history.deals:
            assert deal_of_row(_row(deal.value)) == deal.value


def test_only_what_differs_from_its_default_is_stored() -> None:
    deal = DealState(
        deal="alpha",
        phase=1,
        level=None,
        highest_level=Level.MEMORANDUM,
        silence=Start(earliest=None, latest=date(2020, 5, 1)),
    )
    assert msgspec.json.decode(compact_document(deal)) == {
        "deal": "alpha", "phase": 1, "level": None, "highest_level": 2,
        "silence": {"earliest": None, "latest": "2020-05-01"},
    }  # fmt: skip


def test_a_day_that_is_both_ends_of_an_interval_is_stored_once() -> None:
    day, later = date(2020, 5, 1), date(2020, 5, 31)
    deal = DealState(
        deal="alpha",
        phase=1,
        level=Level.MEMORANDUM,
        highest_level=Level.MEMORANDUM,
        memorandum=Start(earliest=day, latest=day),
        silence=Start(earliest=day, latest=later),
        step=Start(earliest=day, latest=day, given="2020-05-01~"),
        bound_on=day,
        bound_on_earliest=day,
        first_step_on=later,
        first_step_on_earliest=day,
        ended_on=later,
    )
    document = compact_document(deal)
    assert msgspec.json.decode(document) == {
        "deal": "alpha", "phase": 1, "level": 2, "highest_level": 2, "memorandum@": "2020-05-01",
        "silence": {"earliest": "2020-05-01", "latest": "2020-05-31"},
        "step": {"earliest": "2020-05-01", "latest": "2020-05-01", "given": "2020-05-01~"},
        "bound_on=": "2020-05-01", "first_step_on": "2020-05-31", "first_step_on_earliest": "2020-05-01",
        "ended_on": "2020-05-31",
    }  # fmt: skip
    assert _deal(document) == deal


def test_text_that_looks_like_a_day_stored_once_stays_as_it_was_given() -> None:
    text = 'silence@":"2020-05-01","bound_on=":"2020-05-01'
    project = ProjectState(project="tungsten", name=text, place=f'"{text}"', kind="silence@")
    assert _project(compact_document(project)) == project


def test_a_deal_is_read_back_from_its_document_and_the_columns_that_it_leaves_out() -> None:
    deal = DealState(deal="alpha", phase=2, level=None, highest_level=Level.MEMORANDUM, investors=("alpha", "beta"))
    assert msgspec.json.decode(deal_document(deal)) == {}
    assert deal_of_row(_row(deal)) == deal


def _row(deal: DealState) -> dict[str, object]:
    return {
        "deal": deal.deal, "phase": deal.phase, "level": deal.level, "highest_level": deal.highest_level,
        "investors": list(deal.investors), "document": deal_document(deal),
    }  # fmt: skip


def test_text_that_looks_like_a_stored_day_is_read_back_as_it_was() -> None:
    texts = ('name@":"2020-05-01"', 'name=":"2020-05-01"', '"reached_on":"2020-05-01"', "name@", "name=")
    for text in texts:
        state = ProjectState(project=text, name=text, countries=texts, bound_on=date(2020, 5, 1))
        assert _project(compact_document(state)) == state
        evidence = FlagEvaluation(
            steps=_STEPS, start=Start(earliest=_STEPS[0].possible_on, latest=_STEPS[0].possible_on), evidence=texts
        )
        clock = FlagClock(flag=text, deal=text, clock=text, rule_version=text, evaluation=evidence)
        assert clock_of(text, text, clock_document(clock)) == clock
