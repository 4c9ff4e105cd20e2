-- name: lock_checkpoints
-- The fence: whoever holds these rows applies; a worker that lost its partitions waits here and then sees it is behind.
-- $1 topic, $2 partitions
SELECT partition, next_offset
FROM checkpoint
WHERE topic = $1
  AND partition = ANY ($2::integer[])
ORDER BY partition
FOR UPDATE;

-- name: read_checkpoints
-- Where to start reading, and what the record before it was.
-- $1 topic
SELECT partition, next_offset, last_record_sha256
FROM checkpoint
WHERE topic = $1
ORDER BY partition;

-- name: advance_checkpoints
-- One row a partition; runs under the locks of lock_checkpoints.
-- $1 topic, $2 partitions, $3 next offsets, $4 fingerprints of the last records, $5 their times
UPDATE checkpoint
SET next_offset = advanced.next_offset,
    last_record_sha256 = advanced.last_record_sha256,
    last_record_at = advanced.last_record_at,
    applied_at = now()
FROM unnest($2::integer[], $3::bigint[], $4::bytea[], $5::timestamptz[])
    AS advanced (partition, next_offset, last_record_sha256, last_record_at)
WHERE checkpoint.topic = $1
  AND checkpoint.partition = advanced.partition;

-- name: announce_position
-- Sent when the transaction commits, so that a reader who waits for a position need not poll.
-- $1 position, as in 0:41,3:7
SELECT pg_notify('steppe_position', $1);

-- name: records_applied
-- Whether anything was applied at all, of any topic.
SELECT coalesce(sum(next_offset), 0)::bigint
FROM checkpoint;

-- name: end_deaf_sessions
-- Sessions of this role that hold the fence of a read model and have waited for their client in the middle of a COPY: no time limit of
-- the server counts there, and a client that was cut off without a word never comes back.
-- $1 schema of the read model, $2 seconds that a client may be silent
SELECT pg_terminate_backend(deaf.pid)
FROM pg_stat_activity AS deaf
WHERE deaf.datname = current_database()
    AND deaf.usename = current_user
    AND deaf.state = 'active'
    AND deaf.wait_event = 'ClientRead'
    AND deaf.query_start < clock_timestamp() - make_interval(secs => $2)
    AND EXISTS (
        SELECT 1
        FROM pg_locks AS held
        WHERE held.pid = deaf.pid
            AND held.relation = to_regclass(quote_ident($1) || '.checkpoint')
            AND held.mode = 'RowShareLock'
            AND held.granted
    );
