"""What holds for any log of one project: order, repeats and the day of reading cannot matter, and flags keep their word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

from steppe.domain.events.corrections import effective_events
from steppe.domain.fold.fold_state import fold, fold_history, in_fold_order, judge
from steppe.domain.fold.looks import looks_of
from steppe.domain.fold.narrowing import ENDINGS, is_coarse, narrowed
from steppe.domain.values.flag_clock import FlagClock, flag_spans
from steppe.domain.values.history import History, judgement_on
from steppe.domain.values.levels import Level
from steppe.domain.values.spans import Span
from steppe.domain.values.states import BEGINNING, FOREVER, SEVERITIES, DealState, Flag
from tests.domain.properties import EVENTS_MAX, Case, Properties
from tests.domain.random_logs import Log, corrected_logs, logs

holds_for_any_log = Properties(logs(EVENTS_MAX))


def _history(log: Log, case: Case) -> History:
    """The history of the log, folded once for all properties that look at it."""
    if case.history is None:
        case.history = fold_history("north", log, case.rules)
    return case.history


@holds_for_any_log
def test_any_order_and_any_repeats_give_the_same_history(log: Log, case: Case) -> None:
    """Domain page, section 2: the fold never depends on arrival."""
    shuffled = log + case.chance.sample(log, len(log) // 2)
    case.chance.shuffle(shuffled)
    assert fold_history("north", shuffled, case.rules) == _history(log, case)


@holds_for_any_log
def test_reading_the_spans_at_a_day_equals_judging_afresh_at_that_day(log: Log, case: Case) -> None:
    """Decision 6: spans, not snapshots. Some of the days on which something turns and of the days before, and any day."""
    history = _history(log, case)
    turning = _turning(history)
    for day in [case.day, *case.chance.sample(turning, min(len(turning), 3))]:
        assert judgement_on(history, day) == judge("north", log, day, case.rules), day


@holds_for_any_log
def test_spans_of_one_key_follow_each_other_without_overlap(log: Log, case: Case) -> None:
    history = _history(log, case)
    for before, after in pairwise(history.projects):
        assert before.valid_to == after.valid_from
    for spans in (history.deals, history.flags):
        for span in spans:
            assert span.valid_from < span.valid_to
    spans_of_deals_and_flags: list[Span[DealState] | Span[FlagClock]] = [*history.deals, *history.flags]
    for one, next_one in pairwise(spans_of_deals_and_flags):
        if _key(one) == _key(next_one):
            assert one.valid_to <= next_one.valid_from


@holds_for_any_log
def test_a_project_is_there_from_the_first_day_on_which_one_of_its_events_counts(log: Log, case: Case) -> None:
    """Domain page, section 8; one that is superseded is nowhere (section 7)."""
    history = _history(log, case)
    if any(event.kind.name == "project.superseded" for event in log):
        assert history.superseded is not None
        assert (history.projects, history.deals, history.flags, history.crossings) == ((), (), (), ())
        return
    first = min(event.latest for event in in_fold_order(log))
    assert (history.projects[0].valid_from, history.projects[-1].valid_to) == (first, FOREVER)
    the_day_before = judgement_on(history, first - timedelta(days=1))
    assert (the_day_before.project, the_day_before.deals, the_day_before.flags) == (None, (), ())


@holds_for_any_log
def test_narrowing_never_depends_on_arrival(log: Log, case: Case) -> None:
    """Domain page, section 2, what ends must have begun."""
    assert in_fold_order(case.chance.sample(log, len(log))) == in_fold_order(log)


@holds_for_any_log
def test_narrowing_moves_only_coarse_rows_each_to_the_day_of_its_ending_and_before_it(log: Log, case: Case) -> None:
    rows = in_fold_order(log)
    given = {event.reference: event for event in log}
    place = {event.reference: at for at, event in enumerate(rows)}
    assert place.keys() == given.keys()
    for row in rows:
        before = given[row.reference]
        if row.narrowed_by is None:
            assert (row.earliest, row.latest) == (before.earliest, before.latest)
            continue
        ending = rows[place[row.narrowed_by]]
        assert is_coarse(before)
        assert row.earliest == before.earliest
        assert (row.earliest or date.min) <= row.latest <= before.latest
        assert ending.kind.name in ENDINGS
        # The ending may have been drawn to an earlier day itself, by another one, and then takes the row along.
        assert row.latest <= ending.latest
        assert place[row.reference] < place[ending.reference]


@holds_for_any_log
def test_narrowing_twice_is_narrowing_once(log: Log, case: Case) -> None:
    once = in_fold_order(log)
    assert narrowed(once) == once


@holds_for_any_log
def test_a_life_that_goes_on_equals_one_judged_afresh_however_the_log_is_cut(log: Log, case: Case) -> None:
    """Decision 5: replay of all == step by step; what comes out of order, or is registered, makes one begin afresh."""
    life = fold("north", [], case.rules)
    if case.chance.random() < 0.7:
        log = Log(sorted(log, key=lambda event: event.order))
    cuts = sorted(case.chance.sample(range(1, len(log)), min(2, len(log) - 1)))
    for begin, end in pairwise([0, *cuts, len(log)]):
        life = life.append(log[begin:end]) or fold("north", log[:end], case.rules)
        assert life.history() == fold_history("north", log[:end], case.rules)


@holds_for_any_log
def test_going_on_changes_nothing_that_ended_before_and_not_the_life_it_came_from(log: Log, case: Case) -> None:
    """Only what ends on or after `changed_from` need be written again."""
    ordered = sorted(log, key=lambda event: event.order)
    half = case.chance.randint(1, len(ordered))
    # What is known to the day and no registration can go on a life; all in all few rows of a log are.
    later = [event for event in ordered[half:] if not is_coarse(event) and not event.kind.is_registry]
    life = fold("north", ordered[:half], case.rules)
    before = life.history()
    grown = life.append(later)
    assert life.history() == before
    if grown is not None:
        assert grown.history() == fold_history("north", [*ordered[:half], *later], case.rules)
        assert _ended_by(before, grown.changed_from) == _ended_by(grown.history(), grown.changed_from)


def _ended_by(history: History, day: date) -> list[object]:
    return [span for spans in (history.projects, history.deals, history.flags) for span in spans if span.valid_to < day]


@holds_for_any_log
def test_a_flag_says_since_when_from_when_for_certain_and_what_comes_next(log: Log, case: Case) -> None:
    """Domain page, section 6, held against the days themselves when nothing else occurs after the day that is judged."""
    by_then = [event for event in log if event.latest <= case.day and "from" not in event.data]
    looks = [look for look in looks_of(by_then) if look.on <= case.day]
    spans = flag_spans(fold_history("north", by_then, case.rules, looks).flags)
    for span in spans:
        if span.valid_from <= case.day < span.valid_to:
            run = _run_around(spans, span)
            at = run.index(span)
            _check_the_past(span.value, run[: at + 1])
            _check_the_future(span.value, run[at:])


@holds_for_any_log
def test_a_flag_stands_only_where_its_deal_allows_it(log: Log, case: Case) -> None:
    history = _history(log, case)
    for day in _turning(history):
        judged = judgement_on(history, day)
        states = {state.deal: state for state in judged.deals}
        for flag in judged.flags:
            if flag.deal is None:
                continue
            state = states[flag.deal]
            valid = [leg for leg in state.legs if leg.valid]
            assert (state.level or Level.IDENTIFIED) >= Level.ANNOUNCED
            if flag.flag in ("memorandum-only", "memorandum-churn"):
                assert state.memorandum_runs
            if flag.flag in ("memorandum-only", "memorandum-churn", "lapsed", "announced-only"):
                assert not valid
            if flag.flag == "announced-only":
                assert (state.announcement_runs, state.papers) == (True, 0)
            if flag.flag == "idle-right":
                assert {(leg.leg, leg.right) for leg in valid} == {("rights", "exploration")}
            if flag.flag == "partly-bound":
                assert valid
                assert flag.missing == state.missing_legs
            if flag.flag == "not-building":
                firm = any(leg.leg != "offtake" and leg.right != "exploration" for leg in valid)
                assert firm or any(permit.permit in ("planning", "construction") for permit in state.permits)
        if judged.project is not None:
            levels = [state.level for state in judged.deals if state.level is not None]
            assert judged.project.level == max([*levels, judged.project.physical_state or 0, 0])


@holds_for_any_log
def test_the_highest_level_never_falls_and_no_level_is_above_it(log: Log, case: Case) -> None:
    history = _history(log, case)
    for spans in (history.projects, history.deals):
        highest: dict[str, Level] = {}
        for span in spans:
            key = getattr(span.value, "deal", "")
            assert highest.get(key, Level.IDENTIFIED) <= span.value.highest_level
            assert (span.value.level or Level.IDENTIFIED) <= span.value.highest_level
            highest[key] = span.value.highest_level


holds_for_any_corrected_log = Properties(corrected_logs(EVENTS_MAX))


@holds_for_any_corrected_log
def test_what_was_known_is_read_from_the_spans_as_if_it_was_judged_afresh(log: Log, case: Case) -> None:
    """Rows that are corrected or taken back were looks at the project all the same (section 6, unchecked)."""
    for known_at in (None, case.instant):
        events, looks = effective_events(log, known_at), looks_of(log, known_at)
        history = fold_history("north", events, case.rules, looks)
        turning = _turning(history)
        for day in [case.day, *case.chance.sample(turning, min(len(turning), 2))]:
            assert judgement_on(history, day) == judge("north", events, day, case.rules, looks), day


@holds_for_any_corrected_log
def test_what_was_known_then_is_folded_from_what_had_come_by_then(log: Log, case: Case) -> None:
    for recorded in (False, True):
        by_then = [
            event
            for event in log
            if event.kind.name == "project.registered" or event.known_by(recorded=recorded) <= case.instant
        ]
        case.chance.shuffle(by_then)
        then, now = (
            fold_history(
                "north",
                effective_events(some, case.instant, recorded=recorded),
                case.rules,
                looks_of(some, case.instant, recorded=recorded),
            )
            for some in (by_then, log)
        )
        assert then == now


def _key(span: Span[DealState] | Span[FlagClock]) -> tuple[str | None, str]:
    value = span.value
    return (value.deal, value.flag if isinstance(value, FlagClock) else "")


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


def _turning(history: History) -> list[date]:
    days = {span.valid_from for spans in (history.projects, history.deals, history.flags) for span in spans} - {
        BEGINNING
    }
    return sorted(days | {day - timedelta(days=1) for day in days})
