"""The types of answers. Made by generate.py from the OpenAPI document of the API: do not edit."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field


class AgeBar(Struct):
    """
    A bar of the histogram.
    """

    from_months: Annotated[int, Meta(description='The least age.')]
    to_months: Annotated[int, Meta(description='The age that is too old for it.')]
    deals: Annotated[
        int, Meta(description='How many papers are so old, by latest days.')
    ]


class AidItem(Struct):
    """
    An amount of aid.
    """

    line: Annotated[
        int, Meta(description='The line of its file, of which the header is the first.')
    ]
    source: Annotated[str, Meta(description='Where it was read.')]
    basis: Annotated[
        str,
        Meta(
            description='`page`: a page says so; `seed`: the article that Steppe comes from; `known`: public record, not looked up again; `secondary`: a page that repeats another.',
            examples=['known', 'page', 'secondary', 'seed'],
        ),
    ]
    confidence: Annotated[
        str, Meta(description='How sure it is.', examples=['high', 'low', 'medium'])
    ]
    donor: Annotated[
        str,
        Meta(description='Who gives: ISO 3166-1 alpha-2, or the words of the source.'),
    ]
    recipient: Annotated[
        str,
        Meta(
            description='Who receives: ISO 3166-1 alpha-2, or the words of the source.'
        ),
    ]
    period: Annotated[str, Meta(description='Of when it is, as the source says.')]
    first_year: Annotated[int, Meta(description='The first year of the period; null: open.')] | None
    last_year: Annotated[int, Meta(description='The last year of the period; null: open.')] | None
    measure: Annotated[
        str,
        Meta(
            description='What it measures; one is never added to another.',
            examples=['gross', 'net', 'commitment', 'cumulative', 'stock', 'unstated'],
        ),
    ]
    amount: Annotated[str, Meta(description='The amount; null: the source says none.')] | None
    currency: Annotated[str, Meta(description='ISO 4217; null: there is no amount.')] | None
    programme: Annotated[str, Meta(description='The programme or lender.')]
    detail: Annotated[str, Meta(description='What the source says besides.')]


class AidRow(Struct):
    """
    A row of a series of aid.
    """

    line: Annotated[
        int, Meta(description='The line of its file, of which the header is the first.')
    ]
    source: Annotated[str, Meta(description='Where it was read.')]
    basis: Annotated[
        str,
        Meta(
            description='`page`: a page says so; `seed`: the article that Steppe comes from; `known`: public record, not looked up again; `secondary`: a page that repeats another.',
            examples=['known', 'page', 'secondary', 'seed'],
        ),
    ]
    confidence: Annotated[
        str, Meta(description='How sure it is.', examples=['high', 'low', 'medium'])
    ]
    donor: Annotated[
        str,
        Meta(description='Who gives: ISO 3166-1 alpha-2, or the words of the source.'),
    ]
    recipient: Annotated[
        str,
        Meta(
            description='Who receives: ISO 3166-1 alpha-2, or the words of the source.'
        ),
    ]
    period: Annotated[str, Meta(description='Of when it is, as the source says.')]
    first_year: Annotated[int, Meta(description='The first year of the period; null: open.')] | None
    last_year: Annotated[int, Meta(description='The last year of the period; null: open.')] | None
    measure: Annotated[
        str,
        Meta(
            description='What it measures; one is never added to another.',
            examples=['gross', 'net', 'commitment', 'cumulative', 'stock', 'unstated'],
        ),
    ]
    amount: Annotated[str, Meta(description='The amount; null: the source says none.')] | None
    currency: Annotated[str, Meta(description='ISO 4217; null: there is no amount.')] | None
    programme: Annotated[str, Meta(description='The programme or lender.')]
    detail: Annotated[str, Meta(description='What the source says besides.')]
    series: Annotated[str, Meta(description='The series, as in /v1/reference.')]


class AliasItem(Struct):
    """
    Another name: in another language or script, a former name or key.
    """

    name: Annotated[str, Meta(description='The name.')]
    language: Annotated[str, Meta(description='Its language; null: nobody said.')] | None


class AnnouncementClock(Struct):
    """
    The clock of what was only said.
    """

    name: Annotated[
        str,
        Meta(
            description='Which clock: memorandum, silence, step, or that of the flag.'
        ),
    ]
    started: Annotated[
        date, Meta(description='The latest day on which it may have started.')
    ]
    started_earliest: Annotated[date, Meta(description='The earliest such day; null: open or unknown.')] | None
    started_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    age_months: Annotated[
        int,
        Meta(
            description='Whole months since the start, at least; as of the day that is judged.'
        ),
    ]
    age_months_most: Annotated[int, Meta(description='Whole months since the start, at most; null: unknown.')] | None
    running: Annotated[
        bool,
        Meta(description='Whether it runs: the deal has nothing but announcements.'),
    ]


class BacktestScore(Struct):
    """
    How a flag of one severity does under both versions.
    """

    flag: Annotated[str, Meta(description="The flag's name.")]
    severity: Annotated[
        str,
        Meta(
            description='At least this severe.',
            examples=['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'],
        ),
    ]
    raised: Annotated[
        int, Meta(description='How often it is raised under the version that is tried.')
    ]
    raised_before: Annotated[
        int, Meta(description='How often under the other version.')
    ]
    only_now: Annotated[
        int, Meta(description='How often only under the version that is tried.')
    ]
    only_before: Annotated[
        int, Meta(description='How often only under the other version.')
    ]
    earlier: Annotated[int, Meta(description='How often earlier than before.')]
    later: Annotated[int, Meta(description='How often later than before.')]
    days_earlier_median: Annotated[float, Meta(description='The median of days_earlier; null: there is none.')] | None
    bound_anyway: Annotated[
        int, Meta(description='How many of the warned deals bound afterwards.')
    ]
    ended: Annotated[int, Meta(description='How many of them ended without that.')]
    open: Annotated[int, Meta(description='How many of them are open.')]
    precision: Annotated[float, Meta(description='The share of what was raised and did not bind; null: nothing was raised.')] | None
    precision_before: Annotated[float, Meta(description='The same of the other version.')] | None
    months_to_binding_median: Annotated[float, Meta(description='Median months from the warning to the binding; null: none bound.')] | None
    months_to_end_median: Annotated[float, Meta(description='Median months from the warning to the end; null: none ended.')] | None


class BacktestWarning(Struct):
    """
    One run of days on which a flag is at least so severe, under either version.
    """

    flag: Annotated[str, Meta(description="The flag's name.")]
    severity: Annotated[
        str,
        Meta(
            description='At least this severe.',
            examples=['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'],
        ),
    ]
    project: Annotated[str, Meta(description='The project.')]
    deal: Annotated[str, Meta(description='The deal.')]
    raised_on: Annotated[date, Meta(description='Its first day under the version that is tried; null: not raised under it.')] | None
    raised_before_on: Annotated[date, Meta(description='Its first day under the other version; null: not raised under it.')] | None
    days_earlier: Annotated[int, Meta(description='Days by which it is raised earlier; negative: later; null: by one of them only.')] | None
    outcome: Annotated[
        str,
        Meta(
            description='What became of the deal after the warning.',
            examples=['bound', 'ended', 'open'],
        ),
    ]
    outcome_on: Annotated[date, Meta(description='When; null: open.')] | None
    outcome_on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    outcome_on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    outcome_before: Annotated[
        str,
        Meta(
            description='What became of it after the warning of the other version.',
            examples=['bound', 'ended', 'open'],
        ),
    ]


class CapacityItem(Struct):
    """
    How much a project or part puts out.
    """

    value: Annotated[str, Meta(description='As decimal text.')]
    unit: Annotated[str, Meta(description='Of the value, as in t/a or MW.')]


class ChainStep(Struct):
    """
    A step of the value chain that moved into the host country, or what came beside it.
    """

    event: Annotated[str, Meta(description='The event, source#id.')]
    name: Annotated[str, Meta(description='Its name, as in processing.localised.')]
    on: Annotated[date, Meta(description='The latest day on which it occurred.')]
    on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    deal: Annotated[str, Meta(description='The deal; null: of the project.')] | None
    step: Annotated[str, Meta(description='The step, as in separation; null: nobody said.')] | None
    what: Annotated[str, Meta(description='What was transferred or taught; null: nobody said.')] | None
    scheme: Annotated[str, Meta(description='The scheme of a certificate; null: nobody said.')] | None
    people: Annotated[float, Meta(description='How many people were trained; null: nobody said.')] | None


class ChainStepOfMarket(Struct):
    """
    A step of a commodity in a country.
    """

    step: Annotated[
        str,
        Meta(
            description='The step.',
            examples=['mining', 'concentrate', 'separation', 'metal', 'component'],
        ),
    ]
    projects: Annotated[
        list[str],
        Meta(
            description='The projects that are told to have localised it, alphabetical; empty: silence.'
        ),
    ]
    running: Annotated[
        list[str],
        Meta(description='Those of them whose works put something out on the day.'),
    ]
    nations: Annotated[
        list[str],
        Meta(description='The nations of the rows that tell so, alphabetical.'),
    ]


class Change(Struct):
    """
    One thing that is otherwise after the events.
    """

    what: Annotated[
        str,
        Meta(
            description='What is otherwise: the level, an overlay, whether a deal lives, a leg, a clock, a flag.',
            examples=['level', 'overlay', 'deal', 'leg', 'clock', 'flag'],
        ),
    ]
    deal: Annotated[str, Meta(description="The deal; null: it is the project's own.")] | None
    name: Annotated[str, Meta(description='Which overlay, leg, clock or flag; null for a level and a deal.')] | None
    before: Annotated[str, Meta(description='The level, `stands`, `lives`, `binds`, `runs`, or the severity of a flag; null: there is none.')] | None
    after: Annotated[str, Meta(description='The same after the events.')] | None


class ChangedField(Struct):
    """
    A field of an event that a correction changed.
    """

    by: Annotated[str, Meta(description='The correction, source#id.')]
    known: Annotated[datetime, Meta(description='When the world could know the correction.')] | None
    field_: Annotated[str, Meta(description="The field; `name` is the event's own name.")] = field(
        name='field'
    )
    before: Annotated[Any, Meta(description='What it was; null: absent.')]
    after: Annotated[Any, Meta(description='What it is; null: absent.')]
    reason: Annotated[str, Meta(description='Why; null: nobody said.')] | None


class Clock(Struct):
    """
    A clock that has started. Its start lies between two days where the event says no exact one.
    """

    name: Annotated[
        str,
        Meta(
            description='Which clock: memorandum, silence, step, or that of the flag.'
        ),
    ]
    started: Annotated[
        date, Meta(description='The latest day on which it may have started.')
    ]
    started_earliest: Annotated[date, Meta(description='The earliest such day; null: open or unknown.')] | None
    started_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    age_months: Annotated[
        int,
        Meta(
            description='Whole months since the start, at least; as of the day that is judged.'
        ),
    ]
    age_months_most: Annotated[int, Meta(description='Whole months since the start, at most; null: unknown.')] | None


class ConflictEntry(Struct):
    """
    A record under the name of an event that was there already, with another content. It changes nothing.
    """

    event: Annotated[str, Meta(description='The name of both, source#id.')]
    position: Annotated[
        str,
        Meta(description='Where the later record stands in the log, partition:offset.'),
    ]
    record: Annotated[Any, Meta(description='The later record.')]


class ConversionDeal(Struct):
    """
    A deal that is counted.
    """

    project: Annotated[str, Meta(description='The project.')]
    project_name: Annotated[str, Meta(description='Its name; null: not registered.')] | None
    deal: Annotated[str, Meta(description='The deal.')]
    paper: Annotated[
        str, Meta(description='Its first memorandum-class paper ever, as source#id.')
    ]
    signed_on: Annotated[date, Meta(description='The latest day of that paper.')]
    signed_on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    signed_on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    groups: Annotated[
        list[str | None],
        Meta(description='The groups that it is in, as `by` asks; empty without `by`.'),
    ]
    umbrella: Annotated[
        bool,
        Meta(
            description='Whether its project is an umbrella or a programme, which is not in `total`.'
        ),
    ]
    outcome: Annotated[
        str,
        Meta(
            description='What came of it by the day.',
            examples=['bound', 'ended', 'open', 'bound-before'],
        ),
    ]
    on: Annotated[date, Meta(description='When it first bound since the paper, or ended; null: it is open.')] | None
    on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    how: Annotated[str, Meta(description='How it ended; null: it has not, or nobody said.')] | None
    months: Annotated[
        int,
        Meta(
            description='From the latest day of the paper to that of the outcome, or to as_of.'
        ),
    ]
    months_most: Annotated[
        int, Meta(description='From the earliest day of the paper, where one is known.')
    ]


class ConversionRange(Struct):
    """
    The incidence from an age on, if every paper was signed on its earliest day.
    """

    months: Annotated[int, Meta(description='The age of the papers, in whole months.')]
    at_risk: Annotated[
        int, Meta(description='How many deals were left just before it.')
    ]
    incidence: Annotated[
        float, Meta(description='Share that has bound by then; four decimals.')
    ]


class ConversionStep(Struct):
    """
    A curve from an age on, until the next step.
    """

    months: Annotated[int, Meta(description='The age of the papers, in whole months.')]
    at_risk: Annotated[
        int,
        Meta(description='How many deals were left just before it: the denominator.'),
    ]
    bound: Annotated[int, Meta(description='How many of them bound at it.')]
    ended: Annotated[int, Meta(description='How many ended at it, unbound.')]
    open: Annotated[int, Meta(description='How many are open and no older.')]
    incidence: Annotated[
        float,
        Meta(
            description='Share that has bound by then, the end competing (Aalen-Johansen); four decimals.'
        ),
    ]
    low: Annotated[float, Meta(description='Lower end of the 95% band, log(-log); null: nothing has happened yet, or all has.')] | None
    high: Annotated[float, Meta(description='Upper end of the 95% band, log(-log); null: nothing has happened yet, or all has.')] | None
    incidence_ended: Annotated[
        float, Meta(description='Share that has ended unbound by then; four decimals.')
    ]
    km: Annotated[
        float,
        Meta(
            description='1 - Kaplan-Meier, the secondary line: ends as if nobody had looked any longer.'
        ),
    ]
    km_low: Annotated[float, Meta(description='Lower end of the 95% band, log(-log); null: nothing has happened yet, or all has.')] | None
    km_high: Annotated[float, Meta(description='Upper end of the 95% band, log(-log); null: nothing has happened yet, or all has.')] | None


class CostFigure(Struct):
    """
    What one event says that the project costs. Figures of several sources stand beside each other; none is the right one.
    """

    value: Annotated[str, Meta(description='How much.')]
    currency: Annotated[str, Meta(description='ISO 4217.')]
    basis: Annotated[str, Meta(description='stated, estimated or imputed; null: nobody said.')] | None
    on: Annotated[date, Meta(description='The latest day on which it was said.')]
    on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    event: Annotated[str, Meta(description='The event that says so, source#id.')]


class CrossingItem(Struct):
    """
    A deal that crossed the binding line.
    """

    project: Annotated[str, Meta(description='The project.')]
    deal: Annotated[str, Meta(description='The deal.')]
    nations: Annotated[
        list[str],
        Meta(
            description='The home countries of those who pursue it, ISO 3166-1 alpha-2, alphabetical; empty: none is known.'
        ),
    ]
    parties: Annotated[list[str], Meta(description='Who won, alphabetical.')]
    event: Annotated[str, Meta(description='The event, source#id.')]
    leg: Annotated[
        str,
        Meta(
            description='The leg that bound.',
            examples=['equity', 'offtake', 'debt', 'grant', 'guarantee', 'rights', 'works', 'investment', 'unknown'],
        ),
    ]
    on: Annotated[date, Meta(description='When.')]
    on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None


class CrowdedDeal(Struct):
    """
    A deal of whose market others got a part.
    """

    project: Annotated[str, Meta(description='The project.')]
    deal: Annotated[str, Meta(description='The deal.')] | None
    nations: Annotated[
        list[str],
        Meta(
            description='The home countries of those who pursue it, ISO 3166-1 alpha-2, alphabetical; empty: none is known.'
        ),
    ]
    since: Annotated[date, Meta(description='Since when.')]
    groups: Annotated[list[str], Meta(description='The groups of companies that did.')]


class DayRange(Struct):
    """
    The days on which something may have occurred.
    """

    earliest: Annotated[date, Meta(description='The first of them; null: open or unknown.')] | None
    latest: Annotated[date, Meta(description='The last of them; null: unknown.')] | None


class DeliveryStep(Struct):
    """
    The curve of delivery from an age on, until the next step.
    """

    months: Annotated[
        int, Meta(description='The age of the first leg, in whole months.')
    ]
    at_risk: Annotated[
        int,
        Meta(description='How many deals were left just before it: the denominator.'),
    ]
    delivered: Annotated[
        int, Meta(description='How many of them came to produce at it.')
    ]
    ended: Annotated[
        int, Meta(description='How many ended at it before they produced.')
    ]
    open: Annotated[int, Meta(description='How many are open and no older.')]
    incidence: Annotated[
        float,
        Meta(
            description='Share that produces by then, the end competing (Aalen-Johansen); four decimals.'
        ),
    ]
    low: Annotated[float, Meta(description='Lower end of the 95% band, log(-log); null: nothing has happened yet, or all has.')] | None
    high: Annotated[float, Meta(description='Upper end of the 95% band, log(-log); null: nothing has happened yet, or all has.')] | None
    incidence_ended: Annotated[
        float, Meta(description='Share that has ended before by then; four decimals.')
    ]


class DemandFigure(Struct):
    """
    What a country states that it needs, uses or means to reach in a year, or something beside that.
    """

    country: Annotated[str, Meta(description='ISO 3166-1 alpha-2, or EU.')]
    commodity: Annotated[str, Meta(description='The commodity.')]
    metric: Annotated[str, Meta(description='What is measured, as in annual demand.')]
    value: Annotated[str, Meta(description='As given.')]
    unit: Annotated[str, Meta(description='As given.')]
    year: Annotated[int, Meta(description='The year that it is of.')]
    fiscal: Annotated[bool, Meta(description='Whether that is a fiscal year.')]
    low: Annotated[float, Meta(description='The value in the unit of the row, its lower end of a range; null: it is not comparable.')] | None
    high: Annotated[float, Meta(description='Its upper end.')] | None
    detail: Annotated[str, Meta(description='What the source says beside it.')]
    source: Annotated[str, Meta(description='Who says so.')]
    basis: Annotated[str, Meta(description='page, seed, known or secondary.')]
    confidence: Annotated[str, Meta(description='high, medium or low.')]


class DemandItem(Struct):
    """
    What a country needs, uses, or means to reach of a commodity in a year.
    """

    line: Annotated[
        int, Meta(description='The line of its file, of which the header is the first.')
    ]
    source: Annotated[str, Meta(description='Where it was read.')]
    basis: Annotated[
        str,
        Meta(
            description='`page`: a page says so; `seed`: the article that Steppe comes from; `known`: public record, not looked up again; `secondary`: a page that repeats another.',
            examples=['known', 'page', 'secondary', 'seed'],
        ),
    ]
    confidence: Annotated[
        str, Meta(description='How sure it is.', examples=['high', 'low', 'medium'])
    ]
    country: Annotated[str, Meta(description='ISO 3166-1 alpha-2.')]
    commodity: Annotated[str, Meta(description='The commodity.')]
    metric: Annotated[
        str, Meta(description='What the figure is, as in reactor requirement.')
    ]
    value: Annotated[str, Meta(description='As the source gives it; empty: no figure.')]
    low: Annotated[str, Meta(description='Its lower end; null: it is no number.')] | None
    high: Annotated[str, Meta(description='Its upper end; null: it is no number.')] | None
    unit: Annotated[str, Meta(description='Its unit, as in tU/yr.')]
    year: Annotated[int, Meta(description='The year.')]
    fiscal: Annotated[bool, Meta(description='Whether that is a fiscal year.')]
    detail: Annotated[str, Meta(description='What the source says besides.')]


class DisplacedDeal(Struct):
    """
    A deal that was overtaken, and by whom.
    """

    project: Annotated[str, Meta(description='The project.')]
    deal: Annotated[str, Meta(description='The deal.')] | None
    nations: Annotated[
        list[str],
        Meta(
            description='The home countries of those who pursue it, ISO 3166-1 alpha-2, alphabetical; empty: none is known.'
        ),
    ]
    since: Annotated[date, Meta(description='Since when.')]
    groups: Annotated[list[str], Meta(description='The groups of companies that did.')]
    tier: Annotated[str, Meta(description='Whether rivals got the same asset or the market.')] | None
    by: Annotated[
        list[CrossingItem],
        Meta(
            description='Who overtook it; it may be in another market that the project is in.'
        ),
    ]


class DonorOfYear(Struct):
    """
    What one donor disbursed in a year.
    """

    rank: Annotated[
        int,
        Meta(
            description='1: the first donor of the year, of those that the series name. Equal amounts share it.'
        ),
    ]
    donor: Annotated[
        str,
        Meta(description='Who gives: ISO 3166-1 alpha-2, or the words of the source.'),
    ]
    usd: Annotated[str, Meta(description='In US dollars of the year.')]
    series: Annotated[str, Meta(description='The series that says so.')]
    line: Annotated[int, Meta(description='Its line there.')]


class Ended(Struct):
    """
    When and how something ended.
    """

    on: Annotated[date, Meta(description='The first day on which it no longer held.')]
    on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    how: Annotated[str, Meta(description='How, as in withdrawn or expired; null: nobody said.')] | None


class EndedSpells(Struct):
    """
    The spells that ended.
    """

    count: Annotated[int, Meta(description='Of how many.')]
    lower: Annotated[float, Meta(description='The lower quartile, in whole months, linear between two; null: of none.')] | None
    median: Annotated[float, Meta(description='The median, in whole months, linear between two; null: of none.')] | None
    upper: Annotated[float, Meta(description='The upper quartile, in whole months, linear between two; null: of none.')] | None
    rose: Annotated[int, Meta(description='How many by a rise to another level.')]
    fell: Annotated[int, Meta(description='How many by a fall to another level.')]
    deal_ended: Annotated[int, Meta(description='How many with the deal.')]


class ExplanationText(Struct):
    """
    A project in plain English, one to three sentences each, with the figures of the day.
    """

    stands: Annotated[str, Meta(description='Where it stands.')]
    missing: Annotated[str, Meta(description='What is missing.')]
    next: Annotated[str, Meta(description='What happens next, and when.')]


class FactorItem(Struct):
    """
    What one of a unit is in its base unit.
    """

    commodity: Annotated[str, Meta(description='The commodity; null: whatever it is.')] | None
    unit: Annotated[str, Meta(description='The unit.')]
    base: Annotated[str, Meta(description='Its base unit.')]
    factor: Annotated[str, Meta(description='Decimal text.')]
    source: Annotated[str, Meta(description='Who says so.')]


class Figure(Struct):
    """
    What one event says.
    """

    event: Annotated[str, Meta(description='The event, source#id.')]
    value: Annotated[
        str,
        Meta(description='How much, as the event says; what is taken off has no sign.'),
    ]


class FirstMemorandum(Struct):
    """
    The deal that signed first.
    """

    project: Annotated[str, Meta(description='The project.')]
    deal: Annotated[str, Meta(description='The deal.')]
    nations: Annotated[
        list[str],
        Meta(
            description='The home countries of those who pursue it, ISO 3166-1 alpha-2, alphabetical; empty: none is known.'
        ),
    ]
    on: Annotated[date, Meta(description='The latest day on which it may have signed.')]
    on_earliest: Annotated[date, Meta(description='The earliest; null: open or unknown.')] | None
    on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None


class FirstMover(Struct):
    """
    A deal that was the first of its market.
    """

    project: Annotated[str, Meta(description='The project.')]
    deal: Annotated[str, Meta(description='The deal.')]
    nations: Annotated[
        list[str],
        Meta(
            description='The home countries of who pursues it, on that day, alphabetical.'
        ),
    ]
    on: Annotated[date, Meta(description='The latest day.')]
    on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None


class Firsts(Struct):
    """
    Who was first in the market; several when they were on the same day.
    """

    memorandum: Annotated[list[FirstMemorandum], Meta(description='Who signed first.')]
    bound: Annotated[
        list[CrossingItem],
        Meta(description='Who was bound first, whether it still holds.'),
    ]


class FlagChange(Struct):
    """
    What a flag did on a day.
    """

    on: Annotated[date, Meta(description='The day.')]
    flag: Annotated[str, Meta(description="The flag's name.")]
    deal: Annotated[str, Meta(description="The deal; null: the flag is the project's own.")] | None
    transition: Annotated[
        str,
        Meta(
            description='What it did.',
            examples=['raised', 'escalated', 'eased', 'cleared'],
        ),
    ]
    change: Annotated[
        str,
        Meta(
            description='Use `transition`.',
            examples=['raised', 'escalated', 'eased', 'cleared'],
        ),
    ]
    severity: Annotated[str, Meta(description='The severity it has since; null: it no longer stands.', examples=['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'])] | None


class FlagClock(Struct):
    """
    The clock that raised a flag.
    """

    name: Annotated[
        str,
        Meta(
            description='Which clock: memorandum, silence, step, or that of the flag.'
        ),
    ]
    started: Annotated[
        date, Meta(description='The latest day on which it may have started.')
    ]
    started_earliest: Annotated[date, Meta(description='The earliest such day; null: open or unknown.')] | None
    started_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    age_months: Annotated[
        int,
        Meta(
            description='Whole months since the start, at least; as of the day that is judged.'
        ),
    ]
    age_months_most: Annotated[int, Meta(description='Whole months since the start, at most; null: unknown.')] | None
    threshold_months: Annotated[int, Meta(description='The age in months at which the flag got its severity; null: by no age.')] | None


class FlagCounts(Struct):
    """
    On how many deals of a market each flag stands.
    """

    displaced: Annotated[int, Meta(description='Deals that were overtaken.')]
    crowded: Annotated[
        int, Meta(description='Deals in a market where others were bound of late.')
    ]
    memorandum_only: Annotated[dict[str, int], Meta(description='Deals with only paper, by severity.')] = field(
        name='memorandum-only'
    )


class FlagName(Struct):
    """
    A flag that stands.
    """

    flag: Annotated[str, Meta(description="The flag's name.")]
    severity: Annotated[
        str,
        Meta(
            description='How severe it is.',
            examples=['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'],
        ),
    ]


class FlagOfDeal(Struct):
    """
    A flag of one severity.
    """

    flag: Annotated[str, Meta(description="The flag's name.")]
    deal: Annotated[str, Meta(description="The deal; null: the flag is the project's own.")] | None
    severity: Annotated[
        str,
        Meta(
            description='The severity.',
            examples=['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'],
        ),
    ]


class ForumItem(Struct):
    """
    A summit or visit at which papers were signed.
    """

    key: Annotated[str, Meta(description='The key of the forum.')]
    forum: Annotated[str, Meta(description='Use `key`.')]
    name: Annotated[str, Meta(description='Its name; null: nobody said.')] | None
    place: Annotated[str, Meta(description='Where it was held; null: nobody said.')] | None
    countries: Annotated[
        list[str], Meta(description='Who took part, ISO 3166-1 alpha-2, alphabetical.')
    ]
    held: Annotated[DayRange, Meta(description='When it was held.')]
    projects: Annotated[
        int, Meta(description='How many projects have an event that names it.')
    ]


class ForumList(Struct):
    """
    One page of forums.
    """

    next_cursor: Annotated[str, Meta(description='Give it as cursor= for the next page; null: this is the last one.')] | None
    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    position: Annotated[
        str,
        Meta(
            description='The prefix of the log that the page reflects, as in 0:41,3:7.'
        ),
    ]
    items: Annotated[list[ForumItem], Meta(description='The forums, the latest first.')]


class ForumRowItem(Struct):
    """
    A row that names the forum and puts no deal into its cohort.
    """

    project: Annotated[str, Meta(description='The project.')]
    project_name: Annotated[str, Meta(description='Its name; null: not registered.')] | None
    deal: Annotated[str, Meta(description='The deal; null: of the project.')] | None
    event: Annotated[str, Meta(description='The event, as source#id.')]
    name: Annotated[str, Meta(description='What it is, as in intent.announced.')]
    on: Annotated[date, Meta(description='The latest day on which it occurred.')]
    on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    why: Annotated[
        str,
        Meta(
            description='Why: it only announces, binds, repeats a document, builds, is a treaty, names no deal.',
            examples=['announcement', 'binding', 'part-of', 'physical', 'treaty', 'without-deal', 'other'],
        ),
    ]


class ForumValue(Struct):
    """
    Money of the deals that announced a sum, in one currency. Nothing is converted.
    """

    currency: Annotated[str, Meta(description='ISO 4217.')]
    announced: Annotated[
        str, Meta(description='The largest sum of each deal among its papers there.')
    ]
    bound: Annotated[str, Meta(description='What has been bound of those deals since.')]
    share: Annotated[float, Meta(description='Bound over announced, four decimals; null: nothing was announced.')] | None


class GroupYear(Struct):
    """
    A calendar year of a group of countries and a commodity.
    """

    year: Annotated[int, Meta(description='The calendar year.')]
    bound: Annotated[
        float,
        Meta(
            description="What is delivered on the days on which a buyer's country belonged; each contract once."
        ),
    ]
    contracts: Annotated[
        int, Meta(description='How many contracts deliver on such days.')
    ]


class Halt(Struct):
    """
    A partition that cannot go on.
    """

    reason: Annotated[str, Meta(description='In one word.')]
    message: Annotated[str, Meta(description='In a sentence.')]
    since: Annotated[datetime, Meta(description='Since when.')]
    partition: Annotated[int, Meta(description='The partition; -1: all of them.')]


class HaltReason(Struct):
    """
    Why a partition cannot go on.
    """

    reason: Annotated[str, Meta(description='In one word.')]
    message: Annotated[str, Meta(description='In a sentence.')]
    since: Annotated[datetime, Meta(description='Since when.')]


class HeadlineItem(Struct):
    """
    What a project is headed with: its memorandum-only flag.
    """

    flag: Annotated[str, Meta(description="The flag's name.")]
    severity: Annotated[
        str,
        Meta(
            description='How severe it is.',
            examples=['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'],
        ),
    ]
    certainty: Annotated[
        str,
        Meta(
            description='Whether the severity is certain, or only possible.',
            examples=['certain', 'possible'],
        ),
    ]
    since: Annotated[date, Meta(description='Since when it stands at this severity.')]


class Hold(Struct):
    """
    A hold on a deal: flags show no more than when it began.
    """

    since: Annotated[date, Meta(description='The first day of the unbroken run of holds.')] | None
    until: Annotated[date, Meta(description='The day on which it is free again; null: nobody said.')] | None
    until_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    until_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None


class LeftOut(Struct):
    """
    What is in no curve. The lists as asked with include=deals.
    """

    bound_before: Annotated[
        int,
        Meta(
            description='Deals with a valid leg before their first paper: never at risk.'
        ),
    ]
    papers_without_deal: Annotated[
        int, Meta(description='Papers that name no deal and nobody who pursues one.')
    ]
    deals: (
        Annotated[list[ConversionDeal], Meta(description='Those deals.')] | UnsetType
    ) = UNSET
    papers: Annotated[list[str], Meta(description='Those papers.')] | UnsetType = UNSET


class LegItem(Struct):
    """
    One leg of a deal: something that binds, or did.
    """

    leg: Annotated[
        str,
        Meta(
            description='Which leg.',
            examples=['equity', 'offtake', 'debt', 'grant', 'guarantee', 'rights', 'works', 'investment', 'unknown'],
        ),
    ]
    right: Annotated[str, Meta(description='Of a leg of rights: which, as in mining; else null.')] | None
    since: Annotated[date, Meta(description='Since when it binds.')]
    since_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    since_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    valid: Annotated[bool, Meta(description='Whether it binds on the day.')]
    ended: Annotated[Ended, Meta(description='When and how it ended; null: it has not.')] | None
    ended_on: Annotated[date, Meta(description='Use `ended`.')] | None
    ended_how: Annotated[str, Meta(description='Use `ended`.')] | None
    conditional: Annotated[
        bool, Meta(description='Whether it still depends on conditions.')
    ]
    long_stop: Annotated[date, Meta(description='The day by which the conditions must be met; null: none is named.')] | None
    long_stop_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    long_stop_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    inferred: Annotated[
        bool,
        Meta(
            description='Whether it is inferred from a later event, as a loan from its disbursement.'
        ),
    ]
    holders: Annotated[list[str], Meta(description='Who holds it, alphabetical.')]
    events: Annotated[
        list[str], Meta(description='The events that bind it, each as source#id.')
    ]


class LegMoney(Struct):
    """
    What of a promise is of one leg and currency.
    """

    leg: Annotated[
        str,
        Meta(
            description='The leg.',
            examples=['equity', 'offtake', 'debt', 'grant', 'guarantee', 'rights', 'works', 'investment', 'unknown'],
        ),
    ]
    currency: Annotated[str, Meta(description='ISO 4217.')]
    bound: Annotated[
        str, Meta(description='What has been bound since, less reductions.')
    ]
    disbursed: Annotated[
        str, Meta(description='What has been paid since, less what came back.')
    ]


class LegOfDeal(Struct):
    """
    A leg, with its deal.
    """

    leg: Annotated[
        str,
        Meta(
            description='Which leg.',
            examples=['equity', 'offtake', 'debt', 'grant', 'guarantee', 'rights', 'works', 'investment', 'unknown'],
        ),
    ]
    right: Annotated[str, Meta(description='Of a leg of rights: which, as in mining; else null.')] | None
    since: Annotated[date, Meta(description='Since when it binds.')]
    since_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    since_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    valid: Annotated[bool, Meta(description='Whether it binds on the day.')]
    ended: Annotated[Ended, Meta(description='When and how it ended; null: it has not.')] | None
    ended_on: Annotated[date, Meta(description='Use `ended`.')] | None
    ended_how: Annotated[str, Meta(description='Use `ended`.')] | None
    conditional: Annotated[
        bool, Meta(description='Whether it still depends on conditions.')
    ]
    long_stop: Annotated[date, Meta(description='The day by which the conditions must be met; null: none is named.')] | None
    long_stop_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    long_stop_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    inferred: Annotated[
        bool,
        Meta(
            description='Whether it is inferred from a later event, as a loan from its disbursement.'
        ),
    ]
    holders: Annotated[list[str], Meta(description='Who holds it, alphabetical.')]
    events: Annotated[
        list[str], Meta(description='The events that bind it, each as source#id.')
    ]
    deal: Annotated[str, Meta(description='The deal.')]


class Liveness(Struct):
    """
    That the process works.
    """

    status: Annotated[str, Meta(description='It does.', examples=['live'])]


class LogIdentity(Struct):
    """
    Which log the read models are made from.
    """

    cluster: Annotated[str, Meta(description='The id of the Kafka cluster.')]
    partitions: Annotated[int, Meta(description='How many partitions the topic has.')]
    first_seen: Annotated[datetime, Meta(description='When it was first read.')]
    adopted_by: Annotated[str, Meta(description='Who accepted it in place of another log; null: it is the first.')] | None
    reason: Annotated[str, Meta(description='Why; null: it is the first.')] | None


class LogPlace(Struct):
    """
    Where a record stands in the log.
    """

    topic: Annotated[str, Meta(description='The topic.')]
    partition: Annotated[int, Meta(description='The partition.')]
    offset: Annotated[int, Meta(description='The offset.')]
    position: Annotated[str, Meta(description='Both, partition:offset.')]


class MarkItem(Struct):
    """
    How somebody else counted what became of papers.
    """

    line: Annotated[
        int, Meta(description='The line of its file, of which the header is the first.')
    ]
    source: Annotated[str, Meta(description='Where it was read.')]
    basis: Annotated[
        str,
        Meta(
            description='`page`: a page says so; `seed`: the article that Steppe comes from; `known`: public record, not looked up again; `secondary`: a page that repeats another.',
            examples=['known', 'page', 'secondary', 'seed'],
        ),
    ]
    confidence: Annotated[
        str, Meta(description='How sure it is.', examples=['high', 'low', 'medium'])
    ]
    mark: Annotated[str, Meta(description='Its key, as in uttar-pradesh-2018.')]
    title: Annotated[str, Meta(description='Whose papers they are.')]
    counted: Annotated[int, Meta(description='How many they counted.')]
    of: Annotated[int, Meta(description='Of how many; null: they do not say.')] | None
    months: Annotated[int, Meta(description='How old the papers were, in whole months; null: of several years.')] | None
    level: Annotated[str, Meta(description='The lowest level of a deal that comes near their definition; null: whatever has not ended.', examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'])] | None
    definition: Annotated[str, Meta(description='What they count.')]


class MarketChange(Struct):
    """
    A flag of another project that comes otherwise because of what happens in its market.
    """

    project: Annotated[str, Meta(description='The project.')]
    deal: Annotated[str, Meta(description="The deal; null: the flag is the project's own.")] | None
    flag: Annotated[str, Meta(description='The flag, as in crowded.')]
    before: Annotated[str, Meta(description='Its severity before the events; null: it did not stand.', examples=['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'])] | None
    after: Annotated[str, Meta(description='Its severity after the events; null: it no longer stands.', examples=['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'])] | None


class MarketDeal(Struct):
    """
    A deal of the market.
    """

    project: Annotated[str, Meta(description='The project.')]
    deal: Annotated[str, Meta(description='The deal.')]
    level: Annotated[str, Meta(description='How far it has come; null: it has ended.', examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'])] | None
    highest_level: Annotated[
        str,
        Meta(
            description='How far it ever came.',
            examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'],
        ),
    ]
    ended: Annotated[Ended, Meta(description='When and how it ended; null: it lives.')] | None
    pursuers: Annotated[
        list[str], Meta(description='The parties that pursue it, alphabetical.')
    ]
    bound_on: Annotated[date, Meta(description='The day on which something first bound; null: nothing has.')] | None
    bound_on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    bound_on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    memorandum_since: Annotated[date, Meta(description='The day of its first paper; null: there is none.')] | None
    memorandum_since_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    memorandum_since_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    paper_only: Annotated[bool, Meta(description='Whether it has nothing but paper.')]
    flags: Annotated[list[FlagName], Meta(description='The flags that stand on it.')]


class MarketHistory(Struct):
    """
    Who was first in a market, and who overtook whom, over time. Umbrellas and programmes are in none.
    """

    country: Annotated[str, Meta(description='ISO 3166-1 alpha-2.')]
    commodity: Annotated[str, Meta(description='The commodity.')]
    first_paper: Annotated[
        list[FirstMover],
        Meta(description='Whose paper was the first; several on one day.'),
    ]
    first_bound: Annotated[
        list[FirstMover],
        Meta(
            description='Who bound first, whether it still holds; several on one day.'
        ),
    ]
    overtakings: Annotated[
        int, Meta(description='How many of `overtakings` are of its projects.')
    ]


class MarketProject(Struct):
    """
    A project of the market.
    """

    key: Annotated[str, Meta(description='The key of the project.')]
    name: Annotated[str, Meta(description='Its name; null: not registered.')] | None
    sector: Annotated[str, Meta(description='Its sector; null: not registered.', examples=['mining', 'processing', 'energy', 'transport', 'resilience', 'human-capital', 'other'])] | None
    kind: Annotated[str, Meta(description='What it is, as in deposit; null: not registered.')] | None
    level: Annotated[
        str,
        Meta(
            description='How far it has come.',
            examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'],
        ),
    ]
    overlays: Annotated[
        list[str], Meta(description='What lies over its level, alphabetical.')
    ]
    headline: Annotated[HeadlineItem, Meta(description='Its memorandum-only flag; null: it has none.')] | None


class MarketSummary(Struct):
    """
    A market: a country and a commodity that has projects. Deals are living ones.
    """

    bound: Annotated[int, Meta(description='Deals above the binding line.')]
    paper_only: Annotated[int, Meta(description='Deals with nothing but paper.')]
    deals_by_level: Annotated[dict[str, int], Meta(description='Deals at each level.')]
    country: Annotated[str, Meta(description='ISO 3166-1 alpha-2.')]
    commodity: Annotated[str, Meta(description='The commodity.')]
    projects: Annotated[int, Meta(description='Projects.')]
    deals: Annotated[int, Meta(description='Living deals.')]
    nations_bound: Annotated[
        list[str],
        Meta(
            description='Nations with a bound deal, ISO 3166-1 alpha-2, alphabetical.'
        ),
    ]
    nations_paper_only: Annotated[
        list[str], Meta(description='Nations that have only paper, alphabetical.')
    ]
    deals_of_unknown_nation: Annotated[
        int, Meta(description='Deals of parties whose home is not known.')
    ]
    first_bound_on: Annotated[date, Meta(description='When something first bound here; null: nothing has.')] | None
    first_bound_on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    first_bound_on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    flags: Annotated[
        FlagCounts, Meta(description='On how many deals each flag stands.')
    ]


class MembershipItem(Struct):
    """
    That a country belongs to a group.
    """

    line: Annotated[
        int, Meta(description='The line of its file, of which the header is the first.')
    ]
    source: Annotated[str, Meta(description='Where it was read.')]
    basis: Annotated[
        str,
        Meta(
            description='`page`: a page says so; `seed`: the article that Steppe comes from; `known`: public record, not looked up again; `secondary`: a page that repeats another.',
            examples=['known', 'page', 'secondary', 'seed'],
        ),
    ]
    confidence: Annotated[
        str, Meta(description='How sure it is.', examples=['high', 'low', 'medium'])
    ]
    group: Annotated[str, Meta(description='The group, as in quad.')]
    member: Annotated[
        str, Meta(description='ISO 3166-1 alpha-2; EU is the European Union.')
    ]
    first: Annotated[date, Meta(description='Since when; null: from whenever the group is.')] | None
    until: Annotated[date, Meta(description='The first day on which it no longer is a member; null: it is one.')] | None


class MemorandumClock(Struct):
    """
    The clock of paper; once stopped it may go on from the same start.
    """

    name: Annotated[
        str,
        Meta(
            description='Which clock: memorandum, silence, step, or that of the flag.'
        ),
    ]
    started: Annotated[
        date, Meta(description='The latest day on which it may have started.')
    ]
    started_earliest: Annotated[date, Meta(description='The earliest such day; null: open or unknown.')] | None
    started_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    age_months: Annotated[
        int,
        Meta(
            description='Whole months since the start, at least; as of the day that is judged.'
        ),
    ]
    age_months_most: Annotated[int, Meta(description='Whole months since the start, at most; null: unknown.')] | None
    running: Annotated[
        bool, Meta(description='Whether it runs: the deal has nothing but paper.')
    ]


class Money(Struct):
    """
    The sums of one leg of a deal in one currency. Nothing is converted, nothing counted twice.
    """

    deal: Annotated[str, Meta(description='The deal; null: of the project.')] | None
    leg: Annotated[
        str,
        Meta(
            description='The leg.',
            examples=['equity', 'offtake', 'debt', 'grant', 'guarantee', 'rights', 'works', 'investment', 'unknown'],
        ),
    ]
    currency: Annotated[str, Meta(description='ISO 4217.')]
    committed: Annotated[str, Meta(description='What was committed.')]
    disbursed: Annotated[str, Meta(description='What was disbursed.')]


class MoneyRowItem(Struct):
    """
    What an event moves a sum by.
    """

    event: Annotated[str, Meta(description='An event, as source#id.')]
    project: Annotated[str, Meta(description='The project.')]
    project_name: Annotated[str, Meta(description='Its name; null: not registered.')] | None
    deal: Annotated[str, Meta(description='The deal; null: it names none, and is in no sum.')] | None
    umbrella: Annotated[
        bool, Meta(description='Whether its project is an umbrella or a programme.')
    ]
    leg: Annotated[
        str,
        Meta(
            description='The leg.',
            examples=['equity', 'offtake', 'debt', 'grant', 'guarantee', 'rights', 'works', 'investment', 'unknown'],
        ),
    ]
    of: Annotated[
        str,
        Meta(description='Which sum it moves.', examples=['committed', 'disbursed']),
    ]
    value: Annotated[
        str,
        Meta(
            description='By how much: of a total the difference; less than nothing: taken off.'
        ),
    ]
    in_force: Annotated[
        str, Meta(description='By how much it moves what valid legs commit.')
    ]
    currency: Annotated[str, Meta(description='ISO 4217.')]
    converted: Annotated[str, Meta(description='`value` in `currency` of the answer; null: it could not be converted.')] | None
    converted_in_force: Annotated[str, Meta(description='`in_force` likewise.')] | None
    not_converted: Annotated[str, Meta(description='Why not; null: it was.')] | None
    year: Annotated[
        int, Meta(description='The year of its latest day, whose rate it takes.')
    ]
    on: Annotated[date, Meta(description='Its latest day.')]
    on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    givers: Annotated[
        list[str],
        Meta(description='Who gives; of works the contractors, of offtake the buyers.'),
    ]
    donors: Annotated[
        list[str],
        Meta(
            description='Home countries on the day, ISO 3166-1 alpha-2; a bank of several states by its key; empty: nobody said.'
        ),
    ]
    recipients: Annotated[
        list[str],
        Meta(
            description="The countries of hosts that are governments, agencies or state companies, else the project's."
        ),
    ]
    programme: Annotated[str, Meta(description='The programme that it names; null: none.')] | None
    forum: Annotated[str, Meta(description='The forum that it names; null: none.')] | None


class MoneySum(Struct):
    """
    Money of one currency.
    """

    currency: Annotated[str, Meta(description='ISO 4217.')]
    committed: Annotated[
        str, Meta(description='What was ever committed, less reductions.')
    ]
    disbursed: Annotated[
        str, Meta(description='What was disbursed, less what came back.')
    ]
    in_force: Annotated[
        str,
        Meta(
            description='Of what was committed, what legs that are valid on the day commit.'
        ),
    ]


class NationItem(Struct):
    """
    A nation with its deals in the market.
    """

    bound: Annotated[int, Meta(description='Deals above the binding line.')]
    paper_only: Annotated[int, Meta(description='Deals with nothing but paper.')]
    deals_by_level: Annotated[dict[str, int], Meta(description='Deals at each level.')]
    nation: Annotated[str, Meta(description='ISO 3166-1 alpha-2; null: the deals of parties whose home is not known.')] | None
    deals: Annotated[
        list[MarketDeal],
        Meta(
            description='Its deals on this page of the market, the furthest first and ended ones last.'
        ),
    ]


class NextRise(Struct):
    """
    The first flag that becomes more severe if nothing else occurs.
    """

    flag: Annotated[str, Meta(description="The flag's name.")]
    deal: Annotated[str, Meta(description="The deal; null: the flag is the project's own.")] | None
    severity: Annotated[str, Meta(description='The severity it will have.', examples=['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'])] | None
    on: Annotated[date, Meta(description='The day on which it gets it.')]


class NextSeverity(Struct):
    """
    What a flag becomes if nothing else occurs.
    """

    severity: Annotated[
        str,
        Meta(
            description='The severity it will have.',
            examples=['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'],
        ),
    ]
    on: Annotated[date, Meta(description='The first day on which it has it.')]


class NotConverted(Struct):
    """
    Money that has no rate of the pledge's year.
    """

    of: Annotated[
        str,
        Meta(
            description='What it is of.', examples=['announced', 'bound', 'disbursed']
        ),
    ]
    currency: Annotated[str, Meta(description='ISO 4217.')]
    year: Annotated[
        int, Meta(description="The pledge's year, of which a rate is missing.")
    ]
    value: Annotated[str, Meta(description='How much.')]


class NotSummed(Struct):
    """
    An amount that is in no sum, because of what it is of.
    """

    event: Annotated[str, Meta(description='An event, as source#id.')]
    project: Annotated[str, Meta(description='The project.')]
    deal: Annotated[str, Meta(description='The deal; null: it names none.')] | None
    of: Annotated[
        str,
        Meta(
            description='What the amount is of.',
            examples=['claim', 'portfolio', 'project-cost'],
        ),
    ]
    value: Annotated[str, Meta(description='How much.')]
    currency: Annotated[str, Meta(description='ISO 4217.')]
    year: Annotated[int, Meta(description='The year of its latest day.')]
    donors: Annotated[
        list[str],
        Meta(
            description='Home countries on the day, ISO 3166-1 alpha-2; a bank of several states by its key; empty: nobody said.'
        ),
    ]
    recipients: Annotated[list[str], Meta(description='As of rows.')]
    programme: Annotated[str, Meta(description='The programme that it names; null: none.')] | None
    forum: Annotated[str, Meta(description='The forum that it names; null: none.')] | None


class Occurred(Struct):
    """
    When an event occurred.
    """

    text: Annotated[str, Meta(description='As it was said, in EDTF; null: nothing was said.')] | None
    earliest: Annotated[date, Meta(description='The earliest day it may have been; null: open or unknown.')] | None
    latest: Annotated[date, Meta(description='The latest such day; null: unknown.')] | None
    narrowed_by: Annotated[str, Meta(description='The event, source#id, that ends what this one begins: it counts as having occurred by then; null: none.')] | None


class Offtake(Struct):
    """
    An offtake contract with its terms as amended.
    """

    deal: Annotated[str, Meta(description='The deal; null: of the project.')] | None
    offtakers: Annotated[list[str], Meta(description='Who buys, alphabetical.')]
    commodity: Annotated[str, Meta(description='What is bought; null: nobody said.')] | None
    volume: Annotated[float, Meta(description='How much, in `unit` per `per`; null: nobody said.')] | None
    unit: Annotated[str, Meta(description='Of the volume, as in t; null: nobody said.')] | None
    per: Annotated[str, Meta(description='Of the volume, as in year; null: nobody said.')] | None
    term_years: Annotated[float, Meta(description='For how many years; null: nobody said.')] | None
    starts_on: Annotated[str, Meta(description='The first day, as sent; null: nobody said.')] | None
    ends_on: Annotated[str, Meta(description='The last day, as sent; null: nobody said.')] | None
    valid: Annotated[bool, Meta(description='Whether it binds on the day.')]
    event: Annotated[str, Meta(description='The event that signed it, source#id.')]


class PaperAge(Struct):
    """
    A paper whose clock runs.
    """

    project: Annotated[str, Meta(description='The project.')]
    deal: Annotated[str, Meta(description='The deal.')]
    umbrella: Annotated[
        bool,
        Meta(
            description='Whether its project is an umbrella or a programme, which is in no figure.'
        ),
    ]
    started: Annotated[
        date, Meta(description='The latest day of the first paper of the phase.')
    ]
    started_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    started_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    months: Annotated[int, Meta(description='Its age by that day.')]
    months_most: Annotated[
        int, Meta(description='Its age by the earliest day, where one is known.')
    ]


class PaperAges(Struct):
    """
    The ages of the papers whose clock runs.
    """

    count: Annotated[int, Meta(description='Of how many.')]
    lower: Annotated[float, Meta(description='The lower quartile, in whole months, linear between two; null: of none.')] | None
    median: Annotated[float, Meta(description='The median, in whole months, linear between two; null: of none.')] | None
    upper: Annotated[float, Meta(description='The upper quartile, in whole months, linear between two; null: of none.')] | None
    histogram: Annotated[
        list[AgeBar], Meta(description='By 12 months, from the youngest.')
    ]
    papers: Annotated[
        list[PaperAge], Meta(description='Each of them, by project and deal.')
    ]


class PaperDeal(Struct):
    """
    A deal that has nothing but paper.
    """

    project: Annotated[str, Meta(description='The project.')]
    deal: Annotated[str, Meta(description='The deal.')]


class PaperRow(Struct):
    """
    Deals of a nation that have nothing but paper, on projects of a commodity. Papers state no volume.
    """

    country: Annotated[str, Meta(description='The home country of who pursues it, on the day; null: not known.')] | None
    commodity: Annotated[str, Meta(description='A commodity of the projects.')]
    deals: Annotated[list[PaperDeal], Meta(description='By project and deal.')]


class ParentItem(Struct):
    """
    A party that another belongs to.
    """

    party: Annotated[str, Meta(description='The parent.')]
    percent: Annotated[float, Meta(description='How much of it it holds; null: nobody said.')] | None


class PartItem(Struct):
    """
    A part of a project that is built and runs by itself.
    """

    part: Annotated[str, Meta(description='Its key within the project.')]
    name: Annotated[str, Meta(description='Its name; null: not registered.')] | None
    capacity: Annotated[CapacityItem, Meta(description='How much it puts out; null: not registered.')] | None


class PartitionStatus(Struct):
    """
    How one partition of the log is projected.
    """

    partition: Annotated[int, Meta(description='Its number.')]
    position: Annotated[int, Meta(description='The last offset that is applied; null: none is.')] | None
    next_offset: Annotated[int, Meta(description='The offset that is applied next.')]
    log_start: Annotated[int, Meta(description='The first offset that the log still has; null: unknown.')] | None
    log_end: Annotated[int, Meta(description='The offset that the next record will get; null: unknown.')] | None
    lag_events: Annotated[int, Meta(description='Records that are not applied; null: unknown.')] | None
    lag_seconds: Annotated[float, Meta(description='How long the oldest of them has been in the log, in seconds; null: unknown, or it waits for an open transaction.')] | None
    state: Annotated[
        str,
        Meta(
            description='How it fares.',
            examples=['halted', 'ahead-of-log', 'stuck', 'unknown', 'behind', 'caught-up'],
        ),
    ]
    halted: Annotated[HaltReason, Meta(description='Why it is halted; null: it is not.')] | None
    last_record_at: Annotated[datetime, Meta(description="The log's time of the last record applied; null: none is.")] | None
    applied_at: Annotated[
        datetime, Meta(description='When something was last committed.')
    ]
    quarantined: Annotated[int, Meta(description='Records that could not be applied.')]
    conflicts: Annotated[
        int, Meta(description='Other contents under a name that was taken.')
    ]


class PermitItem(Struct):
    """
    A permit in force.
    """

    permit: Annotated[str, Meta(description='Which, as in construction.')]
    part: Annotated[str, Meta(description='The part that it is of; null: the whole, or nobody said.')] | None
    since: Annotated[date, Meta(description='Since when it is in force.')]
    since_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    since_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    ends_on: Annotated[date, Meta(description='Its last day; null: nobody said one.')] | None
    ends_on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    ends_on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    event: Annotated[str, Meta(description='The event that granted it, source#id.')]


class PledgeRow(Struct):
    """
    A row that binds or moves money.
    """

    project: Annotated[str, Meta(description='The project.')]
    project_name: Annotated[str, Meta(description='Its name; null: not registered.')] | None
    deal: Annotated[str, Meta(description='The deal; null: of the project.')] | None
    event: Annotated[str, Meta(description='The event, as source#id.')]
    name: Annotated[str, Meta(description='What it is, as in loan.signed.')]
    on: Annotated[date, Meta(description='The latest day on which it occurred.')]
    on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    leg: Annotated[str, Meta(description='The leg of its money; null: it moves none.', examples=['equity', 'offtake', 'debt', 'grant', 'guarantee', 'rights', 'works', 'investment', 'unknown'])] | None
    of: Annotated[str, Meta(description='Which sum it moves; null: none.', examples=['bound', 'disbursed'])] | None
    currency: Annotated[str, Meta(description='ISO 4217; null: it moves no sum.')] | None
    change: Annotated[
        str,
        Meta(
            description='By how much it moves that sum: a total by its difference, a reduction by less than nothing.'
        ),
    ]
    uncounted: Annotated[str, Meta(description='Why it moves none: what its amount is of, it states none, or another document does; null: it counts.', examples=['claim', 'no-amount', 'part-of', 'portfolio', 'project-cost'])] | None
    programmes: Annotated[list[str], Meta(description='The programmes that it names.')]


class PledgesLeftOut(Struct):
    """
    What is in no sum.
    """

    without_amount: Annotated[
        list[str], Meta(description='Pledges that say no amount.')
    ]
    uncounted_rows: Annotated[
        int,
        Meta(
            description='How many rows under the pledges move no sum: see `uncounted` of each.'
        ),
    ]


class PortfolioAnswer(Struct):
    """
    How many projects stand where on a day.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    projects: Annotated[int, Meta(description='How many there are with these filters.')]
    above_the_line: Annotated[
        int, Meta(description='How many of them stand above the binding line.')
    ]
    by_level: Annotated[
        dict[str, int], Meta(description='How many stand at each level.')
    ]
    by_headline: Annotated[
        dict[str, int],
        Meta(description='How many have a headline of each severity, or none.'),
    ]
    facets: Annotated[
        dict[str, dict[str, int]],
        Meta(description='For each filter, how many projects each of its values has.'),
    ]


