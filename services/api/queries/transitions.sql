-- The feed of transitions, as the api reads it.

-- name: api_transition_page
-- In the order in which they were found out. $1 after this id, $2 projects, $3 flags, $4 countries, $5 causes (each may be
-- null: any), $6 rows
SELECT
    transition.transition_id,
    transition.event_id,
    transition.project,
    transition.deal,
    transition.flag,
    transition.transition,
    transition.severity_before,
    transition.severity,
    transition.on_day,
    transition.cause,
    transition.events,
    transition.rule_version,
    transition.country,
    transition.document,
    transition.found_at
FROM steppe.flag_transition AS transition
WHERE transition.transition_id > $1::bigint
    AND ($2::text[] IS NULL OR transition.project = ANY ($2::text[]))
    AND ($3::text[] IS NULL OR transition.flag = ANY ($3::text[]))
    AND ($4::text[] IS NULL OR transition.country = ANY ($4::text[]))
    AND ($5::text[] IS NULL OR transition.cause = ANY ($5::text[]))
ORDER BY transition.transition_id
LIMIT $6::integer;

-- name: api_last_transition
SELECT COALESCE(max(transition.transition_id), 0) AS transition_id
FROM steppe.flag_transition AS transition;
