-- One project: its state, its deals, its events through the days; and events of several, with corrections and conflicts.

-- name: project_at
-- One project as it stands on a day.
SELECT
    span.project,
    span.document,
    span.headline_severity,
    span.headline_certainty,
    span.headline_since,
    span.last_event_on,
    span.last_event_earliest,
    span.last_event_given,
    project.partition,
    project.log_offset
FROM (
    -- include: lists.projects_on_day
) AS span
JOIN project ON project.project = span.project
WHERE span.project = :project::text;

-- name: superseded_project
-- A project that others stand in the place of, whatever the day.
SELECT
    project.partition,
    project.log_offset,
    project.superseded_by,
    project.superseded_reason,
    project.superseded_event
FROM project
WHERE project.project = :project::text
    AND project.superseded_by IS NOT NULL;

-- name: first_day_of_project
-- The first day on which there is such a project; null: there never is one. `named`: whether events name it, standing or not.
SELECT
    min(span.valid_from) AS valid_from,
    EXISTS (SELECT FROM project WHERE project.project = :project::text) AS named
FROM project_span AS span
WHERE span.project = :project::text;

-- name: similar_project_keys
-- Keys that somebody who misspelt one may have meant; the caller picks the nearest. None of a project that never is.
SELECT project.project
FROM project
WHERE (
    left(project.project, 2) = left(:key::text, 2)
    OR right(project.project, 4) = right(:key::text, 4)
    OR strpos(project.project, :key::text) > 0
)
AND (
    project.superseded_by IS NOT NULL
    OR EXISTS (SELECT FROM project_span AS span WHERE span.project = project.project)
)
ORDER BY project.project COLLATE "C"
LIMIT 2000;

-- name: deals_of_project
-- The deals of a project on a day.
SELECT
    deal.deal,
    deal.phase,
    deal.level,
    deal.highest_level,
    deal.investors,
    deal.document
FROM deal_span AS deal
WHERE deal.project = :project::text
    AND deal.valid_from <= :as_of::date
    AND deal.valid_to > :as_of::date
ORDER BY deal.deal COLLATE "C";

-- name: events_of_project
-- The events of a project in the order of the log, within each partition; how they are read is for the domain.
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
    event.occurred_latest,
    event.raw,
    event.headers
FROM event
WHERE event.subject = :project::text
ORDER BY event.partition, event.log_offset;

-- name: deal_spans_of_project
-- The levels of a project's deals through the days. Spans that say the same and follow each other are one.
SELECT
    counted.deal,
    min(counted.valid_from) AS valid_from,
    max(counted.valid_to) AS valid_to,
    counted.level,
    counted.phase
FROM (
    SELECT
        marked.*,
        count(*) FILTER (WHERE marked.begins) OVER (PARTITION BY marked.deal ORDER BY marked.valid_from) AS run
    FROM (
        SELECT
            deal.deal,
            deal.valid_from,
            deal.valid_to,
            deal.level,
            deal.phase,
            lag(ROW(deal.valid_to, deal.level, deal.phase)) OVER (PARTITION BY deal.deal ORDER BY deal.valid_from)
            IS DISTINCT FROM ROW(deal.valid_from, deal.level, deal.phase) AS begins
        FROM deal_span AS deal
        WHERE deal.project = :project::text
    ) AS marked
) AS counted
GROUP BY counted.deal, counted.run, counted.level, counted.phase
ORDER BY counted.deal COLLATE "C", min(counted.valid_from);

-- name: suspensions_of_project
-- On which days each deal of a project is suspended, and the project as a whole (the deal ''), as far as they began by a day.
SELECT
    deal.deal,
    deal.valid_from,
    deal.valid_to
FROM deal_span AS deal
WHERE deal.project = :project::text
    AND deal.valid_from <= :as_of::date
    AND strpos(deal.document, '"suspended"') > 0
    AND deal.document::jsonb -> 'overlays' ? 'suspended'
