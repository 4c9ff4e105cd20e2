"""Documents without what is so by default are read back as the values they were made of."""

from datetime import date

import msgspec
from hypothesis import given

from steppe.database.read_model.stored_documents import compact_document
from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.values.levels import Level
from steppe.domain.values.states import DealState, ProjectState, Start
from tests.domain.random_logs import Log, portfolios

_project = msgspec.json.Decoder(ProjectState).decode
_deal = msgspec.json.Decoder(DealState).decode


@given(log=portfolios(50))
def test_a_stored_state_is_read_back_as_it_was(log: Log) -> None:
    for history in portfolio(log).histories.values():
        for project in history.projects:
            assert _project(compact_document(project.value)) == project.value
        for deal in history.deals:
            assert _deal(compact_document(deal.value)) == deal.value


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
