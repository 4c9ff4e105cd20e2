-- Versions of the rules, and what a change of them did.

-- name: rules_in_force
SELECT change.change_id, version.document
FROM steppe.rule_change AS change
JOIN steppe.rule_version AS version ON version.version = change.version
ORDER BY change.change_id DESC
LIMIT 1;

-- name: rules_of_change
SELECT version.document
FROM steppe.rule_change AS change
JOIN steppe.rule_version AS version ON version.version = change.version
WHERE change.change_id = :change_id::bigint;

-- name: rule_version
SELECT version.document
FROM steppe.rule_version AS version
WHERE version.version = :version::text;

-- name: added_by
SELECT version.added_by
FROM steppe.rule_version AS version
WHERE version.version = :version::text;

-- name: rule_versions
-- Every version, the newest first, with the changes that put it in force, the newest first.
SELECT
    version.version,
    version.document,
    version.note,
    version.added_by,
    version.added_at,
    ARRAY(
        SELECT change.in_force_from
        FROM steppe.rule_change AS change
        WHERE change.version = version.version
        ORDER BY change.change_id DESC
    ) AS in_force_from
FROM steppe.rule_version AS version
ORDER BY version.added_at DESC, version.version COLLATE "C";

-- name: rule_changes
-- What put versions in force, the newest first.
SELECT
    change.version,
    change.in_force_from,
    change.changed_by,
    change.reason,
    change.projects,
    (SELECT count(*) FROM steppe.flag_transition AS transition WHERE transition.change_id = change.change_id) AS transitions
FROM steppe.rule_change AS change
ORDER BY change.change_id DESC
LIMIT :limit::integer;

-- name: add_rule_version
-- Returns no row when the version exists.
INSERT INTO steppe.rule_version (version, document, note, added_by)
VALUES (:version::text, :document::text, :note::text, :added_by::text)
ON CONFLICT DO NOTHING
RETURNING version;

-- name: put_in_force
-- :projects: how many were judged again.
INSERT INTO steppe.rule_change (version, changed_by, reason, projects)
VALUES (:version::text, :changed_by::text, :reason::text, :projects::integer)
RETURNING change_id;

-- name: folded_subjects
-- Everything of which events are folded, and where the last of them lies.
SELECT event.subject, event.partition, max(event.log_offset) AS log_offset
FROM event
WHERE event.state IN ('folded', 'registry')
GROUP BY event.subject, event.partition
ORDER BY event.subject COLLATE "C";

-- name: remove_judgements
-- Everything that follows from events.
WITH gone_projects AS (DELETE FROM project),
    gone_project_spans AS (DELETE FROM project_span),
    gone_headline_spans AS (DELETE FROM headline_span),
    gone_last_event_spans AS (DELETE FROM last_event_span),
    gone_deal_spans AS (DELETE FROM deal_span),
    gone_flag_spans AS (DELETE FROM flag_span),
    gone_standings AS (DELETE FROM standing),
    gone_crossings AS (DELETE FROM crossing),
    gone_co_investments AS (DELETE FROM co_investment_span),
    gone_namings AS (DELETE FROM party_naming),
    gone_parties AS (DELETE FROM party_span)
DELETE FROM forum;

-- name: flags_on_day
SELECT
    flag.project,
    flag.deal,
    flag.flag,
    steppe.severity_on(:day::date, flag.notice_since, flag.watch_since, flag.stagnant_since, flag.presumed_dead_since, flag.alert_since) AS severity
FROM flag_span AS flag
WHERE flag.valid_from <= :day::date
    AND flag.valid_to > :day::date;
