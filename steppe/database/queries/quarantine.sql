-- The quarantine: its entries, who is held by them, and what operators did. Sections: the projector's batch; re-folds;
-- what operators read.

-- name: stored_of_batch
-- What a batch has to obey: which subjects wait, from which offset on, and the last thing that was done. And which of its identities are
-- stored already, with what content and from where.
-- Always one row; all in one statement, because a batch of one event waits for nothing else as often.
SELECT
    (SELECT COALESCE(max(action.action_id), 0) FROM steppe.quarantine_action AS action) AS last_action,
    COALESCE(array_agg(holding.subject), '{}') AS subjects,
    COALESCE(array_agg(holding.log_offset), '{}') AS offsets,
    ARRAY(
        SELECT ROW(event.subject, event.source, event.id, event.content_sha256, event.partition, event.log_offset)
        FROM event
        JOIN unnest(:subjects::text[], :sources::text[], :ids::text[]) AS asked (subject, source, id)
            USING (subject, source, id)
    ) AS events
FROM (
    SELECT quarantine.subject, min(quarantine.log_offset) AS log_offset
    FROM quarantine
    WHERE quarantine.subject = ANY (:subjects::text[])
        AND quarantine.stage IN ('decode', 'fold')
        AND quarantine.state = 'open'
    GROUP BY quarantine.subject
) AS holding;

-- name: skips_between
-- Records that an operator gave up, of stretches of the log.
SELECT DISTINCT ON (action.partition, action.log_offset)
    action.partition,
    action.log_offset,
    action.stage,
    action.found,
    action.record_sha256
FROM steppe.quarantine_action AS action
JOIN unnest(:partitions::integer[], :first_offsets::bigint[], :last_offsets::bigint[]) AS stretch (partition, first_offset, last_offset)
    ON action.partition = stretch.partition
    AND action.log_offset BETWEEN stretch.first_offset AND stretch.last_offset
WHERE action.topic = :topic::text
    AND action.action = 'skip'
ORDER BY action.partition, action.log_offset, action.action_id;

-- name: all_skips
SELECT DISTINCT ON (action.partition, action.log_offset)
    action.partition,
    action.log_offset,
    action.stage,
    action.found,
    action.record_sha256
FROM steppe.quarantine_action AS action
WHERE action.topic = :topic::text
    AND action.action = 'skip'
ORDER BY action.partition, action.log_offset, action.action_id;

-- name: quarantined_since
-- How many of the last records of some partitions are quarantined.
SELECT stretch.partition, count(quarantine.log_offset) AS quarantined
FROM unnest(:partitions::integer[], :first_offsets::bigint[]) AS stretch (partition, first_offset)
LEFT JOIN quarantine
    ON quarantine.partition = stretch.partition
    AND quarantine.log_offset >= stretch.first_offset
    AND quarantine.stage IN ('decode', 'fold')
    AND quarantine.state = 'open'
GROUP BY stretch.partition;

-- name: fullest_partitions
-- Of each partition how many of the last records are quarantined, and the last of these.
-- `:window`: so many of the last records.
SELECT DISTINCT ON (quarantine.partition)
    quarantine.partition,
    quarantine.log_offset,
    quarantine.reason,
    count(*) OVER (PARTITION BY quarantine.partition) AS quarantined
FROM quarantine
JOIN checkpoint
    ON checkpoint.topic = :topic::text
    AND checkpoint.partition = quarantine.partition
    AND quarantine.log_offset >= checkpoint.next_offset - :window::bigint
WHERE quarantine.stage IN ('decode', 'fold')
    AND quarantine.state = 'open'
ORDER BY quarantine.partition, quarantine.log_offset DESC;

-- name: remove_parked
DELETE FROM parked
WHERE subject = ANY (:subjects::text[]);

-- name: claim_publication
-- Which of these never were on their way to the topic of the quarantine; from now on they are.
INSERT INTO steppe.quarantine_publication (topic, partition, log_offset, record_sha256, stage, release)
SELECT :topic::text, found.partition, found.log_offset, found.record_sha256, found.stage, :release::text
FROM unnest(:partitions::integer[], :offsets::bigint[], :fingerprints::bytea[], :stages::text[]) AS found (partition, log_offset, record_sha256, stage)
ON CONFLICT DO NOTHING
RETURNING partition, log_offset, found_at;

-- name: lock_quarantine_actions
-- One action at a time, so that their numbers are in the order in which they take effect.
SELECT pg_advisory_xact_lock(:lock::bigint);

-- name: record_quarantine_action
INSERT INTO steppe.quarantine_action
    (topic, action, partition, log_offset, subject, stage, found, outcome, acted_by, reason, release, record_sha256)
VALUES (
    :topic::text, :action::text, :partition::integer, :log_offset::bigint, :subject::text, :stage::text, :found::text, :outcome::text, :acted_by::text, :reason::text, :release::text,
    :fingerprint::bytea
);

-- name: events_of_held_subjects
-- Every stored event of some subjects, with what is kept of its record.
SELECT subject, partition, log_offset, raw, headers, recorded_at
FROM event
WHERE subject = ANY (:subjects::text[]);

