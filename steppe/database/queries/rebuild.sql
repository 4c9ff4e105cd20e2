-- A rebuild: another read model beside the active one. The tables of both are found by the search path.

-- name: lock_every_checkpoint
-- Fences the workers: its batch ends before this returns, and its next one finds what was made of it.
SELECT topic, partition, next_offset
FROM checkpoint
ORDER BY topic, partition
FOR UPDATE;

-- name: is_live
-- Whether workers apply events to the active read model, which the search path finds: one did within some seconds, or has a batch in hand.
SELECT EXISTS (
    SELECT 1
    FROM checkpoint
    WHERE checkpoint.applied_at > clock_timestamp() - make_interval(secs => :seconds::float8)
)
OR EXISTS (
    SELECT 1
    FROM pg_stat_activity AS worker
    WHERE worker.datname = current_database()
        AND worker.usename = current_user
        AND worker.application_name = 'steppe-projector'
        AND worker.xact_start < clock_timestamp() - interval '1 second'
);

-- name: one_process_a_statement
SELECT
    set_config('max_parallel_workers_per_gather', '0', false),
    set_config('max_parallel_maintenance_workers', '0', false);

-- name: any_processes
SELECT
    set_config('max_parallel_workers_per_gather', its.gather, false),
    set_config('max_parallel_maintenance_workers', its.maintenance, false)
FROM (
    SELECT
        max(setting.reset_val) FILTER (WHERE setting.name = 'max_parallel_workers_per_gather') AS gather,
        max(setting.reset_val) FILTER (WHERE setting.name = 'max_parallel_maintenance_workers') AS maintenance
    FROM pg_settings AS setting
) AS its;

-- name: try_to_lock_rebuild
-- One at a time, for as long as the session lives.
SELECT pg_try_advisory_lock(:lock::bigint);

-- name: create_read_model
-- `:bulk`: tables whose keys are made later.
SELECT steppe.create_read_model(:release::text, :rule_change_id::bigint, :bulk::text[]);

-- name: index_read_model
-- `:keys` and `:indexes`: which of them.
SELECT steppe.index_read_model(:schema::text, :table::text, :keys::boolean, :indexes::boolean);

-- name: flip_read_model
SELECT steppe.flip_read_model(:schema::text);

-- name: drop_read_model
SELECT steppe.drop_read_model(:schema::text);

-- name: rebuild_state
-- The current phase.
SELECT rebuild.phase, rebuild.done, rebuild.total, rebuild.eta_seconds, rebuild.began_at, rebuild.updated_at
FROM steppe.rebuild
WHERE rebuild.schema_name = :schema::text;

-- name: enter_phase
INSERT INTO steppe.rebuild (schema_name, phase, total)
VALUES (:schema::text, :phase::text, :total::bigint)
ON CONFLICT (schema_name) DO UPDATE
SET phase = excluded.phase,
    done = 0,
    total = excluded.total,
    eta_seconds = NULL,
    updated_at = now();

-- name: store_progress
UPDATE steppe.rebuild
SET done = :done::bigint,
    total = :total::bigint,
    eta_seconds = :eta_seconds::integer,
    updated_at = now()
WHERE schema_name = :schema::text;

-- name: delete_duplicates
-- The same as projection/deduplicate.py, with the three statements below.
-- Of events with one identity the first in log order stays; those with another content are conflicts.
WITH twice AS (
    SELECT event.subject, event.source, event.id
    FROM event
    GROUP BY event.subject, event.source, event.id
    HAVING count(*) > 1
),
ordered AS (
    SELECT
        event.ctid AS place,
        event.subject,
        event.source,
        event.id,
        event.partition,
        event.log_offset,
        event.raw,
        row_number() OVER in_log_order AS number,
        event.content_sha256 <> first_value(event.content_sha256) OVER in_log_order AS contradicts
    FROM event
    JOIN twice USING (subject, source, id)
    WINDOW in_log_order AS (PARTITION BY event.subject, event.source, event.id ORDER BY event.log_offset)
),
removed AS (
    DELETE FROM event
    USING ordered
    WHERE event.ctid = ordered.place
        AND ordered.number > 1
)
INSERT INTO conflict (subject, source, id, partition, log_offset, raw)
SELECT ordered.subject, ordered.source, ordered.id, ordered.partition, ordered.log_offset, ordered.raw
FROM ordered
WHERE ordered.number > 1
    AND ordered.contradicts;

-- name: quarantine_conflicts
-- What `delete_duplicates` stored as a conflict.
INSERT INTO quarantine (partition, log_offset, stage, state, subject, reason)
SELECT
    conflict.partition,
    conflict.log_offset,
    'conflict',
    'open',
    conflict.subject,
    :reason::text
FROM conflict
ON CONFLICT DO NOTHING;

-- name: quarantine_skipped
-- Events that an operator gave up when they could not be folded.
INSERT INTO quarantine (partition, log_offset, stage, state, subject, reason)
SELECT DISTINCT ON (event.partition, event.log_offset)
    event.partition,
    event.log_offset,
    action.stage,
    'skipped',
    event.subject,
    action.found
FROM event
JOIN steppe.quarantine_action AS action
    ON action.topic = :topic::text
    AND action.action = 'skip'
    AND action.partition = event.partition
    AND action.log_offset = event.log_offset
