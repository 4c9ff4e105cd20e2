-- What was diverted, who is held by it, and what was done about it. Sections: the projector's batch; repairs;
-- what operators read.

-- name: quarantine_standing
-- What a batch has to obey: which subjects wait, from which offset on, and the last thing that was done. $1 subjects
SELECT
    (SELECT COALESCE(max(action.action_id), 0) FROM steppe.quarantine_action AS action) AS last_action,
    COALESCE(array_agg(holding.subject), '{}') AS subjects,
    COALESCE(array_agg(holding.log_offset), '{}') AS offsets
FROM (
    SELECT quarantine.subject, min(quarantine.log_offset) AS log_offset
    FROM quarantine
    WHERE quarantine.subject = ANY ($1::text[])
        AND quarantine.stage IN ('decode', 'fold')
        AND quarantine.state = 'open'
    GROUP BY quarantine.subject
) AS holding;

-- name: quarantine_skips
-- Records that an operator gave up, of stretches of the log. $1 topic, $2 partitions, $3 first and $4 last offset of each
SELECT DISTINCT ON (action.partition, action.log_offset)
    action.partition,
    action.log_offset,
    action.stage,
    action.found,
    action.record_sha256
FROM steppe.quarantine_action AS action
JOIN unnest($2::integer[], $3::bigint[], $4::bigint[]) AS stretch (partition, first_offset, last_offset)
    ON action.partition = stretch.partition
    AND action.log_offset BETWEEN stretch.first_offset AND stretch.last_offset
WHERE action.topic = $1::text
    AND action.action = 'skip'
ORDER BY action.partition, action.log_offset, action.action_id;

-- name: quarantine_all_skips
-- $1 topic
SELECT DISTINCT ON (action.partition, action.log_offset)
    action.partition,
    action.log_offset,
    action.stage,
    action.found,
    action.record_sha256
FROM steppe.quarantine_action AS action
WHERE action.topic = $1::text
    AND action.action = 'skip'
ORDER BY action.partition, action.log_offset, action.action_id;

-- name: quarantine_count_since
-- How much of the last stretch of some partitions is diverted. $1 partitions, $2 first offset of each
SELECT stretch.partition, count(quarantine.log_offset) AS diverted
FROM unnest($1::integer[], $2::bigint[]) AS stretch (partition, first_offset)
LEFT JOIN quarantine
    ON quarantine.partition = stretch.partition
    AND quarantine.log_offset >= stretch.first_offset
    AND quarantine.stage IN ('decode', 'fold')
    AND quarantine.state = 'open'
GROUP BY stretch.partition;

-- name: quarantine_fullest
-- Of each partition how much of the last stretch is diverted, and the last of it. $1 topic, $2 length of the stretch
SELECT DISTINCT ON (quarantine.partition)
    quarantine.partition,
    quarantine.log_offset,
    quarantine.reason,
    count(*) OVER (PARTITION BY quarantine.partition) AS diverted
FROM quarantine
JOIN checkpoint
    ON checkpoint.topic = $1::text
    AND checkpoint.partition = quarantine.partition
    AND quarantine.log_offset >= checkpoint.next_offset - $2::bigint
WHERE quarantine.stage IN ('decode', 'fold')
    AND quarantine.state = 'open'
ORDER BY quarantine.partition, quarantine.log_offset DESC;

-- name: remove_parked
-- $1 subjects
DELETE FROM parked
WHERE subject = ANY ($1::text[]);

-- name: claim_publication
-- Which of these never were on their way to the topic of the quarantine; from now on they are.
-- $1 topic, $2 partitions, $3 offsets, $4 fingerprints of the records, $5 stages, $6 release
INSERT INTO steppe.quarantine_publication (topic, partition, log_offset, record_sha256, stage, release)
SELECT $1::text, found.partition, found.log_offset, found.record_sha256, found.stage, $6::text
FROM unnest($2::integer[], $3::bigint[], $4::bytea[], $5::text[]) AS found (partition, log_offset, record_sha256, stage)
ON CONFLICT DO NOTHING
RETURNING partition, log_offset, found_at;

-- name: lock_quarantine_actions
-- One action at a time, so that their numbers are in the order in which they take effect. $1 the lock
SELECT pg_advisory_xact_lock($1::bigint);

-- name: record_quarantine_action
-- $1 topic, $2 action, $3 partition, $4 offset, $5 subject, $6 stage, $7 what was found, $8 outcome, $9 by whom, $10 why,
-- $11 release, $12 fingerprint of the record
INSERT INTO steppe.quarantine_action
    (topic, action, partition, log_offset, subject, stage, found, outcome, acted_by, reason, release, record_sha256)
VALUES (
    $1::text, $2::text, $3::integer, $4::bigint, $5::text, $6::text, $7::text, $8::text, $9::text, $10::text, $11::text,
    $12::bytea
);

