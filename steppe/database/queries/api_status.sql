-- How far the read model is.

-- name: api_position
-- The next offset of every partition of the log. $1 topic
SELECT
    checkpoint.partition,
    checkpoint.next_offset
FROM checkpoint
WHERE checkpoint.topic = $1::text
ORDER BY checkpoint.partition;

-- name: api_status
-- Each partition with what it holds beside folded events. $1 topic
SELECT
    checkpoint.partition,
    checkpoint.next_offset,
    checkpoint.last_record_at,
    checkpoint.applied_at,
    (SELECT count(*) FROM undecoded WHERE undecoded.partition = checkpoint.partition) AS undecoded,
    (SELECT count(*) FROM conflict WHERE conflict.partition = checkpoint.partition) AS conflicts
FROM checkpoint
WHERE checkpoint.topic = $1::text
ORDER BY checkpoint.partition;

-- name: api_totals
-- What the read model holds.
SELECT
    (SELECT count(*) FROM project) AS projects,
    (SELECT COALESCE(sum(project.event_count), 0)::bigint FROM project) AS events_of_projects;
