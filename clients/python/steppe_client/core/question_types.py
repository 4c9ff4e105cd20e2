"""What may be asked. Made by generate.py from the OpenAPI document of the API: do not edit."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, NotRequired, TypedDict


class ListProjects(TypedDict):
    """
    Projects as they stand on a day: level, headline, flags, investors.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    limit: NotRequired[int]
    """
    At most so many rows of all pages together. Default: every row.
    """
    country: NotRequired[str | list[str]]
    """
    One of the countries of the project, or the home of the party, ISO 3166-1 alpha-2. Several, separated by commas: any of them.
    """
    commodity: NotRequired[str | list[str]]
    """
    Commodity of the project. Several, separated by commas: any of them.
    """
    sector: NotRequired[Literal['mining', 'processing', 'energy', 'transport', 'resilience', 'human-capital', 'other'] | list[Literal['mining', 'processing', 'energy', 'transport', 'resilience', 'human-capital', 'other']]]
    """
    Sector of the project. Several, separated by commas: any of them.
    """
    level: NotRequired[Literal['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'] | list[Literal['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing']]]
    """
    Current level. Several, separated by commas: any of them.
    """
    flag: NotRequired[Literal['memorandum-only', 'memorandum-churn', 'announced-only', 'silent', 'unchecked', 'overdue', 'idle-right', 'lapsed', 'partly-bound', 'not-building', 'not-producing', 'slipping', 'displaced', 'crowded'] | list[Literal['memorandum-only', 'memorandum-churn', 'announced-only', 'silent', 'unchecked', 'overdue', 'idle-right', 'lapsed', 'partly-bound', 'not-building', 'not-producing', 'slipping', 'displaced', 'crowded']]]
    """
    Name of a flag that stands. Several, separated by commas: any of them.
    """
    severity: NotRequired[Literal['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'] | list[Literal['notice', 'watch', 'stagnant', 'presumed-dead', 'alert']]]
    """
    Severity of that flag. Several, separated by commas: any of them.
    """
    headline: NotRequired[Literal['any', 'none', 'watch', 'stagnant', 'presumed-dead'] | list[Literal['any', 'none', 'watch', 'stagnant', 'presumed-dead']]]
    """
    Severity of the project's headline memorandum-only. Several, separated by commas: any of them.
    """
    overlay: NotRequired[Literal['cancelled', 'completed', 'delisted', 'exited', 'lapsed', 'on-hold', 'presumed-dead', 'retired', 'suspended', 'terminated', 'withdrawn'] | list[Literal['cancelled', 'completed', 'delisted', 'exited', 'lapsed', 'on-hold', 'presumed-dead', 'retired', 'suspended', 'terminated', 'withdrawn']]]
    """
    Overlay beside the level. Several, separated by commas: any of them.
    """
    investor: NotRequired[str | list[str]]
    """
    Party that pursues, itself or through a party that belongs to it on the day. Several, separated by commas: any of them.
    """
    investor_country: NotRequired[str | list[str]]
    """
    Home country of a party that pursues, on the day that is judged. Several, separated by commas: any of them.
    """
    forum: NotRequired[str | list[str]]
    """
    Forum at which a paper was signed. Several, separated by commas: any of them.
    """
    q: NotRequired[str]
    """
    Part of the key, name, alias (a former key is one) or id in another register, of a project or deal also of a party that pursues it; whatever the case, the accents, the width or the script, Cyrillic or Latin.
    """
    updated_after: NotRequired[str | date | datetime]
    """
    Changed in the read model after this instant.
    """
    located: NotRequired[bool]
    """
    `true`: only projects with coordinates, `false`: only those without.
    """
    sort: NotRequired[Literal['key', 'name', 'level', '-level', 'severity', 'memorandum_since', '-last_event_on']]
    """
    Order; a leading - is descending. Default: key.
    """
    crosswalk: NotRequired[Literal['iati', 'oc4ids', 'gem', 'aiddata'] | list[Literal['iati', 'oc4ids', 'gem', 'aiddata']]]
    """
    Add what other registers would call the project, as docs/crosswalk.md says. Several, separated by commas.
    """
    include: NotRequired[Literal['flags', 'names'] | list[Literal['flags', 'names']]]
    """
    Which of the fields that cost an answer most it has: `flags` of projects, and `names`, what one finds them by: place, aliases, ids. Default: flags; empty: none.
    """


