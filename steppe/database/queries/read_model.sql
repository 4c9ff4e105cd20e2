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
-- markets. `:..._days` and what stands before them are the keys of what stays. Each table is asked for `:projects` itself, too: by the
-- join alone it is read whole where the planner knows too little of it.
WITH changed AS (
    SELECT *
    FROM unnest(:projects::text[], :changed_from::date[]) AS changed (project, changed_from)
),
gone_project_spans AS (
    DELETE FROM project_span
    USING changed
    WHERE project_span.project = ANY (:projects::text[])
        AND project_span.project = changed.project
        AND project_span.valid_to >= changed.changed_from
        AND NOT EXISTS (
            SELECT 1
            FROM unnest(:project_projects::text[], :project_days::date[]) AS kept (project, valid_from)
            WHERE kept.project = project_span.project
                AND kept.valid_from = project_span.valid_from
        )
),
gone_headline_spans AS (
    DELETE FROM headline_span
    USING changed
    WHERE headline_span.project = ANY (:projects::text[])
        AND headline_span.project = changed.project
        AND headline_span.valid_to >= changed.changed_from
        AND NOT EXISTS (
            SELECT 1
            FROM unnest(:headline_projects::text[], :headline_days::date[]) AS kept (project, valid_from)
            WHERE kept.project = headline_span.project
                AND kept.valid_from = headline_span.valid_from
        )
),
gone_last_event_spans AS (
    DELETE FROM last_event_span
    USING changed
    WHERE last_event_span.project = ANY (:projects::text[])
        AND last_event_span.project = changed.project
        AND last_event_span.valid_to >= changed.changed_from
        AND NOT EXISTS (
            SELECT 1
            FROM unnest(:last_event_projects::text[], :last_event_days::date[]) AS kept (project, valid_from)
            WHERE kept.project = last_event_span.project
                AND kept.valid_from = last_event_span.valid_from
        )
),
gone_flag_spans AS (
    DELETE FROM flag_span
    USING changed
    WHERE flag_span.project = ANY (:projects::text[])
        AND flag_span.project = changed.project
        AND flag_span.valid_to >= changed.changed_from
        AND NOT flag_span.flag IN ('displaced', 'crowded')
        AND NOT EXISTS (
            SELECT 1
            FROM unnest(:flag_projects::text[], :flag_deals::text[], :flag_flags::text[], :flag_days::date[]) AS kept (project, deal, flag, valid_from)
            WHERE kept.project = flag_span.project
                AND kept.deal = flag_span.deal
                AND kept.flag = flag_span.flag
                AND kept.valid_from = flag_span.valid_from
        )
)
DELETE FROM deal_span
USING changed
WHERE deal_span.project = ANY (:projects::text[])
    AND deal_span.project = changed.project
    AND deal_span.valid_to >= changed.changed_from
    AND NOT EXISTS (
        SELECT 1
        FROM unnest(:deal_projects::text[], :deal_deals::text[], :deal_days::date[]) AS kept (project, deal, valid_from)
        WHERE kept.project = deal_span.project
            AND kept.deal = deal_span.deal
            AND kept.valid_from = deal_span.valid_from
    );