UNION ALL
SELECT
    '',
    span.valid_from,
    span.valid_to
FROM project_span AS span
WHERE span.project = :project::text
    AND span.valid_from <= :as_of::date
    AND strpos(span.document, '"suspended"') > 0
    AND span.document::jsonb -> 'overlays' ? 'suspended'
ORDER BY deal, valid_from;

-- name: last_states_of_phases
-- Each phase of a project's deals as it stood last by a day: with all its legs, and how it ended.
SELECT DISTINCT ON (deal.deal, deal.phase)
    deal.deal,
    deal.phase,
    deal.level,
    deal.highest_level,
    deal.investors,
    deal.document
FROM deal_span AS deal
WHERE deal.project = :project::text
    AND deal.valid_from <= :as_of::date
ORDER BY deal.deal, deal.phase, deal.valid_from DESC;

-- name: project_spans_of_project
-- The level of a project through the days. Spans that say the same and follow each other are one.
SELECT
    min(counted.valid_from) AS valid_from,
    max(counted.valid_to) AS valid_to,
    counted.level
FROM (
    SELECT
        marked.*,
        count(*) FILTER (WHERE marked.begins) OVER (ORDER BY marked.valid_from) AS run
    FROM (
        SELECT
            span.valid_from,
            span.valid_to,
            span.level,
            lag(ROW(span.valid_to, span.level)) OVER (ORDER BY span.valid_from)
            IS DISTINCT FROM ROW(span.valid_from, span.level) AS begins
        FROM project_span AS span
        WHERE span.project = :project::text
    ) AS marked
) AS counted
GROUP BY counted.run, counted.level
ORDER BY min(counted.valid_from);

-- name: flag_spans_of_project
-- When each flag of a project showed, of what began by a day: the days of its severities, without its evidence. Clocks that say the
-- same of these and follow each other are one.
SELECT
    counted.deal,
    counted.flag,
    min(counted.valid_from) AS valid_from,
    max(counted.valid_to) AS valid_to,
    counted.notice_since,
    counted.watch_since,
    counted.stagnant_since,
    counted.presumed_dead_since,
    counted.alert_since,
    counted.notice_certain_since,
    counted.watch_certain_since,
    counted.stagnant_certain_since,
    counted.presumed_dead_certain_since,
    counted.alert_certain_since
FROM (
    SELECT
        marked.*,
        count(*) FILTER (WHERE marked.begins) OVER (PARTITION BY marked.deal, marked.flag ORDER BY marked.valid_from) AS run
    FROM (
        SELECT
            flag.*,
            lag(ROW(flag.valid_to, flag.notice_since, flag.watch_since, flag.stagnant_since, flag.presumed_dead_since, flag.alert_since,
                flag.notice_certain_since, flag.watch_certain_since, flag.stagnant_certain_since, flag.presumed_dead_certain_since,
                flag.alert_certain_since)) OVER (PARTITION BY flag.deal, flag.flag ORDER BY flag.valid_from)
            IS DISTINCT FROM
            ROW(flag.valid_from, flag.notice_since, flag.watch_since, flag.stagnant_since, flag.presumed_dead_since, flag.alert_since,
                flag.notice_certain_since, flag.watch_certain_since, flag.stagnant_certain_since, flag.presumed_dead_certain_since,
                flag.alert_certain_since) AS begins
        FROM (
            SELECT
                flag_span.deal,
                flag_span.flag,
                flag_span.valid_from,
                flag_span.valid_to,
                flag_span.notice_since,
                flag_span.watch_since,
                flag_span.stagnant_since,
                flag_span.presumed_dead_since,
                flag_span.alert_since,
                flag_span.notice_certain_since,
                flag_span.watch_certain_since,
                flag_span.stagnant_certain_since,
                flag_span.presumed_dead_certain_since,
                flag_span.alert_certain_since
            FROM flag_span
            WHERE flag_span.project = :project::text
                AND flag_span.valid_from <= :as_of::date
        ) AS flag
    ) AS marked
) AS counted
GROUP BY
    counted.deal, counted.flag, counted.run, counted.notice_since, counted.watch_since, counted.stagnant_since,
    counted.presumed_dead_since, counted.alert_since, counted.notice_certain_since, counted.watch_certain_since,
    counted.stagnant_certain_since, counted.presumed_dead_certain_since, counted.alert_certain_since
