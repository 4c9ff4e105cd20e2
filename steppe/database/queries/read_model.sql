-- What follows from the events of projects: what is removed and written in the transaction of a batch.

-- name: remove_gone_projects
-- Projects of which nothing is known any more.
WITH gone_standings AS (
    DELETE FROM standing
    WHERE project = ANY (:projects::text[])
)
DELETE FROM project
WHERE project = ANY (:projects::text[]);

-- name: store_project
-- Where who pursues it and which forums speak of it stay the same, no index of projects is touched; and most events change nothing of a
-- project as its rivals see it.
WITH stood AS (
    INSERT INTO standing (project, markets, parties, document, contenders)
    VALUES (:project, :markets, :parties, :document, :contenders)
    ON CONFLICT (project) DO UPDATE
    SET markets = EXCLUDED.markets,
        parties = EXCLUDED.parties,
        document = EXCLUDED.document,
        contenders = EXCLUDED.contenders,
        fault = NULL
    WHERE (standing.markets, standing.parties, standing.document, standing.contenders)
            IS DISTINCT FROM (EXCLUDED.markets, EXCLUDED.parties, EXCLUDED.document, EXCLUDED.contenders)
        OR standing.fault IS NOT NULL
)
INSERT INTO project (
    project, partition, log_offset, event_count, forums, investors, superseded_by, superseded_reason, superseded_event,
    updated_at
)
VALUES (
    :project, :partition, :log_offset, :event_count, :forums, :investors, :superseded_by, :superseded_reason,
    :superseded_event, :updated_at
)
ON CONFLICT (project) DO UPDATE
SET partition = EXCLUDED.partition,
    log_offset = EXCLUDED.log_offset,
    event_count = EXCLUDED.event_count,
    forums = EXCLUDED.forums,
    investors = EXCLUDED.investors,
    superseded_by = EXCLUDED.superseded_by,
    superseded_reason = EXCLUDED.superseded_reason,
    superseded_event = EXCLUDED.superseded_event,
    updated_at = EXCLUDED.updated_at;

-- name: remove_spans
-- Of projects, deals and flags those that had not ended before the day of each project, but for those that stay; not of what comes from
-- markets. `:..._days` and what stands before them are the keys of what stays.
-- Nothing is joined: the same plan serves one project and a thousand, also where the planner knows nothing of the tables or knew them
-- when they were small. What stays is looked up in a table of hashes (NOT IN; no key is null).
WITH gone_project_spans AS (
    DELETE FROM project_span
    WHERE project_span.project = ANY (:projects::text[])
        AND project_span.valid_to >= (:changed_from::jsonb ->> project_span.project)::date
        AND (project_span.project, project_span.valid_from) NOT IN (
            SELECT * FROM unnest(:project_projects::text[], :project_days::date[])
        )
),
gone_headline_spans AS (
    DELETE FROM headline_span
    WHERE headline_span.project = ANY (:projects::text[])
        AND headline_span.valid_to >= (:changed_from::jsonb ->> headline_span.project)::date
        AND (headline_span.project, headline_span.valid_from) NOT IN (
            SELECT * FROM unnest(:headline_projects::text[], :headline_days::date[])
        )
),
gone_last_event_spans AS (
    DELETE FROM last_event_span
    WHERE last_event_span.project = ANY (:projects::text[])
        AND last_event_span.valid_to >= (:changed_from::jsonb ->> last_event_span.project)::date
        AND (last_event_span.project, last_event_span.valid_from) NOT IN (
            SELECT * FROM unnest(:last_event_projects::text[], :last_event_days::date[])
        )
),
gone_flag_spans AS (
    DELETE FROM flag_span
    WHERE flag_span.project = ANY (:projects::text[])
        AND flag_span.valid_to >= (:changed_from::jsonb ->> flag_span.project)::date
        AND NOT flag_span.flag IN ('displaced', 'crowded')
        AND (flag_span.project, flag_span.deal, flag_span.flag, flag_span.valid_from) NOT IN (
            SELECT * FROM unnest(:flag_projects::text[], :flag_deals::text[], :flag_flags::text[], :flag_days::date[])
        )
)
DELETE FROM deal_span
WHERE deal_span.project = ANY (:projects::text[])
    AND deal_span.valid_to >= (:changed_from::jsonb ->> deal_span.project)::date
    AND (deal_span.project, deal_span.deal, deal_span.valid_from) NOT IN (
        SELECT * FROM unnest(:deal_projects::text[], :deal_deals::text[], :deal_days::date[])
    );