class PortfolioSum(Struct):
    """
    What a paper there says of a portfolio: it is compared with nothing.
    """

    project: Annotated[str, Meta(description='The project.')]
    project_name: Annotated[str, Meta(description='Its name; null: not registered.')] | None
    event: Annotated[str, Meta(description='The paper or pledge, as source#id.')]
    currency: Annotated[str, Meta(description='ISO 4217.')]
    value: Annotated[str, Meta(description='How much.')]


class ProjectOfNation(Struct):
    """
    What rows of one nation tell of a project.
    """

    project: Annotated[str, Meta(description='The project.')]
    told_up_to: Annotated[str, Meta(description='The last step of the chain that is told; null: none is, which is no finding.', examples=['mining', 'concentrate', 'separation', 'metal', 'component'])] | None
    running: Annotated[
        bool, Meta(description='Whether its works put something out on the day.')
    ]
    technology: Annotated[int, Meta(description='Rows of technology.')]
    training: Annotated[int, Meta(description='Rows of training.')]
    certification: Annotated[int, Meta(description='Rows of certificates.')]


class QuartilesItem(Struct):
    """
    Quartiles of some months.
    """

    count: Annotated[int, Meta(description='Of how many.')]
    lower: Annotated[float, Meta(description='The lower quartile, in whole months, linear between two; null: of none.')] | None
    median: Annotated[float, Meta(description='The median, in whole months, linear between two; null: of none.')] | None
    upper: Annotated[float, Meta(description='The upper quartile, in whole months, linear between two; null: of none.')] | None


