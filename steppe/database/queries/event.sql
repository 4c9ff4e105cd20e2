-- name: known_events
-- Which of these identities are stored already, with what content and from where.
-- $1 subjects, $2 sources, $3 ids
SELECT event.subject, event.source, event.id, event.content_sha256, event.partition, event.log_offset
FROM event
JOIN unnest($1::text[], $2::text[], $3::text[]) AS asked (subject, source, id)
  USING (subject, source, id);

-- name: events_of_subjects
-- Everything that folds, of these subjects, in no particular order (the fold does not depend on it).
-- $1 subjects
SELECT subject, raw, headers, log_offset
FROM event
WHERE subject = ANY ($1::text[])
  AND state IN ('folded', 'registry');

-- name: remove_conflict
-- What a record is about to say again. $1 partitions, $2 offsets
DELETE FROM conflict
USING unnest($1::integer[], $2::bigint[]) AS place (partition, log_offset)
WHERE conflict.partition = place.partition
  AND conflict.log_offset = place.log_offset;