-- name: quarantined_of_subjects
-- Every quarantined record of some subjects.
SELECT partition, log_offset, key, value, headers, record_at, reason
FROM quarantine
WHERE subject = ANY (:subjects::text[]);

-- name: quarantined_at
SELECT partition, log_offset, stage, state, subject, key, value, headers, record_at, reason, stored_at
FROM quarantine
WHERE partition = :partition::integer
    AND log_offset = :log_offset::bigint;

-- name: quarantined_to_retry
-- What holds, or could not be told whom it holds.
-- `:subject`: null for all.
SELECT partition, log_offset, stage, state, subject, key, value, headers, record_at, reason, stored_at
FROM quarantine
WHERE partition = :partition::integer
    AND stage IN ('decode', 'fold')
    AND state = 'open'
    AND (:subject::text IS NULL OR subject = :subject::text)
ORDER BY log_offset;

-- name: remove_records_of_subjects
WITH
    gone_events AS (DELETE FROM event WHERE subject = ANY (:subjects::text[])),
    gone_conflicts AS (DELETE FROM conflict WHERE subject = ANY (:subjects::text[])),
    gone_parked AS (DELETE FROM parked WHERE subject = ANY (:subjects::text[]))
DELETE FROM quarantine
WHERE subject = ANY (:subjects::text[]);

-- name: remove_quarantined
DELETE FROM quarantine
USING unnest(:partitions::integer[], :offsets::bigint[]) AS gone (partition, log_offset)
WHERE quarantine.partition = gone.partition
    AND quarantine.log_offset = gone.log_offset;

-- name: mark_skipped
-- Records that hold nobody.
UPDATE quarantine
SET state = 'skipped'
WHERE partition = :partition::integer
    AND log_offset = :log_offset::bigint;

-- name: unknown_types
-- The types of events that were unknown when they came.
SELECT DISTINCT name
FROM event
WHERE partition = :partition::integer
    AND state = 'unknown';

-- name: events_of_unknown_types
SELECT subject, log_offset, name
FROM event
WHERE partition = :partition::integer
    AND state = 'unknown'
    AND name = ANY (:types::text[])
ORDER BY log_offset;

-- name: market_fault_of_project
SELECT project.project, project.partition, project.log_offset, standing.fault
FROM standing
JOIN project ON project.project = standing.project
WHERE standing.project = :project::text
    AND standing.fault IS NOT NULL;

-- name: entries_acted_on
-- Open here though somebody gave it up, or folded it, in another read model.
SELECT partition, log_offset, stage, state, subject, key, value, headers, record_at, reason, stored_at
FROM quarantine
WHERE partition = :partition::integer
    AND stage <> 'held'
    AND state = 'open'
    AND EXISTS (
        SELECT 1
        FROM steppe.quarantine_action AS action
        WHERE action.topic = :topic::text
            AND action.partition = quarantine.partition
            AND action.log_offset = quarantine.log_offset
            AND (action.action = 'skip' OR (action.action = 'retry' AND action.outcome = 'folded'))
    )
ORDER BY log_offset;

-- name: list_quarantined
-- The entries, the oldest first, with how many events wait behind it; and markets that could not be judged.
-- `:stages` and `:subject`: null for all. `:skipped`: whether those that were given up are listed.
WITH waiting AS (
    SELECT quarantine.subject, count(*) AS events
    FROM quarantine
    WHERE quarantine.stage IN ('held', 'fold')
        AND quarantine.state = 'open'
    GROUP BY quarantine.subject
)
SELECT
    quarantine.partition,
    quarantine.log_offset,
    quarantine.stage,
    quarantine.state,
    quarantine.subject,
    quarantine.reason,
    CASE WHEN quarantine.state = 'open' AND quarantine.stage <> 'conflict' THEN COALESCE(waiting.events, 0) ELSE 0 END
        AS held_events,
    quarantine.record_at,
    quarantine.stored_at
FROM quarantine
LEFT JOIN waiting ON waiting.subject = quarantine.subject
WHERE quarantine.stage <> 'held'
    AND (:stages::text[] IS NULL OR quarantine.stage = ANY (:stages::text[]))
    AND (:subject::text IS NULL OR quarantine.subject = :subject::text)
    AND (:skipped::boolean OR quarantine.state = 'open')
UNION ALL
SELECT
    project.partition,
    project.log_offset,
    'market',
    'open',
    standing.project,
    standing.fault,
    0,
    NULL,
    project.updated_at
FROM standing
JOIN project ON project.project = standing.project
WHERE standing.fault IS NOT NULL
    AND (:stages::text[] IS NULL OR 'market' = ANY (:stages::text[]))
    AND (:subject::text IS NULL OR standing.project = :subject::text)
ORDER BY stored_at, partition, log_offset
LIMIT :limit::integer;

-- name: quarantine_actions_at
-- What was done about a record, the first first.
SELECT action, subject, stage, found, outcome, acted_by, reason, release, acted_at
FROM steppe.quarantine_action
WHERE topic = :topic::text
    AND partition = :partition::integer
    AND log_offset = :log_offset::bigint
ORDER BY action_id;

-- name: held_events_of_subject
SELECT count(*) AS events
FROM quarantine
WHERE subject = :subject::text
    AND stage IN ('held', 'fold')
    AND state = 'open';
