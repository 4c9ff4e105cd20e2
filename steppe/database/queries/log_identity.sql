-- Which log it is, and why the projection stands still. Tables of the schema steppe, whichever read model lives.

-- name: log_identity
-- What counts now. $1 topic
SELECT topic, cluster, partitions, first_seen, adopted_by, reason
FROM steppe.log_identity
WHERE topic = $1
ORDER BY identity_id DESC
LIMIT 1;

-- name: see_log
-- The first worker that sees a topic remembers which one it was; the others find its row.
-- $1 topic, $2 cluster, $3 partitions
INSERT INTO steppe.log_identity (topic, cluster, partitions)
SELECT $1::text, $2::text, $3::integer
WHERE NOT EXISTS (SELECT 1 FROM steppe.log_identity WHERE topic = $1::text);

-- name: adopt_log
-- $1 topic, $2 cluster, $3 partitions, $4 who, $5 why
INSERT INTO steppe.log_identity (topic, cluster, partitions, adopted_by, reason)
VALUES ($1, $2, $3, $4, $5);

-- name: halt
-- The same reason again keeps its time. $1 topic, $2 partitions, $3 reason, $4 message
INSERT INTO steppe.halt (topic, partition, reason, message)
SELECT $1, partition, $3, $4
FROM unnest($2::integer[]) AS partition
ON CONFLICT (topic, partition) DO UPDATE
SET message = excluded.message,
    since = CASE WHEN halt.reason = excluded.reason THEN halt.since ELSE excluded.since END,
    reason = excluded.reason;

-- name: halts
-- $1 topic
SELECT partition, reason, message, since
FROM steppe.halt
WHERE topic = $1
ORDER BY partition;

-- name: go_on
-- $1 topic, $2 partitions
DELETE FROM steppe.halt
WHERE topic = $1
  AND partition = ANY ($2::integer[]);

-- name: lock_log_identity
-- One operator at a time. $1 topic
SELECT pg_advisory_xact_lock(hashtextextended('steppe.log_identity/' || $1::text, 0));

-- name: forget_halts
-- $1 topic
DELETE FROM steppe.halt
WHERE topic = $1;

-- name: remove_checkpoints_from
-- Partitions that an adopted log does not have. $1 topic, $2 how many it has
DELETE FROM checkpoint
WHERE topic = $1
  AND partition >= $2;

-- name: advance_to_start
-- Go on at the first record that is left. $1 topic, $2 partitions, $3 their first offsets
UPDATE checkpoint
SET next_offset = begun.log_start,
    last_record_sha256 = NULL
FROM unnest($2::integer[], $3::bigint[]) AS begun (partition, log_start)
WHERE checkpoint.topic = $1
  AND checkpoint.partition = begun.partition
  AND checkpoint.next_offset < begun.log_start;

-- name: forget_how_far_was_told
-- The positions of another log say nothing about this one; what was told of flags and projects is still known.
UPDATE steppe.announced_until
SET next_offsets = '{}';
