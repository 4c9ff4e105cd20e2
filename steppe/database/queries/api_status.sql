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
    (SELECT count(*) FROM undecoded WHERE undecoded.partition = checkpoint.partition) AS quarantined,
    (SELECT count(*) FROM conflict WHERE conflict.partition = checkpoint.partition) AS conflicts
FROM checkpoint
WHERE checkpoint.topic = $1::text
ORDER BY checkpoint.partition;

-- name: api_rebuild
-- How far the rebuild is that is under way; no row: none is.
SELECT
    rebuild.schema_name AS schema,
    rebuild.phase,
    rebuild.done,
    rebuild.total AS of,
    rebuild.eta_seconds,
    rebuild.updated_at
FROM steppe.rebuild
JOIN steppe.read_model USING (schema_name)
WHERE read_model.state = 'building';

-- name: api_totals
-- What the read model holds.
SELECT
    (SELECT count(*) FROM project) AS projects,
    (SELECT COALESCE(sum(project.event_count), 0)::bigint FROM project) AS events_of_projects;

-- name: api_ready
-- Touches every table that answers are made of, so that a missing one is noticed before a reader meets it.
SELECT
    EXISTS (SELECT 1 FROM project)
    OR EXISTS (SELECT 1 FROM project_span)
    OR EXISTS (SELECT 1 FROM deal_span)
    OR EXISTS (SELECT 1 FROM flag_span)
    OR EXISTS (SELECT 1 FROM party_span)
    OR EXISTS (SELECT 1 FROM co_investment_span)
    OR EXISTS (SELECT 1 FROM event)
    OR EXISTS (SELECT 1 FROM conflict)
    OR EXISTS (SELECT 1 FROM undecoded) AS has_rows;
