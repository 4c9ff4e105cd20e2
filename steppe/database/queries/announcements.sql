-- What was announced and what is to be announced. Tables of the schema steppe are named with it, those of the read
-- model are found by the search path.

-- name: lock_announcing
-- One announces at a time, so that ids become visible in their order. Until the transaction ends.
SELECT pg_advisory_xact_lock(:lock::bigint);

-- name: hold_announcing
-- The same for a session that needs the lock before its transaction takes a snapshot.
SELECT pg_advisory_lock(:lock::bigint);

-- name: release_announcing
SELECT pg_advisory_unlock(:lock::bigint);

-- name: try_to_lead
-- Whether this session is the one that announces from now on.
SELECT pg_try_advisory_lock(:lock::bigint);

-- name: terminate_stuck_leader
-- The session of this role that leads, if it has waited for its client in the middle of a statement: no time limit of the server
-- counts there, also not between the preparation of a statement and its execution.
-- `:seconds`: how long a client may be silent.
SELECT pg_terminate_backend(deaf.pid)
FROM pg_stat_activity AS deaf
JOIN pg_locks AS held ON held.pid = deaf.pid
WHERE deaf.datname = current_database()
    AND deaf.usename = current_user
    AND deaf.state = 'active'
    AND deaf.wait_event = 'ClientRead'
    AND deaf.query_start < clock_timestamp() - make_interval(secs => :seconds)
    AND held.locktype = 'advisory'
    AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (held.classid::bigint << 32) + held.objid::bigint = :lock::bigint
    AND held.objsubid = 1
    AND held.granted;

-- name: announced_until
-- Until when was announced (null: nothing yet), and which read model, rules and actions there are now.
SELECT
    until.day,
    until.next_offsets,
    until.schema_name,
    until.rule_version,
    COALESCE(until.last_action, 0) AS last_action,
    (SELECT COALESCE(max(action_id), 0) FROM steppe.quarantine_action) AS last_action_now,
    current_schema()::text AS schema_now,
    (SELECT version FROM steppe.rule_change ORDER BY change_id DESC LIMIT 1) AS rules_now
FROM (SELECT true AS only_row) AS always
LEFT JOIN steppe.announced_until AS until USING (only_row);

-- name: set_announced_until
-- `:next_offsets`: that of partition 0 first.
INSERT INTO steppe.announced_until (day, next_offsets, schema_name, rule_version, last_action)
VALUES (:day::date, :next_offsets::bigint[], :schema::text, :rule_version::text, :last_action::bigint)
ON CONFLICT (only_row) DO UPDATE
SET day = EXCLUDED.day,
    next_offsets = EXCLUDED.next_offsets,
    schema_name = EXCLUDED.schema_name,
    rule_version = EXCLUDED.rule_version,
    last_action = EXCLUDED.last_action,
    announced_at = now();

-- name: flag_differences
-- Flags that on a day may not be as they were announced by then: another severity, or another clock. With :turning also those whose
-- clock is the same: what it says may differ on that day. Those of :resting, which rest on what is not in their clock, always.
-- `:projects` and `:flags`: null for all.
SELECT
    project,
    deal,
    flag,
    told.severity AS severity_before,
    told.document AS document_before,
    told.clock AS clock_before,
    stands.severity,
    stands.document AS clock
FROM (
    SELECT
        span.project,
        span.deal,
        span.flag,
        steppe.severity_on(
            :day::date, span.notice_since, span.watch_since, span.stagnant_since, span.presumed_dead_since, span.alert_since
        ) AS severity,
        span.document
    FROM flag_span AS span
    WHERE span.valid_from <= :day::date
        AND span.valid_to > :day::date
        AND (:projects::text[] IS NULL OR span.project = ANY (:projects::text[]))
        AND (:flags::text[] IS NULL OR span.flag = ANY (:flags::text[]))
) AS stands
FULL JOIN (
    SELECT announced.project, announced.deal, announced.flag, announced.severity, announced.document, announced.clock, announced.told_on
    FROM steppe.announced_flag AS announced
    WHERE (:projects::text[] IS NULL OR announced.project = ANY (:projects::text[]))
        AND (:flags::text[] IS NULL OR announced.flag = ANY (:flags::text[]))
) AS told USING (project, deal, flag)
WHERE (
        (stands.severity, stands.document) IS DISTINCT FROM (told.severity, told.clock)
        OR ((:turning::boolean OR stands.flag = ANY (:resting::text[])) AND stands.severity IS NOT NULL)
    )
    AND (told.told_on IS NULL OR told.told_on <= :day::date)
ORDER BY project COLLATE "C", deal COLLATE "C", flag COLLATE "C";

-- name: projects_applied_since
-- Projects of which something was applied since.
-- `:next_offsets`: that of partition 0 first.
SELECT project.project
FROM project
WHERE project.log_offset >= COALESCE((:next_offsets::bigint[])[project.partition + 1], 0);

