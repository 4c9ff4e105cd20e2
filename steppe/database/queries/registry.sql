-- name: remove_party_spans
DELETE FROM party_span
WHERE party = ANY (:keys::text[]);

-- name: remove_forums
DELETE FROM forum
WHERE forum = ANY (:keys::text[]);