ORDER BY counted.deal COLLATE "C", counted.flag COLLATE "C", min(counted.valid_from);

-- name: deal_spans_ahead
-- A project's deals on a day and on later ones.
SELECT
    deal.valid_from,
    deal.valid_to,
    deal.deal,
    deal.phase,
    deal.level,
    deal.highest_level,
    deal.investors,
    deal.document
FROM deal_span AS deal
WHERE deal.project = :project::text
    AND deal.valid_to > :as_of::date
ORDER BY deal.deal COLLATE "C", deal.valid_from;

-- name: flag_spans_ahead
-- A project's flags on a day and on later ones.
SELECT
    flag.deal,
    flag.flag,
    flag.valid_from,
    flag.valid_to,
    flag.document
FROM flag_span AS flag
WHERE flag.project = :project::text
    AND flag.valid_to > :as_of::date
ORDER BY flag.deal COLLATE "C", flag.flag COLLATE "C", flag.valid_from;

-- name: conflicts_of_project
-- Records that came under the name of an event that was there already, with another content.
SELECT
    conflict.source,
    conflict.id,
    conflict.partition,
    conflict.log_offset,
    conflict.raw
FROM conflict
WHERE conflict.subject = :project::text
ORDER BY conflict.partition, conflict.log_offset;

-- name: trace
-- Where an event is: by its id, or by `source#id`. A `#` may stand in either, so :ids are the ids that :event may hold.
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
WHERE event.id = ANY (:ids::text[])
    AND (event.id = :event::text OR event.source || '#' || event.id = :event::text)
ORDER BY event.subject COLLATE "C", event.source COLLATE "C", event.id COLLATE "C"
LIMIT 100;

-- name: events_of_subjects
SELECT event.subject, event.partition, event.log_offset, event.raw, event.headers
FROM event
WHERE event.subject = ANY (:subjects::text[])
    AND event.state IN ('folded', 'registry')
ORDER BY event.partition, event.log_offset;

-- name: contents_of_events
-- Of some events, each given by subject, source and id, those that are stored, with the hash of their content.
SELECT event.subject, event.source, event.id, event.content_sha256
FROM unnest(:subjects::text[], :sources::text[], :ids::text[]) AS named (subject, source, id)
JOIN event USING (subject, source, id);

-- name: severities_of_flags
-- How severe flags of these names stand on a day, in all projects.
SELECT flag.project, flag.deal, flag.flag, flag.severity
FROM (
    -- include: lists.flags_on_day
) AS flag
WHERE flag.flag = ANY (:flags::text[]);

-- name: event_counts
-- How many events these subjects have.
SELECT event.subject, count(*) AS events
FROM event
WHERE event.subject = ANY (:subjects::text[])
    AND event.state IN ('folded', 'registry')
GROUP BY event.subject;

-- name: corrections_of_subjects
-- Events of these subjects that are about another, and their registrations, on which what was known of them depends.
SELECT event.subject, event.partition, event.log_offset, event.raw, event.headers
FROM event
WHERE event.subject = ANY (:subjects::text[])
    AND event.state IN ('folded', 'registry')
    AND event.name = ANY (:names::text[])
ORDER BY event.partition, event.log_offset;

-- name: events_named
-- Events by subject, source and id, which stand at the same places.
SELECT event.subject, event.partition, event.log_offset, event.raw, event.headers
FROM unnest(:subjects::text[], :sources::text[], :ids::text[]) AS named (subject, source, id)
JOIN event
    ON event.subject = named.subject
    AND event.source = named.source
    AND event.id = named.id
