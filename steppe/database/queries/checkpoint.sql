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