class RateGap(Struct):
    """
    The years for which a currency has no rate.
    """

    currency: Annotated[str, Meta(description='ISO 4217.')]
    years: Annotated[
        list[int], Meta(description='Years without a rate, of those of the series.')
    ]


class RateItem(Struct):
    """
    An average exchange rate of a year.
    """

    line: Annotated[
        int, Meta(description='The line of its file, of which the header is the first.')
    ]
    source: Annotated[str, Meta(description='Where it was read.')]
    basis: Annotated[
        str,
        Meta(
            description='`page`: a page says so; `seed`: the article that Steppe comes from; `known`: public record, not looked up again; `secondary`: a page that repeats another.',
            examples=['known', 'page', 'secondary', 'seed'],
        ),
    ]
    confidence: Annotated[
        str, Meta(description='How sure it is.', examples=['high', 'low', 'medium'])
    ]
    currency: Annotated[str, Meta(description='ISO 4217.')]
    year: Annotated[int, Meta(description='The calendar year.')]
    per_usd: Annotated[str, Meta(description='Units of the currency per US dollar.')]
    detail: Annotated[str, Meta(description='What kind of average it is.')]


class Readiness(Struct):
    """
    That answers can be given, and how the projection stands.
    """

    status: Annotated[
        str,
        Meta(
            description='The database answers and has a read model.', examples=['ready']
        ),
    ]
    position: Annotated[
        str, Meta(description='The prefix of the log that answers reflect.')
    ]
    projection: Annotated[
        str,
        Meta(
            description='The state of the partition that fares worst.',
            examples=['halted', 'ahead-of-log', 'stuck', 'unknown', 'behind', 'caught-up'],
        ),
    ]


class RebuildStatus(Struct):
    """
    How far the rebuild is that is under way.
    """

    schema: Annotated[str, Meta(description='The database schema that is filled.')]
    phase: Annotated[str, Meta(description='What is being done.')]
    done: Annotated[int, Meta(description='How much of it is done.')]
    of: Annotated[int, Meta(description='How much there is to do; null: unknown.')] | None
    eta_seconds: Annotated[float, Meta(description='Seconds that this will still take; null: unknown.')] | None
    updated_at: Annotated[datetime, Meta(description='As of when.')]


class RegisterIdItem(Struct):
    """
    An id in another register.
    """

    scheme: Annotated[str, Meta(description='The register.')]
    id: Annotated[str, Meta(description='The id there.')]


