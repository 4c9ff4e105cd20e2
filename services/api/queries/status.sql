-- Status: the position of the read model, its lag and health, and the quarantine (dead letters).

-- name: position
-- The next offset of every partition of the log, the last thing an operator did in the quarantine, how many folds beside the stream
-- were written, and how many batches wait for one.
SELECT
    checkpoint.partition,
    checkpoint.next_offset,
    (SELECT COALESCE(max(action.action_id), 0) FROM steppe.quarantine_action AS action) AS last_action,
    COALESCE((SELECT late_folds.folds FROM late_folds), 0) AS late_folds,
    (SELECT count(*) FROM pending_fold) AS waiting_batches
FROM checkpoint
WHERE checkpoint.topic = :topic::text
ORDER BY checkpoint.partition;

-- name: partition_status
-- Each partition with what it holds beside folded events; an event that stopped its fold is quarantined and held.
SELECT
    checkpoint.partition,
    checkpoint.next_offset,
    checkpoint.last_record_at,
    checkpoint.applied_at,
    open_records.quarantined,
    open_records.held,
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
) AS open_records
WHERE checkpoint.topic = :topic::text
ORDER BY checkpoint.partition;

-- name: waiting_projects
-- Large projects with records that wait for their fold: from which offset on, how many, and since when.
SELECT
    pending_fold.project,
    pending_fold.partition,
    min(pending_fold.first_offset) AS first_offset,
    sum(pending_fold.records)::bigint AS records,
    extract(epoch FROM clock_timestamp() - min(pending_fold.noted_at))::float8 AS seconds
FROM pending_fold
GROUP BY pending_fold.project, pending_fold.partition
ORDER BY pending_fold.project;

-- name: outbox
-- How long the oldest announcement waits that is not sent; no row: none is.
SELECT extract(epoch FROM clock_timestamp() - outbox.created_at)::float8 AS oldest_seconds
FROM steppe.outbox AS outbox
ORDER BY outbox.outbox_id
LIMIT 1;

-- name: rebuild
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

-- name: totals
-- What the read model holds.
SELECT
    (SELECT count(*) FROM project) AS projects,
    (SELECT COALESCE(sum(project.event_count), 0)::bigint FROM project) AS events_of_projects;

-- name: ready
-- Touches every table that answers are made of, so that a missing one is noticed before a reader meets it.
SELECT
    EXISTS (SELECT 1 FROM project)
    OR EXISTS (SELECT 1 FROM project_span)
    OR EXISTS (SELECT 1 FROM headline_span)
    OR EXISTS (SELECT 1 FROM last_event_span)
    OR EXISTS (SELECT 1 FROM deal_span)
    OR EXISTS (SELECT 1 FROM flag_span)
    OR EXISTS (SELECT 1 FROM party_span)
    OR EXISTS (SELECT 1 FROM co_investment_span)
    OR EXISTS (SELECT 1 FROM event)
    OR EXISTS (SELECT 1 FROM conflict)
    OR EXISTS (SELECT 1 FROM quarantine)
    OR EXISTS (SELECT 1 FROM pending_fold) AS has_rows;

-- name: progress
-- How far each partition is, and since when.
SELECT
    checkpoint.partition,
    checkpoint.next_offset,
    checkpoint.applied_at
FROM checkpoint
WHERE checkpoint.topic = :topic::text
ORDER BY checkpoint.partition;

-- name: halts
-- Why partitions cannot go on.
SELECT halt.partition, halt.reason, halt.message, halt.since
FROM steppe.halt
WHERE halt.topic = :topic::text
ORDER BY halt.partition;

-- name: log_identity
-- Which log the read models are made from.
SELECT log_identity.cluster, log_identity.partitions, log_identity.first_seen, log_identity.adopted_by, log_identity.reason
FROM steppe.log_identity
WHERE log_identity.topic = :topic::text
ORDER BY log_identity.identity_id DESC
LIMIT 1;

-- name: quarantine_page
-- One page of the records that could not be applied and are still open, in the order of the log.
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
    AND (:after_partition::integer IS NULL OR (quarantine.partition, quarantine.log_offset) > (:after_partition::integer, :after_offset::bigint))
ORDER BY quarantine.partition, quarantine.log_offset
LIMIT :limit::integer;
