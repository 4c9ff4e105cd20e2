-- What the API reads of one project: its state, its deals, its events, and how it came about.

-- name: api_project_at
-- One project as it stands on a day. $1 day, $2 project
SELECT
    span.project,
    span.document,
    project.partition,
    project.log_offset
FROM project_span AS span
JOIN project ON project.project = span.project
WHERE span.project = $2::text
    AND span.valid_from <= $1::date
    AND span.valid_to > $1::date;

-- name: api_near_projects
-- Keys that somebody who misspelt one may have meant; the nearest are picked by the caller. $1 what was asked
SELECT project.project
FROM project
WHERE left(project.project, 2) = left($1::text, 2)
    OR right(project.project, 4) = right($1::text, 4)
    OR strpos(project.project, $1::text) > 0
ORDER BY project.project COLLATE "C"
LIMIT 2000;

-- name: api_deals_of_project
-- The deals of a project on a day. $1 day, $2 project
SELECT
    deal.deal,
    deal.document
FROM deal_span AS deal
WHERE deal.project = $2::text
    AND deal.valid_from <= $1::date
    AND deal.valid_to > $1::date
ORDER BY deal.deal COLLATE "C";

-- name: api_events_of_project
-- The events of a project in the order of the log, within each partition; how they are read is for the domain. $1 project
SELECT
    event.subject,
    event.source,
    event.id,
    event.name,
    event.state,
    event.deal,
    event.partition,
    event.log_offset,
    event.known_at,
    event.recorded_at,
    event.raw,
    event.headers
FROM event
WHERE event.subject = $1::text
ORDER BY event.partition, event.log_offset;

-- name: api_deal_spans_of_project
-- The levels of a project's deals through the days. $1 project
SELECT
    deal.deal,
    deal.valid_from,
    deal.valid_to,
    deal.level,
    deal.phase
FROM deal_span AS deal
WHERE deal.project = $1::text
ORDER BY deal.deal COLLATE "C", deal.valid_from;

-- name: api_project_spans_of_project
-- A project through the days. $1 project
SELECT
    span.valid_from,
    span.valid_to,
    span.level,
    span.document
FROM project_span AS span
WHERE span.project = $1::text
ORDER BY span.valid_from;

-- name: api_flag_spans_of_project
-- Every run of every flag of a project that began by a day. $1 day, $2 project
SELECT
    flag.deal,
    flag.flag,
    flag.valid_from,
    flag.valid_to,
    flag.severity,
    flag.certainty
FROM flag_span AS flag
WHERE flag.project = $2::text
    AND flag.valid_from <= $1::date
ORDER BY flag.deal COLLATE "C", flag.flag COLLATE "C", flag.valid_from;

-- name: api_deal_spans_ahead
-- A project's deals on a day and on later ones. $1 day, $2 project
SELECT
    deal.valid_from,
    deal.valid_to,
    deal.document
FROM deal_span AS deal
WHERE deal.project = $2::text
    AND deal.valid_to > $1::date
ORDER BY deal.deal COLLATE "C", deal.valid_from;

-- name: api_flag_spans_ahead
-- A project's flags on a day and on later ones. $1 day, $2 project
SELECT
    flag.valid_from,
    flag.valid_to,
    flag.document
FROM flag_span AS flag
WHERE flag.project = $2::text
    AND flag.valid_to > $1::date
ORDER BY flag.deal COLLATE "C", flag.flag COLLATE "C", flag.valid_from;

-- name: api_conflicts_of_project
-- Records that came under the name of an event that was there already, with another content. $1 project
SELECT
    conflict.source,
    conflict.id,
    conflict.partition,
    conflict.log_offset,
    conflict.raw
FROM conflict
WHERE conflict.subject = $1::text
ORDER BY conflict.partition, conflict.log_offset;