class RegisterWord(Struct):
    """
    What another register would call the project's level.
    """

    code: Annotated[str, Meta(description='The code in that register; null: it has none for it.')] | None
    name: Annotated[str, Meta(description="The code's name.")] | None


class RetractionItem(Struct):
    """
    A retraction: what it takes back, why, and whether it holds.
    """

    event: Annotated[str, Meta(description='The retraction, source#id.')]
    subject: Annotated[
        str, Meta(description='Whose it is: a project, party:<key> or forum:<slug>.')
    ]
    target: Annotated[str, Meta(description='What it takes back, source#id.')]
    target_name: Annotated[str, Meta(description="The target's name, as in memorandum.signed; null: it was not known.")] | None
    target_deal: Annotated[str, Meta(description="The target's deal; null: it is of none, or was not known.")] | None
    reason: Annotated[str, Meta(description='Why; null: nobody said.')] | None
    state: Annotated[
        str,
        Meta(
            description='stands, retracted, parked (waits for its target) or refused (changes nothing).'
        ),
    ]
    because: Annotated[str, Meta(description='Why it is parked or refused; else null.')] | None
    retracted_by: Annotated[str, Meta(description='The retraction that takes this one back; null: none does.')] | None
    known: Annotated[datetime, Meta(description='When the world could know it.')]
    recorded: Annotated[datetime, Meta(description='When it was accepted here.')]
    position: Annotated[
        str, Meta(description='Where it stands in the log, partition:offset.')
    ]


class RetractionList(Struct):
    """
    One page of retractions.
    """

    next_cursor: Annotated[str, Meta(description='Give it as cursor= for the next page; null: this is the last one.')] | None
    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    position: Annotated[
        str,
        Meta(
            description='The prefix of the log that the page reflects, as in 0:41,3:7.'
        ),
    ]
    items: Annotated[
        list[RetractionItem], Meta(description='The retractions, by subject.')
    ]


class RuleChange(Struct):
    """
    What put a version in force.
    """

    version: Annotated[str, Meta(description='The version.')]
    in_force_from: Annotated[datetime, Meta(description='Since when.')]
    by: Annotated[str, Meta(description='By whom.')]
    reason: Annotated[str, Meta(description='Why; null: nobody said.')] | None
    projects: Annotated[int, Meta(description='How many projects were judged again.')]
    transitions: Annotated[int, Meta(description='How many flags came out otherwise.')]


class RuleOverride(Struct):
    """
    A rule that has another value somewhere.
    """

    rule: Annotated[str, Meta(description='The rule, as in silent.watch.')]
    value: Annotated[
        int,
        Meta(
            description="Its value there; months unless the rule's name says otherwise."
        ),
    ]
    level: (
        Annotated[
            str,
            Meta(
                description='Only of deals or projects at this level.',
                examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'],
            ),
        ]
        | UnsetType
    ) = UNSET
    commodity: (
        Annotated[str, Meta(description='Only of projects with this commodity.')]
        | UnsetType
    ) = UNSET
    sector: (
        Annotated[
            str,
            Meta(
                description='Only of projects of this sector.',
                examples=['mining', 'processing', 'energy', 'transport', 'resilience', 'human-capital', 'other'],
            ),
        ]
        | UnsetType
    ) = UNSET
    country: (
        Annotated[str, Meta(description='Only of projects in this country.')]
        | UnsetType
    ) = UNSET


class RuleVersion(Struct):
    """
    A version of the rules: every threshold by name.
    """

    version: Annotated[str, Meta(description='Its name, as in 2026-1.')]
    values: Annotated[
        dict[str, int],
        Meta(
            description='The value of each rule; months unless its name says otherwise.'
        ),
    ]
    overrides: Annotated[
        list[RuleOverride], Meta(description='Where a rule has another value.')
    ]
    note: Annotated[str, Meta(description='What was said when it was added; null: nothing.')] | None
    added_by: Annotated[str, Meta(description='By whom it was added.')]
    added_at: Annotated[datetime, Meta(description='When it was added.')]
    in_force_from: Annotated[
        list[datetime],
        Meta(description='When it came into force, the latest first; empty: never.'),
    ]


