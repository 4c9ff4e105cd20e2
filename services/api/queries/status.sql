-- How far the read model is.

-- name: api_position
-- The next offset of every partition of the log, and the last thing an operator did to what was diverted. $1 topic
SELECT
    checkpoint.partition,
    checkpoint.next_offset,
    (SELECT COALESCE(max(action.action_id), 0) FROM steppe.quarantine_action AS action) AS last_action
FROM checkpoint
WHERE checkpoint.topic = $1::text
ORDER BY checkpoint.partition;

-- name: api_status
-- Each partition with what it holds beside folded events; an event that stopped its fold is quarantined and held. $1 topic
SELECT
    checkpoint.partition,
    checkpoint.next_offset,
    checkpoint.last_record_at,
    checkpoint.applied_at,
    diverted.quarantined,
    diverted.held,
    (SELECT COALESCE(sum(parked.corrections), 0)::bigint FROM parked WHERE parked.partition = checkpoint.partition) AS parked,
    (SELECT count(*) FROM conflict WHERE conflict.partition = checkpoint.partition) AS conflicts,
    (SELECT count(*) FROM event WHERE event.partition = checkpoint.partition AND event.state = 'unknown') AS unknown
FROM checkpoint
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE quarantine.stage IN ('decode', 'fold')) AS quarantined,
        count(*) FILTER (WHERE quarantine.stage IN ('held', 'fold')) AS held
    FROM quarantine
    WHERE quarantine.partition = checkpoint.partition
        AND quarantine.state = 'open'
) AS diverted
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
    OR EXISTS (SELECT 1 FROM quarantine) AS has_rows;

-- name: api_progress
-- How far each partition is, and since when. $1 topic
SELECT
    checkpoint.partition,
    checkpoint.next_offset,
    checkpoint.applied_at
FROM checkpoint
WHERE checkpoint.topic = $1::text
ORDER BY checkpoint.partition;

-- name: api_halts
-- Why partitions cannot go on. $1 topic
SELECT halt.partition, halt.reason, halt.message, halt.since
FROM steppe.halt
WHERE halt.topic = $1::text
ORDER BY halt.partition;

-- name: api_log
-- Which log the read models are made from. $1 topic
SELECT log_identity.cluster, log_identity.partitions, log_identity.first_seen, log_identity.adopted_by, log_identity.reason
FROM steppe.log_identity
WHERE log_identity.topic = $1::text
ORDER BY log_identity.identity_id DESC
LIMIT 1;

-- name: api_quarantine_page
-- What could not be applied and nobody has dealt with, in the order of the log. $1 partition and $2 offset of the last row
-- seen, $3 rows
SELECT
    quarantine.partition,
    quarantine.log_offset,
    quarantine.subject,
    quarantine.stage,
    quarantine.reason,
    quarantine.stored_at,
    substring(quarantine.key FROM 1 FOR 2048) AS key,
    substring(quarantine.value FROM 1 FOR 2048) AS value,
    octet_length(quarantine.value) AS bytes
FROM quarantine
WHERE quarantine.stage IN ('decode', 'fold')
    AND quarantine.state = 'open'
    AND ($1::integer IS NULL OR (quarantine.partition, quarantine.log_offset) > ($1::integer, $2::bigint))
ORDER BY quarantine.partition, quarantine.log_offset
LIMIT $3::integer;