WHERE event.state IN ('folded', 'registry')
ORDER BY event.partition, event.log_offset;

-- name: folded_events
SELECT event.subject, event.raw, event.headers
FROM event
WHERE event.state IN ('folded', 'registry');

-- name: retraction_page
-- One page of the retractions that were known at an instant (null: now), by report or, with :recorded, by recording.
SELECT
    event.subject,
    event.source,
    event.id,
    event.partition,
    event.log_offset
FROM event
WHERE event.name = 'event.retracted'
    AND event.state IN ('folded', 'registry')
    AND (:projects::text[] IS NULL OR event.subject = ANY (:projects::text[]))
    AND (:known_at::timestamptz IS NULL
        OR CASE WHEN :recorded::boolean THEN event.recorded_at ELSE event.known_at END <= :known_at::timestamptz)
    AND (
        :after_subject::text IS NULL
        OR (event.subject COLLATE "C", event.source COLLATE "C", event.id COLLATE "C") > (:after_subject::text, :after_source::text, :after_id::text)
    )
ORDER BY event.subject COLLATE "C", event.source COLLATE "C", event.id COLLATE "C"
LIMIT :limit::integer;

-- name: conflict_page
-- One page of conflicts beside the event that stands.
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
WHERE (:projects::text[] IS NULL OR conflict.subject = ANY (:projects::text[]))
    AND (:after_partition::integer IS NULL OR (conflict.partition, conflict.log_offset) > (:after_partition::integer, :after_offset::bigint))
ORDER BY conflict.partition, conflict.log_offset
LIMIT :limit::integer;

-- name: projects_with_doubts
-- Projects, by key after one, whose events may not fit together: money told by several sources, or taken off again, and rows that
-- refer to others: those of :referring_names whose text has one of the fields of :references (a pattern).
SELECT event.subject
FROM event
WHERE (:projects::text[] IS NULL OR event.subject = ANY (:projects::text[]))
    AND (:after_subject::text IS NULL OR event.subject COLLATE "C" >= :after_subject::text)
    AND event.state = 'folded'
    AND (
        strpos(event.raw, '"amount"') > 0
        OR strpos(event.raw, '"part_of"') > 0
        OR event.name = ANY (:referring_names::text[])
        OR event.name IN ('event.corrected', 'event.reclassified')
    )
GROUP BY event.subject
HAVING count(DISTINCT event.source) FILTER (WHERE strpos(event.raw, '"amount"') > 0) > 1
    OR bool_or(event.name IN ('commitment.reduced', 'funds.returned', 'event.corrected', 'event.reclassified'))
    OR bool_or(strpos(event.raw, '"part_of"') > 0)
    OR bool_or(event.name = ANY (:referring_names::text[]) AND event.raw ~ :references::text)
ORDER BY event.subject COLLATE "C"
LIMIT :limit::integer;

-- name: documents_of_ids
-- Events with these ids that state an amount or a volume, as known at an instant (null: now).
SELECT event.subject, event.source, event.id, event.partition, event.log_offset
FROM event
WHERE event.id = ANY (:ids::text[])
    AND event.state = 'folded'
    AND (strpos(event.raw, '"amount"') > 0 OR strpos(event.raw, '"volume"') > 0)
    AND (:known_at::timestamptz IS NULL
        OR CASE WHEN :recorded::boolean THEN event.recorded_at ELSE event.known_at END <= :known_at::timestamptz);

-- name: held_events
-- Projects that are held, with how many of their events wait.
SELECT
    quarantine.subject,
    count(*) FILTER (WHERE quarantine.stage IN ('held', 'fold')) AS held_events
FROM quarantine
WHERE quarantine.subject = ANY (:projects::text[])
    AND quarantine.stage <> 'conflict'
    AND quarantine.state = 'open'
GROUP BY quarantine.subject;
