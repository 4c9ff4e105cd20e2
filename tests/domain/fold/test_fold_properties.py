"""What holds for any log of one project: order, repeats and the day of reading cannot matter, and flags keep their word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from steppe.domain.fold.fold_state import fold, fold_history, judge
from steppe.domain.values.levels import Level
from steppe.domain.values.states import BEGINNING, FOREVER, SEVERITIES, Flag, History, Span, judgement_on
from tests.domain.properties import EVENTS_MAX, Case, Properties
from tests.domain.random_logs import Log, logs

holds_for_any_log = Properties(logs(EVENTS_MAX))


def _told(log: Log, case: Case) -> History:
    """The history of the log, folded once for all properties that look at it."""
    if case.told is None:
        case.told = fold_history("north", log, case.rules)
    return case.told


@holds_for_any_log
def test_any_order_and_any_repeats_give_the_same_history(log: Log, case: Case) -> None:
    """Domain page, section 2: the fold never depends on arrival."""
    shuffled = log + case.chance.sample(log, len(log) // 2)
    case.chance.shuffle(shuffled)
    assert fold_history("north", shuffled, case.rules) == _told(log, case)


@holds_for_any_log
def test_reading_the_spans_at_a_day_equals_judging_afresh_at_that_day(log: Log, case: Case) -> None:
    """Decision 6: spans, not snapshots. Some of the days on which something turns and of the days before, and any day."""
    history = _told(log, case)
    turning = _turning(history)
    for day in [case.day, *case.chance.sample(turning, min(len(turning), 3))]:
        assert judgement_on(history, day) == judge("north", log, day, case.rules), day


@holds_for_any_log
def test_spans_of_one_key_follow_each_other_without_overlap(log: Log, case: Case) -> None:
    history = _told(log, case)
    for before, after in zip(history.projects, history.projects[1:], strict=False):
        assert before.valid_to == after.valid_from
    assert history.projects[0].valid_from == BEGINNING
    assert history.projects[-1].valid_to == FOREVER
    for spans in (history.deals, history.flags):
        for span in spans:
            assert span.valid_from < span.valid_to


@holds_for_any_log
def test_a_life_that_goes_on_equals_one_judged_afresh_however_the_log_is_cut(log: Log, case: Case) -> None:
    """Decision 5: replay of all == step by step; what comes out of order, or is registered, makes one begin afresh."""
    life, seen = fold("north", [], case.rules), 0
    while seen < len(log):
        more = log[seen : seen + case.chance.randint(1, len(log))]
        seen += len(more)
        life = life.append(more) or fold("north", log[:seen], case.rules)
        assert life.history() == fold_history("north", log[:seen], case.rules)


@holds_for_any_log
def test_going_on_changes_nothing_that_ended_before_and_not_the_life_it_came_from(log: Log, case: Case) -> None:
    """Only what ends on or after `changed_from` need be written again."""
    ordered = sorted(log, key=lambda event: event.order)
    half = len(ordered) // 2
    life = fold("north", ordered[:half], case.rules)
    before = life.history()
    grown = life.append(ordered[half:])
    assert life.history() == before
    if grown is not None:
        assert grown.history() == _told(log, case)
        assert _ended_by(before, grown.changed_from) == _ended_by(grown.history(), grown.changed_from)


def _ended_by(told: History, day: date) -> list[object]:
    return [span for spans in (told.projects, told.deals, told.flags) for span in spans if span.valid_to < day]


@holds_for_any_log
def test_a_flag_says_since_when_from_when_for_certain_and_what_comes_next(log: Log, case: Case) -> None:
    """Domain page, section 6, held against the days themselves when nothing else occurs after the day that is judged."""
    by_then = [event for event in log if event.latest <= case.day and "from" not in event.data]
    spans = fold_history("north", by_then, case.rules).flags
    for span in spans:
        if span.valid_from <= case.day < span.valid_to:
            run = _run_around(spans, span)
            at = run.index(span)
            _check_the_past(span.value, run[: at + 1])
            _check_the_future(span.value, run[at:])


@holds_for_any_log
def test_a_flag_stands_only_where_its_deal_allows_it(log: Log, case: Case) -> None:
    history = _told(log, case)
    for day in _turning(history):
        judged = judgement_on(history, day)
        levels = {state.deal: state.level for state in judged.deals}
        bound = {state.deal for state in judged.deals if any(leg.valid for leg in state.legs)}
        on_paper = {state.deal for state in judged.deals if state.memorandum_runs}
        for flag in judged.flags:
            if flag.deal is not None:
                assert (levels[flag.deal] or Level.IDENTIFIED) >= Level.ANNOUNCED
            if flag.flag in ("memorandum-only", "memorandum-churn"):
                assert flag.deal in on_paper
            if flag.flag in ("memorandum-only", "memorandum-churn", "lapsed"):
                assert flag.deal not in bound
        assert judged.project.level == max([*filter(None, levels.values()), judged.project.physical_state or 0, 0])


@holds_for_any_log
def test_the_highest_level_never_falls_and_no_level_is_above_it(log: Log, case: Case) -> None:
    history = _told(log, case)
    for spans in (history.projects, history.deals):
        highest: dict[str, Level] = {}
        for span in spans:
            key = getattr(span.value, "deal", "")
            assert highest.get(key, Level.IDENTIFIED) <= span.value.highest_level
            assert (span.value.level or Level.IDENTIFIED) <= span.value.highest_level
            highest[key] = span.value.highest_level


def _check_the_past(flag: Flag, run: list[Span[Flag]]) -> None:
    severity = SEVERITIES.index(flag.severity)
    assert flag.since == _unbroken(run, lambda found: SEVERITIES.index(found.severity) >= severity)
    if flag.certainty == "certain":
        assert flag.certain_on == _unbroken(run, lambda found: _certain(found) >= severity)


def _check_the_future(flag: Flag, run: list[Span[Flag]]) -> None:
    severity = SEVERITIES.index(flag.severity)
    rises = [(span.valid_from, span.value.severity) for span in run if SEVERITIES.index(span.value.severity) > severity]
    assert ([(flag.next_on, flag.next_severity)] if flag.next_on else []) == rises[:1]
    if flag.certainty == "possible":
        becomes = [span.valid_from for span in run if _certain(span.value) >= severity]
        assert flag.certain_on in becomes[:1] or not becomes


def _certain(flag: Flag) -> int:
    return -1 if flag.certain_severity is None else SEVERITIES.index(flag.certain_severity)


def _run_around(spans: tuple[Span[Flag], ...], at: Span[Flag]) -> list[Span[Flag]]:
    """The spans of the same flag that lie around this one without a gap, in order of days."""
    same = [span for span in spans if (span.value.flag, span.value.deal) == (at.value.flag, at.value.deal)]
    first = last = same.index(at)
    while first > 0 and same[first - 1].valid_to == same[first].valid_from:
        first -= 1
    while last + 1 < len(same) and same[last].valid_to == same[last + 1].valid_from:
        last += 1
    return same[first : last + 1]


def _unbroken(run: list[Span[Flag]], holds: Callable[[Flag], bool]) -> date:
    """The first day of the unbroken run of spans, up to the last one, for which it holds."""
    first = run[-1].valid_from
    for span in reversed(run):
        if not holds(span.value):
            break
        first = span.valid_from
    return first


def _turning(told: History) -> list[date]:
    days = {span.valid_from for spans in (told.projects, told.deals, told.flags) for span in spans} - {BEGINNING}
    return sorted(days | {day - timedelta(days=1) for day in days})
