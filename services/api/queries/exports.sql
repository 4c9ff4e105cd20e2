-- What exports are made of: events, and spans of days.

-- name: events_of_log
-- The events of some subjects (NULL: of all), as far as known, in the order of the log within each partition.
SELECT
    event.raw,
    event.headers,
    event.subject,
    event.source,
    event.id,
    event.name,
    event.state,
    event.deal,
    event.known_at,
    event.recorded_at,
    event.occurred_earliest,
    event.occurred_latest,
    event.partition,
    event.log_offset,
    event.known_at = event.recorded_at AS known_when_recorded
FROM event
WHERE (:subjects::text[] IS NULL OR event.subject = ANY (:subjects::text[]))
    AND (
        :known_at::timestamptz IS NULL
        OR CASE WHEN :recorded::boolean THEN event.recorded_at ELSE event.known_at END <= :known_at::timestamptz
    )
ORDER BY event.partition, event.log_offset;

-- name: records_of_subjects
SELECT event.raw, event.headers
FROM event
WHERE event.subject = ANY (:subjects::text[]);

-- name: projects_with_superseded
-- Some projects, and those in whose place one of them stands.
SELECT named.project
FROM unnest(:projects::text[]) AS named (project)
UNION
SELECT project.project
FROM project
WHERE project.superseded_by && :projects::text[];

-- name: parties_with_parents
-- Some parties, and everybody to whom one of them belongs or ever belonged.
WITH RECURSIVE reached (party) AS (
    SELECT unnest(:parties::text[])
    UNION
    SELECT parent.party
    FROM reached
    JOIN party_span ON party_span.party = reached.party
    CROSS JOIN unnest(party_span.parents) AS parent (party)
)
SELECT reached.party
FROM reached
ORDER BY reached.party COLLATE "C";

-- name: exported_project_spans
-- How each of some projects (NULL: of all) stood, through all days.
SELECT
    span.project,
    span.valid_from,
    span.valid_to,
    span.level,
    span.document
FROM project_span AS span
WHERE :projects::text[] IS NULL OR span.project = ANY (:projects::text[]);

-- name: exported_deal_spans
-- The same of the deals of some projects.
SELECT
    deal.project,
    deal.valid_from,
    deal.valid_to,
    deal.deal,
    deal.phase,
    deal.level,
    deal.highest_level,
    deal.investors,
    deal.document
FROM deal_span AS deal
WHERE :projects::text[] IS NULL OR deal.project = ANY (:projects::text[]);

-- name: exported_flag_spans
-- The same of the flags of some projects; the deal '' is the project's own.
SELECT
    flag.project,
    flag.deal,
    flag.flag,
    flag.valid_from,
    flag.valid_to,
    flag.notice_since,
    flag.watch_since,
    flag.stagnant_since,
    flag.presumed_dead_since,
    flag.alert_since,
    flag.notice_certain_since,
    flag.watch_certain_since,
    flag.stagnant_certain_since,
    flag.presumed_dead_certain_since,
    flag.alert_certain_since
FROM flag_span AS flag
WHERE :projects::text[] IS NULL OR flag.project = ANY (:projects::text[]);

-- name: exported_headline_spans
-- The same of the headlines of some projects.
SELECT
    headline.project,
    headline.valid_from,
    headline.valid_to,
    headline.watch_since,
    headline.stagnant_since,
    headline.presumed_dead_since,
    headline.watch_certain_since,
    headline.stagnant_certain_since,
    headline.presumed_dead_certain_since
FROM headline_span AS headline
WHERE :projects::text[] IS NULL OR headline.project = ANY (:projects::text[]);

-- name: exported_party_spans
-- How each of some parties (NULL: of all) was known, through all days.
SELECT
    party.party,
    party.valid_from,
    party.valid_to,
    party.name,
    party.home_country,
    party.kind,
    party.parents,
    party.registered
FROM party_span AS party
WHERE :parties::text[] IS NULL OR party.party = ANY (:parties::text[]);

-- name: ids_of_projects
-- The ids in other registers of some projects on a day, as JSON.
SELECT
    span.project,
    (span.document::jsonb -> 'ids')::text AS ids
FROM project_span AS span
WHERE span.project = ANY (:projects::text[])
    AND span.valid_from <= :as_of::date
    AND span.valid_to > :as_of::date;

-- name: parties_on_day
-- Some parties as they are known on a day.
SELECT
    party.party,
    party.name,
    party.home_country,
    party.kind,
    party.lei,
    party.document
FROM party_span AS party
WHERE party.party = ANY (:parties::text[])
    AND party.valid_from <= :as_of::date
    AND party.valid_to > :as_of::date;
