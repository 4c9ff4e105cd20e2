-- name: remove_projects
-- $1 projects
DELETE FROM project
WHERE project = ANY ($1::text[]);

-- name: remove_project_spans
-- Those that had not ended before a day. $1 projects, $2 the day of each
DELETE FROM project_span
USING unnest($1::text[], $2::date[]) AS changed (project, changed_from)
WHERE project_span.project = changed.project
    AND project_span.valid_to >= changed.changed_from;

-- name: remove_deal_spans
-- Those that had not ended before a day. $1 projects, $2 the day of each
DELETE FROM deal_span
USING unnest($1::text[], $2::date[]) AS changed (project, changed_from)
WHERE deal_span.project = changed.project
    AND deal_span.valid_to >= changed.changed_from;

-- name: remove_flag_spans
-- Those that had not ended before a day, and all that come from the market. $1 projects, $2 the day of each
DELETE FROM flag_span
USING unnest($1::text[], $2::date[]) AS changed (project, changed_from)
WHERE flag_span.project = changed.project
    AND (flag_span.valid_to >= changed.changed_from OR flag_span.flag IN ('displaced', 'crowded'));