-- name: subjects_acted_on
-- Subjects of whom something that lay in the log before was folded or given up since, and from where on.
SELECT action.subject, min(action.log_offset) AS log_offset
FROM steppe.quarantine_action AS action
WHERE action.action_id > :last_action::bigint
    AND action.subject IS NOT NULL
GROUP BY action.subject;

-- name: projects_changing
-- Projects whose flags or state change by themselves, and when.
-- After the day `:after`, until the day `:until`. `:crowded_months`: how long what was won crowds others.
SELECT turn.day, span.project
FROM flag_span AS span
CROSS JOIN LATERAL (
    SELECT unnest(ARRAY[
        span.valid_from, span.valid_to, span.notice_since, span.watch_since, span.stagnant_since, span.presumed_dead_since,
        span.alert_since, span.notice_certain_since, span.watch_certain_since, span.stagnant_certain_since,
        span.presumed_dead_certain_since, span.alert_certain_since
    ] || span.names_on) AS day
) AS turn
WHERE span.valid_to > :after::date
    AND turn.day > :after::date
    AND turn.day <= :until::date
UNION
SELECT span.valid_from, span.project
FROM project_span AS span
WHERE span.valid_from > :after::date AND span.valid_from <= :until::date
UNION
SELECT span.valid_from, span.project
FROM last_event_span AS span
WHERE span.valid_from > :after::date AND span.valid_from <= :until::date
UNION
SELECT turn.day, standing.project
FROM crossing
CROSS JOIN LATERAL unnest(
    ARRAY[crossing.valid_from, crossing.valid_to]
    || ARRAY(
        SELECT (crossing.won_on + make_interval(months => months))::date + 1
        FROM unnest(:crowded_months::integer[]) AS months
    )
) AS turn (day)
JOIN standing ON standing.markets && crossing.markets AND standing.contenders <> '[]'
WHERE turn.day > :after::date
    AND turn.day <= :until::date;

-- name: projects_in_changed_markets
-- Projects whose flags may rest on something else than was announced, because others changed.
SELECT standing.project
FROM standing
WHERE standing.markets && ARRAY(
        SELECT market.market
        FROM market
        LEFT JOIN steppe.announced_market AS told ON told.market = market.market
        WHERE told.changed_at IS DISTINCT FROM market.changed_at
    )
    AND standing.contenders <> '[]';

-- name: set_announced_markets
INSERT INTO steppe.announced_market AS told (market, changed_at)
SELECT market.market, market.changed_at
FROM market
ON CONFLICT (market) DO UPDATE
SET changed_at = EXCLUDED.changed_at
WHERE told.changed_at <> EXCLUDED.changed_at;

-- name: events_applied_since
-- What was applied of some subjects since.
-- `:next_offsets`: that of partition 0 first. `:acted_subjects`: those of whom something was folded or given up, from `:acted_offsets` on.
SELECT event.subject, event.source, event.id, event.name, event.deal, event.occurred_latest
FROM event
WHERE event.subject = ANY (:subjects::text[])
    AND (
        event.log_offset >= COALESCE((:next_offsets::bigint[])[event.partition + 1], 0)
        OR EXISTS (
            SELECT 1
            FROM unnest(:acted_subjects::text[], :acted_offsets::bigint[]) AS acted (subject, log_offset)
            WHERE acted.subject = event.subject
                AND acted.log_offset <= event.log_offset
        )
    )
    AND event.state IN ('folded', 'registry')
ORDER BY event.log_offset, event.partition;

-- name: subjects_of_events
-- `:refs`: their references `source#id`.
SELECT event.subject, event.source || '#' || event.id AS reference
FROM event
WHERE event.id = ANY (:ids::text[])
    AND event.source || '#' || event.id = ANY (:refs::text[]);

-- name: countries_of_projects
SELECT span.project, span.country
FROM project_span AS span
WHERE span.project = ANY (:projects::text[])
    AND span.valid_from <= :day::date
    AND span.valid_to > :day::date;

-- name: flags_of_projects
-- Flags of some projects on a day, as clocks.
SELECT
    flag.project,
    flag.deal,
    flag.flag,
    steppe.severity_on(
        :day::date, flag.notice_since, flag.watch_since, flag.stagnant_since, flag.presumed_dead_since, flag.alert_since
    ) AS severity,
    flag.document
FROM flag_span AS flag
WHERE flag.project = ANY (:projects::text[])
    AND flag.valid_from <= :day::date
    AND flag.valid_to > :day::date;

-- name: announced_flags_of_projects
SELECT announced.project, announced.deal, announced.flag, announced.severity, announced.document
FROM steppe.announced_flag AS announced
WHERE announced.project = ANY (:projects::text[]);

-- name: store_announced_flags
-- What was announced.
INSERT INTO steppe.announced_flag (project, deal, flag, severity, document, clock, told_on)
SELECT told.project, told.deal, told.flag, told.severity, told.document, told.clock, :day::date
FROM unnest(:projects::text[], :deals::text[], :flags::text[], :severities::text[], :documents::text[], :clocks::text[])
    AS told (project, deal, flag, severity, document, clock)
