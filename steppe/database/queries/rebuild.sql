-- A rebuild: another read model beside the living one. The tables of both are found by the search path.

-- name: lock_every_checkpoint
-- Fences a living projector: its batch ends before this returns, and its next one finds what was made of it.
SELECT topic, partition, next_offset
FROM checkpoint
ORDER BY topic, partition
FOR UPDATE;

-- name: only_rebuild
-- One at a time, for as long as the session lives. $1 the lock
SELECT pg_try_advisory_lock($1::bigint);

-- name: create_read_model
-- $1 release, $2 the change of the rules that judges, $3 tables whose keys are made later
SELECT steppe.create_read_model($1::text, $2::bigint, $3::text[]);

-- name: index_read_model
-- $1 schema, $2 table, $3 whether its keys, $4 whether its other indexes
SELECT steppe.index_read_model($1::text, $2::text, $3::boolean, $4::boolean);

-- name: flip_read_model
-- $1 schema
SELECT steppe.flip_read_model($1::text);

-- name: drop_read_model
-- $1 schema
SELECT steppe.drop_read_model($1::text);

-- name: rebuild_state
-- The phase that is under way. $1 schema
SELECT rebuild.phase, rebuild.done, rebuild.total, rebuild.eta_seconds, rebuild.began_at, rebuild.updated_at
FROM steppe.rebuild
WHERE rebuild.schema_name = $1::text;

-- name: enter_phase
-- $1 schema, $2 phase, $3 what there is to do
INSERT INTO steppe.rebuild (schema_name, phase, total)
VALUES ($1::text, $2::text, $3::bigint)
ON CONFLICT (schema_name) DO UPDATE
SET phase = excluded.phase,
    done = 0,
    total = excluded.total,
    eta_seconds = NULL,
    updated_at = now();

-- name: note_progress
-- $1 schema, $2 done, $3 of, $4 seconds to go
UPDATE steppe.rebuild
SET done = $2::bigint,
    total = $3::bigint,
    eta_seconds = $4::integer,
    updated_at = now()
WHERE schema_name = $1::text;

-- name: set_repeated_aside
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

-- name: divert_conflicts
-- What was set aside as a conflict. $1 the reason
INSERT INTO quarantine (partition, log_offset, stage, state, subject, reason)
SELECT
    conflict.partition,
    conflict.log_offset,
    'conflict',
    'open',
    conflict.subject,
    $1::text
FROM conflict
ON CONFLICT DO NOTHING;

-- name: divert_skipped
-- Events that an operator gave up when they could not be folded. $1 the topic
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
    ON action.topic = $1::text
    AND action.action = 'skip'
    AND action.partition = event.partition
    AND action.log_offset = event.log_offset
WHERE event.state = 'skipped'
ORDER BY event.partition, event.log_offset, action.action_id
ON CONFLICT DO NOTHING;

-- name: divert_held
-- What lies behind a record of its subject that is no event. $1 the reason, with % for the subject
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
SELECT held.partition, held.log_offset, 'held', 'open', held.subject, replace($1::text, '%', held.subject)
FROM held;

-- name: divert_stopped
-- What could not be folded and what lies behind it. $1 partitions, $2 offsets, $3 stages, $4 subjects, $5 reasons
WITH stopped AS (
    SELECT found.*
    FROM unnest($1::integer[], $2::bigint[], $3::text[], $4::text[], $5::text[])
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

-- name: diverted_without_record
-- Of what was diverted after the log was read, the record is still to be read again.
SELECT quarantine.partition, quarantine.log_offset
FROM quarantine
WHERE quarantine.headers IS NULL
ORDER BY quarantine.partition, quarantine.log_offset;

-- name: diverted
-- What of it may be published.
SELECT partition, log_offset, stage, state, subject, key, value, headers, reason
FROM quarantine
WHERE stage <> 'held'
ORDER BY partition, log_offset;

-- name: complete_diverted
-- $1 partitions, $2 offsets, $3 keys, $4 values, $5 headers, $6 times of the records, $7 whether they were given up
UPDATE quarantine
SET key = found.key,
    value = found.value,
    headers = found.headers,
    record_at = found.record_at,
    state = CASE WHEN found.skipped THEN 'skipped' ELSE quarantine.state END
FROM unnest($1::integer[], $2::bigint[], $3::bytea[], $4::bytea[], $5::text[], $6::timestamptz[], $7::boolean[])
    AS found (partition, log_offset, key, value, headers, record_at, skipped)
WHERE quarantine.partition = found.partition
    AND quarantine.log_offset = found.log_offset;

-- name: cut_into_parts
-- Ranges of subjects with about so many events. $1 schema, $2 phases, $3 events a part
INSERT INTO steppe.rebuild_part (schema_name, phase, part, first_subject, last_subject, weight)
SELECT $1::text, phase.name, cut.part, min(cut.subject), max(cut.subject), sum(cut.events)
FROM (
    SELECT
        counted.subject,
        counted.events,
        ((sum(counted.events) OVER (ORDER BY counted.subject) - counted.events) / $3::bigint)::integer AS part
    FROM (
        SELECT event.subject, count(*) AS events
        FROM event
        WHERE event.state IN ('folded', 'registry')
        GROUP BY event.subject
    ) AS counted
) AS cut
CROSS JOIN unnest($2::text[]) AS phase (name)
GROUP BY phase.name, cut.part;

-- name: claim_part
-- One that is not done and that nobody else works on. $1 schema, $2 phase
SELECT part.part, part.first_subject, part.last_subject
FROM steppe.rebuild_part AS part
WHERE part.schema_name = $1::text
    AND part.phase = $2::text
    AND part.done_at IS NULL
ORDER BY part.part
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: part_done
-- $1 schema, $2 phase, $3 part
UPDATE steppe.rebuild_part
SET done_at = now()
WHERE schema_name = $1::text
    AND phase = $2::text
    AND part = $3::integer;

-- name: parts_of_phase
-- $1 schema, $2 phase
SELECT
    COALESCE(sum(part.weight) FILTER (WHERE part.done_at IS NOT NULL), 0)::bigint AS done,
    COALESCE(sum(part.weight), 0)::bigint AS total
FROM steppe.rebuild_part AS part
WHERE part.schema_name = $1::text
    AND part.phase = $2::text;

-- name: events_of_range
-- Everything that folds, subject by subject. $1 first subject, $2 last subject
SELECT event.subject, event.source, event.id, event.partition, event.log_offset, event.raw, event.headers
FROM event
WHERE event.subject BETWEEN $1::text AND $2::text
    AND event.state IN ('folded', 'registry')
ORDER BY event.subject;

-- name: standings_of_range
-- $1 first project, $2 last project
SELECT standing.project, standing.markets, standing.document
FROM standing
WHERE standing.project BETWEEN $1::text AND $2::text;

-- name: every_parent
SELECT span.party, span.valid_from, span.parent
FROM party_span AS span
ORDER BY span.party COLLATE "C", span.valid_from;