-- name: api_trace
-- Where an event is: by its id, or by `source#id`. A `#` may stand in either, so every way to cut is tried.
-- $1 what was asked, $2 the ids that it may hold
SELECT
    event.subject,
    event.source,
    event.id,
    event.name,
    event.state,
    event.deal,
    event.partition,
    event.log_offset,
    event.known_at,
    event.recorded_at,
    event.occurred_earliest,
    event.occurred_latest,
    encode(event.content_sha256, 'hex') AS content_sha256,
    event.raw,
    event.headers,
    deal.level AS deal_level,
    deal.phase AS deal_phase,
    span.level AS project_level
FROM event
LEFT JOIN deal_span AS deal
    ON deal.project = event.subject
    AND deal.deal = event.deal
    AND deal.valid_from <= event.occurred_latest
    AND deal.valid_to > event.occurred_latest
LEFT JOIN project_span AS span
    ON span.project = event.subject
    AND span.valid_from <= event.occurred_latest
    AND span.valid_to > event.occurred_latest
WHERE event.id = ANY ($2::text[])
    AND (event.id = $1::text OR event.source || '#' || event.id = $1::text)
ORDER BY event.subject COLLATE "C", event.source COLLATE "C", event.id COLLATE "C"
LIMIT 100;

-- name: api_events_of_subjects
-- $1 subjects
SELECT event.subject, event.partition, event.log_offset, event.raw, event.headers
FROM event
WHERE event.subject = ANY ($1::text[])
    AND event.state IN ('folded', 'registry')
ORDER BY event.partition, event.log_offset;

-- name: api_events_that_fold
SELECT event.subject, event.raw, event.headers
FROM event
WHERE event.state IN ('folded', 'registry');

-- name: api_retraction_page
-- One page of the retractions that were known. $1 projects, $2 known at, $3 whether the time of recording counts,
-- $4 subject, $5 source and $6 id of the last row seen, $7 rows
SELECT
    event.subject,
    event.source,
    event.id,
    event.partition,
    event.log_offset
FROM event
WHERE event.name = 'event.retracted'
    AND event.state IN ('folded', 'registry')
    AND ($1::text[] IS NULL OR event.subject = ANY ($1::text[]))
    AND ($2::timestamptz IS NULL
        OR CASE WHEN $3::boolean THEN event.recorded_at ELSE event.known_at END <= $2::timestamptz)
    AND (
        $4::text IS NULL
        OR (event.subject COLLATE "C", event.source COLLATE "C", event.id COLLATE "C") > ($4::text, $5::text, $6::text)
    )
ORDER BY event.subject COLLATE "C", event.source COLLATE "C", event.id COLLATE "C"
LIMIT $7::integer;

-- name: api_conflict_page
-- One page of conflicts beside what stands. $1 projects, $2 partition and $3 offset of the last row seen, $4 rows
SELECT
    conflict.subject,
    conflict.source,
    conflict.id,
    conflict.partition,
    conflict.log_offset,
    conflict.raw,
    event.partition AS standing_partition,
    event.log_offset AS standing_offset,
    event.raw AS standing_raw
FROM conflict
JOIN event
    ON event.subject = conflict.subject
    AND event.source = conflict.source
    AND event.id = conflict.id
WHERE ($1::text[] IS NULL OR conflict.subject = ANY ($1::text[]))
    AND ($2::integer IS NULL OR (conflict.partition, conflict.log_offset) > ($2::integer, $3::bigint))
ORDER BY conflict.partition, conflict.log_offset
LIMIT $4::integer;

-- name: api_held_events
-- Projects that are held, with how many of their events wait. $1 projects
SELECT
    quarantine.subject,
    count(*) FILTER (WHERE quarantine.stage IN ('held', 'fold')) AS held_events
FROM quarantine
WHERE quarantine.subject = ANY ($1::text[])
    AND quarantine.stage <> 'conflict'
    AND quarantine.state = 'open'
GROUP BY quarantine.subject;
