-- What exports are made of: events, and spans of days.

-- name: events_of_log
-- The events of some subjects (NULL: of all), as far as known, in the order of the log within each partition.
SELECT event.raw, event.headers, event.known_at = event.recorded_at AS known_when_recorded
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
