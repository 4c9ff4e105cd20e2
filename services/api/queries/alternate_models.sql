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

-- name: parents_ever
-- Of every party that ever had a parent, the parents that it had.
SELECT span.party, span.valid_from, span.document
FROM party_span AS span
WHERE span.party IN (SELECT child.party FROM party_span AS child WHERE cardinality(child.parents) > 0)
ORDER BY span.party COLLATE "C", span.valid_from;

-- name: standings_that_crossed_of
SELECT standing.document
FROM standing
WHERE standing.project = ANY (:projects::text[])
    AND standing.document NOT LIKE '%"crossings":[]%';

-- name: contending
-- Those of these projects to which others can do something, and all such in these markets, by market.
SELECT standing.project
FROM standing
WHERE standing.contenders <> '[]'
    AND (standing.project = ANY (:projects::text[]) OR standing.markets && :markets::text[])
ORDER BY standing.markets, standing.project;

-- name: standings_with_markets
SELECT standing.project, standing.markets, standing.document, standing.contenders
FROM standing
WHERE standing.project = ANY (:projects::text[]);
