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
        WHERE event.state <> 'unknown'
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
    AND event.state <> 'unknown'
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