class GetPortfolio(TypedDict):
    """
    How many projects stand where on a day: by level, by severity of the headline, and by what one can filter for.

    Filters as of `/v1/projects`: each count is the number of items that the list has with that filter added.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    country: NotRequired[str | list[str]]
    """
    One of the countries of the project, or the home of the party, ISO 3166-1 alpha-2. Several, separated by commas: any of them.
    """
    commodity: NotRequired[str | list[str]]
    """
    Commodity of the project. Several, separated by commas: any of them.
    """
    sector: NotRequired[Literal['mining', 'processing', 'energy', 'transport', 'resilience', 'human-capital', 'other'] | list[Literal['mining', 'processing', 'energy', 'transport', 'resilience', 'human-capital', 'other']]]
    """
    Sector of the project. Several, separated by commas: any of them.
    """
    level: NotRequired[Literal['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'] | list[Literal['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing']]]
    """
    Current level. Several, separated by commas: any of them.
    """
    flag: NotRequired[Literal['memorandum-only', 'memorandum-churn', 'announced-only', 'silent', 'unchecked', 'overdue', 'idle-right', 'lapsed', 'partly-bound', 'not-building', 'not-producing', 'slipping', 'displaced', 'crowded'] | list[Literal['memorandum-only', 'memorandum-churn', 'announced-only', 'silent', 'unchecked', 'overdue', 'idle-right', 'lapsed', 'partly-bound', 'not-building', 'not-producing', 'slipping', 'displaced', 'crowded']]]
    """
    Name of a flag that stands. Several, separated by commas: any of them.
    """
    severity: NotRequired[Literal['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'] | list[Literal['notice', 'watch', 'stagnant', 'presumed-dead', 'alert']]]
    """
    Severity of that flag. Several, separated by commas: any of them.
    """
    headline: NotRequired[Literal['any', 'none', 'watch', 'stagnant', 'presumed-dead'] | list[Literal['any', 'none', 'watch', 'stagnant', 'presumed-dead']]]
    """
    Severity of the project's headline memorandum-only. Several, separated by commas: any of them.
    """
    overlay: NotRequired[Literal['cancelled', 'completed', 'delisted', 'exited', 'lapsed', 'on-hold', 'presumed-dead', 'retired', 'suspended', 'terminated', 'withdrawn'] | list[Literal['cancelled', 'completed', 'delisted', 'exited', 'lapsed', 'on-hold', 'presumed-dead', 'retired', 'suspended', 'terminated', 'withdrawn']]]
    """
    Overlay beside the level. Several, separated by commas: any of them.
    """
    investor: NotRequired[str | list[str]]
    """
    Party that pursues, itself or through a party that belongs to it on the day. Several, separated by commas: any of them.
    """
    investor_country: NotRequired[str | list[str]]
    """
    Home country of a party that pursues, on the day that is judged. Several, separated by commas: any of them.
    """
    forum: NotRequired[str | list[str]]
    """
    Forum at which a paper was signed. Several, separated by commas: any of them.
    """
    q: NotRequired[str]
    """
    Part of the key, name, alias (a former key is one) or id in another register, of a project or deal also of a party that pursues it; whatever the case, the accents, the width or the script, Cyrillic or Latin.
    """
    updated_after: NotRequired[str | date | datetime]
    """
    Changed in the read model after this instant.
    """
    located: NotRequired[bool]
    """
    `true`: only projects with coordinates, `false`: only those without.
    """


class GetProject(TypedDict):
    """
    A project with its deals, legs, stakes, offtakes, money and value chain on a day.

    `explanation` says in plain words where it stands, what is missing, and what happens next and when (`stands`, `missing`,
    `next`: one to three sentences each, with the figures of the day); each deal has its own `sentence`. `next` is the first
    later day on which a flag that stands becomes more severe.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    crosswalk: NotRequired[Literal['iati', 'oc4ids', 'gem', 'aiddata'] | list[Literal['iati', 'oc4ids', 'gem', 'aiddata']]]
    """
    Add what other registers would call the project, as docs/crosswalk.md says. Several, separated by commas.
    """


