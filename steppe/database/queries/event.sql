-- name: events_of_subjects
-- Everything that folds, of these subjects, in no particular order (the fold does not depend on it).
SELECT subject, raw, headers, log_offset
FROM event
WHERE subject = ANY (:subjects::text[])
  AND state IN ('folded', 'registry');

-- name: remove_conflicts
-- What a record is about to say again.
DELETE FROM conflict
USING unnest(:partitions::integer[], :offsets::bigint[]) AS place (partition, log_offset)
WHERE conflict.partition = place.partition
  AND conflict.log_offset = place.log_offset;
