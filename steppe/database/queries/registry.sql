-- name: remove_party_spans
-- $1 parties
DELETE FROM party_span
WHERE party = ANY ($1::text[]);

-- name: remove_forums
-- $1 forums
DELETE FROM forum
WHERE forum = ANY ($1::text[]);