class GetTimeline(TypedDict):
    """
    What happened to a project until a day, in the order of the fold, and what it did to levels and flags.

    `confidence` and `evidence` choose among the events that are shown; levels and flags are judged from all of them.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    limit: NotRequired[int]
    """
    At most so many rows of all pages together. Default: every row.
    """
    confidence: NotRequired[Literal['high', 'medium', 'low', 'not-stated'] | list[Literal['high', 'medium', 'low', 'not-stated']]]
    """
    How sure the source is of the event. Several, separated by commas: any of them.
    """
    evidence: NotRequired[Literal['official', 'company', 'trade-press', 'press', 'other', 'not-stated'] | list[Literal['official', 'company', 'trade-press', 'press', 'other', 'not-stated']]]
    """
    Grade of a piece of evidence that the event has. Several, separated by commas: any of them.
    """


class ListDeals(TypedDict):
    """
    Deals as they stand on a day: level, legs, clocks, flags, and a sentence that says it with the figures.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    limit: NotRequired[int]
    """
    At most so many rows of all pages together. Default: every row.
    """
    project: NotRequired[str | list[str]]
    """
    Project key. Several, separated by commas: any of them.
    """
    deal: NotRequired[str | list[str]]
    """
    Deal slug. Several, separated by commas: any of them.
    """
    country: NotRequired[str | list[str]]
    """
    One of the countries of the project, or the home of the party, ISO 3166-1 alpha-2. Several, separated by commas: any of them.
    """
    commodity: NotRequired[str | list[str]]
    """
    Commodity of the project. Several, separated by commas: any of them.
    """
    sector: NotRequired[Literal['mining', 'processing', 'energy', 'transport', 'resilience', 'human-capital', 'other'] | list[Literal['mining', 'processing', 'energy', 'transport', 'resilience', 'human-capital', 'other']]]
    """
    Sector of the project. Several, separated by commas: any of them.
    """
    level: NotRequired[Literal['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'] | list[Literal['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing']]]
    """
    Current level. Several, separated by commas: any of them.
    """
    flag: NotRequired[Literal['memorandum-only', 'memorandum-churn', 'announced-only', 'silent', 'unchecked', 'overdue', 'idle-right', 'lapsed', 'partly-bound', 'not-building', 'not-producing', 'slipping', 'displaced', 'crowded'] | list[Literal['memorandum-only', 'memorandum-churn', 'announced-only', 'silent', 'unchecked', 'overdue', 'idle-right', 'lapsed', 'partly-bound', 'not-building', 'not-producing', 'slipping', 'displaced', 'crowded']]]
    """
    Name of a flag that stands. Several, separated by commas: any of them.
    """
    severity: NotRequired[Literal['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'] | list[Literal['notice', 'watch', 'stagnant', 'presumed-dead', 'alert']]]
    """
    Severity of that flag. Several, separated by commas: any of them.
    """
    overlay: NotRequired[Literal['cancelled', 'completed', 'delisted', 'exited', 'lapsed', 'on-hold', 'presumed-dead', 'retired', 'suspended', 'terminated', 'withdrawn'] | list[Literal['cancelled', 'completed', 'delisted', 'exited', 'lapsed', 'on-hold', 'presumed-dead', 'retired', 'suspended', 'terminated', 'withdrawn']]]
    """
    Overlay beside the level. Several, separated by commas: any of them.
    """
    investor: NotRequired[str | list[str]]
    """
    Party that pursues, itself or through a party that belongs to it on the day. Several, separated by commas: any of them.
    """
    investor_country: NotRequired[str | list[str]]
    """
    Home country of a party that pursues, on the day that is judged. Several, separated by commas: any of them.
    """
    forum: NotRequired[str | list[str]]
    """
    Forum at which a paper was signed. Several, separated by commas: any of them.
    """
    q: NotRequired[str]
    """
    Part of the key, name, alias (a former key is one) or id in another register, of a project or deal also of a party that pursues it; whatever the case, the accents, the width or the script, Cyrillic or Latin.
    """
    updated_after: NotRequired[str | date | datetime]
    """
    Changed in the read model after this instant.
    """