-- name: events_of_held_subjects
-- Every stored event of some subjects, with what is kept of its record. $1 subjects
SELECT subject, partition, log_offset, raw, headers, recorded_at
FROM event
WHERE subject = ANY ($1::text[]);

-- name: quarantined_of_subjects
-- Every diverted record of some subjects. $1 subjects
SELECT partition, log_offset, key, value, headers, record_at, reason
FROM quarantine
WHERE subject = ANY ($1::text[]);

-- name: quarantined_at
-- $1 partition, $2 offset
SELECT partition, log_offset, stage, state, subject, key, value, headers, record_at, reason, stored_at
FROM quarantine
WHERE partition = $1::integer
    AND log_offset = $2::bigint;

-- name: quarantined_to_retry
-- What holds, or could not be told whom it holds. $1 partition, $2 subject (null: all)
SELECT partition, log_offset, stage, state, subject, key, value, headers, record_at, reason, stored_at
FROM quarantine
WHERE partition = $1::integer
    AND stage IN ('decode', 'fold')
    AND state = 'open'
    AND ($2::text IS NULL OR subject = $2::text)
ORDER BY log_offset;

-- name: remove_records_of_subjects
-- $1 subjects
WITH
    gone_events AS (DELETE FROM event WHERE subject = ANY ($1::text[])),
    gone_conflicts AS (DELETE FROM conflict WHERE subject = ANY ($1::text[])),
    gone_parked AS (DELETE FROM parked WHERE subject = ANY ($1::text[]))
DELETE FROM quarantine
WHERE subject = ANY ($1::text[]);

-- name: remove_quarantined
-- $1 partitions, $2 offsets
DELETE FROM quarantine
USING unnest($1::integer[], $2::bigint[]) AS gone (partition, log_offset)
WHERE quarantine.partition = gone.partition
    AND quarantine.log_offset = gone.log_offset;

-- name: mark_skipped
-- Records that hold nobody. $1 partition, $2 offset
UPDATE quarantine
SET state = 'skipped'
WHERE partition = $1::integer
    AND log_offset = $2::bigint;

-- name: unknown_types
-- The types of events that were unknown when they came. $1 partition
SELECT DISTINCT name
FROM event
WHERE partition = $1::integer
    AND state = 'unknown';

-- name: events_of_unknown_types
-- $1 partition, $2 types
SELECT subject, log_offset, name
FROM event
WHERE partition = $1::integer
    AND state = 'unknown'
    AND name = ANY ($2::text[])
ORDER BY log_offset;

-- name: market_fault_of_project
-- $1 project
SELECT project.project, project.partition, project.log_offset, standing.fault
FROM standing
JOIN project ON project.project = standing.project
WHERE standing.project = $1::text
    AND standing.fault IS NOT NULL;

-- name: quarantined_acted_on
-- Open here though somebody gave it up, or folded it, in another read model. $1 topic, $2 partition
SELECT partition, log_offset, stage, state, subject, key, value, headers, record_at, reason, stored_at
FROM quarantine
WHERE partition = $2::integer
    AND stage <> 'held'
    AND state = 'open'
    AND EXISTS (
        SELECT 1
        FROM steppe.quarantine_action AS action
        WHERE action.topic = $1::text
            AND action.partition = quarantine.partition
            AND action.log_offset = quarantine.log_offset
            AND (action.action = 'skip' OR (action.action = 'retry' AND action.outcome = 'folded'))
    )
ORDER BY log_offset;

-- name: list_quarantined
-- What was diverted, the oldest first, with how many events wait behind it; and markets that could not be judged.
-- $1 stages (null: all), $2 subject (null: all), $3 whether those that were given up are shown, $4 rows
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
    AND ($1::text[] IS NULL OR quarantine.stage = ANY ($1::text[]))
    AND ($2::text IS NULL OR quarantine.subject = $2::text)
    AND ($3::boolean OR quarantine.state = 'open')
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
    AND ($1::text[] IS NULL OR 'market' = ANY ($1::text[]))
    AND ($2::text IS NULL OR standing.project = $2::text)
ORDER BY stored_at, partition, log_offset
LIMIT $4::integer;

-- name: quarantine_actions_at
-- What was done about a record, the first first. $1 topic, $2 partition, $3 offset
SELECT action, subject, stage, found, outcome, acted_by, reason, release, acted_at
FROM steppe.quarantine_action
WHERE topic = $1::text
    AND partition = $2::integer
    AND log_offset = $3::bigint
ORDER BY action_id;

-- name: held_events_of_subject
-- $1 subject
SELECT count(*) AS events
FROM quarantine
WHERE subject = $1::text
    AND stage IN ('held', 'fold')
    AND state = 'open';