class RulesAnswer(Struct):
    """
    Every version of the rules, and what put them in force.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    in_force: Annotated[str, Meta(description='The version in force.')]
    items: Annotated[
        list[RuleVersion], Meta(description='The versions, the newest first.')
    ]
    changes: Annotated[
        list[RuleChange],
        Meta(
            description='The latest of what put a version in force, the newest first.'
        ),
    ]


class Said(Struct):
    """
    One time a promise was made.
    """

    event: Annotated[str, Meta(description='The event, as source#id.')]
    project: Annotated[str, Meta(description='The project of which it was said.')]
    on: Annotated[date, Meta(description='The latest day on which it was said.')]
    on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    forum: Annotated[str, Meta(description='The forum at which it was said; null: at none.')] | None
    currency: Annotated[str, Meta(description='ISO 4217.')]
    value: Annotated[str, Meta(description='How much it said.')]
    deadline: Annotated[str, Meta(description='By when, in EDTF; null: it did not say.')] | None


class ScorecardPoint(Struct):
    """
    How many of the cohort were strict and loose from an age on, until the next point.
    """

    months: Annotated[
        int, Meta(description="The age, in months since the forum's day.")
    ]
    strict: Annotated[int, Meta(description='How many were strict.')]
    loose: Annotated[int, Meta(description='How many were loose.')]


class SeriesItem(Struct):
    """
    A reference series: what it is, and where it comes from.
    """

    name: Annotated[str, Meta(description='The name of the series, as in oda_uz.')]
    kind: Annotated[
        str,
        Meta(
            description='What its rows are.',
            examples=['rates', 'aid', 'demand', 'groups', 'units', 'marks'],
        ),
    ]
    title: Annotated[str, Meta(description='What it has, in words.')]
    version: Annotated[str, Meta(description='Its edition.')]
    sha256: Annotated[str, Meta(description='The SHA-256 sum of its file.')]
    shipped: Annotated[
        bool,
        Meta(
            description="Whether it came with the release; false: it is the operator's."
        ),
    ]
    provenance: Annotated[str, Meta(description='Where it comes from.')]
    traps: Annotated[list[str], Meta(description='What to beware of.')]
    count: Annotated[int, Meta(description='How many rows it has.')]
    gaps: Annotated[
        list[RateGap],
        Meta(
            description='Of rates: the years without one, by currency; nothing stands in for them.'
        ),
    ]


class ShareBound(Struct):
    """
    What became of the first papers of some deals, as /v1/conversion counts them.
    """

    group: Annotated[str, Meta(description='The year of the first paper, or the nation; null: not known.')] | None
    deals: Annotated[int, Meta(description='How many deals.')]
    bound: Annotated[
        int, Meta(description='How many are bound, or ended after they had been.')
    ]
    ended: Annotated[int, Meta(description='How many ended unbound.')]
    open: Annotated[int, Meta(description='How many live without a valid leg.')]
    share: Annotated[float, Meta(description='Bound over deals, four decimals.')]


class Shown(Struct):
    """
    The beginning of a record's bytes, 2 KiB at most: one of the two.
    """

    text: Annotated[str, Meta(description='Where they are UTF-8.')] | UnsetType = UNSET
    hex: Annotated[str, Meta(description='Where they are not.')] | UnsetType = UNSET


class SpellItem(Struct):
    """
    Unbroken days of a deal at one level.
    """

    project: Annotated[str, Meta(description='The project.')]
    deal: Annotated[str, Meta(description='The deal.')]
    level: Annotated[
        str,
        Meta(
            description='The level.',
            examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'],
        ),
    ]
    began_on: Annotated[date, Meta(description='Its first day, by latest days.')]
    ended_on: Annotated[date, Meta(description='The first day on which it no longer was; null: it lasts.')] | None
    then: Annotated[str, Meta(description='What followed; null: it lasts.', examples=['rose', 'fell', 'ended'])] | None
    months: Annotated[
        int, Meta(description='Its whole months, of one that lasts by the day.')
    ]


class Stake(Struct):
    """
    A share that somebody holds by a valid equity leg.
    """

    deal: Annotated[str, Meta(description='The deal.')]
    party: Annotated[str, Meta(description='Who holds it.')]
    stake_percent: Annotated[float, Meta(description='Per cent of the whole; null: nobody said.')] | None
    since: Annotated[date, Meta(description='Since when the leg binds.')]
    since_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    since_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    event: Annotated[str, Meta(description='The event that said how much, source#id; null: none did.')] | None


class StoredRecord(Struct):
    """
    An event as the read model holds it.
    """

    state: Annotated[
        str,
        Meta(
            description='folded, registry, unknown (a type of a later release), held or given up.'
        ),
    ]
    known: Annotated[datetime, Meta(description='When the world could know it; null: it cannot be read.')] | None
    recorded: Annotated[datetime, Meta(description='When it was accepted here; null: it cannot be read.')] | None
    occurred: Annotated[DayRange, Meta(description='When it occurred.')]
    content_sha256: Annotated[
        str,
        Meta(
            description='The fingerprint of its content, in hex: by it a repeat is told from a conflict.'
        ),
    ]
    record: Annotated[
        Any, Meta(description='The value of the record as it stands in the log.')
    ]


class Sum(Struct):
    """
    Money of one currency.
    """

    currency: Annotated[str, Meta(description='ISO 4217.')]
    value: Annotated[str, Meta(description='How much.')]


class SupersededItem(Struct):
    """
    What stands in the place of a project whose key is no longer used.
    """

    by: Annotated[
        list[str],
        Meta(description='The projects that stand in its place, alphabetical.'),
    ]
    reason: Annotated[str, Meta(description='Why; null: nobody said.')] | None
    event: Annotated[str, Meta(description='The event that says so, source#id.')]


class SupplyContract(Struct):
    """
    An offtake contract, in a sum or not.
    """

    project: Annotated[str, Meta(description='The project.')]
    project_name: Annotated[str, Meta(description='Its name; null: not registered.')] | None
    umbrella: Annotated[
        bool,
        Meta(
            description='Whether the project is an umbrella or a programme, whose contracts are in `umbrellas`.'
        ),
    ]
    deal: Annotated[str, Meta(description='The deal.')] | None
    event: Annotated[str, Meta(description='The event that signed it, source#id.')]
    signed_on: Annotated[date, Meta(description='The latest day of the signing.')]
    signed_on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    signed_on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    commodity: Annotated[str, Meta(description='What is bought.')]
    offtakers: Annotated[
        list[str], Meta(description='Who buys, alphabetical; empty: nobody is named.')
    ]
    pursuers: Annotated[
        list[str], Meta(description='Who pursues its deal, alphabetical.')
    ]
    countries: Annotated[
        list[str],
        Meta(
            description='The home countries of the offtakers on the day of the signing, alphabetical.'
        ),
    ]
    volume: Annotated[float, Meta(description='As last amended; null: nobody said.')] | None
    unit: Annotated[str, Meta(description='Of the volume; null: nobody said.')] | None
    per: Annotated[str, Meta(description='year or total; null: nobody said.')] | None
    converted: Annotated[float, Meta(description='The volume in `base_unit`; null: it is not added up.')] | None
    base_unit: Annotated[str, Meta(description='The unit in which it is added up; null: it is not.')] | None
    delivers_from: Annotated[date, Meta(description='The first day of delivery.')]
    delivers_until: Annotated[date, Meta(description='The first day on which it no longer delivers; null: no end is known.')] | None
    valid: Annotated[bool, Meta(description='Whether its leg binds on the day.')]
    conditional: Annotated[
        bool, Meta(description='Whether it still depends on conditions.')
    ]
    not_added: Annotated[str, Meta(description='What it lacks that is in no sum: an offtaker, a volume, a unit that is safe to convert, per, an end of a total; null: it is in one.', examples=['offtaker', 'volume', 'unit', 'per', 'end'])] | None


class SupplyYear(Struct):
    """
    A calendar year of a buyer and a commodity.
    """

    year: Annotated[int, Meta(description='The calendar year.')]
    bound: Annotated[
        float, Meta(description='What binding contracts deliver in it, three decimals.')
    ]
    contracts: Annotated[int, Meta(description='How many contracts deliver in it.')]
    demand: Annotated[
        list[DemandFigure],
        Meta(
            description='What is stated for that year, side by side; empty: nothing is.'
        ),
    ]


class TheirWay(Struct):
    """
    How somebody else counts, beside what Steppe's deals would be by that definition.
    """

    theirs: Annotated[MarkItem, Meta(description='Their count, with who says so.')]
    deals: Annotated[int, Meta(description='How many deals of `total` there are.')]
    counted: Annotated[
        int,
        Meta(
            description='How many of them count by the level of their definition, at whatever age.'
        ),
    ]


class ToldRow(Struct):
    """
    A row that tells of a step, or of what came beside it.
    """

    event: Annotated[str, Meta(description='The event, source#id.')]
    on: Annotated[date, Meta(description='The latest day on which it occurred.')]
    on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    deal: Annotated[str, Meta(description='The deal; null: of the project.')] | None
    part: Annotated[str, Meta(description='The part of the project; null: none is named.')] | None
    parties: Annotated[
        list[str],
        Meta(description='Who pursues by that row, else who advises, alphabetical.'),
    ]
    nations: Annotated[
        list[str],
        Meta(
            description='Their home countries on its day; a bank of several states for itself; alphabetical.'
        ),
    ]
    step: Annotated[str, Meta(description='The step; null: it is of none.', examples=['mining', 'concentrate', 'separation', 'metal', 'component'])] | None
    what: Annotated[str, Meta(description='What was handed over, taught or certified; null: nobody said.')] | None
    people: Annotated[float, Meta(description='How many people, of this row alone: rows overlap; null: nobody said.')] | None
    scheme: Annotated[str, Meta(description='The scheme; null: nobody said.')] | None


class Totals(Struct):
    """
    The sums of all partitions.
    """

    applied: Annotated[int, Meta(description='Records applied.')]
    lag_events: Annotated[int, Meta(description='Records that are not applied; null: of some partition unknown.')] | None
    lag_seconds: Annotated[float, Meta(description='The longest lag in seconds; null: unknown.')] | None
    quarantined: Annotated[int, Meta(description='Records that could not be applied.')]
    held: Annotated[int, Meta(description='Events that wait for one of their project.')]
    parked: Annotated[int, Meta(description='Corrections that wait for their target.')]
    conflicts: Annotated[
        int, Meta(description='Other contents under a name that was taken.')
    ]
    unknown: Annotated[int, Meta(description='Events of types of a later release.')]
    waiting_projects: Annotated[
        int,
        Meta(
            description='Large projects with records that wait for their fold beside the stream.'
        ),
    ]
    waiting_records: Annotated[
        int, Meta(description='These records; they are among those applied.')
    ]
    waiting_seconds: Annotated[
        float,
        Meta(
            description='How long the oldest of them has waited, in seconds; 0: none waits.'
        ),
    ]
    projects: Annotated[int, Meta(description='Projects.')]
    events_of_projects: Annotated[int, Meta(description='Events of projects.')]


class TriedEvent(Struct):
    """
    An event of the request that is not in the log.
    """

    index: Annotated[int, Meta(description='Its place in the request, from 0.')]
    event: Annotated[str, Meta(description='What it would be called, source#id.')]
    subject: Annotated[str, Meta(description='Its subject.')]
    name: Annotated[str, Meta(description='Its name, as in equity.agreed.')]
    warnings: Annotated[
        list[str],
        Meta(
            description='What ingest would warn of, as far as the event itself shows it.'
        ),
    ]


class UnitItem(Struct):
    """
    What one of a unit is in its base unit.
    """

    line: Annotated[
        int, Meta(description='The line of its file, of which the header is the first.')
    ]
    source: Annotated[str, Meta(description='Where it was read.')]
    basis: Annotated[
        str,
        Meta(
            description='`page`: a page says so; `seed`: the article that Steppe comes from; `known`: public record, not looked up again; `secondary`: a page that repeats another.',
            examples=['known', 'page', 'secondary', 'seed'],
        ),
    ]
    confidence: Annotated[
        str, Meta(description='How sure it is.', examples=['high', 'low', 'medium'])
    ]
    commodity: Annotated[str, Meta(description='The commodity; null: whatever it is of.')] | None
    unit: Annotated[str, Meta(description='The unit, as in t U3O8.')]
    base: Annotated[str, Meta(description='Its base unit, as in tU.')]
    factor: Annotated[str, Meta(description='How many of the base unit one is.')]
    detail: Annotated[str, Meta(description='How that is reckoned.')]


class ValuePair(Struct):
    """
    A rule that the two versions do not share.
    """

    before: Annotated[
        int, Meta(description='Its value in the version that is compared with.')
    ]
    tried: Annotated[int, Meta(description='Its value in the version that is tried.')]


class Winner(Struct):
    """
    A deal that overtook another.
    """

    project: Annotated[str, Meta(description='The project.')]
    deal: Annotated[str, Meta(description='The deal; null: the event names none.')] | None
    event: Annotated[str, Meta(description='The winning event, source#id.')]


class Withdrawn(Struct):
    """
    How a promise was taken back.
    """

    event: Annotated[str, Meta(description='The event, as source#id.')]
    on: Annotated[date, Meta(description='The latest day on which it was.')]
    on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    reason: Annotated[str, Meta(description='Why; null: nobody said.')] | None


class WorksLine(Struct):
    """
    A line of works: what a deal builds and runs of a part.
    """

    deal: Annotated[str, Meta(description='The deal; null: nobody is named.')] | None
    part: Annotated[str, Meta(description='The part; null: none is named.')] | None
    level: Annotated[str, Meta(description='How far it is on the ground; null: it was begun and is not there now.', examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'])] | None
    since: Annotated[date, Meta(description='Since when it is there; null: it never left none.')] | None
    since_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    since_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    suspended: Annotated[
        list[str],
        Meta(description='What stands still of it: construction, production, project.'),
    ]
    retired: Annotated[
        bool,
        Meta(
            description='Whether it was taken out of service, or given up, and not begun again.'
        ),
    ]


class AidYear(Struct):
    """
    The donors of a country in a year by one measure. One measure is never added to, or ranked against, another.
    """

    recipient: Annotated[
        str,
        Meta(
            description='Who receives: ISO 3166-1 alpha-2, or the words of the source.'
        ),
    ]
    measure: Annotated[
        str,
        Meta(
            description='Before or after what was paid back.', examples=['gross', 'net']
        ),
    ]
    year: Annotated[int, Meta(description='The year.')]
    donors: Annotated[
        list[DonorOfYear],
        Meta(
            description='By rank. Conflicting figures of one donor stand side by side.'
        ),
    ]
    of_all: Annotated[str, Meta(description='Of all donors together, in US dollars, where a series says it; null: none does.')] | None


class ChainMarket(Struct):
    """
    Up to which step a commodity is told to have come in a country. Umbrellas and programmes are in none.
    """

    country: Annotated[str, Meta(description='ISO 3166-1 alpha-2.')]
    commodity: Annotated[str, Meta(description='The commodity.')]
    told_up_to: Annotated[
        str,
        Meta(
            description='The last step that is told.',
            examples=['mining', 'concentrate', 'separation', 'metal', 'component'],
        ),
    ]
    running_up_to: Annotated[str, Meta(description='The last step told of a project that runs; null: none runs.', examples=['mining', 'concentrate', 'separation', 'metal', 'component'])] | None
    steps: Annotated[
        list[ChainStepOfMarket],
        Meta(
            description='Every step of the chain, told or not, from the mine to the component.'
        ),
    ]
    projects: Annotated[int, Meta(description='How many projects the market has.')]
    silent: Annotated[
        int,
        Meta(description='Of how many of them no step is told, which is no finding.'),
    ]


class ChainNation(Struct):
    """
    A nation whose parties rows name. A row of several nations is under each: they do not add up.
    """

    nation: Annotated[str, Meta(description='ISO 3166-1 alpha-2, or the key of a bank of several states; null: not known.')] | None
    told_up_to: Annotated[str, Meta(description='The last step of the chain that is told; null: none is, which is no finding.', examples=['mining', 'concentrate', 'separation', 'metal', 'component'])] | None
    projects: Annotated[list[ProjectOfNation], Meta(description='By project.')]


class ChainProject(Struct):
    """
    A project of which a step is told, or something beside the steps, with the state of its works today.
    """

    project: Annotated[str, Meta(description='The project.')]
    project_name: Annotated[str, Meta(description='Its name; null: not registered.')] | None
    kind: Annotated[str, Meta(description='What it is, as in deposit; null: not registered.')] | None
    umbrella: Annotated[
        bool,
        Meta(
            description='Whether it is an umbrella or a programme, which is in no market.'
        ),
    ]
    countries: Annotated[
        list[str], Meta(description='Its countries, ISO 3166-1 alpha-2.')
    ]
    commodities: Annotated[
        list[str], Meta(description='Its commodities, alphabetical.')
    ]
    nations: Annotated[
        list[str], Meta(description='The nations of its rows, alphabetical.')
    ]
    told_up_to: Annotated[str, Meta(description='The last step of the chain that is told; null: none is, which is no finding.', examples=['mining', 'concentrate', 'separation', 'metal', 'component'])] | None
    running: Annotated[
        bool,
        Meta(
            description='Whether its works put something out on the day: in production, trial or commercial, not suspended.'
        ),
    ]
    physical_state: Annotated[str, Meta(description='How far it is on the ground; null: nothing is, or nobody said.', examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'])] | None
    suspended: Annotated[
        bool, Meta(description='Whether all of its works stand still.')
    ]
    ended: Annotated[Ended, Meta(description='When and how it ended as a whole; null: it has not.')] | None
    works: Annotated[
        list[WorksLine], Meta(description='Its lines of works, by deal and part.')
    ]
    steps: Annotated[
        list[ToldRow],
        Meta(description='Its steps, in the order in which they occurred.'),
    ]
    technology: Annotated[
        list[ToldRow], Meta(description='Technology that was handed over.')
    ]
    training: Annotated[
        list[ToldRow],
        Meta(
            description='Training, a row each with its people; they are never summed.'
        ),
    ]
    certification: Annotated[
        list[ToldRow], Meta(description='Certificates that were granted.')
    ]


class ConflictItem(Struct):
    """
    Where what was sent does not fit together.

    same-id: a record under the name of an event that was there already, with another content; the first in the log stands.
    may-be-one: two binding rows of other sources with other amounts, which may tell one contract; both count until somebody
    says part_of. below-zero: more was taken off than there was. figures-differ: sources say other costs of the project.
    leg-not-named: money is taken off, two legs have some, and the row says none; send event.corrected with the leg.
    dangling-reference: part_of, ends, amends, renews or repeats names no event that stands, or none of which the row can speak.
    """

    kind: Annotated[
        str,
        Meta(
            description='Which of these.',
            examples=['same-id', 'may-be-one', 'below-zero', 'figures-differ', 'leg-not-named', 'dangling-reference'],
        ),
    ]
    deal: Annotated[str, Meta(description='The deal; null: of the project, or of a same-id.')] | None
    leg: Annotated[str, Meta(description='The leg whose money it is; null: of none.', examples=['equity', 'offtake', 'debt', 'grant', 'guarantee', 'rights', 'works', 'investment', 'unknown'])] | None
    currency: Annotated[str, Meta(description='ISO 4217; null: of a same-id or a reference.')] | None
    total: Annotated[str, Meta(description='The sum below zero; else null.')] | None
    figures: Annotated[
        list[Figure],
        Meta(
            description='What each event says, in the order in which they are folded; of a same-id or a reference none.'
        ),
    ]
    names: Annotated[str, Meta(description='What a dangling reference names, source#id; else null.')] | None
    because: Annotated[str, Meta(description='Why, of a leg that is not named or a dangling reference; else null.')] | None
    event: Annotated[
        str,
        Meta(description='The later event, source#id; of a same-id the name of both.'),
    ]
    subject: Annotated[
        str, Meta(description='Whose it is: a project, party:<key> or forum:<slug>.')
    ]
    position: Annotated[
        str,
        Meta(description='Where the later record stands in the log, partition:offset.'),
    ]
    stands_at: Annotated[
        str,
        Meta(
            description='Where the first record stands, partition:offset; of a same-id it alone counts.'
        ),
    ]
    record: Annotated[Any, Meta(description='The later record.')]
    stands: Annotated[Any, Meta(description='The first record.')]


class ConflictList(Struct):
    """
    One page of conflicts.
    """

    next_cursor: Annotated[str, Meta(description='Give it as cursor= for the next page; null: this is the last one.')] | None
    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    position: Annotated[
        str,
        Meta(
            description='The prefix of the log that the page reflects, as in 0:41,3:7.'
        ),
    ]
    items: Annotated[
        list[ConflictItem],
        Meta(
            description='Those of kind same-id in the order of the log, then the others by project.'
        ),
    ]


class ConversionCurve(Struct):
    """
    What became of the first papers of some deals, each counted once.
    """

    deals: Annotated[int, Meta(description='How many deals.')]
    bound: Annotated[
        int, Meta(description='How many are bound, or ended after they had been.')
    ]
    ended: Annotated[int, Meta(description='How many ended unbound.')]
    ended_how: Annotated[
        dict[str, int], Meta(description='Of those, how many in which way.')
    ]
    open: Annotated[int, Meta(description='How many live without a valid leg.')]
    curve: Annotated[
        list[ConversionStep],
        Meta(
            description='Steps by age; empty under 10 deals, and none from where fewer than 5 are at risk.'
        ),
    ]
    range: Annotated[
        list[ConversionRange],
        Meta(
            description='The other end of the curve: with starts on their earliest days.'
        ),
    ]


class ConversionGroup(Struct):
    """
    The deals of one group. A deal of several is in each: groups do not add up.
    """

    deals: Annotated[int, Meta(description='How many deals.')]
    bound: Annotated[
        int, Meta(description='How many are bound, or ended after they had been.')
    ]
    ended: Annotated[int, Meta(description='How many ended unbound.')]
    ended_how: Annotated[
        dict[str, int], Meta(description='Of those, how many in which way.')
    ]
    open: Annotated[int, Meta(description='How many live without a valid leg.')]
    curve: Annotated[
        list[ConversionStep],
        Meta(
            description='Steps by age; empty under 10 deals, and none from where fewer than 5 are at risk.'
        ),
    ]
    range: Annotated[
        list[ConversionRange],
        Meta(
            description='The other end of the curve: with starts on their earliest days.'
        ),
    ]
    group: Annotated[str, Meta(description='What they have in common, as `by` asks; null: nobody said.')] | None


class CorrectionEffect(Struct):
    """
    Which flags stand on the day that is judged, or do not, because of a correction.
    """

    raised: Annotated[
        list[FlagOfDeal], Meta(description='Those that stand because of it.')
    ]
    revoked: Annotated[
        list[FlagOfDeal], Meta(description='Those that would stand without it.')
    ]


class DealClocks(Struct):
    """
    The clocks of a deal.
    """

    memorandum: Annotated[MemorandumClock, Meta(description='Since the first paper of this phase; null: no paper was signed.')] | None
    announcement: Annotated[AnnouncementClock, Meta(description='Since the first announcement of this phase; null: there was none.')] | None
    silence: Annotated[Clock, Meta(description='Since anything was last heard; null: the deal has ended.')] | None
    step: Annotated[Clock, Meta(description='Since the last step; null: the deal has ended, or took none.')] | None


class DeliveryCurve(Struct):
    """
    What became of the first legs of deals of deposits, plants and corridors, each deal counted once.
    """

    deals: Annotated[
        int, Meta(description='How many deals with a leg that no other one implies.')
    ]
    delivered: Annotated[int, Meta(description='How many of them produce, or have.')]
    ended: Annotated[int, Meta(description='How many ended before.')]
    ended_how: Annotated[
        dict[str, int], Meta(description='Of those, how many in which way.')
    ]
    open: Annotated[int, Meta(description='How many live and do not produce yet.')]
    produced_before: Annotated[
        int,
        Meta(
            description='Deals that bound when they produced already: in no curve, and not in `deals`.'
        ),
    ]
    curve: Annotated[
        list[DeliveryStep],
        Meta(
            description='Steps by age; empty under 10 deals, and none from where fewer than 5 are at risk.'
        ),
    ]
    range: Annotated[
        list[ConversionRange],
        Meta(
            description='The other end of the curve: with legs on their earliest days.'
        ),
    ]


class FlagItem(Struct):
    """
    A flag that stands on a deal, or on a project as a whole: one row of /v1/flags.
    """

    flag: Annotated[
        str,
        Meta(description='Its name, as in memorandum-only. A release may add names.'),
    ]
    severity: Annotated[
        str,
        Meta(
            description='How severe it is on the day that is judged.',
            examples=['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'],
        ),
    ]
    certainty: Annotated[
        str,
        Meta(
            description='Whether the severity is certain, or only possible by the days that are known.',
            examples=['certain', 'possible'],
        ),
    ]
    project: Annotated[str, Meta(description='The project.')]
    deal: Annotated[str, Meta(description="The deal; null: the flag is the project's own.")] | None
    since: Annotated[date, Meta(description='Since when it stands at this severity.')]
    clock: Annotated[FlagClock, Meta(description='The clock that raised it; null: no clock did.')] | None
    certain_severity: Annotated[str, Meta(description='The severity that is certain; null: none is.', examples=['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'])] | None
    certain_on: Annotated[date, Meta(description='Since when, or from when on, the severity is certain; null: never by itself.')] | None
    on_hold: Annotated[
        bool,
        Meta(
            description='Whether the project is on hold: the flag stands and gets no worse.'
        ),
    ]
    missing: Annotated[
        list[str],
        Meta(description='The legs that are missing, for partly-bound; else empty.'),
    ]
    milestones: Annotated[
        list[str],
        Meta(description='The milestones that are overdue, for overdue; else empty.'),
    ]
    parts: Annotated[
        list[str | None],
        Meta(
            description='The parts that it names, for not-producing and overdue; null: rows that name no part.'
        ),
    ]
    tier: Annotated[str, Meta(description='Of a displaced deal: whether rivals got the same asset or the market; else null.')] | None
    groups: Annotated[
        list[str],
        Meta(
            description='The groups of companies that overtook or crowd the deal; else empty.'
        ),
    ]
    evidence: Annotated[
        list[str],
        Meta(description='Events, each as source#id, on which the flag rests.'),
    ]
    sentence: Annotated[
        str,
        Meta(
            description='The flag in one English sentence, with the figures of the day.'
        ),
    ]
    next: Annotated[NextSeverity, Meta(description='What it becomes if nothing else occurs; null: nothing.')] | None
    rule_version: Annotated[
        str,
        Meta(description='The version of the rules that judged it, as in /v1/rules.'),
    ]


class FlagRow(Struct):
    """
    A flag that stands, with its project: one row of /v1/flags.
    """

    flag: Annotated[
        str,
        Meta(description='Its name, as in memorandum-only. A release may add names.'),
    ]
    severity: Annotated[
        str,
        Meta(
            description='How severe it is on the day that is judged.',
            examples=['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'],
        ),
    ]
    certainty: Annotated[
        str,
        Meta(
            description='Whether the severity is certain, or only possible by the days that are known.',
            examples=['certain', 'possible'],
        ),
    ]
    project: Annotated[str, Meta(description='The project.')]
    deal: Annotated[str, Meta(description="The deal; null: the flag is the project's own.")] | None
    since: Annotated[date, Meta(description='Since when it stands at this severity.')]
    clock: Annotated[FlagClock, Meta(description='The clock that raised it; null: no clock did.')] | None
    certain_severity: Annotated[str, Meta(description='The severity that is certain; null: none is.', examples=['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'])] | None
    certain_on: Annotated[date, Meta(description='Since when, or from when on, the severity is certain; null: never by itself.')] | None
    on_hold: Annotated[
        bool,
        Meta(
            description='Whether the project is on hold: the flag stands and gets no worse.'
        ),
    ]
    missing: Annotated[
        list[str],
        Meta(description='The legs that are missing, for partly-bound; else empty.'),
    ]
    milestones: Annotated[
        list[str],
        Meta(description='The milestones that are overdue, for overdue; else empty.'),
    ]
    parts: Annotated[
        list[str | None],
        Meta(
            description='The parts that it names, for not-producing and overdue; null: rows that name no part.'
        ),
    ]
    tier: Annotated[str, Meta(description='Of a displaced deal: whether rivals got the same asset or the market; else null.')] | None
    groups: Annotated[
        list[str],
        Meta(
            description='The groups of companies that overtook or crowd the deal; else empty.'
        ),
    ]
    evidence: Annotated[
        list[str],
        Meta(description='Events, each as source#id, on which the flag rests.'),
    ]
    sentence: Annotated[
        str,
        Meta(
            description='The flag in one English sentence, with the figures of the day.'
        ),
    ]
    next: Annotated[NextSeverity, Meta(description='What it becomes if nothing else occurs; null: nothing.')] | None
    rule_version: Annotated[
        str,
        Meta(description='The version of the rules that judged it, as in /v1/rules.'),
    ]
    project_name: Annotated[str, Meta(description="The project's name; null: not registered.")] | None
    country: Annotated[str, Meta(description='Where the project is, ISO 3166-1 alpha-2; null: not registered.')] | None
    sector: Annotated[str, Meta(description="The project's sector; null: not registered.", examples=['mining', 'processing', 'energy', 'transport', 'resilience', 'human-capital', 'other'])] | None


class GroupRow(Struct):
    """
    A group of countries and a commodity, in one unit.
    """

    group: Annotated[
        str, Meta(description='The group, as in the reference series `groups`.')
    ]
    commodity: Annotated[str, Meta(description='The commodity.')]
    unit: Annotated[
        str,
        Meta(
            description='The base unit: volumes in others are converted by `factors`.'
        ),
    ]
    years: Annotated[
        list[GroupYear], Meta(description='The years in which something is delivered.')
    ]


class InOneCurrency(Struct):
    """
    Promises that stand and their rows, in one currency, each at the average rate of its pledge's year, to the cent.
    """

    currency: Annotated[str, Meta(description='ISO 4217.')]
    announced: Annotated[str, Meta(description='What the promises say that stand.')]
    bound: Annotated[
        str, Meta(description='What has been bound since, less reductions.')
    ]
    disbursed: Annotated[
        str, Meta(description='What has been paid since, less what came back.')
    ]
    bound_share: Annotated[float, Meta(description='Bound over announced, four decimals; null: nothing to compare, or not all of it.')] | None
    disbursed_share: Annotated[float, Meta(description='Disbursed over announced, likewise.')] | None
    not_converted: Annotated[
        list[NotConverted], Meta(description='What is in none of these sums.')
    ]


class KnownParty(Struct):
    """
    A party as it is known on a day: registered, or as the first events say that name it.
    """

    key: Annotated[str, Meta(description='The key of the party.')]
    registered: Annotated[
        bool,
        Meta(
            description='Whether it is registered; else name and country are those of the first events that give them.'
        ),
    ]
    name: Annotated[str, Meta(description='Its name; null: nobody gave one.')] | None
    home_country: Annotated[str, Meta(description='Its home, ISO 3166-1 alpha-2, ZZ: the sender did not know; null: nobody said.')] | None
    kind: Annotated[str, Meta(description='What it is, as in state-company; null: not registered.')] | None
    parent: Annotated[str, Meta(description='The first of its parents; null: none is registered.')] | None
    parents: Annotated[
        list[ParentItem],
        Meta(description='The parties that it belongs to, with their shares.'),
    ]
    group: Annotated[
        list[str],
        Meta(
            description='Who controls it in the end, itself if nobody does, alphabetical.'
        ),
    ]
    members: Annotated[
        list[str],
        Meta(
            description='The parties that belong to it, directly or through others, alphabetical.'
        ),
    ]
    aliases: Annotated[
        list[AliasItem], Meta(description='Its other names, as registered.')
    ]
    ids: Annotated[
        list[RegisterIdItem],
        Meta(description='Its ids in other registers, as registered.'),
    ]
    lei: Annotated[str, Meta(description='Its legal entity identifier, ISO 17442; null: not registered.')] | None


class LevelMonths(Struct):
    """
    How long deals stay at a level.
    """

    level: Annotated[
        str,
        Meta(
            description='The level.',
            examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'],
        ),
    ]
    ended: Annotated[
        EndedSpells,
        Meta(description='Spells that ended by the day: how long they had lasted.'),
    ]
    lasting: Annotated[
        QuartilesItem,
        Meta(
            description='Spells that last: how long they have, by the day. They are no shorter than that.'
        ),
    ]


class MarketAnswer(Struct):
    """
    One market: each nation's deals, who was first, who displaced whom.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    country: Annotated[str, Meta(description='ISO 3166-1 alpha-2.')]
    commodity: Annotated[str, Meta(description='The commodity.')]
    summary: Annotated[MarketSummary, Meta(description='The market as in /v1/markets.')]
    projects: Annotated[
        list[MarketProject], Meta(description='A page of its projects, by key.')
    ]
    nations: Annotated[
        list[NationItem],
        Meta(description='Each nation with its deals; the unknown one last.'),
    ]
    first: Annotated[Firsts, Meta(description='Who was first.')]
    displaced: Annotated[
        list[DisplacedDeal],
        Meta(description='The deals of the page that were overtaken.'),
    ]
    crowded: Annotated[
        list[CrowdedDeal],
        Meta(
            description='The deals of the page in a market where others were bound of late.'
        ),
    ]
    next_cursor: (
        Annotated[
            str,
            Meta(
                description='Asks for the next page of projects and deals; absent: there is none.'
            ),
        ]
        | UnsetType
    ) = UNSET


class MarketList(Struct):
    """
    One page of markets.
    """

    next_cursor: Annotated[str, Meta(description='Give it as cursor= for the next page; null: this is the last one.')] | None
    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    position: Annotated[
        str,
        Meta(
            description='The prefix of the log that the page reflects, as in 0:41,3:7.'
        ),
    ]
    items: Annotated[
        list[MarketSummary], Meta(description='The markets, by country and commodity.')
    ]


class MoneyLeftOut(Struct):
    """
    What is in no sum, and why.
    """

    without_deal: Annotated[
        list[MoneyRowItem],
        Meta(description='Rows that name no deal and nobody who pursues one.'),
    ]
    not_summed: Annotated[
        list[NotSummed],
        Meta(description="Amounts of a project's cost, a portfolio or a claim."),
    ]


class MoneyOfLeg(Struct):
    """
    Money of one leg. Legs are never added up.
    """

    leg: Annotated[
        str,
        Meta(
            description='The leg.',
            examples=['equity', 'offtake', 'debt', 'grant', 'guarantee', 'rights', 'works', 'investment', 'unknown'],
        ),
    ]
    sums: Annotated[
        list[MoneySum], Meta(description='In the currencies in which it was said.')
    ]
    committed: Annotated[
        str,
        Meta(
            description='What was ever committed, less reductions. In `currency` of the answer: the rows that could be converted.'
        ),
    ]
    disbursed: Annotated[
        str,
        Meta(
            description='What was disbursed, less what came back. In `currency` of the answer, as `committed`.'
        ),
    ]
    in_force: Annotated[
        str,
        Meta(
            description='Of what was committed, what legs that are valid on the day commit. In `currency` of the answer, as `committed`.'
        ),
    ]
    not_converted: Annotated[
        int, Meta(description='How many rows of it could not be converted.')
    ]


class OverridesPair(Struct):
    """
    The overrides of the two versions.
    """

    before: Annotated[
        list[RuleOverride],
        Meta(description='Those of the version that is compared with.'),
    ]
    tried: Annotated[
        list[RuleOverride], Meta(description='Those of the version that is tried.')
    ]


class Overtaking(Struct):
    """
    A deal with only paper, and who got what it was after.
    """

    project: Annotated[
        str, Meta(description='The project of the deal that was overtaken.')
    ]
    deal: Annotated[str, Meta(description='The deal.')]
    markets: Annotated[
        list[str], Meta(description='The markets of its project, as KZ/tungsten.')
    ]
    nations: Annotated[
        list[str], Meta(description='Its nations on the day on which it was.')
    ]
    tier: Annotated[str, Meta(description='Of one that lasts: asset, the same project; market, another one of a market of it; else null.')] | None
    since: Annotated[
        date, Meta(description='The first day on which it stood displaced.')
    ]
    until: Annotated[date, Meta(description='The first day on which it no longer did; null: it does.')] | None
    by: Annotated[list[Winner], Meta(description='Of one that lasts, who did it; null: it is over, or more than 200 last: narrow with country and commodity.')] | None


