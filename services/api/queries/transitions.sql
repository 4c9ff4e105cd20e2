-- The feed of transitions.

-- name: transitions
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
FROM steppe.flag_transition AS transition;

-- name: transition_page
-- In the order in which they were found, with an id larger than :after. Each filter may be null: any. Without :backfill
-- those are left out that only told history.
-- include: transitions
WHERE transition.transition_id > :after::bigint
    AND (:projects::text[] IS NULL OR transition.project = ANY (:projects::text[]))
    AND (:flags::text[] IS NULL OR transition.flag = ANY (:flags::text[]))
    AND (:countries::text[] IS NULL OR transition.country = ANY (:countries::text[]))
    AND (:causes::text[] IS NULL OR transition.cause = ANY (:causes::text[]))
    AND (:backfill::boolean OR NOT transition.backfill)
ORDER BY transition.transition_id
LIMIT :limit::integer;

-- name: latest_transitions
-- The newest first.
-- include: transitions
WHERE :backfill::boolean OR NOT transition.backfill
ORDER BY transition.transition_id DESC
LIMIT :limit::integer;

-- name: latest_changes
-- Of the projects at which flags changed last, :projects_max of them, the last few transitions, the newest first, and how many
-- there are of each. Announced as of :as_of or a day before it, and found out by :known_at (null: now). :severities: those that are
-- shown (null: any, as of each filter); what ends is shown by what it was.
-- Each step goes on from the newest transition of the project before, so that all steps together read each transition once.
WITH RECURSIVE shown AS NOT MATERIALIZED (
    -- include: transitions
    WHERE NOT transition.backfill
        AND (:severities::text[] IS NULL OR COALESCE(transition.severity, transition.severity_before) = ANY (:severities::text[]))
        AND (:flags::text[] IS NULL OR transition.flag = ANY (:flags::text[]))
        AND (:projects::text[] IS NULL OR transition.project = ANY (:projects::text[]))
        AND transition.on_day <= :as_of::date
        AND (:known_at::timestamptz IS NULL OR transition.found_at <= :known_at::timestamptz)
),
changed AS (
    SELECT 9223372036854775807 AS newest_id, NULL::text AS project, '{}'::text[] AS projects
    UNION ALL
    SELECT newest.transition_id, newest.project, changed.projects || newest.project
    FROM changed
    CROSS JOIN LATERAL (
        SELECT shown.transition_id, shown.project
        FROM shown
        WHERE shown.transition_id < changed.newest_id
            AND shown.project <> ALL (changed.projects)
        ORDER BY shown.transition_id DESC
        LIMIT 1
    ) AS newest
    WHERE cardinality(changed.projects) < :projects_max::integer
)
SELECT last.*, every.transitions
FROM changed
CROSS JOIN LATERAL (
    SELECT count(*) AS transitions
    FROM shown
    WHERE shown.project = changed.project
) AS every
CROSS JOIN LATERAL (
    SELECT shown.*
    FROM shown
    WHERE shown.project = changed.project
    ORDER BY shown.transition_id DESC
    LIMIT :transitions_max::integer
) AS last
ORDER BY changed.newest_id DESC, last.transition_id DESC;

-- name: last_transition
SELECT COALESCE(max(transition.transition_id), 0) AS transition_id
FROM steppe.flag_transition AS transition;
