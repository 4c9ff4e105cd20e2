-- name: remove_party_spans
DELETE FROM party_span
WHERE party = ANY (:keys::text[]);

-- name: party_namings_of_projects
SELECT project, party, field, known_at, recorded_at, source, id, value
FROM party_naming
WHERE project = ANY (:projects::text[]);

-- name: remove_party_namings
DELETE FROM party_naming
WHERE project = ANY (:projects::text[]);

-- name: lock_parties_named
-- One at a time for each party, always taken in the same order: whose event is the first is known only then.
SELECT pg_advisory_xact_lock(ordered.key)
FROM (
    SELECT DISTINCT hashtextextended('party:' || party, 0) AS key
    FROM unnest(:parties::text[]) AS party
    ORDER BY 1
    OFFSET 0
) AS ordered;

-- name: remove_stand_ins
-- `:parties`: null for all.
DELETE FROM party_span
WHERE NOT registered
    AND (:parties::text[] IS NULL OR party = ANY (:parties::text[]));

-- name: first_namings
-- Of parties that nobody registered, the name and the country that the first event gives which gives one.
-- `:parties`: null for all.
SELECT
    naming.party,
    (array_agg(naming.value ORDER BY naming.known_at, naming.recorded_at, naming.source COLLATE "C", naming.id COLLATE "C",
            naming.project COLLATE "C")
        FILTER (WHERE naming.field = 'name'))[1] AS name,
    (array_agg(naming.value ORDER BY naming.known_at, naming.recorded_at, naming.source COLLATE "C", naming.id COLLATE "C",
            naming.project COLLATE "C")
        FILTER (WHERE naming.field = 'country'))[1] AS country
FROM party_naming AS naming
WHERE (:parties::text[] IS NULL OR naming.party = ANY (:parties::text[]))
    AND NOT EXISTS (SELECT 1 FROM party_span AS span WHERE span.party = naming.party AND span.registered)
GROUP BY naming.party;

-- name: remove_forums
DELETE FROM forum
WHERE forum = ANY (:keys::text[]);
