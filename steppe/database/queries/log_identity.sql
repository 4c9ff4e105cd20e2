-- The identity of the log, and why the projection is halted. Tables of the schema steppe, whichever read model is active.

-- name: log_identity
-- What counts now.
SELECT topic, cluster, partitions, first_seen, adopted_by, reason
FROM steppe.log_identity
WHERE topic = :topic
ORDER BY identity_id DESC
LIMIT 1;

-- name: store_first_identity
-- The first worker that sees a topic stores its identity; the others find the row.
INSERT INTO steppe.log_identity (topic, cluster, partitions)
SELECT :topic::text, :cluster::text, :partitions::integer
WHERE NOT EXISTS (SELECT 1 FROM steppe.log_identity WHERE topic = :topic::text);

-- name: adopt_log
INSERT INTO steppe.log_identity (topic, cluster, partitions, adopted_by, reason)
VALUES (:topic, :cluster, :partitions, :adopted_by, :reason);

-- name: halt
-- The same reason again keeps its time.
INSERT INTO steppe.halt (topic, partition, reason, message)
SELECT :topic, partition, :reason, :message
FROM unnest(:partitions::integer[]) AS partition
ON CONFLICT (topic, partition) DO UPDATE
SET message = excluded.message,
    since = CASE WHEN halt.reason = excluded.reason THEN halt.since ELSE excluded.since END,
    reason = excluded.reason;

-- name: halts
SELECT partition, reason, message, since
FROM steppe.halt
WHERE topic = :topic
ORDER BY partition;

-- name: clear_halts_of
DELETE FROM steppe.halt
WHERE topic = :topic
  AND partition = ANY (:partitions::integer[]);

-- name: lock_log_identity
-- One operator at a time.
SELECT pg_advisory_xact_lock(hashtextextended('steppe.log_identity/' || :topic::text, 0));

-- name: clear_halts
DELETE FROM steppe.halt
WHERE topic = :topic;

-- name: remove_checkpoints_from
-- Partitions that an adopted log does not have.
-- `:partitions`: how many it has.
DELETE FROM checkpoint
WHERE topic = :topic
  AND partition >= :partitions;

-- name: advance_to_start
-- Go on at the first record that is left.
UPDATE checkpoint
SET next_offset = begun.log_start,
    last_record_sha256 = NULL
FROM unnest(:partitions::integer[], :first_offsets::bigint[]) AS begun (partition, log_start)
WHERE checkpoint.topic = :topic
  AND checkpoint.partition = begun.partition
  AND checkpoint.next_offset < begun.log_start;

-- name: forget_announced_offsets
-- The positions of another log say nothing about this one; what was announced of flags and projects is still known.
UPDATE steppe.announced_until
SET next_offsets = '{}';