WHERE event.state = 'skipped'
ORDER BY event.partition, event.log_offset, action.action_id
ON CONFLICT DO NOTHING;

-- name: quarantine_held
-- What lies behind a record of its subject that is no event.
-- `:reason` has % for the subject.
WITH holding AS (
    SELECT quarantine.subject, min(quarantine.log_offset) AS log_offset
    FROM quarantine
    WHERE quarantine.stage = 'decode'
        AND quarantine.state = 'open'
        AND quarantine.subject IS NOT NULL
    GROUP BY quarantine.subject
),
held AS (
    UPDATE event
    SET state = 'held'
    FROM holding
    WHERE event.subject = holding.subject
        AND event.log_offset > holding.log_offset
        AND event.state IN ('folded', 'registry')
    RETURNING event.partition, event.log_offset, event.subject
)
INSERT INTO quarantine (partition, log_offset, stage, state, subject, reason)
SELECT held.partition, held.log_offset, 'held', 'open', held.subject, replace(:reason::text, '%', held.subject)
FROM held;

-- name: quarantine_stopped
-- What could not be folded and what lies behind it.
WITH stopped AS (
    SELECT found.*
    FROM unnest(:partitions::integer[], :offsets::bigint[], :stages::text[], :subjects::text[], :reasons::text[])
        AS found (partition, log_offset, stage, subject, reason)
),
held AS (
    UPDATE event
    SET state = 'held'
    FROM stopped
    WHERE event.partition = stopped.partition
        AND event.log_offset = stopped.log_offset
)
INSERT INTO quarantine (partition, log_offset, stage, state, subject, reason)
SELECT stopped.partition, stopped.log_offset, stopped.stage, 'open', stopped.subject, stopped.reason
FROM stopped;

-- name: entries_without_record
-- Entries that were found after the log was read: their records are still to be read again.
SELECT quarantine.partition, quarantine.log_offset
FROM quarantine
WHERE quarantine.headers IS NULL
ORDER BY quarantine.partition, quarantine.log_offset;

-- name: entries_to_publish
-- What may be published.
SELECT partition, log_offset, stage, state, subject, key, value, headers, reason
FROM quarantine
WHERE stage <> 'held'
ORDER BY partition, log_offset;

-- name: complete_entries
-- `:skipped`: whether they were given up.
UPDATE quarantine
SET key = found.key,
    value = found.value,
    headers = found.headers,
    record_at = found.record_at,
    state = CASE WHEN found.skipped THEN 'skipped' ELSE quarantine.state END
FROM unnest(:partitions::integer[], :offsets::bigint[], :keys::bytea[], :values::bytea[], :headers::text[], :recorded_at::timestamptz[], :skipped::boolean[])
    AS found (partition, log_offset, key, value, headers, record_at, skipped)
WHERE quarantine.partition = found.partition
    AND quarantine.log_offset = found.log_offset;

-- name: create_parts
-- Ranges of subjects with about so many events.
-- `:events`: about so many a part.
INSERT INTO steppe.rebuild_part (schema_name, phase, part, first_subject, last_subject, weight)
SELECT :schema::text, phase.name, cut.part, min(cut.subject), max(cut.subject), sum(cut.events)
FROM (
    SELECT
        counted.subject,
        counted.events,
        ((sum(counted.events) OVER (ORDER BY counted.subject) - counted.events) / :events::bigint)::integer AS part
    FROM (
        SELECT event.subject, count(*) AS events
        FROM event
        WHERE event.state IN ('folded', 'registry')
        GROUP BY event.subject
    ) AS counted
) AS cut
CROSS JOIN unnest(:phases::text[]) AS phase (name)
GROUP BY phase.name, cut.part;

-- name: claim_part
-- One that is not done and that nobody else works on.
SELECT part.part, part.first_subject, part.last_subject
FROM steppe.rebuild_part AS part
WHERE part.schema_name = :schema::text
    AND part.phase = :phase::text
    AND part.done_at IS NULL
ORDER BY part.part
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: mark_part_done
UPDATE steppe.rebuild_part
SET done_at = now()
WHERE schema_name = :schema::text
    AND phase = :phase::text
    AND part = :part::integer;

-- name: parts_of_phase
SELECT
    COALESCE(sum(part.weight) FILTER (WHERE part.done_at IS NOT NULL), 0)::bigint AS done,
    COALESCE(sum(part.weight), 0)::bigint AS total
FROM steppe.rebuild_part AS part
WHERE part.schema_name = :schema::text
    AND part.phase = :phase::text;

-- name: events_of_range
-- Everything that folds, subject by subject.
SELECT event.subject, event.source, event.id, event.partition, event.log_offset, event.raw, event.headers
FROM event
WHERE event.subject BETWEEN :first_subject::text AND :last_subject::text
    AND event.state IN ('folded', 'registry')
ORDER BY event.subject;

-- name: standings_of_range
-- Of projects to which others can do something.
SELECT standing.project, standing.markets, standing.document, standing.contenders
FROM standing
WHERE standing.project BETWEEN :first_project::text AND :last_project::text
    AND standing.contenders <> '[]';
