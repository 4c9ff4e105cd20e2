"""What holds for the whole judgement of any log: order, batches, the day of reading and later news cannot matter."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from steppe.domain.analysis.portfolio import PARTY_PREFIX, Portfolio, portfolio
from steppe.domain.events.event import Event, interpret
from steppe.domain.fold.fold_state import begin_fold, fold_history, in_fold_order, superseded_by
from steppe.domain.fold.looks import looks_of
from steppe.domain.markets.groups import Groups, parents_from
from steppe.domain.markets.rivalry import Rivals, SeenCrossings, rivalry
from steppe.domain.markets.standings import contenders_of, rival_crossings, standing_of
from steppe.domain.values.history import Judgement
from steppe.domain.values.states import BEGINNING, FOREVER
from tests.domain.properties import EVENTS_MAX, Case, Properties
from tests.domain.random_logs import PROJECTS, Log, portfolios

holds_for_any_log = Properties(portfolios(EVENTS_MAX))


@holds_for_any_log
def test_any_order_and_any_repeats_give_the_same_portfolio(log: Log, case: Case) -> None:
    """Domain page, sections 2 and 7."""
    shuffled = log + case.chance.sample(log, len(log) // 2)
    case.chance.shuffle(shuffled)
    first, second = portfolio(log, rules=case.rules), portfolio(shuffled, rules=case.rules)
    assert _judgement(first) == _judgement(second)
    assert {key: record.by_identity for key, record in first.subjects.items()} == {
        key: record.by_identity for key, record in second.subjects.items()
    }


@holds_for_any_log
def test_in_whatever_batches_it_comes_only_the_markets_that_a_batch_touches_are_judged_again(
    log: Log, case: Case
) -> None:
    """Decision 8, step by step: what it leaves alone is as a replay of everything so far would have it."""
    waiting = log[:]
    case.chance.shuffle(waiting)
    so_far: list[Event] = []
    before = portfolio(so_far)
    while waiting:
        size = case.chance.randint(1, max(1, len(log) // 2))
        batch, waiting = waiting[:size], waiting[size:]
        so_far += batch
        after = portfolio(so_far, rules=case.rules)
        concerned = _concerned(batch, before, after)
        for project in before.histories.keys() - concerned:
            assert after.histories[project] == before.histories[project]
            assert after.rivalries[project] == before.rivalries[project]
        before = after
    assert _judgement(before) == _judgement(portfolio(log, rules=case.rules))


@holds_for_any_log
def test_what_was_known_then_is_a_replay_of_what_had_come_by_then(log: Log, case: Case) -> None:
    """Domain page, section 8, by either clock. The first registration of a key is known always (section 7)."""
    for recorded in (False, True):
        by_then = [event for event in log if _registers(event) or event.known_by(recorded=recorded) <= case.instant]
        then = portfolio(by_then, case.instant, recorded=recorded, rules=case.rules)
        now = portfolio(log, case.instant, recorded=recorded, rules=case.rules)
        assert _judgement(then) == _judgement(now)
    events_so_far = [event for event in log if event.known <= case.instant]
    if [event for event in log if _registers(event)] == [event for event in events_so_far if _registers(event)]:
        assert _judgement(portfolio(events_so_far, rules=case.rules)) == _judgement(
            portfolio(log, case.instant, rules=case.rules)
        )


@holds_for_any_log
def test_a_closed_past_stays_as_it_was_when_news_arrives(log: Log, case: Case) -> None:
    """What is known later, corrections and retractions of anything included, changes no answer about what was known."""
    later = [_back(event, case.instant + timedelta(seconds=1 + number)) for number, event in enumerate(log)]
    case.chance.shuffle(later)
    then, now = (
        portfolio(log, case.instant, rules=case.rules),
        portfolio([*later, *log], case.instant, rules=case.rules),
    )
    assert _judgement(then) == _judgement(now)


@holds_for_any_log
def test_after_retracting_everything_every_project_is_as_if_nothing_had_happened(log: Log, case: Case) -> None:
    """Domain page, section 7. Retractions that lie in the log are retracted with the rest."""
    after_all = datetime(2030, 1, 1, tzinfo=UTC)
    whole = portfolio([*log, *(_back(event, after_all) for event in log)], rules=case.rules)
    for project, history in whole.histories.items():
        assert history == fold_history(project, [], case.rules)
        assert (whole.rivalries[project].flags, whole.rivalries[project].co_investments) == ((), ())


@holds_for_any_log
def test_reading_the_portfolio_at_a_day_equals_judging_what_had_occurred_by_then(log: Log, case: Case) -> None:
    """Decision 6: spans, not snapshots, for displaced and crowded too."""
    whole = portfolio(log, rules=case.rules)
    turning = _turning(whole)
    for day in [case.day, *case.chance.sample(turning, min(len(turning), 3))]:
        afresh = _judged_from_what_had_occurred(log, whole, day, case)
        for project, judgement in afresh.items():
            assert whole.judged(project, day) == judgement, (project, day)


def _judged_from_what_had_occurred(log: Log, whole: Portfolio, day: date, case: Case) -> dict[str, Judgement]:
    """Every project on a day, from the rows that counted by then, narrowed as the whole log has it, and the looks by then."""
    histories = {}
    for project in whole.histories:
        events = whole.subjects[project].events
        if superseded_by(events) is not None:
            histories[project] = fold_history(project, events, case.rules)
            continue
        looks = [look for look in looks_of(event for event in log if event.subject == project) if look.on <= day]
        project_fold = begin_fold(project, events, case.rules, looks)
        project_fold.run_through([event for event in in_fold_order(events) if event.latest <= day], FOREVER)
        histories[project] = project_fold.history()
    parties = {
        subject.removeprefix(PARTY_PREFIX): record.events
        for subject, record in whole.subjects.items()
        if subject.startswith(PARTY_PREFIX)
    }
    groups = Groups(parents_from(parties))
    standings = {project: standing_of(history) for project, history in histories.items()}
    crossings = SeenCrossings(seen for standing in standings.values() for seen in rival_crossings(standing, groups))
    rivals = Rivals(crossings, groups)
    by_then = Portfolio(
        subjects=whole.subjects,
        histories=histories,
        rivalries={
            project: rivalry(standing, contenders_of(histories[project]), rivals, case.rules)
            for project, standing in standings.items()
        },
        rivals=rivals,
        rules=case.rules,
    )
    return {project: by_then.judged(project, day) for project in histories}


def _judgement(found: Portfolio) -> tuple[object, object]:
    return found.histories, found.rivalries


def _registers(event: Event) -> bool:
    return event.kind.name.endswith(".registered")


def _concerned(batch: list[Event], before: Portfolio, after: Portfolio) -> set[str]:
    """Whose projects the projector judges again after a batch (steppe/database/read_model/market_judgement.py)."""
    touched = {event.subject for event in batch}
    if any(subject.startswith(PARTY_PREFIX) for subject in touched):
        return set(PROJECTS)
    markets: set[tuple[str, str]] = set()
    for project in touched:
        old, new = before.histories.get(project), after.histories[project]
        if old is None or standing_of(old) != standing_of(new):
            markets |= standing_of(new).markets | (standing_of(old).markets if old else frozenset())
    near = {project for project, told in after.histories.items() if standing_of(told).markets & markets}
    return touched | near


def _back(event: Event, known: datetime) -> Event:
    """A retraction of the event, known at that instant."""
    target = {"source": event.source, "id": event.id}
    return interpret(
        source="/back",
        id=event.id,
        subject=event.subject,
        name="event.retracted",
        recorded=known,
        data={"target": target},
    )


def _turning(found: Portfolio) -> list[date]:
    days = {
        span.valid_from
        for rivalry in found.rivalries.values()
        for spans in (rivalry.flags, rivalry.co_investments)
        for span in spans
    } - {BEGINNING}
    return sorted(days | {day - timedelta(days=1) for day in days})