ON CONFLICT (project, deal, flag) DO UPDATE
SET severity = EXCLUDED.severity,
    document = EXCLUDED.document,
    clock = EXCLUDED.clock,
    told_on = EXCLUDED.told_on;

-- name: refresh_announced_flags
-- A flag that differs with the same severity is remembered and not announced.
UPDATE steppe.announced_flag AS announced
SET document = stands.document,
    clock = stands.clock
FROM unnest(:projects::text[], :deals::text[], :flags::text[], :documents::text[], :clocks::text[])
    AS stands (project, deal, flag, document, clock)
WHERE announced.project = stands.project
    AND announced.deal = stands.deal
    AND announced.flag = stands.flag;

-- name: transitions_of_events
SELECT transition.event_id, transition.transition_id, transition.found_at
FROM steppe.flag_transition AS transition
WHERE transition.event_id = ANY (:event_ids::uuid[])
ORDER BY transition.transition_id;

-- name: notify_transition
-- Sent when the transaction commits.
SELECT pg_notify('steppe_transition', :transition_id::text);

-- name: projects_standing
-- One page of projects as they stand on a day, with the clocks of their flags and the hash of what was announced of them.
-- `:projects`: null for all. `:after`: the last project of the page before.
SELECT
    span.project COLLATE "C" AS project,
    span.document,
    steppe.severity_on(
        :day::date, NULL, headline.watch_since, headline.stagnant_since, headline.presumed_dead_since, NULL
    ) AS headline_severity,
    steppe.certainty_on(
        :day::date, NULL, headline.watch_since, headline.stagnant_since, headline.presumed_dead_since, NULL, NULL,
        headline.watch_certain_since, headline.stagnant_certain_since, headline.presumed_dead_certain_since, NULL
    ) AS headline_certainty,
    steppe.since_on(
        :day::date, NULL, headline.watch_since, headline.stagnant_since, headline.presumed_dead_since, NULL
    ) AS headline_since,
    last_event.latest AS last_event_on,
    last_event.earliest AS last_event_earliest,
    last_event.given AS last_event_given,
    project.partition || ':' || project.log_offset AS position,
    flags.deals,
    flags.names,
    flags.clocks,
    told.sha256
FROM project_span AS span
JOIN project ON project.project = span.project
CROSS JOIN LATERAL (
    SELECT
        COALESCE(array_agg(flag.deal ORDER BY flag.deal, flag.flag), '{}') AS deals,
        COALESCE(array_agg(flag.flag ORDER BY flag.deal, flag.flag), '{}') AS names,
        COALESCE(array_agg(flag.document ORDER BY flag.deal, flag.flag), '{}') AS clocks
    FROM flag_span AS flag
    WHERE flag.project = span.project
        AND flag.valid_from <= :day::date
        AND flag.valid_to > :day::date
) AS flags
LEFT JOIN headline_span AS headline
    ON headline.project = span.project
    AND headline.valid_from <= :day::date
    AND headline.valid_to > :day::date
LEFT JOIN last_event_span AS last_event
    ON last_event.project = span.project
    AND last_event.valid_from <= :day::date
    AND last_event.valid_to > :day::date
LEFT JOIN steppe.announced_project AS told ON told.project = span.project
WHERE span.valid_from <= :day::date
    AND span.valid_to > :day::date
    AND (:projects::text[] IS NULL OR span.project = ANY (:projects::text[]))
    AND span.project COLLATE "C" > :after::text
ORDER BY span.project COLLATE "C"
LIMIT :limit::integer;

-- name: store_announced_projects
INSERT INTO steppe.announced_project (project, sha256)
SELECT told.project, told.sha256
FROM unnest(:projects::text[], :hashes::bytea[]) AS told (project, sha256)
ON CONFLICT (project) DO UPDATE
SET sha256 = EXCLUDED.sha256;

-- name: forget_gone_projects
-- Projects that were announced and of which there is nothing on this day: none of their events stands, or they are superseded.
-- `:projects`: null for all.
DELETE FROM steppe.announced_project AS told
WHERE (:projects::text[] IS NULL OR told.project = ANY (:projects::text[]))
    AND NOT EXISTS (
        SELECT 1
        FROM project_span AS span
        WHERE span.project = told.project
            AND span.valid_from <= :day::date
            AND span.valid_to > :day::date
    )
RETURNING told.project;

-- name: outbox_page
-- The first records that are not acknowledged; one at least, however large.
-- At most `:rows` rows and `:bytes` bytes.
SELECT page.outbox_id, page.topic, page.key, page.value, page.headers
FROM (
    SELECT
        outbox.*,
        sum(COALESCE(octet_length(outbox.value), 0)) OVER (ORDER BY outbox.outbox_id)
            - COALESCE(octet_length(outbox.value), 0) AS bytes_before
    FROM (SELECT * FROM steppe.outbox ORDER BY outbox_id LIMIT :rows::integer) AS outbox
) AS page
WHERE page.bytes_before < :bytes::bigint
ORDER BY page.outbox_id;

-- name: acknowledge_outbox
DELETE FROM steppe.outbox
WHERE outbox_id = ANY (:ids::bigint[]);