class ListFlags(TypedDict):
    """
    Flags that stand on a day, each with its clock, its evidence and a sentence: the gravest first, and of these the oldest.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    limit: NotRequired[int]
    """
    At most so many rows of all pages together. Default: every row.
    """
    flag: NotRequired[Literal['memorandum-only', 'memorandum-churn', 'announced-only', 'silent', 'unchecked', 'overdue', 'idle-right', 'lapsed', 'partly-bound', 'not-building', 'not-producing', 'slipping', 'displaced', 'crowded'] | list[Literal['memorandum-only', 'memorandum-churn', 'announced-only', 'silent', 'unchecked', 'overdue', 'idle-right', 'lapsed', 'partly-bound', 'not-building', 'not-producing', 'slipping', 'displaced', 'crowded']]]
    """
    Name of a flag that stands. Several, separated by commas: any of them.
    """
    severity: NotRequired[Literal['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'] | list[Literal['notice', 'watch', 'stagnant', 'presumed-dead', 'alert']]]
    """
    Severity of that flag. Several, separated by commas: any of them.
    """
    certainty: NotRequired[Literal['certain', 'possible'] | list[Literal['certain', 'possible']]]
    """
    Certainty of the severity. Several, separated by commas: any of them.
    """
    project: NotRequired[str | list[str]]
    """
    Project key. Several, separated by commas: any of them.
    """
    deal: NotRequired[str | list[str]]
    """
    Deal slug. Several, separated by commas: any of them.
    """
    country: NotRequired[str | list[str]]
    """
    One of the countries of the project, or the home of the party, ISO 3166-1 alpha-2. Several, separated by commas: any of them.
    """
    commodity: NotRequired[str | list[str]]
    """
    Commodity of the project. Several, separated by commas: any of them.
    """
    sector: NotRequired[Literal['mining', 'processing', 'energy', 'transport', 'resilience', 'human-capital', 'other'] | list[Literal['mining', 'processing', 'energy', 'transport', 'resilience', 'human-capital', 'other']]]
    """
    Sector of the project. Several, separated by commas: any of them.
    """
    level: NotRequired[Literal['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'] | list[Literal['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing']]]
    """
    Current level of the project. Several, separated by commas: any of them.
    """
    headline: NotRequired[Literal['any', 'none', 'watch', 'stagnant', 'presumed-dead'] | list[Literal['any', 'none', 'watch', 'stagnant', 'presumed-dead']]]
    """
    Severity of the project's headline memorandum-only. Several, separated by commas: any of them.
    """
    overlay: NotRequired[Literal['cancelled', 'completed', 'delisted', 'exited', 'lapsed', 'on-hold', 'presumed-dead', 'retired', 'suspended', 'terminated', 'withdrawn'] | list[Literal['cancelled', 'completed', 'delisted', 'exited', 'lapsed', 'on-hold', 'presumed-dead', 'retired', 'suspended', 'terminated', 'withdrawn']]]
    """
    Overlay beside the level of the project. Several, separated by commas: any of them.
    """
    project_flag: NotRequired[Literal['memorandum-only', 'memorandum-churn', 'announced-only', 'silent', 'unchecked', 'overdue', 'idle-right', 'lapsed', 'partly-bound', 'not-building', 'not-producing', 'slipping', 'displaced', 'crowded'] | list[Literal['memorandum-only', 'memorandum-churn', 'announced-only', 'silent', 'unchecked', 'overdue', 'idle-right', 'lapsed', 'partly-bound', 'not-building', 'not-producing', 'slipping', 'displaced', 'crowded']]]
    """
    Name of a flag that stands on the project or on one of its deals. Several, separated by commas: any of them.
    """
    project_severity: NotRequired[Literal['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'] | list[Literal['notice', 'watch', 'stagnant', 'presumed-dead', 'alert']]]
    """
    Severity of a flag that stands there; with `project_flag`: of that one. Several, separated by commas: any of them.
    """
    investor: NotRequired[str | list[str]]
    """
    Party that pursues, itself or through a party that belongs to it on the day. Several, separated by commas: any of them.
    """
    investor_country: NotRequired[str | list[str]]
    """
    Home country of a party that pursues, on the day that is judged. Several, separated by commas: any of them.
    """
    forum: NotRequired[str | list[str]]
    """
    Forum at which a paper was signed. Several, separated by commas: any of them.
    """
    q: NotRequired[str]
    """
    Part of the key, name, alias (a former key is one) or id in another register, of a project or deal also of a party that pursues it; whatever the case, the accents, the width or the script, Cyrillic or Latin.
    """
    updated_after: NotRequired[str | date | datetime]
    """
    Changed in the read model after this instant.
    """
    next_before: NotRequired[str | date | datetime]
    """
    Only flags that become more severe before this day, if nothing else occurs.
    """
    sort: NotRequired[Literal['severity', 'since', '-since', 'next', 'project']]
    """
    Order: severity (default: the gravest first, of these the oldest), since, -since, next (what rises soonest first), or project.
    """


class ListParties(TypedDict):
    """
    Parties that are registered on a day, or named by events: who they are, and which group they belong to.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    limit: NotRequired[int]
    """
    At most so many rows of all pages together. Default: every row.
    """
    q: NotRequired[str]
    """
    Part of the key, name, alias (a former key is one) or id in another register, of a project or deal also of a party that pursues it; whatever the case, the accents, the width or the script, Cyrillic or Latin.
    """
    country: NotRequired[str | list[str]]
    """
    One of the countries of the project, or the home of the party, ISO 3166-1 alpha-2. Several, separated by commas: any of them.
    """
    kind: NotRequired[Literal['company', 'state-company', 'agency', 'development-bank', 'multilateral', 'fund', 'government', 'other'] | list[Literal['company', 'state-company', 'agency', 'development-bank', 'multilateral', 'fund', 'government', 'other']]]
    """
    Kind of party. Several, separated by commas: any of them.
    """
    group: NotRequired[str | list[str]]
    """
    Party that controls those wanted, on the day; it is one of them. Several, separated by commas: any of them.
    """


class GetParty(TypedDict):
    """
    Who somebody is, how many deals they pursue, in whatever role, how far each is, and how many are only paper.

    Of a party that controls others their deals are shown, too; `pursuers` of a deal says whose it is. The deals come in pages, all
    other figures are of all deals.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    limit: NotRequired[int]
    """
    At most so many rows of all pages together. Default: every row.
    """


class ListMarkets(TypedDict):
    """
    Markets (a country and a commodity) that have projects on a day: how many deals are bound, how many are only paper, and whose.

    A deal of two nations counts under both. With `investor_country`: markets in which that nation pursues a living deal.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    limit: NotRequired[int]
    """
    At most so many rows of all pages together. Default: every row.
    """
    country: NotRequired[str | list[str]]
    """
    One of the countries of the project, or the home of the party, ISO 3166-1 alpha-2. Several, separated by commas: any of them.
    """
    commodity: NotRequired[str | list[str]]
    """
    Commodity of the project. Several, separated by commas: any of them.
    """
    investor_country: NotRequired[str | list[str]]
    """
    Home country of a party that pursues, on the day that is judged. Several, separated by commas: any of them.
    """


class GetMarket(TypedDict):
    """
    One market on a day: each nation's deals by level, who is bound, who has only paper, who was first, who displaced whom.

    Projects and deals come in pages, by project and deal, and so do the deals that were displaced or crowded; all figures, and who
    was first, are of the whole market. A market that fits into one page has no `next_cursor`.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    limit: NotRequired[int]
    """
    At most so many rows of all pages together. Default: every row.
    """


class ListForums(TypedDict):
    """
    Summits and visits that were held by a day, the latest first, with how many projects have an event that names it.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    limit: NotRequired[int]
    """
    At most so many rows of all pages together. Default: every row.
    """


