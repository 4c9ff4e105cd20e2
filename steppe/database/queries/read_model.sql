-- name: remove_projects
-- $1 projects
DELETE FROM project
WHERE project = ANY ($1::text[]);

-- name: remove_project_spans
-- $1 projects
DELETE FROM project_span
WHERE project = ANY ($1::text[]);

-- name: remove_deal_spans
-- $1 projects
DELETE FROM deal_span
WHERE project = ANY ($1::text[]);

-- name: remove_flag_spans
-- $1 projects
DELETE FROM flag_span
WHERE project = ANY ($1::text[]);
