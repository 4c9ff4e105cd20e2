-- name: remove_projects
DELETE FROM project
WHERE project = ANY (:projects::text[]);

-- name: remove_project_spans
-- Those that had not ended before the day of each.
DELETE FROM project_span
USING unnest(:projects::text[], :changed_from::date[]) AS changed (project, changed_from)
WHERE project_span.project = changed.project
    AND project_span.valid_to >= changed.changed_from;

-- name: remove_headline_spans
-- Those that had not ended before the day of each.
DELETE FROM headline_span
USING unnest(:projects::text[], :changed_from::date[]) AS changed (project, changed_from)
WHERE headline_span.project = changed.project
    AND headline_span.valid_to >= changed.changed_from;

-- name: remove_last_event_spans
-- Those that had not ended before the day of each.
DELETE FROM last_event_span
USING unnest(:projects::text[], :changed_from::date[]) AS changed (project, changed_from)
WHERE last_event_span.project = changed.project
    AND last_event_span.valid_to >= changed.changed_from;

-- name: remove_deal_spans
-- Those that had not ended before the day of each.
DELETE FROM deal_span
USING unnest(:projects::text[], :changed_from::date[]) AS changed (project, changed_from)
WHERE deal_span.project = changed.project
    AND deal_span.valid_to >= changed.changed_from;

-- name: remove_flag_spans
-- Those that had not ended before the day of each, and all that come from the market.
DELETE FROM flag_span
USING unnest(:projects::text[], :changed_from::date[]) AS changed (project, changed_from)
WHERE flag_span.project = changed.project
    AND (flag_span.valid_to >= changed.changed_from OR flag_span.flag IN ('displaced', 'crowded'));