class GetScorecard(TypedDict):
    """
    What became of the papers and pledges that name a forum: `strict`, a leg of that deal that bound on its day or since; `loose`,
    also another row above memorandum; `value`, money bound over the largest sum announced, currency by currency; `curve`, by age.

    `horizon_months`: as the same deals stood so long after the forum, to lay two of them side by side at the same age.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    horizon_months: NotRequired[int]
    """
    As it stood so many months after the forum.
    """


class GetScorecards(TypedDict):
    """
    The scorecards of any number of forums at the same age, each from its own day, and all of them as one.

    The age is `horizon_months`, else that of the youngest.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    forum: NotRequired[str | list[str]]
    """
    Keys of forums, at least one. Several, separated by commas: any of them.
    """
    horizon_months: NotRequired[int]
    """
    As they stood so many months after each. Default: the age of the youngest.
    """


class GetConversion(TypedDict):
    """
    How many first papers of deals became binding, and after how long, with the end of the deal as a competing risk.

    `curve` is the cumulative incidence (Aalen-Johansen) with numbers at risk and 95% bands, 1 - Kaplan-Meier beside it; `deals`
    (`include=deals`) are the rows that it is made of, `left_out` what it is not made of.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    by: NotRequired[Literal['investor_country', 'commodity', 'sector', 'forum', 'instrument', 'year']]
    """
    What deals are grouped by: home country of who pursues them by that paper, commodity or sector of the project, forum, instrument or year of the paper. Default: not at all.
    """
    from_: NotRequired[str | date | datetime]
    """
    Only papers from this day on, by their latest days.
    """
    to: NotRequired[str | date | datetime]
    """
    Only papers until this day.
    """
    include: NotRequired[Literal['deals'] | list[Literal['deals']]]
    """
    `deals`: list each deal that is counted, which is most of the answer. Default: none.
    """


class GetMoney(TypedDict):
    """
    Committed and disbursed by leg, which are never added up, and as `by` asks by donor, recipient, programme and year.

    Sums are in the currencies in which they were said, and beside it in one `currency` at the average rates of each row's own year;
    `rows` are what they are made of, `left_out` what is in none.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    by: NotRequired[Literal['donor', 'programme', 'recipient', 'year'] | list[Literal['donor', 'programme', 'recipient', 'year']]]
    """
    What money is grouped by. Default: not at all. Several, separated by commas: any of them.
    """
    donor: NotRequired[str | list[str]]
    """
    Nation of who gives, ISO 3166-1 alpha-2; the key of a bank of several states. Several, separated by commas: any of them.
    """
    recipient: NotRequired[str | list[str]]
    """
    Country that receives, ISO 3166-1 alpha-2. Several, separated by commas: any of them.
    """
    country: NotRequired[str | list[str]]
    """
    One of the countries of the project, ISO 3166-1 alpha-2. Several, separated by commas: any of them.
    """
    commodity: NotRequired[str | list[str]]
    """
    Commodity of the project. Several, separated by commas: any of them.
    """
    programme: NotRequired[str | list[str]]
    """
    Programme that events name, or that is the project itself. Several, separated by commas: any of them.
    """
    forum: NotRequired[str | list[str]]
    """
    Forum that the event names. Several, separated by commas: any of them.
    """
    year: NotRequired[int | list[int]]
    """
    Only these calendar years. Several, separated by commas.
    """
    currency: NotRequired[str]
    """
    The one currency beside the original ones, ISO 4217. Default: USD.
    """


class GetAid(TypedDict):
    """
    Aid by donor, recipient and year with the rank of each donor, from reference series: gross, net and portfolios apart.

    It is of `/v1/reference`, not of events: no day and no knowledge moves it.
    """

    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    donor: NotRequired[str | list[str]]
    """
    Nation of who gives, ISO 3166-1 alpha-2; the key of a bank of several states. Several, separated by commas: any of them.
    """
    recipient: NotRequired[str | list[str]]
    """
    Country that receives, ISO 3166-1 alpha-2. Several, separated by commas: any of them.
    """
    year: NotRequired[int | list[int]]
    """
    Only these calendar years. Several, separated by commas.
    """


class ListReference(TypedDict):
    """
    The reference series, each with its edition, the sum of its file, where it comes from, and what to beware of.

    They are of the release or of the operator, and no events: no day and no knowledge moves them.
    """

    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    series: NotRequired[str | list[str]]
    """
    Name of a reference series. Several, separated by commas: any of them.
    """


class GetReference(TypedDict):
    """
    A reference series with its rows, each with its source, what that rests on, and how sure it is.
    """

    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """


class GetValueChain(TypedDict):
    """
    Which steps, from the mine to the component, were told as localised in the host country, and whether the works run today.

    `markets` says up to which step each commodity is told in each country; technology, training and certificates stand beside the
    steps of each project. What nobody told is no finding: the step may be there.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    country: NotRequired[str | list[str]]
    """
    One of the countries of the project, or the home of the party, ISO 3166-1 alpha-2. Several, separated by commas: any of them.
    """
    commodity: NotRequired[str | list[str]]
    """
    Commodity of the project. Several, separated by commas: any of them.
    """


