-- name: lock_checkpoints
-- The fence: whoever holds these rows applies; a worker that lost its partitions waits here and then sees it is behind.
SELECT partition, next_offset
FROM checkpoint
WHERE topic = :topic
  AND partition = ANY (:partitions::integer[])
ORDER BY partition
FOR UPDATE;

-- name: read_checkpoints
-- Where to start reading, and what the record before it was.
SELECT partition, next_offset, last_record_sha256
FROM checkpoint
WHERE topic = :topic
ORDER BY partition;

-- name: advance_checkpoints
-- One row a partition; runs under the locks of lock_checkpoints.
-- `:fingerprints` and `:recorded_at` are those of the last records.
UPDATE checkpoint
SET next_offset = advanced.next_offset,
    last_record_sha256 = advanced.last_record_sha256,
    last_record_at = advanced.last_record_at,
    applied_at = now()
FROM unnest(:partitions::integer[], :next_offsets::bigint[], :fingerprints::bytea[], :recorded_at::timestamptz[])
    AS advanced (partition, next_offset, last_record_sha256, last_record_at)
WHERE checkpoint.topic = :topic
  AND checkpoint.partition = advanced.partition;

-- name: advance_and_announce
-- The same, and what `announce_position` says.
WITH advanced AS (
    -- include: advance_checkpoints
)
SELECT pg_notify('steppe_position', :position);

-- name: announce_position
-- Sent when the transaction commits, so that a reader who waits for a position need not poll.
-- `:position` as in 0:41,3:7.
SELECT pg_notify('steppe_position', :position);

-- name: records_applied
-- Whether anything was applied at all, of any topic.
SELECT coalesce(sum(next_offset), 0)::bigint
FROM checkpoint;

-- name: terminate_stuck_sessions
-- Sessions of this role that hold the fence of a read model and have waited for their client in the middle of a COPY: no time limit of
-- the server counts there, and a client that was cut off without a word never comes back.
-- `:seconds`: how long a client may be silent.
SELECT pg_terminate_backend(deaf.pid)
FROM pg_stat_activity AS deaf
WHERE deaf.datname = current_database()
    AND deaf.usename = current_user
    AND deaf.state = 'active'
    AND deaf.wait_event = 'ClientRead'
    AND deaf.query_start < clock_timestamp() - make_interval(secs => :seconds)
    AND EXISTS (
        SELECT 1
        FROM pg_locks AS held
        WHERE held.pid = deaf.pid
            AND held.relation = to_regclass(quote_ident(:schema) || '.checkpoint')
            AND held.mode = 'RowShareLock'
            AND held.granted
    );
