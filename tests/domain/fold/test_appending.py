"""A fold that goes on with later events equals one from the beginning, also where these tell how earlier ones are read."""

from __future__ import annotations

from steppe.domain.fold.fold_state import fold, fold_history
from tests.domain.event_logs import event


def test_a_right_that_comes_after_its_revocation_is_folded_as_if_it_had_come_before() -> None:
    registered = event("project.registered", "2015-01-01", deal=None, kind="deposit", country="KZ")
    revoked = event("rights.revoked", "2016-06-30", deal=None, ends={"source": "/desk", "id": "granted"})
    granted = event("rights.granted", "2016-06-30", id="granted", right="mining")
    later = event("rights.granted", "2017-06-30", id="granted", right="mining")
    state = fold("north", [registered, revoked])
    for right in (granted, later):
        assert state.append([right]) is None, "the revocation is of the deal of the right that has come now"
    other = state.append([event("rights.granted", "2016-07-30", id="another", right="mining")])
    assert other is not None


def test_what_was_drawn_to_the_last_day_keeps_its_place_when_a_later_day_comes() -> None:
    log = [
        event("project.registered", "2015-01-01", deal=None, kind="deposit", country="KZ"),
        event("termsheet.signed", "2016-06", instrument="heads"),
        event("memorandum.lapsed", "2016-06-01"),
    ]
    news = event("setback.reported", "2016-06-02", kind="price")
    after = fold("north", log).append([news]) or fold("north", [*log, news])
    assert after.history() == fold_history("north", [*log, news])