class GetSupply(TypedDict):
    """
    What binding offtake contracts deliver a calendar year, by country of the offtakers and commodity, beside the demand that the
    country states for that year, and by groups of countries while they belong.

    Conflicting figures of demand stand side by side and none is carried on to another year. Contracts that cannot be added up
    are in `contracts` with the reason; deals that have nothing but paper state no volume and are counted in `papers`.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    buyer_country: NotRequired[str | list[str]]
    """
    Home country of an offtaker, on the day of the contract; ISO 3166-1 alpha-2. Several, separated by commas: any of them.
    """
    commodity: NotRequired[str | list[str]]
    """
    Commodity of the contract. Several, separated by commas: any of them.
    """
    year: NotRequired[int | list[int]]
    """
    Only these calendar years. Several, separated by commas.
    """


class GetPledges(TypedDict):
    """
    What of each promise of money is bound and disbursed, against the share of its time that has passed.

    `pledges` are the promises, repeats under them and counted once, withdrawn ones marked, each with the rows after it that name its
    programme or are of its deal; `programmes` are traced to the projects that name them; `left_out` is what is in no sum.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    by: NotRequired[Literal['pledger', 'nation', 'recipient', 'forum', 'programme', 'year']]
    """
    What promises are grouped by: who pledged, the nation of that party, recipient, forum, programme, or year in which it was first said. Default: not at all.
    """
    donor: NotRequired[str | list[str]]
    """
    Who gives: a party's key, or its home country in capitals, a bank of several states being its own. Several, separated by commas: any of them.
    """
    recipient: NotRequired[str | list[str]]
    """
    Country that is to have it, ISO 3166-1 alpha-2. Several, separated by commas: any of them.
    """
    forum: NotRequired[str | list[str]]
    """
    Forum at which it was said. Several, separated by commas: any of them.
    """
    programme: NotRequired[str | list[str]]
    """
    Project of kind programme or umbrella through which money comes. Several, separated by commas: any of them.
    """
    year: NotRequired[int | list[int]]
    """
    Only these calendar years. Several, separated by commas.
    """


class GetLifecycle(TypedDict):
    """
    How long deals stay at each level, how old the papers are whose clock runs, how many papers of a year or a nation are bound, and
    who was first in each market and who overtook whom.

    Quartiles are of the spells that ended; those that last stand beside them, for a deal that has waited for ten years is in no
    spell that ended. `level` names the spells themselves.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    country: NotRequired[str | list[str]]
    """
    One of the countries of the project, or the home of the party, ISO 3166-1 alpha-2. Several, separated by commas: any of them.
    """
    commodity: NotRequired[str | list[str]]
    """
    Commodity of the project. Several, separated by commas: any of them.
    """
    level: NotRequired[Literal['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'] | list[Literal['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing']]]
    """
    Name the spells at these levels. Several, separated by commas: any of them.
    """


class ListRetractions(TypedDict):
    """
    Every retraction that was known: what it takes back, why, and whether it holds, waits or is refused.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    limit: NotRequired[int]
    """
    At most so many rows of all pages together. Default: every row.
    """
    project: NotRequired[str | list[str]]
    """
    Project key. Several, separated by commas: any of them.
    """


class ListConflicts(TypedDict):
    """
    Where what was sent does not fit together: one name for two contents, claims that may be one, sums below zero, other figures,
    money taken off a leg that nobody named, references that lead to nothing.

    Nothing is decided here. Say `part_of` where two claims are one; correct what is wrong; figures of a cost stand beside each other.
    A page looks at 200 projects and 20,000 events at most (of one project at all): it may hold fewer items than `limit`, or none, and have a `next_cursor` nevertheless.
    What does not fit together in a project is read, on every page, from the log as it was for the first of these pages: a correction
    in between neither hides an item nor repeats one. What an operator takes out of quarantine in between may.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    limit: NotRequired[int]
    """
    At most so many rows of all pages together. Default: every row.
    """
    project: NotRequired[str | list[str]]
    """
    Project key. Several, separated by commas: any of them.
    """


class ListRules(TypedDict):
    """
    Every version of the rules, the newest first, the one in force named; months unless a rule's name says otherwise.

    `changes` are the latest of what put a version in force: when, by whom, why, and how many projects were judged again and
    flags came out otherwise.
    """

    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """


