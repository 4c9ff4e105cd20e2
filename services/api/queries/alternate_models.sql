-- What an alternate read model needs: which subjects to fold, the others being copied.

-- name: subjects_otherwise
-- Subjects whose rows differ from the read model's: something of them was not known yet at :known_at (null: now), by report or,
-- with :recorded, by recording; or :other_rules judge.
SELECT DISTINCT event.subject
FROM event
WHERE (:other_rules::boolean AND event.state = 'folded')
    OR CASE WHEN :recorded::boolean THEN event.recorded_at ELSE event.known_at END > :known_at::timestamptz;

-- name: subjects_since
-- Subjects of events that came after a position: the next offset of each of the partitions.
SELECT DISTINCT event.subject
FROM event
LEFT JOIN unnest(:partitions::integer[], :next_offsets::bigint[]) AS seen (partition, next_offset) ON seen.partition = event.partition
WHERE event.log_offset >= COALESCE(seen.next_offset, 0)
    AND event.state IN ('folded', 'registry');