class Paper(Struct):
    """
    A deal of the cohort, and how far it came since.
    """

    project: Annotated[str, Meta(description='The project.')]
    project_name: Annotated[str, Meta(description='Its name; null: not registered.')] | None
    umbrella: Annotated[
        bool,
        Meta(
            description='Whether that is an umbrella or a programme, which stand under `umbrellas`.'
        ),
    ]
    deal: Annotated[str, Meta(description='The deal.')]
    signed_on: Annotated[
        date, Meta(description='The latest day of its first paper or pledge there.')
    ]
    signed_on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    signed_on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    level: Annotated[str, Meta(description='Its level; null: it has ended, or its paper counts later.', examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'])] | None
    highest_since: Annotated[
        str,
        Meta(
            description='The highest level it reached since.',
            examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'],
        ),
    ]
    already_bound: Annotated[
        bool,
        Meta(
            description='Whether it had a valid leg the day before the forum: then it is neither strict nor loose.'
        ),
    ]
    strict: Annotated[
        bool,
        Meta(description="Whether a leg of it has bound on the forum's day or since."),
    ]
    strict_age: Annotated[int, Meta(description='At how many months of age it first had; null: it has not.')] | None
    holds: Annotated[bool, Meta(description='Whether it holds a valid leg.')]
    loose: Annotated[
        bool,
        Meta(description='Strict, or another row since of a level above memorandum.'),
    ]
    loose_age: Annotated[int, Meta(description='At how many months of age it became so; null: it has not.')] | None
    paper_only: Annotated[
        bool, Meta(description='Whether it lives and has nothing but paper.')
    ]
    announced: Annotated[
        list[Sum],
        Meta(
            description='The largest sum of its papers there; empty: they state none, or of a portfolio.'
        ),
    ]
    bound: Annotated[list[Sum], Meta(description='What has been bound of it since.')]
    ended: Annotated[Ended, Meta(description='When and how it ended; null: it lives.')] | None
    ended_on: Annotated[date, Meta(description='Use `ended`.')] | None


class PartyList(Struct):
    """
    One page of parties.
    """

    next_cursor: Annotated[str, Meta(description='Give it as cursor= for the next page; null: this is the last one.')] | None
    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    position: Annotated[
        str,
        Meta(
            description='The prefix of the log that the page reflects, as in 0:41,3:7.'
        ),
    ]
    items: Annotated[list[KnownParty], Meta(description='The parties, by key.')]


class PledgeItem(Struct):
    """
    A promise of money, with what came of it.
    """

    pledge: Annotated[
        str, Meta(description='The event that repeats no other, as source#id.')
    ]
    project: Annotated[str, Meta(description='The project of which it was said.')]
    project_name: Annotated[str, Meta(description='Its name; null: not registered.')] | None
    umbrella: Annotated[
        bool,
        Meta(
            description='Whether that is an umbrella or a programme, which is not in `total`.'
        ),
    ]
    deal: Annotated[str, Meta(description='Its deal.')] | None
    pledgers: Annotated[list[str], Meta(description='Who promised it, alphabetical.')]
    nations: Annotated[
        list[str],
        Meta(
            description='Their home countries on the day, a bank of several states for itself.'
        ),
    ]
    recipients: Annotated[
        list[str],
        Meta(
            description='Countries that are to have it, as last said; else those of the project.'
        ),
    ]
    forums: Annotated[list[str], Meta(description='Forums at which it was said.')]
    programmes: Annotated[
        list[str],
        Meta(
            description='Programmes through which it comes: rows that name them are under it.'
        ),
    ]
    announced_on: Annotated[
        date, Meta(description='The latest day on which it was first said.')
    ]
    announced_on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    announced_on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    currency: Annotated[str, Meta(description='Of the amount as last said, ISO 4217.')]
    announced: Annotated[str, Meta(description='How much, as last said.')]
    first_currency: Annotated[
        str, Meta(description='Of the amount as first said, ISO 4217.')
    ]
    first_announced: Annotated[str, Meta(description='How much, as first said.')]
    deadline: Annotated[str, Meta(description='By when, in EDTF, as last said; null: nobody said.')] | None
    first_deadline: Annotated[str, Meta(description='By when, as first said; null: the first did not say.')] | None
    deadline_on: Annotated[date, Meta(description='The latest day of the deadline; null: it has none, or is open.')] | None
    time_passed: Annotated[float, Meta(description='The share of its time that is over, four decimals; null: no deadline.')] | None
    withdrawn: Annotated[Withdrawn, Meta(description='How it was taken back; null: it stands.')] | None
    bound: Annotated[
        str,
        Meta(description='What has been bound since, in the currency of the promise.'),
    ]
    disbursed: Annotated[
        str, Meta(description='What has been paid since, in that currency.')
    ]
    bound_share: Annotated[float, Meta(description='Bound over announced, four decimals; null: not all of it can be compared.')] | None
    disbursed_share: Annotated[float, Meta(description='Disbursed over announced, likewise.')] | None
    not_converted: Annotated[
        list[NotConverted],
        Meta(description='What is in other currencies and in neither sum.'),
    ]
    legs: Annotated[
        list[LegMoney],
        Meta(description='The same by leg, in the currencies of the rows.'),
    ]
    said: Annotated[
        list[Said],
        Meta(
            description='Each time it was said, the repeats among them; it counts once.'
        ),
    ]
    rows: Annotated[
        list[PledgeRow],
        Meta(
            description='The rows after it that name its programme or are of its deal.'
        ),
    ]


class PledgeTotal(Struct):
    """
    Promises together. A row under several of them is counted once.
    """

    pledges: Annotated[int, Meta(description='How many, repeats not counted.')]
    withdrawn: Annotated[int, Meta(description='How many of them were withdrawn.')]
    announced: Annotated[
        list[Sum], Meta(description='What those say that stand, by currency.')
    ]
    taken_back: Annotated[
        list[Sum], Meta(description='What those said that were withdrawn.')
    ]
    bound: Annotated[
        list[Sum],
        Meta(
            description='What rows under those that stand have bound, less reductions.'
        ),
    ]
    disbursed: Annotated[
        list[Sum], Meta(description='What they have paid, less what came back.')
    ]
    converted: Annotated[InOneCurrency, Meta(description='The same in one currency.')]


class ProgrammeProject(Struct):
    """
    A project that names a programme, with the rows that do.
    """

    project: Annotated[str, Meta(description='The project.')]
    project_name: Annotated[str, Meta(description='Its name; null: not registered.')] | None
    bound: Annotated[
        list[Sum],
        Meta(description='What these rows have bound, less reductions, by currency.'),
    ]
    disbursed: Annotated[
        list[Sum], Meta(description='What they have paid, less what came back.')
    ]
    rows: Annotated[list[PledgeRow], Meta(description='The rows.')]


class ProjectRow(Struct):
    """
    A project as it stands on a day: one row of /v1/projects.
    """

    key: Annotated[str, Meta(description='The key of the project.')]
    name: Annotated[str, Meta(description='Its name; null: not registered.')] | None
    country: Annotated[str, Meta(description='Where it is, ISO 3166-1 alpha-2; null: not registered.')] | None
    countries: Annotated[
        list[str],
        Meta(
            description='All countries that it lies in, that of `country` among them, alphabetical.'
        ),
    ]
    sector: Annotated[str, Meta(description='Its sector; null: not registered.', examples=['mining', 'processing', 'energy', 'transport', 'resilience', 'human-capital', 'other'])] | None
    kind: Annotated[str, Meta(description='What it is, as in deposit; null: not registered.')] | None
    commodities: Annotated[
        list[str], Meta(description='What it yields or carries, alphabetical.')
    ]
    level: Annotated[
        str,
        Meta(
            description='How far it has come: the level of its furthest living deal, or of the ground.',
            examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'],
        ),
    ]
    highest_level: Annotated[
        str,
        Meta(
            description='How far it ever came.',
            examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'],
        ),
    ]
    overlays: Annotated[
        list[str],
        Meta(description='What lies over its level, such as on-hold, alphabetical.'),
    ]
    headline: Annotated[HeadlineItem, Meta(description='Its memorandum-only flag; null: something binds, or nothing was signed.')] | None
    investors: Annotated[
        list[str],
        Meta(description='The parties that pursue it as investors, alphabetical.'),
    ]
    memorandum_since: Annotated[date, Meta(description='The day of the first paper that still counts; null: there is none.')] | None
    memorandum_since_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    memorandum_since_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    bound_on: Annotated[date, Meta(description='The day on which something first bound; null: nothing has.')] | None
    bound_on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    bound_on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    last_event_on: Annotated[date, Meta(description='The latest day of its latest event; null: it has none with a day.')] | None
    last_event_on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    last_event_on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    position: Annotated[
        str,
        Meta(
            description='Where the last event that changed it stands in the log, partition:offset.'
        ),
    ]
    latitude: Annotated[float, Meta(description='Degrees north; null: not registered.')] | None
    longitude: Annotated[float, Meta(description='Degrees east; null: not registered.')] | None
    living_deals: Annotated[
        int, Meta(description='How many of its deals live; 0: no deal does.')
    ]
    ended_deals: Annotated[int, Meta(description='How many of its deals have ended.')]
    quarantined: Annotated[
        bool,
        Meta(
            description='Whether events of it wait in quarantine: it stands as it did before them.'
        ),
    ]
    crosswalk: (
        Annotated[
            dict[str, RegisterWord],
            Meta(description='Register by register, as asked with crosswalk=.'),
        ]
        | UnsetType
    ) = UNSET
    place: (
        Annotated[str, Meta(description='Where it is, in words; null: not registered.')]
        | None
        | UnsetType
    ) = UNSET
    aliases: (
        Annotated[list[AliasItem], Meta(description='Its other names, as registered.')]
        | UnsetType
    ) = UNSET
    ids: (
        Annotated[
            list[RegisterIdItem],
            Meta(description='Its ids in other registers, as registered.'),
        ]
        | UnsetType
    ) = UNSET
    flags: (
        Annotated[
            list[FlagItem],
            Meta(
                description='The flags that stand, of its deals and its own; absent: include= left them out.'
            ),
        ]
        | UnsetType
    ) = UNSET


class QuarantineItem(Struct):
    """
    A record that could not be applied, and what waits behind it.
    """

    id: Annotated[
        str,
        Meta(
            description='Its name for `steppe quarantine`: its place in the log, partition:offset.'
        ),
    ]
    subject: Annotated[str, Meta(description='Whose it would be; null: that cannot be read.')] | None
    stage: Annotated[
        str,
        Meta(
            description='decode: it is no event. fold: its project cannot be folded with it.',
            examples=['decode', 'fold'],
        ),
    ]
    reason: Annotated[str, Meta(description='Why.')]
    held_events: Annotated[
        int, Meta(description='How many events of the subject wait behind it.')
    ]
    since: Annotated[datetime, Meta(description='Since when it lies here.')]
    key: Annotated[Shown, Meta(description='The beginning of its key; null: it has none.')] | None
    value: Annotated[Shown, Meta(description='The beginning of its value; null: it has none.')] | None
    bytes: Annotated[int, Meta(description='How long its value is; null: it has none.')] | None


class QuarantineList(Struct):
    """
    One page of records that could not be applied.
    """

    next_cursor: Annotated[str, Meta(description='Give it as cursor= for the next page; null: this is the last one.')] | None
    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    position: Annotated[
        str,
        Meta(
            description='The prefix of the log that the page reflects, as in 0:41,3:7.'
        ),
    ]
    items: Annotated[
        list[QuarantineItem], Meta(description='The records, in the order of the log.')
    ]


class ReferenceAnswer(Struct):
    """
    The reference series.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    items: Annotated[list[SeriesItem], Meta(description='The series, by name.')]


class ScorecardLine(Struct):
    """
    A cohort on a day. What was bound the day before the forum is told apart: it is in no figure but `papers` and `already_bound`.
    """

    papers: Annotated[
        int,
        Meta(
            description='How many deals have a paper or a pledge that names the forum.'
        ),
    ]
    already_bound: Annotated[
        int, Meta(description='How many of them had a valid leg the day before.')
    ]
    strict: Annotated[
        int,
        Meta(
            description="In how many of the others a leg has bound on the forum's day or since."
        ),
    ]
    holding: Annotated[
        int, Meta(description='How many of the strict ones hold a valid leg.')
    ]
    loose: Annotated[
        int,
        Meta(
            description='How many are strict or have another row since of a level above memorandum.'
        ),
    ]
    paper_only: Annotated[
        int, Meta(description='How many live and have nothing but paper.')
    ]
    ended: Annotated[int, Meta(description='How many have ended.')]
    value: Annotated[
        list[ForumValue],
        Meta(
            description='Announced and bound of the deals that announced a sum, currency by currency.'
        ),
    ]
    bound_without_sum: Annotated[
        list[Sum],
        Meta(
            description='What has been bound of those that announced none: compared with nothing.'
        ),
    ]
    curve: Annotated[
        list[ScorecardPoint],
        Meta(description='Strict and loose by age; empty without a cohort.'),
    ]


class SeriesAnswer(Struct):
    """
    A reference series with its rows.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    name: Annotated[str, Meta(description='The name of the series, as in oda_uz.')]
    kind: Annotated[
        str,
        Meta(
            description='What its rows are.',
            examples=['rates', 'aid', 'demand', 'groups', 'units', 'marks'],
        ),
    ]
    title: Annotated[str, Meta(description='What it has, in words.')]
    version: Annotated[str, Meta(description='Its edition.')]
    sha256: Annotated[str, Meta(description='The SHA-256 sum of its file.')]
    shipped: Annotated[
        bool,
        Meta(
            description="Whether it came with the release; false: it is the operator's."
        ),
    ]
    provenance: Annotated[str, Meta(description='Where it comes from.')]
    traps: Annotated[list[str], Meta(description='What to beware of.')]
    count: Annotated[int, Meta(description='How many rows it has.')]
    gaps: Annotated[
        list[RateGap],
        Meta(
            description='Of rates: the years without one, by currency; nothing stands in for them.'
        ),
    ]
    rates: Annotated[list[RateItem], Meta(description='Of kind rates; else empty.')]
    aid: Annotated[list[AidItem], Meta(description='Of kind aid; else empty.')]
    demand: Annotated[list[DemandItem], Meta(description='Of kind demand; else empty.')]
    groups: Annotated[
        list[MembershipItem], Meta(description='Of kind groups; else empty.')
    ]
    units: Annotated[list[UnitItem], Meta(description='Of kind units; else empty.')]
    marks: Annotated[list[MarkItem], Meta(description='Of kind marks; else empty.')]


class StatusAnswer(Struct):
    """
    How far the read model is behind the log, partition by partition.
    """

    topic: Annotated[str, Meta(description='The log.')]
    release: Annotated[str, Meta(description='The release of this service.')]
    position: Annotated[
        str, Meta(description='The prefix of the log that answers reflect.')
    ]
    state: Annotated[
        str,
        Meta(
            description='That of the partition that fares worst.',
            examples=['halted', 'ahead-of-log', 'stuck', 'unknown', 'behind', 'caught-up'],
        ),
    ]
    partitions: Annotated[list[PartitionStatus], Meta(description='Each partition.')]
    halts: Annotated[list[Halt], Meta(description='Why partitions cannot go on.')]
    log: Annotated[LogIdentity, Meta(description='Which log it is; null: none was read yet.')] | None
    log_complete: Annotated[bool, Meta(description='Whether the log still begins at its beginning, so that everything can be folded anew; null: unknown.')] | None
    log_end_unknown_because: Annotated[str, Meta(description='Why the end of the log is unknown; null: it is known.')] | None
    rebuild: Annotated[RebuildStatus, Meta(description='How far a rebuild beside this read model is; null: none is under way.')] | None
    totals: Annotated[Totals, Meta(description='The sums of all partitions.')]


class SupplyRow(Struct):
    """
    A buyer's country and a commodity, in one unit. A contract of buyers of several countries is in the row of each.
    """

    country: Annotated[str, Meta(description='ISO 3166-1 alpha-2, or the key of a bank of several states; null: the home of nobody who buys is known.')] | None
    commodity: Annotated[str, Meta(description='The commodity.')]
    unit: Annotated[
        str,
        Meta(
            description='The base unit: volumes in others are converted by `factors`.'
        ),
    ]
    years: Annotated[
        list[SupplyYear],
        Meta(
            description='The years in which something is delivered or a demand is stated.'
        ),
    ]


class TimelineEntry(Struct):
    """
    One event with both its times, and what stood at the end of its latest day.
    """

    event: Annotated[str, Meta(description='The event, source#id.')]
    source: Annotated[str, Meta(description='Its source.')]
    id: Annotated[str, Meta(description='Its id at that source.')]
    name: Annotated[
        str, Meta(description='Its name as corrected, as in memorandum.signed.')
    ]
    state: Annotated[
        str,
        Meta(
            description='folded, registry, retracted, parked, refused, held, or unknown (a type of a later release).'
        ),
    ]
    because: Annotated[str, Meta(description='Why it is parked or refused; else null.')] | None
    retracted_by: Annotated[str, Meta(description='The retraction that takes it back; null: none does.')] | None
    corrections: Annotated[
        list[ChangedField], Meta(description='What corrections changed of it.')
    ]
    effect: Annotated[CorrectionEffect, Meta(description='Of a correction: what it did to flags; null: it is none.')] | None
    deal: Annotated[str, Meta(description='Its deal; null: it is of the project.')] | None
    occurred: Annotated[Occurred, Meta(description='When it occurred, as corrected.')]
    known: Annotated[datetime, Meta(description='When the world could know it; null: it cannot be read.')] | None
    recorded: Annotated[datetime, Meta(description='When it was accepted here; null: it cannot be read.')] | None
    parties: Annotated[
        list[dict[str, Any]],
        Meta(
            description='Who takes part, as corrected: party and role, and what was said of each.'
        ),
    ]
    data: Annotated[
        dict[str, Any],
        Meta(description='Its data as sent; the vocabulary says what it may hold.'),
    ]
    phase: Annotated[int, Meta(description='The phase of its deal then; null: it is of no deal.')] | None
    deal_level: Annotated[str, Meta(description='The level of its deal then; null: ended, or of no deal.', examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'])] | None
    project_level: Annotated[str, Meta(description='The level of the project then; null: unknown.', examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'])] | None
    flags: Annotated[
        list[FlagChange],
        Meta(description='What flags of its deal or the project did on that day.'),
    ]
    position: Annotated[
        str, Meta(description='Where it stands in the log, partition:offset.')
    ]


class Together(Struct):
    """
    Several forums as one: a deal that signed at several counts once, from the first of them.
    """

    papers: Annotated[
        int,
        Meta(
            description='How many deals have a paper or a pledge that names the forum.'
        ),
    ]
    already_bound: Annotated[
        int, Meta(description='How many of them had a valid leg the day before.')
    ]
    strict: Annotated[
        int,
        Meta(
            description="In how many of the others a leg has bound on the forum's day or since."
        ),
    ]
    holding: Annotated[
        int, Meta(description='How many of the strict ones hold a valid leg.')
    ]
    loose: Annotated[
        int,
        Meta(
            description='How many are strict or have another row since of a level above memorandum.'
        ),
    ]
    paper_only: Annotated[
        int, Meta(description='How many live and have nothing but paper.')
    ]
    ended: Annotated[int, Meta(description='How many have ended.')]
    value: Annotated[
        list[ForumValue],
        Meta(
            description='Announced and bound of the deals that announced a sum, currency by currency.'
        ),
    ]
    bound_without_sum: Annotated[
        list[Sum],
        Meta(
            description='What has been bound of those that announced none: compared with nothing.'
        ),
    ]
    curve: Annotated[
        list[ScorecardPoint],
        Meta(description='Strict and loose by age; empty without a cohort.'),
    ]
    umbrellas: Annotated[
        ScorecardLine,
        Meta(description='The deals of umbrellas and programmes, a line of their own.'),
    ]


class TraceItem(Struct):
    """
    The stops of one event, from its place in the log to the flags that rest on it.
    """

    event: Annotated[str, Meta(description='The event, source#id.')]
    name: Annotated[str, Meta(description='Its name, as in memorandum.signed.')]
    subject: Annotated[
        str, Meta(description='Whose it is: a project, party:<key> or forum:<slug>.')
    ]
    project: Annotated[str, Meta(description='The project; null: it is of a party or a forum.')] | None
    deal: Annotated[str, Meta(description='The deal; null: it is of none.')] | None
    log: Annotated[LogPlace, Meta(description='Where it stands in the log.')]
    stored: Annotated[StoredRecord, Meta(description='How it is stored.')]
    phase: Annotated[int, Meta(description='The phase of its deal on the day; null: it is of no deal.')] | None
    deal_level: Annotated[str, Meta(description='The level of its deal on the day; null: ended, or of no deal.', examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'])] | None
    project_level: Annotated[str, Meta(description='The level of its project on the day; null: of no project.', examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'])] | None
    flags: Annotated[
        list[FlagItem], Meta(description='The flags that rest on it on the day.')
    ]


class TransitionItem(Struct):
    """
    What became of one flag: a row of /v1/flags/transitions, an event of /v1/stream, a record of steppe.flags.v1.
    """

    id: Annotated[
        int,
        Meta(description='Its place in the feed; where /v1/stream and after= go on.'),
    ]
    event_id: Annotated[
        str, Meta(description='The id of the CloudEvent: drop what you have by it.')
    ]
    project: Annotated[str, Meta(description='The project.')]
    country: Annotated[str, Meta(description='The country of the project, ISO 3166-1 alpha-2; null: not registered.')] | None
    deal: Annotated[str, Meta(description="The deal; null: the flag is the project's own.")] | None
    flag: Annotated[
        str,
        Meta(
            description="The flag's name, as in memorandum-only. A release may add names."
        ),
    ]
    transition: Annotated[
        str,
        Meta(
            description='What became of it; revoked: what it rested on was taken back.',
            examples=['raised', 'escalated', 'eased', 'cleared', 'revoked'],
        ),
    ]
    severity_before: Annotated[str, Meta(description='The severity it had; null: it did not stand.', examples=['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'])] | None
    severity: Annotated[str, Meta(description='The severity it has; null: it no longer stands.', examples=['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'])] | None
    certainty: Annotated[str, Meta(description='Whether that is certain; null: it no longer stands.', examples=['certain', 'possible'])] | None
    since: Annotated[date, Meta(description='Since when it stands or stood at that severity; null: that was not kept.')] | None
    on: Annotated[
        date, Meta(description='The day (UTC) as of which this is announced.')
    ]
    cause: Annotated[
        str,
        Meta(
            description='What brought it about: an event, the day, a correction, or other rules.',
            examples=['event', 'day', 'correction', 'rules'],
        ),
    ]
    backfill: Annotated[
        bool,
        Meta(
            description='History, no news: an event raised it, and it stood for more than 31 days when it was announced.'
        ),
    ]
    events: Annotated[
        list[str],
        Meta(
            description='The events that brought it about, each as source#id, where known.'
        ),
    ]
    evidence: Annotated[
        list[str],
        Meta(
            description='The events on which the flag rests or rested, each as source#id.'
        ),
    ]
    sentence: Annotated[str, Meta(description='The transition in one English sentence; null: the flag was not kept.')] | None
    standing: Annotated[FlagItem, Meta(description='The flag as in /v1/flags, as of the day; null: it no longer stands.')] | None
    rule_version: Annotated[
        str, Meta(description='The version of the rules that judged it.')
    ]
    found_at: Annotated[datetime, Meta(description='When it was found out.')]


class TransitionList(Struct):
    """
    One page of what became of flags.
    """

    next_cursor: Annotated[str, Meta(description='Give it as cursor= for the next page; null: this is the last one.')] | None
    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    position: Annotated[
        str,
        Meta(
            description='The prefix of the log that the page reflects, as in 0:41,3:7.'
        ),
    ]
    items: Annotated[
        list[TransitionItem],
        Meta(description='The transitions, in the order in which they were found out.'),
    ]


class ValueChainAnswer(Struct):
    """
    Which steps were told as localised in the host country.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    markets: Annotated[
        list[ChainMarket],
        Meta(description='By country and commodity, those of which a step is told.'),
    ]
    nations: Annotated[
        list[ChainNation],
        Meta(
            description='By nation, the unknown one last; without umbrellas and programmes.'
        ),
    ]
    projects: Annotated[
        list[ChainProject],
        Meta(description='Each project with its rows, by key, umbrellas among them.'),
    ]


class AidAnswer(Struct):
    """
    Aid by donor, recipient and year, from reference series.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    years: Annotated[
        list[AidYear],
        Meta(
            description='Disbursed in a year, by recipient, measure and year: donors in their order.'
        ),
    ]
    not_ranked: Annotated[
        list[AidRow],
        Meta(
            description='Yearly disbursements in a currency for which there is no rate.'
        ),
    ]
    rows: Annotated[
        list[AidRow],
        Meta(
            description='All rows that are asked for, commitments, portfolios and sums of years, too.'
        ),
    ]


class BacktestAnswer(Struct):
    """
    History under other thresholds: which flags would have been raised, and how much earlier.
    """

    version: Annotated[
        str,
        Meta(
            description='The version that is tried; `tried` for thresholds of the request.'
        ),
    ]
    against: Annotated[str, Meta(description='The version that is compared with.')]
    changed: Annotated[
        dict[str, ValuePair], Meta(description='The rules that the two do not share.')
    ]
    overrides: Annotated[OverridesPair, Meta(description='The overrides of both; null: they are the same.')] | None
    flags: Annotated[list[str], Meta(description='The flags that are compared.')]
    projects: Annotated[int, Meta(description='How many projects were looked at.')]
    known_at: Annotated[
        datetime, Meta(description='Both versions judge what was known by then.')
    ]
    from_: (
        Annotated[
            date,
            Meta(
                description='Only what would have been raised from this day on; null: from ever.'
            ),
        ]
        | None
    ) = field(name='from')
    to: Annotated[date, Meta(description='The last day that is looked at.')]
    summary: Annotated[
        list[BacktestScore], Meta(description='How each flag does under both versions.')
    ]
    items: Annotated[list[BacktestWarning], Meta(description='Each warning.')]
    position: Annotated[
        str, Meta(description='The prefix of the log that the answer reflects.')
    ]


class ConversionAnswer(Struct):
    """
    How many first papers of deals became binding, and after how long.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    by: Annotated[str, Meta(description='What the deals are grouped by; null: nothing.')] | None
    total: Annotated[
        ConversionCurve,
        Meta(description='All deals but those of umbrellas and programmes.'),
    ]
    umbrellas: Annotated[
        ConversionCurve,
        Meta(description='The deals of umbrellas and programmes, a line of their own.'),
    ]
    delivery: Annotated[
        DeliveryCurve,
        Meta(
            description='Bound to delivered: from the first leg to producing. `from` and `to` choose by the leg.'
        ),
    ]
    groups: Annotated[
        list[ConversionGroup],
        Meta(description='The deals of `total`, grouped; alphabetical, null last.'),
    ]
    their_way: Annotated[
        list[TheirWay],
        Meta(
            description='How others count, as far as levels come near their definitions; never the headline.'
        ),
    ]
    left_out: Annotated[LeftOut, Meta(description='What is in no curve, and why.')]
    deals: (
        Annotated[
            list[ConversionDeal],
            Meta(
                description='Each deal that is counted, by project and deal, as asked with include=deals.'
            ),
        ]
        | UnsetType
    ) = UNSET


class DealItem(Struct):
    """
    A deal as it stands on a day.
    """

    project: Annotated[str, Meta(description='The project.')]
    deal: Annotated[str, Meta(description="The deal's key within the project.")]
    phase: Annotated[
        int,
        Meta(
            description='Which life of the deal this is: it may begin anew after it ended.'
        ),
    ]
    level: Annotated[str, Meta(description='How far it has come; null: it has ended.', examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'])] | None
    highest_level: Annotated[
        str,
        Meta(
            description='How far it ever came.',
            examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'],
        ),
    ]
    overlays: Annotated[
        list[str],
        Meta(description='What lies over its level, such as on-hold, alphabetical.'),
    ]
    ended: Annotated[Ended, Meta(description='When and how it ended; null: it lives.')] | None
    pursuers: Annotated[
        list[str],
        Meta(description='The parties that pursue it in whatever role, alphabetical.'),
    ]
    investors: Annotated[
        list[str],
        Meta(description='Those of them that do so as investors, alphabetical.'),
    ]
    hold: Annotated[Hold, Meta(description='The hold on it; null: there is none.')] | None
    bound_on: Annotated[date, Meta(description='The day on which something first bound; null: nothing has.')] | None
    bound_on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    bound_on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    permits: Annotated[
        list[PermitItem],
        Meta(description='Its permits in force, as they were granted.'),
    ]
    legs: Annotated[
        list[LegItem], Meta(description='Its legs of this phase, as they bound.')
    ]
    missing_legs: Annotated[
        list[str],
        Meta(
            description='The legs that its project needs and that do not bind, alphabetical.'
        ),
    ]
    clocks: Annotated[DealClocks, Meta(description='Its clocks.')]
    co_investor: Annotated[
        list[str],
        Meta(
            description="Events in which a rival won and this deal's own group has a part."
        ),
    ]
    sentence: Annotated[
        str,
        Meta(
            description='The deal in one English sentence, with the figures of the day.'
        ),
    ]
    flags: Annotated[list[FlagItem], Meta(description='The flags that stand on it.')]


class DealRow(Struct):
    """
    A deal, with its project: one row of /v1/deals.
    """

    project: Annotated[str, Meta(description='The project.')]
    deal: Annotated[str, Meta(description="The deal's key within the project.")]
    phase: Annotated[
        int,
        Meta(
            description='Which life of the deal this is: it may begin anew after it ended.'
        ),
    ]
    level: Annotated[str, Meta(description='How far it has come; null: it has ended.', examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'])] | None
    highest_level: Annotated[
        str,
        Meta(
            description='How far it ever came.',
            examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'],
        ),
    ]
    overlays: Annotated[
        list[str],
        Meta(description='What lies over its level, such as on-hold, alphabetical.'),
    ]
    ended: Annotated[Ended, Meta(description='When and how it ended; null: it lives.')] | None
    pursuers: Annotated[
        list[str],
        Meta(description='The parties that pursue it in whatever role, alphabetical.'),
    ]
    investors: Annotated[
        list[str],
        Meta(description='Those of them that do so as investors, alphabetical.'),
    ]
    hold: Annotated[Hold, Meta(description='The hold on it; null: there is none.')] | None
    bound_on: Annotated[date, Meta(description='The day on which something first bound; null: nothing has.')] | None
    bound_on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    bound_on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    permits: Annotated[
        list[PermitItem],
        Meta(description='Its permits in force, as they were granted.'),
    ]
    legs: Annotated[
        list[LegItem], Meta(description='Its legs of this phase, as they bound.')
    ]
    missing_legs: Annotated[
        list[str],
        Meta(
            description='The legs that its project needs and that do not bind, alphabetical.'
        ),
    ]
    clocks: Annotated[DealClocks, Meta(description='Its clocks.')]
    co_investor: Annotated[
        list[str],
        Meta(
            description="Events in which a rival won and this deal's own group has a part."
        ),
    ]
    sentence: Annotated[
        str,
        Meta(
            description='The deal in one English sentence, with the figures of the day.'
        ),
    ]
    flags: Annotated[list[FlagItem], Meta(description='The flags that stand on it.')]
    project_name: Annotated[str, Meta(description="The project's name; null: not registered.")] | None
    country: Annotated[str, Meta(description='Where the project is, ISO 3166-1 alpha-2; null: not registered.')] | None
    sector: Annotated[str, Meta(description="The project's sector; null: not registered.", examples=['mining', 'processing', 'energy', 'transport', 'resilience', 'human-capital', 'other'])] | None


class FlagList(Struct):
    """
    One page of flags that stand.
    """

    next_cursor: Annotated[str, Meta(description='Give it as cursor= for the next page; null: this is the last one.')] | None
    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    position: Annotated[
        str,
        Meta(
            description='The prefix of the log that the page reflects, as in 0:41,3:7.'
        ),
    ]
    total: Annotated[int, Meta(description='How many flags all pages have.')]
    items: Annotated[
        list[FlagRow], Meta(description='The flags, in the order of sort=.')
    ]


class LifecycleAnswer(Struct):
    """
    How long deals stay at a level, how old papers are, how many bind, and who overtook whom.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    levels: Annotated[
        list[LevelMonths],
        Meta(description='By level, without umbrellas and programmes.'),
    ]
    umbrellas: Annotated[
        list[LevelMonths], Meta(description='The same of umbrellas and programmes.')
    ]
    spells: Annotated[
        list[SpellItem],
        Meta(
            description='The spells at the levels asked for with `level`; empty without it.'
        ),
    ]
    ages: Annotated[
        PaperAges, Meta(description='The papers whose clock runs on the day.')
    ]
    bound_by_year: Annotated[
        list[ShareBound],
        Meta(
            description='By the year of the first paper; without umbrellas and programmes.'
        ),
    ]
    bound_by_nation: Annotated[
        list[ShareBound],
        Meta(description='By the nation of that paper: a deal of several is in each.'),
    ]
    markets: Annotated[
        list[MarketHistory],
        Meta(
            description='Markets in which somebody signed or bound, by country and commodity.'
        ),
    ]
    overtakings: Annotated[
        list[Overtaking],
        Meta(
            description='In the order in which they came; without those of umbrellas and programmes.'
        ),
    ]


class MoneyGroup(Struct):
    """
    Money of the rows that have in common what `by` asks for. Whoever gives or receives together stands once, together.
    """

    donors: Annotated[list[str], Meta(description='The nations that give, together; empty: nobody said; null: not asked.')] | None
    recipients: Annotated[list[str], Meta(description='The countries that receive, together; null: not asked.')] | None
    programme: Annotated[str, Meta(description='The programme that the events name; null: none, or not asked.')] | None
    year: Annotated[int, Meta(description='The year; null: not asked.')] | None
    umbrella: Annotated[
        bool,
        Meta(
            description='Whether it is money of umbrellas and programmes, which is in no other group.'
        ),
    ]
    legs: Annotated[list[MoneyOfLeg], Meta(description='By leg, contracts among them.')]


class PartyAnswer(Struct):
    """
    A party and its deals.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    key: Annotated[str, Meta(description='The key of the party.')]
    registered: Annotated[
        bool,
        Meta(
            description='Whether it is registered; else name and country are those of the first events that give them.'
        ),
    ]
    name: Annotated[str, Meta(description='Its name; null: nobody gave one.')] | None
    home_country: Annotated[str, Meta(description='Its home, ISO 3166-1 alpha-2, ZZ: the sender did not know; null: nobody said.')] | None
    kind: Annotated[str, Meta(description='What it is, as in state-company; null: not registered.')] | None
    parent: Annotated[str, Meta(description='The first of its parents; null: none is registered.')] | None
    parents: Annotated[
        list[ParentItem],
        Meta(description='The parties that it belongs to, with their shares.'),
    ]
    group: Annotated[
        list[str],
        Meta(
            description='Who controls it in the end, itself if nobody does, alphabetical.'
        ),
    ]
    members: Annotated[
        list[str],
        Meta(
            description='The parties that belong to it, directly or through others, alphabetical.'
        ),
    ]
    aliases: Annotated[
        list[AliasItem], Meta(description='Its other names, as registered.')
    ]
    ids: Annotated[
        list[RegisterIdItem],
        Meta(description='Its ids in other registers, as registered.'),
    ]
    lei: Annotated[str, Meta(description='Its legal entity identifier, ISO 17442; null: not registered.')] | None
    party: Annotated[str, Meta(description='Use `key`.')]
    living_deals: Annotated[int, Meta(description='How many of these deals live.')]
    bound: Annotated[
        int, Meta(description='How many of those stand above the binding line.')
    ]
    paper_only: Annotated[
        int, Meta(description='How many of those have nothing but paper.')
    ]
    deals_by_level: Annotated[
        dict[str, int], Meta(description='How many of those stand at each level.')
    ]
    deals: Annotated[
        list[DealItem],
        Meta(
            description='A page of its deals and those of its members, ended ones too, by project and deal.'
        ),
    ]
    next_cursor: Annotated[str, Meta(description='Asks for the next page of deals; null: there is none.')] | None


class PledgeGroup(Struct):
    """
    The promises of one group. A promise of several is in each: groups do not add up.
    """

    group: Annotated[str, Meta(description='What they have in common, as `by` asks; null: nobody said.')] | None
    total: Annotated[PledgeTotal, Meta(description='Those of projects.')]
    umbrellas: Annotated[
        PledgeTotal, Meta(description='Those of umbrellas and programmes.')
    ]


class Programme(Struct):
    """
    A programme, traced to the projects that name it, whether or not anybody pledged it.
    """

    programme: Annotated[str, Meta(description='The project that is the programme.')]
    name: Annotated[str, Meta(description='Its name; null: not registered.')] | None
    pledges: Annotated[list[str], Meta(description='What was pledged through it.')]
    bound: Annotated[
        list[Sum],
        Meta(
            description='What rows of all projects that name it have bound, by currency.'
        ),
    ]
    disbursed: Annotated[list[Sum], Meta(description='What they have paid.')]
    projects: Annotated[
        list[ProgrammeProject], Meta(description='The projects that name it.')
    ]
    own_rows: Annotated[
        list[PledgeRow],
        Meta(
            description='Rows of the programme itself, which are in none of its sums.'
        ),
    ]


class ProjectAnswer(Struct):
    """
    A project with its deals, legs, stakes, offtakes, money and value chain.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    key: Annotated[str, Meta(description='The key of the project.')]
    name: Annotated[str, Meta(description='Its name; null: not registered.')] | None
    country: Annotated[str, Meta(description='Where it is, ISO 3166-1 alpha-2; null: not registered.')] | None
    countries: Annotated[
        list[str],
        Meta(
            description='All countries that it lies in, that of `country` among them, alphabetical.'
        ),
    ]
    sector: Annotated[str, Meta(description='Its sector; null: not registered.', examples=['mining', 'processing', 'energy', 'transport', 'resilience', 'human-capital', 'other'])] | None
    kind: Annotated[str, Meta(description='What it is, as in deposit; null: not registered.')] | None
    commodities: Annotated[
        list[str], Meta(description='What it yields or carries, alphabetical.')
    ]
    level: Annotated[
        str,
        Meta(
            description='How far it has come: the level of its furthest living deal, or of the ground.',
            examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'],
        ),
    ]
    highest_level: Annotated[
        str,
        Meta(
            description='How far it ever came.',
            examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'],
        ),
    ]
    overlays: Annotated[
        list[str],
        Meta(description='What lies over its level, such as on-hold, alphabetical.'),
    ]
    headline: Annotated[HeadlineItem, Meta(description='Its memorandum-only flag; null: something binds, or nothing was signed.')] | None
    investors: Annotated[
        list[str],
        Meta(description='The parties that pursue it as investors, alphabetical.'),
    ]
    memorandum_since: Annotated[date, Meta(description='The day of the first paper that still counts; null: there is none.')] | None
    memorandum_since_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    memorandum_since_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    bound_on: Annotated[date, Meta(description='The day on which something first bound; null: nothing has.')] | None
    bound_on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    bound_on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    last_event_on: Annotated[date, Meta(description='The latest day of its latest event; null: it has none with a day.')] | None
    last_event_on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    last_event_on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    position: Annotated[
        str,
        Meta(
            description='Where the last event that changed it stands in the log, partition:offset.'
        ),
    ]
    flags: Annotated[
        list[FlagItem],
        Meta(description='The flags that stand, of its deals and its own.'),
    ]
    latitude: Annotated[float, Meta(description='Degrees north; null: not registered.')] | None
    longitude: Annotated[float, Meta(description='Degrees east; null: not registered.')] | None
    living_deals: Annotated[
        int, Meta(description='How many of its deals live; 0: no deal does.')
    ]
    ended_deals: Annotated[int, Meta(description='How many of its deals have ended.')]
    place: Annotated[str, Meta(description='Where it is, in words; null: not registered.')] | None
    required_legs: Annotated[list[str], Meta(description='The legs that it needs, alphabetical; null: not registered, and then no leg counts as missing.')] | None
    physical_state: Annotated[str, Meta(description='How far it is on the ground; null: nothing was begun.', examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'])] | None
    ended: Annotated[Ended, Meta(description='When and how it ended as a whole: cancelled, completed, retired; null: it has not.')] | None
    superseded: Annotated[SupersededItem, Meta(description='What stands in its place: its own judgement is empty then; null: it stands itself.')] | None
    precision: Annotated[str, Meta(description='Of its coordinates: exact, approximate, region; null: not registered.')] | None
    capacity: Annotated[CapacityItem, Meta(description='How much it puts out; null: not registered.')] | None
    parts: Annotated[list[PartItem], Meta(description='Its parts, as registered.')]
    aliases: Annotated[
        list[AliasItem], Meta(description='Its other names, as registered.')
    ]
    ids: Annotated[
        list[RegisterIdItem],
        Meta(description='Its ids in other registers, as registered.'),
    ]
    works: Annotated[
        list[WorksLine], Meta(description='Its lines of works, by deal and part.')
    ]
    deals: Annotated[list[DealItem], Meta(description='Its deals, ended ones too.')]
    legs: Annotated[list[LegOfDeal], Meta(description='The legs of all its deals.')]
    missing_legs: Annotated[
        list[str],
        Meta(description='The legs that some deal of it lacks, alphabetical.'),
    ]
    next: Annotated[NextRise, Meta(description='What becomes more severe first; null: nothing does by itself.')] | None
    explanation: Annotated[
        ExplanationText, Meta(description='The project in plain English.')
    ]
    quarantined: Annotated[
        bool,
        Meta(
            description='Whether events of it wait in quarantine: it stands as it did before them.'
        ),
    ]
    held_events: Annotated[
        int, Meta(description='How many events of it wait in quarantine.')
    ]
    stakes: Annotated[list[Stake], Meta(description='Who holds a share.')]
    offtakes: Annotated[list[Offtake], Meta(description='Its offtake contracts.')]
    money: Annotated[
        list[Money],
        Meta(description='Its sums, deal by deal, leg by leg, currency by currency.'),
    ]
    costs: Annotated[
        list[CostFigure],
        Meta(description='What sources say that the project costs, beside each other.'),
    ]
    value_chain: Annotated[
        list[ChainStep], Meta(description='What moved into the host country.')
    ]
    crosswalk: (
        Annotated[
            dict[str, RegisterWord],
            Meta(description='Register by register, as asked with crosswalk=.'),
        ]
        | UnsetType
    ) = UNSET


class ProjectDetail(Struct):
    """
    A project with its deals, legs, stakes, offtakes, money and value chain.
    """

    key: Annotated[str, Meta(description='The key of the project.')]
    name: Annotated[str, Meta(description='Its name; null: not registered.')] | None
    country: Annotated[str, Meta(description='Where it is, ISO 3166-1 alpha-2; null: not registered.')] | None
    countries: Annotated[
        list[str],
        Meta(
            description='All countries that it lies in, that of `country` among them, alphabetical.'
        ),
    ]
    sector: Annotated[str, Meta(description='Its sector; null: not registered.', examples=['mining', 'processing', 'energy', 'transport', 'resilience', 'human-capital', 'other'])] | None
    kind: Annotated[str, Meta(description='What it is, as in deposit; null: not registered.')] | None
    commodities: Annotated[
        list[str], Meta(description='What it yields or carries, alphabetical.')
    ]
    level: Annotated[
        str,
        Meta(
            description='How far it has come: the level of its furthest living deal, or of the ground.',
            examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'],
        ),
    ]
    highest_level: Annotated[
        str,
        Meta(
            description='How far it ever came.',
            examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'],
        ),
    ]
    overlays: Annotated[
        list[str],
        Meta(description='What lies over its level, such as on-hold, alphabetical.'),
    ]
    headline: Annotated[HeadlineItem, Meta(description='Its memorandum-only flag; null: something binds, or nothing was signed.')] | None
    investors: Annotated[
        list[str],
        Meta(description='The parties that pursue it as investors, alphabetical.'),
    ]
    memorandum_since: Annotated[date, Meta(description='The day of the first paper that still counts; null: there is none.')] | None
    memorandum_since_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    memorandum_since_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    bound_on: Annotated[date, Meta(description='The day on which something first bound; null: nothing has.')] | None
    bound_on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    bound_on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    last_event_on: Annotated[date, Meta(description='The latest day of its latest event; null: it has none with a day.')] | None
    last_event_on_earliest: Annotated[date, Meta(description='The earliest such day, the other being the latest; null: open, unknown, or none.')] | None
    last_event_on_given: Annotated[str, Meta(description='What its event gave, in EDTF, where the two days do not say the same (cut, narrowed, open, roughly); null: they do.')] | None
    position: Annotated[
        str,
        Meta(
            description='Where the last event that changed it stands in the log, partition:offset.'
        ),
    ]
    flags: Annotated[
        list[FlagItem],
        Meta(description='The flags that stand, of its deals and its own.'),
    ]
    latitude: Annotated[float, Meta(description='Degrees north; null: not registered.')] | None
    longitude: Annotated[float, Meta(description='Degrees east; null: not registered.')] | None
    living_deals: Annotated[
        int, Meta(description='How many of its deals live; 0: no deal does.')
    ]
    ended_deals: Annotated[int, Meta(description='How many of its deals have ended.')]
    place: Annotated[str, Meta(description='Where it is, in words; null: not registered.')] | None
    required_legs: Annotated[list[str], Meta(description='The legs that it needs, alphabetical; null: not registered, and then no leg counts as missing.')] | None
    physical_state: Annotated[str, Meta(description='How far it is on the ground; null: nothing was begun.', examples=['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'])] | None
    ended: Annotated[Ended, Meta(description='When and how it ended as a whole: cancelled, completed, retired; null: it has not.')] | None
    superseded: Annotated[SupersededItem, Meta(description='What stands in its place: its own judgement is empty then; null: it stands itself.')] | None
    precision: Annotated[str, Meta(description='Of its coordinates: exact, approximate, region; null: not registered.')] | None
    capacity: Annotated[CapacityItem, Meta(description='How much it puts out; null: not registered.')] | None
    parts: Annotated[list[PartItem], Meta(description='Its parts, as registered.')]
    aliases: Annotated[
        list[AliasItem], Meta(description='Its other names, as registered.')
    ]
    ids: Annotated[
        list[RegisterIdItem],
        Meta(description='Its ids in other registers, as registered.'),
    ]
    works: Annotated[
        list[WorksLine], Meta(description='Its lines of works, by deal and part.')
    ]
    deals: Annotated[list[DealItem], Meta(description='Its deals, ended ones too.')]
    legs: Annotated[list[LegOfDeal], Meta(description='The legs of all its deals.')]
    missing_legs: Annotated[
        list[str],
        Meta(description='The legs that some deal of it lacks, alphabetical.'),
    ]
    next: Annotated[NextRise, Meta(description='What becomes more severe first; null: nothing does by itself.')] | None
    explanation: Annotated[
        ExplanationText, Meta(description='The project in plain English.')
    ]
    quarantined: Annotated[
        bool,
        Meta(
            description='Whether events of it wait in quarantine: it stands as it did before them.'
        ),
    ]
    held_events: Annotated[
        int, Meta(description='How many events of it wait in quarantine.')
    ]
    stakes: Annotated[list[Stake], Meta(description='Who holds a share.')]
    offtakes: Annotated[list[Offtake], Meta(description='Its offtake contracts.')]
    money: Annotated[
        list[Money],
        Meta(description='Its sums, deal by deal, leg by leg, currency by currency.'),
    ]
    costs: Annotated[
        list[CostFigure],
        Meta(description='What sources say that the project costs, beside each other.'),
    ]
    value_chain: Annotated[
        list[ChainStep], Meta(description='What moved into the host country.')
    ]
    crosswalk: (
        Annotated[
            dict[str, RegisterWord],
            Meta(description='Register by register, as asked with crosswalk=.'),
        ]
        | UnsetType
    ) = UNSET


class ProjectList(Struct):
    """
    One page of projects.
    """

    next_cursor: Annotated[str, Meta(description='Give it as cursor= for the next page; null: this is the last one.')] | None
    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    position: Annotated[
        str,
        Meta(
            description='The prefix of the log that the page reflects, as in 0:41,3:7.'
        ),
    ]
    items: Annotated[
        list[ProjectRow], Meta(description='The projects, in the order of sort=.')
    ]


class ScorecardAnswer(Struct):
    """
    The scorecard of a forum.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    key: Annotated[str, Meta(description='The key of the forum.')]
    forum: Annotated[str, Meta(description='Use `key`.')]
    name: Annotated[str, Meta(description='Its name; null: nobody said.')] | None
    place: Annotated[str, Meta(description='Where it was held; null: nobody said.')] | None
    countries: Annotated[
        list[str], Meta(description='Who took part, ISO 3166-1 alpha-2, alphabetical.')
    ]
    held: Annotated[DayRange, Meta(description='When it was held.')]
    projects: Annotated[
        int, Meta(description='How many projects have an event that names it.')
    ]
    papers: Annotated[
        int,
        Meta(
            description='How many deals have a paper or a pledge that names the forum.'
        ),
    ]
    already_bound: Annotated[
        int, Meta(description='How many of them had a valid leg the day before.')
    ]
    strict: Annotated[
        int,
        Meta(
            description="In how many of the others a leg has bound on the forum's day or since."
        ),
    ]
    holding: Annotated[
        int, Meta(description='How many of the strict ones hold a valid leg.')
    ]
    loose: Annotated[
        int,
        Meta(
            description='How many are strict or have another row since of a level above memorandum.'
        ),
    ]
    paper_only: Annotated[
        int, Meta(description='How many live and have nothing but paper.')
    ]
    ended: Annotated[int, Meta(description='How many have ended.')]
    value: Annotated[
        list[ForumValue],
        Meta(
            description='Announced and bound of the deals that announced a sum, currency by currency.'
        ),
    ]
    bound_without_sum: Annotated[
        list[Sum],
        Meta(
            description='What has been bound of those that announced none: compared with nothing.'
        ),
    ]
    curve: Annotated[
        list[ScorecardPoint],
        Meta(description='Strict and loose by age; empty without a cohort.'),
    ]
    until: Annotated[date, Meta(description='The day on which they are judged.')]
    horizon_months: Annotated[int, Meta(description='How many months after the forum, as asked; null: until as_of.')] | None
    umbrellas: Annotated[
        ScorecardLine,
        Meta(description='The deals of umbrellas and programmes, a line of their own.'),
    ]
    bound_there: Annotated[
        list[ForumRowItem],
        Meta(description='Rows that bind and name the forum, of whatever deal.'),
    ]
    portfolios: Annotated[
        list[PortfolioSum],
        Meta(description='Sums of portfolios: listed, not compared.'),
    ]
    without_papers: Annotated[
        int,
        Meta(
            description='How many of `projects` have no deal in the cohort by as_of: their rows are left out.'
        ),
    ]
    left_out: Annotated[
        list[ForumRowItem], Meta(description='The other rows that name the forum.')
    ]
    deals: Annotated[
        list[Paper], Meta(description='Each deal of the cohort, umbrellas too.')
    ]


class ScorecardItem(Struct):
    """
    What became of the papers and pledges that name a forum. Its own figures are without umbrellas and programmes.
    """

    key: Annotated[str, Meta(description='The key of the forum.')]
    forum: Annotated[str, Meta(description='Use `key`.')]
    name: Annotated[str, Meta(description='Its name; null: nobody said.')] | None
    place: Annotated[str, Meta(description='Where it was held; null: nobody said.')] | None
    countries: Annotated[
        list[str], Meta(description='Who took part, ISO 3166-1 alpha-2, alphabetical.')
    ]
    held: Annotated[DayRange, Meta(description='When it was held.')]
    projects: Annotated[
        int, Meta(description='How many projects have an event that names it.')
    ]
    papers: Annotated[
        int,
        Meta(
            description='How many deals have a paper or a pledge that names the forum.'
        ),
    ]
    already_bound: Annotated[
        int, Meta(description='How many of them had a valid leg the day before.')
    ]
    strict: Annotated[
        int,
        Meta(
            description="In how many of the others a leg has bound on the forum's day or since."
        ),
    ]
    holding: Annotated[
        int, Meta(description='How many of the strict ones hold a valid leg.')
    ]
    loose: Annotated[
        int,
        Meta(
            description='How many are strict or have another row since of a level above memorandum.'
        ),
    ]
    paper_only: Annotated[
        int, Meta(description='How many live and have nothing but paper.')
    ]
    ended: Annotated[int, Meta(description='How many have ended.')]
    value: Annotated[
        list[ForumValue],
        Meta(
            description='Announced and bound of the deals that announced a sum, currency by currency.'
        ),
    ]
    bound_without_sum: Annotated[
        list[Sum],
        Meta(
            description='What has been bound of those that announced none: compared with nothing.'
        ),
    ]
    curve: Annotated[
        list[ScorecardPoint],
        Meta(description='Strict and loose by age; empty without a cohort.'),
    ]
    until: Annotated[date, Meta(description='The day on which they are judged.')]
    horizon_months: Annotated[int, Meta(description='How many months after the forum, as asked; null: until as_of.')] | None
    umbrellas: Annotated[
        ScorecardLine,
        Meta(description='The deals of umbrellas and programmes, a line of their own.'),
    ]
    bound_there: Annotated[
        list[ForumRowItem],
        Meta(description='Rows that bind and name the forum, of whatever deal.'),
    ]
    portfolios: Annotated[
        list[PortfolioSum],
        Meta(description='Sums of portfolios: listed, not compared.'),
    ]
    without_papers: Annotated[
        int,
        Meta(
            description='How many of `projects` have no deal in the cohort by as_of: their rows are left out.'
        ),
    ]
    left_out: Annotated[
        list[ForumRowItem], Meta(description='The other rows that name the forum.')
    ]
    deals: Annotated[
        list[Paper], Meta(description='Each deal of the cohort, umbrellas too.')
    ]


class ScorecardsAnswer(Struct):
    """
    The scorecards of forums at the same age.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    horizon_months: Annotated[
        int, Meta(description='The age: as asked, else that of the youngest.')
    ]
    forums: Annotated[
        list[ScorecardItem],
        Meta(description='The scorecard of each, in the order of the question.'),
    ]
    together: Annotated[Together, Meta(description='All of them as one.')]


class SupplyAnswer(Struct):
    """
    What is bound of what countries need.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    buyers: Annotated[
        list[SupplyRow],
        Meta(
            description='By country, commodity and unit; without umbrellas and programmes.'
        ),
    ]
    groups: Annotated[
        list[GroupRow],
        Meta(description='By group, commodity and unit; groups overlap.'),
    ]
    umbrellas: Annotated[
        list[SupplyRow],
        Meta(
            description='The same as `buyers` of umbrellas and programmes, without demand.'
        ),
    ]
    papers: Annotated[
        list[PaperRow],
        Meta(
            description='What is only paper, of the commodities that are bought or in demand.'
        ),
    ]
    contracts: Annotated[
        list[SupplyContract],
        Meta(description='Each contract, by project and in the order of the signing.'),
    ]
    not_added: Annotated[
        dict[str, int],
        Meta(description='How many contracts are in no sum, by what they lack.'),
    ]
    other_figures: Annotated[
        list[DemandFigure],
        Meta(
            description='Figures of the same countries and commodities that are no volume a year of demand.'
        ),
    ]
    factors: Annotated[
        list[FactorItem],
        Meta(description='The factors that volumes or demand were converted by.'),
    ]


class Timeline(Struct):
    """
    One page of what happened to a project.
    """

    next_cursor: Annotated[str, Meta(description='Give it as cursor= for the next page; null: this is the last one.')] | None
    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    position: Annotated[
        str,
        Meta(
            description='The prefix of the log that the page reflects, as in 0:41,3:7.'
        ),
    ]
    project: Annotated[str, Meta(description='The project.')]
    flag_changes: Annotated[
        list[FlagChange],
        Meta(description='What each of its flags did until the day, in order of days.'),
    ]
    conflicts: Annotated[
        list[ConflictEntry],
        Meta(
            description='Records under the name of an event that was there; they change nothing.'
        ),
    ]
    items: Annotated[
        list[TimelineEntry],
        Meta(description='The events, in the order in which they are folded.'),
    ]


class TraceAnswer(Struct):
    """
    The stops of one event.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    items: Annotated[list[TraceItem], Meta(description='The stops of each.')]


class TriedProject(Struct):
    """
    A project that the events name.
    """

    project: Annotated[str, Meta(description='The project.')]
    before: Annotated[ProjectDetail, Meta(description='As /v1/projects/{key} answers; null: it is not there on the day.')] | None
    after: Annotated[ProjectDetail, Meta(description='As it would answer; its position is where the events would stand if sent now.')] | None
    changes: Annotated[list[Change], Meta(description='What is otherwise.')]


class WhatIfAnswer(Struct):
    """
    What events would do; nothing was written.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    events: Annotated[list[TriedEvent], Meta(description='The events that were tried.')]
    duplicates: Annotated[
        int,
        Meta(
            description='How many more there are that are in the log already, or twice in the request.'
        ),
    ]
    projects: Annotated[
        list[TriedProject],
        Meta(description='The projects that they name, alphabetical.'),
    ]
    others: Annotated[
        list[MarketChange],
        Meta(
            description='What becomes of the flags of other projects in their markets.'
        ),
    ]
    position: Annotated[
        str, Meta(description='The prefix of the log before them, as in 0:41,3:7.')
    ]


class DealList(Struct):
    """
    One page of deals.
    """

    next_cursor: Annotated[str, Meta(description='Give it as cursor= for the next page; null: this is the last one.')] | None
    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    position: Annotated[
        str,
        Meta(
            description='The prefix of the log that the page reflects, as in 0:41,3:7.'
        ),
    ]
    living_deals: Annotated[
        int,
        Meta(
            description='How many deals of all pages live; 0: no deal of the list does.'
        ),
    ]
    items: Annotated[
        list[DealRow],
        Meta(description='The deals, by project and deal, ended ones too.'),
    ]


class MoneyAnswer(Struct):
    """
    Who gave how much to whom, committed and disbursed, by leg.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    by: Annotated[
        list[str],
        Meta(description='What the groups are made by; empty: there are none.'),
    ]
    currency: Annotated[
        str, Meta(description='The one currency of what is converted, ISO 4217.')
    ]
    total: Annotated[
        list[MoneyOfLeg],
        Meta(description='By leg, without contracts, umbrellas and programmes.'),
    ]
    contracts: Annotated[
        list[MoneyOfLeg],
        Meta(
            description='Works and offtake: prices of contracts, not of umbrellas. Nobody gives them.'
        ),
    ]
    umbrellas: Annotated[
        list[MoneyOfLeg], Meta(description='By leg, of umbrellas and programmes.')
    ]
    groups: Annotated[list[MoneyGroup], Meta(description='The same rows as `by` asks.')]
    rows: Annotated[
        list[MoneyRowItem], Meta(description='What it is made of, by project and day.')
    ]
    rates: Annotated[list[RateItem], Meta(description='The rates that were used.')]
    left_out: Annotated[MoneyLeftOut, Meta(description='What is in no sum, and why.')]


class PledgesAnswer(Struct):
    """
    What became of promises of money by a day.
    """

    as_of: Annotated[date, Meta(description='The day (UTC) that is judged.')]
    known_at: Annotated[
        datetime, Meta(description='Only what was known by then was used.')
    ]
    by: Annotated[str, Meta(description='What they are grouped by; null: nothing.', examples=['pledger', 'nation', 'recipient', 'forum', 'programme', 'year'])] | None
    total: Annotated[PledgeTotal, Meta(description='Promises of projects together.')]
    umbrellas: Annotated[
        PledgeTotal, Meta(description='Promises of umbrellas and programmes together.')
    ]
    groups: Annotated[
        list[PledgeGroup], Meta(description='By group; empty without `by`.')
    ]
    pledges: Annotated[
        list[PledgeItem],
        Meta(description='Each promise, from the first that was said.'),
    ]
    programmes: Annotated[
        list[Programme],
        Meta(
            description='Programmes that are named by a row, or through which a pledge comes.'
        ),
    ]
    left_out: Annotated[PledgesLeftOut, Meta(description='What is in no sum.')]