class ListTransitions(TypedDict):
    """
    What became of flags (raised, escalated, eased, cleared, revoked), in the order in which it was found out.

    Each is told once, with the same `event_id` as in the topic `steppe.flags.v1`. Go on with `after` the last `id` you have.
    What only told history (`backfill`), as an import of old events does, is left out unless it is asked for.
    """

    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    limit: NotRequired[int]
    """
    At most so many rows of all pages together. Default: every row.
    """
    after: NotRequired[int]
    """
    Only what has a larger id: where a reader of the feed goes on.
    """
    project: NotRequired[str | list[str]]
    """
    Project key. Several, separated by commas: any of them.
    """
    flag: NotRequired[Literal['memorandum-only', 'memorandum-churn', 'announced-only', 'silent', 'unchecked', 'overdue', 'idle-right', 'lapsed', 'partly-bound', 'not-building', 'not-producing', 'slipping', 'displaced', 'crowded'] | list[Literal['memorandum-only', 'memorandum-churn', 'announced-only', 'silent', 'unchecked', 'overdue', 'idle-right', 'lapsed', 'partly-bound', 'not-building', 'not-producing', 'slipping', 'displaced', 'crowded']]]
    """
    Name of a flag that stands. Several, separated by commas: any of them.
    """
    country: NotRequired[str | list[str]]
    """
    One of the countries of the project, or the home of the party, ISO 3166-1 alpha-2. Several, separated by commas: any of them.
    """
    cause: NotRequired[Literal['event', 'day', 'correction', 'rules'] | list[Literal['event', 'day', 'correction', 'rules']]]
    """
    What brought the change about. Several, separated by commas: any of them.
    """
    backfill: NotRequired[bool]
    """
    `true`: also what only told history: flags that stood for more than 31 days when an event told of them. Default: false.
    """


class StreamTransitions(TypedDict):
    """
    What `/v1/flags/transitions` lists, as it is found out: server-sent events named `transition`, each with its id.

    History is left out as there, unless `backfill=true`. A reader that reconnects with `Last-Event-ID` (browsers do by
    themselves) or `after` goes on from that id; one that has neither begins with what comes next. One caller may have a
    quarter of the streams that may be open (`STEPPE_STREAMS_MAX`) and at least one; more are refused.
    """

    after: NotRequired[int]
    """
    Only what has a larger id: where a reader of the feed goes on.
    """
    project: NotRequired[str | list[str]]
    """
    Project key. Several, separated by commas: any of them.
    """
    flag: NotRequired[Literal['memorandum-only', 'memorandum-churn', 'announced-only', 'silent', 'unchecked', 'overdue', 'idle-right', 'lapsed', 'partly-bound', 'not-building', 'not-producing', 'slipping', 'displaced', 'crowded'] | list[Literal['memorandum-only', 'memorandum-churn', 'announced-only', 'silent', 'unchecked', 'overdue', 'idle-right', 'lapsed', 'partly-bound', 'not-building', 'not-producing', 'slipping', 'displaced', 'crowded']]]
    """
    Name of a flag that stands. Several, separated by commas: any of them.
    """
    country: NotRequired[str | list[str]]
    """
    One of the countries of the project, or the home of the party, ISO 3166-1 alpha-2. Several, separated by commas: any of them.
    """
    cause: NotRequired[Literal['event', 'day', 'correction', 'rules'] | list[Literal['event', 'day', 'correction', 'rules']]]
    """
    What brought the change about. Several, separated by commas: any of them.
    """
    backfill: NotRequired[bool]
    """
    `true`: also what only told history: flags that stood for more than 31 days when an event told of them. Default: false.
    """


class TryEvents(TypedDict):
    """
    What events would do to the projects that they name, and to others in their markets; nothing is written.

    The body is what one would send to ingest: an event, an array of events, or one a line (`application/x-ndjson`). They are
    validated as ingest does, happen after everything that is in the log, and are judged on the day `as_of`.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """


