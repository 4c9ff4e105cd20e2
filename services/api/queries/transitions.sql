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
-- The newest first, announced as of :as_of or a day before it, and found out by :known_at. :severities: those that are shown
-- (null: any, as of each filter); what ends is shown by what it was.
-- include: transitions
WHERE (:backfill::boolean OR NOT transition.backfill)
    AND (:severities::text[] IS NULL OR COALESCE(transition.severity, transition.severity_before) = ANY (:severities::text[]))
    AND (:flags::text[] IS NULL OR transition.flag = ANY (:flags::text[]))
    AND (:projects::text[] IS NULL OR transition.project = ANY (:projects::text[]))
    AND (:as_of::date IS NULL OR transition.on_day <= :as_of::date)
    AND (:known_at::timestamptz IS NULL OR transition.found_at <= :known_at::timestamptz)
ORDER BY transition.transition_id DESC
LIMIT :limit::integer;

-- name: last_transition
SELECT COALESCE(max(transition.transition_id), 0) AS transition_id
FROM steppe.flag_transition AS transition;
