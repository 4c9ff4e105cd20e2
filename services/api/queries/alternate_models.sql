-- What the API reads to copy the read model as it was known at an instant.

-- name: subjects_otherwise
-- Subjects that stand otherwise than in the read model: something of them was not known yet, or other rules judge them.
-- $1 instant (null: now), $2 whether the time of recording counts, $3 whether other rules judge
SELECT DISTINCT event.subject
FROM event
WHERE ($3::boolean AND event.state = 'folded')
    OR CASE WHEN $2::boolean THEN event.recorded_at ELSE event.known_at END > $1::timestamptz;

-- name: subjects_since
-- Subjects of events that came after a position. $1 partitions, $2 next offset of each
SELECT DISTINCT event.subject
FROM event
LEFT JOIN unnest($1::integer[], $2::bigint[]) AS seen (partition, next_offset) ON seen.partition = event.partition
WHERE event.log_offset >= COALESCE(seen.next_offset, 0)
    AND event.state IN ('folded', 'registry');