class Export(TypedDict):
    """
    Everything, or what belongs to the projects that pass the filters, as one file as of one moment of the read model.

    Filters as of `/v1/projects`, judged on the day `as_of`. The file is finished before it is sent. docs/exporting.md says what each format has.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    format: NotRequired[Literal['events', 'parquet', 'iati', 'bods', 'oc4ids', 'ocds', 'gem', 'snapshot']]
    """
    What the file is. Default: events.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    project: NotRequired[str | list[str]]
    """
    Project key. Several, separated by commas: any of them.
    """
    country: NotRequired[str | list[str]]
    """
    One of the countries of the project, or the home of the party, ISO 3166-1 alpha-2. Several, separated by commas: any of them.
    """
    commodity: NotRequired[str | list[str]]
    """
    Commodity of the project. Several, separated by commas: any of them.
    """
    sector: NotRequired[Literal['mining', 'processing', 'energy', 'transport', 'resilience', 'human-capital', 'other'] | list[Literal['mining', 'processing', 'energy', 'transport', 'resilience', 'human-capital', 'other']]]
    """
    Sector of the project. Several, separated by commas: any of them.
    """
    level: NotRequired[Literal['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing'] | list[Literal['identified', 'announced', 'memorandum', 'advanced', 'partly-bound', 'bound', 'financed', 'construction', 'commissioning', 'producing']]]
    """
    Current level. Several, separated by commas: any of them.
    """
    flag: NotRequired[Literal['memorandum-only', 'memorandum-churn', 'announced-only', 'silent', 'unchecked', 'overdue', 'idle-right', 'lapsed', 'partly-bound', 'not-building', 'not-producing', 'slipping', 'displaced', 'crowded'] | list[Literal['memorandum-only', 'memorandum-churn', 'announced-only', 'silent', 'unchecked', 'overdue', 'idle-right', 'lapsed', 'partly-bound', 'not-building', 'not-producing', 'slipping', 'displaced', 'crowded']]]
    """
    Name of a flag that stands. Several, separated by commas: any of them.
    """
    severity: NotRequired[Literal['notice', 'watch', 'stagnant', 'presumed-dead', 'alert'] | list[Literal['notice', 'watch', 'stagnant', 'presumed-dead', 'alert']]]
    """
    Severity of that flag. Several, separated by commas: any of them.
    """
    headline: NotRequired[Literal['any', 'none', 'watch', 'stagnant', 'presumed-dead'] | list[Literal['any', 'none', 'watch', 'stagnant', 'presumed-dead']]]
    """
    Severity of the project's headline memorandum-only. Several, separated by commas: any of them.
    """
    overlay: NotRequired[Literal['cancelled', 'completed', 'delisted', 'exited', 'lapsed', 'on-hold', 'presumed-dead', 'retired', 'suspended', 'terminated', 'withdrawn'] | list[Literal['cancelled', 'completed', 'delisted', 'exited', 'lapsed', 'on-hold', 'presumed-dead', 'retired', 'suspended', 'terminated', 'withdrawn']]]
    """
    Overlay beside the level. Several, separated by commas: any of them.
    """
    investor: NotRequired[str | list[str]]
    """
    Party that pursues, itself or through a party that belongs to it on the day. Several, separated by commas: any of them.
    """
    investor_country: NotRequired[str | list[str]]
    """
    Home country of a party that pursues, on the day that is judged. Several, separated by commas: any of them.
    """
    forum: NotRequired[str | list[str]]
    """
    Forum at which a paper was signed. Several, separated by commas: any of them.
    """
    q: NotRequired[str]
    """
    Part of the key, name, alias (a former key is one) or id in another register, of a project or deal also of a party that pursues it; whatever the case, the accents, the width or the script, Cyrillic or Latin.
    """
    updated_after: NotRequired[str | date | datetime]
    """
    Changed in the read model after this instant.
    """
    located: NotRequired[bool]
    """
    `true`: only projects with coordinates, `false`: only those without.
    """
    recordedtime: NotRequired[bool]
    """
    `true`: exported events keep the moment at which they were accepted here; who sends them again needs the scope `log:restore`. Default: false.
    """


class GetTrace(TypedDict):
    """
    Where an event is, by its id or by source#id (the # written as %23), and what followed from it.
    """

    as_of: NotRequired[str | date | datetime]
    """
    The day that is judged, YYYY-MM-DD. Default: today (UTC). Later: a forecast.
    """
    known_at: NotRequired[str | date | datetime]
    """
    Only what was known by then: an instant, or a day, meaning its end (UTC). Default: now.
    """
    known_by: NotRequired[Literal['reported', 'recorded']]
    """
    When something counts as known: `reported` (default) when the world could know it, `recorded` when it was accepted here.
    """
    rules: NotRequired[str]
    """
    A version of the rules, as in /v1/rules. Default: the one in force.
    """
    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """


class GetStatus(TypedDict):
    """
    Per partition: position, log start and end, lag in events and seconds, state, why it is halted, and what is not folded.
    The state of the whole is that of the worst partition.

    `quarantined`: records that could not be applied. `held`: events that wait for one of their project. `parked`: corrections
    that wait for their target. `conflicts`: other contents under a name that was taken. `unknown`: types of a later release.
    `waiting_projects`, `waiting_records`, `waiting_seconds`: large projects are folded beside the stream, and these wait for it.
    `rebuild`: how far a rebuild beside this read model is (null: none is under way).
    """

    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """


class ListQuarantine(TypedDict):
    """
    Records that could not be applied, in the order of the log, with the reason and the beginning of their bytes.

    `value` and `key` are `{"text": …}` where they are UTF-8 and `{"hex": …}` where not, 2 KiB at most; `steppe quarantine show
    --raw` gives all of them. `held_events` counts what waits behind a record of a project.
    """

    min_position: NotRequired[str]
    """
    Wait until the read model has reached it, as in 0:41,3:7.
    """
    limit: NotRequired[int]
    """
    At most so many rows of all pages together. Default: every row.
    """


BacktestBody = TypedDict(
    'BacktestBody',
    {
        'rules': NotRequired[dict[str, Any]],
        'version': NotRequired[str],
        'against': NotRequired[str],
        'flags': NotRequired[list[Literal['memorandum-only', 'memorandum-churn', 'announced-only', 'silent', 'unchecked', 'overdue', 'idle-right', 'lapsed', 'slipping', 'displaced', 'crowded']]],
        'from': NotRequired[date],
        'to': NotRequired[date],
        'known_at': NotRequired[str],
        'known_by': NotRequired[Literal['reported', 'recorded']],
        'project': NotRequired[list[str]],
        'country': NotRequired[list[str]],
        'commodity': NotRequired[list[str]],
    },
)
